"""The supervisor: the loop that carries a run. It waits, observes, folds, decides, executes; it has no rule of its own.

The same loop serves a command that finds no supervisor: under the run's lock, until its request is answered.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.scheduler import decide, next_deadline
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects import observe, processes
from tmux_orchestra.effects.executor import Executor
from tmux_orchestra.effects.files import RunFolder
from tmux_orchestra.effects.journal import Journal

Decide = Callable[[RunState, Settings, datetime], list[a.Action]]

MAX_ROUNDS = 1000
"""Conclusions drawn in a row without the world having changed; more is a bug that must not spin for ever."""


class Supervisor:
    """Carries one run, under its lock (which the caller holds)."""

    def __init__(self, folder: RunFolder, decide: Decide = decide) -> None:
        """Read the journal; nothing is done yet. `decide` may be narrower than the whole of the scheduler."""
        self.folder = folder
        self._decide = decide
        self.journal = Journal(folder.journal)
        self._told_by: set[str] = set()
        self._state: RunState | None = None
        self._catch_up()
        begun = self.state
        self.watch = observe.Watch()
        self.executor = Executor(folder, begun, self.watch.wake)

    @property
    def state(self) -> RunState:
        """The run as the journal tells it."""
        if self._state is None:
            raise RuntimeError(f"{self.folder.journal} does not begin with run.started")
        return self._state

    def run(self, until: Callable[[RunState], bool], deadline: float | None = None) -> RunState:
        """Carry the run on until `until` says so; what is under way is waited for. Returns the last state.

        `deadline` is a moment of `time.monotonic` at which `until` should be asked although nothing happened.
        """
        self.watch.file(self.folder.journal)
        for task in self.state.tasks:
            self.folder.inbox(task).mkdir(mode=0o700, parents=True, exist_ok=True)
            self.watch.folder(self.folder.inbox(task))
        me = os.getpid()
        self._append(e.SupervisorStarted(pid=me, start_time=processes.start_time(me), boot=processes.boot()))
        self.executor.end_stale_checks()
        try:
            while not self._settle(until):
                self.watch.wait(self._patience(deadline))
        finally:
            self.executor.close()
            for event in self.executor.finished():
                self._append(event)
            self._append(e.SupervisorStopped(pid=me))
            self.watch.close()
        return self.state

    def _patience(self, deadline: float | None) -> float | None:
        """Return how many seconds may be slept; None: until something happens."""
        now = datetime.now(UTC)
        due = next_deadline(self.state, self.state.settings, now)
        times = [(due - now).total_seconds() if due else None, self.executor.next_try]
        times.append(deadline - time.monotonic() if deadline is not None else None)
        return min((seconds for seconds in times if seconds is not None and seconds > 0), default=None)

    def _settle(self, until: Callable[[RunState], bool]) -> bool:
        """Observe and decide until nothing follows any more; start the effects. Returns whether it is over."""
        for _ in range(MAX_ROUNDS):
            self._observe()
            actions = self._decide(self.state, self.state.settings, datetime.now(UTC))
            records = [action for action in actions if isinstance(action, a.Record)]
            for record in records:
                self._append(record.event)
            if records:
                continue
            self.executor.drop_unwanted(self.state)
            started = [self.executor.start(action, self.state) for action in actions]
            self.executor.show(self.state)
            return not any(started) and not self.executor.busy and until(self.state)
        raise RuntimeError(f"{MAX_ROUNDS} conclusions without an effect: {actions}")

    def _observe(self) -> None:
        """Bring everything that happened into the journal, and the journal into the state."""
        for event in self.executor.finished():
            self._append(event)
        self._catch_up()
        for task in self.state.tasks.values():
            agent = AGENTS[task.task.agent or self.state.settings.agent]
            for path, facts in observe.read_inbox(self.folder.inbox(task.id), task.id, agent, self._told_by):
                for fact in facts:
                    self._append(fact)
                path.unlink(missing_ok=True)
        self._catch_up()
        for lost in self._lost_launchers():
            self._append(lost)
        self._catch_up()

    def _lost_launchers(self) -> list[e.Event]:
        """Say what launchers cannot say themselves: that they are gone without having reported the agent's end."""
        lost: list[e.Event] = []
        for task in self.state.tasks.values():
            if task.launch is None or not (task.alive or task.launching):
                continue
            if self.watch.process(task.launch.launcher_pid, task.launch.launcher_start_time):
                continue
            if not observe.inbox_files(self.folder.inbox(task.id)):  # its last word may lie there
                lost.append(e.InstanceExited(task=task.id, attempt=task.attempt, reason="the launcher is gone"))
        return lost

    def _append(self, event: e.Event) -> None:
        """Write a fact, unless it is impossible: then nothing is written, and the bug is loud."""
        fold(self._state, event)
        self.journal.append(event)
        self._catch_up()

    def _catch_up(self) -> None:
        for event in self.journal.read_new():
            self._state = fold(self._state, event)
            if event.told_by:
                self._told_by.add(event.told_by)
