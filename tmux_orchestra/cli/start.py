"""`start`: plan a request, show the plan, create the run, and attach to it."""

import os
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import RenderableType

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.cli import plan_files, planning
from tmux_orchestra.cli.arguments import AGENT_ARGS, RequestCommand
from tmux_orchestra.cli.attach import go_to
from tmux_orchestra.cli.baseline import call_off, refuse_red_baseline
from tmux_orchestra.cli.console import choose, narrate, show
from tmux_orchestra.cli.options import Chosen, complete_agent, complete_layout, planner_option, yes_option
from tmux_orchestra.cli.preview import Preview
from tmux_orchestra.cli.requirements import require_agents, require_environment, require_names
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.effects import git, starting
from tmux_orchestra.effects.configuration import load_settings


@click.command("start", cls=RequestCommand)
@click.argument("words", metavar="[REQUEST]", nargs=-1)
@click.option("--file", metavar="FILE", type=click.Path(path_type=Path), help="Read the request from a file.")
@click.option("--plan", "plan_source", metavar="FILE|-|JSON", help="Use this plan instead of planning the request.")
@planner_option
@click.option(
    "--agent", metavar="NAME", shell_complete=complete_agent, help=f"Who works on the tasks: {', '.join(AGENTS)}."
)
@click.option(
    "--check",
    "checks",
    metavar="CMD",
    multiple=True,
    help="A shell line that must pass (repeatable); default: what the repository shows.",
)
@click.option("--no-checks", is_flag=True, help="Check nothing, whatever the repository shows.")
@click.option("--setup", metavar="CMD", help="A shell line for every fresh worktree (dependencies, .env).")
@click.option("--allow", metavar="RULE", multiple=True, help="A further permission for the agents (repeatable).")
@click.option("--max-instances", metavar="N", type=click.IntRange(min=1), help="How many agents at once.")
@click.option("--layout", metavar="NAME|FILE", shell_complete=complete_layout, help="The tmux layout of the windows.")
@click.option("--base", metavar="REF", help="Where tasks start; default: the current commit.")
@click.option("--merge", type=click.Choice(["auto", "each", "manual"]), help="When your branch gets the result.")
@click.option("--budget-usd", metavar="USD", type=float, help="What one agent may spend at most.")
@click.option("--trust", is_flag=True, default=None, help="Let the agent trust this repository, without asking.")
@click.option("--socket-name", metavar="NAME", help="The tmux server to use; 'default' is your own.")
@click.option("--detach", "-d", is_flag=True, help="Do not attach; return at once.")
@click.option("--dry-run", is_flag=True, help="Show the plan and start nothing.")
@click.option(
    "--dangerously-skip-permissions", is_flag=True, default=None, help="Pass that to the agent: it may do anything."
)
@yes_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    file: Path | None,
    plan_source: str | None,
    *,
    no_checks: bool,
    checks: tuple[str, ...],
    allow: tuple[str, ...],
    detach: bool,
    dry_run: bool,
    yes: bool,
    **chosen: object,
) -> None:
    """Plan REQUEST, show the plan, and start working on it.

    REQUEST is one sentence or many lines; '-' reads it from stdin. What comes after '--' goes to the agent's
    own command line.
    """
    repository = git.Repository.open(Path.cwd())
    flags = {
        **chosen,
        "checks": () if no_checks else (checks or None),
        "allow": allow or None,
        "agent_args": ctx.meta[AGENT_ARGS] or None,
    }
    settings = planning.with_layout_found(load_settings(repository.here, flags))
    require_environment(repository, settings)  # before somebody waits for a plan
    request, plan = planning.request_and_plan(words, file, plan_source, settings, repository)
    require_names(repository, plan)
    preview = Preview.gather(repository, settings)
    show(preview.show(plan))
    if dry_run:
        return
    require_agents(repository, settings, plan)
    plan = _confirm(plan, preview.show, yes=yes)
    require_names(repository, plan)  # the edited plan's
    checks = tuple(check.command for check in preview.checks)
    site, started = starting.begin(repository, starting.Agreed(request, plan, settings, checks))
    state = fold(None, started)
    if checks and not yes:
        refuse_red_baseline(site, state)
    try:
        opened = starting.open_session(site)
    except OrchestraError:
        call_off(site)
        raise
    narrate(f"run {site.folder.id} is on its way")
    narrate("look: tmux-orchestra status   step in: tmux-orchestra attach   wait for its end: tmux-orchestra wait")
    if not detach and os.isatty(0) and os.isatty(1):
        go_to(Chosen(site, fold(state, opened)), "")


def _confirm(plan: Plan, shown: Callable[[Plan], RenderableType], *, yes: bool) -> Plan:
    """Ask until the person agrees to a plan; return that plan. Raises OrchestraError if they would rather not."""
    while True:
        match choose("\nStart? (e edits the plan)", yes=yes, choices="yne"):
            case "y":
                return plan
            case "n":
                break
        try:
            plan = plan_files.edit(plan)
        except OrchestraError as error:
            narrate(f"{error.message}\nthe plan is as it was before")
        show(shown(plan))
    raise OrchestraError(
        "not started, as you wished", safe="nothing was created", hint="tmux-orchestra plan --edit --save FILE"
    )
