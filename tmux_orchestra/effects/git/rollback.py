"""Moving the user's branch back to where it was before a run, without losing anything that came after."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tmux_orchestra.effects.git.changes import index_lock, unfinished
from tmux_orchestra.effects.git.command import git, run_git
from tmux_orchestra.effects.git.obstacles import find_obstacles, stage
from tmux_orchestra.effects.git.places import WorktreeEntry, list_worktrees
from tmux_orchestra.effects.git.repository import REFS, Repository
from tmux_orchestra.effects.git.target import Moved, Refused, holds

_WHY = "tmux-orchestra: undo"


def roll_back(  # noqa: PLR0913 - a branch, three commits, and whether it is meant
    repository: Repository, run: str, target: str, before: str, commit: str, *, result: str, foretell: bool = False
) -> Moved | Refused:
    """Ensure that `target`, which a run moved from `before` to `commit`, is at `before` again.

    Only from exactly `commit`, and only if all that lies between is part of the run's own `result`: with anything
    newer on it, it stays, and the hint says how to revert instead. Edits and untracked files of the user's that this
    does not touch stay as they are, staged or not; any other refuses by name. What is taken back stays reachable as
    `refs/orchestra/<run>/taken-back/<commit>`. `foretell` only says what would be done.
    """
    tip = repository.branch_tip(target)
    if tip is None:
        return Refused(f"there is no branch {target} any more", hint=f"run: git branch {target} {before[:12]}")
    if tip == before:
        return Moved(commit, before)
    if tip != commit or not repository.is_ancestor(commit, result):
        return _newer(repository, target, tip, before, commit)
    holders = [entry for entry in list_worktrees(repository) if holds(entry, target)]
    if refusal := _objection(holders, before, commit):
        return refusal
    if foretell:
        return Moved(commit, before)
    git(repository.common_dir, "update-ref", f"{REFS}/{run}/taken-back/{commit[:12]}", commit)
    failure = _move(repository, holders[0].path if holders else None, target, before, commit)
    if failure is None:
        run_git(repository.common_dir, "update-ref", "-d", f"{REFS}/{run}/before", before)
    return failure or Moved(commit, before)


def _move(repository: Repository, worktree: Path | None, target: str, before: str, commit: str) -> Refused | None:
    """Move the branch, and before it the files of the worktree that has it checked out; or neither."""
    if worktree:
        if same := find_obstacles(worktree, commit, before).same:
            stage(worktree, same)
        moved = run_git(worktree, "read-tree", "-m", "-u", commit, before)
        if not moved.ok:
            return Refused(f"the files in {worktree} stay as they are: {moved.complaint}")
    answer = run_git(repository.common_dir, "update-ref", "-m", _WHY, f"refs/heads/{target}", before, commit)
    if answer.ok:
        return None
    if worktree:  # somebody was faster: the files follow the branch again
        git(worktree, "read-tree", "-m", "-u", before, commit, what=f"cannot put the files of {worktree} back")
    return Refused(f"{target} did not move: {answer.complaint}")


def _newer(repository: Repository, target: str, tip: str, before: str, commit: str) -> Refused:
    """Say what stands on top of the run's result, and how to take the result out all the same."""
    if not repository.is_ancestor(commit, tip):
        return Refused(f"{target} was rewritten since: it does not hold {commit[:12]} any more")
    count = git(repository.common_dir, "rev-list", "--count", tip, f"^{commit}").text
    came = f"{count} newer commits" if int(count) else "commits that are not the run's"
    commands = " && ".join(reverts(repository, before, commit))
    return Refused(f"{target} has {came}, which would be lost", hint=f"to take the result out instead: {commands}")


def reverts(repository: Repository, before: str, commit: str) -> Iterator[str]:
    """Yield the commands that take out what came between two commits of a branch, the newest first.

    Each merge is reverted against the parent that leads back to `before`: it is the second one where the branch was
    merged into the result.
    """
    while commit != before and not repository.is_ancestor(commit, before):
        parents = git(repository.common_dir, "rev-parse", f"{commit}^@").text.split()
        number = next((n for n, parent in enumerate(parents, 1) if repository.is_ancestor(before, parent)), None)
        if number is None:
            return
        yield f"git revert --no-edit {f'-m {number} ' if len(parents) > 1 else ''}{commit[:12]}"
        commit = parents[number - 1]


def _objection(holders: Sequence[WorktreeEntry], before: str, commit: str) -> Refused | None:
    if not holders:
        return None
    worktree = holders[0].path
    if len(holders) > 1 or holders[0].gone:
        return Refused(f"the branch is checked out in {', '.join(str(entry.path) for entry in holders)}")
    if lock := index_lock(worktree):
        return Refused(f"a git command is at work in {worktree}", hint=f"if none runs any more: rm {lock}")
    if operation := unfinished(worktree):
        return Refused(f"{operation} is unfinished in {worktree}", hint=f"end or abort it: git -C {worktree} status")
    if paths := find_obstacles(worktree, commit, before).lost:
        return Refused(
            f"{len(paths)} uncommitted files in {worktree} would be overwritten",
            paths,
            "commit, move or stash them, then run: tmux-orchestra undo",
        )
    return None
