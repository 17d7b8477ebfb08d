"""A merge in a person's hands: nothing else is merged, everything is answered, what they made is proven."""

import pytest

from tests.core.stories import (
    BASE,
    FOUNDATIONS,
    after,
    exited,
    merged,
    ordered,
    over,
    recorded,
    road,
    run_started,
    status_of,
    told,
)
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.scheduler import needs_person, why
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, Status

CONFLICT = (
    e.MergeConflicted(task="a", paths=("x",)),
    e.TaskConflicted(task="a"),
    e.InstanceCleared(task="a", attempt=1),
)
MANUAL = e.MergeRequested(id="1", how="manual")
RESERVED = e.MergeReserved(task="a", commit="c1", request="1")
HANDED_OVER = e.MergeHandedOver(task="a", path="/i", commit="c1", before=BASE, paths=("x",), request="1")
RESOLVED = e.MergeResolved(task="a", commit="m9", tree="mt9", before=BASE, ref="refs/kept", request="2")


def conflicted(*events: e.Event, other: Status = Status.FINISHED) -> RunState:
    """A run whose task `a` is conflicted, and `b` is on its road."""
    settings = Settings(merge="auto")
    state = told(run_started("a", "b", settings=settings), FOUNDATIONS, road("a", Status.MERGING), exited(), CONFLICT)
    return told(road("b", other, mark="2"), *events, after=state)


def test_the_worktree_is_reserved_before_anything_is_prepared_and_only_between_two_merges() -> None:
    assert recorded(conflicted(MANUAL, other=Status.MERGING), e.MergeReserved) == []
    state = conflicted(MANUAL)
    assert recorded(state, e.MergeReserved) == [RESERVED]
    assert recorded(state, e.TaskMerging) == []
    state = told(RESERVED, after=state)
    assert a.HandOver(task="a", commit="c1", request="1") in ordered(state)
    assert told(HANDED_OVER, after=state).merge_wish is None


def test_while_it_is_in_their_hands_nothing_is_merged_moved_or_cleaned_up_and_the_person_is_asked() -> None:
    state = conflicted(MANUAL, RESERVED, HANDED_OVER)
    assert not [x for x in ordered(state) if isinstance(x, a.Merge | a.MoveTarget | a.RevertMerge)]
    assert recorded(state, e.TaskMerging) == []
    assert "in your hands" in needs_person(state)["a"]
    assert why(state, state.tasks["b"], state.last_at) == "waits for you: the merge of a is in your hands"  # type: ignore[arg-type]
    (kept,) = recorded(told(e.CleanupRequested(id="3"), after=state), e.CleanupFinished)
    assert "in your hands" in kept.kept["run"]
    assert not told(e.RetryRequested(tasks=("a",)), after=state).tasks["a"].retry_wished


def test_what_they_made_goes_the_way_of_every_merge_before_anybody_elses() -> None:
    state = conflicted(MANUAL, RESERVED, HANDED_OVER, e.MergeRequested(id="2"))
    assert a.TakeResolution(task="a", request="2") in ordered(state)
    state = told(RESOLVED, after=state)
    assert state.merge_wish is None
    assert [event.task for event in recorded(state, e.TaskMerging)] == ["a"]
    state = told(e.TaskMerging(task="a"), e.MergeStarted(task="a", commit="c1"), after=state)
    (finished,) = recorded(state, e.MergeFinished)
    assert (finished.commit, finished.tree) == ("m9", "mt9")
    state = told(finished, after=state)
    assert after(state) == [a.RunCheck(task=e.INTEGRATION, command="test", tree="mt9")]
    green = told(e.CheckPassed(task=e.INTEGRATION, command="test", tree="mt9"), after=state)
    assert status_of(green)[0] == "merged"


def test_what_they_made_goes_back_to_them_if_it_is_red() -> None:
    red = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt9", exit_code=1)
    state = conflicted(
        MANUAL, RESERVED, HANDED_OVER, RESOLVED, e.TaskMerging(task="a"), e.MergeStarted(task="a", commit="c1"),
        e.MergeFinished(task="a", commit="m9", tree="mt9", before=BASE), red,
        e.MergeReverted(task="a", commit=BASE),
    )  # fmt: skip
    status, reason = status_of(state)
    assert status == "conflicted"
    assert "refs/kept" in reason


def test_a_run_that_was_over_goes_on_by_it_and_by_nothing_else() -> None:
    ended = conflicted(e.RunEnded(outcome="failed"), MANUAL, RESERVED, HANDED_OVER, other=Status.WAITING)
    assert ended.ended
    assert told(e.MergeAbandoned(task="a", request="3"), after=ended).ended
    assert told(RESOLVED, after=ended).ended is None


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (e.MergeRequested(id="1", how="abort"), "no merge is in your hands"),
        (e.MergeRequested(id="1", how="manual", task="b"), "b has no conflict"),
    ],
    ids=["abort", "manual"],
)
def test_what_cannot_be_done_is_refused(wish: e.MergeRequested, words: str) -> None:
    (refused,) = recorded(conflicted(wish), e.MergeRefused)
    assert words in refused.reason
    assert told(refused, after=conflicted(wish)).merge_wish is None


def test_a_second_wish_shows_it_again_and_another_tasks_is_refused() -> None:
    state = conflicted(MANUAL, RESERVED, HANDED_OVER)
    again = told(e.MergeRequested(id="2", how="manual"), after=state)
    assert a.HandOver(task="a", commit="c1", request="2") in ordered(again)
    (refused,) = recorded(told(e.MergeRequested(id="2", how="manual", task="b"), after=state), e.MergeRefused)
    assert "the merge of a" in refused.reason


def test_what_cannot_be_prepared_is_given_up_with_the_reason() -> None:
    state = conflicted(MANUAL, RESERVED, e.ActionFailed(action="HandOver", task="a", reason="disk full"))
    (abandoned,) = recorded(state, e.MergeAbandoned)
    assert "disk full" in abandoned.reason
    assert told(abandoned, after=state).by_hand is None


def test_a_target_that_conflicts_is_handed_over_too_and_the_answer_is_what_becomes_of_it() -> None:
    conflict = e.MergeConflicted(task=e.INTEGRATION, paths=("x",))
    state = over("auto", conflict, e.TargetRefused(target="main", reason="conflicts"), e.RunEnded(outcome="failed"))
    (reserved,) = recorded(told(MANUAL, after=state), e.MergeReserved)
    assert reserved.task == e.INTEGRATION
    handed = HANDED_OVER.model_copy(update={"task": e.INTEGRATION, "commit": "theirs", "before": "m1"})
    resolved = RESOLVED.model_copy(update={"task": e.INTEGRATION, "before": "m1"})
    state = told(MANUAL, reserved, handed, e.MergeRequested(id="2"), resolved, after=state)
    assert state.target_seen == "theirs"
    assert ordered(state) == [a.RunCheck(task=e.INTEGRATION, command="test", tree="mt9")]
    green = told(e.CheckPassed(task=e.INTEGRATION, command="test", tree="mt9"), after=state)
    assert ordered(green) == [a.MoveTarget(commit="m9", request="2")]


def test_a_merge_of_the_targets_is_settled_first() -> None:
    caught_up = e.MergeFinished(task=e.INTEGRATION, commit="m2", tree="mt2", before=BASE)
    state = conflicted(merged("b", "3"), e.MergeReserved(task="a", commit="c1"), caught_up, other=Status.WAITING)
    assert not [x for x in ordered(state) if isinstance(x, a.HandOver)]
