"""Starting a run: its folder, its first event, its tmux session with the status window and the supervisor."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tmux_orchestra.agents import AGENTS, Assignment
from tmux_orchestra.core import events as e
from tmux_orchestra.core.briefs import brief_at_start
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.subagents import Subagent, chosen
from tmux_orchestra.effects import processes
from tmux_orchestra.effects.commands import end_left
from tmux_orchestra.effects.files import RunFolder, new_run
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.journal import Journal, read_state, supervisor_lock
from tmux_orchestra.effects.site import PANE, PYTHON, Site
from tmux_orchestra.effects.subagents import known_subagents
from tmux_orchestra.effects.tmux import Tmux, WindowSpec

PROGRAM = (PYTHON, "-P", "-m", "tmux_orchestra")
"""This program as argv; `-P` keeps a repository's own modules from standing in for ours."""

SUPERVISOR = "_supervisor"
"""Stands for the supervisor's window where a task's id would be."""

LOCK_PATIENCE = 30.0
"""Seconds in which a command that carries the run for a moment should have let its lock go."""


@dataclass(frozen=True)
class Agreed:
    """What a person has agreed to before a run is created."""

    request: str
    plan: Plan
    settings: Settings
    checks: tuple[str, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Task -> the brief that the person wrote for it."""


def require_launches(repository: Repository, agreed: Agreed) -> dict[str, Subagent]:
    """Return the plan's subagents, once every agent has said how it would be launched with its task's prompt.

    So a prompt that is too long, or a permission rule that an agent could not read, is found before anything is
    created. Raises UsageError.
    """
    subagents, nowhere = chosen(agreed.plan, known_subagents(repository.here)), Path()
    for task in agreed.plan.tasks:
        AGENTS[task.agent or agreed.settings.agent].launch(
            Assignment(
                run="", task=task.id, attempt=1, session_id="", resume=False, prompt=brief_at_start(agreed, task.id),
                subagent=subagents[task.subagent], worktree=nowhere, folder=nowhere, hook=nowhere, python=PYTHON,
                checks=agreed.checks, allow=agreed.settings.allow, extra_args=agreed.settings.agent_args,
            )
        )  # fmt: skip
    return subagents


def begin(repository: Repository, agreed: Agreed) -> tuple[Site, e.RunStarted]:
    """Create the run's folder and write its first event. Raises OrchestraError; nothing else is created yet."""
    plan, settings = agreed.plan, agreed.settings
    subagents = require_launches(repository, agreed)
    head = repository.head()
    base = repository.resolve(settings.base) if settings.base else head.commit
    target_at = head.commit if head.branch else ""
    folder = new_run(repository.state_dir, datetime.now(UTC))
    started = e.RunStarted(
        run=folder.id, request=agreed.request, plan=plan, settings=settings, repository=str(repository.here), base=base,
        target=head.branch, target_at=target_at, integration=f"orchestra/{folder.id}/_integration",
        checks=agreed.checks, subagents=subagents, prompts=agreed.prompts,
    )  # fmt: skip
    try:
        folder.create(plan, settings, {task.id: brief_at_start(started, task.id) for task in plan.tasks})
        Journal(folder.journal).append(started)
    except OrchestraError:
        folder.remove()
        raise
    return Site(folder, repository, Tmux(settings.socket_name)), started


def open_session(site: Site, env: Mapping[str, str] = os.environ) -> e.SessionOpened:
    """Make sure that the run's tmux session stands: window 0 `status`, and the supervisor under its keeper.

    Done again, also by two at once, it repairs what is missing. `env` becomes the environment of everything in the
    session. The run's lock is held only while the session is written down, so that the supervisor finds it free.
    """
    run, where = site.folder.id, site.repository.here
    with supervisor_lock(site.folder.opening, wait=True):  # two windows of the same tag would be two keepers
        session = site.tmux.open_session(f"{site.repository.name}-{run}", where, env, run=run)
        opened = e.SessionOpened(
            session=session.name, session_id=session.id, socket=str(session.socket_path),
            server_pid=session.server_pid, server_started=session.server_started,
        )  # fmt: skip
        _write_down(site.folder, opened)
        (window,) = site.tmux.open_windows(session.id, [WindowSpec("supervisor", f"{run}/{SUPERVISOR}", cwd=where)])
        carrier = (PYTHON, "-I", "-S", str(PANE / "keeper.py"), "--", *PROGRAM, "supervise", str(site.folder.path))
        programs = {session.status_pane: (*PROGRAM, "status", "--run", run, "--watch"), window.pane: carrier}
        running = {pane.pane: processes.argv(pane.pid) for pane in site.tmux.panes(session.id)}
        for pane, program in programs.items():
            if running.get(pane) != program:  # a placeholder, what has ended, or what tmux has not even executed yet
                site.tmux.respawn(pane, program, where)
    return opened


def _write_down(folder: RunFolder, opened: e.SessionOpened) -> None:
    """Tell the journal of the session, unless it knows: facts are written by whoever holds the run's lock.

    Raises OrchestraError if somebody else keeps holding it who believes in another session.
    """
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        with supervisor_lock(folder.lock) as ours:
            state = read_state(folder.journal)
            known = state.session if state else None
            if known and known.model_copy(update={"at": None}) == opened:
                return
            if ours:
                Journal(folder.journal).append(opened)
                return
        if time.monotonic() > deadline:
            raise OrchestraError(
                f"the run {folder.id} is being carried outside of its tmux session",
                safe="what carries it was left alone",
                hint="when that is done, run: tmux-orchestra recover",
            )
        time.sleep(0.05)


def close_session(folder: RunFolder, tmux: Tmux) -> bool:
    """End the run's session, with what is left running in it; return whether there was one."""
    session = tmux.find_session(folder.id)
    if session is None or not tmux.kill_session(session.id):
        return False
    end_left(folder.id)  # a supervisor that was still telling the person takes nothing with it
    return True
