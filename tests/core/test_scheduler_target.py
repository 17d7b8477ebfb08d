"""Finished work on its way: into the integration branch one at a time, then into the target, nothing unproven."""

from typing import Any

import pytest

from tests.core.stories import (
    BASE,
    CLEARED,
    FOUNDATIONS,
    MOVED,
    SESSION,
    at,
    collected,
    exited,
    merged,
    ordered,
    over,
    recorded,
    road,
    run_started,
    told,
)
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, Status

# --- merging into the integration branch -------------------------------------------------------------


def test_one_finished_task_merges_at_a_time_in_the_plans_order() -> None:
    state = told(run_started("a", "b"), FOUNDATIONS, road("b", Status.FINISHED, mark="2"), road("a", Status.FINISHED))
    assert [event.task for event in recorded(state, e.TaskMerging)] == ["a"]
    state = told(e.TaskMerging(task="a"), after=state)
    assert recorded(state, e.TaskMerging) == []


@pytest.mark.parametrize(
    "obstacle",
    [
        [e.PauseRequested()],
        [e.InstanceFrozen(task="a", hold="memory")],
        [e.CancelRequested()],
        [e.AgentPromptReceived(task="a")],
        [e.WorktreeRemoved(task=e.INTEGRATION, path="/i", branch="i")],
    ],
    ids=lambda events: events[0].event,
)
def test_a_task_that_is_held_called_off_or_a_persons_does_not_merge(obstacle: list[e.Event]) -> None:
    assert recorded(at(Status.FINISHED, *obstacle), e.TaskMerging) == []


# --- the target --------------------------------------------------------------------------------------


def test_the_target_moves_when_all_is_over_and_then_the_run_ends() -> None:
    assert ordered(over()) == [a.MoveTarget(commit="m1")]
    (ended,) = recorded(over("auto", MOVED), e.RunEnded)
    assert (ended.outcome, ended.summary) == ("done", "1 of 1 tasks merged")


def test_by_hand_the_run_ends_with_its_result_on_the_integration_branch() -> None:
    assert [event.outcome for event in recorded(over("manual"), e.RunEnded)] == ["done"]


def test_the_target_does_not_move_before_all_is_over_unless_after_each_was_asked_for() -> None:
    def halfway(policy: Any) -> RunState:
        settings = Settings(merge=policy)
        return told(
            run_started("a", "b", settings=settings), FOUNDATIONS, road("a"), exited(), road("b", Status.RUNNING)
        )

    assert not [x for x in ordered(halfway("auto")) if isinstance(x, a.MoveTarget)]
    assert [x for x in ordered(halfway("each")) if isinstance(x, a.MoveTarget)] == [a.MoveTarget(commit="m1")]
    assert not [x for x in ordered(told(MOVED, after=halfway("each"))) if isinstance(x, a.MoveTarget)]


def test_after_each_waits_for_what_can_merge_now_and_for_a_merge_under_way() -> None:
    state = told(run_started("a", "b", settings=Settings(merge="each")), FOUNDATIONS, road("a"), exited())
    merging = told(road("b", Status.MERGING, mark="2"), after=state)
    assert not [x for x in ordered(merging) if isinstance(x, a.MoveTarget)]


def test_a_red_baseline_leaves_the_target_to_the_person() -> None:
    red = (SESSION, FOUNDATIONS[1], e.BaselineFinished(check="test", exit_code=1))
    state = told(run_started(settings=Settings(merge="auto")), red, road("a", Status.MERGED), exited(), CLEARED)
    assert [event.outcome for event in recorded(state, e.RunEnded)] == ["done"]


def test_what_was_refused_is_not_tried_again_until_somebody_asks() -> None:
    state = over("auto", e.TargetRefused(target="main", reason="local edits"))
    assert [event.outcome for event in recorded(state, e.RunEnded)] == ["failed"]
    ended = told(e.RunEnded(outcome="failed"), after=state)
    assert ordered(ended) == []
    assert ordered(told(e.MergeRequested(id="7"), after=ended)) == [a.MoveTarget(commit="m1", request="7")]


CAUGHT_UP = e.MergeFinished(task=e.INTEGRATION, commit="m2", tree="mt2", before="m1")


def test_a_target_that_has_moved_is_checked_together_with_the_result_before_it_moves() -> None:
    state = over("auto", CAUGHT_UP)
    assert ordered(state) == [a.RunCheck(task=e.INTEGRATION, command="test", tree="mt2")]
    green = told(e.CheckPassed(task=e.INTEGRATION, command="test", tree="mt2"), after=state)
    assert ordered(green) == [a.MoveTarget(commit="m2")]


def test_a_target_that_turns_the_checks_red_is_left_alone_and_the_result_is_as_before() -> None:
    red = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt2", exit_code=1)
    state = over("auto", CAUGHT_UP, red)
    assert ordered(state) == [
        a.RevertMerge(task=e.INTEGRATION, before="m1", reason="test is red once main is merged in")
    ]
    state = told(e.MergeReverted(task=e.INTEGRATION, commit="m1"), after=state)
    (refused,) = recorded(state, e.TargetRefused)
    assert refused.reason == "test is red once main is merged in"
    state = told(refused, after=state)
    assert state.tip == "m1"
    assert [event.outcome for event in recorded(state, e.RunEnded)] == ["failed"]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([e.TaskFailed(task="a"), e.TaskFailed(task="b")], "failed"),
        ([e.TaskCancelled(task="a"), e.TaskCancelled(task="b")], "cancelled"),
        ([e.TaskFailed(task="a"), e.TaskCancelled(task="b")], "failed"),
    ],
)
def test_how_a_run_ended(events: list[e.Event], outcome: str) -> None:
    state = told(run_started("a", "b"), FOUNDATIONS, e.WindowOpened(task="a", window="@1", pane="%1"), events)
    assert [event.outcome for event in recorded(state, e.RunEnded)] == [outcome]


def test_a_run_is_not_over_while_an_agent_lives() -> None:
    assert recorded(at(Status.MERGED, MOVED), e.RunEnded) == []


# --- what must never stay half done --------------------------------------------------------------------

DISK_FULL = e.ActionFailed(action="RunCheck", task=e.INTEGRATION, reason="disk full", hint="make room")


def reverts(state: RunState) -> list[tuple[str, str]]:
    return [(x.task, x.before) for x in ordered(state) if isinstance(x, a.RevertMerge)]


def test_a_merge_that_will_not_be_proven_is_taken_back_before_anything_else_happens_to_the_branch() -> None:
    begun = told(run_started("a", "b", settings=Settings(merge="each")), FOUNDATIONS, road("a", Status.MERGING))
    stuck = [merged("a"), DISK_FULL, e.TaskAttention(task="a", reason="disk full")]
    finished = road("b", Status.FINISHED, mark="2")
    state = told(stuck, finished, e.MergeRequested(id="7"), after=begun)
    assert reverts(state) == [("a", BASE)]
    assert recorded(state, e.TaskMerging) == []
    assert not [x for x in ordered(state) if isinstance(x, a.MoveTarget)]
    state = told(e.MergeReverted(task="a", commit=BASE), after=state)
    assert reverts(state) == []
    assert [event.task for event in recorded(state, e.TaskMerging)] == ["b"]


def test_a_merge_of_which_nobody_knows_whether_it_was_made_is_taken_back_too() -> None:
    lost = e.ActionFailed(action="Merge", task="a", reason="disk full")
    assert reverts(at(Status.MERGING, lost, e.TaskAttention(task="a"))) == [("a", BASE)]
    retried = at(Status.MERGING, lost, e.TaskAttention(task="a"), e.RetryRequested(tasks=("a",)))
    retried = told(e.TaskWaiting(task="a", cause="retry"), after=retried)
    assert reverts(retried) == [("a", BASE)], "a retry does not forget it"


@pytest.mark.parametrize(
    "event", [e.MergeConflicted(task="a", paths=("x",)), e.MergeReverted(task="a", commit=BASE)], ids=lambda x: x.event
)
def test_what_left_the_branch_as_it_was_needs_no_taking_back(event: e.Event) -> None:
    assert reverts(at(Status.MERGING, event, e.TaskPreparing(task="a", cause="conflict"))) == []
    assert reverts(at(Status.MERGED)) == []


def test_a_target_that_was_merged_in_and_could_not_be_checked_is_taken_out_again_before_the_refusal() -> None:
    state = over("auto", CAUGHT_UP, DISK_FULL)
    assert reverts(state) == [(e.INTEGRATION, "m1")]
    assert recorded(state, e.TargetRefused) == []
    state = told(e.MergeReverted(task=e.INTEGRATION, commit="m1"), after=state)
    assert [event.reason for event in recorded(state, e.TargetRefused)] == ["disk full. make room"]


@pytest.mark.parametrize("policy", ["auto", "each"])
def test_a_task_that_finishes_while_the_target_is_being_merged_in_waits_for_that_and_not_for_ever(policy: Any) -> None:
    state = told(run_started("a", "b", settings=Settings(merge=policy)), FOUNDATIONS, road("a"), exited(), CAUGHT_UP)
    state = told(road("b", Status.FINISHED, mark="2"), after=state)
    assert recorded(state, e.TaskMerging) == []
    assert a.RunCheck(task=e.INTEGRATION, command="test", tree="mt2") in ordered(state)


def test_a_target_that_nobody_wants_to_move_any_more_is_taken_out_again() -> None:
    state = told(run_started("a", "b", settings=Settings(merge="manual")), FOUNDATIONS, road("a"), exited(), CAUGHT_UP)
    state = told(road("b", Status.FINISHED, mark="2"), after=state)
    assert reverts(state) == [(e.INTEGRATION, "m1")]
    assert reverts(told(e.MergeRequested(id="7"), after=state)) == []


@pytest.mark.parametrize("status", [Status.CHECKING, Status.FINISHED])
def test_a_task_that_needs_an_integration_worktree_which_cannot_be_made_says_so(status: Status) -> None:
    problem = e.ActionFailed(action="CreateIntegration", task=e.INTEGRATION, reason="disk full", hint="make room")
    known = [e.BaselineFinished(check="test", exit_code=0)] if status is Status.FINISHED else []
    state = told(run_started(), SESSION, known, road("a", status), collected(), problem)
    assert [event.reason for event in recorded(state, e.TaskAttention)] == ["disk full. make room"]


def test_what_a_crash_kept_out_of_the_journal_is_taken_back_with_the_merge_that_came_after_it() -> None:
    # The target was merged in as m9, the supervisor died before it could say so, and `a` was merged on top of that.
    on_top = e.MergeFinished(task="a", commit="m1", tree="mt1", before="m9")
    red = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt1", exit_code=1)
    assert reverts(at(Status.MERGING, on_top, red)) == [("a", BASE)]
