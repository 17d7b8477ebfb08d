"""The width of a plan: how many of its tasks can be under way at once, if there are slots for all of them.

Two tasks can be under way together if neither waits for the other, directly or through others. A largest set
of such tasks (an antichain) is found without trying all sets: by Dilworth's theorem it has as many tasks as
chains are needed to cover the graph, and that is the number of tasks minus the largest matching of tasks with
tasks that wait for them (Fulkerson, Proc. AMS 7, 1956), which augmenting paths find (Kuhn, 1955).

The largest phase is no answer: a task of the first phase that nobody waits for may run beside all of the second.
"""

from collections.abc import Mapping

from tmux_orchestra.core.plan import Plan


def width(plan: Plan) -> int:
    """Return the size of the largest set of tasks of which none waits for another."""
    later = _later(plan)
    before: dict[str, str] = {}
    """Task -> the one that comes just before it in its chain."""
    after: dict[str, str] = {}
    matched = sum(_extend(task.id, later, before, after) for task in plan.tasks)
    return len(plan.tasks) - matched


def _later(plan: Plan) -> dict[str, set[str]]:
    """Return, for each task, all that wait for it, directly or through others."""
    found: dict[str, set[str]] = {task.id: set() for task in plan.tasks}
    for phase in reversed(plan.phases()):
        for task_id in phase:
            for earlier in plan[task_id].depends_on:
                found[earlier] |= found[task_id] | {task_id}
    return found


def _extend(start: str, later: Mapping[str, set[str]], before: dict[str, str], after: dict[str, str]) -> bool:
    """Find a follower for a chain's last task, moving other chains' followers where that frees one."""
    reached_from: dict[str, str] = {}
    frontier = [start]
    while frontier:
        task = frontier.pop()
        for follower in later[task] - reached_from.keys():
            reached_from[follower] = task
            if follower in before:
                frontier.append(before[follower])
                continue
            moved: str | None = follower
            while moved is not None:
                task = reached_from[moved]
                before[moved], after[task], moved = task, moved, after.get(task)
            return True
    return False
