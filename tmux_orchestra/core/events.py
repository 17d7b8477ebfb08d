"""Every event a run's journal may hold: one class each, told apart by structlog's own key `event`.

Facts are in the past tense and are written by whoever holds the supervisor's lock; requests end in
`.requested` and may be appended by anyone at any moment. `at` is stamped by the journal. The order of
events is the order of lines in the file, never the order of `at`.
"""

# size: one class for every event: the vocabulary is one table, and is read as one

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Literal, Union, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.subagents import Subagent

INTEGRATION = "_integration"
"""Stands for the integration worktree where an event names a task; `_` cannot begin a task's id."""

TARGET = "_target"
"""Stands for the user's branch where a forecast names a task."""

Hold = Literal["person", "memory"]
"""A reason for which an instance is frozen."""

NewsKind = Literal["attention", "failure", "milestone", "end", "forecast", "trouble"]
"""What a person is told of: they are needed; a task is lost; a phase is merged; the run is over; two tasks begin to
conflict; their own command for being told cannot be used."""

Tail = Annotated[str, Field(max_length=20_000)]
"""The end of what a command printed."""


class Event(BaseModel):
    """What all events share. Fields of a newer version are kept, so that nothing is lost by an old reader."""

    model_config = ConfigDict(frozen=True, extra="allow")

    event: str
    at: AwareDatetime | None = None
    """UTC; None until the journal stamps it."""
    told_by: str | None = None
    """The inbox file that told this fact, and which of its facts it is; after a crash it is not told twice."""


class TaskEvent(Event):
    """An event that befell one task (or `_integration`)."""

    task: str


# --- the run -----------------------------------------------------------------------------------------


class RunStarted(Event):
    """The first event of every journal: everything that is fixed for the run's whole life."""

    event: Literal["run.started"] = "run.started"
    run: str
    request: str
    plan: Plan
    settings: Settings
    repository: str
    """The main worktree (or the bare repository)."""
    base: str
    """The commit from which tasks start."""
    target: str | None = None
    """The user's branch, without `refs/heads/`; None where the run has none (detached HEAD)."""
    target_at: str = ""
    """The commit that the target held when the run began; empty: not known."""
    integration: str
    """The integration branch."""
    checks: tuple[str, ...] = ()
    subagents: Mapping[str, Subagent] = Field(default_factory=dict)
    """The definitions that the plan's tasks name, as they were when the run began."""
    prompts: Mapping[str, str] = Field(default_factory=dict)
    """Task -> the brief that the person wrote for it, in the place of the composed one."""


class RunEnded(Event):
    """Nothing of this run will move any more. `outcome`: done, failed (a task did not merge) or cancelled."""

    event: Literal["run.ended"] = "run.ended"
    outcome: Literal["done", "failed", "cancelled"]
    summary: str = ""


class SessionOpened(Event):
    """The run's tmux session stands."""

    event: Literal["session.opened"] = "session.opened"
    session: str
    """The session's name."""
    session_id: str
    """tmux's own id, such as `$3`."""
    socket: str
    """The socket's path."""
    server_pid: int
    server_started: int = 0
    """When that server was started, in seconds since the epoch: its pid may come again after a restart."""


class SupervisorStarted(Event):
    """A supervisor took the run's lock."""

    event: Literal["supervisor.started"] = "supervisor.started"
    pid: int
    start_time: int
    boot: str = ""
    """Which start of the machine this is: pids and start times from before another one name nobody, or strangers."""


class SupervisorStopped(Event):
    """A supervisor gave the lock back in peace."""

    event: Literal["supervisor.stopped"] = "supervisor.stopped"
    pid: int
    reason: str = ""


class ActionFailed(Event):
    """An effect could not be carried out; the run goes on and `decide` says what follows."""

    event: Literal["action.failed"] = "action.failed"
    action: str
    task: str | None = None
    reason: str
    hint: str = ""
    permanent: bool = True
    kind: str = ""
    """`health.Kind`, where what failed tells one: the disk is full, the worktree is gone."""


class RoomReturned(TaskEvent):
    """The disk that was full takes files again."""

    event: Literal["room.returned"] = "room.returned"


class News(BaseModel):
    """Something that a person should hear of, once for all of its keys."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[str, ...]
    kind: NewsKind
    words: str
    tasks: tuple[str, ...] = ()
    command: str = ""
    """What the person may run next."""

    @property
    def leaves_the_terminal(self) -> bool:
        """Whether the person's own command is told, too: what is of use only to who looks anyway is not."""
        return self.kind in {"attention", "failure", "milestone", "end"}


class PersonTold(Event):
    """A person was told something, as far as one can be reached. Told again only for another cause."""

    event: Literal["person.told"] = "person.told"
    keys: tuple[str, ...]
    """What stays the same as long as the cause does."""
    kind: NewsKind
    words: str
    tasks: tuple[str, ...] = ()
    terminals: int = 0
    """How many showed it."""
    problem: str = ""
    """Why the person's own command was in vain."""


# --- worktrees and checks ----------------------------------------------------------------------------


class WorktreeCreated(TaskEvent):
    """A worktree stands, populated, on its branch."""

    event: Literal["worktree.created"] = "worktree.created"
    path: str
    branch: str
    base: str
    """The commit it started from."""


class WorktreeRemoved(TaskEvent):
    """A worktree and its branch are gone; what they held is `proof`. The rest is what brings them back."""

    event: Literal["worktree.removed"] = "worktree.removed"
    path: str
    branch: str
    proof: str = ""
    commit: str = ""
    """Where the branch was; "" if it was gone already."""
    base: str = ""
    """The commit it had started from."""
    kept: str = ""
    """The ref under which it was parked, if not all of it was proven."""


class SetupFinished(TaskEvent):
    """The setup command ended in a worktree."""

    event: Literal["setup.finished"] = "setup.finished"
    command: str
    exit_code: int
    tail: Tail = ""


class BaselineFinished(Event):
    """A check ended on the untouched base. Red here: it is no gate in this run."""

    event: Literal["baseline.finished"] = "baseline.finished"
    check: str
    exit_code: int
    tail: Tail = ""


class WorkCollected(TaskEvent):
    """A task's work was looked at: leftovers are committed, and this commit is what gets checked and merged."""

    event: Literal["work.collected"] = "work.collected"
    commit: str
    tree: str
    commits: int
    """Commits of the task's own, beyond what it started from."""
    added: int = 0
    removed: int = 0
    leftovers: tuple[str, ...] = ()
    """Paths that the agent had left uncommitted."""
    result: str = ""
    """The written answer, for tasks whose evidence it is."""


class CheckPassed(TaskEvent):
    """A check passed on this tree."""

    event: Literal["check.passed"] = "check.passed"
    command: str
    tree: str
    exit_code: int = 0
    tail: Tail = ""
    left_behind: tuple[str, ...] = ()
    """Untracked files that the check itself made."""


class CheckFailed(TaskEvent):
    """A check failed on this tree. `exit_code` is negative for a signal, None when it ran out of time."""

    event: Literal["check.failed"] = "check.failed"
    command: str
    tree: str
    exit_code: int | None = None
    tail: Tail = ""
    left_behind: tuple[str, ...] = ()


# --- instances ---------------------------------------------------------------------------------------


class WindowOpened(TaskEvent):
    """A tmux window stands for the task; nothing of an agent runs in it yet."""

    event: Literal["window.opened"] = "window.opened"
    window: str
    pane: str


class InstanceLaunched(TaskEvent):
    """The task's pane now runs the launcher, which will tell how the agent started. Written by the supervisor."""

    event: Literal["instance.launched"] = "instance.launched"
    attempt: int
    launcher_pid: int
    launcher_start_time: int
    session_id: str
    subagent: str = ""
    """The definition with which it runs."""
    prompt_edited: bool = False
    """It was told what a person had written into the task's `prompt.md` after the run began."""


class InstanceStarted(TaskEvent):
    """The launcher started the agent. Written by the launcher."""

    event: Literal["instance.started"] = "instance.started"
    attempt: int
    pid: int
    """The agent's process, leader of its own process group."""
    start_time: int
    """Clock ticks after boot at which that process started: with `pid`, its identity."""
    launcher_pid: int
    launcher_start_time: int
    pane: str = ""
    session_id: str = ""
    boot: str = ""
    """As in `supervisor.started`."""


class Usage(BaseModel):
    """What an instance used, children included."""

    model_config = ConfigDict(frozen=True, extra="allow")

    user_seconds: float = 0.0
    system_seconds: float = 0.0
    max_rss_bytes: int = 0
    """Of its largest process at the worst moment, as the kernel counts: not the sum of all of them."""


class InstanceExited(TaskEvent):
    """The agent ended. Written by the launcher; by the supervisor (`exit_code` None) if the launcher died with it."""

    event: Literal["instance.exited"] = "instance.exited"
    attempt: int
    exit_code: int | None = None
    signal: str | None = None
    """`SIGKILL` and the like, when a signal ended it."""
    usage: Usage | None = None
    reason: str = ""
    """Why there was nothing to run, if the program could not be executed."""


class InstanceExamined(TaskEvent):
    """What was found where an instance had ended, or does not begin: what nobody else can tell."""

    event: Literal["instance.examined"] = "instance.examined"
    attempt: int
    gone: tuple[Literal["pane", "window", "session", "worktree"], ...] = ()
    """What is not there any more."""
    tail: Tail = ""
    """The last lines on its screen."""
    seen: str = ""
    """`health.Kind` of what its agent's adapter knows by the screen: a dialog, or what it keeps trying against."""


class InstanceCleared(TaskEvent):
    """Nothing of this instance runs any more, nor of what it started."""

    event: Literal["instance.cleared"] = "instance.cleared"
    attempt: int


class InstanceFrozen(TaskEvent):
    """Every process of the instance is stopped, for this hold (a further hold may join later)."""

    event: Literal["instance.frozen"] = "instance.frozen"
    hold: Hold
    attempt: int = 0
    """The instance that stands still; 0: none ran."""
    processes: int = 0
    figures: Mapping[str, float] = Field(default_factory=dict)


class InstanceThawed(TaskEvent):
    """This hold is off; the instance runs unless another one is left."""

    event: Literal["instance.thawed"] = "instance.thawed"
    hold: Hold
    processes: int = 0


# --- what agents report ------------------------------------------------------------------------------


class AgentSessionStarted(TaskEvent):
    """The agent's conversation is open."""

    event: Literal["agent.session_started"] = "agent.session_started"
    session_id: str = ""
    source: str = ""


class AgentPromptReceived(TaskEvent):
    """The agent took a prompt. `digest` (see `prompt_digest`) tells whether it is one of ours."""

    event: Literal["agent.prompt_received"] = "agent.prompt_received"
    text: str = ""
    """Its beginning."""
    digest: str = ""


class AgentToolUsed(TaskEvent):
    """A tool call began or ended. A call that never ends by the end of the turn was denied."""

    event: Literal["agent.tool_used"] = "agent.tool_used"
    tool: str
    detail: str = ""
    call: str = ""
    """The call's id, the same at its beginning and its end."""
    rule: str = ""
    """The permission rule that would allow the call, should it turn out to have been denied."""
    phase: Literal["started", "finished", "failed"] = "finished"


class AgentToolDenied(TaskEvent):
    """The agent was not allowed to do something; `rule` would allow it."""

    event: Literal["agent.tool_denied"] = "agent.tool_denied"
    tool: str
    detail: str = ""
    rule: str = ""
    call: str = ""


class AgentTodoChanged(TaskEvent):
    """One item of the agent's own list of steps changed. `items` replaces the whole list where it is not None."""

    event: Literal["agent.todo_changed"] = "agent.todo_changed"
    item: str = ""
    title: str = ""
    status: Literal["pending", "in_progress", "completed", "deleted"] = "pending"
    items: tuple[tuple[str, str], ...] | None = None
    """(title, status) of every step."""


class AgentAsked(TaskEvent):
    """The agent waits for a person's answer or permission inside a turn."""

    event: Literal["agent.asked"] = "agent.asked"
    question: str
    kind: str = ""
    """`health.Kind`: a permission or a question; "" in journals of older versions."""


class AgentStopped(TaskEvent):
    """A turn ended in good order. Whether the work is done is for `decide` to say."""

    event: Literal["agent.stopped"] = "agent.stopped"
    message: str = ""
    background_tasks: int = 0


class AgentFailed(TaskEvent):
    """A turn ended by an error of the agent's service."""

    event: Literal["agent.failed"] = "agent.failed"
    error: str
    """The agent's own word for it."""
    message: str = ""
    kind: str = ""
    """`health.Kind`, as its adapter reads it; "" in journals of older versions."""
    transient: bool = True
    retry_at: datetime | None = None
    """When a usage or rate limit is over, if the agent said so."""


class AgentSessionEnded(TaskEvent):
    """The agent closed its conversation."""

    event: Literal["agent.session_ended"] = "agent.session_ended"
    reason: str = ""


# --- a task's status ---------------------------------------------------------------------------------


Cause = Literal["", "checks", "merge", "conflict", "crash", "limit", "retry"]
"""Why a conversation goes on: red checks, a red merge, a conflict, a failure that may pass, a limit, a person."""


class StatusChanged(TaskEvent):
    """The task's status is now this one; `reason` is for people, `cause` for the next prompt."""

    reason: str = ""
    cause: Cause = ""
    kind: str = ""
    """`health.Kind` of the failure that it follows from; "" if nothing failed."""


class TaskWaiting(StatusChanged):
    """It waits for tasks, a slot or a retry."""

    event: Literal["task.waiting"] = "task.waiting"


class TaskPreparing(StatusChanged):
    """Its worktree and window are being made ready, or its agent is being launched."""

    event: Literal["task.preparing"] = "task.preparing"


class TaskRunning(StatusChanged):
    """Its agent works."""

    event: Literal["task.running"] = "task.running"


class TaskChecking(StatusChanged):
    """Its agent claims to be done; the evidence is being gathered."""

    event: Literal["task.checking"] = "task.checking"


class TaskFinished(StatusChanged):
    """Its work is proven in its own worktree and waits to be merged."""

    event: Literal["task.finished"] = "task.finished"


class TaskMerging(StatusChanged):
    """Its work is being merged into the integration branch and checked there."""

    event: Literal["task.merging"] = "task.merging"


class TaskMerged(StatusChanged):
    """Its work is in the integration branch."""

    event: Literal["task.merged"] = "task.merged"


class TaskAttention(StatusChanged):
    """A person is needed; `reason` says for what."""

    event: Literal["task.attention"] = "task.attention"


class TaskFailed(StatusChanged):
    """It will not be tried again by itself."""

    event: Literal["task.failed"] = "task.failed"


class TaskConflicted(StatusChanged):
    """Its work conflicts with what is merged already, and its agent could not resolve it."""

    event: Literal["task.conflicted"] = "task.conflicted"


class TaskSkipped(StatusChanged):
    """Something it depends on will not be merged."""

    event: Literal["task.skipped"] = "task.skipped"


class TaskCancelled(StatusChanged):
    """A person called it off; its work stays in its worktree and branch."""

    event: Literal["task.cancelled"] = "task.cancelled"


# --- merging and cleaning ----------------------------------------------------------------------------


class MergeStarted(TaskEvent):
    """A task's commit is being merged into the integration branch."""

    event: Literal["merge.started"] = "merge.started"
    commit: str


class MergeFinished(TaskEvent):
    """The integration branch holds the task's work as `commit`; its tree is still to be checked."""

    event: Literal["merge.finished"] = "merge.finished"
    commit: str
    tree: str
    before: str
    """The integration branch's tip before this merge."""
    theirs: str = ""
    """The commit that was merged, where it is the target's."""


class MergeConflicted(TaskEvent):
    """The merge did not go through; the integration branch is as it was."""

    event: Literal["merge.conflicted"] = "merge.conflicted"
    paths: tuple[str, ...] = ()


class MergeReverted(TaskEvent):
    """The merged tree was red (or the merge was called off): the integration branch is back at `commit`."""

    event: Literal["merge.reverted"] = "merge.reverted"
    commit: str
    reason: str = ""


class Hunk(BaseModel):
    """Lines that both sides of a forecast have changed, shortened; `ours` is the first. `line` counts in the merge."""

    model_config = ConfigDict(frozen=True, extra="allow")

    path: str
    line: int
    ours: str = ""
    theirs: str = ""


class Overlap(BaseModel):
    """Two lines of work that git would not merge by itself as they are now."""

    model_config = ConfigDict(frozen=True, extra="allow")

    tasks: tuple[str, str]
    """What would be merged into first. `_integration` stands for what is merged already, `_target` for the user's
    branch; two tasks come in the plan's order."""
    paths: tuple[str, ...]
    more: int = 0
    """Further paths, left out here."""
    kinds: Mapping[str, str] = Field(default_factory=dict)
    """Path -> git's word for the conflict, where it is none about lines ("modify/delete")."""
    hunks: tuple[Hunk, ...] = ()


class ConflictsForecast(Event):
    """Which tasks in flight will conflict, edits included that nobody has committed. Replaces the picture before."""

    event: Literal["conflicts.forecast"] = "conflicts.forecast"
    pairs: tuple[Overlap, ...] = ()


class MergeReserved(TaskEvent):
    """A person will merge this by hand: from here on, nothing else happens in the integration worktree.

    `_integration` as the task: it is the target, which has moved and conflicts with the result.
    """

    event: Literal["merge.reserved"] = "merge.reserved"
    commit: str = ""
    """The task's commit; empty for the target: whatever it holds by then."""
    request: str = ""


class MergeHandedOver(TaskEvent):
    """The conflicted merge stands in the integration worktree, for a person to resolve."""

    event: Literal["merge.handed_over"] = "merge.handed_over"
    path: str
    """The integration worktree."""
    commit: str
    """What is being merged."""
    before: str
    """The integration branch's tip, to which giving up goes back."""
    paths: tuple[str, ...] = ()
    """In conflict when it was handed over."""
    window: str = ""
    """The tmux window with a shell in it; empty where there is no session."""
    request: str = ""


class MergeResolved(TaskEvent):
    """The integration branch holds the person's merge; it is still to be checked."""

    event: Literal["merge.resolved"] = "merge.resolved"
    commit: str
    tree: str
    before: str
    ref: str = ""
    """Where the person's commit is kept, should the merge be taken back; empty: there was nothing to resolve."""
    request: str = ""


class MergeAbandoned(TaskEvent):
    """The merge by hand was given up: the integration branch and its worktree are as they were before it."""

    event: Literal["merge.abandoned"] = "merge.abandoned"
    reason: str = ""
    ref: str = ""
    """Where a resolution that was begun is kept; empty if there was none."""
    request: str = ""


class MergeRefused(Event):
    """The answer to a `merge.requested` that cannot be carried out now. Nothing was changed."""

    event: Literal["merge.refused"] = "merge.refused"
    reason: str
    hint: str = ""
    paths: tuple[str, ...] = ()
    request: str = ""


class TargetMoved(Event):
    """The user's branch now holds the run's result."""

    event: Literal["target.moved"] = "target.moved"
    target: str
    before: str
    commit: str
    request: str = ""
    """The id of the `merge.requested` that this answers, if one asked for it."""


class TargetRefused(Event):
    """The user's branch was left alone; the result stays on the integration branch."""

    event: Literal["target.refused"] = "target.refused"
    target: str | None = None
    reason: str
    hint: str = ""
    paths: tuple[str, ...] = ()
    request: str = ""


class CleanupFinished(Event):
    """The answer to a `cleanup.requested`."""

    event: Literal["cleanup.finished"] = "cleanup.finished"
    request: str = ""
    removed: tuple[str, ...] = ()
    kept: Mapping[str, str] = Field(default_factory=dict)
    """What was left in place -> why."""
    parked: Mapping[str, str] = Field(default_factory=dict)
    """What was parked before it was removed -> the ref under which it is."""
    expired: Mapping[str, str] = Field(default_factory=dict)
    """Refs under which something had been kept for longer than `keep_days`, gone now -> the commit they named."""


class KeptParked(TaskEvent):
    """Work that was about to be removed is kept under `ref`."""

    event: Literal["kept.parked"] = "kept.parked"
    ref: str
    commit: str = ""
    paths: tuple[str, ...] = ()
    """What differed from what was checked out."""


class KeptRestored(TaskEvent):
    """Parked work is back in place; the ref stays."""

    event: Literal["kept.restored"] = "kept.restored"
    ref: str
    path: str = ""
    branch: str = ""
    paths: tuple[str, ...] = ()


class UndoFinished(Event):
    """The answer to an `undo.requested`: the step is taken back, or why it is not and everything is as it was."""

    event: Literal["undo.finished"] = "undo.finished"
    request: str
    step: int
    undone: bool
    reason: str = ""
    hint: str = ""


# --- requests ----------------------------------------------------------------------------------------


class Request(Event):
    """A wish, appended by any process at any moment; never invalid, but it may lapse."""

    by: str = "cli"
    id: str = ""
    """Chosen by who asks; the answer repeats it where there is one."""


class TaskRequest(Request):
    """A wish about these tasks; about the whole run if there are none."""

    tasks: tuple[str, ...] = ()


class PauseRequested(TaskRequest):
    """Freeze these tasks' instances and start nothing of them."""

    event: Literal["pause.requested"] = "pause.requested"


class ResumeRequested(TaskRequest):
    """Take a person's hold off."""

    event: Literal["resume.requested"] = "resume.requested"


class CancelRequested(TaskRequest):
    """Call these tasks off; their work stays."""

    event: Literal["cancel.requested"] = "cancel.requested"


class RetryRequested(TaskRequest):
    """Try these settled or stuck tasks again."""

    event: Literal["retry.requested"] = "retry.requested"


class MergeRequested(Request):
    """Bring the result into the target; `manual`: let a person resolve a conflict; `abort`: give that up."""

    event: Literal["merge.requested"] = "merge.requested"
    how: Literal["automatic", "manual", "abort"] = "automatic"
    task: str = ""
    """Whose conflict; empty: the first one."""


class CleanupRequested(Request):
    """Remove what is proven merged."""

    event: Literal["cleanup.requested"] = "cleanup.requested"
    scope: Literal["success", "failed", "all"] = "success"
    keep_ignored: bool = False
    """Keep ignored files of what is parked, too; the setting of that name does the same."""


class UndoRequested(Request):
    """Take this step back."""

    event: Literal["undo.requested"] = "undo.requested"
    step: int


class SendRequested(Request):
    """Type this text into a task's agent."""

    event: Literal["send.requested"] = "send.requested"
    task: str
    text: str


class SendPasted(TaskEvent):
    """The text of a `send.requested` was typed into the pane (or Enter pressed again); it is not confirmed yet."""

    event: Literal["send.pasted"] = "send.pasted"
    id: str


class SendFinished(TaskEvent):
    """The answer to a `send.requested`: the agent took the text, or why it did not."""

    event: Literal["send.finished"] = "send.finished"
    id: str
    delivered: bool
    reason: str = ""


class Unknown(Event):
    """An event of a newer version, kept and shown but not understood."""


def prompt_digest(text: str) -> str:
    """Return what tells a prompt apart: the first 16 hex digits of SHA-256 over the stripped text."""
    return sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:16]


def _classes(root: type[Event]) -> tuple[type[Event], ...]:
    found: list[type[Event]] = []
    for child in root.__subclasses__():
        found += [child] if "event" in child.__annotations__ else []
        found += _classes(child)
    return tuple(found)


EVENTS: dict[str, type[Event]] = {
    get_args(cls.model_fields["event"].annotation)[0]: cls for cls in _classes(Event) if cls is not Unknown
}
"""Name -> class, for every event this version knows."""


@cache
def _parser() -> TypeAdapter[Event]:
    union: Any = Annotated[Union[tuple(EVENTS.values())], Field(discriminator="event")]  # noqa: UP007 - built at run time
    return TypeAdapter(union)


def parse(fields: Mapping[str, Any]) -> Event:
    """Turn one journal line's fields into its event.

    An unknown name, or a known one whose fields a newer version has changed beyond recognition, gives
    `Unknown`; nothing is dropped. Raises ValueError if there is no `event` at all.
    """
    if not isinstance(fields.get("event"), str):
        raise ValueError(f"not an event: {str(fields)[:80]}")
    if fields["event"] not in EVENTS:
        return Unknown.model_validate(fields)
    try:
        return _parser().validate_python(fields)
    except ValidationError:
        return Unknown.model_validate(fields)
