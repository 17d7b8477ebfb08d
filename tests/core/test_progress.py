"""Figures for people: nothing is invented."""

import pytest

from tests.core.stories import FOUNDATIONS, at, exited, road, run_started, second, told
from tmux_orchestra.core import events as e
from tmux_orchestra.core.measures import Measures, Stint
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.progress import TimeLeft, duration, percent, run_state, time_left, totals, window_name
from tmux_orchestra.core.state import RunState, Status


def steps(*statuses: str) -> e.AgentTodoChanged:
    return e.AgentTodoChanged(task="a", items=tuple((f"step {n}", status) for n, status in enumerate(statuses)))


@pytest.mark.parametrize(
    ("statuses", "share"),
    [((), None), (("pending",), 0), (("completed", "in_progress", "pending"), 33), (("completed", "completed"), 100)],
)
def test_percent_follows_the_agents_own_steps(statuses: tuple[str, ...], share: int | None) -> None:
    assert percent(at(Status.RUNNING, steps(*statuses)).tasks["a"]) == share


def test_what_is_merged_is_done_whatever_its_steps_say() -> None:
    assert percent(at(Status.MERGED, steps("pending")).tasks["a"]) == 100


def test_totals_count_by_status_in_the_order_of_the_road_and_leave_out_what_is_not() -> None:
    state = told(run_started("a", "b", "c"), road("a", Status.PREPARING), e.TaskSkipped(task="b"))
    assert list(totals(state).items()) == [("waiting", 1), ("preparing", 1), ("skipped", 1)]


def test_a_duration_runs_from_the_first_preparation_to_the_end() -> None:
    assert duration(told().tasks["a"], second(50)) is None
    running = at(Status.RUNNING).tasks["a"]
    assert duration(running, second(65)) == 60
    assert duration(running, second(0)) == 0, "a clock that was set back gives no negative time"
    assert duration(at(Status.MERGED).tasks["a"], second(9999)) == 15


def test_a_window_is_called_after_its_task_and_where_it_stands() -> None:
    assert window_name(at(Status.RUNNING).tasks["a"]) == "a (running)"
    frozen = e.InstanceFrozen(task="a", hold="memory")
    assert window_name(at(Status.RUNNING, frozen).tasks["a"]) == "a (paused)"
    assert window_name(at(Status.MERGED, frozen).tasks["a"]) == "a (merged)"


@pytest.mark.parametrize(
    ("further", "word"),
    [
        ([], "running"),
        ([exited(exit_code=0), e.TaskAttention(task="a")], "attention"),
        ([e.PauseRequested()], "paused"),
        ([e.InstanceFrozen(task="a", hold="memory")], "paused"),
        ([e.TaskAttention(task="a"), e.PauseRequested()], "attention"),
        ([e.TaskFailed(task="a"), e.RunEnded(outcome="failed")], "failed"),
    ],
)
def test_one_word_for_the_whole_run(further: list[e.Event], word: str) -> None:
    assert run_state(at(Status.RUNNING, *further)) == word


# --- the time that is left -------------------------------------------------------------------------------

TOOK = Measures(stints=tuple(Stint(run="r0", agent="claude", kind="feature", seconds=s) for s in (40, 60, 90, 100)))
CHAIN = (Task(id="a"), Task(id="b", depends_on=("a",)))


def working(*further: e.Event) -> RunState:
    """A chain of two, whose first task is under way since second 5; the last event is at second 9."""
    return told(run_started(*CHAIN), FOUNDATIONS, road("a", Status.RUNNING), further)


def test_what_is_left_is_counted_by_tasks_that_took_longer() -> None:
    left = time_left(working(), second(55), TOOK)
    assert left == TimeLeft(low_s=10 + 40, high_s=50 + 90, basis="4 such tasks of 1 run")


def test_the_runs_own_tasks_count_as_well() -> None:
    state = told(run_started(*CHAIN), FOUNDATIONS, road("a"), e.TaskPreparing(task="b"))
    left = time_left(state, second(22), Measures())
    assert (left.low_s, left.basis) == (14, "1 such task of 1 run")


@pytest.mark.parametrize(
    ("further", "basis"),
    [
        ([exited(), e.TaskAttention(task="a")], "a needs you"),
        ([e.InstanceFrozen(task="a", hold="memory")], "a is paused"),
        ([e.PauseRequested(tasks=("b",))], "b is paused"),
    ],
)
def test_nobody_can_tell_how_long_a_person_takes(further: list[e.Event], basis: str) -> None:
    assert time_left(working(*further), second(50), TOOK) == TimeLeft(basis=basis)


def test_no_history_and_a_task_beyond_all_history_are_unknown() -> None:
    assert time_left(working(), second(50), Measures()).basis == "claude finished no feature task here yet"
    assert time_left(working(), second(200), TOOK) == TimeLeft(basis="a takes longer than any feature task before it")


def test_a_usage_limit_keeps_new_tasks_from_starting() -> None:
    limit = e.AgentFailed(task="a", error="rate_limit", retry_at=second(1055))
    assert time_left(working(limit), second(55), TOOK).low_s == 1000 + 40


def test_what_will_not_be_merged_is_not_waited_for() -> None:
    lost = told(run_started(*CHAIN, "c"), FOUNDATIONS, road("c", Status.RUNNING), e.TaskFailed(task="a"))
    assert time_left(lost, second(55), TOOK).low_s == time_left(at(Status.RUNNING), second(55), TOOK).low_s == 10
    assert time_left(told(e.CancelRequested(), after=working()), second(55), Measures()).low_s == 0
    over = at(Status.MERGED, e.RunEnded(outcome="done"))
    assert time_left(over, second(99), Measures()) == TimeLeft(low_s=0, high_s=0, basis="the run is over")
