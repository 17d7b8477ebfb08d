"""Folding: state + event -> next state. One small function per event that changes something.

Requests only leave a wish. `task.<status>` events are the only ones that change a status. Everything
else fills in facts. An event that this version does not know changes nothing and is counted.
"""

# size: one short function for every event, in the vocabulary's order

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from tmux_orchestra.core import events as e
from tmux_orchestra.core import health
from tmux_orchestra.core.state import (
    LIVE,
    LOST,
    SETTLED,
    TRANSITIONS,
    ByHand,
    Call,
    ImpossibleEvent,
    Instance,
    RunState,
    Status,
    Step,
    TaskState,
    Work,
)

_FOLDERS: dict[type[e.Event], Callable[[RunState, Any], RunState]] = {}


def fold(state: RunState | None, event: e.Event) -> RunState:
    """Return the state after `event`.

    `state` is None only before `run.started`, which must come first. Raises ImpossibleEvent for a fact
    that cannot follow: a status change that TRANSITIONS does not allow, or a task the plan does not have.
    """
    if state is None:
        if not isinstance(event, e.RunStarted):
            raise ImpossibleEvent(f"{event.event} before run.started")
        tasks = {task.id: TaskState(task=task, since=event.at) for task in event.plan.tasks}
        return RunState(start=event, tasks=tasks, tip=event.base, target_seen=event.target_at, last_at=event.at)
    known = _FOLDERS.get(type(event))
    after = known(state, event) if known else state
    if isinstance(event, e.TaskEvent) and event.event.startswith("agent."):
        after = _with(after, after.tasks[event.task], heard=event.at)
    return after.model_copy(update={"last_at": event.at or state.last_at})


def fold_all(events: Iterable[e.Event], state: RunState | None = None) -> RunState | None:
    """Fold many events, in order."""
    for event in events:
        state = fold(state, event)
    return state


def _folds(
    *kinds: type[e.Event],
) -> Callable[[Callable[[RunState, Any], RunState]], Callable[[RunState, Any], RunState]]:
    def register(folder: Callable[[RunState, Any], RunState]) -> Callable[[RunState, Any], RunState]:
        for kind in kinds:
            _FOLDERS[kind] = folder
        return folder

    return register


def _task(state: RunState, event: e.TaskEvent | e.SendRequested) -> TaskState:
    if event.task not in state.tasks:
        raise ImpossibleEvent(f"{event.event}: run {state.start.run} has no task {event.task!r}")
    return state.tasks[event.task]


def _with(state: RunState, task: TaskState, **changes: object) -> RunState:
    return state.model_copy(update={"tasks": {**state.tasks, task.id: task.model_copy(update=changes)}})


def _clocked(state: RunState, task: TaskState, at: datetime | None, **changes: object) -> RunState:
    """Change a task, and start or stop its clock: it runs while the task is under way and nothing holds it."""
    after = task.model_copy(update=changes)
    runs = after.status in LIVE and not after.holds
    return _with(state, task, **changes, worked=task.worked_until(at), clock=at if runs else None)


def _without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in mapping.items() if k != key}


# --- the run -----------------------------------------------------------------------------------------


@_folds(e.RunStarted)
def _second_start(state: RunState, event: e.RunStarted) -> RunState:
    raise ImpossibleEvent(f"run.started twice: {state.start.run}, {event.run}")


@_folds(e.Unknown)
def _unknown(state: RunState, _event: e.Unknown) -> RunState:
    return state.model_copy(update={"unknown": state.unknown + 1})


@_folds(e.SessionOpened)
def _session(state: RunState, event: e.SessionOpened) -> RunState:
    before = state.session
    if before and not _same_session(before, event):
        # Ids of windows mean nothing to another server, or worse: they mean somebody else's windows.
        for task in state.tasks.values():
            state = _with(state, task, window="", pane="", terminal_lost=task.launch is not None)
    return state.model_copy(update={"session": event})


def _same_session(one: e.SessionOpened, other: e.SessionOpened) -> bool:
    if (one.server_pid, one.session_id) != (other.server_pid, other.session_id):
        return False
    # An older version did not tell when the server had started.
    return one.server_started == other.server_started or 0 in {one.server_started, other.server_started}


@_folds(e.SupervisorStarted)
def _supervisor(state: RunState, event: e.SupervisorStarted) -> RunState:
    if event.boot and state.boot not in {"", event.boot}:
        for task in state.tasks.values():
            state = _forget_processes(state, task)
    for task in state.tasks.values():
        if task.clock:  # nobody knows what was done since the last word of the supervisor before
            state = _with(state, task, worked=task.worked_until(state.last_at), clock=event.at)
    return state.model_copy(update={"supervisor": event, "boot": event.boot or state.boot})


def _forget_processes(state: RunState, task: TaskState) -> RunState:
    """The machine was restarted: whoever has the pid and the start time of an instance now is somebody else."""
    nobody = {"launcher_pid": 0, "launcher_start_time": 0}
    return _with(
        state, task,
        launch=task.launch and task.launch.model_copy(update=nobody),
        instance=task.instance and task.instance.model_copy(update={"pid": 0, "start_time": 0}),
    )  # fmt: skip


@_folds(e.SupervisorStopped)
def _no_supervisor(state: RunState, _event: e.SupervisorStopped) -> RunState:
    return state.model_copy(update={"supervisor": None})


@_folds(e.RunEnded)
def _ended(state: RunState, event: e.RunEnded) -> RunState:
    return state.model_copy(update={"ended": event})


@_folds(e.ActionFailed)
def _action_failed(state: RunState, event: e.ActionFailed) -> RunState:
    if event.action in {"Forecast", "Tell"}:
        return state  # nothing depends on it
    if event.action == "Examine" and event.task is not None:
        # Nothing could be found out. Nobody fights for a window that may have been closed on purpose.
        task = state.tasks[event.task]
        nothing = e.InstanceExamined(task=task.id, attempt=task.attempt, gone=("window",))
        return _with(state, task, examined=nothing)
    if event.action in {"HandOver", "TakeResolution", "GiveBack"}:
        told = f"{event.reason}. {event.hint}".strip()
        return state.model_copy(
            update={"by_hand": state.by_hand and state.by_hand.model_copy(update={"problem": told})}
        )
    if event.task is not None and event.task in state.tasks:
        return _with(state, state.tasks[event.task], problem=event)
    return state.model_copy(update={"target_problem" if event.action == "MoveTarget" else "integration_problem": event})


@_folds(e.PersonTold)
def _person_told(state: RunState, event: e.PersonTold) -> RunState:
    problem = state.notify_problem or event.problem
    return state.model_copy(update={"told": state.told.union(event.keys), "notify_problem": problem})


# --- status ------------------------------------------------------------------------------------------


@_folds(*(cls for name, cls in e.EVENTS.items() if issubclass(cls, e.StatusChanged)))
def _status(state: RunState, event: e.StatusChanged) -> RunState:
    task = _task(state, event)
    status = Status(event.event.removeprefix("task."))
    if status not in TRANSITIONS[task.status]:
        raise ImpossibleEvent(
            f"{event.event}: {task.id} is {task.status}, which allows only {sorted(TRANSITIONS[task.status])}"
        )
    changes: dict[str, Any] = {"status": status, "reason": event.reason, "since": event.at, "trouble": event.kind}
    changes |= {"stage": task.status} if status is Status.ATTENTION and task.status is not status else {}
    if status is Status.WAITING and task.retry_wished:
        changes |= _REVIVED
    if status in {Status.WAITING, Status.PREPARING} and event.cause:
        changes |= {"cause": event.cause, "relaunch": True}
        changes |= {"restarts": task.restarts + 1} if event.cause == "crash" and health.row(event.kind).counts else {}
        changes |= {"red": task.red + 1} if event.cause in {"checks", "merge", "conflict"} else {}
    if status is Status.PREPARING:
        changes |= {"started_at": task.started_at or event.at, "stopped": None, "problem": None}
    if status is Status.CHECKING:
        changes |= {"work": None, "check": None, "conflict": None, "resolved": None}
        changes |= {"restarts": 0, "problem": None}
    if status in SETTLED:
        changes |= {"ended_at": event.at, "hold_wished": False, "resolved": None}
    return _clocked(state, task, event.at, **changes)


_REVIVED: dict[str, Any] = {
    "cause": "retry", "relaunch": True, "retry_wished": False, "ended_at": None, "restarts": 0, "red": 0,
    "problem": None, "failure": None, "stopped": None, "asked": "", "denied": (),
    "setup": None, "cancel_wished": False, "worktree": "",
}  # fmt: skip
"""What a task forgets when a person retries it, but for what its agent has still to mend.

Its worktree is ensured anew: it may be what was broken.
"""


# --- worktrees, checks -------------------------------------------------------------------------------


@_folds(e.RoomReturned)
def _room(state: RunState, event: e.RoomReturned) -> RunState:
    if event.task == e.INTEGRATION:
        return state.model_copy(update={"integration_problem": None})
    return _with(state, _task(state, event), problem=None)


@_folds(e.WorktreeCreated)
def _worktree(state: RunState, event: e.WorktreeCreated) -> RunState:
    if event.task == e.INTEGRATION:
        return state.model_copy(
            update={"integration_worktree": event.path, "tip": event.base, "integration_problem": None}
        )
    return _with(
        state,
        _task(state, event),
        worktree=event.path,
        branch=event.branch,
        base=event.base,
        problem=None,
        stirred=event.at,
    )


@_folds(e.WorktreeRemoved)
def _worktree_removed(state: RunState, event: e.WorktreeRemoved) -> RunState:
    state = state.model_copy(update={"removed": (*state.removed, event)})
    if event.task == e.INTEGRATION:
        return state.model_copy(update={"integration_worktree": ""})
    return _with(state, _task(state, event), worktree="", base="", setup=None)


@_folds(e.SetupFinished)
def _setup(state: RunState, event: e.SetupFinished) -> RunState:
    if event.task == e.INTEGRATION:
        return state.model_copy(update={"integration_setup": event})
    return _with(state, _task(state, event), setup=event)


@_folds(e.BaselineFinished)
def _baseline(state: RunState, event: e.BaselineFinished) -> RunState:
    return state.model_copy(update={"baseline": {**state.baseline, event.check: event}})


@_folds(e.WorkCollected)
def _collected(state: RunState, event: e.WorkCollected) -> RunState:
    work = Work.model_validate(event.model_dump(include=set(Work.model_fields)))
    return _with(state, _task(state, event), work=work, check=None, stirred=event.at)


@_folds(e.CheckPassed)
def _passed(state: RunState, event: e.CheckPassed) -> RunState:
    state = _left_behind(state, event)
    return state.model_copy(update={"passed": state.passed | {(event.tree, event.command)}})


@_folds(e.CheckFailed)
def _failed(state: RunState, event: e.CheckFailed) -> RunState:
    state = _left_behind(state, event)
    if event.task != e.INTEGRATION:
        return _with(state, _task(state, event), check=event)
    merging = next((t for t in state.tasks.values() if t.status is Status.MERGING), None)
    if merging is not None:
        return _with(state, merging, check=event)
    return state.model_copy(update={"integration_check": event})


def _left_behind(state: RunState, event: e.CheckPassed | e.CheckFailed) -> RunState:
    known = state.left_behind.get(event.task, ())
    paths = tuple(dict.fromkeys((*known, *event.left_behind)))
    return state.model_copy(update={"left_behind": {**state.left_behind, event.task: paths}})


# --- instances ---------------------------------------------------------------------------------------


@_folds(e.WindowOpened)
def _window(state: RunState, event: e.WindowOpened) -> RunState:
    return _with(state, _task(state, event), window=event.window, pane=event.pane)


@_folds(e.InstanceLaunched)
def _launched(state: RunState, event: e.InstanceLaunched) -> RunState:
    task = _task(state, event)
    if task.launch is not None and event.attempt <= task.attempt:
        return state  # its launcher was faster with the news
    return _with(
        state, task, launch=event, attempt=event.attempt, session_id=event.session_id, relaunch=False, instance=None,
        stopped=None, asked="", calls={}, failure=None, problem=None, with_person=False, prompted=False,
        terminal_lost=False, examined=None,
    )  # fmt: skip


def _launch_at_the_latest(state: RunState, event: e.InstanceStarted | e.InstanceExited) -> RunState:
    """Whoever launched an instance may be slower than its launcher in telling so, or die before: then this tells it."""
    task = _task(state, event)
    if event.attempt <= task.attempt:
        return state
    known = {"launcher_pid": 0, "launcher_start_time": 0, "session_id": task.session_id}
    told = event.model_dump(include={*known, "task", "attempt", "at"})
    return _launched(state, e.InstanceLaunched.model_validate(known | told))


@_folds(e.InstanceStarted)
def _instance(state: RunState, event: e.InstanceStarted) -> RunState:
    state = _launch_at_the_latest(state, event)
    task = _task(state, event)
    if event.attempt < task.attempt or task.instance is not None:
        return state  # an older attempt, reported late
    state = _with(state, task, instance=Instance(pid=event.pid, start_time=event.start_time))
    late = event.boot and state.boot not in {"", event.boot}  # it lay in the inbox while the machine was restarted
    return _forget_processes(state, state.tasks[task.id]) if late else state


@_folds(e.InstanceExited)
def _exited(state: RunState, event: e.InstanceExited) -> RunState:
    unheard = event.attempt > _task(state, event).attempt
    state = _launch_at_the_latest(state, event)
    task = _task(state, event)
    instance = task.instance or Instance()
    if event.attempt < task.attempt or instance.exit is not None:
        return state
    # A conversation that did not even take the next prompt cannot be gone on with: the next one is a new one.
    lost = task.conversation and not task.prompted and event.exit_code == 1
    ended = instance.model_copy(update={"exit": event})
    # An instance of which nobody had heard is ended by whoever launches the next one: that is no crash of it.
    replaced = unheard and (event.exit_code == _TERMINATED or event.signal in {"SIGTERM", "SIGKILL"})
    conversation = task.conversation and not lost
    return _with(
        state, task, instance=ended, conversation=conversation, relaunch=task.relaunch or replaced, stirred=event.at,
        examined=None,
    )  # fmt: skip


_TERMINATED = 143
"""The exit code of a program that ends because it was asked to by SIGTERM."""


@_folds(e.InstanceExamined)
def _examined(state: RunState, event: e.InstanceExamined) -> RunState:
    task = _task(state, event)
    if event.attempt != task.attempt:
        return state
    in_turn = task.alive and task.prompted and event.seen in set(health.Kind)
    words = health.told(health.Kind(event.seen), task.id, "the agent keeps trying") if in_turn else task.activity
    return _with(state, task, examined=event, activity=words)


@_folds(e.InstanceCleared)
def _cleared(state: RunState, event: e.InstanceCleared) -> RunState:
    return _with(state, _task(state, event), cleared=event.attempt)


@_folds(e.InstanceFrozen)
def _frozen(state: RunState, event: e.InstanceFrozen) -> RunState:
    task = _task(state, event)
    return _clocked(state, task, event.at, holds=task.holds | {event.hold}, frozen=event.attempt or task.frozen)


@_folds(e.InstanceThawed)
def _thawed(state: RunState, event: e.InstanceThawed) -> RunState:
    task = _task(state, event)
    holds = task.holds - {event.hold}
    return _clocked(state, task, event.at, holds=holds, frozen=task.frozen if holds else 0)


# --- agents ------------------------------------------------------------------------------------------


@_folds(e.AgentSessionStarted)
def _session_started(state: RunState, event: e.AgentSessionStarted) -> RunState:
    task = _task(state, event)
    return _with(state, task, session_id=event.session_id or task.session_id)


@_folds(e.AgentPromptReceived)
def _prompt(state: RunState, event: e.AgentPromptReceived) -> RunState:
    task = _task(state, event)
    # The first prompt of an instance is the argument we launched it with; any later one was typed.
    return _with(
        state, task, conversation=True, prompted=True, with_person=task.prompted, prompt_digest=event.digest,
        stopped=None, asked="", failure=None, denied=(), last_call_denied=False, calls={},
    )  # fmt: skip


@_folds(e.AgentToolUsed)
def _tool(state: RunState, event: e.AgentToolUsed) -> RunState:
    task = _task(state, event)
    if event.phase == "started":
        call = Call(tool=event.tool, detail=event.detail, rule=event.rule)
        activity = f"{event.tool} {event.detail}".strip()
        return _with(state, task, calls={**task.calls, event.call: call}, last_call=event.call, activity=activity)
    return _with(state, task, calls=_without(task.calls, event.call), asked="", stirred=event.at)


@_folds(e.AgentToolDenied)
def _denied(state: RunState, event: e.AgentToolDenied) -> RunState:
    task = _task(state, event)
    call = Call(tool=event.tool, detail=event.detail, rule=event.rule)
    return _with(state, task, denied=(*task.denied, call), calls=_without(task.calls, event.call))


@_folds(e.AgentTodoChanged)
def _todo(state: RunState, event: e.AgentTodoChanged) -> RunState:
    task = _task(state, event)
    if event.items is not None:
        steps = {str(number): item for number, item in enumerate(event.items, 1)}
    elif event.status == "deleted":
        steps = _without(task.steps, event.item)
    else:
        title = event.title or task.steps.get(event.item, ("", ""))[0]
        steps = {**task.steps, event.item: (title, event.status)}
    doing = next((title for title, status in steps.values() if status == "in_progress"), "")
    return _with(state, task, steps=steps, activity=doing or task.activity, stirred=event.at)


@_folds(e.AgentAsked)
def _asked(state: RunState, event: e.AgentAsked) -> RunState:
    return _with(state, _task(state, event), asked=event.question, asked_kind=event.kind)


@_folds(e.AgentStopped)
def _stopped(state: RunState, event: e.AgentStopped) -> RunState:
    task = _task(state, event)
    # A call that began and never ended was denied: no other sign of it reaches us.
    denied = task.last_call in task.calls
    # It goes on: what broke down before is no row of failures with what may break down later.
    return _with(state, task, stopped=event, last_call_denied=denied, asked="", stirred=event.at, restarts=0)


@_folds(e.AgentFailed)
def _turn_failed(state: RunState, event: e.AgentFailed) -> RunState:
    limit = event.retry_at if health.of_turn(event) is health.Kind.USAGE_LIMIT else None
    state = state.model_copy(update={"limit_until": max(filter(None, (state.limit_until, limit)), default=None)})
    return _with(state, _task(state, event), failure=event, calls={})


@_folds(e.AgentSessionEnded)
def _session_ended(state: RunState, event: e.AgentSessionEnded) -> RunState:
    _task(state, event)
    return state


# --- merging -----------------------------------------------------------------------------------------


@_folds(e.MergeStarted)
def _merge_started(state: RunState, event: e.MergeStarted) -> RunState:
    if event.task == e.INTEGRATION:
        return state
    return _with(state, _task(state, event), merge_begun=event.commit, merge=None, conflict=None, check=None)


@_folds(e.MergeFinished)
def _merged(state: RunState, event: e.MergeFinished) -> RunState:
    if event.commit != state.tip:
        # Back means to where the journal knew the branch to be: what a crash kept out of it is not proven either.
        event = event.model_copy(update={"before": state.tip})
    state = state.model_copy(update={"tip": event.commit, "tip_tree": event.tree})
    if event.task == e.INTEGRATION:
        seen = event.theirs or state.target_seen
        return state.model_copy(update={"target_merge": event, "integration_check": None, "target_seen": seen})
    return _with(state, _task(state, event), merge=event)


@_folds(e.MergeConflicted)
def _conflicted(state: RunState, event: e.MergeConflicted) -> RunState:
    if event.task == e.INTEGRATION:
        return state.model_copy(update={"target_conflict": event})
    return _with(state, _task(state, event), conflict=event, merge_begun="")


@_folds(e.MergeReverted)
def _reverted(state: RunState, event: e.MergeReverted) -> RunState:
    state = state.model_copy(update={"tip": event.commit, "tip_tree": ""})
    if event.task == e.INTEGRATION:
        return state.model_copy(update={"target_merge": None, "target_seen": state.start.target_at})
    return _with(state, _task(state, event), merge=None, merge_begun="")


@_folds(e.ConflictsForecast)
def _forecast(state: RunState, event: e.ConflictsForecast) -> RunState:
    return state.model_copy(update={"forecast": event})


@_folds(e.MergeReserved)
def _reserved(state: RunState, event: e.MergeReserved) -> RunState:
    if event.task != e.INTEGRATION:
        _task(state, event)
    by_hand = ByHand(task=event.task, commit=event.commit, request=event.request)
    return state.model_copy(update={"by_hand": by_hand})


@_folds(e.MergeHandedOver)
def _handed_over(state: RunState, event: e.MergeHandedOver) -> RunState:
    if event.task != e.INTEGRATION:
        _task(state, event)
    by_hand = ByHand(task=event.task, commit=event.commit, request=event.request, stands=event)
    return _merge_answered(state, event, by_hand=by_hand)


@_folds(e.MergeResolved)
def _resolved(state: RunState, event: e.MergeResolved) -> RunState:
    """The task, or the target's merge, goes on; so does a run that was over."""
    if event.task == e.INTEGRATION:
        theirs = state.by_hand.stands.commit if state.by_hand and state.by_hand.stands else ""
        merge = e.MergeFinished(
            task=event.task, commit=event.commit, tree=event.tree, before=event.before, theirs=theirs
        )
        after: dict[str, object] = {"by_hand": None, "target_conflict": None, "refused": None, "answered": event}
        if state.merge_wish and state.merge_wish.how == "manual":
            after["merge_wish"] = None  # any other is answered by what becomes of the target
        return _merged(state, merge).model_copy(update=after)
    state = _with(state, _task(state, event), resolved=event, conflict=None, ended_at=None, problem=None)
    return _merge_answered(state, event, by_hand=None, ended=None, refused=None)


@_folds(e.MergeAbandoned)
def _abandoned(state: RunState, event: e.MergeAbandoned) -> RunState:
    if event.task != e.INTEGRATION:
        _task(state, event)
    return _merge_answered(state, event, by_hand=None)


@_folds(e.MergeRefused)
def _merge_refused(state: RunState, event: e.MergeRefused) -> RunState:
    by_hand = state.by_hand and state.by_hand.model_copy(update={"problem": ""})
    return _merge_answered(state, event, by_hand=by_hand)


def _merge_answered(
    state: RunState, answer: e.MergeHandedOver | e.MergeResolved | e.MergeAbandoned | e.MergeRefused, **changes: object
) -> RunState:
    wish = None if state.merge_wish and state.merge_wish.id == answer.request else state.merge_wish
    return state.model_copy(update={**changes, "merge_wish": wish, "answered": answer})


@_folds(e.TargetMoved)
def _moved(state: RunState, event: e.TargetMoved) -> RunState:
    wish = None if state.merge_wish and state.merge_wish.id == event.request else state.merge_wish
    last = state.last_step
    if last and (last.kind, last.target, last.commit) == ("merge", event.target, event.before):
        joined = last.model_copy(update={"commit": event.commit, "at": event.at})
        state = state.model_copy(update={"steps": (*state.steps[:-1], joined)})
    elif event.before != event.commit and not (last and (last.kind, last.commit) == ("merge", event.commit)):
        state = _step(state, kind="merge", at=event.at, target=event.target, before=event.before, commit=event.commit)
    settled = {"refused": None, "target_merge": None, "target_conflict": None}
    return state.model_copy(update={"moved": event, "merge_wish": wish, **settled})


@_folds(e.TargetRefused)
def _refused(state: RunState, event: e.TargetRefused) -> RunState:
    wish = None if state.merge_wish and state.merge_wish.id == event.request else state.merge_wish
    # What is on the integration branch by now, stays.
    settled = {"target_merge": None, "integration_check": None, "target_problem": None}
    return state.model_copy(update={"refused": event, "merge_wish": wish, **settled})


@_folds(e.CleanupFinished)
def _cleaned(state: RunState, event: e.CleanupFinished) -> RunState:
    wish = None if state.cleanup_wish and state.cleanup_wish.id == event.request else state.cleanup_wish
    if state.removed:
        state = _step(state, kind="cleanup", at=event.at, removed=state.removed)
    return state.model_copy(update={"cleanup": event, "cleanup_wish": wish, "removed": ()})


# --- steps that can be taken back --------------------------------------------------------------------


def _step(state: RunState, **fields: Any) -> RunState:
    number = state.step_count + 1
    return state.model_copy(update={"steps": (*state.steps, Step(number=number, **fields)), "step_count": number})


def _tried_again(state: RunState, tasks: set[str]) -> RunState:
    """Let the cancelling of these tasks be past: there is nothing of it to take back any more."""
    left = (step.model_copy(update={"tasks": tuple(t for t in step.tasks if t not in tasks)}) for step in state.steps)
    return state.model_copy(update={"steps": tuple(s for s in left if s.kind != "cancel" or s.tasks)})


@_folds(e.UndoFinished)
def _undone(state: RunState, event: e.UndoFinished) -> RunState:
    wish = None if state.undo_wish and state.undo_wish.id == event.request else state.undo_wish
    state = state.model_copy(update={"undo": event, "undo_wish": wish})
    step = next((s for s in state.steps if s.number == event.step), None)
    if step is None or not event.undone:
        return state
    state = state.model_copy(update={"steps": tuple(s for s in state.steps if s != step)})
    if step.kind == "cancel":
        return _revive(state, set(step.tasks))
    if step.kind == "merge":
        told = "its merge was taken back (undo)"
        refused = e.TargetRefused(target=step.target, reason=told)
        return state.model_copy(update={"moved": None, "refused": refused})
    return state


# --- requests ----------------------------------------------------------------------------------------


def _each(state: RunState, event: e.TaskRequest, **changes: object) -> RunState:
    for task_id in event.tasks or tuple(state.tasks):
        if task_id in state.tasks:  # a wish for a task we do not have lapses
            state = _with(state, state.tasks[task_id], **changes)
    return state


@_folds(e.PauseRequested)
def _pause(state: RunState, event: e.PauseRequested) -> RunState:
    return _each(state, event, hold_wished=True)


@_folds(e.ResumeRequested)
def _resume(state: RunState, event: e.ResumeRequested) -> RunState:
    return _each(state, event, hold_wished=False)


@_folds(e.CancelRequested)
def _cancel(state: RunState, event: e.CancelRequested) -> RunState:
    about = (state.tasks[t] for t in event.tasks or state.tasks if t in state.tasks)
    called_off = tuple(task.id for task in about if not (task.settled or task.cancel_wished))
    if called_off and state.ended is None:
        state = _step(state, kind="cancel", at=event.at, tasks=called_off)
    state = state.model_copy(update={"cancelled": state.cancelled or not event.tasks})
    return _each(state, event, cancel_wished=True, retry_wished=False)


@_folds(e.RetryRequested)
def _retry(state: RunState, event: e.RetryRequested) -> RunState:
    """Wish for a retry of what can be retried, of what was lost before it, and of what was skipped because of it."""
    named = set(event.tasks) or set(state.tasks)
    asking = frozenset(t for t in event.tasks if t in state.tasks and state.tasks[t].status is Status.ATTENTION)
    return _revive(state, named, asking)


def _revive(state: RunState, named: set[str], asking: frozenset[str] = frozenset()) -> RunState:
    """Wish for a retry of what is lost of the named tasks, before and after them, and of those that ask."""
    for task_id in tuple(named):
        named |= state.plan.dependents(task_id)
        named |= {t for t in state.tasks if task_id in state.plan.dependents(t)}
    retryable = {t.id for t in state.tasks.values() if (t.id in named and t.status in LOST) or t.id in asking}
    if state.by_hand:
        retryable.discard(state.by_hand.task)
    cleared = {"ended": None, "cancelled": False, "refused": None, "integration_problem": None} if retryable else {}
    state = _tried_again(state.model_copy(update=cleared), retryable)
    for task_id in retryable:
        state = _with(state, state.tasks[task_id], retry_wished=True, cancel_wished=False)
    return state


@_folds(e.MergeRequested)
def _merge_wish(state: RunState, event: e.MergeRequested) -> RunState:
    return state.model_copy(update={"merge_wish": event, "integration_problem": None})


@_folds(e.CleanupRequested)
def _cleanup_wish(state: RunState, event: e.CleanupRequested) -> RunState:
    return state.model_copy(update={"cleanup_wish": event})


@_folds(e.UndoRequested)
def _undo_wish(state: RunState, event: e.UndoRequested) -> RunState:
    return state.model_copy(update={"undo_wish": event})


@_folds(e.SendRequested)
def _send(state: RunState, event: e.SendRequested) -> RunState:
    if event.task not in state.tasks:
        return state
    return state.model_copy(update={"sends": {**state.sends, event.id: event}})


@_folds(e.SendPasted)
def _pasted(state: RunState, event: e.SendPasted) -> RunState:
    times = (*state.pasted.get(event.id, ()), *([event.at] if event.at else []))
    return state.model_copy(update={"pasted": {**state.pasted, event.id: times}})


@_folds(e.SendFinished)
def _sent(state: RunState, event: e.SendFinished) -> RunState:
    return state.model_copy(update={"sends": _without(state.sends, event.id), "sent": {**state.sent, event.id: event}})


SILENT: frozenset[type[e.Event]] = frozenset({e.KeptParked, e.KeptRestored})
"""Events that are kept for the story they tell and change no state."""
