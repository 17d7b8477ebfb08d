"""`undo`: take back the last merge into the target, cleanup or cancel of a run."""

from uuid import uuid4

import click

from tmux_orchestra.cli.console import answer, harmless, show_json
from tmux_orchestra.cli.options import Chosen, choose_run, complete_run, json_option, timeout_option
from tmux_orchestra.cli.requests import await_answer
from tmux_orchestra.cli.retry import see_that_it_is_carried
from tmux_orchestra.core import actions as a
from tmux_orchestra.core.errors import OrchestraError, UsageError
from tmux_orchestra.core.events import UndoFinished, UndoRequested
from tmux_orchestra.core.state import Step
from tmux_orchestra.effects.journal import Journal
from tmux_orchestra.effects.starting import open_session
from tmux_orchestra.effects.undoing import undo


@click.command("undo")
@click.argument("run_id", metavar="[RUN]", required=False, shell_complete=complete_run)
@click.option("--list", "listing", is_flag=True, help="Name the steps that can be taken back, the newest first.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--yes", "-y", is_flag=True, expose_value=False, help="Changes nothing: undo asks nothing.")
@json_option
@timeout_option
def command(run_id: str | None, timeout: float, *, listing: bool, dry_run: bool, as_json: bool) -> None:
    """Take back the last thing a run did to your branch or its own worktrees: a merge, a cleanup or a cancel.

    Done again, it takes back the one before. It refuses rather than lose what came after.
    """
    chosen = choose_run(run_id)
    if listing:
        _list(chosen, as_json=as_json)
        return
    step = chosen.state.last_step
    if step is None:
        raise UsageError(
            f"run {chosen.folder.id} has done nothing that could be taken back",
            safe="nothing was changed",
            hint="tmux-orchestra runs",
        )
    if dry_run:
        told = _foretold(chosen, step)
        answer(f"would take back the {step.kind}: {_does(step)}" if told.undone else f"cannot: {_why(told)}")
        return
    _undo(chosen, step, timeout)


def _undo(chosen: Chosen, step: Step, timeout: float) -> None:
    wish = UndoRequested(id=uuid4().hex[:12], step=step.number)
    Journal(chosen.folder.journal).append(wish)
    if step.kind == "cancel" and not chosen.carried:
        open_session(chosen.site)  # what was called off is to go on
    state = await_answer(
        chosen,
        lambda s: s.undo is not None and s.undo.request == wish.id,
        timeout,
        lambda _: f"the {step.kind} is not taken back yet",
    )
    told = state.undo
    if told is None or not told.undone:
        reason, hint = (told.reason, told.hint) if told else ("", "")
        raise OrchestraError(
            f"the {step.kind} is not taken back: {harmless(reason)}",
            safe="nothing was lost, and what came after is as it was",
            hint=hint or "tmux-orchestra undo --list",
        )
    if step.kind == "cancel":
        see_that_it_is_carried(chosen)
    answer(f"took the {step.kind} back: {_did(step)}")
    if last := state.last_step:
        answer(f"before it: {last.kind}; to take that back, too: tmux-orchestra undo {chosen.folder.id}")


def _list(chosen: Chosen, *, as_json: bool) -> None:
    rows = []
    for step in reversed(chosen.state.steps):
        told = _foretold(chosen, step)
        blocked = "" if told.undone else _why(told)
        rows.append({"step": step.number, "kind": step.kind, "at": step.at, "does": _does(step), "blocked": blocked})
    if as_json:
        show_json(rows)
        return
    for place, row in enumerate(rows):
        at = f"{row['at']:%Y-%m-%d %H:%M} UTC" if row["at"] else ""
        answer(f"{row['kind']:8} {at}  {row['does']}")
        if row["blocked"]:
            answer(f"{'':8} cannot be taken back now: {row['blocked']}")
        elif place:
            answer(f"{'':8} after those above it")
    if not rows:
        answer("there is nothing to take back")


def _foretold(chosen: Chosen, step: Step) -> UndoFinished:
    told = undo(chosen.site, a.Undo(request="", step=step), chosen.state, foretell=True)[-1]
    if not isinstance(told, UndoFinished):
        raise TypeError(told)
    return told


def _why(told: UndoFinished) -> str:
    return harmless(f"{told.reason}. {told.hint}".strip().replace("\n", " "))


def _does(step: Step) -> str:
    """Say what taking this step back would do."""
    match step.kind:
        case "merge":
            return f"moves {step.target} back from {step.commit[:12]} to {step.before[:12]}"
        case "cleanup":
            return f"brings back {', '.join(removed.path for removed in step.removed)}"
    return f"lets {', '.join(step.tasks)} go on"


def _did(step: Step) -> str:
    """Say what taking this step back did."""
    match step.kind:
        case "merge":
            return f"{step.target} is at {step.before[:12]} again"
        case "cleanup":
            return f"{', '.join(removed.path for removed in step.removed)} are there again"
    return f"{', '.join(step.tasks)} go on"
