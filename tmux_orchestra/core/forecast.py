"""What a forecast of conflicts is made for, and what follows from it. How it is made is `effects.forecasting`'s."""

from collections.abc import Iterator, Sequence

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.merge_order import merge_order
from tmux_orchestra.core.state import RunState, TaskState


def in_flight(state: RunState) -> list[TaskState]:
    """Return the tasks whose work is on its way to the integration branch, in the plan's order."""
    return [task for task in state.tasks.values() if task.worktree and not task.settled]


def look_ahead(state: RunState) -> Iterator[a.Action]:
    """Ask for a forecast wherever there may be something to see; whoever carries it out knows whether it is news."""
    flying = in_flight(state)
    if flying and state.integration_worktree:
        moved = state.moved.commit if state.moved else ""
        yield a.Forecast(looks=tuple((task.id, task.stirred) for task in flying), tip=state.tip, moved=moved)
    elif overlaps(state):
        yield a.Record(event=e.ConflictsForecast())


def overlaps(state: RunState) -> tuple[e.Overlap, ...]:
    """Return what is forecast between tasks that are in flight still."""
    flying = {task.id for task in in_flight(state)} | {e.INTEGRATION, e.TARGET}
    told = state.forecast.pairs if state.forecast else ()
    return tuple(pair for pair in told if flying.issuperset(pair.tasks))


def conflicts_with(state: RunState, task: str) -> dict[str, e.Overlap]:
    """Return with whom a task will conflict, if nothing changes."""
    pairs = [pair for pair in overlaps(state) if task in pair.tasks]
    return {next(other for other in pair.tasks if other != task): pair for pair in pairs}


def in_best_order(state: RunState, tasks: Sequence[TaskState]) -> list[TaskState]:
    """Sort finished tasks so that the fewest are sent back for a conflict; nobody waits for one that is not finished.

    All that are in flight count: one that conflicts with many of them is better merged after them, if it comes to that.
    """
    if len(tasks) < 2 or not (pairs := overlaps(state)):  # noqa: PLR2004 - a choice
        return list(tasks)
    merged = {e.INTEGRATION, e.TARGET}
    behind = {task for pair in pairs for task in pair.tasks if merged.intersection(pair.tasks)} - merged
    needs = {task.id: task.task.depends_on for task in state.tasks.values()}
    ahead = dict.fromkeys([*(task.id for task in in_flight(state)), *(task.id for task in tasks)])
    order = merge_order([*ahead], [pair.tasks for pair in pairs], needs, behind)
    return sorted(tasks, key=lambda task: order.index(task.id))


def told_overlaps(state: RunState) -> dict[tuple[str, str, str], str]:
    """Return what a person is told once of each overlap, by its two tasks and its path.

    What has been merged already is left out: whoever conflicts with it is sent back by itself.
    """
    return {
        (*pair.tasks, path): f"{side(state, pair.tasks[0])} and {side(state, pair.tasks[1])} conflict in {path}"
        for pair in overlaps(state)
        for path in pair.paths
        if e.INTEGRATION not in pair.tasks
    }


def side(state: RunState, task: str) -> str:
    """Return how people call one side of a pair."""
    return {e.TARGET: state.start.target or task, e.INTEGRATION: "what is merged"}.get(task, task)
