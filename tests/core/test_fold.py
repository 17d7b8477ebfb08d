"""Folding: what each event changes, what it leaves alone, and what cannot be."""

import itertools
from typing import Any

import pytest

from tests.core.stories import (
    BASE,
    FOUNDATIONS,
    SESSION,
    at,
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
from tmux_orchestra.core.state import Call, ImpossibleEvent, Instance, RunState, Status, TaskState, Work

CHAIN = (Task(id="a"), Task(id="b", depends_on=("a",)), Task(id="c", depends_on=("b",)), Task(id="x"))


def changed(before: RunState, after: RunState) -> dict[str, Any]:
    """Return the fields of the run that differ, but `last_at`; those of task `a` as `a.<field>`."""
    found = {}
    for name in set(RunState.model_fields) - {"last_at", "tasks"}:
        if getattr(before, name) != getattr(after, name):
            found[name] = getattr(after, name)
    for task in after.tasks:
        for name in TaskState.model_fields:
            if getattr(before.tasks[task], name) != getattr(after.tasks[task], name):
                found[f"{task}.{name}"] = getattr(after.tasks[task], name)
    return found


# --- the whole vocabulary ----------------------------------------------------------------------------


def test_every_event_is_folded_or_known_to_say_nothing() -> None:
    assert set(e.EVENTS.values()) == (set(folding._FOLDERS) | folding.SILENT) - {e.Unknown}
    assert not set(folding._FOLDERS) & folding.SILENT


@pytest.mark.parametrize("kind", folding.SILENT)
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
        task=Task(id="a"), status=Status.MERGED, since=second(20), started_at=second(5), ended_at=second(20),
        worktree="/w/a", branch="orchestra/r1/a", base=BASE, window="@1", pane="%1",
        attempt=1, session_id="s1", conversation=True, prompted=True, relaunch=False,
        launch=launch.model_copy(update={"at": second(7)}), instance=Instance(pid=200, start_time=7),
        stopped=stopped.model_copy(update={"at": second(11)}),
        work=Work(commit="c1", tree="t1", commits=1), merge_begun="c1", merge=a.merge,
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


# --- turns -------------------------------------------------------------------------------------------


def test_the_first_prompt_of_an_instance_is_ours_and_any_later_one_is_a_persons() -> None:
    state = at(Status.RUNNING)
    assert not state.tasks["a"].with_person
    turn_over = told(e.AgentStopped(task="a", message="done"), after=state)
    typed = told(e.AgentPromptReceived(task="a", text="also…", digest="d2"), after=turn_over)
    assert changed(turn_over, typed) == {"a.with_person": True, "a.stopped": None, "a.prompt_digest": "d2"}


def test_a_new_launch_makes_the_task_ours_again() -> None:
    typed = told(e.AgentPromptReceived(task="a"), exited(exit_code=1), after=at(Status.RUNNING))
    assert typed.tasks["a"].with_person
    again = told(e.TaskWaiting(task="a", cause="crash"), e.TaskPreparing(task="a"), launched(attempt=2), after=typed)
    assert not again.tasks["a"].with_person
    ours = told(started(attempt=2), e.AgentPromptReceived(task="a"), after=again)
    assert not ours.tasks["a"].with_person


def call(number: str, phase: str, tool: str = "Bash") -> e.AgentToolUsed:
    return e.AgentToolUsed.model_validate(
        {
            "task": "a",
            "tool": tool,
            "detail": f"cmd {number}",
            "call": number,
            "phase": phase,
            "rule": f"Bash({number})",
        }
    )


def test_a_call_that_ended_was_allowed_and_the_activity_is_the_last_one_begun() -> None:
    state = told(call("1", "started"), call("2", "started"), call("1", "finished"), after=at(Status.RUNNING))
    a = state.tasks["a"]
    assert set(a.calls) == {"2"}
    assert (a.activity, a.last_call) == ("Bash cmd 2", "2")


@pytest.mark.parametrize(
    ("calls", "open_calls", "denied_at_the_end"),
    [
        ([call("1", "started")], {"1"}, True),
        ([call("1", "started"), call("2", "started"), call("2", "finished")], {"1"}, False),
        ([call("1", "started"), call("1", "failed")], set(), False),
        ([call("1", "started"), call("2", "started")], {"1", "2"}, True),
        ([], set(), False),
    ],
)
def test_a_turn_that_ends_while_its_last_call_is_open_ended_on_a_denial(
    calls: list[e.Event], open_calls: set[str], denied_at_the_end: bool
) -> None:
    a = told(calls, e.AgentStopped(task="a"), after=at(Status.RUNNING)).tasks["a"]
    assert set(a.calls) == open_calls
    assert a.last_call_denied is denied_at_the_end


def test_a_denial_closes_the_call_and_a_new_turn_forgets_it() -> None:
    denial = e.AgentToolDenied(task="a", tool="Bash", detail="cmd 1", rule="Bash(1)", call="1")
    state = told(call("1", "started"), e.AgentStopped(task="a"), denial, after=at(Status.RUNNING))
    assert state.tasks["a"].denied == (Call(tool="Bash", detail="cmd 1", rule="Bash(1)"),)
    assert state.tasks["a"].calls == {}
    a = told(e.AgentPromptReceived(task="a"), after=state).tasks["a"]
    assert (a.denied, a.last_call_denied) == ((), False)


def todo(item: str, title: str = "", status: str = "pending", **fields: Any) -> e.AgentTodoChanged:
    return e.AgentTodoChanged.model_validate({"task": "a", "item": item, "title": title, "status": status, **fields})


@pytest.mark.parametrize(
    ("changes", "steps", "activity"),
    [
        ([todo("1", "read"), todo("2", "write")], {"1": ("read", "pending"), "2": ("write", "pending")}, ""),
        ([todo("1", "read"), todo("1", status="in_progress")], {"1": ("read", "in_progress")}, "read"),
        ([todo("1", "read"), todo("1", status="completed")], {"1": ("read", "completed")}, ""),
        ([todo("1", "read"), todo("1", "reread", "completed")], {"1": ("reread", "completed")}, ""),
        ([todo("1", "read"), todo("1", status="deleted")], {}, ""),
        ([todo("7", status="deleted")], {}, ""),
        ([todo("7", status="completed")], {"7": ("", "completed")}, ""),
        (
            [todo("9", "old"), todo("", items=[("x", "completed"), ("y", "in_progress")])],
            {"1": ("x", "completed"), "2": ("y", "in_progress")},
            "y",
        ),
        ([todo("9", "old"), todo("", items=[])], {}, ""),
    ],
)
def test_the_agents_list_of_steps(changes: list[e.Event], steps: dict[str, tuple[str, str]], activity: str) -> None:
    a = told(changes, after=at(Status.RUNNING)).tasks["a"]
    assert (a.steps, a.activity) == (steps, activity)


def test_a_question_is_open_until_a_call_or_the_turn_ends_or_a_prompt_comes() -> None:
    asked = told(e.AgentAsked(task="a", question="may I?"), after=at(Status.RUNNING))
    assert asked.tasks["a"].asked == "may I?"
    for answer in (call("1", "finished"), e.AgentStopped(task="a"), e.AgentPromptReceived(task="a")):
        assert told(answer, after=asked).tasks["a"].asked == ""


def test_a_usage_limit_is_the_runs_and_the_latest_one_counts() -> None:
    def limit(until: float) -> e.AgentFailed:
        return e.AgentFailed(task="a", error="rate_limit", retry_at=second(until))

    state = told(limit(100), after=at(Status.RUNNING))
    assert state.limit_until == second(100)
    assert told(limit(50), after=state).limit_until == second(100)
    assert told(limit(500), after=state).limit_until == second(500)
    assert told(e.AgentFailed(task="a", error="overloaded"), after=state).limit_until == second(100)


# --- status changes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cause", "restarts", "red"), [("crash", 1, 0), ("limit", 0, 0), ("checks", 0, 1), ("", 0, 0)])
def test_what_sends_a_task_back_is_counted_by_its_cause(cause: e.Cause, restarts: int, red: int) -> None:
    status = Status.CHECKING if cause == "checks" else Status.RUNNING
    a = told(e.TaskWaiting(task="a", cause=cause), after=at(status)).tasks["a"]
    assert (a.restarts, a.red, a.cause) == (restarts, red, cause)
    assert a.relaunch is (cause != "")


def test_a_turn_that_ends_well_clears_the_count_of_restarts_but_not_of_red_checks() -> None:
    back = told(
        exited(exit_code=1), e.TaskWaiting(task="a", cause="crash"), e.TaskPreparing(task="a"), launched(attempt=2),
        started(attempt=2), e.TaskRunning(task="a"), after=at(Status.RUNNING),
    )  # fmt: skip
    assert back.tasks["a"].restarts == 1
    checking = told(e.TaskChecking(task="a"), after=back)
    assert checking.tasks["a"].restarts == 0
    red = told(e.TaskPreparing(task="a", cause="checks"), launched(attempt=3), started(attempt=3), after=checking)
    assert told(e.TaskRunning(task="a"), e.TaskChecking(task="a"), after=red).tasks["a"].red == 1


def test_work_that_is_checked_anew_forgets_what_was_found_before() -> None:
    red = e.CheckFailed(task="a", command="test", tree="t1", exit_code=1)
    state = told(collected(), red, e.TaskPreparing(task="a", cause="checks"), after=at(Status.CHECKING))
    assert state.tasks["a"].check is not None  # the next prompt tells of it
    a = told(
        launched(attempt=2), started(attempt=2), e.TaskRunning(task="a"), e.TaskChecking(task="a"), after=state
    ).tasks["a"]
    assert (a.work, a.check, a.merge, a.merge_begun, a.conflict) == (None, None, None, "", None)


def test_a_red_check_on_the_integration_tree_is_the_merging_tasks() -> None:
    red = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt1", exit_code=1)
    state = told(merged(), red, after=at(Status.MERGING))
    assert state.tasks["a"].check is not None
    assert state.integration_check is None


def test_a_red_check_on_the_integration_tree_is_the_targets_when_nothing_merges() -> None:
    caught_up = e.MergeFinished(task=e.INTEGRATION, commit="m2", tree="mt2", before="m1")
    red = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt2", exit_code=1)
    state = told(caught_up, red, after=at(Status.MERGED))
    assert (state.tip, state.tip_tree) == ("m2", "mt2")
    assert state.integration_check is not None
    assert state.target_merge is not None


def test_a_merge_that_is_taken_back_leaves_the_tip_where_it_was() -> None:
    red = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt1", exit_code=1)
    state = told(merged(), red, e.MergeReverted(task="a", commit=BASE), after=at(Status.MERGING))
    assert (state.tip, state.tip_tree) == (BASE, "")
    assert state.tasks["a"].merge is None
    assert state.tasks["a"].check is not None


def test_what_checks_leave_behind_is_gathered_by_task_without_repeats() -> None:
    def left(*paths: str) -> e.CheckPassed:
        return e.CheckPassed(task="a", command="test", tree="t1", left_behind=paths)

    state = told(left("x", "y"), left("y", "z"), after=at(Status.CHECKING))
    assert state.left_behind["a"] == ("x", "y", "z")


def test_holds_are_kept_apart() -> None:
    state = told(
        e.InstanceFrozen(task="a", hold="person"), e.InstanceFrozen(task="a", hold="memory"), after=at(Status.RUNNING)
    )
    assert told(e.InstanceThawed(task="a", hold="memory"), after=state).tasks["a"].holds == {"person"}
    assert told(e.InstanceThawed(task="a", hold="person"), after=state).tasks["a"].holds == {"memory"}


def test_a_failed_action_is_the_tasks_or_the_runs_problem() -> None:
    mine = e.ActionFailed(action="CreateWorktree", task="a", reason="disk full")
    assert told(mine, after=at(Status.PREPARING)).tasks["a"].problem is not None
    for whose in (None, e.INTEGRATION):
        failed = e.ActionFailed(action="CreateIntegration", task=whose, reason="disk full")
        state = told(run_started(), SESSION, failed)
        assert state.integration_problem is not None
        assert told(FOUNDATIONS[1], after=state).integration_problem is None


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


def test_a_retried_task_forgets_its_failures_and_keeps_its_conversation_and_worktree() -> None:
    state = told(
        e.AgentFailed(task="a", error="billing_error", transient=False), e.TaskAttention(task="a"),
        e.RetryRequested(tasks=("a",)), e.TaskWaiting(task="a", reason="retried", cause="retry"),
        after=at(Status.RUNNING),
    )  # fmt: skip
    a = state.tasks["a"]
    assert (a.failure, a.problem, a.retry_wished, a.cause, a.relaunch) == (None, None, False, "retry", True)
    assert (a.conversation, a.session_id, a.worktree, a.attempt) == (True, "s1", "/w/a", 1)


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
    assert state.pasted == {"1": second(77)}
    state = told(e.SendFinished(task="a", id="1", delivered=True), after=state)
    assert list(state.sends) == ["2"]
    assert state.sent["1"].delivered


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
