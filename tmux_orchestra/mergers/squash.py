"""`squash`: one commit for each task, which names the task's own commits and holds what they come to."""

from tmux_orchestra.mergers.proposal import Proposal, Step, Steps, commit_step, message

MOST_COMMITS = 100
"""Commits that the message names."""


class Squash:
    """Leaves the integration branch a line of one commit per task; the task's own commits stay on its branch."""

    name = "squash"

    def begun(self, onto: str, own: int) -> bool:  # noqa: ARG002 - the contract's
        """Say no: the one commit is all of it."""
        return False

    def steps(self, proposal: Proposal) -> Steps:
        """Take `git merge --squash`, which changes no branch, and commit what it has staged."""
        if proposal.own:
            ended = yield squash_step(proposal.commit)
            if ended.exit_code:
                return ended.verdict
        ended = yield commit_step(message(proposal, _named(proposal)))
        return "refused" if ended.exit_code else "done"


def squash_step(commit: str) -> Step:
    """Return the step that merges into the worktree and the index, and into nothing else."""
    return Step(
        (
            "merge",
            "--squash",
            "--ff",  # whatever merge.ff says: no branch is moved here
            "--no-log",
            "--no-autostash",
            "--no-rerere-autoupdate",
            "--no-stat",
            "--quiet",
            commit,
        )
    )


def _named(proposal: Proposal) -> str:
    """Return the subjects of the task's own commits as a list; merges among them say nothing of their own."""
    own = [commit for commit in proposal.own if not commit.merges]
    lines = [f"* {(commit.message.strip().splitlines() or [commit.id[:12]])[0].strip()}" for commit in own]
    more = [f"* and {len(lines) - MOST_COMMITS} more"] if len(lines) > MOST_COMMITS else []
    return "\n".join(lines[:MOST_COMMITS] + more)
