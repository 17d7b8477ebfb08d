"""What checks on real history are given, and what they answer."""

import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class PastMerge:
    """A merge commit of history: `theirs` was merged into `ours`."""

    commit: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class Place:
    """Where a check may work: a repository that has all objects of the clone, and a folder beside it."""

    repository: Path
    folder: Path
    strategy: str


@dataclass
class Tally:
    """What was seen, counted by what it was, and every disagreement in words."""

    counts: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


class Check(Protocol):
    """One claim about merges; a module `replay_<name>.py` has a class of this name."""

    def __init__(self, place: Place) -> None:
        """Prepare what is needed once."""
        ...

    def look(self, past: PastMerge, tally: Tally) -> None:
        """Do one merge of history again, and say what came of it."""
        ...


def past_merges(clone: Path, most: int) -> Iterator[PastMerge]:
    """Yield the newest merges of two parents, of all refs; at most that many, 0 for all."""
    limit = [f"--max-count={most}"] if most else []
    listed = git(clone, "rev-list", "--all", "--min-parents=2", "--max-parents=2", "--parents", *limit)
    for line in listed.stdout.splitlines():
        yield PastMerge(*line.split())


def git(folder: Path, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run git as a person would type it."""
    return subprocess.run(["git", *args], cwd=folder, check=check, capture_output=True, text=True, errors="replace")


def private_git(home: Path) -> None:
    """Let nobody's git configuration count in this process, and give commits an author."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
    config = home / "gitconfig"
    config.write_text("[user]\n\tname = Replay\n\temail = replay@localhost\n[gc]\n\tauto = 0\n", "utf-8")
    os.environ |= {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": "true",
    }


def borrow(clone: Path, path: Path) -> Path:
    """Make a repository that reads all objects of the clone and writes none into it."""
    common = Path(git(clone, "rev-parse", "--path-format=absolute", "--git-common-dir").stdout.strip())
    git(path.parent, "init", "--quiet", "--initial-branch=replay", path.name)
    (path / ".git" / "objects" / "info" / "alternates").write_text(f"{common / 'objects'}\n", "utf-8")
    git(path, "commit", "--quiet", "--allow-empty", "--message", "start")
    return path


# --- what a merge comes to -----------------------------------------------------------------------------

REFUSED = "refused"
"""What a merge came to is told in words, of which the first is the kind; equal words are an equal outcome."""


def by_hand(worktree: Path, past: PastMerge) -> str:
    """Return what the merge comes to when it is typed."""
    put(worktree, past.ours)
    done = git(worktree, "merge", "--quiet", "--no-ff", "-m", "replayed", past.theirs, check=False)
    if done.returncode == 0:
        return clean(git(worktree, "rev-parse", "HEAD^{tree}").stdout.strip())
    unmerged = git(worktree, "diff", "--name-only", "--diff-filter=U", "-z").stdout.split("\0")
    return conflicts(path for path in unmerged if path) if any(unmerged) else REFUSED


def clean(tree: str) -> str:
    """Return the words for a merge that went through."""
    return f"clean {tree}"


def conflicts(paths: Iterable[str]) -> str:
    """Return the words for a merge that did not."""
    return f"conflicting {', '.join(sorted(set(paths)))}"


def put(worktree: Path, commit: str) -> None:
    """Give a worktree exactly this commit's files."""
    git(worktree, "reset", "--hard", "--quiet", commit)
    git(worktree, "clean", "-ffdxq")
