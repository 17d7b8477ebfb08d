"""Merging into the integration branch, in its own worktree: all of a proposal, or nothing of it.

A merge that goes through costs little more than `git merge` itself: whether somebody has left something in the
worktree is looked at only where git itself does not see it, or has refused because of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import (
    checked_out,
    git_dir,
    index_lock,
    read_changes,
    require_worktree,
    unfinished,
)
from tmux_orchestra.effects.git.claims import worktree_lock
from tmux_orchestra.effects.git.command import READING, Answer, git, run_git
from tmux_orchestra.effects.git.parking import park
from tmux_orchestra.effects.git.repository import BRANCHES, Repository
from tmux_orchestra.effects.git.standing import Standing, find_standing
from tmux_orchestra.mergers import MERGERS, Merger, Proposal, Step, StepEnded, Verdict
from tmux_orchestra.mergers.proposal import COMMIT_TRAILER, ONTO_TRAILER

CATCHING_UP = "merge"
"""How the target comes in, whatever the strategy: the result must have it as an ancestor to go into it."""


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
    that died before it could say so: the existing result is returned. The repository's hooks run as for any
    merge. Raises OrchestraError where git or a hook refuses; everything is then as it was. Edits that somebody
    has made in the worktree stay there, or are parked if they are in the way.
    """
    merger = MERGERS[strategy if proposal.task else CATCHING_UP]
    require_worktree(repository, worktree)
    with worktree_lock(git_dir(worktree)) as held:
        if _left_behind(worktree):
            _take_over(repository, worktree, proposal.run)
        tip = _require_integration(repository, worktree, proposal.run)
        standing = find_standing(worktree, replace(proposal, sign=sign), tip)
        if result := _result(repository, standing, merger):
            return result
        attempt = _Attempt(repository, worktree, _resumed(standing, tip), merger, held)
        verdict = attempt.make()
        if verdict == "conflicted":
            return Conflicted(attempt.unmerged)
        if verdict == "refused":
            raise _refusal(proposal, worktree, attempt.last)
        commit, tree = git(worktree, "rev-parse", "HEAD", "HEAD^{tree}").text.split()
    return Merged(commit, tree, attempt.before)


def _require_integration(repository: Repository, worktree: Path, run: str) -> str:
    """Return the integration branch's tip. Raises OrchestraError where somebody has checked out another branch."""
    head = checked_out(repository, worktree)
    if head.branch is None or not head.branch.startswith(f"{BRANCHES}/{run}/_integration"):
        raise OrchestraError(
            f"{worktree} has {head.branch or 'no branch'} checked out, not the integration branch",
            safe="nothing was changed",
            hint=f"run: git -C {worktree} switch {BRANCHES}/{run}/_integration",
        )
    return head.commit


def _result(repository: Repository, standing: Standing, merger: Merger) -> Merged | None:
    """Return what is there already, if it is all there."""
    proposal, result = standing.proposal, standing.result
    if result is None:
        contained = not proposal.own and not proposal.task
        return Merged(proposal.onto, repository.tree(proposal.onto), proposal.onto) if contained else None
    if result.commit == proposal.onto and merger.begun(result.onto, len(proposal.own)):
        return None
    return Merged(result.commit, repository.tree(result.commit), result.before)


def _resumed(standing: Standing, tip: str) -> Proposal:
    """Return the proposal as it stood before a predecessor began with it."""
    if standing.result is None:
        return standing.proposal
    return replace(standing.proposal, begun=tip, onto=standing.result.before)


class _Attempt:
    """One attempt to bring a proposal in. Where it does not go through, everything is as it was before."""

    def __init__(self, repository: Repository, worktree: Path, proposal: Proposal, merger: Merger, held: int) -> None:
        self.before = proposal.onto
        self.unmerged: tuple[str, ...] = ()
        self.last = Answer((), 0, b"", "")
        self._repository, self._worktree, self._proposal = repository, worktree, proposal
        self._merger, self._held, self._tidied = merger, held, False

    def make(self) -> Verdict:
        """Take the merger's steps; take them again if it was somebody's edits that were in the way."""
        # `git merge` sees for itself whether it would touch an edit; anything that commits the index would not. But
        # where it refuses, it resets and brings back what it had stashed, which no file is that lies where a tracked
        # one was removed.
        if self._merger is not MERGERS["merge"] or not self._proposal.own or _lacks_files(self._worktree):
            self._tidy()
        verdict = self._take_steps()
        stopped = self.last.exit_code not in {0, 1}
        if verdict == "refused" and any([stopped and not self._tidied and self._tidy(), self._make_way()]):
            verdict = self._take_steps()
        return verdict

    def _tidy(self) -> bool:
        self._tidied = True
        return _take_over(self._repository, self._worktree, self._proposal.run)

    def _make_way(self) -> bool:
        """Park the untracked files that lie where some are to come, perhaps those of a merge that died; remove them."""
        listed = git(self._worktree, "ls-tree", "-r", "-z", "--name-only", self._proposal.commit).fields
        coming = {*listed, *(str(folder) for path in listed for folder in PurePosixPath(path).parents)}
        lying = [
            path
            for path in read_changes(self._worktree).untracked
            if path in coming or not set(listed).isdisjoint(str(folder) for folder in PurePosixPath(path).parents)
        ]
        if lying:
            _park(self._repository, self._worktree, self._proposal.run)
            git(self._worktree, "clean", "--force", "--quiet", "--", *lying, options=("--literal-pathspecs",))
        return bool(lying)

    def _take_steps(self) -> Verdict:
        steps = self._merger.steps(self._proposal)
        step = next(steps)
        while True:
            try:
                step = steps.send(self._run(step))
            except StopIteration as ended:
                verdict: Verdict = ended.value
                break
        if verdict != "done":
            self._abandon()
        return verdict

    def _run(self, step: Step) -> StepEnded:
        signing = ("-c", f"commit.gpgSign={str(self._proposal.sign).lower()}")
        self.last = run_git(self._worktree, *step.argv, options=signing, held=[self._held], env=step.env)
        # Only a merge leaves paths behind, and only with this code: what git would not even begin may have found some.
        if self.last.exit_code == 1 and step.argv[0] == "merge":
            self.unmerged = read_changes(self._worktree).unmerged
        return StepEnded(self.last.exit_code, self.last.text, self.unmerged)

    def _abandon(self) -> None:
        """Take back what was begun; what never began has left nothing."""
        if self._tidied:  # nothing was there before: what differs is ours, or a hook's that refused
            self._reset()
        elif (
            _left_behind(self._worktree) and not run_git(self._worktree, "reset", "--quiet", "--merge", self.before).ok
        ):
            self._tidy()
            self._reset()

    def _reset(self) -> None:
        git(self._worktree, "reset", "--quiet", "--hard", self.before, what="cannot abandon a merge")


def _refusal(proposal: Proposal, worktree: Path, answer: Answer) -> OrchestraError:
    return OrchestraError(
        f"cannot merge {proposal.task or proposal.title}: {answer.complaint}",
        safe=f"the integration branch is as it was; the work is at {proposal.commit[:12]}",
        hint=f"see what git says: git -C {worktree} merge {proposal.commit[:12]}",
    )


def _left_behind(worktree: Path) -> bool:
    """Whether git itself says that something was begun here: cheap, and blind to plain edits."""
    folder = git_dir(worktree)
    return any((folder / name).exists() for name in ("index.lock", "SQUASH_MSG")) or unfinished(worktree) is not None


def _take_over(repository: Repository, worktree: Path, run: str) -> bool:
    """Clear away what a killed predecessor, or a person, has left in the worktree; say whether there was anything.

    Tracked files that differ are parked, because nobody can tell a person's edit from half a merge, and reset.
    The caller holds the worktree's lock.
    """
    stale = index_lock(worktree)
    if stale:
        stale.unlink(missing_ok=True)  # no git of ours runs here: we hold the lock
    operation = unfinished(worktree)
    if operation not in {None, "a merge"}:
        raise OrchestraError(
            f"{operation} is unfinished in the integration worktree",
            safe="nothing was changed",
            hint=f"end or abort it: git -C {worktree} status",
        )
    edited = _has_edits(worktree)
    if edited:
        _park(repository, worktree, run)
    squashed = (git_dir(worktree) / "SQUASH_MSG").exists()
    if edited or operation or squashed:
        git(worktree, "reset", "--hard", "--quiet", "HEAD", what="cannot clear the integration worktree")
    return bool(stale or operation or edited or squashed)


def _has_edits(worktree: Path) -> bool:
    """Whether tracked files differ from the commit, submodules aside."""
    return bool(_edits(worktree))


def _lacks_files(worktree: Path) -> bool:
    """Whether tracked files were removed, from the disk or from the index."""
    return any("D" in entry[2:4] for entry in _edits(worktree))


def _edits(worktree: Path) -> tuple[str, ...]:
    """Return what git says of each tracked file that differs from the commit, submodules aside.

    Git merges a submodule's new commit without checking it out: that it differs then is nobody's edit, and what
    we do here touches no submodule's files.
    """
    how = ("--porcelain=v2", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames")
    return git(worktree, "status", *how, options=READING).fields


def _park(repository: Repository, worktree: Path, run: str) -> str:
    branch = repository.head(worktree).branch or ""
    return park(repository, run, "_integration", worktree, branch).ref


def reset_integration(  # noqa: PLR0913 - where to, and what to do with what is in the way, by name
    repository: Repository, worktree: Path, run: str, commit: str, *, checked: bool = False, remove: Iterable[str] = ()
) -> tuple[str, ...]:
    """Ensure that the integration branch is at `commit` again, with its tracked files as they are there.

    `checked`: checks have just run; what they did to tracked files is discarded. Otherwise edits are parked
    first, and so is, always, a commit that is no merger's if it is in the way, or if nothing else leads to it: an
    agent may have reset its own branch. The untracked files in `remove`, which checks left behind, are removed.
    Returns the untracked files that stay.
    """
    require_worktree(repository, worktree)
    with worktree_lock(git_dir(worktree)) as held:
        if stale := index_lock(worktree):
            stale.unlink(missing_ok=True)
        tip = _require_integration(repository, worktree, run)
        foreign = _has_foreign(repository, tip, commit) or _holds_alone(repository, run, tip, commit)
        if foreign or not (checked or not _has_edits(worktree)):
            _park(repository, worktree, run)
        git(worktree, "reset", "--hard", "--quiet", commit, held=[held], what="cannot take the merge back")
        if remove := tuple(set(remove) & set(read_changes(worktree).untracked)):
            git(worktree, "clean", "--force", "--quiet", "--", *remove, options=("--literal-pathspecs",))
    return read_changes(worktree).untracked


def _has_foreign(repository: Repository, head: str, commit: str) -> bool:
    """Whether going from `head` back to `commit` would drop a commit that is no merger's."""
    dropped = git(
        repository.common_dir,
        "log",
        "--no-show-signature",
        "--first-parent",
        f"--format=%H %(trailers:key={COMMIT_TRAILER},valueonly,separator=%x2C)"
        f" %(trailers:key={ONTO_TRAILER},valueonly,separator=%x2C)",
        head,
        f"^{commit}",
    ).text.splitlines()
    until = ""
    for line in dropped:
        found, mark, onto = (*line.split(" "), "", "")[:3]
        if found == until:
            until = ""
        if not until and not mark:
            return True
        until = until or onto
    return False


def _holds_alone(repository: Repository, run: str, tip: str, commit: str) -> bool:
    """Whether going from `tip` back to `commit` would take somebody's commit from the only ref that leads to it."""
    others = (f"--exclude={BRANCHES}/{run}/_integration*", "--branches", "--tags", "--remotes")
    how = f"--format=%H %(trailers:key={COMMIT_TRAILER},valueonly,separator=%x2C)"
    left = ("log", "--no-show-signature", how, tip, "--not", commit, *others, "--glob=refs/orchestra/*")
    return any(len(line.split()) == 1 for line in git(repository.common_dir, *left).text.splitlines())
