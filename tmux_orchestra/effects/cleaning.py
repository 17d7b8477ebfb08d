"""Cleaning up: what is proven merged goes; anything else stays where it is, with the reason."""

from pathlib import Path

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import RunState, Status, TaskState
from tmux_orchestra.effects import git, processes
from tmux_orchestra.effects.site import Site


def clean_up(site: Site, action: a.Cleanup, state: RunState) -> list[e.Event]:
    """Remove processes, windows, worktrees and branches of the tasks in scope that are proven merged."""
    events: list[e.Event] = []
    removed: list[str] = []
    kept: dict[str, str] = {}
    proven_in = tuple(
        f"refs/heads/{b}" for b in (state.start.target, state.start.integration) if b and site.repository.branch_tip(b)
    )
    for task in state.tasks.values():
        if not in_scope(task, action.scope):
            continue
        processes.end(site.kin(task), state.settings.end_timeout)
        if task.worktree:
            result = _remove(site, task.worktree, task.branch, proven_in, state.left_behind.get(task.id, ()))
            if isinstance(result, git.NotRemoved):
                kept[task.worktree] = _told(result)
                continue
            events.append(e.WorktreeRemoved(task=task.id, path=task.worktree, branch=task.branch, proof=result.proof))
            removed.append(task.worktree)
        if task.window:
            site.tmux.kill_windows([task.window])
    if state.integration_worktree:
        result = _remove_integration(site, state)
        if isinstance(result, git.NotRemoved):
            kept[state.integration_worktree] = _told(result)
        else:
            path, branch = state.integration_worktree, state.start.integration
            events.append(e.WorktreeRemoved(task=e.INTEGRATION, path=path, branch=branch, proof=result.proof))
            removed.append(path)
    return [*events, e.CleanupFinished(request=action.request, removed=tuple(removed), kept=kept)]


def in_scope(task: TaskState, scope: str) -> bool:
    """Whether a cleanup of this scope is about the task."""
    merged = task.status is Status.MERGED
    return scope == "all" or merged == (scope == "success")


def _remove(
    site: Site, path: str, branch: str, proven_in: tuple[str, ...], left_behind: tuple[str, ...]
) -> git.Removed | git.NotRemoved:
    return git.remove_worktree(site.repository, Path(path), branch, proven_in, also_removable=left_behind)


def _remove_integration(site: Site, state: RunState) -> git.Removed | git.NotRemoved:
    target = state.start.target
    proven_in = (f"refs/heads/{target}",) if target and site.repository.branch_tip(target) else ()
    if state.tip == state.start.base:
        proven_in = (state.start.base,)  # nothing was ever merged into it
    return _remove(site, state.integration_worktree, state.start.integration, proven_in, ())


def _told(result: git.NotRemoved) -> str:
    paths = f": {', '.join(result.paths[:5])}" if result.paths else ""
    return f"{result.reason}{paths}. {result.hint}".strip()
