"""A conflicted merge that a person resolves, in the integration worktree: prepared, taken, or given back.

Nothing here changes what the person has made of it. A resolution that leaves the branch again is kept under
a ref first.
"""

from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.events import INTEGRATION
from tmux_orchestra.effects.git.changes import git_dir, index_lock, read_changes, require_worktree, unfinished
from tmux_orchestra.effects.git.claims import worktree_lock
from tmux_orchestra.effects.git.command import READING, git, run_git
from tmux_orchestra.effects.git.integration import Conflicted, Merged, merge
from tmux_orchestra.effects.git.parking import park
from tmux_orchestra.effects.git.repository import Repository
from tmux_orchestra.effects.git.standing import find_standing
from tmux_orchestra.mergers import MERGERS, Proposal
from tmux_orchestra.mergers.proposal import TASK_TRAILER


@dataclass(frozen=True)
class Resolved:
    """The branch holds the person's merge; `ref` keeps it, whatever becomes of the branch."""

    commit: str
    tree: str
    ref: str


@dataclass(frozen=True)
class Unresolved:
    """There is still something to do for the person; nothing was changed."""

    reason: str
    paths: tuple[str, ...] = ()
    hint: str = ""


def hand_over(
    repository: Repository, worktree: Path, proposal: Proposal, *, strategy: str = "merge", sign: bool = False
) -> Conflicted | Merged:
    """Ensure that the merge of the proposal stands in `worktree` with its conflicts, and name those that are open.

    One that stands already is left as the person has it. It is a merge commit whatever the run's strategy is:
    the one form in which git itself leads through the resolution. `Merged`: there is no conflict.
    """
    require_worktree(repository, worktree)
    if _merging(worktree) == proposal.commit or _holds(repository, worktree, proposal.commit):
        return Conflicted(read_changes(worktree).unmerged)
    outcome = merge(
        repository, worktree, proposal, strategy=strategy, sign=sign
    )  # clears away what a dead predecessor left, too
    if isinstance(outcome, Merged):
        return outcome
    return _begin(repository, worktree, proposal, sign=sign)


def _begin(repository: Repository, worktree: Path, proposal: Proposal, *, sign: bool) -> Conflicted | Merged:
    """Make the merge, and leave its conflicts; there may be none where another strategy found some."""
    before = repository.head(worktree).commit
    standing = find_standing(worktree, proposal, before)
    step = next(MERGERS["merge"].steps(standing.proposal))
    with worktree_lock(git_dir(worktree)) as held:
        answer = run_git(worktree, *step.argv, options=("-c", f"commit.gpgSign={str(sign).lower()}"), held=[held])
    if answer.ok:
        commit = repository.head(worktree).commit
        return Merged(commit, repository.tree(commit), before)
    if _merging(worktree) != proposal.commit:
        raise OrchestraError(f"cannot prepare the merge: {answer.complaint}", safe="nothing was changed")
    return Conflicted(read_changes(worktree).unmerged)


def take_resolution(
    repository: Repository, worktree: Path, proposal: Proposal, before: str, *, sign: bool = False
) -> Resolved | Unresolved:
    """Accept the person's merge, if it is whole: committed on top of `before`, with the proposal's commit in it.

    A commit without the run's trailers is left as it is, and an empty one with them comes on top.
    """
    require_worktree(repository, worktree)
    if problem := _still_open(repository, worktree, proposal.commit, before):
        return problem
    marks = _marks(repository, before, repository.head(worktree).commit) if proposal.task else [""]
    if marks not in ([], [proposal.task]):
        return Unresolved(f"its commits carry the line {TASK_TRAILER}: more than once, or for another task: {marks}")
    if not marks:
        merge(repository, worktree, proposal, sign=sign)
    commit = repository.head(worktree).commit
    kept = park(repository, proposal.run, INTEGRATION, worktree, repository.head(worktree).branch or "")
    return Resolved(commit, repository.tree(commit), kept.ref)


def give_back(repository: Repository, worktree: Path, run: str, before: str) -> str:
    """Ensure that the integration branch is at `before` again; return the ref of what a person had made, "" if nothing.

    Untracked files stay where they are. Raises OrchestraError where the person is in the middle of something else.
    """
    require_worktree(repository, worktree)
    if problem := _elsewhere(repository, worktree, before):
        raise OrchestraError(problem.reason, safe="nothing was changed", hint=problem.hint)
    with worktree_lock(git_dir(worktree)) as held:
        if _untouched(repository, worktree, before):
            ref = ""
        else:
            ref = park(repository, run, INTEGRATION, worktree, repository.head(worktree).branch or "").ref
        git(worktree, "reset", "--hard", "--quiet", before, held=[held], what="cannot give the merge up")
    return ref


def _untouched(repository: Repository, worktree: Path, before: str) -> bool:
    """Whether nobody has done anything about the merge yet, or it is not even there."""
    if repository.head(worktree).commit != before:
        return False
    changes = read_changes(worktree)
    if not (changes.staged or changes.unstaged or changes.unmerged):
        return True
    # Git keeps what it wrote into the files, conflict markers included, as a tree of this name.
    return run_git(worktree, "diff", "--quiet", "--no-ext-diff", "AUTO_MERGE", options=READING).ok


def _still_open(repository: Repository, worktree: Path, commit: str, before: str) -> Unresolved | None:
    """Say what is missing until the merge is whole, None if nothing is."""
    if problem := _elsewhere(repository, worktree, before):
        return problem
    changes = read_changes(worktree)
    if changes.unmerged:
        hint = f"resolve them in {worktree}, then: git add FILE... && git commit"
        return Unresolved(f"{len(changes.unmerged)} files are still in conflict", changes.unmerged, hint)
    if _merging(worktree):
        return Unresolved("the merge is not committed yet", hint=f"run: git -C {worktree} commit")
    if not _holds(repository, worktree, commit):
        hint = "tmux-orchestra merge abort, then tmux-orchestra merge manual"
        return Unresolved(f"the integration branch has no merge of {commit[:12]}", hint=hint)
    if edits := tuple(sorted({*changes.staged, *changes.unstaged})):
        hint = f"commit or restore them: git -C {worktree} status"
        return Unresolved(f"{len(edits)} edits in {worktree} are not committed", edits, hint)
    return None


def _elsewhere(repository: Repository, worktree: Path, before: str) -> Unresolved | None:
    """Say why the worktree cannot be judged: something else is going on in it than the merge."""
    if lock := index_lock(worktree):
        return Unresolved(f"a git command is at work in {worktree}", hint=f"if none runs any more: rm {lock}")
    if (operation := unfinished(worktree)) and operation != "a merge":
        return Unresolved(f"{operation} is unfinished in {worktree}", hint=f"end or abort it: git -C {worktree} status")
    head = repository.head(worktree)
    if head.branch is None or not head.branch.endswith("/_integration"):
        return Unresolved(f"{worktree} is on {head.branch or 'no branch'}", hint=f"run: git -C {worktree} switch -")
    if not repository.is_ancestor(before, head.commit):
        hint = f"run: git -C {worktree} reset --keep {before[:12]}"
        return Unresolved("the integration branch has lost what was merged before", hint=hint)
    return None


def _merging(worktree: Path) -> str:
    """Return the commit that is being merged in `worktree`, "" if none is."""
    try:
        return (git_dir(worktree) / "MERGE_HEAD").read_text("ascii").split()[0]
    except (OSError, IndexError):
        return ""


def _holds(repository: Repository, worktree: Path, commit: str) -> bool:
    return repository.is_ancestor(commit, repository.head(worktree).commit)


def _marks(repository: Repository, before: str, commit: str) -> list[str]:
    """Return the task that each trailer names among the commits that came with the merge."""
    how = f"--format=%(trailers:key={TASK_TRAILER},valueonly,separator=%x00)"
    listed = git(repository.common_dir, "log", "--no-show-signature", how, commit, f"^{before}").text
    return [mark for line in listed.splitlines() for mark in line.split("\0") if mark]
