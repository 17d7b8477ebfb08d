"""Figures for people: nothing is invented."""

import pytest

from tests.core.stories import at, exited, road, run_started, second, told
from tmux_orchestra.core import events as e
from tmux_orchestra.core.progress import duration, percent, run_state, totals, window_name
from tmux_orchestra.core.state import Status


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
