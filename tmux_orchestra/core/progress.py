"""Figures for people: percent, totals, time, a window's name. Nothing is invented: what is not known is None."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from tmux_orchestra.core.measures import Measures, agent_of, stints
from tmux_orchestra.core.state import LIVE, LOST, SETTLED, RunState, Status, TaskState
from tmux_orchestra.core.timetable import Piece, left, together, urgency


def percent(task: TaskState) -> int | None:
    """Return how far the task is by its agent's own list of steps; None where that says nothing."""
    if task.status is Status.MERGED:
        return 100
    if not task.steps:
        return None
    done = sum(status == "completed" for _, status in task.steps.values())
    return round(100 * done / len(task.steps))


def totals(state: RunState) -> dict[str, int]:
    """Count the tasks by status, in the order in which a task takes them; statuses without a task are left out."""
    counted = Counter(task.status for task in state.tasks.values())
    return {status.value: counted[status] for status in Status if counted[status]}


def duration(task: TaskState, now: datetime) -> float | None:
    """Return the seconds since the task was first prepared, until it was settled; None if it never was."""
    if task.started_at is None:
        return None
    end = task.ended_at if task.status in SETTLED and task.ended_at else now
    return max(0.0, (end - task.started_at).total_seconds())


def window_name(task: TaskState) -> str:
    """Return what the task's window is called: its id, and where it stands."""
    return f"{task.id} ({'paused' if task.holds and not task.settled else task.status.value})"


def run_state(state: RunState) -> str:
    """Return one word for the whole run: its outcome, or what it is doing."""
    if state.ended:
        return state.ended.outcome
    if any(task.status is Status.ATTENTION for task in state.tasks.values()):
        return "attention"
    unsettled = [task for task in state.tasks.values() if not task.settled]
    return "paused" if unsettled and all(task.holds or task.hold_wished for task in unsettled) else "running"


# --- the time that is left -------------------------------------------------------------------------------


class TimeLeft(BaseModel):
    """The seconds until everything is merged, from the best to the worst that is likely; None if that is not known."""

    model_config = ConfigDict(frozen=True)

    low_s: float | None = None
    high_s: float | None = None
    basis: str
    """What the figures rest on, or why there are none."""


def time_left(state: RunState, now: datetime, earlier: Measures, *, carried: bool = True) -> TimeLeft:
    """Estimate how long the run still takes, by earlier runs and by what it has finished itself.

    While a task waits for a person or is paused, nobody can tell; nor of a kind that was never finished, nor of a
    task that takes longer than any of its kind before it.
    """
    if state.ended:
        return TimeLeft(low_s=0, high_s=0, basis="the run is over")
    if not carried:
        return TimeLeft(basis="nobody carries the run on")
    awaited = _awaited(state)
    if not awaited:
        return TimeLeft(low_s=0, high_s=0, basis="every task is settled")
    if stuck := next((words for task in awaited if (words := _stuck(task))), ""):
        return TimeLeft(basis=stuck)
    measures = Measures(stints=(*earlier.stints, *stints(state)))
    kinds = {task.id: (agent_of(state, task.id), task.task.kind) for task in awaited}
    if unknown := measures.lacks(kinds.values()):
        return TimeLeft(basis=unknown)
    pieces = []
    for task in awaited:
        span = left(measures.seconds(*kinds[task.id]), task.worked_until(now))
        if span is None:
            return TimeLeft(basis=f"{task.id} takes longer than any {task.task.kind} task before it")
        begun = task.status in LIVE
        pieces.append(Piece(task.id, span, frozenset(task.task.depends_on), urgency(task.task), begun))
    limited = max(0.0, (state.limit_until - now).total_seconds()) if state.limit_until else 0.0
    span = together(pieces, state.settings.max_instances, limited)
    return TimeLeft(low_s=span.low, high_s=span.high, basis=measures.told(kinds.values(), "run"))


def _awaited(state: RunState) -> Sequence[TaskState]:
    """Return the tasks that are still to be merged: not settled, and none that will be skipped."""
    lost = {task.id for task in state.tasks.values() if task.status in LOST or task.cancel_wished}
    gone = lost.union(*(state.plan.dependents(task_id) for task_id in lost))
    return [task for task in state.tasks.values() if not task.settled and task.id not in gone]


def _stuck(task: TaskState) -> str:
    """Say what keeps the task from moving by itself; "" if nothing does."""
    if task.status is Status.ATTENTION:
        return f"{task.id} needs you"
    return f"{task.id} is paused" if task.holds or task.hold_wished else ""
