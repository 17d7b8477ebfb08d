"""What a worktree holds beyond its commit: edits, untracked files, nested repositories, unfinished operations.

Everything here only reads, without taking git's locks, because agents commit in the same folder.
"""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.command import READING, git, run_git
from tmux_orchestra.effects.git.repository import Head, Repository

CACHE_FOLDERS = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"})
"""Made by running code, remade at will: never anybody's work."""

_UNFINISHED = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "sequencer": "a series of picks",
    "BISECT_LOG": "a bisection",
}


@dataclass(frozen=True)
class Changes:
    """The paths, relative to the worktree's top, that differ from its commit. A nested repository ends in `/`."""

    staged: tuple[str, ...] = ()
    unstaged: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    unmerged: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()
    """Submodules with edits of their own, which no commit out here would hold."""

    def __bool__(self) -> bool:
        """Whether there is any difference at all."""
        return bool(self.paths)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path once, sorted."""
        return tuple(sorted({*self.staged, *self.unstaged, *self.untracked, *self.unmerged}))

    def without(self, paths: Iterable[str]) -> "Changes":
        """Leave out untracked caches, and whatever is one of `paths` or lies below one."""
        out = tuple(paths)
        staged, unstaged, untracked = (
            tuple(path for path in found if not is_one_of(path, out))
            for found in (self.staged, self.unstaged, self.untracked)
        )
        untracked = tuple(path for path in untracked if not is_cache(path))
        return Changes(staged, unstaged, untracked, self.unmerged, self.submodules)


def is_one_of(path: str, paths: Iterable[str]) -> bool:
    """Whether `path` is one of `paths`, or lies in a folder that is."""
    return any(PurePosixPath(path).is_relative_to(PurePosixPath(one)) for one in paths)


def is_cache(path: str) -> bool:
    """Whether an untracked path is a byte-code or tool cache."""
    return path.endswith((".pyc", ".pyo")) or not CACHE_FOLDERS.isdisjoint(PurePosixPath(path).parts)


def read_changes(worktree: Path) -> Changes:
    """Return what differs from the commit in `worktree`, whatever the user's configuration hides from `git status`."""
    listed = git(
        worktree,
        "status",
        "--porcelain=v2",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=none",
        "--no-renames",
        options=READING,
        what=f"cannot read the changes in {worktree}",
    )
    staged, unstaged, untracked, unmerged, submodules = [], [], [], [], []
    for entry in listed.fields:
        match entry[0]:
            case "?":
                untracked.append(entry[2:])
            case "u":
                unmerged.append(entry.split(" ", 10)[10])
            case "1":
                _, both, submodule, *_, path = entry.split(" ", 8)
                staged += [path] if both[0] != "." else []
                unstaged += [path] if both[1] != "." else []
                submodules += [path] if submodule[0] == "S" and submodule[2:] != ".." else []
    return Changes(tuple(staged), tuple(unstaged), tuple(untracked), tuple(unmerged), tuple(submodules))


def git_dir(worktree: Path) -> Path:
    """Return the folder in which git keeps this worktree's HEAD and index."""
    return _linked_git_dir(worktree) or Path(git(worktree, "rev-parse", "--path-format=absolute", "--git-dir").text)


def _linked_git_dir(worktree: Path) -> Path | None:
    """Return that folder without asking git, where the worktree is a linked one and says so; None elsewhere.

    See gitrepository-layout(5), "worktrees". Asked before each of our commands: a process for it would be felt.
    """
    try:
        text = os.fsdecode((worktree / ".git").read_bytes())
    except OSError:
        return None
    folder = worktree / text.removeprefix("gitdir: ").rstrip("\n")
    return folder if text.startswith("gitdir: ") and (folder / "commondir").is_file() else None


def checked_out(repository: Repository, worktree: Path) -> Head:
    """Return what is checked out: from git's files where they say it plainly, else from git."""
    linked = _linked_git_dir(worktree)
    if linked:
        with suppress(OSError):
            said = os.fsdecode((linked / "HEAD").read_bytes().rstrip(b"\n"))
            ref = said.removeprefix("ref: ")
            commit = said if ref == said else os.fsdecode((repository.common_dir / ref).read_bytes().rstrip(b"\n"))
            if len(commit) in {40, 64} and set(commit) <= set("0123456789abcdef"):
                return Head(None if ref == said else ref.removeprefix("refs/heads/"), commit)
    return repository.head(worktree)


def unfinished(worktree: Path) -> str | None:
    """Name the operation that somebody has begun and not ended in `worktree` ("a rebase"), None if there is none."""
    folder = git_dir(worktree)
    return next((name for entry, name in _UNFINISHED.items() if (folder / entry).exists()), None)


def index_lock(worktree: Path, patience: float = 2.0) -> Path | None:
    """Return the `index.lock` that is still held after `patience` seconds, None as soon as there is none."""
    lock = git_dir(worktree) / "index.lock"
    deadline = time.monotonic() + patience
    while lock.exists():
        if time.monotonic() > deadline:
            return lock
        time.sleep(0.02)
    return None


def require_worktree(repository: Repository, worktree: Path) -> None:
    """Raise OrchestraError unless `worktree` is the top of one of this repository's worktrees.

    Without its `.git` file, git would silently answer for whatever repository lies around the folder.
    """
    if (linked := _linked_git_dir(worktree)) and _belongs(repository, linked, worktree):
        return
    found = run_git(worktree, "rev-parse", "--path-format=absolute", "--git-common-dir", "--show-toplevel")
    common, _, top = found.text.partition("\n")
    if not (found.ok and _same(Path(common), repository.common_dir) and _same(Path(top), worktree)):
        raise OrchestraError(
            f"{worktree} is not a worktree of {repository.root}",
            safe="nothing was changed; its branch is as it was",
            hint="run: git worktree list, then git worktree repair",
        )


def _belongs(repository: Repository, linked: Path, worktree: Path) -> bool:
    """Whether git's folder for a linked worktree is this repository's, and names the worktree in turn."""
    try:
        common, back = ((linked / file).read_bytes().rstrip(b"\n") for file in ("commondir", "gitdir"))
    except OSError:
        return False
    return _same(linked / os.fsdecode(common), repository.common_dir) and _same(
        linked / os.fsdecode(back), worktree / ".git"
    )


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def nested_repositories(worktree: Path) -> tuple[str, ...]:
    """Return every git repository or submodule below the worktree's top, ignored folders included."""
    found = []
    for folder, folders, files in os.walk(worktree):
        if ".git" in folders or ".git" in files:
            if Path(folder) != worktree:
                found.append(os.path.relpath(folder, worktree))
            folders[:] = [name for name in folders if name != ".git"]
    return tuple(sorted(found))


def own_work(nested: Path) -> str | None:
    """Say what a nested repository holds that no remote has, None if a fresh clone would bring all of it back."""
    status = run_git(nested, "status", "--porcelain", "--untracked-files=all", "--ignore-submodules=none")
    if not status.ok:
        return f"it cannot be read ({status.complaint})"
    if status.raw:
        return "it has uncommitted changes"
    commits = run_git(nested, "rev-list", "--max-count=1", "--all", "HEAD", "--not", "--remotes")
    if not commits.ok:
        return "its commits cannot be read"
    return "it has commits that no remote has" if commits.raw else None


def hidden_from_status(worktree: Path) -> tuple[str, ...]:
    """Return files marked assume-unchanged or skip-worktree that are there: `git status` is blind to their edits."""
    listed = git(worktree, "ls-files", "-v", "-z", options=READING)
    marked = (entry[2:] for entry in listed.fields if entry[0].islower() or entry[0] == "S")
    return tuple(path for path in marked if os.path.lexists(worktree / path))
