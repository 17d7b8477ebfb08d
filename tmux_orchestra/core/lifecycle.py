"""What follows for one task from what is known of it: one pure function per status.

Each function looks at a task's facts and returns what is to be done next for it, or nothing. What depends
on other tasks (slots, the merge queue, the run's end) is `core.scheduler`'s.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.briefs import EVIDENCE_IS_THE_ANSWER
from tmux_orchestra.core.prompts import next_prompt, question_in, reminder
from tmux_orchestra.core.state import RunState, Status, TaskState

LAUNCH_TIMEOUT = timedelta(seconds=30)
"""How long a launcher may take to tell how the agent started."""

PROMPT_TIMEOUT = timedelta(seconds=60)
"""How long an agent may take to begin with its prompt; a dialog that nobody answers takes for ever."""

_HUNG_UP = frozenset({129, -1})
"""Exit codes after SIGHUP: a shell's, and that of whoever counts signals below zero."""

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
        return task.failure.retry_at
    if task.cause == "crash" and task.restarts and task.since:
        return task.since + timedelta(seconds=state.settings.restart_delay * 2 ** (task.restarts - 1))
    return None


def _needs_person(task: TaskState, reason: str) -> list[a.Action]:
    return [a.Record(event=e.TaskAttention(task=task.id, reason=reason))]


# --- waiting (beyond what the scheduler orders) --------------------------------------------------------


def _waiting(_state: RunState, task: TaskState, _now: datetime) -> list[a.Action]:
    return _end(task) if task.alive else []


# --- preparing ---------------------------------------------------------------------------------------


def _preparing(state: RunState, task: TaskState, now: datetime) -> list[a.Action]:
    if task.problem:
        return _needs_person(task, f"{task.problem.reason}. {task.problem.hint}".strip())
    if not task.worktree:
        return [a.CreateWorktree(task=task.id, start=task.base or state.tip)]
    if state.settings.setup and task.setup is None:
        return [a.RunSetup(task=task.id)]
    if task.setup and task.setup.exit_code != 0:
        return _needs_person(task, f"the setup command failed ({task.setup.exit_code}): {_last_line(task.setup.tail)}")
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
        return _needs_person(task, task.asked)
    silent_since = prompt_deadline(task)
    if silent_since and now >= silent_since:
        return _needs_person(task, "it has not begun with its prompt; a dialog may be open in its window")
    return []


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
        return _needs_person(task, f"asks: {question}")
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
    if ended.reason and ended.exit_code in {126, 127}:
        return _needs_person(task, f"cannot start: {ended.reason}")
    if hung_up(ended):
        return _terminal_gone(state, task) if task.terminal_lost else _needs_person(task, "its window was closed")
    if ended.exit_code == 0:
        return _needs_person(task, "the agent was closed before it said that it is done")
    how = f"by {ended.signal}" if ended.signal else f"with exit code {ended.exit_code}"
    how = "without a word" if ended.exit_code is None and not ended.signal else how
    return _again(state, task, f"the agent ended {how}")


def hung_up(ended: e.InstanceExited) -> bool:
    """Whether the agent ended because its terminal went away."""
    return ended.exit_code in _HUNG_UP or ended.signal == "SIGHUP"


def _terminal_gone(state: RunState, task: TaskState) -> list[a.Action]:
    return _again(state, task, "its tmux session ended")


def _after_failure(state: RunState, task: TaskState, failure: e.AgentFailed) -> list[a.Action]:
    told = f"{failure.error}: {failure.message}" if failure.message else failure.error
    if not failure.transient:
        return _needs_person(task, told)
    if failure.error == "rate_limit" and failure.retry_at:
        when = f"{failure.retry_at:%H:%M:%S} UTC"
        return [a.Record(event=e.TaskWaiting(task=task.id, reason=f"usage limit until {when}", cause="limit"))]
    return _again(state, task, told)


def _again(state: RunState, task: TaskState, what: str) -> list[a.Action]:
    if task.restarts >= state.settings.max_restarts:
        return [a.Record(event=e.TaskFailed(task=task.id, reason=f"{what}, after {task.restarts} restarts"))]
    return [a.Record(event=e.TaskWaiting(task=task.id, reason=f"{what}; it will be restarted", cause="crash"))]


# --- checking ----------------------------------------------------------------------------------------


def _checking(state: RunState, task: TaskState, _now: datetime) -> list[a.Action]:
    if stepped_in(task):
        return [a.Record(event=e.TaskRunning(task=task.id, reason="a person stepped in"))]
    if task.problem:
        return _needs_person(task, f"{task.problem.reason}. {task.problem.hint}".strip())
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
    problem = state.integration_problem
    return _needs_person(task, f"{problem.reason}. {problem.hint}".strip()) if problem else []


def _merging(state: RunState, task: TaskState, _now: datetime) -> list[a.Action]:
    if problem := task.problem or state.integration_problem:
        return _needs_person(task, f"{problem.reason}. {problem.hint}".strip())
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
    if task.terminal_lost and task.instance and task.instance.exit and hung_up(task.instance.exit):
        return _terminal_gone(state, task)
    open_matter = task.stopped or task.asked or task.failure or task.problem
    if task.alive and task.prompted and not open_matter:
        return [a.Record(event=e.TaskRunning(task=task.id, reason="a person stepped in"))]
    return []


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
