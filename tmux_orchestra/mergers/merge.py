"""`merge`: a merge commit for each task, above the task's own commits as they are."""

from tmux_orchestra.mergers.proposal import Proposal, Step, Steps, commit_step, message


class Merge:
    """Keeps every commit of the task; the merge commit says which task it was."""

    name = "merge"

    def begun(self, onto: str, own: int) -> bool:  # noqa: ARG002 - the contract's
        """Say no: one step makes all of it."""
        return False

    def steps(self, proposal: Proposal) -> Steps:
        """Take one `git merge --no-ff`: there is a commit for the trailers even where it could fast-forward."""
        text = message(proposal, marked=any(commit.marked for commit in proposal.own))
        if not proposal.own:
            return (yield commit_step(text)).verdict
        ended = yield Step(
            (
                "merge",
                "--no-ff",
                "--no-squash",
                "--commit",
                "--no-log",  # would be put behind the trailers
                "--no-autostash",
                "--no-rerere-autoupdate",
                "--no-stat",
                "--quiet",
                "--cleanup=whitespace",
                "-m",
                text,
                proposal.commit,
            )
        )
        return ended.verdict
