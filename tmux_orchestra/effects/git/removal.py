"""Removing a worktree and its branch, once everything in them is proven to be kept somewhere else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import (
    hidden_from_status,
    index_lock,
    nested_repositories,
    own_work,
    read_changes,
    require_worktree,
    unfinished,
)
from tmux_orchestra.effects.git.claims import Claim, drop_claim, find_claim, repository_lock
from tmux_orchestra.effects.git.command import READING, git, run_git
from tmux_orchestra.effects.git.places import WorktreeEntry, admin_folder, find_worktree, list_worktrees
from tmux_orchestra.effects.git.repository import Repository


@dataclass(frozen=True)
class Removed:
    """Neither the worktree nor the branch is there any more; `proof` says where their commits are."""

    proof: str


@dataclass(frozen=True)
class NotRemoved:
    """Everything is still there, because of `reason`; `paths` are the files that nothing else holds."""

    reason: str
    paths: tuple[str, ...] = ()
    hint: str = ""


def remove_worktree(
    repository: Repository,
    path: Path,
    branch: str,
    proven_in: Sequence[str],
    *,
    also_removable: Iterable[str] = (),
) -> Removed | NotRemoved:
    """Ensure that the worktree and its branch are gone, if all that is in them is part of a ref in `proven_in`.

    Edits, untracked files, commits of nobody else, nested repositories with work of their own, a lock or an
    unfinished operation refuse. Ignored files go with the folder, and so do untracked caches and the
    untracked files in `also_removable`. A folder that was removed by hand is forgotten. Nothing that no
    claim of ours names is touched.
    """
    with repository_lock(repository):
        claim, entry = find_claim(repository, branch), find_worktree(repository, path)
        if claim is None or Path(claim.path) != path:
            gone = entry is None and repository.branch_tip(branch) is None
            return Removed("it was gone already") if gone else NotRemoved("it was not made by tmux-orchestra")
        objection = _objection_to_branch(repository, path, branch, proven_in)
        if entry is None and path.exists():
            objection = NotRemoved(f"{path} is a folder that git does not know as a worktree")
        if entry is not None:
            objection = objection or _objection_to_folder(repository, path, entry, proven_in, tuple(also_removable))
        if objection:
            return objection
        return _remove(repository, claim, entry, also_removable, proven_in)


def _remove(
    repository: Repository,
    claim: Claim,
    entry: WorktreeEntry | None,
    also_removable: Iterable[str],
    proven_in: Sequence[str],
) -> Removed:
    path = Path(claim.path)
    if entry is not None:
        _remove_folder(repository, path, entry, also_removable)
    tip = repository.branch_tip(claim.branch)
    if tip is not None:
        # With the value that was proven: a commit made meanwhile keeps the branch.
        git(repository.common_dir, "update-ref", "-d", f"refs/heads/{claim.branch}", tip)
    drop_claim(repository, claim)
    return Removed(f"merged in {_holder(repository, tip, proven_in)}" if tip else "it was gone already")


def _remove_folder(repository: Repository, path: Path, entry: WorktreeEntry, also_removable: Iterable[str]) -> None:
    force = []
    if not entry.gone:
        untracked = read_changes(path).untracked
        kept = read_changes(path).without(also_removable).untracked
        if spare := set(untracked) - set(kept):
            git(path, "clean", "--force", "--quiet", "--", *sorted(spare), options=("--literal-pathspecs",))
        # Git takes no submodule away without it, however clean; they were looked at one by one.
        force = ["--force"] if nested_repositories(path) else []
    answer = run_git(repository.common_dir, "worktree", "remove", *force, str(path))
    if not answer.ok:
        raise OrchestraError(
            f"cannot remove {path}: {answer.complaint}",
            safe="its branch is kept, and all its commits are merged",
            hint=f"see what is left: ls -la {path}",
        )


def _holder(repository: Repository, commit: str, refs: Sequence[str]) -> str | None:
    """Return the first of `refs` of which `commit` is part, None if there is none."""
    for ref in refs:
        tip = repository.find(ref)
        if tip and repository.is_ancestor(commit, tip):
            return ref
    return None


def _objection_to_branch(
    repository: Repository, path: Path, branch: str, proven_in: Sequence[str]
) -> NotRemoved | None:
    tip = repository.branch_tip(branch)
    if tip is not None and _holder(repository, tip, proven_in) is None:
        return NotRemoved(f"the branch {branch} has commits that are not merged", hint=f"see: git log {branch}")
    for entry in list_worktrees(repository):
        if entry.branch == branch and entry.path.resolve() != path.resolve():
            return NotRemoved(f"the branch {branch} is checked out in {entry.path}")
    return None


def _objection_to_folder(
    repository: Repository, path: Path, entry: WorktreeEntry, proven_in: Sequence[str], also_removable: tuple[str, ...]
) -> NotRemoved | None:
    if entry.locked:
        return NotRemoved(f"{path} is locked", hint=f"run: git worktree unlock {path}")
    if _holder(repository, entry.head, proven_in) is None:
        return NotRemoved(f"what is checked out in {path} is not merged", hint=f"see: git -C {path} log")
    if entry.gone:
        return _objection_to_index(repository, path)
    require_worktree(repository, path)
    if operation := unfinished(path):
        return NotRemoved(f"{operation} is unfinished in {path}", hint=f"end or abort it: git -C {path} status")
    if lock := index_lock(path):
        return NotRemoved(f"a git command is at work in {path}", hint=f"if none runs any more: rm {lock}")
    return _objection_to_files(path, also_removable)


def _objection_to_files(path: Path, also_removable: tuple[str, ...]) -> NotRemoved | None:
    changes = read_changes(path)
    spared = changes.without(also_removable).untracked
    if edited := sorted({*changes.staged, *changes.unstaged, *changes.unmerged, *spared}):
        return NotRemoved(f"{len(edited)} uncommitted files in {path}", tuple(edited), f"see: git -C {path} status")
    if hidden := hidden_from_status(path):
        return NotRemoved("files are marked so that git does not see edits in them", hidden)
    for nested in nested_repositories(path):
        if reason := own_work(path / nested):
            return NotRemoved(f"{nested} is a git repository of its own, and {reason}", (nested,))
    return None


def _objection_to_index(repository: Repository, path: Path) -> NotRemoved | None:
    """Look for staged edits of a worktree whose folder is gone: its index is all that is left of them."""
    admin = admin_folder(repository, path)
    if admin is None or not (admin / "index").exists():
        return None
    staged = git(admin, "diff-index", "--cached", "--name-only", "-z", "HEAD", options=READING).fields
    if not staged:
        return None
    return NotRemoved(f"the folder {path} is gone, but staged edits are left in git's index", staged)
