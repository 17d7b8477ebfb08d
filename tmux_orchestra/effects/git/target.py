"""Moving the user's branch to the run's result, without overwriting anything of the user's."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.effects.git.changes import git_dir, index_lock, read_changes, unfinished
from tmux_orchestra.effects.git.command import git, run_git
from tmux_orchestra.effects.git.obstacles import find_obstacles, stage
from tmux_orchestra.effects.git.places import WorktreeEntry, list_worktrees
from tmux_orchestra.effects.git.repository import REFS, Repository


@dataclass(frozen=True)
class Moved:
    """The target was at `before` and is at `commit`, in every worktree that has it checked out."""

    before: str
    commit: str


@dataclass(frozen=True)
class Diverged:
    """The target has commits that the result has not: merge `current` into the integration branch first."""

    current: str


@dataclass(frozen=True)
class Refused:
    """The target and the user's files are as they were; `paths` are what would have been overwritten."""

    reason: str
    paths: tuple[str, ...] = ()
    hint: str = ""


def move_target(
    repository: Repository, run: str, target: str, commit: str, *, seen: Sequence[str] = ()
) -> Moved | Diverged | Refused:
    """Ensure that the branch `target` holds `commit`, by fast-forward only.

    Where a worktree has the branch checked out, its files follow; edits and untracked files of the user's
    that the result does not touch stay as they are, any other refuses by name (ignored files too); what is
    as the result has it already is no obstacle, so that a move that was cut short is completed. The old tip
    is kept as `refs/orchestra/<run>/before`. A target that has lost one of the commits in `seen`, which it
    was known to hold, was rewritten: to move it would bring back what somebody took out.
    """
    current = repository.branch_tip(target)
    if current is None:
        return _gone(target, commit)
    if repository.is_ancestor(commit, current):
        return Moved(repository.find(f"{REFS}/{run}/before") or current, current)
    if lost := next((one for one in seen if not repository.is_ancestor(one, current)), None):
        reason = f"{target} was rewritten meanwhile: it does not hold {lost[:12]} any more, on which the result builds"
        return Refused(reason, hint=f"if it is to have the result all the same, while on it: git merge {commit[:12]}")
    if not repository.is_ancestor(current, commit):
        return Diverged(current)
    holders = [entry for entry in list_worktrees(repository) if holds(entry, target)]
    if refusal := _objection(holders, current, commit):
        return refusal
    before = f"{REFS}/{run}/before"
    kept = repository.find(before)
    if kept is None:
        git(repository.common_dir, "update-ref", before, current, what="cannot keep the old tip")
    failure = _forward(holders[0].path, current, commit) if holders else _set(repository, target, current, commit)
    if failure is None and repository.branch_tip(target) == commit:
        return Moved(current, commit)
    if kept is None:
        git(repository.common_dir, "update-ref", "-d", before, current)
    now = repository.branch_tip(target)
    return Diverged(now) if now and now != current else failure or Refused("the branch did not move")


@dataclass(frozen=True)
class Preview:
    """What moving the target would bring, and what stands against it now."""

    commits: int
    """New in the target."""
    files: tuple[str, ...]
    """`A new.py`, `M old.py`, ... as git names what changes."""
    ahead: int
    """Commits of the target's own, which the result has not."""
    objection: Refused | None = None

    @property
    def contained(self) -> bool:
        """Whether the target has everything already."""
        return self.commits == 0


def preview_target(repository: Repository, target: str, commit: str) -> Preview:
    """Say what `move_target` would do, changing nothing."""
    current = repository.branch_tip(target)
    if current is None:
        return Preview(1, (), 0, _gone(target, commit))
    counted = git(repository.common_dir, "rev-list", "--left-right", "--count", f"{current}...{commit}").text.split()
    base = git(repository.common_dir, "merge-base", current, commit).text
    changed = git(repository.common_dir, "diff-tree", "-r", "-z", "--no-renames", "--name-status", base, commit).fields
    files = tuple(f"{status} {path}" for status, path in zip(changed[::2], changed[1::2], strict=True))
    holders = [entry for entry in list_worktrees(repository) if holds(entry, target)]
    return Preview(int(counted[1]), files, int(counted[0]), _objection(holders, base, commit))


def _gone(target: str, commit: str) -> Refused:
    return Refused(f"there is no branch {target} any more", hint=f"run: git branch {target} {commit[:12]}")


def _set(repository: Repository, target: str, current: str, commit: str) -> Refused | None:
    """Move a branch that is checked out nowhere; say why it could not be."""
    reason = "tmux-orchestra: the run's result"
    answer = run_git(repository.common_dir, "update-ref", "-m", reason, f"refs/heads/{target}", commit, current)
    return None if answer.ok else Refused(answer.complaint)


def _forward(worktree: Path, current: str, commit: str) -> Refused | None:
    """Fast-forward the branch that `worktree` has checked out; say why it could not be."""
    if same := find_obstacles(worktree, current, commit).same:
        stage(worktree, same)
    staged = read_changes(worktree).staged
    # Git overwrites ignored files without a word if it is not told otherwise.
    how = ("--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-stat", "--quiet")
    answer = run_git(worktree, "merge", *how, commit)
    if answer.ok:
        return None
    if not same and read_changes(worktree).staged != staged:
        # The files came first; then a hook or a lock kept the branch from following.
        git(worktree, "read-tree", "-m", "-u", commit, current, what=f"cannot put the files of {worktree} back")
    return Refused(answer.complaint, hint=f"run: git -C {worktree} merge --ff-only {commit[:12]}")


def holds(entry: WorktreeEntry, branch: str) -> bool:
    """Whether a worktree is on the branch, or will return to it after a rebase or bisection."""
    if entry.branch == branch:
        return True
    if entry.gone or entry.branch is not None:
        return False
    folder = git_dir(entry.path)
    for file in ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START", "rebase-merge/update-refs"):
        with suppress(OSError):
            lines = (folder / file).read_text("utf-8", "surrogateescape").splitlines()
            if branch in (line.strip().removeprefix("refs/heads/") for line in lines):
                return True
    return False


def _objection(holders: Sequence[WorktreeEntry], current: str, commit: str) -> Refused | None:
    """Say what of the user's would be harmed, None if nothing would."""
    if not holders:
        return None
    worktree = holders[0].path
    if len(holders) > 1:
        places = ", ".join(str(entry.path) for entry in holders)
        return Refused(f"the branch is checked out more than once: {places}")
    if holders[0].gone:
        return Refused(f"the branch is checked out in {worktree}, which is not there", hint="run: git worktree prune")
    if lock := index_lock(worktree):
        return Refused(f"a git command is at work in {worktree}", hint=f"if none runs any more: rm {lock}")
    if operation := unfinished(worktree):
        return Refused(f"{operation} is unfinished in {worktree}", hint=f"end or abort it: git -C {worktree} status")
    paths = find_obstacles(worktree, current, commit).lost
    hint = "commit, move or stash them, then run: tmux-orchestra merge"
    return Refused(f"{len(paths)} uncommitted files in {worktree} would be overwritten", paths, hint) if paths else None
