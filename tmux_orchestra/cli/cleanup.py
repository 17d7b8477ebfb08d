"""`cleanup`: remove what is proven merged, and park the rest before it goes; refuse with the reason."""

from uuid import uuid4

import click

from tmux_orchestra.cli.console import answer, choose, narrate
from tmux_orchestra.cli.options import Chosen, choose_run, run_option, timeout_option, yes_option
from tmux_orchestra.cli.requests import ask
from tmux_orchestra.core import actions as a
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.events import CleanupFinished, CleanupRequested, Event
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects.cleaning import clean_up
from tmux_orchestra.effects.starting import close_session
from tmux_orchestra.views.words import plain


@click.command("cleanup")
@click.argument("scope", type=click.Choice(["success", "failed", "all"]), default="success")
@click.option("--dry-run", is_flag=True, help="Say exactly what would happen, and change nothing.")
@click.option("--keep-ignored", is_flag=True, help="Keep files that git ignores, too, of what is parked.")
@yes_option
@run_option
@timeout_option
def command(scope: str, run_id: str | None, timeout: float, *, dry_run: bool, keep_ignored: bool, yes: bool) -> None:
    """Remove the windows, worktrees and branches of a run that is over: of its merged tasks, the others, or all.

    What is not proven merged (commits, edits, untracked files) is parked under refs/orchestra/RUN/kept first; 'undo'
    brings it back. The run's journal stays.
    """
    chosen = choose_run(run_id)
    if chosen.state.ended is None:
        raise OrchestraError(
            f"run {chosen.folder.id} is not over",
            safe="nothing was removed",
            hint="tmux-orchestra wait, or tmux-orchestra cancel",
        )
    asked = {"id": uuid4().hex[:12], "scope": scope, "keep_ignored": keep_ignored}
    if dry_run or (scope != "success" and not yes):
        foretold = _foretold(chosen, a.Cleanup.model_validate({"request": "", **asked}))
        for line in _lines(foretold, chosen, done=False):
            (answer if dry_run else narrate)(line)
        if dry_run:
            return
    if scope != "success" and choose("Do this?", yes=yes) != "y":
        raise OrchestraError("not cleaned up, as you wished", safe="nothing was removed", hint="tmux-orchestra status")
    wish = CleanupRequested.model_validate(asked)
    state = ask(
        chosen,
        wish,
        lambda s: s.cleanup is not None and s.cleanup.request == wish.id,
        timeout,
        lambda _: "the cleanup is not finished",
    )
    _tell(chosen, state)


def _foretold(chosen: Chosen, action: a.Cleanup) -> CleanupFinished:
    told: list[Event] = clean_up(chosen.site, action, chosen.state, foretell=True)
    return next(event for event in told if isinstance(event, CleanupFinished))


def _lines(told: CleanupFinished, chosen: Chosen, *, done: bool) -> list[str]:
    """Say what went (or would go) and where it is; what stays is added only where nothing was done."""
    gone, kept = ("removed", "kept") if done else ("would remove", "would keep")
    merged = [path for path in told.removed if path not in told.parked]
    lines = [f"{gone} {path} and its branch: all that is in it is merged" for path in merged]
    for path, ref in told.parked.items():
        lines += [
            f"{gone} {path} and its branch",
            f"  {kept} all that is in it as {ref}",
            f"  to look at it: git show {ref}",
        ]
    lines += [f"{gone} {ref}, parked more than {chosen.state.settings.keep_days:g} days ago: it was {commit[:12]}"
              for ref, commit in told.expired.items()]  # fmt: skip
    if told.removed:
        lines.append(f"to bring it all back: tmux-orchestra undo {chosen.folder.id}")
    if not done:
        lines += [f"would leave {path}: {plain(reason)}" for path, reason in told.kept.items()]
    return lines or ["there is nothing to clean up"]


def _tell(chosen: Chosen, state: RunState) -> None:
    told = state.cleanup or CleanupFinished()
    if told.removed or told.expired or not told.kept:
        for line in _lines(told, chosen, done=True):
            answer(line)
    _close_session(chosen, state)
    if told.kept:
        lines = "\n".join(f"left {path}: {plain(reason)}" for path, reason in told.kept.items())
        raise OrchestraError(lines, safe="what was left is as it was", hint="tmux-orchestra status detailed")


def _close_session(chosen: Chosen, state: RunState) -> None:
    """End the run's tmux session once no task has a worktree in which somebody might still look around."""
    left = [task.id for task in state.tasks.values() if task.worktree]
    if left:
        answer(f"still there: {', '.join(left)}")
    elif close_session(chosen.folder, chosen.site.tmux):
        answer("closed the run's tmux session")
