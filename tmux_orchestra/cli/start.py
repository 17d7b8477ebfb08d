"""`start`: plan a request, show the plan, create the run, and attach to it."""

import os
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import RenderableType

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.cli import planning
from tmux_orchestra.cli.arguments import AGENT_ARGS, RequestCommand
from tmux_orchestra.cli.attach import go_to
from tmux_orchestra.cli.baseline import call_off, refuse_red_baseline
from tmux_orchestra.cli.console import choose, narrate, show
from tmux_orchestra.cli.editing import edit
from tmux_orchestra.cli.options import Chosen, complete_agent, complete_layout, planner_option, yes_option
from tmux_orchestra.cli.preview import Preview
from tmux_orchestra.cli.prompt_files import compose, read_prompts
from tmux_orchestra.cli.requirements import require_agents, require_environment, require_names
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.effects import git, starting
from tmux_orchestra.effects.configuration import load_settings
from tmux_orchestra.effects.starting import Agreed


@click.command("start", cls=RequestCommand)
@click.argument("words", metavar="[REQUEST]", nargs=-1)
@click.option("--file", metavar="FILE", type=click.Path(path_type=Path), help="Read the request from a file.")
@click.option("--plan", "plan_source", metavar="FILE|-|JSON", help="Use this plan instead of planning the request.")
@click.option(
    "--prompts",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Tell the agents what stands in DIR/TASK.md (see plan --prompts) instead of the composed prompts.",
)
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
    prompts: Path | None,
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
    preview = Preview.gather(repository, settings)

    def agree(request: str, plan: Plan) -> Agreed:
        """Return what would be started. Raises OrchestraError for what could not be."""
        require_names(plan)
        written = read_prompts(prompts, compose(request, plan, preview.commands)) if prompts else {}
        agreed = Agreed(request, plan, settings, preview.commands, written)
        starting.require_launches(repository, agreed)
        return agreed

    agreed = agree(*planning.request_and_plan(words, file, plan_source, settings, repository))
    show(preview.show(agreed.plan))
    if dry_run:
        return
    require_agents(repository, settings, agreed.plan)
    agreed = _confirm(agreed, agree, preview.show, yes=yes)
    require_agents(repository, settings, agreed.plan)  # an edited plan may name others
    if agreed.prompts:
        narrate(f"these are told what you wrote, as it is: {', '.join(agreed.prompts)}")
    run = _begin(repository, agreed, yes=yes)
    narrate(f"run {run.folder.id} is on its way")
    narrate("look: tmux-orchestra status   step in: tmux-orchestra attach   wait for its end: tmux-orchestra wait")
    if not detach and os.isatty(0) and os.isatty(1):
        go_to(run, "")


def _begin(repository: git.Repository, agreed: Agreed, *, yes: bool) -> Chosen:
    """Create the run, and let its supervisor carry it. Raises OrchestraError, the run called off."""
    site, started = starting.begin(repository, agreed)
    state = fold(None, started)
    if agreed.checks and not yes:
        refuse_red_baseline(site, state)
    try:
        opened = starting.open_session(site)
    except OrchestraError:
        call_off(site)
        raise
    return Chosen(site, fold(state, opened))


def _confirm(
    agreed: Agreed, agree: Callable[[str, Plan], Agreed], shown: Callable[[Plan], RenderableType], *, yes: bool
) -> Agreed:
    """Ask until the person agrees, let them edit the plan. Raises OrchestraError if they would rather not."""
    while True:
        match choose("\nStart? (e edits the plan)", yes=yes, choices="yne"):
            case "y":
                return agreed
            case "n":
                break
        try:
            agreed = edit(agreed.request, agreed.plan, agree) or agreed
        except OrchestraError as error:
            narrate(f"{error.message}\n{error.safe}\nthe plan is as it was before")
        show(shown(agreed.plan))
    raise OrchestraError(
        "not started, as you wished", safe="nothing was created", hint="tmux-orchestra plan --edit --save FILE"
    )
