"""A run's state: what its journal adds up to.

How a run lives
---------------
A run begins with `run.started`, which fixes everything that never changes: the request, the plan, the
settings, where tasks start and where results go. From then on its journal grows by two kinds of lines.
*Requests* are wishes that anybody may append at any moment; folding keeps the wish and changes nothing
else. *Facts* say what happened; they are written by whoever holds the run's lock. `fold` adds one event
to a state and gives the next state. It asks nothing of the world, so the same journal always gives the
same state: for the supervisor, for the status window, and for the supervisor that comes after a crash.

A task goes `waiting -> preparing -> running -> checking -> finished -> merging -> merged`. It *waits*
until all it depends on are merged and a slot is free; is *prepared* (worktree, set-up, window, launch);
*runs* until its agent ends a turn in good order; is *checked* (leftovers committed, evidence gathered,
checks in its own worktree); is then *finished* and queues for the integration branch; *merging* includes
the checks on the merged tree; and *merged* means that the integration branch holds it. Red checks, a
conflict or a failure that may pass send it back to `preparing` or `waiting`, with the reason kept in
`TaskState.cause`, so that the next launch of the same conversation says the right thing. `attention`
stands beside this road: a person is needed. `failed`, `conflicted`, `skipped` and `cancelled` leave it.

Only `task.<status>` events change a status, and only along `TRANSITIONS`. All other facts merely fill in
what is known; `scheduler.decide` draws the conclusions and orders the next status. Pausing is no status:
an instance is frozen while `holds` is not empty, and its stage stays what it was.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tmux_orchestra.core import events as e
from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.settings import MergePolicy, Settings


class Status(StrEnum):
    """Where a task is on its road."""

    WAITING = "waiting"
    PREPARING = "preparing"
    RUNNING = "running"
    CHECKING = "checking"
    FINISHED = "finished"
    MERGING = "merging"
    MERGED = "merged"
    ATTENTION = "attention"
    FAILED = "failed"
    CONFLICTED = "conflicted"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


LIVE = frozenset({Status.PREPARING, Status.RUNNING, Status.CHECKING, Status.FINISHED, Status.MERGING})
"""Statuses that hold a slot; `attention` does too, for a while (`scheduler.holds_slot`)."""

SETTLED = frozenset({Status.MERGED, Status.FAILED, Status.CONFLICTED, Status.SKIPPED, Status.CANCELLED})
"""Statuses that a task does not leave by itself."""

LOST = SETTLED - {Status.MERGED}
"""Settled, but its work is not in the integration branch: what depends on it is skipped."""

_OFF = {Status.ATTENTION, Status.FAILED, Status.CANCELLED}

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.PREPARING, Status.SKIPPED} | _OFF),
    Status.PREPARING: frozenset({Status.RUNNING, Status.WAITING} | _OFF),
    Status.RUNNING: frozenset({Status.CHECKING, Status.WAITING, Status.PREPARING} | _OFF),
    Status.CHECKING: frozenset({Status.FINISHED, Status.RUNNING, Status.PREPARING, Status.WAITING} | _OFF),
    Status.FINISHED: frozenset({Status.MERGING, Status.RUNNING} | _OFF),
    Status.MERGING: frozenset({Status.MERGED, Status.PREPARING, Status.CONFLICTED} | _OFF),
    Status.ATTENTION: frozenset({Status.RUNNING, Status.CHECKING, Status.WAITING, Status.PREPARING} | _OFF),
    Status.MERGED: frozenset(),
    Status.FAILED: frozenset({Status.WAITING}),
    Status.CONFLICTED: frozenset({Status.WAITING, Status.MERGING, Status.CANCELLED}),
    Status.SKIPPED: frozenset({Status.WAITING}),
    Status.CANCELLED: frozenset({Status.WAITING}),
}
"""Status -> the statuses that may follow it. Ways back from settled ones are a person's (`retry`, `merge manual`)."""


class ImpossibleEvent(Exception):
    """A fact that cannot follow from what the journal says so far: our own bug."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Work(_Value):
    """What a task has made so far: the commit that gets checked and merged, and its size."""

    commit: str
    tree: str
    commits: int
    added: int = 0
    removed: int = 0
    result: str = ""


class Call(_Value):
    """A tool call of the agent that has begun and not ended."""

    tool: str
    detail: str = ""
    rule: str = ""


class Instance(_Value):
    """The current launch of the agent. (pid, start_time) is its identity, never a bare pid."""

    pid: int = 0
    """0 where the program could not be executed, or the machine was restarted since."""
    start_time: int = 0
    exit: e.InstanceExited | None = None


class ByHand(_Value):
    """A merge that a person makes: until it is resolved or given up, the integration worktree is theirs."""

    task: str
    """Whose conflict; `_integration`: the target's."""
    commit: str
    request: str = ""
    stands: e.MergeHandedOver | None = None
    """The conflicted merge, once it is there."""
    problem: str = ""
    """Why it cannot be prepared."""


class TaskState(_Value):
    """Everything the journal tells of one task."""

    task: Task
    status: Status = Status.WAITING
    reason: str = ""
    since: datetime | None = None
    """When it took this status."""
    cause: e.Cause = ""
    """Why the conversation goes on; `core.prompts` has the words for each."""
    trouble: str = ""
    """`health.Kind` of the failure for which it is where it is; "" if nothing failed."""
    stage: Status = Status.WAITING
    """Where it was before it needed a person."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    worked: float = 0.0
    """Seconds in which it was under way: not waiting, not held, and not asking for a person; up to `clock`."""
    clock: datetime | None = None
    """Since when that time is running; None while it stands still."""

    worktree: str = ""
    branch: str = ""
    stirred: datetime | None = None
    """When its files may have changed last, by what is known."""
    base: str = ""
    setup: e.SetupFinished | None = None
    window: str = ""
    pane: str = ""
    terminal_lost: bool = False
    """The tmux session in which its instance was launched is gone: nobody closed its window by hand."""

    attempt: int = 0
    restarts: int = 0
    """Restarts after failures that may pass, since the last turn that ended in good order."""
    red: int = 0
    """Turns that ended with red checks or a conflict."""
    session_id: str = ""
    conversation: bool = False
    """The agent has taken a prompt, so that there is a conversation to go on with."""
    relaunch: bool = True
    """A new instance is due: the current one, if any, is to be ended first."""
    launch: e.InstanceLaunched | None = None
    """The last launch that was ordered in tmux."""
    instance: Instance | None = None
    examined: e.InstanceExamined | None = None
    """What was found of this instance since it ended, or before it has begun."""
    prompted: bool = False
    """This instance has taken the prompt that it was launched with."""
    holds: frozenset[e.Hold] = frozenset()
    frozen: int = 0
    """The attempt whose instance stands still; one that was launched when the hold came has still to be stopped."""
    cleared: int = 0
    """The last attempt of which nothing runs any more, nor of what it started: daemons outlive their agent."""

    heard: datetime | None = None
    """When its agent has told anything last."""
    activity: str = ""
    steps: Mapping[str, tuple[str, str]] = Field(default_factory=dict)
    """The agent's own list: id -> (title, status)."""
    calls: Mapping[str, Call] = Field(default_factory=dict)
    last_call: str = ""
    denied: tuple[Call, ...] = ()
    """Calls of the last turn that were not allowed."""
    last_call_denied: bool = False
    """The turn ended on such a call."""
    prompt_digest: str = ""
    """Of the last prompt that the agent took."""
    asked: str = ""
    asked_kind: str = ""
    """`health.Kind` of what is asked."""
    stopped: e.AgentStopped | None = None
    """The end of the last turn, until a new one begins."""
    failure: e.AgentFailed | None = None
    with_person: bool = False
    """The turn was begun by somebody else's prompt: nothing automatic until it is over."""

    work: Work | None = None
    check: e.CheckFailed | None = None
    """The check that is red on the collected work, or on the merged tree."""
    merge_begun: str = ""
    """The commit whose merge has begun."""
    merge: e.MergeFinished | None = None
    conflict: e.MergeConflicted | None = None
    resolved: e.MergeResolved | None = None
    """A person's merge of its work, until that is proven or taken back."""
    problem: e.ActionFailed | None = None
    """An effect that could not be carried out for this task."""

    cancel_wished: bool = False
    hold_wished: bool = False
    retry_wished: bool = False

    @property
    def id(self) -> str:
        """The task's id."""
        return self.task.id

    @property
    def alive(self) -> bool:
        """Whether, by the journal, an instance runs. Readers ask the lock before they believe it."""
        return self.instance is not None and self.instance.exit is None

    @property
    def launching(self) -> bool:
        """Whether the launcher was started and has not yet told how the agent started."""
        return self.launch is not None and self.instance is None and not self.relaunch

    @property
    def half_merged(self) -> bool:
        """Whether its work may be on the integration branch, and will not be proven there."""
        return self.merge_begun != "" and self.status not in {Status.MERGING, Status.MERGED}

    def worked_until(self, at: datetime | None) -> float:
        """Return the seconds in which it was under way, what has passed of the current stretch included."""
        return self.worked + (max(0.0, (at - self.clock).total_seconds()) if at and self.clock else 0.0)

    @property
    def settled(self) -> bool:
        """Whether it will not move by itself any more."""
        return self.status in SETTLED


class Step(_Value):
    """Something that can be taken back: a move of the target, a cleanup, or a cancelling."""

    number: int
    kind: Literal["merge", "cleanup", "cancel"]
    at: datetime | None = None
    target: str = ""
    before: str = ""
    """Where the target was; several moves with nothing of anybody else's in between are one step."""
    commit: str = ""
    """Where the target is since."""
    removed: tuple[e.WorktreeRemoved, ...] = ()
    """What a cleanup removed."""
    tasks: tuple[str, ...] = ()
    """What was called off, and was not tried again since."""


class RunState(_Value):
    """Everything the journal tells of a run."""

    start: e.RunStarted
    session: e.SessionOpened | None = None
    supervisor: e.SupervisorStarted | None = None
    boot: str = ""
    """Since when the machine is up, as the last supervisor that knew has told it."""
    tasks: Mapping[str, TaskState]
    integration_worktree: str = ""
    integration_setup: e.SetupFinished | None = None
    tip: str = ""
    """The integration branch's commit."""
    tip_tree: str = ""
    baseline: Mapping[str, e.BaselineFinished] = Field(default_factory=dict)
    passed: frozenset[tuple[str, str]] = frozenset()
    """(tree, command) that passed once: never checked again."""
    integration_check: e.CheckFailed | None = None
    """The check that is red on the integration branch after the target was merged into it."""
    integration_problem: e.ActionFailed | None = None
    target_problem: e.ActionFailed | None = None
    """Why the target could not even be tried to move, until that has been told."""
    target_merge: e.MergeFinished | None = None
    """The merge of a target that had moved, until the target holds the result."""
    target_seen: str = ""
    """The newest commit of the target's own that the result builds on: the target must still hold it to be moved."""
    target_conflict: e.MergeConflicted | None = None
    """The target has moved, and conflicts with the result."""
    by_hand: ByHand | None = None
    """The merge that a person makes now."""
    answered: e.MergeHandedOver | e.MergeResolved | e.MergeAbandoned | e.MergeRefused | None = None
    """The last answer to a request for a merge by hand."""
    moved: e.TargetMoved | None = None
    refused: e.TargetRefused | None = None
    ended: e.RunEnded | None = None
    cancelled: bool = False
    limit_until: datetime | None = None
    forecast: e.ConflictsForecast | None = None
    """Which tasks in flight will conflict; None until something will."""
    merge_wish: e.MergeRequested | None = None
    cleanup_wish: e.CleanupRequested | None = None
    cleanup: e.CleanupFinished | None = None
    removed: tuple[e.WorktreeRemoved, ...] = ()
    """What the cleanup that is under way has removed."""
    steps: tuple[Step, ...] = ()
    """What can be taken back, the oldest first."""
    step_count: int = 0
    """How many steps there ever were: a number is not given twice."""
    undo_wish: e.UndoRequested | None = None
    undo: e.UndoFinished | None = None
    sends: Mapping[str, e.SendRequested] = Field(default_factory=dict)
    """Texts that the agent has not confirmed yet, by request id, in order."""
    pasted: Mapping[str, tuple[datetime, ...]] = Field(default_factory=dict)
    """Request id -> when its text was typed, and when Enter was pressed once more."""
    sent: Mapping[str, e.SendFinished] = Field(default_factory=dict)
    left_behind: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Task -> untracked files that checks made in its worktree."""
    told: frozenset[str] = frozenset()
    """Keys of what the person has been told (`core.telling`)."""
    notify_problem: str = ""
    """Why the person's own command was in vain when it first was."""
    last_at: datetime | None = None
    unknown: int = 0
    """Events of a newer version."""

    @property
    def plan(self) -> Plan:
        """The plan, as started."""
        return self.start.plan

    @property
    def settings(self) -> Settings:
        """The run's settings, as started."""
        return self.start.settings

    @property
    def gates(self) -> tuple[str, ...]:
        """Checks that must pass: those that were green on the untouched base."""
        return tuple(c for c in self.start.checks if c not in self.baseline or self.baseline[c].exit_code == 0)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Checks that are no gate, because they were red before anybody changed anything."""
        return tuple(c for c in self.start.checks if c in self.baseline and self.baseline[c].exit_code != 0)

    @property
    def last_step(self) -> Step | None:
        """What would be taken back next."""
        return self.steps[-1] if self.steps else None

    @property
    def merge_policy(self) -> MergePolicy:
        """When the target moves: as asked, but never by itself without a target or with an untrusted check."""
        if self.start.target is None or self.unchecked or self.cancelled:
            return "manual"
        return self.settings.merge or ("manual" if self.settings.agent == "rehearsal" else "auto")
