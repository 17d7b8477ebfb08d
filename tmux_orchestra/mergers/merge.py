"""`merge`: a merge commit for each task, above the task's own commits as they are."""

from tmux_orchestra.mergers.proposal import Argv, Proposal, StepEnded, Verdict, message


class Merge:
    """Keeps every commit of the task; the merge commit says which task it was."""

    name = "merge"

    def steps(self, proposal: Proposal) -> tuple[Argv, ...]:
        """Return one `git merge --no-ff`: there is a commit for the trailers even where it could fast-forward."""
        text = message(proposal)
        if proposal.contained:
            return (("commit", "--allow-empty", "--quiet", "--cleanup=whitespace", "--message", text),)
        return (
            (
                "merge",
                "--no-ff",
                "--no-log",  # would be put behind the trailers
                "--no-autostash",
                "--no-rerere-autoupdate",
                "--no-stat",
                "--quiet",
                "--cleanup=whitespace",
                "-m",
                text,
                proposal.commit,
            ),
        )

    def read(self, ended: StepEnded) -> Verdict:
        """Tell a conflict by the paths it leaves: a hook that refuses exits with 1, too."""
        if ended.exit_code == 0:
            return "done"
        return "conflicted" if ended.unmerged else "refused"

    def abandon(self) -> Argv:
        """Return `git merge --abort`."""
        return ("merge", "--abort")
