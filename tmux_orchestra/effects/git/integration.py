"""Merging into the integration branch, in its own worktree: all of a proposal, or nothing of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import git_dir, index_lock, read_changes, require_worktree, unfinished
from tmux_orchestra.effects.git.claims import worktree_lock
from tmux_orchestra.effects.git.command import Answer, git, run_git
from tmux_orchestra.effects.git.repository import REFS, Repository
from tmux_orchestra.mergers import MERGERS, Merger, Proposal, StepEnded
from tmux_orchestra.mergers.proposal import COMMIT_TRAILER, TASK_TRAILER


@dataclass(frozen=True)
class Merged:
    """The integration branch was at `before` and holds the proposal as `commit`, with this tree."""

    commit: str
    tree: str
    before: str


@dataclass(frozen=True)
class Conflicted:
    """The proposal did not go in; the integration branch and its worktree are as they were."""

    paths: tuple[str, ...]


def merge(
    repository: Repository, worktree: Path, proposal: Proposal, *, strategy: str = "merge", sign: bool = False
) -> Merged | Conflicted:
    """Ensure that the integration branch, checked out in `worktree`, holds the proposal's commit.

    Exactly one commit that becomes reachable carries the task's trailer. Done already, also by a supervisor
    that died before it could say so: the existing merge is returned. The repository's hooks run as for any
    merge. Raises OrchestraError where git or a hook refuses; everything is then as it was.
    """
    require_worktree(repository, worktree)
    with worktree_lock(git_dir(worktree)) as held:
        _take_over(repository, worktree, proposal.run)
        before = repository.head(worktree).commit
        if existing := _find_result(repository, before, proposal.commit):
            return existing
        proposal = _completed(repository, before, proposal)
        if proposal.contained and not proposal.task:
            return Merged(before, repository.tree(before), before)
        signing = ("-c", f"commit.gpgSign={str(sign).lower()}")
        conflict = _carry_out(worktree, proposal, MERGERS[strategy], options=signing, held=[held])
    commit = repository.head(worktree).commit
    return conflict or Merged(commit, repository.tree(commit), before)


def _carry_out(
    worktree: Path, proposal: Proposal, merger: Merger, *, options: tuple[str, ...], held: list[int]
) -> Conflicted | None:
    """Take the merger's steps; where one does not go through, leave everything as it was."""
    before = git(worktree, "rev-parse", "HEAD").text
    for step in merger.steps(proposal):
        answer = run_git(worktree, *step, options=options, held=held)
        unmerged = () if answer.ok else read_changes(worktree).unmerged
        verdict = merger.read(StepEnded(answer.exit_code, unmerged))
        if verdict != "done":
            _abandon(worktree, merger.abandon(), before)
        if verdict == "conflicted":
            return Conflicted(unmerged)
        if verdict == "refused":
            raise _refusal(proposal, worktree, answer)
    return None


def _refusal(proposal: Proposal, worktree: Path, answer: Answer) -> OrchestraError:
    return OrchestraError(
        f"cannot merge {proposal.task or proposal.title}: {answer.complaint}",
        safe=f"the integration branch is as it was; the work is at {proposal.commit[:12]}",
        hint=f"see what git says: git -C {worktree} merge {proposal.commit[:12]}",
    )


def _abandon(worktree: Path, step: tuple[str, ...], before: str) -> None:
    """Take an attempt back that stopped in the middle; one that never began has left nothing."""
    if unfinished(worktree) or read_changes(worktree).unmerged:
        answer = run_git(worktree, *step)
        if not answer.ok:
            git(worktree, "reset", "--merge", before, what="cannot abandon a merge")


def _take_over(repository: Repository, worktree: Path, run: str) -> None:
    """Clear away what a killed predecessor has left in the middle. The caller holds the worktree's lock.

    Tracked files that differ are parked, because a person may have edited here, and reset.
    """
    if stale := index_lock(worktree):
        stale.unlink(missing_ok=True)  # no git of ours runs here: we hold the lock
    if operation := unfinished(worktree):
        if operation != "a merge":
            raise OrchestraError(
                f"{operation} is unfinished in the integration worktree",
                safe="nothing was changed",
                hint=f"end or abort it: git -C {worktree} status",
            )
        git(worktree, "merge", "--abort", what="cannot abandon an interrupted merge")
    changes = read_changes(worktree)
    if changes.staged or changes.unstaged or changes.unmerged:
        if parked := git(worktree, "stash", "create", what="cannot park edits in the integration worktree").text:
            _keep(repository, run, parked)
        git(worktree, "reset", "--hard", "--quiet", "HEAD")


def _keep(repository: Repository, run: str, commit: str) -> str:
    ref = f"{REFS}/{run}/kept/_integration/{commit[:12]}"
    git(repository.common_dir, "update-ref", ref, commit)
    return ref


def _find_result(repository: Repository, tip: str, commit: str) -> Merged | None:
    """Find the commit by which `commit` went into the integration branch, for any strategy."""
    base = run_git(repository.common_dir, "merge-base", tip, commit).text
    found = git(
        repository.common_dir,
        "rev-list",
        "--first-parent",
        "--max-count=1",
        "--parents",
        "--fixed-strings",
        f"--grep={COMMIT_TRAILER}: {commit}",
        tip,
        *([f"^{base}"] if base else []),
    ).text.split()
    return Merged(found[0], repository.tree(found[0]), before=found[1]) if found else None


def _completed(repository: Repository, before: str, proposal: Proposal) -> Proposal:
    """Find out what the merger must know of the commit: whether it is contained, or marked by its own author."""
    contained = repository.is_ancestor(proposal.commit, before)
    if not proposal.task:
        return replace(proposal, contained=contained)  # what has come by another way may bear other runs' marks
    listed = git(
        repository.common_dir,
        "log",
        "--no-show-signature",
        f"--grep=^{TASK_TRAILER}:",
        f"--format=%H %(trailers:key={TASK_TRAILER},valueonly,separator=%x2C)",
        proposal.commit,
        f"^{before}",
    ).text
    marks = [line.partition(" ")[2] for line in listed.splitlines()]
    if marks and marks != [proposal.task]:
        raise OrchestraError(
            f"cannot merge {proposal.task or proposal.title}: commits of its own carry the line {TASK_TRAILER}:, "
            "which only the merge commit may have",
            safe="the integration branch is as it was",
            hint=f"reword them, without that line: git rebase -i {before[:12]}",
        )
    return replace(proposal, contained=contained, marked=bool(marks))


def reset_integration(
    repository: Repository, worktree: Path, run: str, commit: str, *, remove: Iterable[str] = ()
) -> tuple[str, ...]:
    """Ensure that the integration branch is at `commit` again, with its tracked files as they are there.

    For after the checks: what they did to tracked files is discarded, and the untracked files in `remove`,
    which they left behind, are removed. Returns the untracked files that stay. A commit in the way that is
    not a merge of ours is parked first.
    """
    require_worktree(repository, worktree)
    with worktree_lock(git_dir(worktree)) as held:
        if stale := index_lock(worktree):
            stale.unlink(missing_ok=True)
        head = repository.head(worktree).commit
        dropped = git(
            repository.common_dir,
            "log",
            "--no-show-signature",
            "--first-parent",
            f"--format=%(trailers:key={COMMIT_TRAILER},valueonly,separator=%x2C)|",
            head,
            f"^{commit}",
        ).text.splitlines()
        if "|" in dropped:
            _keep(repository, run, head)
        git(worktree, "reset", "--hard", "--quiet", commit, held=[held], what="cannot take the merge back")
        if remove := tuple(set(remove) & set(read_changes(worktree).untracked)):
            git(worktree, "clean", "--force", "--quiet", "--", *remove, options=("--literal-pathspecs",))
    return read_changes(worktree).untracked
