"""`cleanup`: remove what is proven merged; refuse the rest, with the reason."""

from uuid import uuid4

import click

from tmux_orchestra.cli.console import answer, choose, narrate
from tmux_orchestra.cli.options import Chosen, choose_run, run_option, timeout_option, yes_option
from tmux_orchestra.cli.requests import ask
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.events import CleanupFinished, CleanupRequested
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects.cleaning import in_scope
from tmux_orchestra.effects.starting import close_session


@click.command("cleanup")
@click.argument("scope", type=click.Choice(["success", "failed", "all"]), default="success")
@click.option("--dry-run", is_flag=True, help="Say what would be looked at, and change nothing.")
@yes_option
@run_option
@timeout_option
def command(scope: str, run_id: str | None, timeout: float, *, dry_run: bool, yes: bool) -> None:
    """Remove windows, worktrees and branches of what is proven merged. The run's journal stays."""
    chosen = choose_run(run_id)
    if chosen.state.ended is None:
        raise OrchestraError(
            f"run {chosen.folder.id} is not over",
            safe="nothing was removed",
            hint="tmux-orchestra wait, or tmux-orchestra cancel",
        )
    listed = [*_tasks(chosen, scope), *_integration(chosen)]
    for line in listed:
        (answer if dry_run else narrate)(line)
    if not listed:
        answer("there is nothing to clean up")
    if dry_run:
        return
    if not listed:
        _close_session(chosen, chosen.state)
        return
    if scope != "success" and choose("Remove what of this is proven merged?", yes=yes) != "y":
        raise OrchestraError("not cleaned up, as you wished", safe="nothing was removed", hint="tmux-orchestra status")
    wish = CleanupRequested.model_validate({"id": uuid4().hex[:12], "scope": scope})
    state = ask(
        chosen,
        wish,
        lambda s: s.cleanup is not None and s.cleanup.request == wish.id,
        timeout,
        lambda _: "the cleanup is not finished",
    )
    _tell(chosen, state)


def _tasks(chosen: Chosen, scope: str) -> list[str]:
    """Say what of the tasks in scope is still there."""
    return [
        f"{task.id} ({task.status.value}): {task.worktree}, {task.branch}"
        for task in chosen.state.tasks.values()
        if in_scope(task, scope) and task.worktree
    ]


def _integration(chosen: Chosen) -> list[str]:
    place = chosen.state.integration_worktree
    return [f"integration: {place}, {chosen.state.start.integration}"] if place else []


def _tell(chosen: Chosen, state: RunState) -> None:
    told = state.cleanup or CleanupFinished()
    for path in told.removed:
        answer(f"removed {path} and its branch")
    _close_session(chosen, state)
    if told.kept:
        lines = "\n".join(f"kept {path}: {reason}" for path, reason in told.kept.items())
        raise OrchestraError(lines, safe="what was kept is as it was", hint="tmux-orchestra status detailed")


def _close_session(chosen: Chosen, state: RunState) -> None:
    """End the run's tmux session once no task has a worktree in which somebody might still look around."""
    left = [task.id for task in state.tasks.values() if task.worktree]
    if left:
        answer(f"still there: {', '.join(left)}")
    elif close_session(chosen.folder, chosen.site.tmux):
        answer("closed the run's tmux session")
