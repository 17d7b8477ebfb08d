"""A merge that a person makes by hand: the conflicted worktree, the window in it, and what becomes of it."""

from pathlib import Path

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.by_hand import instructions
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects import git
from tmux_orchestra.effects.files import write
from tmux_orchestra.effects.site import Site
from tmux_orchestra.effects.tmux import WindowSpec
from tmux_orchestra.mergers import Proposal

_SHELL = 'tmux set-option -p remain-on-exit off; cat -- "$1"; exec "${SHELL:-/bin/sh}"'
"""What runs in the window: the commands on top, then the person's own shell; its end closes the window."""


def hand_over(site: Site, action: a.HandOver, state: RunState) -> list[e.Event]:
    """Leave the conflicted merge in the integration worktree for a person, in a window if there is a session."""
    worktree = Path(state.integration_worktree)
    proposal = _proposal(site, state, action.task, action.commit)
    settings = state.settings
    result = git.hand_over(site.repository, worktree, proposal, strategy=settings.merge_strategy, sign=settings.sign)
    if isinstance(result, git.Merged):
        return [
            e.MergeResolved(
                task=action.task, commit=result.commit, tree=result.tree, before=state.tip, request=action.request
            )
        ]
    told = e.MergeHandedOver(
        task=action.task, path=str(worktree), commit=proposal.commit, before=state.tip, paths=result.paths,
        request=action.request,
    )  # fmt: skip
    return [told.model_copy(update={"window": _open_window(site, told)})]


def take_resolution(site: Site, action: a.TakeResolution, state: RunState) -> list[e.Event]:
    """Take what the person has committed, or say what is still missing."""
    stands = _standing(state)
    proposal = _proposal(site, state, stands.task, stands.commit)
    result = git.take_resolution(site.repository, Path(stands.path), proposal, stands.before, sign=state.settings.sign)
    if isinstance(result, git.Unresolved):
        return [e.MergeRefused(reason=result.reason, hint=result.hint, paths=result.paths, request=action.request)]
    return [
        e.MergeResolved(
            task=stands.task, commit=result.commit, tree=result.tree, before=stands.before, ref=result.ref,
            request=action.request,
        )
    ]  # fmt: skip


def give_back(site: Site, action: a.GiveBack, state: RunState) -> list[e.Event]:
    """Take the merge by hand back; what the person had begun is kept."""
    stands = _standing(state)
    ref = git.give_back(site.repository, Path(stands.path), site.folder.id, stands.before)
    return [e.MergeAbandoned(task=stands.task, reason="given up", ref=ref, request=action.request)]


def _standing(state: RunState) -> e.MergeHandedOver:
    if state.by_hand is None or state.by_hand.stands is None:
        raise OrchestraError("no merge is in a person's hands", safe="nothing was changed")
    return state.by_hand.stands


def _proposal(site: Site, state: RunState, task: str, commit: str) -> Proposal:
    if task != e.INTEGRATION:
        return Proposal(run=site.folder.id, commit=commit, title=state.tasks[task].task.title, task=task)
    target = state.start.target or ""
    commit = commit or site.repository.resolve(f"refs/heads/{target}")
    return Proposal(run=site.folder.id, commit=commit, title=f"Merge {target}, which has moved meanwhile")


def _open_window(site: Site, told: e.MergeHandedOver) -> str:
    """Open a shell in the worktree with the commands on top, unless one is there; "" without a session."""
    session = site.tmux.find_session(site.folder.id)
    if session is None:
        return ""
    tag = f"{site.folder.id}/{e.INTEGRATION}"
    if standing := [pane for pane in site.tmux.panes(session.id) if pane.tag == tag and not pane.dead]:
        return standing[0].window
    notice = site.folder.path / "by-hand.txt"
    write(notice, instructions(told, site.folder.id) + "\n")
    name = "merge" if told.task == e.INTEGRATION else f"merge {told.task}"
    (ids,) = site.tmux.open_windows(session.id, [WindowSpec(name, tag, cwd=Path(told.path), placeholder=notice)])
    site.tmux.respawn(ids.pane, ("sh", "-c", _SHELL, "sh", str(notice)), Path(told.path))
    return ids.window
