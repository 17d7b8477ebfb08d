"""What follows for one task: facts on the left, actions on the right."""

from typing import Any

import pytest

from tests.core.stories import (
    FOUNDATIONS,
    after,
    at,
    collected,
    examined,
    exited,
    launched,
    road,
    run_started,
    second,
    started,
    status_of,
    stopped,
    told,
    worktree,
)
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.health import delay
from tmux_orchestra.core.lifecycle import LAUNCH_TIMEOUT, not_before
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import Status


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
    assert status_of(state) == ("attention", "the setup command failed (3: no such package)")


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
    gone = told(exited(reason="the launcher is gone"), after=state)
    assert after(gone) == [a.Examine(task="a")]
    assert status_of(told(examined(), after=gone))[0] == "waiting"


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
        ({"exit_code": 127, "reason": "claude: not found"}, "attention", "cannot start: claude: not found"),
        ({"exit_code": 126, "reason": "no right"}, "attention", "cannot start: no right"),
        ({"exit_code": 127}, "waiting", "the agent ended with exit code 127; it will be restarted"),
        ({"exit_code": 1}, "waiting", "the agent ended with exit code 1; it will be restarted"),
        ({"exit_code": 137, "signal": "SIGKILL"}, "waiting", "the agent ended by SIGKILL; it will be restarted"),
        ({}, "waiting", "the agent ended without a word; it will be restarted"),
    ],
)
def test_how_an_instance_that_had_not_finished_its_turn_ended(ended: dict[str, Any], status: str, reason: str) -> None:
    state = at(Status.RUNNING, exited(**ended))
    assert after(state) == [a.Examine(task="a")]
    assert status_of(told(examined(), after=state)) == (status, reason)


NO_CREDIT = "the account has no credit (no credit); add funds, then: tmux-orchestra retry a"


def test_restarts_have_an_end() -> None:
    state = at(Status.RUNNING, settings=Settings(max_restarts=2))
    for attempt in (2, 3):
        state = told(exited(attempt=attempt - 1, exit_code=1), examined(attempt=attempt - 1), after=state)
        assert status_of(state)[0] == "waiting"
        state = told(
            e.TaskWaiting(task="a", cause="crash"), e.TaskPreparing(task="a"), launched(attempt=attempt),
            started(attempt=attempt), e.TaskRunning(task="a"), e.AgentPromptReceived(task="a"), after=state,
        )  # fmt: skip
    state = told(exited(attempt=3, exit_code=1), examined(attempt=3, tail="one\n\nError: no such thing\n"), after=state)
    assert status_of(state) == (
        "attention",
        "the agent ended with exit code 1, after 2 restarts: one / Error: no such thing; see: tmux-orchestra logs a",
    )


@pytest.mark.parametrize(
    ("failure", "status", "reason"),
    [
        (failed("billing_error", message="no credit", transient=False), "attention", NO_CREDIT),
        (failed("529", kind="overload"), "waiting", "the service is overloaded (529); it will be restarted"),
        (failed("rate_limit", retry_at=second(7200)), "waiting", "usage limit until 02:00:00 UTC"),
        (failed("rate_limit"), "waiting", "too many requests at once (rate_limit); it will be restarted"),
        (failed("overloaded"), "waiting", "the service failed (overloaded); it will be restarted"),
        (failed("x", kind="invented-tomorrow"), "waiting", "the service failed (x); it will be restarted"),
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
    assert waits == pytest.approx([delay("r1", "a", restart, first=2) for restart in (1, 2, 3)], abs=1e-5)
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
