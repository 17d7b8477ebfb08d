"""`start`: plan a request, show the plan, create the run, and attach to it."""

import os
from pathlib import Path

import click

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.cli import planning
from tmux_orchestra.cli.arguments import AGENT_ARGS, RequestCommand
from tmux_orchestra.cli.attach import go_to
from tmux_orchestra.cli.baseline import call_off, refuse_red_baseline
from tmux_orchestra.cli.console import narrate, show
from tmux_orchestra.cli.offer import Offer
from tmux_orchestra.cli.options import Chosen, complete_agent, complete_layout, yes_option
from tmux_orchestra.cli.preview import Preview
from tmux_orchestra.cli.prompt_files import plan_in
from tmux_orchestra.cli.requirements import require_agents, require_environment, warn_of_logout
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.fold import fold
from tmux_orchestra.effects import git, starting
from tmux_orchestra.effects.configuration import load_settings
from tmux_orchestra.effects.starting import Agreed
from tmux_orchestra.mergers import MERGERS


@click.command("start", cls=RequestCommand)
@click.argument("words", metavar="[REQUEST]", nargs=-1)
@click.option("--file", metavar="FILE", type=click.Path(path_type=Path), help="Read the request from a file.")
@click.option("--plan", "plan_source", metavar="FILE|-|JSON", help="Use this plan instead of planning the request.")
@click.option(
    "--prompts",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Use the plan and the prompts in DIR, as you left them there (plan --prompts writes them).",
)
@planning.planner_option
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
@click.option(
    "--strategy",
    "merge_strategy",
    type=click.Choice(list(MERGERS)),
    help="What a task becomes in the result: a merge of its commits (the default), one commit, or its commits again.",
)
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
    offer = Offer(repository, settings, Preview.gather(repository, settings), prompts)
    source = plan_source or (None if words or file else plan_in(prompts))
    agreed = offer.make(*planning.request_and_plan(words, file, source, settings, repository))
    show(offer.preview.show(agreed.plan))
    if dry_run:
        return
    require_agents(repository, settings, agreed.plan)
    agreed = offer.settle(agreed, yes=yes)
    require_agents(repository, settings, agreed.plan)  # an edited plan may name others
    if own := [subagent.described for subagent in offer.subagents if subagent.source]:
        narrate(f"by subagents of your own: {', '.join(own)}")
    if agreed.prompts:
        narrate(f"told in your own words: {', '.join(agreed.prompts)}")
    run = _begin(repository, agreed, yes=yes)
    offer.forget_drafts()
    narrate(f"run {run.folder.id} is on its way")
    narrate("look: tmux-orchestra status   step in: tmux-orchestra attach   wait for its end: tmux-orchestra wait")
    warn_of_logout(settings)
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
