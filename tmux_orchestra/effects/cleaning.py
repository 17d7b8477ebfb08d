"""Cleaning up: what is proven merged goes; everything else is parked first and then goes, or stays with the reason.

A cleanup that was killed in the middle is completed by doing it again. What one worktree refuses does not stop the
others.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.state import RunState, Status, TaskState
from tmux_orchestra.effects import git, processes
from tmux_orchestra.effects.site import Site
from tmux_orchestra.effects.tmux import Pane

LEAVING = 3.0
"""Seconds that what ran in a window may take to go with it."""
PASSING = 1.0
"""Seconds for which a stranger is watched: who is gone by then was only passing by."""


@dataclass(frozen=True)
class _Going:
    """A worktree that is to go, of a task or (None) of the integration branch."""

    place: git.Holding
    terms: git.Terms
    task: TaskState | None
    base: str


def clean_up(site: Site, action: a.Cleanup, state: RunState, *, foretell: bool = False) -> list[e.Event]:
    """Remove processes, windows, worktrees and branches of the tasks in scope; park first what is not proven merged.

    The integration branch goes with any scope if the target holds it; with `all`, it is parked otherwise.
    `foretell` changes nothing and tells what would happen.
    """
    events: list[e.Event] = []
    left: dict[str, str] = {}
    expired = _expire(site, state, foretell=foretell)
    for going in _all_going(site, action, state):
        outcome = _let_go(site, going, state, foretell=foretell)
        path = str(going.place.path)
        if isinstance(outcome, git.NotRemoved):
            left[path] = _told(outcome)
            continue
        name, parked = going.place.name, outcome.parked
        if parked:
            events.append(e.KeptParked(task=name, ref=parked.ref, commit=parked.commit, paths=parked.paths))
        events.append(
            e.WorktreeRemoved(
                task=name, path=path, branch=going.place.branch, proof=outcome.proof, commit=outcome.commit,
                base=going.base, kept=parked.ref if parked else "",
            )
        )  # fmt: skip
    if not foretell:
        _close_windows(site, action, state)
    removed = [event for event in events if isinstance(event, e.WorktreeRemoved)]
    finished = e.CleanupFinished(
        request=action.request,
        removed=tuple(event.path for event in removed),
        kept=left,
        parked={event.path: event.kept for event in removed if event.kept},
        expired=expired,
    )
    return [*events, finished]


def in_scope(task: TaskState, scope: str) -> bool:
    """Whether a cleanup of this scope is about the task."""
    merged = task.status is Status.MERGED
    return scope == "all" or merged == (scope == "success")


def _all_going(site: Site, action: a.Cleanup, state: RunState) -> Iterator[_Going]:
    """Find the worktrees in scope, those too that a crash kept out of the journal."""
    run = site.folder.id
    claims = {claim.name.rpartition("/")[2]: claim for claim in git.list_run_worktrees(site.repository, run)}
    ignored = action.keep_ignored or state.settings.keep_ignored
    branches = (state.start.target, state.start.integration)
    proven_in = tuple(f"refs/heads/{branch}" for branch in branches if branch)
    for task in state.tasks.values():
        claim = claims.get(task.id)
        path, branch = (claim.path, claim.branch) if claim else (task.worktree, task.branch)
        if path and in_scope(task, action.scope):
            terms = git.Terms(proven_in, state.left_behind.get(task.id, ()), ignored)
            yield _Going(git.Holding(run, task.id, Path(path), branch), terms, task, task.base)
    claim = claims.get(e.INTEGRATION)
    path, branch = (claim.path, claim.branch) if claim else (state.integration_worktree, state.start.integration)
    if path:
        # Nothing was ever merged into it: its base is all there is.
        proven_in = (
            (state.start.base,) if state.tip == state.start.base else proven_in[:1] if state.start.target else ()
        )
        terms = git.Terms(proven_in, (), ignored, must_be_proven=action.scope != "all")
        yield _Going(git.Holding(run, e.INTEGRATION, Path(path), branch), terms, None, state.tip)


def _let_go(site: Site, going: _Going, state: RunState, *, foretell: bool) -> git.Removed | git.NotRemoved:
    """Remove one worktree with all that runs in it; leave it, and what runs, if that is refused."""
    try:
        outlook = git.remove_worktree(site.repository, going.place, going.terms, foretell=True)
        if isinstance(outlook, git.NotRemoved):
            ways = "bring it in: tmux-orchestra merge; park it: tmux-orchestra cleanup all"
            return outlook if outlook.hint or going.task else replace(outlook, hint=ways)
        if stranger := next(iter(_strangers(site, going, state)), None):
            where = f"{stranger.name} (process {stranger.pid}) is at work in {going.place.path}"
            return git.NotRemoved(where, hint="leave that folder there, or end it")
        if foretell:
            return outlook
        if not _end(site, going, state):
            who = going.task.id if going.task else "the window of the merge by hand"
            return git.NotRemoved(f"what {who} has started does not end", hint="tmux-orchestra status resources")
        return git.remove_worktree(site.repository, going.place, going.terms)
    except OrchestraError as error:
        return git.NotRemoved(error.message, hint=error.hint or error.safe)
    except OSError as error:
        return git.NotRemoved(f"{error.filename or going.place.path}: {error.strerror}")


def _end(site: Site, going: _Going, state: RunState) -> bool:
    """End the task's processes, and the worktree's window; return whether nothing works in it any more."""
    if going.task and not processes.end(site.kin(going.task), state.settings.end_timeout):
        return False
    if windows := {pane.window for pane in _panes(site, going, state)}:
        site.tmux.kill_windows(sorted(windows))
    deadline = time.monotonic() + LEAVING
    while there := processes.working_in(going.place.path, processes.table()):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        processes.wait_any(there.values(), left)
    return True


def _close_windows(site: Site, action: a.Cleanup, state: RunState) -> None:
    """End the windows of tasks in scope that never had a worktree."""
    tasks = (task for task in state.tasks.values() if in_scope(task, action.scope))
    if windows := [task.window for task in tasks if task.window and not task.worktree]:
        site.tmux.kill_windows(windows)


def _strangers(site: Site, going: _Going, state: RunState) -> list[processes.Process]:
    """Return what works in the worktree and is not ours to end: a person's shell, an editor.

    Who is about to leave is no reason to stay: a command that a shell or an agent has just left behind.
    """
    deadline = time.monotonic() + PASSING
    while found := _strangers_now(site, going, state):
        left = deadline - time.monotonic()
        if left <= 0:
            return found
        processes.wait_any(found, left)
    return []


def _strangers_now(site: Site, going: _Going, state: RunState) -> list[processes.Process]:
    rows = processes.table()
    there = processes.working_in(going.place.path, rows)
    if not there:
        return []
    ours = processes.family((pane.pid for pane in _panes(site, going, state)), rows)
    if going.task:
        ours |= set(site.kin(going.task).find())
    return [process for pid, process in there.items() if pid not in ours]


def _panes(site: Site, going: _Going, state: RunState) -> list[Pane]:
    """Return the panes of the window that we have opened for this worktree, side panes and merges by hand included."""
    panes = site.tmux.panes(state.session.session_id) if state.session else []
    return [pane for pane in panes if pane.tag == f"{site.folder.id}/{going.place.name}"]


def _expire(site: Site, state: RunState, *, foretell: bool) -> dict[str, str]:
    """Let go of what was parked longer ago than the setting says, by this run or another; return ref -> commit."""
    if not state.settings.keep_days:
        return {}
    old = git.expired(site.repository, datetime.now(UTC) - timedelta(days=state.settings.keep_days))
    return {kept.ref: kept.commit for kept in old if foretell or git.forget(site.repository, kept)}


def _told(result: git.NotRemoved) -> str:
    paths = f": {', '.join(result.paths[:5])}" if result.paths else ""
    return f"{result.reason}{paths}. {result.hint}".strip()
