"""Where a proposal stands: what of it the integration branch has already, and what it would bring."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.command import git
from tmux_orchestra.mergers import OwnCommit, Proposal
from tmux_orchestra.mergers.proposal import COMMIT_TRAILER, ONTO_TRAILER, TASK_TRAILER

_FIELDS = ("%m", "%H", "%P", "%an", "%ae", "%ad", f"%(trailers:key={TASK_TRAILER},valueonly,separator=%x2C)", "%B")


@dataclass(frozen=True)
class Result:
    """The commit by which a proposal went in, and where the branch was before."""

    commit: str
    before: str
    onto: str
    """What its `Orchestra-Onto` says; "" if it has none."""


@dataclass(frozen=True)
class Standing:
    """The proposal with all that a merger must know of it, and its result if it is in already."""

    proposal: Proposal
    result: Result | None


def find_standing(worktree: Path, proposal: Proposal, tip: str) -> Standing:
    """Compare the proposal with the integration branch, which is at `tip`.

    Raises OrchestraError where the task's commits carry a trailer that would lie about what they are.
    """
    listed = git(
        worktree,
        "log",
        "-z",
        "--left-right",
        "--topo-order",
        "--reverse",
        "--no-show-signature",
        "--no-decorate",
        "--encoding=UTF-8",
        "--date=raw",
        f"--format={'%x00'.join(_FIELDS)}",
        f"{proposal.commit}...{tip}",
        "--",
        what=f"cannot merge {proposal.task or proposal.title}",
    )
    words = listed.raw.decode("utf-8", "surrogateescape").split("\0")
    commits = [_Listed(*words[at : at + len(_FIELDS)]) for at in range(0, len(words) - 1, len(_FIELDS))]
    own = tuple(commit for commit in commits if commit.side == "<")
    there = {commit.id: commit for commit in commits if commit.side == ">"}
    if proposal.task:  # what has come by another way may bear other runs' marks
        _refuse_lies(own, proposal, tip)
    found = replace(proposal, onto=tip, own=tuple(commit.told for commit in own))
    return Standing(found, _find_result(there, tip, proposal.commit))


@dataclass(frozen=True)
class _Listed:
    side: str
    id: str
    parents: str
    author: str
    email: str
    date: str
    mark: str
    message: str

    @property
    def told(self) -> OwnCommit:
        merges = " " in self.parents
        return OwnCommit(
            self.id, self.message, self.author, self.email, self.date, merges=merges, marked=bool(self.mark)
        )


def _refuse_lies(own: tuple[_Listed, ...], proposal: Proposal, tip: str) -> None:
    marks = [commit.mark for commit in own if f"\n{TASK_TRAILER}:" in f"\n{commit.message}"]
    if marks and marks != [proposal.task]:
        raise OrchestraError(
            f"cannot merge {proposal.task or proposal.title}: commits of its own carry the line {TASK_TRAILER}:, "
            "which only the merge commit may have",
            safe="the integration branch is as it was",
            hint=f"reword them, without that line: git rebase -i {tip[:12]}",
        )


def _find_result(there: Mapping[str, _Listed], tip: str, commit: str) -> Result | None:
    """Look along the integration branch itself: what lies beside it may say what it likes."""
    at = tip
    while at in there:
        parent = there[at].parents.partition(" ")[0]
        lines = there[at].message.splitlines()
        if f"{COMMIT_TRAILER}: {commit}" in lines:
            key = f"{ONTO_TRAILER}: "
            onto = next((line.removeprefix(key) for line in reversed(lines) if line.startswith(key)), "")
            return Result(at, onto or parent, onto)
        at = parent
    return None
