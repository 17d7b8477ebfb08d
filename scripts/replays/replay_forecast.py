"""The forecast: it says conflict, and where, exactly where `git merge` does; of commits and of uncommitted edits."""

import os
import re
import subprocess
from collections.abc import Iterable

from history import REFUSED, PastMerge, Place, Tally, by_hand, conflicts, git, put

from tmux_orchestra.effects.git import Forecaster, Repository, add_worktree
from tmux_orchestra.effects.git import Place as TaskPlace

CLEAN = "clean"


class Check:
    """Every merge typed, forecast from the two commits, and forecast from the edits that lead to the second."""

    def __init__(self, place: Place) -> None:
        """Make the worktrees: of who types, and of a task."""
        repository = Repository.open(place.repository)
        start = repository.head().commit
        self.typed = place.folder / "typed"
        git(place.repository, "worktree", "add", "--quiet", "--detach", str(self.typed))
        self.task = add_worktree(repository, place.folder / "task", "orchestra/replay/task", start).path
        self.own = place.folder / "forecast"
        self.forecaster = Forecaster(repository, self.own)

    def look(self, past: PastMerge, tally: Tally) -> None:
        """Compare what is typed with what is forecast."""
        typed = by_hand(self.typed, past)
        typed = CLEAN if typed.startswith(CLEAN) else _comparable(typed)
        tally.counts["merges"] += 1
        tally.counts[typed.partition(" ")[0]] += 1
        if typed == REFUSED:
            return
        put(self.typed, past.ours)  # the attributes that count are those of what is merged into
        self._compare("commits", past.theirs, past, typed, tally)
        if edited := self._as_edits(past):
            self._compare("edits", edited, past, typed, tally)

    def _compare(self, what: str, theirs: str, past: PastMerge, typed: str, tally: Tally) -> None:
        clash = self.forecaster.clashes([(past.ours, theirs)], self.typed).get((past.ours, theirs))
        forecast = _comparable(conflicts(clash.paths)) if clash else CLEAN
        if forecast == typed:
            tally.counts[f"forecast of {what} = git merge"] += 1
        else:
            tally.disagreements.append(f"{past.commit}: git merge: {typed}; forecast of {what}: {forecast}")

    def _as_edits(self, past: PastMerge) -> str | None:
        """Make all that was merged an edit that is staged or only there; None where no edits on one base are as much.

        (Two merge bases, or files that are stored otherwise than the attributes of today would store them.)
        """
        bases = git(self.typed, "merge-base", "--all", past.ours, past.theirs).stdout.split()
        if len(bases) != 1:
            return None
        put(self.task, bases[0])
        git(self.task, "read-tree", "--reset", "-u", past.theirs)
        names = _names(git(self.task, "diff", "--cached", "--name-only", "--no-renames", "-z").stdout.split("\0"))
        git(self.task, "reset", "--quiet", "--", *names[::2], check=False)  # every other one is not even staged
        untracked = git(self.task, "ls-files", "--others", "--ignored", "--exclude-standard", "-z").stdout
        git(self.task, "add", "--force", "--", *_names(untracked.split("\0")), check=False)
        edited = self.forecaster.look({"task": TaskPlace(self.task, "orchestra/replay/task")})["task"]
        return edited if self._tree(edited) == self._tree(past.theirs) else None

    def _tree(self, commit: str) -> str:
        store = self.own / "sketches" / "task"
        env = {**os.environ, **({"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(store)} if store.exists() else {})}
        return subprocess.check_output(["git", "rev-parse", f"{commit}^{{tree}}"], cwd=self.task, env=env, text=True)


def _names(listed: Iterable[str]) -> list[str]:
    return [name for name in listed if name][:2000]


def _comparable(words: str) -> str:
    """Leave out the side's name, which git gives to a file in whose way a folder is."""
    return re.sub(r"~[^,/ ]+(?=,|$)", "", words)
