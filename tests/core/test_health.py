"""Health: every kind of failure is told apart by its evidence, and what follows is its row of the table."""

from datetime import timedelta
from typing import Any

import pytest

from tests.core.stories import (
    FOUNDATIONS,
    SESSION,
    after,
    at,
    examined,
    exited,
    launched,
    ordered,
    recorded,
    road,
    run_started,
    started,
    status_of,
    told,
)
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core import health
from tmux_orchestra.core.health import TABLE, Kind, Policy
from tmux_orchestra.core.lifecycle import QUIET, follow
from tmux_orchestra.core.scheduler import next_deadline
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, Status

FULL = e.ActionFailed(action="Collect", task="a", reason="cannot write /x: No space left", kind="disk-full")


def test_every_kind_has_a_row_that_says_how_it_is_known_and_what_a_person_reads() -> None:
    assert set(TABLE) == set(Kind)
    for kind, row in TABLE.items():
        assert row.known_by
        assert health.told(kind, "a", "seen").strip()
        assert "{" not in health.asked(kind, "a", health.told(kind, "a", "seen"))
    assert len({row.known_by for row in TABLE.values()}) == len(TABLE), "told apart"


@pytest.mark.parametrize(
    ("ended", "more", "kind"),
    [
        ({"exit_code": 1}, {}, Kind.CRASH),
        ({"exit_code": 1}, {"begun": False}, Kind.CRASH_AT_START),
        ({"exit_code": 137, "signal": "SIGKILL"}, {}, Kind.KILLED),
        ({"exit_code": 139, "signal": "SIGSEGV"}, {"begun": False}, Kind.CRASH_AT_START),
        ({}, {}, Kind.VANISHED),
        ({}, {"begun": False}, Kind.VANISHED),
        ({}, {"gone": {"pane", "window"}}, Kind.WINDOW_CLOSED),
        ({"exit_code": 0}, {}, Kind.CLOSED),
        ({"exit_code": 127, "reason": "claude: not found"}, {"begun": False}, Kind.CANNOT_START),
        ({"exit_code": 127}, {}, Kind.CRASH),
        ({"exit_code": 129}, {"gone": {"pane"}}, Kind.PANE_CLOSED),
        ({"exit_code": 129}, {"gone": {"pane", "window"}}, Kind.WINDOW_CLOSED),
        ({"signal": "SIGHUP"}, {"gone": {"pane", "window"}}, Kind.WINDOW_CLOSED),
        ({"exit_code": -1}, {"gone": {"pane", "window", "session"}}, Kind.TMUX_GONE),
        ({"exit_code": 129}, {"session_lost": True}, Kind.TMUX_GONE),
        ({}, {"session_lost": True}, Kind.TMUX_GONE),
        ({"exit_code": 129}, {}, Kind.CRASH),
        ({"exit_code": 1}, {"gone": {"pane", "window"}}, Kind.CRASH),
        ({"exit_code": 1}, {"gone": {"worktree"}}, Kind.WORKTREE_GONE),
        ({"exit_code": 126, "reason": "cannot enter /w/a"}, {"gone": {"worktree"}, "begun": False}, Kind.WORKTREE_GONE),
    ],
)
def test_how_a_process_ended_and_what_is_left_tells_the_kind(ended: Any, more: Any, kind: Kind) -> None:
    assert health.of_exit(exited(**ended), **{"begun": True, **more}) is kind


def test_a_pause_doubles_has_an_end_and_differs_from_task_to_task_but_not_from_time_to_time() -> None:
    pauses = [health.delay("r1", "a", n, first=2) for n in range(1, 40)]
    assert pauses == [health.delay("r1", "a", n, first=2) for n in range(1, 40)]
    for n, pause in enumerate(pauses, 1):
        plain = min(health.LONGEST_DELAY, 2 * 2 ** (n - 1))
        assert 0.75 * plain <= pause <= 1.25 * plain
    assert len({health.delay("r1", f"t{n}", 1, first=2) for n in range(20)}) == 20
    assert health.delay("r1", "a", 1, first=2, kind="network") == pytest.approx(5 * pauses[0])
    assert health.delay("r1", "a", 1, first=0) == 0
    assert health.delay("r1", "a", 1, first=900) >= 0.75 * 900, "what a person has set is not shortened"


@pytest.mark.parametrize(
    "kind", [k for k, row in TABLE.items() if row.policy is Policy.AGAIN and row.known_by.startswith("a failed")]
)
def test_a_failure_that_may_pass_is_tried_again_in_the_same_conversation(kind: Kind) -> None:
    state = at(Status.RUNNING, e.AgentFailed(task="a", error="x", message="why", kind=kind))
    (action,) = after(state)
    assert isinstance(action, a.Record)
    assert isinstance(action.event, e.TaskWaiting)
    assert (action.event.cause, action.event.kind) == ("crash", kind)
    state = told(action.event, exited(exit_code=143), e.TaskPreparing(task="a"), after=state)
    (launch,) = after(state)
    assert isinstance(launch, a.Launch)
    assert (launch.resume, launch.session_id) == (True, "s1")


@pytest.mark.parametrize(
    "kind", [k for k, row in TABLE.items() if row.policy is Policy.ASK and row.known_by.startswith("a failed")]
)
def test_a_failure_that_does_not_pass_needs_a_person_at_once(kind: Kind) -> None:
    (asked,) = recorded(
        at(Status.RUNNING, e.AgentFailed(task="a", error="x", message="why", kind=kind)), e.TaskAttention
    )
    assert asked.kind == kind
    assert "why" in asked.reason


def test_a_hang_is_tried_again_once() -> None:
    state = at(Status.RUNNING)

    def follows(state: RunState) -> Any:
        (action,) = follow(state, state.tasks["a"], Kind.HANG, "silent for 600 s")
        assert isinstance(action, a.Record)
        return action.event

    again = follows(state)
    assert isinstance(again, e.TaskWaiting)
    state = told(again, exited(exit_code=143), e.TaskPreparing(task="a"), launched(attempt=2), after=state)
    assert isinstance(follows(state), e.TaskAttention)


# --- what counts -------------------------------------------------------------------------------------------


def test_a_turn_that_ended_in_good_order_begins_the_count_anew() -> None:
    crashed = at(Status.RUNNING, exited(exit_code=1), e.TaskWaiting(task="a", cause="crash", kind="crash"))
    again = told(
        e.TaskPreparing(task="a"), launched(attempt=2), started(attempt=2), e.TaskRunning(task="a"), after=crashed
    )
    assert again.tasks["a"].restarts == 1
    assert told(e.AgentStopped(task="a", message="which one?"), after=again).tasks["a"].restarts == 0


def test_a_tmux_that_dies_again_and_again_does_not_count_as_the_agents_crash() -> None:
    state = at(Status.RUNNING, settings=Settings(max_restarts=1))
    for attempt in range(1, 6):
        found = examined(attempt=attempt, gone=("pane", "window", "session"))
        state = told(exited(attempt=attempt, exit_code=129), found, after=state)
        assert status_of(state) == ("attention", "its tmux session ended; run: tmux-orchestra recover")
        state = told(recorded(state, e.TaskAttention), after=state)
        assert not [x for x in ordered(state) if isinstance(x, a.Record)]
        state = told(SESSION.model_copy(update={"server_pid": 100 + attempt}), after=state)
        assert status_of(state) == ("waiting", "its tmux session ended; it will be restarted")
        state = told(
            recorded(state, e.TaskWaiting), e.TaskPreparing(task="a"), launched(attempt=attempt + 1),
            started(attempt=attempt + 1), e.TaskRunning(task="a"), e.AgentPromptReceived(task="a"), after=state,
        )  # fmt: skip
    assert state.tasks["a"].restarts == 0


def test_an_instance_that_the_next_supervisor_replaced_is_no_crash_however_often() -> None:
    state = told(run_started(), FOUNDATIONS, road("a", Status.RUNNING)[:-3], e.AgentSessionStarted(task="a"))
    for attempt in range(1, 6):
        # A launch that its supervisor did not live to tell of, ended by the one that comes after it.
        state = told(exited(attempt=2 * attempt, exit_code=143, signal="SIGTERM"), after=state)
        assert isinstance(after(state)[0], a.Launch)
        state = told(launched(attempt=2 * attempt + 1), after=state)
    assert state.tasks["a"].restarts == 0


def test_where_nothing_could_be_found_out_nobody_fights_for_a_window() -> None:
    failed = e.ActionFailed(action="Examine", task="a", reason="tmux did not answer")
    assert status_of(at(Status.RUNNING, exited(exit_code=129), failed)) == ("attention", "its window was closed")
    assert status_of(at(Status.RUNNING, exited(exit_code=1), failed))[0] == "waiting"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ("", "it has not begun with its prompt; a dialog may be open in its window"),
        ("trust-dialog", "it asks whether to trust this folder"),
        ("sign-in", "it asks you to sign in"),
    ],
)
def test_an_agent_that_never_begins_is_looked_at_before_a_person_is_asked(seen: str, reason: str) -> None:
    state = told(run_started(), FOUNDATIONS, road("a", Status.RUNNING)[:-1])
    assert after(state) == [a.Examine(task="a")]
    assert status_of(told(examined(seen=seen), after=state)) == ("attention", reason)


# --- a full disk -------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_what_it_stopped_goes_on_by_itself() -> None:
    state = at(Status.CHECKING, FULL)
    reason = "the disk is full: cannot write /x: No space left; make room; it goes on by itself"
    assert status_of(state) == ("attention", reason)
    state = told(recorded(state, e.TaskAttention), after=state)
    assert after(state) == [a.FindRoom(task="a")]
    state = told(FULL.model_copy(update={"action": "FindRoom"}), after=state)
    assert after(state) == [a.FindRoom(task="a")], "as long as there is none"
    state = told(e.RoomReturned(task="a"), after=state)
    assert status_of(state) == ("checking", "there is room on the disk again")
    state = told(recorded(state, e.TaskChecking), after=state)
    assert after(state) == [a.Collect(task="a")]


@pytest.mark.parametrize(
    ("stage", "further", "goes_on"),
    [
        (Status.PREPARING, [], "preparing"),
        (Status.MERGING, [], "checking"),
        (Status.FINISHED, [], "checking"),
    ],
)
def test_it_goes_on_where_it_stopped(stage: Status, further: list[e.Event], goes_on: str) -> None:
    state = at(stage, e.TaskAttention(task="a", kind="disk-full"), FULL, *further, e.RoomReturned(task="a"))
    assert status_of(state)[0] == goes_on


def test_without_room_for_what_all_stand_on_the_waiting_wait() -> None:
    full = e.ActionFailed(action="CreateIntegration", reason="No space left on device", kind="disk-full")
    state = told(run_started(), SESSION, e.WindowOpened(task="a", window="@1", pane="%1"), full)
    (asked,) = recorded(state, e.TaskAttention)
    state = told(asked, after=state)
    assert ordered(state) == [a.FindRoom(task=e.INTEGRATION)]
    state = told(e.RoomReturned(task=e.INTEGRATION), after=state)
    assert a.CreateIntegration() in ordered(state)
    assert [x.event.event for x in ordered(state) if isinstance(x, a.Record)] == ["task.waiting"]


def test_a_full_disk_does_not_keep_anybody_from_calling_the_task_off() -> None:
    state = at(Status.CHECKING, FULL, e.TaskAttention(task="a", kind="disk-full"), e.CancelRequested(tasks=("a",)))
    assert after(state) == [a.EndInstance(task="a")]


# --- journals of older versions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ({"error": "rate_limit", "retry_at": "2026-01-01T00:00:00Z"}, Kind.USAGE_LIMIT),
        ({"error": "rate_limit"}, Kind.RATE_LIMIT),
        ({"error": "server_error"}, Kind.SERVICE),
        ({"error": "billing_error", "transient": False}, Kind.BILLING),
        ({"error": "authentication_failed", "transient": False}, Kind.AUTHENTICATION),
        ({"error": "invalid_request", "transient": False}, Kind.REFUSED),
        ({"error": "x", "kind": "a newer version's"}, Kind.SERVICE),
    ],
)
def test_a_failure_without_a_kind_is_read_by_what_there_is(failure: dict[str, Any], kind: Kind) -> None:
    assert health.of_turn(e.AgentFailed.model_validate({"task": "a"} | failure)) is kind


def test_the_last_words_are_short_and_the_last() -> None:
    assert health.last_words("") == ""
    assert health.last_words("one\ntwo\n\n  three \nfour") == "three / four"
    long = health.last_words("x" * 999 + "\nend")
    assert long.endswith("xxx / end")
    assert len(long) == health.LAST_WORDS + 1


# --- silence -----------------------------------------------------------------------------------------------


def test_an_agent_that_is_silent_in_its_turn_is_looked_at_ever_more_seldom_and_its_retries_are_told() -> None:
    state = at(Status.RUNNING)
    heard = state.tasks["a"].heard
    assert heard is not None
    looks = []
    moment = heard
    while (due := next_deadline(state, state.settings, moment)) is not None:
        assert after(state, due - timedelta(seconds=0.1)) == []
        assert after(state, due) == [a.Examine(task="a")]
        looks.append((due - heard).total_seconds())
        moment = due
        state = told(examined(seen="network", at=due), after=state)
    assert looks == [30, 60, 120, 240, 480]
    assert state.tasks["a"].activity == "the service cannot be reached (the agent keeps trying)"
    begun = e.AgentToolUsed(task="a", tool="Bash", detail="make", call="1", phase="started", at=moment)
    at_work = told(begun, after=state)
    assert at_work.tasks["a"].activity == "Bash make"
    assert next_deadline(at_work, state.settings, moment) is None, "a tool may take as long as it likes"
    done = told(begun.model_copy(update={"phase": "finished"}), after=at_work)
    assert next_deadline(done, state.settings, moment) == moment + QUIET
