"""Folding: what each event changes, what it leaves alone, and what cannot be."""

import itertools

import pytest

from tests.core.stories import (
    BASE,
    FOUNDATIONS,
    SESSION,
    at,
    changed,
    collected,
    exited,
    launched,
    merged,
    road,
    run_started,
    second,
    started,
    told,
    worktree,
)
from tests.core.test_events import example
from tmux_orchestra.core import events as e
from tmux_orchestra.core import fold as folding
from tmux_orchestra.core.fold import fold, fold_all
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.state import ImpossibleEvent, Instance, RunState, Status, TaskState, Work

CHAIN = (Task(id="a"), Task(id="b", depends_on=("a",)), Task(id="c", depends_on=("b",)), Task(id="x"))


# --- the whole vocabulary ----------------------------------------------------------------------------


def test_every_event_is_folded_or_known_to_say_nothing() -> None:
    assert set(e.EVENTS.values()) == (set(folding._FOLDERS) | folding.SILENT) - {e.Unknown}
    assert not set(folding._FOLDERS) & folding.SILENT


@pytest.mark.parametrize("kind", sorted(folding.SILENT, key=str))
def test_silent_events_change_nothing_but_the_time(kind: type[e.Event]) -> None:
    before = at(Status.RUNNING)
    after = fold(before, example(kind).model_copy(update={"at": second(99)}))
    assert changed(before, after) == {}
    assert after.last_at == second(99)


def test_the_first_event_is_the_whole_state() -> None:
    begun = run_started(*CHAIN).model_copy(update={"at": second(0)})
    tasks = {task.id: TaskState(task=task, since=second(0)) for task in CHAIN}
    assert fold(None, begun) == RunState(start=begun, tasks=tasks, tip=BASE, last_at=second(0))


def test_a_task_on_which_all_went_well_is_this() -> None:
    state = at(Status.MERGED)
    events = road("a", Status.MERGED)
    stopped = next(event for event in events if isinstance(event, e.AgentStopped))
    launch = next(event for event in events if isinstance(event, e.InstanceLaunched))
    a = state.tasks["a"]
    assert a == TaskState(
        task=Task(id="a"), status=Status.MERGED, since=second(20), started_at=second(5), ended_at=second(20), worked=15,
        worktree="/w/a", branch="orchestra/r1/a", base=BASE, window="@1", pane="%1",
        attempt=1, session_id="s1", conversation=True, prompted=True, relaunch=False,
        launch=launch.model_copy(update={"at": second(7)}), instance=Instance(pid=200, start_time=7),
        stopped=stopped.model_copy(update={"at": second(11)}),
        work=Work(commit="c1", tree="t1", commits=1), merge_begun="c1", merge=a.merge,
        stirred=second(13), heard=second(11),
    )  # fmt: skip
    assert a.merge is not None
    assert (state.tip, state.tip_tree) == ("m1", "mt1")
    assert state.passed == {("t1", "test"), ("mt1", "test")}


# --- what cannot be ----------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [e.TaskPreparing(task="a"), e.PauseRequested(), e.Unknown(event="x.y")])
def test_nothing_comes_before_the_start(event: e.Event) -> None:
    with pytest.raises(ImpossibleEvent, match=rf"{event.event} before run\.started"):
        fold(None, event)


def test_a_run_starts_once() -> None:
    with pytest.raises(ImpossibleEvent, match=r"run\.started twice: r1, r2"):
        told(run_started(), run_started(run="r2"))


def test_an_impossible_status_names_the_event_the_task_and_what_it_is() -> None:
    with pytest.raises(ImpossibleEvent, match=r"task\.merged: a is running, which allows only .*checking"):
        fold(at(Status.RUNNING), e.TaskMerged(task="a"))


TASK_FACTS = sorted(
    name
    for name, kind in e.EVENTS.items()
    if issubclass(kind, e.TaskEvent)
    and kind not in folding.SILENT
    and kind is not e.SendPasted
    and kind is not e.SendFinished
)


@pytest.mark.parametrize("name", TASK_FACTS)
def test_a_fact_about_a_task_that_the_plan_does_not_have_is_impossible(name: str) -> None:
    state = told(run_started(), SESSION)
    fact = example(e.EVENTS[name]).model_copy(update={"task": "stranger"})
    if isinstance(fact, e.CheckPassed):  # it is about a tree
        return
    with pytest.raises(ImpossibleEvent, match=r"run r1 has no task 'stranger'"):
        fold(state, fact)


def test_a_wish_is_never_impossible() -> None:
    state = told(run_started())
    for name, kind in e.EVENTS.items():
        if issubclass(kind, e.Request):
            wish = example(kind).model_copy(update={"tasks": ("stranger",), "task": "stranger"})
            assert fold(state, wish).tasks == state.tasks, name


def test_unknown_events_are_counted_and_change_nothing_else() -> None:
    before = at(Status.RUNNING)
    after = told(e.Unknown(event="moon.landed"), e.Unknown(event="moon.left"), after=before)
    assert changed(before, after) == {"unknown": 2}


# --- duplicates and latecomers ---------------------------------------------------------------------------

REPEATED = [
    worktree(), launched(), started(), e.AgentPromptReceived(task="a"), e.AgentStopped(task="a", message="done"),
    exited(exit_code=0), collected(), e.CheckPassed(task="a", command="test", tree="t1"), merged(),
    e.InstanceFrozen(task="a", hold="person"), e.WindowOpened(task="a", window="@1", pane="%1"), SESSION,
    e.TargetMoved(target="main", before=BASE, commit="m1"), e.BaselineFinished(check="test", exit_code=0),
    e.PauseRequested(), e.CancelRequested(tasks=("a",)), e.MergeRequested(id="1"), e.RunEnded(outcome="done"),
]  # fmt: skip


@pytest.mark.parametrize("event", REPEATED, ids=lambda event: event.event)
def test_a_fact_or_wish_that_is_told_twice_says_no_more_than_once(event: e.Event) -> None:
    once = told(event.model_copy(update={"at": second(50)}), after=at(Status.RUNNING))
    assert fold(once, event.model_copy(update={"at": second(50)})) == once


@pytest.mark.parametrize("late", [started(attempt=1), exited(attempt=1, exit_code=1)], ids=lambda event: event.event)
def test_what_is_told_late_of_an_older_attempt_is_ignored(late: e.Event) -> None:
    again = told(
        exited(exit_code=1), e.TaskWaiting(task="a", cause="crash"), e.TaskPreparing(task="a"), launched(attempt=2),
        after=at(Status.RUNNING),
    )  # fmt: skip
    assert changed(again, told(late, after=again)) == {}
    running = told(started(attempt=2, pid=300), after=again)
    assert changed(running, told(late, after=running)) == {}
    assert running.tasks["a"].alive


def test_the_start_of_an_attempt_whose_end_is_known_does_not_revive_it() -> None:
    state = told(road("a", Status.PREPARING), worktree(), launched(), exited(exit_code=127, reason="no such program"))
    after = told(started(), after=state)
    assert changed(state, after) == {}
    assert not after.tasks["a"].alive


# --- folding itself ------------------------------------------------------------------------------------


def test_folding_piece_by_piece_is_folding_at_once_and_alters_no_earlier_state() -> None:
    events = [run_started(*CHAIN), *FOUNDATIONS, *road("a"), e.PauseRequested(), e.RetryRequested()]
    whole = fold_all(events)
    begun = fold(None, events[0])
    steps = list(itertools.accumulate(events[1:], fold, initial=begun))
    assert steps[-1] == whole
    assert list(itertools.accumulate(events[1:], fold, initial=begun)) == steps


def test_an_event_without_a_time_leaves_the_last_one() -> None:
    state = told(run_started(), SESSION)
    assert fold(state, e.PauseRequested()).last_at == second(1)
