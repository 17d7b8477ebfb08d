"""Sketches: a worktree as one commit, with what is not committed yet, made without touching anything of its owner's.

What a task would be if its agent stopped now: everything that `collect` would commit, on top of HEAD. The agent's
index is only read (a copy of it is worked on), no lock is taken, no hook runs, and new objects go into a folder of
our own that has the repository's objects as its alternate: the repository's own store does not grow by a byte.
"""

import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import Changes, read_changes
from tmux_orchestra.effects.git.command import READING, git
from tmux_orchestra.effects.git.repository import Repository

_NOBODY = {
    f"GIT_{role}_{name}": value
    for role in ("AUTHOR", "COMMITTER")
    for name, value in (("NAME", "orchestra"), ("EMAIL", "orchestra@localhost"), ("DATE", "@0 +0000"))
}
"""Always the same, so that the same content on the same parents is the same commit."""

# A shared index would be written beside the agent's own, and a hook be told of an index that is not the user's;
# nothing here outlives the machine, so nothing is synced.
_ASIDE = tuple(
    word
    for setting in (
        "core.hooksPath=/dev/null",
        "core.splitIndex=false",
        "core.safecrlf=false",
        "core.fsync=none",
        "core.looseCompression=1",
    )
    for word in ("-c", setting)
)

LARGEST_EDIT = 50_000_000
"""Bytes: edits of larger files are not seen. Each look would copy them, and no lines of them conflict."""

_STOPPED_INSIDE = ("rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD")
"""Operations in whose middle HEAD is only a part of the work; the branch still has all of it."""


@dataclass(frozen=True)
class Place:
    """Where a task works. `exclude`: files or folders that are not its work (what checks left behind)."""

    worktree: Path
    branch: str
    exclude: tuple[str, ...] = ()


def object_store(folder: Path, alternates: Iterable[Path]) -> Mapping[str, str]:
    """Make an empty object store that also reads `alternates`; return the environment in which git writes there."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "info").mkdir(parents=True)
    lines = (_quoted(os.fsencode(path)) + b"\n" for path in alternates)
    (folder / "info" / "alternates").write_bytes(b"".join(lines))
    return {"GIT_OBJECT_DIRECTORY": str(folder), "GIT_NO_LAZY_FETCH": "1"}


def _quoted(path: bytes) -> bytes:
    """Write a path as git reads it back, whatever is in it."""
    escapes = {b"\\": b"\\\\", b'"': b'\\"', b"\n": b"\\n"}
    if not any(special in path for special in (*escapes, b"#")):
        return path
    for plain, escaped in escapes.items():
        path = path.replace(plain, escaped)
    return b'"' + path + b'"'


def sketch(repository: Repository, place: Place, folder: Path) -> str:
    """Return the commit that holds everything in a worktree; what is new of it goes into the store at `folder`.

    HEAD itself where nothing differs, or where files are in conflict: those are half of something. In the middle of
    a rebase and the like, it is the branch. Raises OrchestraError where the worktree cannot be read as a whole.
    """
    shutil.rmtree(folder, ignore_errors=True)
    git_dir, head, head_tree = _head(place.worktree)
    if any((git_dir / name).exists() for name in _STOPPED_INSIDE):
        return repository.branch_tip(place.branch) or head
    changes = read_changes(place.worktree).without(place.exclude)
    if changes.unmerged or not changes:
        return head
    env = {**object_store(folder, [repository.common_dir / "objects"]), "GIT_INDEX_FILE": str(folder / "index")}
    _copy_index(git_dir / "index", folder / "index")
    tree = _write_tree(place.worktree, changes, env)
    parents = [head, *_merging(git_dir)]
    if len(parents) == 1 and tree == head_tree:
        return head
    words = [word for parent in parents for word in ("-p", parent)]
    return git(place.worktree, "commit-tree", tree, *words, options=_ASIDE, env={**env, **_NOBODY}).text


def _head(worktree: Path) -> tuple[Path, str, str]:
    """Return git's folder for this worktree, its commit, and the commit's tree."""
    asked = ("--path-format=absolute", "--git-dir", "HEAD^{commit}", "HEAD^{tree}")
    folder, commit, tree = git(worktree, "rev-parse", *asked, options=READING).text.rsplit("\n", 2)
    return Path(folder), commit, tree


def _merging(git_dir: Path) -> list[str]:
    """Return what is being merged into HEAD: without it as a parent, all of it would look like the task's own."""
    with suppress(OSError):
        return (git_dir / "MERGE_HEAD").read_text("ascii").split()
    return []


def _copy_index(source: Path, copy: Path) -> None:
    """Copy the index with its time: entries that are as young as their index are compared by content, not by time."""
    with source.open("rb") as opened, copy.open("wb") as written:
        shutil.copyfileobj(opened, written, 1 << 20)
        info = os.fstat(opened.fileno())
    os.utime(copy, ns=(info.st_atime_ns, info.st_mtime_ns))


def _write_tree(worktree: Path, changes: Changes, env: Mapping[str, str]) -> str:
    """Bring the copied index up to the files as they are, and return its tree."""
    nested = {path for path in changes.untracked if path.endswith("/")}
    staged_only = set(changes.staged) - set(changes.unstaged)
    paths = sorted({*changes.unstaged, *changes.untracked} - nested - staged_only)
    if paths := [path for path in paths if _is_light(worktree / path)]:
        listed = b"".join(os.fsencode(path) + b"\0" for path in paths)
        update = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
        git(worktree, *update, options=_ASIDE, env=env, stdin=listed, what=f"cannot read the edits in {worktree}")
    return git(worktree, "write-tree", options=_ASIDE, env=env).text


def _is_light(path: Path) -> bool:
    """Whether a file can be read at no great cost; what is gone can."""
    try:
        info = path.lstat()
    except FileNotFoundError:
        return True
    return not stat.S_ISREG(info.st_mode) or (info.st_size <= LARGEST_EDIT and os.access(path, os.R_OK))


def try_sketch(repository: Repository, place: Place, folder: Path) -> str | None:
    """Return what `sketch` returns; where that is impossible now, the branch's tip, None if there is none."""
    try:
        return sketch(repository, place, folder)
    except (OrchestraError, OSError):  # a folder that is gone, a filter that fails, a file that cannot be read
        return repository.branch_tip(place.branch)
