"""Taking a step back: a move of the target, or a cleanup. What was called off goes on by `core.fold` alone."""

from pathlib import Path

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.state import RunState, Step
from tmux_orchestra.effects import git
from tmux_orchestra.effects.site import Site


def undo(site: Site, action: a.Undo, state: RunState, *, foretell: bool = False) -> list[e.Event]:
    """Take a step back, or say why it cannot be; `foretell` only says which of the two it would be."""
    step, events = action.step, list[e.Event]()
    try:
        refusal = None
        if step.kind == "merge":
            refusal = _roll_back(site, step, state, foretell=foretell)
        elif step.kind == "cleanup":
            for removed in step.removed:
                if not _stands(state, removed):
                    events += _bring_back(site, removed, foretell=foretell)
    except OrchestraError as error:
        refusal = git.Refused(error.message, hint=error.hint)
    except OSError as error:
        refusal = git.Refused(f"{error.filename}: {error.strerror}")
    paths = f" ({', '.join(refusal.paths[:5])})" if refusal and refusal.paths else ""
    answer = e.UndoFinished(
        request=action.request, step=step.number, undone=refusal is None,
        reason=f"{refusal.reason}{paths}" if refusal else "", hint=refusal.hint if refusal else "",
    )  # fmt: skip
    return [*events, answer]


def _roll_back(site: Site, step: Step, state: RunState, *, foretell: bool) -> git.Refused | None:
    outcome = git.roll_back(
        site.repository, site.folder.id, step.target, step.before, step.commit, result=state.tip, foretell=foretell
    )
    return outcome if isinstance(outcome, git.Refused) else None


def _stands(state: RunState, removed: e.WorktreeRemoved) -> bool:
    """Whether it was brought back already, by an attempt that something else stopped."""
    if removed.task == e.INTEGRATION:
        return state.integration_worktree == removed.path
    return removed.task in state.tasks and state.tasks[removed.task].worktree == removed.path


def _bring_back(site: Site, removed: e.WorktreeRemoved, *, foretell: bool) -> list[e.Event]:
    """Make a worktree and its branch again that a cleanup removed, with what was parked of it."""
    path, branch = Path(removed.path), removed.branch
    if not (removed.commit or removed.kept):
        return []  # it had been gone before the cleanup
    start = removed.commit or site.repository.resolve(f"{removed.kept}^1")
    if site.repository.find(removed.kept or start) is None:
        raise OrchestraError(f"{removed.kept or start} is not there any more", safe="nothing was changed")
    claim = git.Claim(f"orchestra/{site.folder.id}/{removed.task}", branch, str(path))
    git.require_room(site.repository, claim, start)
    if foretell:
        return []
    git.write_claim(site.repository, claim)
    events: list[e.Event] = []
    if removed.kept:
        back = git.restore(site.repository, removed.kept, path, branch)
        if back.aside:
            events.append(
                e.KeptParked(task=removed.task, ref=back.aside.ref, commit=back.aside.commit, paths=back.aside.paths)
            )
        events.append(e.KeptRestored(task=removed.task, ref=back.ref, path=str(path), branch=branch, paths=back.paths))
    else:
        git.add_worktree(site.repository, path, branch, start)
    base = start if removed.task == e.INTEGRATION else removed.base
    return [*events, e.WorktreeCreated(task=removed.task, path=str(path), branch=branch, base=base)]
