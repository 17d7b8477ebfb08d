"""What can be taken back: the steps that a journal adds up to, and what `decide` makes of an undo."""

import pytest

from tests.core.stories import BASE, FOUNDATIONS, MOVED, at, ordered, over, recorded, road, run_started, told
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.state import RunState, Status

CLEANED = (
    e.WorktreeRemoved(task="a", path="/w/a", branch="orchestra/r1/a", commit="c1", base=BASE),
    e.CleanupFinished(request="c", removed=("/w/a",)),
)


def kinds(state: RunState) -> list[str]:
    return [step.kind for step in state.steps]


def wish(state: RunState, step: int) -> RunState:
    return told(e.UndoRequested(id="u", step=step), after=state)


def undone(state: RunState) -> RunState:
    assert state.last_step
    answer = e.UndoFinished(request="u", step=state.last_step.number, undone=True)
    return told(e.UndoRequested(id="u", step=state.last_step.number), answer, after=state)


def test_moves_of_the_target_with_nothing_in_between_are_one_step() -> None:
    further = MOVED.model_copy(update={"before": "m1", "commit": "m2"})
    state = over("each", MOVED, further)
    assert [(step.before, step.commit) for step in state.steps] == [(BASE, "m2")]
    foreign = MOVED.model_copy(update={"before": "theirs", "commit": "m3"})
    assert [(step.before, step.commit) for step in told(foreign, after=state).steps] == [(BASE, "m2"), ("theirs", "m3")]


def test_a_target_that_held_it_already_and_a_cleanup_that_found_nothing_are_no_steps() -> None:
    same = MOVED.model_copy(update={"before": "m1"})
    assert over("auto", same, e.CleanupFinished(request="c")).steps == ()


def test_only_the_last_step_is_taken_back_and_the_next_time_the_one_before() -> None:
    state = over("auto", MOVED, e.RunEnded(outcome="done"), *CLEANED)
    assert kinds(state) == ["merge", "cleanup"]
    (refusal,) = recorded(wish(state, 1), e.UndoFinished)
    assert not refusal.undone
    (action,) = [x for x in ordered(wish(state, 2)) if isinstance(x, a.Undo)]
    assert [removed.path for removed in action.step.removed] == ["/w/a"]
    state = undone(state)
    assert kinds(state) == ["merge"]
    state = undone(state)
    assert (state.steps, state.moved, state.undo_wish) == ((), None, None)
    assert state.step_count == 2


def test_a_merge_that_was_taken_back_comes_again_only_when_asked_for() -> None:
    state = undone(over("each", MOVED))
    assert not [x for x in ordered(state) if isinstance(x, a.MoveTarget)]
    state = told(e.MergeRequested(id="m"), after=state)
    assert [x for x in ordered(state) if isinstance(x, a.MoveTarget)] == [a.MoveTarget(commit="m1", request="m")]


def test_what_was_called_off_goes_on_and_what_had_failed_before_does_not() -> None:
    tasks = (Task(id="a"), Task(id="b"), Task(id="c", depends_on=("a",)))
    state = told(
        run_started(*tasks), FOUNDATIONS, road("a", Status.RUNNING),
        e.TaskPreparing(task="b"), e.TaskFailed(task="b", reason="broken"),
        e.CancelRequested(), e.InstanceExited(task="a", attempt=1), e.InstanceCleared(task="a", attempt=1),
        e.TaskCancelled(task="a"), e.TaskCancelled(task="c"), e.RunEnded(outcome="failed"),
    )  # fmt: skip
    assert [step.tasks for step in state.steps] == [("a", "c")]
    (answer,) = recorded(wish(state, 1), e.UndoFinished)
    assert answer.undone
    state = told(answer, after=wish(state, 1))
    assert (state.ended, state.cancelled, state.steps) == (None, False, ())
    assert {t.id for t in state.tasks.values() if t.retry_wished} == {"a", "c"}
    assert state.tasks["a"].session_id == "s1"
    assert state.tasks["a"].conversation, "the same conversation goes on"


def test_a_cancelling_that_a_retry_has_overtaken_is_no_step_any_more() -> None:
    ended = (e.CancelRequested(), e.TaskCancelled(task="a"), e.RunEnded(outcome="cancelled"))
    state = at(Status.WAITING, *ended)
    assert kinds(state) == ["cancel"]
    assert told(e.RetryRequested(), after=state).steps == ()


@pytest.mark.parametrize("further", [(), (e.CancelRequested(),)])
def test_what_nobody_did_cannot_be_taken_back(further: tuple[e.Event, ...]) -> None:
    state = wish(at(Status.RUNNING, *further), 1)
    (refusal,) = recorded(state, e.UndoFinished)
    assert (refusal.undone, refusal.reason != "") == (False, True)
