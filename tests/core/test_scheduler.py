"""What should be happening now, for the whole run: slots, order, merges, the target, answers, deadlines."""

from datetime import datetime

import pytest

from tests.core.stories import (
    CLEARED,
    FOUNDATIONS,
    LATER,
    MOVED,
    SESSION,
    at,
    collected,
    exited,
    launched,
    merged,
    ordered,
    over,
    recorded,
    road,
    run_started,
    second,
    started,
    told,
)
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.health import delay
from tmux_orchestra.core.lifecycle import LAUNCH_TIMEOUT
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.scheduler import ENTER_AGAIN, SEND_TIMEOUT, holds_slot, needs_person, next_deadline, ready, why
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, Status


def begun(state: RunState, now: datetime = LATER) -> list[str]:
    """Return the tasks that should be prepared now."""
    return [event.task for event in recorded(state, e.TaskPreparing, now)]


def slots(number: int) -> Settings:
    return Settings(max_instances=number)


# --- foundations ---------------------------------------------------------------------------------------


def test_what_everything_stands_on_is_made_once_and_in_order() -> None:
    state = told(run_started(settings=Settings(setup="npm ci", merge="manual"), checks=("lint", "test")), SESSION)
    seen = []
    for answer in (
        FOUNDATIONS[1],
        e.SetupFinished(task=e.INTEGRATION, command="npm ci", exit_code=0),
        e.BaselineFinished(check="lint", exit_code=0),
        e.BaselineFinished(check="test", exit_code=1),
    ):
        seen += [x for x in ordered(state) if x.lane == e.INTEGRATION and not isinstance(x, a.Record)]
        state = told(answer, after=state)
    assert seen == [
        a.CreateIntegration(), a.RunSetup(task=e.INTEGRATION), a.RunBaseline(command="lint"),
        a.RunBaseline(command="test"),
    ]  # fmt: skip
    assert not [x for x in ordered(state) if x.lane == e.INTEGRATION and not isinstance(x, a.Record)]


def test_windows_are_opened_together_and_never_for_what_is_over() -> None:
    tasks = (Task(id="a"), Task(id="b"), Task(id="c", depends_on=("a",)))
    state = told(run_started(*tasks), e.TaskCancelled(task="a"), e.TaskSkipped(task="c"))
    assert not [x for x in ordered(state) if isinstance(x, a.OpenWindows)]
    state = told(SESSION, after=state)
    assert [x for x in ordered(state) if isinstance(x, a.OpenWindows)] == [a.OpenWindows(tasks=("b",))]


def test_without_an_integration_worktree_nothing_starts_and_every_waiting_task_says_why() -> None:
    problem = e.ActionFailed(action="CreateIntegration", task=e.INTEGRATION, reason="disk full", hint="make room")
    state = told(run_started("a", "b"), SESSION, problem)
    assert begun(state) == []
    assert [(x.task, x.reason) for x in recorded(state, e.TaskAttention)] == [
        ("a", "disk full. make room"),
        ("b", "disk full. make room"),
    ]
    assert not [action for action in ordered(state) if isinstance(action, a.CreateIntegration)]


# --- slots -------------------------------------------------------------------------------------------


def test_the_most_urgent_start_first_and_otherwise_the_order_of_mention_counts() -> None:
    tasks = [
        Task.model_validate({"id": name, "priority": urgency})
        for name, urgency in [("l", "low"), ("n1", "normal"), ("c", "critical"), ("n2", "normal"), ("h", "high")]
    ]
    assert begun(told(run_started(*tasks, settings=slots(9)))) == ["c", "h", "n1", "n2", "l"]
    assert begun(told(run_started(*tasks, settings=slots(3)))) == ["c", "h", "n1"]


@pytest.mark.parametrize("status", [Status.PREPARING, Status.RUNNING, Status.CHECKING, Status.FINISHED, Status.MERGING])
def test_a_task_on_its_road_holds_its_slot(status: Status) -> None:
    state = told(run_started("a", "b", settings=slots(1)), FOUNDATIONS, road("a", status))
    assert begun(state) == []
    assert begun(state.model_copy(update={"start": run_started("a", "b", settings=slots(2))})) == ["b"]


def test_a_merged_task_gives_its_slot_back_when_its_agent_has_ended() -> None:
    state = told(run_started("a", "b", settings=slots(1)), FOUNDATIONS, road("a", Status.MERGED))
    assert begun(state) == []
    assert begun(told(exited(exit_code=143), after=state)) == ["b"]


def test_a_task_that_needs_a_person_keeps_its_slot_only_for_a_while() -> None:
    asking = [e.AgentStopped(task="a", message="which?"), e.TaskAttention(task="a", at=second(100))]
    settings = Settings(max_instances=1, attention_grace=120)
    state = told(run_started("a", "b", settings=settings), FOUNDATIONS, road("a", Status.RUNNING), asking)
    assert begun(state, second(219)) == []
    assert begun(state, second(220)) == ["b"]
    assert next_deadline(state, settings, second(101)) == second(220)


def test_a_task_that_a_person_has_answered_takes_its_slot_before_another_one_starts() -> None:
    asking = [e.AgentStopped(task="a", message="which?"), e.TaskAttention(task="a", at=second(100))]
    answered = e.AgentPromptReceived(task="a", digest="a person's", at=second(300))
    state = told(run_started("a", "b", settings=slots(1)), FOUNDATIONS, road("a", Status.RUNNING), asking, answered)
    assert begun(state, second(301)) == []
    assert [event.task for event in recorded(state, e.TaskRunning, second(301))] == ["a"]


def test_a_task_that_needs_a_person_without_an_agent_holds_no_slot() -> None:
    closed = [exited(exit_code=129), e.TaskAttention(task="a", at=second(100))]
    state = told(run_started("a", "b", settings=slots(1)), FOUNDATIONS, road("a", Status.RUNNING), closed)
    assert not holds_slot(state.tasks["a"], state.settings, second(101))
    assert begun(state, second(101)) == ["b"]


def test_more_live_tasks_than_slots_start_nothing_and_end_nothing() -> None:
    state = told(run_started("a", "b", "c", settings=slots(1)), FOUNDATIONS, road("a", Status.RUNNING))
    state = told(road("b", Status.RUNNING), after=state)
    assert begun(state) == []
    assert not [action for action in ordered(state) if isinstance(action, a.EndInstance)]


# --- what is ready -----------------------------------------------------------------------------------

CHAIN = (Task(id="a"), Task(id="b", depends_on=("a",)), Task(id="c", depends_on=("b",)))


@pytest.mark.parametrize("status", list(Status)[:6])
def test_a_task_waits_until_what_it_depends_on_is_merged_not_merely_finished(status: Status) -> None:
    state = told(run_started(*CHAIN), FOUNDATIONS, road("a", status))
    assert not ready(state, state.tasks["b"], LATER)
    assert ready(told(run_started(*CHAIN), FOUNDATIONS, road("a")), told(run_started(*CHAIN)).tasks["b"], LATER)


@pytest.mark.parametrize(
    "wish",
    [e.PauseRequested(), e.CancelRequested(tasks=("a",)), e.InstanceFrozen(task="a", hold="memory")],
    ids=lambda event: event.event,
)
def test_a_task_that_is_held_or_called_off_does_not_start(wish: e.Event) -> None:
    assert begun(told(wish)) == []


def test_during_a_usage_limit_nothing_starts_not_even_others() -> None:
    limit = e.AgentFailed(task="a", error="rate_limit", retry_at=second(500))
    state = told(run_started("a", "b"), FOUNDATIONS, road("a", Status.RUNNING), limit)
    state = told(exited(exit_code=0), e.TaskWaiting(task="a", cause="limit"), after=state)
    assert begun(state, second(499)) == []
    assert next_deadline(state, state.settings, second(400)) == second(500)
    assert begun(state, second(500)) == ["a", "b"]


def test_a_crashed_task_waits_its_turn_and_then_starts() -> None:
    settings = Settings(restart_delay=10)
    crash = [exited(exit_code=1), e.TaskWaiting(task="a", cause="crash", at=second(100))]
    state = told(run_started(settings=settings), FOUNDATIONS, road("a", Status.RUNNING), crash)
    wait = delay("r1", "a", 1, first=10)
    assert begun(state, second(100 + wait - 0.1)) == []
    assert next_deadline(state, settings, second(101)) == second(100 + wait)
    assert begun(state, second(100 + wait)) == ["a"]


def test_what_depends_on_a_lost_task_is_skipped_step_by_step_and_says_for_which() -> None:
    state = told(run_started(*CHAIN), FOUNDATIONS, e.TaskFailed(task="a"))
    assert [(x.task, x.reason) for x in recorded(state, e.TaskSkipped)] == [("b", "a failed")]
    state = told(recorded(state, e.TaskSkipped), after=state)
    assert [(x.task, x.reason) for x in recorded(state, e.TaskSkipped)] == [("c", "b skipped")]


def test_a_retry_brings_back_the_whole_chain_and_nothing_is_skipped_meanwhile() -> None:
    state = told(
        run_started(*CHAIN), FOUNDATIONS, e.TaskFailed(task="a"), e.TaskSkipped(task="b"), e.TaskSkipped(task="c")
    )
    state = told(e.RunEnded(outcome="failed"), e.RetryRequested(tasks=("a",)), after=state)
    waiting = recorded(state, e.TaskWaiting)
    assert [event.task for event in waiting] == ["a", "b", "c"]
    for event in reversed(waiting):  # whatever the order in which they come back
        state = told(event, after=state)
        assert recorded(state, e.TaskSkipped) == []
    assert begun(state) == ["a"]


# --- answers -----------------------------------------------------------------------------------------


def test_a_wish_to_merge_is_always_answered() -> None:
    def refusal(state: RunState) -> str:
        (refused,) = recorded(told(e.MergeRequested(id="7"), after=state), e.TargetRefused)
        assert refused.request == "7"
        return str(refused.reason)

    assert "nothing is merged" in refusal(told(FOUNDATIONS, road("a", Status.RUNNING)))
    detached = told(run_started(target=None), FOUNDATIONS, road("a"), exited())
    assert "no target" in refusal(detached)
    done = told(MOVED, e.RunEnded(outcome="done"), e.MergeRequested(id="7"), after=over())
    assert ordered(done) == [a.MoveTarget(commit="m1", request="7")]  # it may have been taken back meanwhile
    assert told(MOVED.model_copy(update={"request": "7"}), after=done).merge_wish is None


def test_a_wish_to_merge_waits_for_a_merge_under_way() -> None:
    state = told(run_started("a", "b"), FOUNDATIONS, road("a"), exited(), road("b", Status.MERGING, mark="2"))
    wished = told(e.MergeRequested(id="7"), after=state)
    assert not [x for x in ordered(wished) if isinstance(x, a.MoveTarget)]
    assert not recorded(wished, e.TargetRefused)


def test_cleaning_up_is_for_runs_that_are_over() -> None:
    wish = e.CleanupRequested(id="9", scope="all")
    (refused,) = recorded(at(Status.RUNNING, wish), e.CleanupFinished)
    assert "not over" in refused.kept["run"]
    ended = over("auto", MOVED, e.RunEnded(outcome="done"), wish)
    assert ordered(ended) == [a.Cleanup(request="9", scope="all")]


PAUSED = e.InstanceFrozen(task="a", hold="person", attempt=1)
SEND = e.SendRequested(id="5", task="a", text="also do x")
TAKEN = e.AgentPromptReceived(task="a", digest=e.prompt_digest("also do x"))


def answers(*events: e.Event, now: datetime = LATER, status: Status = Status.RUNNING) -> list[tuple[bool, str]]:
    return [(x.delivered, x.reason) for x in recorded(at(status, *events), e.SendFinished, now)]


def test_a_text_is_typed_once_and_counts_when_the_agent_confirms_it() -> None:
    state = at(Status.RUNNING, SEND)
    assert [x for x in ordered(state) if isinstance(x, a.Send)] == [a.Send(id="5", task="a", text="also do x")]
    pasted = e.SendPasted(task="a", id="5", at=second(100))
    waiting = at(Status.RUNNING, SEND, pasted)
    assert not [x for x in ordered(waiting, second(101)) if isinstance(x, a.Send)]
    assert next_deadline(waiting, waiting.settings, second(101)) == second(100) + ENTER_AGAIN
    assert answers(SEND, pasted, TAKEN, now=second(101)) == [(True, "")]
    (again,) = [x for x in ordered(waiting, second(100) + ENTER_AGAIN) if isinstance(x, a.Send)]
    assert again.text == "", "typed but not submitted: only Enter"
    pressed = at(Status.RUNNING, SEND, pasted, pasted.model_copy(update={"at": second(103)}))
    assert not [x for x in ordered(pressed, second(104)) if isinstance(x, a.Send)]
    dialog = at(Status.RUNNING, SEND, pasted, e.AgentAsked(task="a", question="may I?"))
    assert not [x for x in ordered(dialog, second(104)) if isinstance(x, a.Send)], "Enter would answer it"
    ((delivered, reason),) = answers(SEND, pasted, now=second(100) + SEND_TIMEOUT)
    assert not delivered
    assert "has not confirmed" in reason


def test_a_text_for_nobody_or_into_an_open_dialog_is_not_typed() -> None:
    for events, words in [
        ([SEND, exited(exit_code=1)], "no agent runs"),
        ([e.AgentAsked(task="a", question="may I?"), SEND], "a dialog is open"),
    ]:
        ((delivered, reason),) = answers(*events)
        assert (delivered, words in reason) == (False, True)
        assert not [x for x in ordered(at(Status.RUNNING, *events)) if isinstance(x, a.Send)]


def test_a_text_for_a_paused_agent_waits() -> None:
    state = at(Status.RUNNING, e.PauseRequested(), PAUSED, SEND)
    assert [x for x in ordered(state) if not isinstance(x, a.Forecast)] == []
    (thaw,) = [x for x in ordered(told(e.ResumeRequested(), after=state)) if isinstance(x, a.Thaw)]
    assert thaw.hold == "person"
    resumed = told(e.ResumeRequested(), e.InstanceThawed(task="a", hold="person"), after=state)
    assert [x.id for x in ordered(resumed) if isinstance(x, a.Send)] == ["5"]


def test_the_same_words_that_the_agent_took_earlier_confirm_nothing() -> None:
    earlier = at(Status.RUNNING, TAKEN, e.AgentPromptReceived(task="a", digest="else"), SEND)
    state = told(e.SendPasted(task="a", id="5", at=second(100)), after=earlier)
    assert recorded(state, e.SendFinished, second(101)) == []


# --- who must act ------------------------------------------------------------------------------------

ASKS = [e.AgentStopped(task="a", message="which?"), e.TaskAttention(task="a", reason="asks: which?")]


def test_a_person_is_needed_only_when_nothing_else_can_move() -> None:
    stuck = told(run_started(*CHAIN), FOUNDATIONS, road("a", Status.RUNNING), ASKS)
    assert needs_person(stuck) == {"a": "asks: which?"}
    beside = told(run_started("a", "x"), FOUNDATIONS, road("a", Status.RUNNING), ASKS)
    assert needs_person(beside) == {}
    assert needs_person(told(e.TaskFailed(task="x"), after=beside)) == {"a": "asks: which?"}
    assert needs_person(told(FOUNDATIONS)) == {}


def test_a_paused_run_needs_the_person_who_paused_it() -> None:
    assert needs_person(told(e.PauseRequested())) == {"a": "paused; run: tmux-orchestra resume a"}
    assert needs_person(told(run_started("a", "x"), e.PauseRequested(tasks=("a",)))) == {}


def test_a_run_that_is_over_needs_nobody() -> None:
    assert needs_person(at(Status.RUNNING, *ASKS, e.RunEnded(outcome="failed"))) == {}


def test_after_the_end_nothing_follows_but_answers() -> None:
    state = at(Status.MERGED, exited(), CLEARED, MOVED, e.RunEnded(outcome="done"))
    assert ordered(state) == []
    assert next_deadline(state, state.settings, LATER) is None


def test_an_agent_that_outlives_its_run_is_ended_all_the_same() -> None:
    late = [e.CancelRequested(), e.TaskCancelled(task="a"), e.RunEnded(outcome="cancelled"), launched(), started()]
    assert ordered(told(FOUNDATIONS, road("a", Status.PREPARING), late)) == [a.EndInstance(task="a")]


# --- time --------------------------------------------------------------------------------------------


def test_deadlines_lie_ahead_and_the_nearest_counts() -> None:
    launching = told(run_started("a", "b"), FOUNDATIONS, road("a", Status.PREPARING), launched(at=second(50)))
    assert next_deadline(launching, launching.settings, second(51)) == second(50) + LAUNCH_TIMEOUT
    limited = told(e.AgentFailed(task="b", error="rate_limit", retry_at=second(60)), after=launching)
    assert next_deadline(limited, limited.settings, second(51)) == second(60)
    assert next_deadline(limited, limited.settings, second(60)) == second(50) + LAUNCH_TIMEOUT
    assert next_deadline(limited, limited.settings, LATER) is None


def test_a_persons_turn_gives_a_deadline_at_which_the_task_moves_on() -> None:
    turn = [e.AgentPromptReceived(task="a"), e.AgentStopped(task="a", message="done", at=second(100))]
    state = at(Status.RUNNING, *turn, settings=Settings(person_grace=60))
    deadline = next_deadline(state, state.settings, second(101))
    assert deadline == second(160)
    assert recorded(state, e.TaskChecking, second(159)) == []
    assert len(recorded(state, e.TaskChecking, deadline)) == 1


# --- explaining --------------------------------------------------------------------------------------


def test_why_a_task_is_where_it_is() -> None:
    def because(state: RunState, task: str = "b") -> str:
        return why(state, state.tasks[task], second(10))

    state = told(run_started(*CHAIN), FOUNDATIONS, road("a", Status.RUNNING))
    assert because(state) == "waits for a"
    assert because(told(e.PauseRequested(), PAUSED, after=state), "a") == "paused (person)"
    crowded = told(run_started("a", "b", settings=slots(1)), FOUNDATIONS, road("a", Status.RUNNING))
    assert because(crowded) == "waits for a slot"
    assert because(told(e.PauseRequested(tasks=("b",)), after=crowded)) == "paused"
    limited = told(e.AgentFailed(task="a", error="rate_limit", retry_at=second(3600)), after=crowded)
    assert because(limited) == "usage limit until 01:00:00 UTC"
    assert because(told(e.TaskFailed(task="a", reason="boom"), after=crowded), "a") == "boom"


def test_deciding_again_says_the_same() -> None:
    state = told(
        run_started(*CHAIN, "x"), FOUNDATIONS, road("a", Status.CHECKING), collected(), started("x"), merged("a")
    )
    assert ordered(state) == ordered(state)
