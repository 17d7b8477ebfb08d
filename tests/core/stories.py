"""Short ways to tell a run's journal in tests of the pure core."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.lifecycle import step
from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.scheduler import decide
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, Status, TaskState

START = datetime(2026, 1, 1, tzinfo=UTC)
BASE = "b" * 40
SESSION = e.SessionOpened(session="shop-r1", session_id="$1", socket="/tmp/s", server_pid=9)
FOUNDATIONS: tuple[e.Event, ...] = (
    SESSION,
    e.WorktreeCreated(task=e.INTEGRATION, path="/i", branch="orchestra/r1/_integration", base=BASE),
    e.BaselineFinished(check="test", exit_code=0),
)
"""What every run stands on before its tasks begin."""


def second(number: float) -> datetime:
    """Return the moment so many seconds after the run's first event."""
    return START + timedelta(seconds=number)


def run_started(*tasks: Task | str, settings: Settings | None = None, **fields: Any) -> e.RunStarted:
    """Return the first event of a run with these tasks (by default, just `a`)."""
    named = [Task(id=t) if isinstance(t, str) else t for t in tasks or ("a",)]
    fixed: dict[str, Any] = {
        "run": "r1", "request": "do it", "repository": "/repo", "base": BASE, "target": "main",
        "integration": "orchestra/r1/_integration", "checks": ("test",),
    }  # fmt: skip
    plan = Plan(tasks=tuple(named), constraints=fields.pop("constraints", ()))
    return e.RunStarted(plan=plan, settings=settings or Settings(), **(fixed | fields))


def stamped(events: Iterable[e.Event], begin: float = 0) -> list[e.Event]:
    """Return the events with one second between each; those that have a time keep it."""
    return [
        event if event.at else event.model_copy(update={"at": second(begin + number)})
        for number, event in enumerate(events)
    ]


def told(*events: e.Event | Iterable[e.Event], after: RunState | None = None) -> RunState:
    """Fold the events, one second apart. Without `run.started` (or `after`) it is a run of the one task `a`."""
    flat: list[e.Event] = []
    for event in events:
        flat += [event] if isinstance(event, e.Event) else list(event)
    if after is None and not isinstance(flat[0] if flat else None, e.RunStarted):
        flat.insert(0, run_started())
    state = after
    for event in stamped(flat, (after.last_at - START).total_seconds() + 1 if after and after.last_at else 0):
        state = fold(state, event)
    assert state is not None
    return state


def launched(task: str = "a", attempt: int = 1, **fields: Any) -> e.InstanceLaunched:
    """A launch was ordered."""
    fixed: dict[str, Any] = {"launcher_pid": 100, "launcher_start_time": 1, "session_id": "s1"}
    return e.InstanceLaunched(task=task, attempt=attempt, **(fixed | fields))


def started(task: str = "a", attempt: int = 1, pid: int = 200) -> e.InstanceStarted:
    """The agent started."""
    return e.InstanceStarted(task=task, attempt=attempt, pid=pid, start_time=7, launcher_pid=100, launcher_start_time=1)


def exited(task: str = "a", attempt: int = 1, **fields: Any) -> e.InstanceExited:
    """The agent ended."""
    return e.InstanceExited(task=task, attempt=attempt, **fields)


def examined(task: str = "a", attempt: int = 1, **fields: Any) -> e.InstanceExamined:
    """It was looked at what is left of an instance: everything is still there."""
    return e.InstanceExamined(task=task, attempt=attempt, **fields)


def worktree(task: str = "a") -> e.WorktreeCreated:
    """The task's worktree stands."""
    return e.WorktreeCreated(task=task, path=f"/w/{task}", branch=f"orchestra/r1/{task}", base=BASE)


def collected(task: str = "a", commits: int = 1, result: str = "", mark: str = "1") -> e.WorkCollected:
    """The task's work was looked at."""
    return e.WorkCollected(task=task, commit=f"c{mark}", tree=f"t{mark}", commits=commits, result=result)


def merged(task: str = "a", mark: str = "1") -> e.MergeFinished:
    """The integration branch holds the task's work."""
    return e.MergeFinished(task=task, commit=f"m{mark}", tree=f"mt{mark}", before=BASE)


def road(task: str = "a", to: Status = Status.MERGED, mark: str = "1") -> list[e.Event]:
    """Return what befalls a task on its way to this status when all goes well (or nothing did, for `waiting`)."""
    stations: dict[Status, list[e.Event]] = {
        Status.WAITING: [],
        Status.PREPARING: [e.WindowOpened(task=task, window="@1", pane="%1"), e.TaskPreparing(task=task)],
        Status.RUNNING: [
            worktree(task), launched(task), started(task), e.TaskRunning(task=task), e.AgentPromptReceived(task=task),
        ],
        Status.CHECKING: [e.AgentStopped(task=task, message="done"), e.TaskChecking(task=task)],
        Status.FINISHED: [
            collected(task, mark=mark),
            e.CheckPassed(task=task, command="test", tree=f"t{mark}"),
            e.TaskFinished(task=task),
        ],
        Status.MERGING: [e.TaskMerging(task=task), e.MergeStarted(task=task, commit=f"c{mark}")],
        Status.MERGED: [
            merged(task, mark),
            e.CheckPassed(task=e.INTEGRATION, command="test", tree=f"mt{mark}"),
            e.TaskMerged(task=task),
        ],
    }  # fmt: skip
    taken: list[e.Event] = []
    for status, events in stations.items():
        taken += events
        if status is to:
            return taken
    raise ValueError(f"no straight road leads to {to}")


def at(status: Status, *further: e.Event, settings: Settings | None = None, **fields: Any) -> RunState:
    """Return a run of the one task `a`, which took the straight road to this status; then `further` happened."""
    task = fields.pop("task", Task(id="a"))
    return told(run_started(task, settings=settings, **fields), FOUNDATIONS, road("a", status), further)


LATER = second(1000)


def ordered(state: RunState, now: datetime = LATER) -> list[a.Action]:
    """Return everything that should be done now."""
    return decide(state, state.settings, now)


def recorded(state: RunState, kind: type[e.Event], now: datetime = LATER) -> list[Any]:
    """Return the events of this kind that should be recorded now."""
    return [x.event for x in ordered(state, now) if isinstance(x, a.Record) and isinstance(x.event, kind)]


MOVED = e.TargetMoved(target="main", before=BASE, commit="m1")


CLEARED = e.InstanceCleared(task="a", attempt=1)


def over(policy: Any = "auto", *further: e.Event, task: Task | None = None) -> RunState:
    """The run's one task is merged, its agent has ended, and nothing that it started runs any more."""
    ended = (exited(exit_code=143), CLEARED)
    return at(Status.MERGED, *ended, *further, settings=Settings(merge=policy), task=task or Task(id="a"))


def changed(before: RunState, after: RunState) -> dict[str, Any]:
    """Return the fields of the run that differ, but `last_at` and `heard`; those of task `a` as `a.<field>`."""
    found = {}
    for name in set(RunState.model_fields) - {"last_at", "tasks"}:
        if getattr(before, name) != getattr(after, name):
            found[name] = getattr(after, name)
    for task in after.tasks:
        for name in set(TaskState.model_fields) - {"heard"}:
            if getattr(before.tasks[task], name) != getattr(after.tasks[task], name):
                found[f"{task}.{name}"] = getattr(after.tasks[task], name)
    return found


def after(state: RunState, now: datetime = LATER) -> list[a.Action]:
    """Return what should be done next for task `a` alone."""
    return step(state, state.tasks["a"], now)


def status_of(state: RunState, now: datetime = LATER) -> tuple[str, str]:
    """Return the status that follows, and its reason; there must be no other action."""
    (action,) = after(state, now)
    assert isinstance(action, a.Record)
    assert isinstance(action.event, e.StatusChanged)
    return action.event.event.removeprefix("task."), action.event.reason


def stopped(message: str = "done", **fields: Any) -> e.AgentStopped:
    """A turn ended in good order."""
    return e.AgentStopped(task="a", message=message, **fields)
