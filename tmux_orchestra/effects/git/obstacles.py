"""What of the user's stands in the way of new files in their worktree: edits, and files that lie where others come."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

from tmux_orchestra.effects.git.changes import Changes, hidden_from_status, read_changes
from tmux_orchestra.effects.git.command import READING, git, run_git

_AT_ONCE = 500
"""Paths in one command line."""

Entry = tuple[str, str]
"""Mode and object id of a file, as trees and the index hold it."""


@dataclass(frozen=True)
class Obstacles:
    """Paths that differ from the commit that is checked out, where the new one changes something too."""

    lost: tuple[str, ...] = ()
    """Would be overwritten."""
    same: tuple[str, ...] = ()
    """Are as the new commit has them already: edited so by somebody, or by a git that was killed in the middle."""


def find_obstacles(worktree: Path, current: str, commit: str) -> Obstacles:
    """Look at what moving `worktree`, which has `current` checked out, to `commit` would meet."""
    listed = git(worktree, "diff-tree", "-r", "-z", "--no-renames", "--name-status", current, commit).fields
    touched = dict(zip(listed[1::2], listed[::2], strict=True))
    changes = read_changes(worktree)
    met = {path for path in changes.paths if path in touched or _meets_folder(path, touched)}
    met |= _edited(worktree, [path for path in hidden_from_status(worktree) if path in touched])
    for path, status in touched.items():
        # Untracked ones are found above; ignored ones only on the disk.
        if status == "A" and path not in changes.staged and (occupant := _occupant(worktree, path, touched)):
            met.add(occupant)
    same = _as_in(worktree, commit, sorted(met & set(touched)), changes)
    return Obstacles(tuple(sorted(met - same)), tuple(sorted(same)))


def stage(worktree: Path, paths: Sequence[str]) -> None:
    """Take these files into the index as they are, those too that neither it nor the disk has any more."""
    listed = b"".join(os.fsencode(path) + b"\0" for path in paths)
    how = ("--add", "--remove", "--replace", "-z", "--stdin")
    git(worktree, "update-index", *how, stdin=listed, what="cannot complete an earlier move")


def _meets_folder(path: str, touched: dict[str, str]) -> bool:
    """Whether the result has a file where a folder of `path` is, or a folder where `path` is a file."""
    above = {path[:place] for place, letter in enumerate(path) if letter == "/"}
    if any(touched.get(folder, "D") != "D" for folder in above):
        return True
    return any(other.startswith(f"{path.rstrip('/')}/") and touched[other] != "D" for other in touched)


def _occupant(worktree: Path, path: str, touched: dict[str, str]) -> str | None:
    """Return what lies where the result adds `path`, or in place of a folder of it; the branch's own does not count."""
    place = worktree / path
    for folder in Path(path).parents[:-1]:
        above = worktree / folder
        if above.is_symlink() or (above.exists() and not above.is_dir()):
            return None if touched.get(str(folder)) == "D" else str(folder)
    if place.is_symlink() or place.is_file():
        return path
    if not place.is_dir():
        return None
    inside = [str(file.relative_to(worktree)) for file in place.rglob("*") if file.is_symlink() or not file.is_dir()]
    return path if any(touched.get(file) != "D" for file in inside) else None


def _as_in(worktree: Path, commit: str, paths: Sequence[str], changes: Changes) -> set[str]:
    """Return those of the paths that are in the worktree, and in the index if staged, just as `commit` has them."""
    if not paths:
        return set()
    wanted = _entries(worktree, paths, "ls-tree", "-z", "--full-tree", commit)
    staged = _entries(worktree, paths, *_INDEX)
    on_disk = _on_disk(worktree, paths)
    unchanged_in_index = set(paths) - set(changes.staged)
    return {
        path
        for path in paths
        if path not in changes.unmerged
        and on_disk.get(path) == wanted.get(path)
        and (path in unchanged_in_index or staged.get(path) == wanted.get(path))
    }


def _edited(worktree: Path, paths: Sequence[str]) -> set[str]:
    """Return those of these tracked paths whose file is not as the index has it."""
    staged, on_disk = _entries(worktree, paths, *_INDEX), _on_disk(worktree, paths)
    return {path for path in paths if on_disk.get(path) != staged.get(path)}


_INDEX = ("ls-files", "--stage", "-z", "--full-name")


def _entries(worktree: Path, paths: Sequence[str], *command: str) -> dict[str, Entry]:
    found = {}
    for first in range(0, len(paths), _AT_ONCE):
        some = paths[first : first + _AT_ONCE]
        listed = git(worktree, *command, "--", *some, options=(*READING, "--literal-pathspecs"))
        for field in listed.fields:
            told, _, path = field.partition("\t")
            words = told.split()
            found[path] = (words[0], words[2] if words[1] in {"blob", "tree", "commit"} else words[1])
    return found


def _on_disk(worktree: Path, paths: Sequence[str]) -> dict[str, Entry]:
    """Return what git would commit of these files; nothing for what is not there or cannot be told."""
    found: dict[str, Entry] = {}
    files = []
    for path in paths:
        place = worktree / path
        if _behind_a_link(worktree, path):
            found[path] = ("?", "")
        elif place.is_symlink():
            link = os.fsencode(place.readlink())
            found[path] = ("120000", sha1(b"blob %d\0%b" % (len(link), link), usedforsecurity=False).hexdigest())
        elif place.is_file():
            files.append(path)
        elif os.path.lexists(place):
            found[path] = ("?", "")
    for first in range(0, len(files), _AT_ONCE):
        some = files[first : first + _AT_ONCE]
        hashed = run_git(worktree, "hash-object", "--", *some).text.splitlines()
        if len(hashed) == len(some):
            for path, blob in zip(some, hashed, strict=True):
                executable = os.access(worktree / path, os.X_OK)
                found[path] = ("100755" if executable else "100644", blob)
    return found


def _behind_a_link(worktree: Path, path: str) -> bool:
    """Whether a folder on the way to `path` is a symbolic link: what lies there is not the worktree's."""
    return any((worktree / folder).is_symlink() for folder in Path(path).parents)
