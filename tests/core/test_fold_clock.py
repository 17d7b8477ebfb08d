"""A task's clock: it counts what the task was under way, and stands still while nothing can move."""

import pytest

from tests.core.stories import exited, launched, run_started, second, started, worktree
from tmux_orchestra.core import events as e
from tmux_orchestra.core.fold import fold_all
from tmux_orchestra.core.state import TaskState

PREPARING = e.TaskPreparing(task="a")
RUNNING = (worktree(), launched(), started(), e.TaskRunning(task="a"))


def task_after(*timed: tuple[float, e.Event]) -> TaskState:
    """Return task `a` after these events, each at its second."""
    begin = run_started().model_copy(update={"at": second(0)})
    state = fold_all([begin, *(event.model_copy(update={"at": second(at)}) for at, event in timed)])
    assert state is not None
    return state.tasks["a"]


def road(at: float) -> list[tuple[float, e.Event]]:
    return [(at, PREPARING), *((at, event) for event in RUNNING)]


@pytest.mark.parametrize(
    ("further", "worked"),
    [
        ([], 90),
        ([(50, e.TaskFailed(task="a"))], 40),
        ([(50, e.TaskAttention(task="a")), (70, e.TaskRunning(task="a"))], 70),
        ([(50, exited(exit_code=1)), (50, e.TaskWaiting(task="a", cause="crash")), (60, PREPARING)], 80),
        ([(50, e.InstanceFrozen(task="a", hold="person")), (80, e.InstanceThawed(task="a", hold="person"))], 60),
        (
            [
                (40, e.InstanceFrozen(task="a", hold="person")),
                (50, e.InstanceFrozen(task="a", hold="memory")),
                (60, e.InstanceThawed(task="a", hold="person")),
                (90, e.InstanceThawed(task="a", hold="memory")),
            ],
            40,
        ),
        ([(50, e.InstanceFrozen(task="a", hold="person"))], 40),
        ([(30, e.AgentSessionStarted(task="a")), (80, e.SupervisorStarted(pid=1, start_time=1))], 40),
        ([(5, e.TaskAttention(task="a"))], 0),  # a clock that was set back
    ],
    ids=["on", "settled", "attention", "waiting", "paused", "two holds", "still paused", "no supervisor", "set back"],
)
def test_only_what_was_under_way_counts(further: list[tuple[float, e.Event]], worked: float) -> None:
    assert task_after(*road(10), *further).worked_until(second(100)) == worked


def test_a_task_that_never_began_has_not_worked() -> None:
    assert task_after().worked_until(second(100)) == 0
    assert task_after(*road(10)).worked_until(None) == 0
