"""The queue: merging parent 2 into parent 1 gives what `git merge` gives, and what history has where nobody helped."""

from history import REFUSED, PastMerge, Place, Tally, by_hand, clean, conflicts, git, put

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import Conflicted, Repository, add_worktree, merge
from tmux_orchestra.mergers import Proposal


class Check:
    """Every merge twice: by the queue, and typed, in a worktree each."""

    def __init__(self, place: Place) -> None:
        """Make the two worktrees."""
        self.repository = Repository.open(place.repository)
        self.strategy = place.strategy
        start = self.repository.head().commit
        branch = "orchestra/replay/_integration"
        self.queue = add_worktree(self.repository, place.folder / "queue", branch, start).path
        self.typed = place.folder / "typed"
        git(place.repository, "worktree", "add", "--quiet", "--detach", str(self.typed))

    def look(self, past: PastMerge, tally: Tally) -> None:
        """Compare the trees, or the paths in conflict, or that both refuse."""
        ours, typed = self._by_queue(past), by_hand(self.typed, past)
        tally.counts["merges"] += 1
        tally.counts[typed.partition(" ")[0]] += 1
        if ours == typed:
            tally.counts["queue = git merge"] += 1
        else:
            tally.disagreements.append(f"{past.commit}: git merge: {typed}; queue: {ours}")
        historic = clean(git(self.typed, "rev-parse", f"{past.commit}^{{tree}}").stdout.strip())
        if typed == historic:
            tally.counts["history has git's own merge"] += 1
            tally.counts["queue = history, of those"] += ours == historic

    def _by_queue(self, past: PastMerge) -> str:
        put(self.queue, past.ours)
        proposal = Proposal(run="replay", task="replayed", title="replayed", commit=past.theirs)
        try:
            result = merge(self.repository, self.queue, proposal, strategy=self.strategy)
        except OrchestraError:
            return REFUSED
        return conflicts(result.paths) if isinstance(result, Conflicted) else clean(result.tree)
