"""What a worktree holds at one moment, written into git's object store; the worktree is only read.

Everything goes through a copy of the worktree's index, so that no lock of the agent's is taken and nothing of
its own changes. The same worktree always gives the same snapshot, byte for byte, however often it is taken:
two that are equal mean that nothing has changed in between.
"""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import git_dir, is_cache, own_work
from tmux_orchestra.effects.git.command import Answer, git, run_git
from tmux_orchestra.effects.git.places import admin_folder
from tmux_orchestra.effects.git.repository import Head, Repository

# Nothing of the user's is to run, refuse or be written for a copy that nobody will ever commit from.
_OPTIONS = tuple(
    word
    for setting in (
        "core.hooksPath=/dev/null",
        "core.safecrlf=false",
        "core.splitIndex=false",
        "core.untrackedCache=false",
        "advice.addEmbeddedRepo=false",
    )
    for word in ("-c", setting)
)

_OPERATION = (
    "MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "MERGE_AUTOSTASH", "SQUASH_MSG", "CHERRY_PICK_HEAD", "REVERT_HEAD",
    "REBASE_HEAD", "rebase-merge", "rebase-apply", "sequencer", "info/sparse-checkout", "config.worktree",
)  # fmt: skip
"""What git keeps beside the index of an operation under way, and of a sparse checkout."""

MARKS = ("assume-unchanged", "skip-worktree", "intent-to-add")
"""What an index says of a path beside its content."""


class CannotKeep(OrchestraError):
    """Something in the worktree is not for git to hold; `paths` name it."""

    def __init__(self, message: str, paths: Sequence[str], hint: str) -> None:
        """Nothing was changed."""
        super().__init__(message, safe="nothing was changed; it is all there", hint=hint)
        self.paths = tuple(paths)


@dataclass(frozen=True)
class Snapshot:
    """A worktree as trees: `files` as they lie on the disk, `index` as they are staged.

    `unmerged` holds what a conflict left in the index (`<stage>/<path>`). `exact` holds what the two cannot say:
    `files/<path>` with the bytes that a filter or a line-ending rule would not give back, `marks/<mark>` with the
    index's marks, `state/<file>` with an operation under way. Both are "" where there is nothing of the kind.
    """

    head: Head
    files: str
    index: str
    unmerged: str = ""
    exact: str = ""
    tips: tuple[str, ...] = ()
    """Commits made here that HEAD does not lead to: the branch's, amended or reset ones, those of an operation."""
    paths: tuple[str, ...] = ()
    """What differs from HEAD, staged or not, but for untracked caches."""
    untracked: tuple[str, ...] = ()
    """Those of `paths` that the index does not know."""


@dataclass
class _Desk:
    """Where a snapshot is being made: the worktree, and a folder for indexes of our own."""

    repository: Repository
    worktree: Path
    admin: Path
    folder: Path
    indexes: int = field(default=0)

    def git(self, *args: str, index: str = "index", stdin: bytes = b"", paths: Iterable[str] | None = None) -> Answer:
        """Run git with one of our own indexes; raise OrchestraError with its words if it fails."""
        env = {"GIT_INDEX_FILE": str(self.folder / index)}
        what = f"cannot keep what is in {self.worktree}"
        return git(self.worktree, *args, options=_OPTIONS, stdin=stdin, paths=paths, env=env, what=what)

    def tree(self, entries: Sequence[bytes]) -> str:
        """Write a tree of these entries (`mode id stage<TAB>path`); "" for none."""
        if not entries:
            return ""
        self.indexes += 1
        name = f"tree-{self.indexes}"
        self.git("update-index", "-z", "--index-info", index=name, stdin=b"".join(entry + b"\0" for entry in entries))
        return self.git("write-tree", index=name).text

    def blob(self, content: bytes) -> str:
        """Write a blob."""
        return self.git("hash-object", "-w", "--stdin", stdin=content).text


def take(repository: Repository, worktree: Path, branch: str, *, ignored: bool = False) -> Snapshot:
    """Write everything that is in `worktree` into the object store and return the ids.

    Ignored files are part of it only if `ignored`. Where the folder is gone, what its index held is taken for
    the files. Raises CannotKeep for what git cannot hold, and OrchestraError where it cannot be read.
    """
    gone = not worktree.is_dir()
    admin = admin_folder(repository, worktree) if gone else git_dir(worktree)
    if admin is None:
        return _commits_alone(repository, branch)
    if not gone:
        _refuse_what_git_cannot_hold(worktree, ignored=ignored)
    with tempfile.TemporaryDirectory(prefix="orchestra-") as folder:
        desk = _Desk(repository, admin if gone else worktree, admin, Path(folder))
        head = _head(repository, desk, branch)
        complete = _copy_index(desk, head.commit)
        index, unmerged, marks = _read_index(desk)
        files = index if gone else _read_files(desk, marks, ignored=ignored, complete=complete)
        edited = _differing(desk, index, files)
        off = {*edited, *_differing(desk, head.commit, files)}
        state = _state(admin)
        exact = [*_exact_entries(desk, sorted(off), files, gone=gone), *_entries(desk, "marks", marks)]
        exact += _entries(desk, "state", state)
        tips = _tips(desk, ["HEAD", f"refs/heads/{branch}"], head.commit, state)
        new = set(_differing(desk, index, files, "--diff-filter=A"))
        caches = {path for path in new if is_cache(path)}
        paths = tuple(sorted({*off, *_differing(desk, head.commit, index)} - caches))
        return Snapshot(head, files, index, unmerged, desk.tree(exact), tips, paths, tuple(sorted(new - caches)))


def _commits_alone(repository: Repository, branch: str) -> Snapshot:
    """Return what there is of a task whose worktree is gone with all that git knew of it."""
    tip = repository.resolve(f"refs/heads/{branch}")
    with tempfile.TemporaryDirectory(prefix="orchestra-") as folder:
        desk = _Desk(repository, repository.common_dir, repository.common_dir, Path(folder))
        tips = _tips(desk, [f"refs/heads/{branch}"], tip, {})
    tree = repository.tree(tip)
    return Snapshot(Head(branch, tip), tree, tree, tips=tips)


def _head(repository: Repository, desk: _Desk, branch: str) -> Head:
    """Return what is checked out; on a branch without a commit, the task's own branch stands for it."""
    named = run_git(desk.worktree, "symbolic-ref", "--quiet", "--short", "HEAD")
    commit = run_git(desk.worktree, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if not commit.ok:
        return Head(branch, repository.resolve(f"refs/heads/{branch}"))
    return Head(named.text if named.ok else None, commit.text)


# --- what git cannot hold ----------------------------------------------------------------------------


def _refuse_what_git_cannot_hold(worktree: Path, *, ignored: bool) -> None:
    nested, odd, closed = [], [], []
    for folder, folders, files in os.walk(worktree, onerror=lambda error: closed.append(str(error.filename))):
        if Path(folder) != worktree and (".git" in folders or ".git" in files):
            nested.append(os.path.relpath(folder, worktree))
        folders[:] = [name for name in folders if name != ".git"]
        for name in files:
            place = os.path.join(folder, name)  # noqa: PTH118 - 20,000 times
            kind = os.lstat(place).st_mode if os.path.lexists(place) else 0
            if kind and not (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
                odd.append(place)
            elif stat.S_ISREG(kind) and not os.access(place, os.R_OK):
                closed.append(place)
    for path in sorted(nested):
        if reason := own_work(worktree / path):
            hint = f"push it, or make its files part of this one: rm -r {worktree / path}/.git"
            raise CannotKeep(f"{path} is a git repository of its own, and {reason}", [path], hint)
    for places, what in ((closed, "cannot be read"), (odd, "is a socket, pipe or device")):
        if found := _counted(worktree, places, ignored=ignored):
            raise CannotKeep(f"{', '.join(found[:5])} in {worktree} {what}", found, "move it away or remove it")


def _counted(worktree: Path, places: Sequence[str], *, ignored: bool) -> list[str]:
    """Return these places relative to the worktree, without those that git ignores."""
    names = sorted(os.path.relpath(place, worktree) for place in places)
    if not names or ignored:
        return names
    listed = b"".join(os.fsencode(name) + b"\0" for name in names)
    return sorted(set(names) - set(run_git(worktree, "check-ignore", "-z", "--stdin", stdin=listed).fields))


# --- the index ---------------------------------------------------------------------------------------


def _copy_index(desk: _Desk, head: str) -> bool:
    """Copy the worktree's index; where git had not come to write one, HEAD stands for it. Return whether it had."""
    try:
        shutil.copyfile(desk.admin / "index", desk.folder / "index")
    except FileNotFoundError:
        desk.git("read-tree", head)
        return False
    return True


def _read_index(desk: _Desk) -> tuple[str, str, dict[str, bytes]]:
    """Return the index's tree, the tree of what is unmerged, and the marks; our copy has no conflicts afterwards."""
    conflicts = []
    for entry in desk.git("ls-files", "--unmerged", "-z").raw.split(b"\0"):
        about, tab, path = entry.partition(b"\t")
        if tab:
            mode, blob, stage = about.split()
            conflicts.append(b"%s %s 0\t%s/%s" % (mode, blob, stage, path))
    marks = _flags(desk)
    if conflicts:
        paths = b"".join({entry.split(b"/", 1)[1] + b"\0" for entry in conflicts})
        desk.git("update-index", "-z", "--force-remove", "--stdin", stdin=paths)
    index = desk.git("write-tree").text
    # A tree leaves out what is only intended to be added; to this comparison it is there.
    intended = desk.git("diff-index", "--cached", "--name-only", "-z", "--diff-filter=A", index).raw
    return index, desk.tree(conflicts), {mark: paths for mark, paths in (*marks, (MARKS[2], intended)) if paths}


def _flags(desk: _Desk) -> list[tuple[str, bytes]]:
    assumed, skipped = b"", b""
    for entry in desk.git("ls-files", "-v", "-z").raw.split(b"\0"):
        tag, path = entry[:1], entry[2:]
        assumed += path + b"\0" if tag.islower() else b""
        skipped += path + b"\0" if tag in (b"S", b"s") else b""
    return [(MARKS[0], assumed), (MARKS[1], skipped)]


# --- the files ---------------------------------------------------------------------------------------


def _read_files(desk: _Desk, marks: dict[str, bytes], *, ignored: bool, complete: bool) -> str:
    """Write the files as they lie there, tracked and untracked, those too whose edits git was told not to see.

    Where git had not come to write an index (`complete`), a file that is not there was never removed by anybody.
    """
    hidden = [path for mark in MARKS[:2] for path in marks.get(mark, b"").split(b"\0") if path]
    there = b"".join(path + b"\0" for path in hidden if os.path.lexists(os.fsencode(desk.worktree) + b"/" + path))
    for switch in ("--no-assume-unchanged", "--no-skip-worktree") if there else ():
        desk.git("update-index", switch, "-z", "--stdin", stdin=there)
    desk.git(
        "add", "--all" if complete else "--ignore-removal", "--sparse", *(["--force"] if ignored else []), "--", "."
    )
    return desk.git("write-tree").text


def _differing(desk: _Desk, one: str, other: str, *how: str) -> tuple[str, ...]:
    return desk.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", *how, one, other).fields


def _exact_entries(desk: _Desk, paths: Sequence[str], files: str, *, gone: bool) -> list[bytes]:
    """Write the bytes of those files that git has written in another form (line endings, filters such as LFS)."""
    if gone or not paths:
        return []
    listed = desk.git("ls-tree", "-r", "-z", files).raw.split(b"\0")
    kept = {path: about.split()[2] for about, _, path in (entry.partition(b"\t") for entry in listed) if path}
    wanted = [os.fsencode(path) for path in paths]
    places = [path for path in wanted if path in kept and _is_file(os.fsencode(desk.worktree) + b"/" + path)]
    found = zip(places, hash_files(desk.worktree, places), strict=True)
    other = [(path, raw) for path, raw in found if raw != kept[path]]
    hash_files(desk.worktree, [path for path, _ in other], write=True)
    return [b"100644 %s 0\tfiles/%s" % (raw, path) for path, raw in other]


def _is_file(place: bytes) -> bool:
    return os.path.lexists(place) and stat.S_ISREG(os.lstat(place).st_mode)


def hash_files(worktree: Path, paths: Sequence[bytes], *, write: bool = False) -> list[bytes]:
    """Return the ids that these files' very bytes have as blobs, no filter applied; write the blobs if asked."""
    if not paths:
        return []
    quoted = b"".join(_quoted(path) + b"\n" for path in paths)
    how = ["-w"] if write else []
    return git(worktree, "hash-object", *how, "--no-filters", "--stdin-paths", stdin=quoted).raw.split()


def _quoted(path: bytes) -> bytes:
    """Quote a name as git does in C's way: it may hold a newline."""
    return b'"' + re.sub(rb'[\x00-\x1f"\\\x7f]', lambda found: b"\\%03o" % found[0][0], path) + b'"'


# --- beside files and index --------------------------------------------------------------------------


def _state(admin: Path) -> dict[str, bytes]:
    """Read what git keeps of an operation under way."""
    found = {}
    for name in _OPERATION:
        place = admin / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file():
                found[str(file.relative_to(admin))] = file.read_bytes()
    return found


def _entries(desk: _Desk, folder: str, contents: dict[str, bytes]) -> list[bytes]:
    return [
        b"100644 %s 0\t%s" % (desk.blob(content).encode(), os.fsencode(f"{folder}/{name}"))
        for name, content in contents.items()
    ]


def _tips(desk: _Desk, logs: Sequence[str], head: str, state: dict[str, bytes]) -> tuple[str, ...]:
    """Return the commits that nothing but these refs, their logs, and an operation's notes lead to."""
    named = {ref for content in state.values() for ref in re.findall(rb"\b[0-9a-f]{40,64}\b", content)}
    for listing in (
        *(["reflog", "show", "--format=%H", ref, "--"] for ref in logs),
        *(["rev-parse", "--verify", "--quiet", ref] for ref in logs),
        ["for-each-ref", "--format=%(objectname)", "refs/bisect", "refs/worktree", "refs/rewritten"],
    ):
        named.update(run_git(desk.worktree, *listing).raw.split())
    kinds = desk.git("cat-file", "--batch-check", stdin=b"".join(name + b"\n" for name in sorted(named)))
    commits = [line.split()[0] for line in kinds.raw.splitlines() if line.split()[1:2] == [b"commit"]]
    asked = b"".join(commit + b"\n" for commit in commits) + f"^{head}\n".encode()
    beyond = [line.split() for line in desk.git("rev-list", "--parents", "--stdin", stdin=asked).raw.splitlines()]
    inner = {parent for _, *parents in beyond for parent in parents}
    return tuple(sorted(os.fsdecode(commit) for commit, *_ in beyond if commit not in inner))
