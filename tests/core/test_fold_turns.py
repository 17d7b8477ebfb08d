"""Folding what agents report, and changes of status."""

from typing import Any

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
    run_started,
    second,
    started,
    told,
)
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import Call, Status

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
