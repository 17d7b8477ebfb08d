"""What follows for one task: facts on the left, actions on the right."""

from datetime import datetime
from typing import Any

import pytest

from tests.core.stories import (
    BASE,
    FOUNDATIONS,
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
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.lifecycle import LAUNCH_TIMEOUT, not_before, step
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, Status

LATER = second(1000)


def after(state: RunState, now: datetime = LATER) -> list[a.Action]:
    return step(state, state.tasks["a"], now)


def status_of(state: RunState, now: datetime = LATER) -> tuple[str, str]:
    """Return the status that follows, and its reason; there must be no other action."""
    (action,) = after(state, now)
    assert isinstance(action, a.Record)
    assert isinstance(action.event, e.StatusChanged)
    return action.event.event.removeprefix("task."), action.event.reason


def stopped(message: str = "done", **fields: Any) -> e.AgentStopped:
    return e.AgentStopped(task="a", message=message, **fields)


def failed(error: str, **fields: Any) -> e.AgentFailed:
    return e.AgentFailed(task="a", error=error, **fields)


RED = e.CheckFailed(task="a", command="test", tree="t1", exit_code=1, tail="boom")
RED_MERGED = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt1", exit_code=1, tail="boom")
DISK_FULL = e.ActionFailed(action="X", task="a", reason="the disk is full", hint="make room")
CRASH = (exited(exit_code=1), e.TaskWaiting(task="a", cause="crash"), e.TaskPreparing(task="a"))


# --- preparing ---------------------------------------------------------------------------------------


def test_a_task_is_made_ready_step_by_step() -> None:
    state = told(
        run_started(settings=Settings(setup="npm ci")), FOUNDATIONS, e.MergeReverted(task="_integration", commit="tip"),
        road("a", Status.PREPARING),
    )  # fmt: skip
    assert after(state) == [a.CreateWorktree(task="a", start="tip")]
    state = told(worktree(), after=state)
    assert after(state) == [a.RunSetup(task="a")]
    state = told(e.SetupFinished(task="a", command="npm ci", exit_code=0), after=state)
    (launch,) = after(state)
    assert isinstance(launch, a.Launch)
    assert (launch.attempt, launch.session_id, launch.resume) == (1, "", False)
    state = told(launched(), after=state)
    assert after(state, second(10)) == []
    assert after(told(started(), after=state)) == [a.Record(event=e.TaskRunning(task="a"))]


def test_a_red_set_up_needs_a_person_and_shows_its_last_line() -> None:
    setup = e.SetupFinished(task="a", command="npm ci", exit_code=3, tail="x\nno such package\n")
    state = told(run_started(settings=Settings(setup="npm ci")), road("a", Status.PREPARING), worktree(), setup)
    assert status_of(state) == ("attention", "the setup command failed (3): no such package")


@pytest.mark.parametrize("status", [Status.PREPARING, Status.CHECKING, Status.MERGING])
def test_what_could_not_be_carried_out_needs_a_person_and_says_what_helps(status: Status) -> None:
    assert status_of(at(status, DISK_FULL)) == ("attention", "the disk is full. make room")


def test_a_launcher_that_does_not_answer_is_ended_and_started_again() -> None:
    state = told(road("a", Status.PREPARING), worktree(), launched())
    ordered = state.tasks["a"].launch
    assert ordered is not None
    assert ordered.at is not None
    assert after(state, ordered.at + LAUNCH_TIMEOUT * 0.99) == []
    assert after(state, ordered.at + LAUNCH_TIMEOUT) == [a.EndInstance(task="a")]
    assert status_of(told(exited(reason="the launcher is gone"), after=state))[0] == "waiting"


def test_an_agent_that_still_runs_is_ended_before_the_next_is_launched() -> None:
    red = at(Status.CHECKING, collected(), RED, e.TaskPreparing(task="a", cause="checks"))
    assert after(red) == [a.EndInstance(task="a")]
    (launch,) = after(told(exited(exit_code=143, signal="SIGTERM"), after=red))
    assert isinstance(launch, a.Launch)
    assert (launch.attempt, launch.session_id, launch.resume) == (2, "s1", True)
    assert "boom" in launch.prompt


def test_without_a_conversation_the_next_attempt_begins_one() -> None:
    state = told(road("a", Status.PREPARING), worktree(), launched(), started(), e.TaskRunning(task="a"), CRASH)
    (launch,) = after(state)
    assert isinstance(launch, a.Launch)
    assert (launch.attempt, launch.session_id, launch.resume) == (2, "", False)


# --- running: how instances and turns end -----------------------------------------------------------------

QUESTIONS = [
    ("QUESTION: which port?", "asks: QUESTION: which port?"),
    ("Done.\n**QUESTION:** red or blue?\nI stop here.", "asks: **QUESTION:** red or blue?"),
    ("question: lower case?", "asks: question: lower case?"),
    ("Two ways are open.\nShall I go on?", "asks: Shall I go on?"),
    ("Shall I go on?**", "asks: Shall I go on?**"),
    ("続けますか？", "asks: 続けますか？"),  # noqa: RUF001 - the question mark of Japanese
]
NO_QUESTIONS = ["done", "", "What was wrong? A typo. Fixed.", "I fixed the question: it was a typo.\n", "a?b is parsed"]


@pytest.mark.parametrize(("message", "reason"), QUESTIONS)
def test_a_turn_that_ends_with_a_question_needs_a_person(message: str, reason: str) -> None:
    assert status_of(at(Status.RUNNING, stopped(message))) == ("attention", reason)


@pytest.mark.parametrize("message", NO_QUESTIONS)
def test_a_turn_that_ends_without_one_claims_to_be_done(message: str) -> None:
    assert status_of(at(Status.RUNNING, stopped(message)))[0] == "checking"


def call(number: str, phase: str = "started") -> e.AgentToolUsed:
    return e.AgentToolUsed.model_validate(
        {"task": "a", "tool": "Bash", "detail": f"rm {number}", "call": number, "phase": phase, "rule": "Bash(rm:*)"}
    )


def test_calls_that_never_ended_are_recorded_as_denied_and_the_last_one_needs_a_person() -> None:
    state = at(Status.RUNNING, call("1"), call("2"), stopped("I may not"))
    denials = after(state)
    assert [action.event.call for action in denials if isinstance(action, a.Record)] == ["1", "2"]  # type: ignore[attr-defined]
    state = told([action.event for action in denials if isinstance(action, a.Record)], after=state)
    status, reason = status_of(state)
    assert (status, reason) == ("attention", "was not allowed: Bash rm 2; to allow it: --allow 'Bash(rm:*)'")


def test_a_denial_that_the_agent_got_around_is_no_obstacle() -> None:
    state = at(Status.RUNNING, call("1"), call("2"), call("2", "finished"), stopped())
    state = told([action.event for action in after(state) if isinstance(action, a.Record)], after=state)
    assert len(state.tasks["a"].denied) == 1
    assert status_of(state)[0] == "checking"


def test_open_steps_mean_that_it_is_not_done() -> None:
    steps = e.AgentTodoChanged(task="a", items=(("read", "completed"), ("write", "in_progress"), ("test", "pending")))
    assert status_of(at(Status.RUNNING, steps, stopped())) == ("attention", "stopped with 2 of 3 steps open: write")


def test_with_background_tasks_the_turn_goes_on_as_long_as_the_agent_lives() -> None:
    assert after(at(Status.RUNNING, stopped(background_tasks=1))) == []
    assert status_of(at(Status.RUNNING, stopped(background_tasks=1), exited(exit_code=0)))[0] == "checking"


def test_an_agent_that_said_it_is_done_and_ended_is_checked() -> None:
    assert status_of(at(Status.RUNNING, stopped(), exited(exit_code=0)))[0] == "checking"


@pytest.mark.parametrize(
    ("ended", "status", "reason"),
    [
        ({"exit_code": 0}, "attention", "the agent was closed before it said that it is done"),
        ({"exit_code": 129}, "attention", "its window was closed"),
        ({"exit_code": -1}, "attention", "its window was closed"),
        ({"signal": "SIGHUP"}, "attention", "its window was closed"),
        ({"exit_code": 127, "reason": "claude: not found"}, "attention", "cannot start: claude: not found"),
        ({"exit_code": 126, "reason": "no right"}, "attention", "cannot start: no right"),
        ({"exit_code": 127}, "waiting", "the agent ended with exit code 127; it will be restarted"),
        ({"exit_code": 1}, "waiting", "the agent ended with exit code 1; it will be restarted"),
        ({"exit_code": 137, "signal": "SIGKILL"}, "waiting", "the agent ended by SIGKILL; it will be restarted"),
        ({}, "waiting", "the agent ended without a word; it will be restarted"),
    ],
)
def test_how_an_instance_that_had_not_finished_its_turn_ended(ended: dict[str, Any], status: str, reason: str) -> None:
    assert status_of(at(Status.RUNNING, exited(**ended))) == (status, reason)


def test_restarts_have_an_end() -> None:
    state = at(Status.RUNNING, settings=Settings(max_restarts=2))
    for attempt in (2, 3):
        state = told(exited(attempt=attempt - 1, exit_code=1), after=state)
        assert status_of(state)[0] == "waiting"
        state = told(
            e.TaskWaiting(task="a", cause="crash"), e.TaskPreparing(task="a"), launched(attempt=attempt),
            started(attempt=attempt), e.TaskRunning(task="a"), after=state,
        )  # fmt: skip
    state = told(exited(attempt=3, exit_code=1), after=state)
    assert status_of(state) == ("failed", "the agent ended with exit code 1, after 2 restarts")


@pytest.mark.parametrize(
    ("failure", "status", "reason"),
    [
        (failed("billing_error", message="no credit", transient=False), "attention", "billing_error: no credit"),
        (failed("overloaded"), "waiting", "overloaded; it will be restarted"),
        (failed("rate_limit", retry_at=second(7200)), "waiting", "usage limit until 02:00:00 UTC"),
        (failed("rate_limit"), "waiting", "rate_limit; it will be restarted"),
    ],
)
def test_a_turn_that_ended_by_an_error_of_the_service(failure: e.AgentFailed, status: str, reason: str) -> None:
    assert status_of(at(Status.RUNNING, failure)) == (status, reason)


def test_a_limit_is_waited_for_until_its_reset_and_a_crash_ever_longer() -> None:
    limited = at(Status.RUNNING, failed("rate_limit", retry_at=second(7200)), e.TaskWaiting(task="a", cause="limit"))
    assert not_before(limited, limited.tasks["a"]) == second(7200)
    state = at(Status.RUNNING, settings=Settings(restart_delay=2))
    waits = []
    for attempt in (1, 2, 3):
        state = told(exited(attempt=attempt, exit_code=1), e.TaskWaiting(task="a", cause="crash"), after=state)
        moment, since = not_before(state, state.tasks["a"]), state.tasks["a"].since
        assert moment is not None
        assert since is not None
        waits.append((moment - since).total_seconds())
        state = told(
            e.TaskPreparing(task="a"), launched(attempt=attempt + 1), started(attempt=attempt + 1), after=state
        )
        state = told(e.TaskRunning(task="a"), after=state)
    assert waits == [2, 4, 8]
    assert not_before(told(), told().tasks["a"]) is None


def test_an_open_dialog_needs_a_person_and_an_answer_ends_that() -> None:
    asked = at(Status.RUNNING, e.AgentAsked(task="a", question="may I use Bash?"))
    assert status_of(asked) == ("attention", "may I use Bash?")
    answered = told(e.TaskAttention(task="a", reason="x"), call("1", "finished"), after=asked)
    assert status_of(answered) == ("running", "a person stepped in")


# --- with a person -------------------------------------------------------------------------------------


def test_a_turn_that_a_person_began_is_theirs_until_a_while_after_its_end() -> None:
    state = at(Status.RUNNING, e.AgentPromptReceived(task="a"), stopped(), settings=Settings(person_grace=60))
    end = state.last_at
    assert end is not None
    assert after(state, end) == []
    assert after(state, second(70)) == []
    assert status_of(state, second(72))[0] == "checking"


@pytest.mark.parametrize("status", [Status.CHECKING, Status.FINISHED])
def test_a_prompt_that_a_person_typed_takes_the_task_back_to_running(status: Status) -> None:
    assert status_of(at(status, e.AgentPromptReceived(task="a"))) == ("running", "a person stepped in")


def test_a_person_who_answers_a_question_moves_the_task_out_of_attention() -> None:
    asked = at(Status.RUNNING, stopped("which?"), e.TaskAttention(task="a", reason="asks: which?"))
    assert after(asked) == []
    assert status_of(told(e.AgentPromptReceived(task="a"), after=asked)) == ("running", "a person stepped in")


@pytest.mark.parametrize(
    "trouble", [exited(exit_code=0), failed("billing_error", transient=False), DISK_FULL], ids=lambda event: event.event
)
def test_attention_lasts_until_somebody_does_something(trouble: e.Event) -> None:
    assert after(at(Status.RUNNING, trouble, e.TaskAttention(task="a"))) == []


# --- checking ----------------------------------------------------------------------------------------


def test_evidence_is_gathered_checked_and_then_the_task_is_finished() -> None:
    state = at(Status.CHECKING)
    assert after(state) == [a.Collect(task="a")]
    state = told(collected(), after=state)
    assert after(state) == [a.RunCheck(task="a", command="test", tree="t1")]
    state = told(e.CheckPassed(task="a", command="test", tree="t1"), after=state)
    assert status_of(state) == ("finished", "")


def test_a_tree_that_has_passed_is_not_checked_again_and_several_checks_follow_one_another() -> None:
    green = [e.BaselineFinished(check=check, exit_code=0) for check in ("lint", "test")]
    passed = e.CheckPassed(task="b", command="lint", tree="t1")
    state = told(run_started("a", "b", checks=("lint", "test")), FOUNDATIONS, green, road("a", Status.CHECKING), passed)
    assert after(told(collected(), after=state)) == [a.RunCheck(task="a", command="test", tree="t1")]


def test_a_claim_without_a_commit_is_no_evidence() -> None:
    assert status_of(at(Status.CHECKING, collected(commits=0, result="I did it"))) == (
        "attention",
        "says it is done, but there is no commit of its own and no edit",
    )


@pytest.mark.parametrize("kind", ["research", "test"])
def test_a_written_answer_is_evidence_for_kinds_that_ask_for_one(kind: Any) -> None:
    task = Task(id="a", kind=kind)
    answered = at(Status.CHECKING, collected(commits=0, result="42"), task=task)
    assert after(answered) == [a.RunCheck(task="a", command="test", tree="t1")]
    silent = at(Status.CHECKING, collected(commits=0), task=task)
    assert status_of(silent)[0] == "attention"


def test_no_check_is_run_before_the_baseline_is_known() -> None:
    state = told(run_started(), FOUNDATIONS[:2], road("a", Status.CHECKING), collected())
    assert after(state) == []


def test_a_check_that_was_red_before_is_no_gate_and_the_task_says_so() -> None:
    state = told(
        run_started(), FOUNDATIONS[:2], e.BaselineFinished(check="test", exit_code=1), road("a", Status.CHECKING),
        collected(),
    )  # fmt: skip
    assert status_of(state) == ("finished", "unchecked: test was red before")


def test_red_checks_go_back_to_the_agent_until_its_turns_are_used_up() -> None:
    state = at(Status.CHECKING, collected(), RED, settings=Settings(max_attempts=2))
    assert status_of(state) == ("preparing", "test is red; the agent is told")
    again = told(
        e.TaskPreparing(task="a", cause="checks"), launched(attempt=2), started(attempt=2), e.TaskRunning(task="a"),
        stopped(), e.TaskChecking(task="a"), collected(), RED, after=state,
    )  # fmt: skip
    assert status_of(again) == ("failed", "test is red, after 2 turns")


# --- merging -----------------------------------------------------------------------------------------


def test_a_merge_is_begun_made_checked_and_done() -> None:
    state = told(FOUNDATIONS, road("a", Status.FINISHED), e.TaskMerging(task="a"))
    assert after(state) == [a.Record(event=e.MergeStarted(task="a", commit="c1"))]
    state = told(e.MergeStarted(task="a", commit="c1"), after=state)
    assert after(state) == [a.Merge(task="a", commit="c1")]
    state = told(merged(), after=state)
    assert after(state) == [a.RunCheck(task=e.INTEGRATION, command="test", tree="mt1")]
    state = told(e.CheckPassed(task=e.INTEGRATION, command="test", tree="mt1"), after=state)
    assert status_of(state) == ("merged", "")


def test_what_is_merged_is_the_commit_that_was_checked_not_a_later_one() -> None:
    state = told(FOUNDATIONS, road("a", Status.FINISHED), e.TaskMerging(task="a"), collected(mark="2"))
    assert after(state) == [a.Record(event=e.MergeStarted(task="a", commit="c2"))]
    state = told(e.MergeStarted(task="a", commit="c1"), after=at(Status.FINISHED, e.TaskMerging(task="a")))
    assert after(state) == [a.Merge(task="a", commit="c1")]


def test_a_merged_tree_that_is_red_is_taken_back_and_the_agent_told() -> None:
    state = at(Status.MERGING, merged(), RED_MERGED)
    assert after(state) == [a.RevertMerge(task="a", before=BASE, reason="test is red")]
    state = told(e.MergeReverted(task="a", commit=BASE), after=state)
    assert status_of(state) == ("preparing", "test is red after the merge; the agent is told")


def test_a_conflict_goes_to_the_tasks_own_agent_and_in_the_end_the_task_is_conflicted() -> None:
    conflict = e.MergeConflicted(task="a", paths=("x", "y", "z", "zz"))
    assert status_of(at(Status.MERGING, conflict)) == ("preparing", "conflicts in x, y, z; the agent is told")
    last = at(Status.MERGING, conflict, settings=Settings(max_attempts=1))
    assert status_of(last) == ("conflicted", "conflicts in x, y, z, after 1 turns")


def test_an_answer_without_a_commit_has_nothing_to_merge() -> None:
    state = told(
        run_started(Task(id="a", kind="research")), FOUNDATIONS, road("a", Status.CHECKING),
        collected(commits=0, result="42"), e.TaskFinished(task="a"), e.TaskMerging(task="a"),
    )  # fmt: skip
    assert status_of(state) == ("merged", "its result is the answer")


# --- wishes ------------------------------------------------------------------------------------------

PERSON = e.InstanceFrozen(task="a", hold="person", attempt=1)


@pytest.mark.parametrize("status", [Status.PREPARING, Status.RUNNING, Status.CHECKING, Status.FINISHED, Status.MERGING])
def test_a_pause_freezes_whatever_the_task_is_doing_and_then_nothing_follows(status: Status) -> None:
    state = at(status, e.PauseRequested())
    assert after(state) == [a.Freeze(task="a", hold="person")]
    state = told(PERSON, after=state)
    assert after(state) == []
    assert after(told(e.ResumeRequested(), after=state)) == [a.Thaw(task="a", hold="person")]


def test_an_instance_that_was_launched_into_a_hold_is_frozen_too() -> None:
    state = told(
        FOUNDATIONS, road("a", Status.PREPARING), worktree(), launched(), e.InstanceFrozen(task="a", hold="memory"),
    )  # fmt: skip
    assert after(state) == []
    state = told(started(), after=state)
    assert after(state) == [a.Freeze(task="a", hold="memory")]
    assert after(told(e.InstanceFrozen(task="a", hold="memory", attempt=1), after=state)) == []


def test_a_persons_resume_does_not_release_what_memory_holds() -> None:
    state = at(Status.RUNNING, e.PauseRequested(), PERSON, e.InstanceFrozen(task="a", hold="memory", attempt=1))
    state = told(e.ResumeRequested(), e.InstanceThawed(task="a", hold="person"), after=state)
    assert after(state) == []


def test_cancelling_ends_the_agent_first_and_keeps_the_work() -> None:
    state = at(Status.RUNNING, e.CancelRequested())
    assert after(state) == [a.EndInstance(task="a")]
    status, reason = status_of(told(exited(exit_code=143), after=state))
    assert status == "cancelled"
    assert "its work stays" in reason


def test_cancelling_reaches_an_agent_that_is_being_launched_and_one_that_is_frozen() -> None:
    launching = told(road("a", Status.PREPARING), worktree(), launched(), e.CancelRequested())
    assert after(launching) == [a.EndInstance(task="a")]
    assert after(at(Status.RUNNING, e.PauseRequested(), PERSON, e.CancelRequested())) == [a.EndInstance(task="a")]


def test_a_merge_under_way_is_not_cut_short_by_a_cancel() -> None:
    assert after(at(Status.MERGING, e.CancelRequested())) == [a.Merge(task="a", commit="c1")]


def test_a_settled_task_gives_up_its_agent_and_its_holds() -> None:
    state = at(Status.MERGED)
    assert after(state) == [a.EndInstance(task="a")]
    assert after(told(exited(exit_code=143), after=state)) == []
    frozen = told(e.InstanceFrozen(task="a", hold="memory"), after=state)
    assert after(frozen) == [a.Thaw(task="a", hold="memory"), a.EndInstance(task="a")]


@pytest.mark.parametrize("lost", [e.TaskFailed, e.TaskCancelled, e.TaskAttention])
def test_a_retry_puts_the_task_back_in_line(lost: type[e.StatusChanged]) -> None:
    state = at(Status.RUNNING, exited(exit_code=1), lost(task="a"), e.RetryRequested(tasks=("a",)))
    assert after(state) == [a.Record(event=e.TaskWaiting(task="a", reason="retried", cause="retry"))]
