"""Folding wishes: they are kept, spread, answered, and never impossible."""

import pytest

from tests.core.stories import (
    BASE,
    FOUNDATIONS,
    at,
    road,
    run_started,
    second,
    told,
)
from tmux_orchestra.core import events as e
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.state import RunState, Status

CHAIN = (Task(id="a"), Task(id="b", depends_on=("a",)), Task(id="c", depends_on=("b",)), Task(id="x"))


# --- wishes ------------------------------------------------------------------------------------------


def test_wishes_without_tasks_are_about_all_and_lapse_for_strangers() -> None:
    state = told(run_started(*CHAIN))
    assert {t.id for t in told(e.PauseRequested(), after=state).tasks.values() if t.hold_wished} == {"a", "b", "c", "x"}
    some = told(e.PauseRequested(tasks=("b", "stranger")), after=state)
    assert {t.id for t in some.tasks.values() if t.hold_wished} == {"b"}
    assert told(e.ResumeRequested(), after=some).tasks == state.tasks


def test_cancelling_all_is_remembered_as_the_runs_and_cancelling_one_is_not() -> None:
    state = told(run_started(*CHAIN))
    assert told(e.CancelRequested(), after=state).cancelled
    some = told(e.CancelRequested(tasks=("b",)), after=state)
    assert not some.cancelled
    assert {t.id for t in some.tasks.values() if t.cancel_wished} == {"b"}


def lost_chain() -> RunState:
    """A failed; b and c were skipped for it; x merged."""
    return told(
        run_started(*CHAIN), FOUNDATIONS, e.TaskPreparing(task="a"), e.TaskFailed(task="a"), e.TaskSkipped(task="b"),
        e.TaskSkipped(task="c"), road("x"), e.RunEnded(outcome="failed"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "wished"),
    [
        (("a",), {"a", "b", "c"}),
        (("c",), {"a", "b", "c"}),
        (("b",), {"a", "b", "c"}),
        ((), {"a", "b", "c"}),
        (("x",), set()),
        (("stranger",), set()),
    ],
)
def test_a_retry_spreads_to_what_was_skipped_and_to_what_was_lost_before(
    asked: tuple[str, ...], wished: set[str]
) -> None:
    state = told(e.RetryRequested(tasks=asked), after=lost_chain())
    assert {t.id for t in state.tasks.values() if t.retry_wished} == wished
    assert (state.ended is None) is bool(wished)


def test_a_retry_of_one_leaves_what_failed_elsewhere() -> None:
    state = told(
        run_started("a", "b"), FOUNDATIONS, e.TaskPreparing(task="a"), e.TaskFailed(task="a"),
        e.TaskPreparing(task="b"), e.TaskFailed(task="b"), e.RetryRequested(tasks=("b",)),
    )  # fmt: skip
    assert {t.id for t in state.tasks.values() if t.retry_wished} == {"b"}


def test_only_a_named_task_is_retried_out_of_attention() -> None:
    state = at(Status.RUNNING, e.TaskAttention(task="a", reason="asks: which?"))
    assert not told(e.RetryRequested(), after=state).tasks["a"].retry_wished
    assert told(e.RetryRequested(tasks=("a",)), after=state).tasks["a"].retry_wished


def test_a_retried_task_forgets_its_failures_keeps_its_conversation_and_has_its_worktree_ensured_anew() -> None:
    state = told(
        e.AgentFailed(task="a", error="billing_error", transient=False), e.TaskAttention(task="a"),
        e.RetryRequested(tasks=("a",)), e.TaskWaiting(task="a", reason="retried", cause="retry"),
        after=at(Status.RUNNING),
    )  # fmt: skip
    a = state.tasks["a"]
    assert (a.failure, a.problem, a.retry_wished, a.cause, a.relaunch) == (None, None, False, "retry", True)
    assert (a.conversation, a.session_id, a.worktree, a.attempt) == (True, "s1", "", 1)
    assert a.base == at(Status.RUNNING).tasks["a"].base != ""


def test_what_was_cancelled_and_is_retried_is_cancelled_no_more() -> None:
    cancelled = at(Status.PREPARING, e.CancelRequested(), e.TaskCancelled(task="a"))
    state = told(e.RetryRequested(), after=cancelled)
    assert not state.cancelled
    a = told(e.TaskWaiting(task="a", cause="retry"), after=state).tasks["a"]
    assert not a.cancel_wished
    assert not a.retry_wished


def test_the_answer_to_another_request_does_not_answer_this_one() -> None:
    wished = told(e.MergeRequested(id="2"), e.CleanupRequested(id="3"), after=at(Status.MERGED))
    moved = e.TargetMoved(target="main", before=BASE, commit="m1", request="1")
    assert told(moved, e.CleanupFinished(request="1"), after=wished).merge_wish is not None
    answered = told(
        e.TargetRefused(target="main", reason="dirty", request="2"), e.CleanupFinished(request="3"), after=wished
    )
    assert (answered.merge_wish, answered.cleanup_wish) == (None, None)


def test_a_text_to_send_is_kept_in_order_until_it_is_answered() -> None:
    def send(number: str) -> e.SendRequested:
        return e.SendRequested(id=number, task="a", text=f"text {number}")

    state = told(send("1"), send("2"), e.SendPasted(task="a", id="1", at=second(77)), after=at(Status.RUNNING))
    assert list(state.sends) == ["1", "2"]
    assert state.pasted == {"1": (second(77),)}
    state = told(e.SendFinished(task="a", id="1", delivered=True), after=state)
    assert list(state.sends) == ["2"]
    assert state.sent["1"].delivered
