"""A run of its own in a real repository: effects are carried out one at a time, and what they tell is folded."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.effects.tmux_fixtures import end_server
from tests.waiting import retry_until
from tmux_orchestra.agents import AGENTS
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, TaskState
from tmux_orchestra.effects import instances, observe, starting, working
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.journal import Journal, read_state
from tmux_orchestra.effects.site import Site


class Run:
    """A run that has begun and that nobody carries: the test is its supervisor."""

    def __init__(self, repository: Path, *tasks: Task | str, checks: Sequence[str] = (), **settings: Any) -> None:
        planned = Plan(tasks=tuple(Task(id=t) if isinstance(t, str) else t for t in tasks or ("a",)))
        chosen = Settings.model_validate({"agent": "rehearsal", "end_timeout": 5.0, "restart_delay": 0.0} | settings)
        self.site, _ = starting.begin(
            Repository.open(repository), starting.Agreed("do it", planned, chosen, tuple(checks))
        )
        self.journal = Journal(self.site.folder.journal)

    @property
    def state(self) -> RunState:
        """What the journal tells."""
        state = read_state(self.site.folder.journal)
        assert state is not None
        return state

    def task(self, task: str = "a") -> TaskState:
        """What the journal tells of a task."""
        return self.state.tasks[task]

    def tell(self, *events: e.Event) -> None:
        """Write facts down; an impossible one fails the test."""
        for event in events:
            fold(self.state, event)
            self.journal.append(event)

    def carry(self, effect: Callable[[Site, RunState], list[e.Event]]) -> list[e.Event]:
        """Carry an effect out, write down what it tells, and return that."""
        told = effect(self.site, self.state)
        self.tell(*told)
        return told

    def stand(self, *tasks: str) -> None:
        """Make the integration worktree, and those of these tasks."""
        self.carry(working.create_integration)
        for task in tasks:
            action = a.CreateWorktree(task=task, start=self.state.tip)
            self.carry(partial(_made, action))

    def worktree(self, task: str = "a") -> Path:
        """Where a task's (or the integration branch's) files are."""
        return self.site.worktree(self.state, task)

    def collect(self, task: str = "a") -> e.WorkCollected:
        """Look at a task's work."""
        (collected,) = self.carry(lambda site, state: working.collect_work(site, task, state))
        assert isinstance(collected, e.WorkCollected)
        return collected

    def listen(self, task: str = "a") -> list[e.Event]:
        """Write down what has arrived in a task's inbox."""
        told: list[e.Event] = []
        agent = AGENTS[self.state.settings.agent]
        for path, facts in observe.read_inbox(self.site.folder.inbox(task), task, agent, set()):
            self.tell(*facts)
            told += facts
            path.unlink()
        return told

    def hear(self, name: str, task: str = "a") -> e.Event:
        """Wait until the agent or its launcher has told this."""

        def heard() -> e.Event | None:
            return next((event for event in self.listen(task) if event.event == name), None)

        return retry_until(heard, what=f"{name} of {task}")


def _made(action: a.CreateWorktree, site: Site, state: RunState) -> list[e.Event]:
    return working.create_worktree(site, action, state)


OpenRun = Callable[..., Run]


@pytest.fixture
def open_run(repo_path: Path) -> Iterator[OpenRun]:
    """Begin a run in the repository; its tmux server, if it got one, is gone in the end."""
    begun: list[Run] = []

    def start(*tasks: Task | str, checks: Sequence[str] = (), **settings: Any) -> Run:
        begun.append(Run(repo_path, *tasks, checks=checks, **settings))
        return begun[-1]

    yield start
    for run in begun:
        end_server(run.site.tmux)


def open_windows(run: Run, *tasks: str) -> None:
    """Give the run its tmux session, without a supervisor in it, and these tasks their windows."""
    site = run.site
    session = site.tmux.open_session(f"shop-{site.folder.id}", site.repository.here, os.environ, run=site.folder.id)
    run.tell(
        e.SessionOpened(
            session=session.name, session_id=session.id, socket=str(session.socket_path), server_pid=session.server_pid
        )
    )
    run.carry(lambda site, state: instances.open_windows(site, a.OpenWindows(tasks=tasks), state))


def launch(run: Run, prompt: str, task: str = "a", **fields: Any) -> e.InstanceLaunched:
    """Start an instance of a task that is being prepared; return what was told of the launch."""
    fixed: dict[str, Any] = {"attempt": 1, "session_id": "", "resume": False, "prompt": prompt}
    action = a.Launch(task=task, **(fixed | fields))
    told = run.carry(lambda site, state: instances.launch(site, action, state))
    assert isinstance(told[-1], e.InstanceLaunched)
    return told[-1]
