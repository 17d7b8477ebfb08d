"""The table of statuses, and what a state says of itself: the promises of the essay in `core.state`."""

from itertools import pairwise

import pytest

from tests.core.stories import FOUNDATIONS, at, exited, launched, road, run_started, told
from tmux_orchestra.core import events as e
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import LIVE, LOST, SETTLED, TRANSITIONS, ImpossibleEvent, RunState, Status

STRAIGHT_ROAD = ["waiting", "preparing", "running", "checking", "finished", "merging", "merged"]


def test_the_table_covers_every_status_and_names_no_other() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert {status for after in TRANSITIONS.values() for status in after} <= set(Status)


def test_the_straight_road_is_open() -> None:
    assert all(Status(after) in TRANSITIONS[Status(before)] for before, after in pairwise(STRAIGHT_ROAD))


def test_merged_is_the_end_and_every_other_settled_status_leads_back_only_by_a_person() -> None:
    assert TRANSITIONS[Status.MERGED] == set()
    for status in LOST:
        by_hand = {Status.MERGING} if status is Status.CONFLICTED else set()
        assert TRANSITIONS[status] - {Status.CANCELLED} == {Status.WAITING} | by_hand


def test_a_person_is_asked_and_a_task_called_off_from_everywhere_on_the_road() -> None:
    for status in set(Status) - SETTLED:
        assert {Status.ATTENTION, Status.CANCELLED, Status.FAILED} <= TRANSITIONS[status] | {status}


def test_work_is_only_merged_out_of_merging_and_finished_only_out_of_checking() -> None:
    before = {after: {s for s in Status if after in TRANSITIONS[s]} for after in Status}
    assert before[Status.MERGED] == {Status.MERGING}
    assert before[Status.MERGING] == {Status.FINISHED, Status.CONFLICTED}
    assert before[Status.FINISHED] == {Status.CHECKING}
    assert before[Status.CONFLICTED] == {Status.MERGING}
    assert before[Status.SKIPPED] == {Status.WAITING}


def test_every_status_can_be_reached_from_waiting() -> None:
    reached, frontier = {Status.WAITING}, {Status.WAITING}
    while frontier:
        frontier = {after for status in frontier for after in TRANSITIONS[status]} - reached
        reached |= frontier
    assert reached == set(Status)


def test_the_sets_divide_the_statuses() -> None:
    assert LIVE | SETTLED | {Status.WAITING, Status.ATTENTION} == set(Status)
    assert not LIVE & SETTLED
    assert {Status.MERGED} == SETTLED - LOST


def becomes(status: Status) -> e.Event:
    return e.parse({"event": f"task.{status}", "task": "a", "reason": "because"})


def in_status(status: Status) -> RunState:
    """Bring task `a` to this status along the table, by whatever way is the shortest."""
    ways: dict[Status, list[Status]] = {Status.WAITING: []}
    while status not in ways:
        for known, way in tuple(ways.items()):
            for after in TRANSITIONS[known]:
                ways.setdefault(after, [*way, after])
    return told(run_started(), [becomes(step) for step in ways[status]])


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_exactly_the_table_is_possible(before: Status, after: Status) -> None:
    state = in_status(before)
    change = becomes(after)
    if after in TRANSITIONS[before]:
        changed = fold(state, change)
        assert (changed.tasks["a"].status, changed.tasks["a"].reason) == (after, "because")
    else:
        with pytest.raises(ImpossibleEvent):
            fold(state, change)


def test_only_status_events_change_a_status() -> None:
    from tests.core.test_events import example

    for status in (Status.RUNNING, Status.CHECKING, Status.MERGING):
        state = at(status)
        for name, kind in e.EVENTS.items():
            if issubclass(kind, e.StatusChanged) or kind is e.RunStarted:
                continue
            event = example(kind).model_copy(update={"task": "a"} if issubclass(kind, e.TaskEvent) else {})
            assert fold(state, event).tasks["a"].status is status, name


def test_a_settled_task_has_an_end_and_no_wish_to_be_held() -> None:
    state = at(Status.PREPARING, e.PauseRequested(), e.TaskCancelled(task="a"))
    a = state.tasks["a"]
    assert a.settled
    assert a.ended_at == state.last_at
    assert not a.hold_wished


def test_an_instance_lives_from_its_start_to_its_end() -> None:
    assert not at(Status.PREPARING).tasks["a"].alive
    assert at(Status.RUNNING).tasks["a"].alive
    assert not at(Status.RUNNING, exited(exit_code=0)).tasks["a"].alive


def test_launching_is_between_the_launch_and_the_launchers_word() -> None:
    state = told(FOUNDATIONS, road("a", Status.PREPARING), launched())
    assert state.tasks["a"].launching
    assert not told(exited(exit_code=127), after=state).tasks["a"].launching
    assert not at(Status.RUNNING).tasks["a"].launching


def test_a_check_that_was_red_before_anybody_changed_anything_is_no_gate() -> None:
    state = told(
        run_started(checks=("lint", "test", "types")),
        e.BaselineFinished(check="lint", exit_code=1),
        e.BaselineFinished(check="test", exit_code=0),
    )
    assert state.gates == ("test", "types")
    assert state.unchecked == ("lint",)


@pytest.mark.parametrize(
    ("settings", "fields", "red", "policy"),
    [
        (Settings(), {}, False, "auto"),
        (Settings(merge="each"), {}, False, "each"),
        (Settings(merge="manual"), {}, False, "manual"),
        (Settings(agent="rehearsal"), {}, False, "manual"),
        (Settings(agent="rehearsal", merge="auto"), {}, False, "auto"),
        (Settings(merge="auto"), {"target": None}, False, "manual"),
        (Settings(merge="auto"), {}, True, "manual"),
        (Settings(merge="each"), {}, True, "manual"),
    ],
)
def test_the_target_moves_by_itself_only_where_it_may(
    settings: Settings, fields: dict[str, None], red: bool, policy: str
) -> None:
    state = told(run_started(settings=settings, **fields), e.BaselineFinished(check="test", exit_code=1 if red else 0))
    assert state.merge_policy == policy


def test_a_run_that_was_called_off_does_not_move_the_target() -> None:
    assert told(e.CancelRequested()).merge_policy == "manual"
