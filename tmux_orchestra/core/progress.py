"""Figures for people: percent, totals, a window's name. Nothing is invented: what is not known is None."""

from collections import Counter
from datetime import datetime

from tmux_orchestra.core.state import SETTLED, RunState, Status, TaskState


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
