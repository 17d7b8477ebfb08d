"""Collecting a task's work: everything an agent made becomes one commit id, and nothing of it is lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import (
    Changes,
    index_lock,
    nested_repositories,
    own_work,
    read_changes,
    require_worktree,
    unfinished,
)
from tmux_orchestra.effects.git.command import git, run_git
from tmux_orchestra.effects.git.places import list_worktrees
from tmux_orchestra.effects.git.repository import Repository

# A hook must not block or rewrite what the orchestrator puts in safety: it was written for people's commits.
_NO_HOOKS = ("-c", "core.hooksPath=/dev/null", "-c", "core.safecrlf=false")


@dataclass(frozen=True)
class Work:
    """What a task has made, measured from its base. `leftovers` are the paths that its agent had not committed."""

    commit: str
    tree: str
    commits: int
    added: int
    removed: int
    leftovers: tuple[str, ...] = ()


def collect(  # noqa: PLR0913 - a task's five facts, and two settings by name
    repository: Repository,
    worktree: Path,
    branch: str,
    base: str,
    message: str,
    *,
    exclude: Iterable[str] = (),
    sign: bool = False,
) -> Work:
    """Commit what is left uncommitted in `worktree` and return the commit that holds all of the task's work.

    Not committed: ignored files, untracked caches (`__pycache__` and the like), and `exclude` (files or
    folders, relative to the worktree). Leftovers are committed without the repository's hooks. An agent that
    switched branches or detached HEAD is respected: what is at HEAD is its work, and `branch` is made to
    contain it. Raises OrchestraError, with nothing changed, where that cannot be done without losing some.
    """
    require_worktree(repository, worktree)
    _refuse_unsettled(worktree)
    everything = read_changes(worktree)
    changes = everything.without(exclude)
    _refuse_nested(worktree, changes)
    _bring_back(repository, worktree, branch, everything)
    if not_ours := set(everything.staged) - set(changes.staged):
        git(worktree, "reset", "--quiet", "HEAD", options=_NO_HOOKS, paths=sorted(not_ours))
    text = message.strip() or f"Leftovers of {branch}"  # git refuses an empty message
    leftovers = _commit_leftovers(worktree, changes, text, sign=sign)
    commit = repository.head(worktree).commit
    size = repository.diff_stat(base, commit)
    own = git(worktree, "rev-list", "--count", f"{base}..{commit}").text
    return Work(commit, repository.tree(commit), int(own), size.added, size.removed, leftovers)


def _refuse_unsettled(worktree: Path) -> None:
    if lock := index_lock(worktree):
        raise OrchestraError(
            f"a git command is at work in {worktree}, or died there",
            safe="nothing was changed",
            hint=f"if none runs any more: rm {lock}",
        )
    if operation := unfinished(worktree) or ("a conflict" if read_changes(worktree).unmerged else None):
        raise OrchestraError(
            f"{operation} is unfinished in {worktree}",
            safe="nothing was changed",
            hint=f"end or abort it: git -C {worktree} status",
        )


def _refuse_nested(worktree: Path, changes: Changes) -> None:
    """A commit holds only the id of a nested repository's commit: its content must be safe somewhere else."""
    listed = git(worktree, "ls-files", "--stage", "-z").fields
    linked = [entry.partition("\t")[2] for entry in listed if entry.startswith("160000 ")]
    nested = [path.rstrip("/") for path in changes.untracked if path.endswith("/")]
    for path in sorted({*linked, *nested} & set(nested_repositories(worktree))):
        if reason := own_work(worktree / path):
            raise OrchestraError(
                f"{path} in {worktree} is a git repository of its own, and {reason}: a commit would not hold that",
                safe="nothing was changed; it is all there",
                hint=f"push it, or make its files part of this one: rm -r {worktree / path}/.git",
            )


def _bring_back(repository: Repository, worktree: Path, branch: str, changes: Changes) -> None:
    """Make `branch` what is checked out, without touching a file, an edit, or another branch."""
    head = repository.head(worktree)
    if head.branch == branch:
        return
    ref, tip = f"refs/heads/{branch}", repository.branch_tip(branch)
    if any(entry.branch == branch for entry in list_worktrees(repository)):
        raise _split(worktree, branch, f"{branch} is checked out in another worktree")
    if tip is None or repository.is_ancestor(tip, head.commit):
        git(worktree, "update-ref", "-m", "orchestra: collect", ref, head.commit, tip or "0" * len(head.commit))
        git(worktree, "symbolic-ref", "-m", "orchestra: collect", "HEAD", ref)
    elif repository.is_ancestor(head.commit, tip) and not (changes.staged or changes.unstaged):
        # It only looked at something older. Git refuses if an untracked file were in the way.
        git(worktree, "switch", "--quiet", branch, options=_NO_HOOKS, what=f"cannot return to {branch}")
    else:
        raise _split(worktree, branch, f"{branch} has commits that HEAD ({head.branch or 'detached'}) has not")


def _split(worktree: Path, branch: str, reason: str) -> OrchestraError:
    return OrchestraError(
        f"the work in {worktree} is split: {reason}",
        safe="nothing was changed",
        hint=f"join them: git -C {worktree} merge {branch}",
    )


def _commit_leftovers(worktree: Path, changes: Changes, message: str, *, sign: bool) -> tuple[str, ...]:
    nested = {path for path in changes.untracked if path.endswith("/")}
    rest = {*changes.unstaged, *changes.untracked} - nested
    if not (rest or changes.staged):
        return ()
    if set(changes.staged) & set(changes.unstaged):
        # Two edits of one file, one of them only in the index: each gets its commit, or the first were lost.
        _commit(worktree, f"{message.splitlines()[0]} (as staged)", sign=sign)
    if rest:
        git(worktree, "add", "--all", "--sparse", options=_NO_HOOKS, paths=sorted(rest), what="cannot add leftovers")
    _commit(worktree, message, sign=sign)
    return tuple(sorted({*rest, *changes.staged}))


def _commit(worktree: Path, message: str, *, sign: bool) -> None:
    if run_git(worktree, "diff-index", "--cached", "--quiet", "--ignore-submodules=none", "HEAD").ok:
        return  # only line endings or file times differed
    signing = ("-c", f"commit.gpgSign={str(sign).lower()}")
    git(
        worktree,
        "commit",
        "--quiet",
        "--no-verify",
        "--cleanup=whitespace",
        "--message",
        message,
        options=(*_NO_HOOKS, *signing),
        what=f"cannot commit the leftovers in {worktree}",
    )
