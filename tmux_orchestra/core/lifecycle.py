"""What follows for one task from what is known of it: one pure function per status.

Each function looks at a task's facts and returns what is to be done next for it, or nothing. What depends
on other tasks (slots, the merge queue, the run's end) is `core.scheduler`'s.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core import health
from tmux_orchestra.core.briefs import EVIDENCE_IS_THE_ANSWER
from tmux_orchestra.core.health import Kind, Policy
from tmux_orchestra.core.prompts import next_prompt, question_in, reminder
from tmux_orchestra.core.state import RunState, Status, TaskState

LAUNCH_TIMEOUT = timedelta(seconds=30)
"""How long a launcher may take to tell how the agent started."""

PROMPT_TIMEOUT = timedelta(seconds=60)
"""How long an agent may take to begin with its prompt; a dialog that nobody answers takes for ever."""

QUIET, LONGEST_QUIET = timedelta(seconds=30), timedelta(minutes=10)
"""How long an agent is silent before its screen is looked at first, and last."""

Step = Callable[[RunState, TaskState, datetime], list[a.Action]]


def step(state: RunState, task: TaskState, now: datetime) -> list[a.Action]:
    """Return what is to be done next for this task alone."""
    if task.settled:
        if task.retry_wished:
            return [a.Record(event=e.TaskWaiting(task=task.id, reason="retried", cause="retry"))]
        return [*_release(task), *end_leftover(task)]
    if task.cancel_wished and task.status is not Status.MERGING:
        if task.alive or task.launching or task.cleared != task.attempt:
            return _end(task)
        return [
            a.Record(
                event=e.TaskCancelled(task=task.id, reason="called off; its work stays in its worktree and branch")
            )
        ]
    if task.hold_wished != ("person" in task.holds):
        return [a.Freeze(task=task.id, hold="person") if task.hold_wished else a.Thaw(task=task.id, hold="person")]
    if task.holds:
        runs_on = task.alive and task.frozen != task.attempt
        return [a.Freeze(task=task.id, hold=min(task.holds))] if runs_on else []
    return _STEPS[task.status](state, task, now)


def end_leftover(task: TaskState) -> list[a.Action]:
    """Return how to end what still runs of a settled task: its agent, or daemons that outlived it."""
    return _end(task) if task.settled else []


def _end(task: TaskState) -> list[a.Action]:
    """End the current instance; of one that is cleared, only the launcher's word is outstanding."""
    return [a.EndInstance(task=task.id)] if task.cleared != task.attempt else []


def _release(task: TaskState) -> list[a.Action]:
    return [a.Thaw(task=task.id, hold=hold) for hold in sorted(task.holds)]


def not_before(state: RunState, task: TaskState) -> datetime | None:
    """Return the time before which a waiting task is not launched again; None: at once."""
    if task.cause == "limit" and task.failure and task.failure.retry_at:
        # A clock that is ahead of the service's must not make it be asked without a pause.
        soon = task.since + timedelta(seconds=state.settings.restart_delay) if task.since else None
        return max(filter(None, (task.failure.retry_at, soon)))
    if task.cause == "crash" and task.restarts and task.since:
        wait = health.delay(
            state.start.run, task.id, task.restarts, first=state.settings.restart_delay, kind=task.trouble
        )
        return task.since + timedelta(seconds=wait)
    return None


def _needs_person(task: TaskState, reason: str, kind: str = "") -> list[a.Action]:
    return [a.Record(event=e.TaskAttention(task=task.id, reason=reason, kind=kind))]


def follow(state: RunState, task: TaskState, kind: Kind, detail: str = "", last_words: str = "") -> list[a.Action]:
    """Return what follows from a failure, as `health.TABLE` says; `detail` is what was seen of it."""
    row, what = health.TABLE[kind], health.told(kind, task.id, detail)
    if row.policy is Policy.AT_RESET:
        return [a.Record(event=e.TaskWaiting(task=task.id, reason=what, cause="limit", kind=kind))]
    if row.policy is not Policy.AGAIN:
        return _needs_person(task, health.asked(kind, task.id, what), kind)
    most = min(state.settings.max_restarts, state.settings.max_restarts if row.most is None else row.most)
    if task.restarts < most:
        return [
            a.Record(
                event=e.TaskWaiting(task=task.id, reason=f"{what}; it will be restarted", cause="crash", kind=kind)
            )
        ]
    what += f", after {task.restarts} restarts" if task.restarts else ""
    what += f": {last_words}" if last_words else ""
    return _needs_person(task, health.asked(kind, task.id, what), kind)


def could_not(task: TaskState, problem: e.ActionFailed) -> list[a.Action]:
    """Say what could not be done for the task."""
    kind = health.of_problem(problem)
    what = health.told(kind, task.id, problem.reason)
    hint = "" if kind is Kind.DISK_FULL else problem.hint
    return _needs_person(task, health.asked(kind, task.id, f"{what}. {hint}".strip() if hint else what), kind)


# --- waiting (beyond what the scheduler orders) --------------------------------------------------------


def _waiting(_state: RunState, task: TaskState, _now: datetime) -> list[a.Action]:
    return _end(task) if task.alive else []


# --- preparing ---------------------------------------------------------------------------------------


def _preparing(state: RunState, task: TaskState, now: datetime) -> list[a.Action]:
    if task.problem:
        return could_not(task, task.problem)
    if not task.worktree:
        return [a.CreateWorktree(task=task.id, start=task.base or state.tip)]
    if state.settings.setup and task.setup is None:
        return [a.RunSetup(task=task.id)]
    if task.setup and task.setup.exit_code != 0:
        return follow(state, task, Kind.SETUP, f"{task.setup.exit_code}: {_last_line(task.setup.tail)}")
    if task.relaunch:
        return _end(task) if task.alive else [_launch(state, task)]
    if task.alive:
        return [a.Record(event=e.TaskRunning(task=task.id))]
    if task.instance is not None:
        return _after_exit(state, task)
    if task.launch and task.launch.at and now >= task.launch.at + LAUNCH_TIMEOUT:
        return _end(task)  # its end is told like any other's, and nothing starts late
    return []


def _launch(state: RunState, task: TaskState) -> a.Launch:
    return a.Launch(
        task=task.id,
        attempt=task.attempt + 1,
        session_id=task.session_id if task.conversation else "",
        resume=task.conversation,
        prompt=next_prompt(state, task),
        reminder=reminder(state, task),
    )


# --- running -----------------------------------------------------------------------------------------


def _running(state: RunState, task: TaskState, now: datetime) -> list[a.Action]:
    if task.stopped and task.calls:
        return [
            a.Record(event=e.AgentToolDenied(task=task.id, tool=c.tool, detail=c.detail, rule=c.rule, call=call))
            for call, c in task.calls.items()
        ]
    if task.stopped:
        return _claimed(state, task, task.stopped, now)
    if not task.alive:
        return _after_exit(state, task)
    if task.failure:
        return _after_failure(state, task, task.failure)
    if task.asked:
        return _needs_person(task, task.asked, task.asked_kind)
    silent_since = prompt_deadline(task)
    if silent_since and now >= silent_since:
        return _never_begins(state, task)
    quiet_since = quiet_deadline(task)
    return [a.Examine(task=task.id)] if quiet_since and now >= quiet_since else []


def quiet_deadline(task: TaskState) -> datetime | None:
    """Return when to look at the screen of an agent that is silent outside of its tools; None: not (any more).

    It may be trying to reach its service for minutes, of which no hook tells. Each look comes after twice as long.
    """
    heard = task.heard
    in_turn = task.status is Status.RUNNING and task.alive and task.prompted and not (task.stopped or task.failure)
    if heard is None or task.calls or not in_turn:
        return None
    looked = task.examined.at if task.examined else None
    wait = max(QUIET, 2 * (looked - heard)) if looked and looked > heard else QUIET
    return heard + wait if wait <= LONGEST_QUIET else None


def _never_begins(state: RunState, task: TaskState) -> list[a.Action]:
    """Nobody answers for an agent that has not taken its prompt: only its screen may tell why."""
    if task.examined is None:
        return [a.Examine(task=task.id)]
    seen = task.examined.seen
    return follow(state, task, Kind(seen) if seen in set(Kind) else Kind.NOT_BEGUN)


def prompt_deadline(task: TaskState) -> datetime | None:
    """Return when an instance that has not taken its prompt yet should have; None if it has."""
    waiting = task.status is Status.RUNNING and task.alive and not task.prompted
    return task.launch.at + PROMPT_TIMEOUT if waiting and task.launch and task.launch.at else None


def _claimed(state: RunState, task: TaskState, stopped: e.AgentStopped, now: datetime) -> list[a.Action]:
    """The agent ended a turn in good order: is that "done"?"""
    free = free_from_person(state, task)
    if (free and now < free) or (stopped.background_tasks and task.alive):
        return []
    if task.last_call_denied and task.denied:
        call = task.denied[-1]
        allow = f"; to allow it: --allow {call.rule!r}" if call.rule else ""
        return _needs_person(task, f"was not allowed: {call.tool} {call.detail}{allow}")
    if question := question_in(stopped):
        return follow(state, task, Kind.QUESTION, question)
    open_steps = [title for title, status in task.steps.values() if status != "completed"]
    if open_steps:
        return _needs_person(task, f"stopped with {len(open_steps)} of {len(task.steps)} steps open: {open_steps[0]}")
    return [a.Record(event=e.TaskChecking(task=task.id))]


def free_from_person(state: RunState, task: TaskState) -> datetime | None:
    """Return when a task in which somebody typed is ours again, once that turn is over; None: it is."""
    if task.with_person and task.stopped and task.stopped.at:
        return task.stopped.at + timedelta(seconds=state.settings.person_grace)
    return None


def _after_exit(state: RunState, task: TaskState) -> list[a.Action]:
    """The agent's process is gone, and no turn had ended in good order."""
    ended = task.instance.exit if task.instance else None
    if ended is None:
        return []
    if task.examined is None:
        return [a.Examine(task=task.id)]
    gone = frozenset(task.examined.gone)
    kind = health.of_exit(ended, begun=task.prompted, gone=gone, session_lost=task.terminal_lost)
    if kind is Kind.TMUX_GONE and task.terminal_lost:
        return _terminal_gone(task)
    details = {Kind.CANNOT_START: ended.reason, Kind.WORKTREE_GONE: task.worktree}
    return follow(state, task, kind, details.get(kind, health.how(ended)), health.last_words(task.examined.tail))


def _terminal_gone(task: TaskState) -> list[a.Action]:
    """Its tmux session is gone, and the run has another one by now: nothing was wrong with the agent."""
    reason = f"{health.told(Kind.TMUX_GONE, task.id, '')}; it will be restarted"
    return [a.Record(event=e.TaskWaiting(task=task.id, reason=reason, cause="crash", kind=Kind.TMUX_GONE))]


def _after_failure(state: RunState, task: TaskState, failure: e.AgentFailed) -> list[a.Action]:
    kind = health.of_turn(failure)
    detail = failure.message or failure.error
    if kind is Kind.USAGE_LIMIT and failure.retry_at:
        detail = f"{failure.retry_at:%H:%M:%S} UTC"
    return follow(state, task, kind, detail)


# --- checking ----------------------------------------------------------------------------------------


def _checking(state: RunState, task: TaskState, _now: datetime) -> list[a.Action]:
    if stepped_in(task):
        return [a.Record(event=e.TaskRunning(task=task.id, reason="a person stepped in"))]
    if task.problem:
        return could_not(task, task.problem)
    if task.work is None:
        return [a.Collect(task=task.id)]
    answered = task.task.kind in EVIDENCE_IS_THE_ANSWER and task.work.result
    if not task.work.commits and not answered:
        return _needs_person(task, "says it is done, but there is no commit of its own and no edit")
    if task.check:
        return send_back(state, task, "checks", f"{task.check.command} is red")
    if any(check not in state.baseline for check in state.start.checks):
        return _nothing_to_stand_on(state, task)
    red_or_pending = pending_check(state, task.work.tree)
    if red_or_pending:
        return [a.RunCheck(task=task.id, command=red_or_pending, tree=task.work.tree)]
    reason = f"unchecked: {', '.join(state.unchecked)} was red before" if state.unchecked else ""
    return [a.Record(event=e.TaskFinished(task=task.id, reason=reason))]


def stepped_in(task: TaskState) -> bool:
    """Whether a person began a turn that is not over yet."""
    return task.with_person and task.stopped is None and task.alive


def pending_check(state: RunState, tree: str) -> str:
    """Return the first gate that this tree has not passed yet; "" if it passed them all."""
    return next((check for check in state.gates if (tree, check) not in state.passed), "")


def send_back(state: RunState, task: TaskState, cause: e.Cause, reason: str) -> list[a.Action]:
    """Let the task's agent mend it, as long as it has turns left."""
    if task.red + 1 >= state.settings.max_attempts:
        gone = e.TaskConflicted if cause == "conflict" else e.TaskFailed
        return [a.Record(event=gone(task=task.id, reason=f"{reason}, after {task.red + 1} turns"))]
    return [a.Record(event=e.TaskPreparing(task=task.id, reason=f"{reason}; the agent is told", cause=cause))]


# --- merging -----------------------------------------------------------------------------------------


def _finished(state: RunState, task: TaskState, _now: datetime) -> list[a.Action]:
    if stepped_in(task):
        return [a.Record(event=e.TaskRunning(task=task.id, reason="a person stepped in"))]
    return [] if state.integration_worktree else _nothing_to_stand_on(state, task)


def _nothing_to_stand_on(state: RunState, task: TaskState) -> list[a.Action]:
    """The integration worktree or the baseline is still to come, or never will by itself."""
    return could_not(task, state.integration_problem) if state.integration_problem else []


def _merging(state: RunState, task: TaskState, _now: datetime) -> list[a.Action]:
    if problem := task.problem or state.integration_problem:
        return could_not(task, problem)
    if task.conflict:
        return send_back(state, task, "conflict", f"conflicts in {', '.join(task.conflict.paths[:3])}")
    if task.merge is None and task.check:
        return _red_after_the_merge(state, task, task.check)
    if task.work and not task.work.commits:
        return [a.Record(event=e.TaskMerged(task=task.id, reason="its result is the answer"))]
    if task.work and task.merge_begun != task.work.commit:
        return [a.Record(event=e.MergeStarted(task=task.id, commit=task.work.commit))]
    if task.merge is None:
        return [_merge(task, task.resolved)]
    if task.check:
        return [a.RevertMerge(task=task.id, before=task.merge.before, reason=f"{task.check.command} is red")]
    if check := pending_check(state, task.merge.tree):
        return [a.RunCheck(task=e.INTEGRATION, command=check, tree=task.merge.tree)]
    return [a.Record(event=e.TaskMerged(task=task.id))]


def _red_after_the_merge(state: RunState, task: TaskState, check: e.CheckFailed) -> list[a.Action]:
    """What its agent merged goes back to its agent, what a person merged to the person."""
    if task.resolved is None:
        return send_back(state, task, "merge", f"{check.command} is red after the merge")
    kept = f"; what you resolved is kept as {task.resolved.ref}" if task.resolved.ref else ""
    reason = f"{check.command} is red after it was merged by hand{kept}"
    return [a.Record(event=e.TaskConflicted(task=task.id, reason=reason))]


def _merge(task: TaskState, resolved: e.MergeResolved | None) -> a.Action:
    if resolved is None:
        return a.Merge(task=task.id, commit=task.merge_begun)
    done = e.MergeFinished(task=task.id, commit=resolved.commit, tree=resolved.tree, before=resolved.before)
    return a.Record(event=done)


# --- attention ---------------------------------------------------------------------------------------


def _attention(state: RunState, task: TaskState, _now: datetime) -> list[a.Action]:
    if task.retry_wished:
        return [a.Record(event=e.TaskWaiting(task=task.id, reason="retried", cause="retry"))]
    ended = task.instance.exit if task.instance else None
    if task.terminal_lost and ended and (task.trouble == Kind.TMUX_GONE or health.hung_up(ended)):
        return _terminal_gone(task)
    if task.trouble == Kind.DISK_FULL:
        return _wait_for_room(state, task)
    open_matter = task.stopped or task.asked or task.failure or task.problem
    if task.alive and task.prompted and not open_matter:
        return [a.Record(event=e.TaskRunning(task=task.id, reason="a person stepped in"))]
    return []


_AFTER_ROOM: Mapping[Status, type[e.TaskWaiting | e.TaskPreparing | e.TaskChecking]] = {
    Status.WAITING: e.TaskWaiting,
    Status.PREPARING: e.TaskPreparing,
}
"""Where a task goes on that had no room on the disk; from any other stage its work is looked at again."""


def _wait_for_room(state: RunState, task: TaskState) -> list[a.Action]:
    """Nobody needs to say that there is room again: that can be tried."""
    if task.problem:
        return [a.FindRoom(task=task.id)]
    if state.integration_problem:
        return [a.FindRoom(task=e.INTEGRATION)]
    back = _AFTER_ROOM.get(task.stage, e.TaskChecking)
    return [a.Record(event=back(task=task.id, reason="there is room on the disk again"))]


_STEPS: dict[Status, Step] = {
    Status.WAITING: _waiting,
    Status.PREPARING: _preparing,
    Status.RUNNING: _running,
    Status.CHECKING: _checking,
    Status.FINISHED: _finished,
    Status.MERGING: _merging,
    Status.ATTENTION: _attention,
}


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1][:200]
