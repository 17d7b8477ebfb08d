"""A simulated world for the pure core: it carries actions out by drawing what happens, and keeps time.

It plays the executor, git, the launchers and the agents. Nothing here is a double of tmux, git or a process: the
core never sees those, it sees events, and these are events that the real effects can give. What is real in this
world (worktrees, the integration branch, launched agents) is kept apart from what the journal says of it, so that
a supervisor can die between doing and telling.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.scheduler import decide, next_deadline
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState

START = datetime(2026, 1, 1, tzinfo=UTC)
BASE = "base"

Draw = Callable[[str, list[str]], str]
"""(what is asked, the possible answers, the good one first) -> the answer."""


@dataclass(frozen=True)
class Merge:
    """One commit of the integration branch: whose work it brought in, as which commit, and what was the tip before."""

    task: str
    work: str
    commit: str
    before: str

    @property
    def tree(self) -> str:
        """The commit's tree."""
        return f"tree of {self.commit}"


@dataclass
class World:
    """One run in it. `history` is its journal; `pending` what agents and launchers have still to tell.

    `lossy` says, for an action that was just carried out, whether the supervisor dies before it can tell.
    """

    plan: Plan
    settings: Settings
    draw: Draw
    checks: tuple[str, ...] = ("test",)
    lossy: Callable[[], bool] = lambda: False
    now: datetime = START
    history: list[e.Event] = field(default_factory=list)
    pending: list[e.Event] = field(default_factory=list)
    serial: int = 0
    branch: list[Merge] = field(default_factory=list)
    """The integration branch, oldest first."""
    worktrees: dict[str, str] = field(default_factory=dict)
    """Task -> the commit from which its worktree was made."""
    attempts: dict[str, int] = field(default_factory=dict)
    """Task -> its last attempt, whether or not the journal knows of it."""
    living: set[str] = field(default_factory=set)
    """Tasks whose agent runs."""
    target: str = BASE
    deaths: int = 0
    looked: a.Action | None = None
    """The forecast that was made last: it is not made again while nothing has changed."""

    def __post_init__(self) -> None:
        self.state: RunState | None = None
        self.tell(
            e.RunStarted(
                run="r1", request="do it", plan=self.plan, settings=self.settings, repository="/repo", base=BASE,
                target="main", integration="orchestra/r1/_integration", checks=self.checks,
            )
        )  # fmt: skip
        self.tell(e.SessionOpened(session="s", session_id="$1", socket="/s", server_pid=1))

    @property
    def tip(self) -> str:
        """The integration branch's commit."""
        return self.branch[-1].commit if self.branch else BASE

    def tell(self, event: e.Event) -> None:
        """Let an event happen now."""
        stamped = event.model_copy(update={"at": self.now})
        self.state = fold(self.state, stamped)
        self.history.append(stamped)

    def step(self) -> bool:
        """Decide and carry out one round; return whether anything happened."""
        assert self.state is not None
        actions = [x for x in decide(self.state, self.settings, self.now) if x != self.looked]
        records = [action for action in actions if isinstance(action, a.Record)]
        if records:
            for record in records:
                self.tell(record.event)
            return True
        if actions:
            self.carry_all_out(actions)
            self.now += timedelta(seconds=1)
            if not self.report():
                self.notice()
            return True
        if self.report() or self.notice():
            return True
        deadline = next_deadline(self.state, self.settings, self.now)
        if deadline is None:
            return False
        self.now = deadline
        return True

    def carry_all_out(self, actions: list[a.Action]) -> None:
        """Carry out one action in each lane, unless the supervisor dies in the middle."""
        lanes: set[str] = set()
        for action in actions:
            if action.lane in lanes:
                continue
            lanes.add(action.lane)
            told = self.carry_out(action) if self.works(action) else [self.failed(action)]
            if self.lossy():
                self.deaths += 1
                return
            for event in told:
                self.tell(event)

    def works(self, action: a.Action) -> bool:
        """Whether the effect can be carried out at all: disks fill up, git and tmux refuse."""
        return self.draw(type(action).__name__, ["works", "works", "works", "fails"]) == "works"

    def failed(self, action: a.Action) -> e.Event:
        """What the executor tells of an effect that could not be carried out."""
        task = getattr(action, "task", None)
        kind = self.draw("cause", ["", "disk-full"])
        return e.ActionFailed(action=type(action).__name__, task=task, reason="it fails", hint="mend it", kind=kind)

    def report(self) -> bool:
        """Let one thing that agents have to tell arrive."""
        if not self.pending:
            return False
        self.now += timedelta(seconds=1)
        event = self.pending.pop(0)
        if isinstance(event, e.InstanceExited) and event.attempt == self.attempts[event.task]:
            self.living.discard(event.task)
        self.tell(event)
        return True

    def notice(self) -> bool:
        """Let the supervisor see that a launcher is gone which told nothing of its end."""
        assert self.state is not None
        for task in self.state.tasks.values():
            if (task.alive or task.launching) and task.id not in self.living:
                self.tell(e.InstanceExited(task=task.id, attempt=task.attempt, reason="the launcher is gone"))
                return True
        return False

    def run(self, rounds: int = 3000) -> RunState:
        """Step until nothing moves any more."""
        for _ in range(rounds):
            if not self.step():
                break
        else:
            raise AssertionError(f"still moving after {rounds} rounds: {[x.event for x in self.history[-20:]]}")
        assert self.state is not None
        return self.state

    # --- what happens --------------------------------------------------------------------------------

    def carry_out(self, action: a.Action) -> list[e.Event]:  # noqa: C901, PLR0912 - one case per action
        """Return the events that an action gives, drawing where there is a choice."""
        assert self.state is not None
        self.serial += 1
        match action:
            case a.CreateIntegration():
                if self.draw("worktree _integration", ["made", "disk full"]) == "disk full":
                    return [e.ActionFailed(action="CreateIntegration", task=e.INTEGRATION, reason="disk full")]
                return [
                    e.WorktreeCreated(task=e.INTEGRATION, path="/i", branch="orchestra/r1/_integration", base=self.tip)
                ]
            case a.CreateWorktree(task=task, start=start):
                if self.draw(f"worktree {task}", ["made", "disk full"]) == "disk full":
                    return [e.ActionFailed(action="CreateWorktree", task=task, reason="disk full")]
                start = self.worktrees.setdefault(task, start)
                return [e.WorktreeCreated(task=task, path=f"/w/{task}", branch=f"b/{task}", base=start)]
            case a.RunBaseline(command=command):
                return [e.BaselineFinished(check=command, exit_code=0)]
            case a.OpenWindows(tasks=tasks):
                return [e.WindowOpened(task=task, window=f"@{n}", pane=f"%{n}") for n, task in enumerate(tasks)]
            case a.Launch():
                return self.launch(action)
            case a.EndInstance(task=task):
                self.end(task)
                return [e.InstanceCleared(task=task, attempt=self.state.tasks[task].attempt)]
            case a.Examine(task=task):
                gone = self.draw(f"gone {task}", ["", "pane", "window", "session", "worktree"])
                attempt = self.state.tasks[task].attempt
                return [e.InstanceExamined.model_validate({"task": task, "attempt": attempt, "gone": gone.split()})]
            case a.FindRoom(task=task):
                return [e.RoomReturned(task=task)]
            case a.Freeze(task=task, hold=hold):
                alive = self.state.tasks[task].alive
                attempt = self.state.tasks[task].attempt if alive else 0
                return [e.InstanceFrozen(task=task, hold=hold, attempt=attempt)]
            case a.Thaw(task=task, hold=hold):
                return [e.InstanceThawed(task=task, hold=hold)]
            case a.Collect(task=task):
                commits = 0 if self.draw(f"work {task}", ["made", "none"]) == "none" else 1
                return [e.WorkCollected(task=task, commit=f"c{self.serial}", tree=f"t{self.serial}", commits=commits)]
            case a.RunCheck():
                return self.check(action)
            case a.Forecast():
                return self.forecast(action)
            case a.Send(id=request, task=task, text=text):
                return self.send(request, task, text)
        return self.merge(action)

    # --- agents --------------------------------------------------------------------------------------

    TURNS: tuple[str, ...] = (
        *("done", "crash", "never starts", "asks", "limit", "error", "denied", "overload", "closed", "dialog", "todo"),
        *("vanishes", "hangs at once", "hangs in its turn"),
    )

    def launch(self, action: a.Launch) -> list[e.Event]:
        """Start an instance; an earlier one that runs is ended first. What it will do is drawn now, told later."""
        task = action.task
        if task in self.living:
            self.end(task)
        attempt = self.attempts[task] = max(action.attempt, self.attempts.get(task, 0) + 1)
        self.living.add(task)
        self.pending += self.turn(task, attempt, self.draw(f"agent {task}", list(self.TURNS)))
        session = action.session_id or f"s{self.serial}"
        return [
            e.InstanceLaunched(task=task, attempt=attempt, launcher_pid=1, launcher_start_time=1, session_id=session)
        ]

    def turn(self, task: str, attempt: int, how: str) -> list[e.Event]:
        """Return what an instance has to tell, if its first turn goes like this."""
        begun: list[e.Event] = [
            e.InstanceStarted(
                task=task, attempt=attempt, pid=self.serial, start_time=1, launcher_pid=1, launcher_start_time=1
            ),
            e.AgentPromptReceived(task=task),
        ]
        call = e.AgentToolUsed(task=task, tool="Bash", detail="rm", call="1", phase="started", rule="Bash(rm:*)")
        rests: dict[str, list[e.Event]] = {
            "done": [e.AgentStopped(task=task, message="done")],
            "crash": [e.InstanceExited(task=task, attempt=attempt, exit_code=1)],
            "asks": [e.AgentStopped(task=task, message="QUESTION: which one?")],
            "limit": [e.AgentFailed(task=task, error="rate_limit", retry_at=self.now + timedelta(seconds=100))],
            "error": [e.AgentFailed(task=task, error="billing_error", transient=False)],
            "denied": [call, e.AgentStopped(task=task, message="I may not")],
            "overload": [e.AgentFailed(task=task, error="overloaded")],
            "closed": [e.InstanceExited(task=task, attempt=attempt, exit_code=0)],
            "dialog": [e.AgentAsked(task=task, question="may I?")],
            "todo": [e.AgentTodoChanged(task=task, items=(("x", "pending"),)), e.AgentStopped(task=task)],
        }
        match how:
            case "never starts":
                return [e.InstanceExited(task=task, attempt=attempt, exit_code=127, reason="no such program")]
            case "vanishes":  # the launcher was killed before it could tell anything
                self.living.discard(task)
                return []
            case "hangs at once":
                return []
        return begun + rests.get(how, [])

    def end(self, task: str) -> None:
        """End a task's agent: what it had still to tell is never told, but for its end."""
        self.pending = [event for event in self.pending if getattr(event, "task", "") != task]
        if task in self.living:
            ended = e.InstanceExited(task=task, attempt=self.attempts[task], exit_code=143, signal="SIGTERM")
            self.pending.append(ended)

    def kill_launcher(self, task: str) -> None:
        """Kill an agent and its launcher, as a person or the machine may at any time."""
        self.pending = [event for event in self.pending if getattr(event, "task", "") != task]
        self.living.discard(task)

    def type_in(self, task: str) -> None:
        """Let a person type into a task's window; the agent answers."""
        self.pending += [e.AgentPromptReceived(task=task, digest="typed"), e.AgentStopped(task=task, message="done")]

    def send(self, request: str, task: str, text: str) -> list[e.Event]:
        if task in self.living and self.draw(f"send {task}", ["taken", "ignored"]) == "taken":
            self.pending.append(e.AgentPromptReceived(task=task, digest=e.prompt_digest(text)))
            self.pending.append(e.AgentStopped(task=task, message="done"))
        return [e.SendPasted(task=task, id=request)]

    # --- checks, merges, the target -------------------------------------------------------------------

    def forecast(self, action: a.Forecast) -> list[e.Event]:
        assert self.state is not None
        self.looked = action
        tasks = [task for task, _ in action.looks]
        clash = len(tasks) > 1 and self.draw("forecast", ["clean", "conflict"]) == "conflict"
        pairs = (e.Overlap(tasks=(tasks[0], tasks[-1]), paths=("x",)),) if clash else ()
        known = self.state.forecast.pairs if self.state.forecast else ()
        return [e.ConflictsForecast(pairs=pairs)] if pairs != known else []

    def check(self, action: a.RunCheck) -> list[e.Event]:
        if self.draw(f"check {action.task}", ["green", "red"]) == "green":
            return [e.CheckPassed(task=action.task, command=action.command, tree=action.tree)]
        return [e.CheckFailed(task=action.task, command=action.command, tree=action.tree, exit_code=1, tail="boom")]

    def merge(self, action: a.Action) -> list[e.Event]:
        match action:
            case a.Merge(task=task, commit=commit):
                found = next((m for m in self.branch if m.work == commit), None)
                if found is None and self.draw(f"merge {task}", ["clean", "conflict"]) == "conflict":
                    return [e.MergeConflicted(task=task, paths=("x",))]
                return [self.finished(found or self.grow(task, commit))]
            case a.RevertMerge(task=task, before=before, reason=reason):
                kept = [n for n, m in enumerate(self.branch, 1) if m.commit == before]
                assert kept or before == BASE, f"reset to {before}, which is not on the branch"
                del self.branch[kept[0] if kept else 0 :]
                return [e.MergeReverted(task=task, commit=before, reason=reason)]
            case a.MoveTarget(commit=commit, request=request):
                return self.move_target(commit, request)
            case a.HandOver() | a.TakeResolution() | a.GiveBack():
                return self.by_hand(action)
            case a.Cleanup(request=request):
                return self.clean_up(request)
        raise AssertionError(f"the world does not know {action}")

    def grow(self, task: str, work: str) -> Merge:
        self.branch.append(Merge(task, work, f"m{self.serial}", self.tip))
        return self.branch[-1]

    def finished(self, merge: Merge) -> e.MergeFinished:
        return e.MergeFinished(task=merge.task, commit=merge.commit, tree=merge.tree, before=merge.before)

    def by_hand(self, action: a.HandOver | a.TakeResolution | a.GiveBack) -> list[e.Event]:
        """Let a person merge what conflicts: when asked, they have done it, or not yet."""
        assert self.state is not None
        task, request, before = action.task, action.request, self.state.tip
        work = self.state.by_hand.commit if self.state.by_hand else ""
        if isinstance(action, a.GiveBack):
            del self.branch[next((n for n, m in enumerate(self.branch, 1) if m.commit == before), 0) :]
            return [e.MergeAbandoned(task=task, request=request)]
        done = self.branch[-1] if self.tip != before else None
        if isinstance(action, a.HandOver) and not done and self.draw("by hand", ["conflict", "clean"]) == "conflict":
            return [e.MergeHandedOver(task=task, path="/i", commit=work or "theirs", before=before, request=request)]
        if isinstance(action, a.TakeResolution) and not done and self.draw("resolved", ["whole", "open"]) == "open":
            return [e.MergeRefused(reason="still in conflict", request=request)]
        done = done or self.grow(task, work or f"theirs{self.serial}")
        return [e.MergeResolved(task=task, commit=done.commit, tree=done.tree, before=before, request=request)]

    def move_target(self, commit: str, request: str) -> list[e.Event]:
        if self.branch[-1].task == e.INTEGRATION and commit != self.tip:
            return [self.finished(self.branch[-1])]  # it was done, and never told
        if self.target != commit:
            match self.draw("target", ["moved", "diverged", "refused", "conflicts"]):
                case "refused":
                    return [e.TargetRefused(target="main", reason="local edits", request=request)]
                case "conflicts":
                    refused = e.TargetRefused(target="main", reason="conflicts", request=request)
                    return [e.MergeConflicted(task=e.INTEGRATION, paths=("x",)), refused]
                case "diverged":
                    return [self.finished(self.grow(e.INTEGRATION, f"theirs{self.serial}"))]
        before, self.target = self.target, commit
        return [e.TargetMoved(target="main", before=before, commit=commit, request=request)]

    def clean_up(self, request: str) -> list[e.Event]:
        gone: list[e.Event] = []
        assert self.state is not None
        for task in self.state.tasks.values():
            if task.worktree and task.status == "merged":
                self.worktrees.pop(task.id, None)
                gone.append(e.WorktreeRemoved(task=task.id, path=task.worktree, branch=task.branch))
        if self.state.integration_worktree and self.target == self.tip:
            gone.append(e.WorktreeRemoved(task=e.INTEGRATION, path="/i", branch="orchestra/r1/_integration"))
        return [*gone, e.CleanupFinished(request=request)]
