"""`rebase`: the task's own commits again, one by one, on top of the integration branch; no merge commits.

First everything is merged at once and committed as the last of them (`squash` with another message), so that
git and the repository's hooks judge the result as they do for any strategy, and one ref moves once. Then that
commit is spread out: beside the worktree, commit by commit, what came before it is made, and the branch is put
on an equal commit whose history has them. So the tree that was merged is the tree that stays, whatever lies
between, and a kill in the middle leaves the branch as it was or with all of the work.

A commit that cannot be brought over by itself is one that conflicts with the others' work and was reconciled
by a later one: the agent has merged the integration branch and resolved the conflict in the merge. It becomes
a commit without a change, and its change comes with the one that reconciles it. Merge commits themselves go.
"""

from collections.abc import Generator, Iterable

from tmux_orchestra.mergers.proposal import (
    ONTO_TRAILER,
    TASK_TRAILER,
    OwnCommit,
    Proposal,
    Step,
    StepEnded,
    Steps,
    Verdict,
    commit_step,
    defused,
    message,
    trailers,
    with_trailers,
)
from tmux_orchestra.mergers.squash import squash_step


class _RefusedError(Exception):
    """A step that cannot conflict has failed."""


class Rebase:
    """Leaves the integration branch a line of the tasks' own commits; authors, dates and messages are kept."""

    name = "rebase"

    def begun(self, onto: str, own: int) -> bool:
        """Whether the commits still have to be spread out."""
        return not onto and own > 1

    def steps(self, proposal: Proposal) -> Steps:
        """Merge into one commit, then put the commits that it consists of in its place."""
        if not proposal.own:
            return (yield commit_step(message(proposal))).verdict
        kept = kept_commits(proposal.own)
        if not proposal.begun:
            verdict = yield from _at_once(proposal, kept)
            if verdict != "done":
                return verdict
        if len(kept) == 1:
            return "done"
        try:
            yield from _spread(proposal, kept)
        except _RefusedError:
            return "refused"
        return "done"


def kept_commits(own: Iterable[OwnCommit]) -> tuple[OwnCommit, ...]:
    """Return the commits that are made again: all but merges, or the last merge where there is nothing else."""
    everything = tuple(own)
    return tuple(commit for commit in everything if not commit.merges) or everything[-1:]


def _at_once(proposal: Proposal, kept: tuple[OwnCommit, ...]) -> Steps:
    ended = yield squash_step(proposal.commit)
    if ended.exit_code:
        return ended.verdict
    last, marked = kept[-1], any(commit.marked for commit in kept)
    text = with_trailers(_own_words(last), trailers(proposal, marked=marked))
    ended = yield commit_step(text, cleanup="verbatim", author=last.authorship)
    verdict: Verdict = "refused" if ended.exit_code else "done"
    return verdict


def _spread(proposal: Proposal, kept: tuple[OwnCommit, ...]) -> Generator[Step, StepEnded, None]:
    """Make the commits before the last, and the last again on top of them.

    `joined` is never seen by anybody: what has been brought over so far, merged commit by commit, so that git finds
    for the next one what it started from.
    """
    whole = yield from _said(
        Step(("log", "-1", "--no-show-signature", "--encoding=UTF-8", "--format=%H%n%T%n%B", "HEAD"))
    )
    tip, whole_tree, text = (*whole.split("\n", 2), "", "")[:3]
    tree, joined, previous = f"{proposal.onto}^{{tree}}", proposal.onto, proposal.onto
    for commit in proposal.own[: proposal.own.index(kept[-1])]:
        tried = yield Step(("merge-tree", "--write-tree", "--no-messages", joined, commit.id))
        if tried.exit_code not in {0, 1}:
            raise _RefusedError
        if tried.exit_code == 0:
            tree = tried.output.strip()
            joined = yield from _said(Step(("commit-tree", tree, "-p", joined, "-p", commit.id, "-m", "joined")))
        if commit in kept:
            previous = yield from _again(proposal, commit, tree, previous, _own_words(commit))
    text = with_trailers(text, f"{ONTO_TRAILER}: {proposal.onto}")
    last = yield from _again(proposal, kept[-1], whole_tree, previous, text)
    yield from _said(Step(("update-ref", "-m", "orchestra: rebase", "HEAD", last, tip)))


def _again(proposal: Proposal, commit: OwnCommit, tree: str, parent: str, text: str) -> Generator[Step, StepEnded, str]:
    sign = ("-S",) if proposal.sign else ()
    argv = ("commit-tree", *sign, tree, "-p", parent, "-m", text)
    return (yield from _said(Step(argv, commit.authorship)))


def _said(step: Step) -> Generator[Step, StepEnded, str]:
    ended = yield step
    if ended.exit_code:
        raise _RefusedError
    return ended.output


def _own_words(commit: OwnCommit) -> str:
    """Return a commit's message as its author wrote it, unless it pretends to be one of ours."""
    return defused(commit.message, spare=(TASK_TRAILER,))
