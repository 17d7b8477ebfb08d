"""Bringing back what was parked: worktree, branch, index and files, byte for byte as they were.

Every step is written so that it can be done again: a restoring that was killed in the middle is completed by the
next one, which knows of it by a mark of its own in git's folder for the worktree. What somebody has done there in
between is parked first.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import git_dir, hidden_from_status, is_one_of, read_changes
from tmux_orchestra.effects.git.claims import worktree_lock
from tmux_orchestra.effects.git.command import READING, Answer, git, run_git
from tmux_orchestra.effects.git.parking import Holding, Kept, Parked, keep, read_kept
from tmux_orchestra.effects.git.places import find_worktree, list_worktrees
from tmux_orchestra.effects.git.removal import proof_of
from tmux_orchestra.effects.git.repository import Repository
from tmux_orchestra.effects.git.snapshot import MARKS, hash_files, take
from tmux_orchestra.effects.git.worktrees import add_worktree

_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false", "-c", "core.splitIndex=false")

_MARK = "orchestra.restoring"


@dataclass(frozen=True)
class Restored:
    """What `ref` keeps lies at `path` again, on `branch`; `paths` are what differs from what is checked out."""

    ref: str
    path: Path
    branch: str
    paths: tuple[str, ...] = ()
    aside: Parked | None = None
    """What lay there when an earlier restoring had been killed in the middle, and was neither its doing nor kept."""


def restore(repository: Repository, ref: str, path: Path, branch: str) -> Restored:
    """Ensure that the worktree kept under `ref` stands at `path` on `branch` as it was when it was parked.

    The ref stays. Raises OrchestraError, with nothing changed, where that would overwrite something: a folder
    that is not ours, a branch that has other commits by now, commits on no branch, files that nothing else holds.
    """
    kept = read_kept(repository, ref)
    if kept is None:
        raise OrchestraError(
            f"nothing is kept as {ref}", safe="nothing was changed", hint="git for-each-ref refs/orchestra"
        )
    _refuse_other_branch(repository, kept, path, branch)
    if _stands(repository, kept, path, branch):
        return Restored(ref, path, branch, _touched(repository, kept))
    entry = find_worktree(repository, path)
    begun = entry is not None and not entry.gone and _begun(path, ref)
    add_worktree(repository, path, branch, kept.tip or kept.head.commit)
    if not begun:
        _refuse_to_leave_commits(kept, path)
        _refuse_to_overwrite(repository, kept, path)
    with worktree_lock(git_dir(path)) as held:
        aside = _keep_aside(repository, kept, path, branch) if begun else None
        if begun:  # what a killed git has left: none of ours runs, for we hold the lock that it would hold
            for stale in ("index.lock", "orchestra.index.lock"):
                (git_dir(path) / stale).unlink(missing_ok=True)
        (git_dir(path) / _MARK).write_text(ref, "utf-8")
        _check_out(repository, kept, path)
        _write_files(repository, kept, path, held)
        _write_index(repository, kept, path)
        (git_dir(path) / _MARK).unlink()
    return Restored(ref, path, branch, _touched(repository, kept), aside)


# --- whether it may be --------------------------------------------------------------------------------


def _refuse_other_branch(repository: Repository, kept: Kept, path: Path, branch: str) -> None:
    tip, wanted = repository.branch_tip(branch), kept.tip or kept.head.commit
    if tip is not None and tip != wanted:
        raise OrchestraError(
            f"the branch {branch} is not where it was when {kept.task} was parked",
            safe=f"nothing was changed; what was parked is {kept.ref}",
            hint=f"look at both: git log {branch} {kept.ref}",
        )
    for entry in list_worktrees(repository):
        if entry.branch == branch and os.path.realpath(entry.path) != os.path.realpath(path):
            raise OrchestraError(
                f"the branch {branch} is checked out in {entry.path}",
                safe=f"nothing was changed; what was parked is {kept.ref}",
            )


def _stands(repository: Repository, kept: Kept, path: Path, branch: str) -> bool:
    """Whether all of it lies there already."""
    entry = find_worktree(repository, path)
    if entry is None or entry.gone or _begun(path, kept.ref):
        return False
    seen = take(repository, path, branch)
    trees = (kept.commit, kept.index, kept.unmerged, kept.exact)
    return (seen.head, seen.files, seen.index, seen.unmerged, seen.exact) == (
        kept.head,
        *(repository.tree(commit) if commit else "" for commit in trees),
    )


def _begun(path: Path, ref: str) -> bool:
    try:
        return (git_dir(path) / _MARK).read_text("utf-8") == ref
    except OSError:
        return False


def _refuse_to_leave_commits(kept: Kept, path: Path) -> None:
    """Raise OrchestraError if a commit is checked out that nothing but this worktree's HEAD leads to."""
    holders = ("--branches", "--tags", "--remotes", "--glob=refs/orchestra/*")
    if alone := run_git(path, "rev-list", "HEAD", "--not", kept.commit, *holders).text.splitlines():
        raise OrchestraError(
            f"{len(alone)} commits in {path} are on no branch",
            safe=f"nothing was changed; what was parked is {kept.ref}",
            hint=f"give them one: git branch NAME {alone[0][:12]}",
        )


def _refuse_to_overwrite(repository: Repository, kept: Kept, path: Path) -> None:
    """Raise OrchestraError if a file is there that the branch's tip does not give back."""
    tip = kept.tip or kept.head.commit
    added = _listed(
        repository, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=A", tip, kept.commit
    )
    untracked = git(path, "ls-files", "--others", "-z", options=READING).fields
    there = [name for name in untracked if is_one_of(name, added) or any(is_one_of(new, [name]) for new in added)]
    if in_the_way := sorted({*read_changes(path).paths, *hidden_from_status(path), *there}):
        raise OrchestraError(
            f"{len(in_the_way)} files in {path} would be overwritten: {', '.join(in_the_way[:5])}",
            safe=f"nothing was changed; what was parked is {kept.ref}",
            hint="move them away, then do it again",
        )


def _keep_aside(repository: Repository, kept: Kept, path: Path, branch: str) -> Parked | None:
    """Park what lies where a restoring was killed, unless all of it is the restoring's own.

    Nobody can tell a person's edit from half a file of git's: both are parked.
    """
    seen = take(repository, path, branch)
    given = (kept.commit, kept.index, kept.unmerged, kept.exact, kept.head.commit, kept.tip)
    found = (seen.files, seen.index, seen.unmerged, seen.exact)
    known, there = (
        {entry for tree in trees if tree for entry in _entries(repository, tree)} for trees in (given, found)
    )
    if there <= known and proof_of(repository, [seen.head.commit, *seen.tips], [kept.ref]):
        return None
    return keep(repository, Holding(kept.run, kept.task, path, branch), seen)


# --- doing it -----------------------------------------------------------------------------------------


def _check_out(repository: Repository, kept: Kept, path: Path) -> None:
    """Let HEAD say what it said, without touching a file."""
    on = kept.head.branch
    here = os.path.realpath(path)
    elsewhere = {entry.branch for entry in list_worktrees(repository) if os.path.realpath(entry.path) != here}
    if on and on not in elsewhere and repository.branch_tip(on) == kept.head.commit:
        git(path, "symbolic-ref", "-m", "orchestra: restore", "HEAD", f"refs/heads/{on}")
    else:
        git(path, "update-ref", "--no-deref", "-m", "orchestra: restore", "HEAD", kept.head.commit)


def _write_files(repository: Repository, kept: Kept, path: Path, held: int) -> None:
    """Write the files as they were: git's way first, then to the byte where git's way gives others."""
    git(
        path,
        "read-tree",
        "--reset",
        "-u",
        f"{kept.commit}^{{tree}}",
        options=_QUIET,
        held=[held],
        what=f"cannot write the files in {path}",
    )
    wanted = {os.fsencode(name): "" for name in _touched(repository, kept)}
    for mode, blob, name in _entries(repository, kept.commit):
        if name in wanted and mode.startswith(b"100"):
            wanted[name] = blob
    if kept.exact:
        wanted |= {name.removeprefix(b"files/"): blob for _, blob, name in _entries(repository, kept.exact, "files/")}
    names = [name for name, blob in wanted.items() if blob]
    for name, found in zip(names, hash_files(path, names), strict=True):
        if os.fsdecode(found) != wanted[name]:
            _replace(path / os.fsdecode(name), git(repository.common_dir, "cat-file", "blob", wanted[name]).raw)


def _replace(file: Path, content: bytes) -> None:
    """Put other bytes into a file; its mode stays. Nothing lies beside it if we are killed: it is done again."""
    mode = file.stat().st_mode
    file.unlink()
    file.write_bytes(content)
    file.chmod(mode)


def _write_index(repository: Repository, kept: Kept, path: Path) -> None:
    """Write the index as it was, and beside it what git kept of an operation; the index comes last."""
    admin = git_dir(path)
    new = admin / "orchestra.index"
    new.unlink(missing_ok=True)

    def stage(*args: str, stdin: bytes = b"", paths: Iterable[str] | None = None) -> Answer:
        return run_git(path, *args, options=_QUIET, stdin=stdin, paths=paths, env={"GIT_INDEX_FILE": str(new)})

    _must(stage("read-tree", f"{kept.index}^{{tree}}"))
    if kept.unmerged:
        _must(stage("update-index", "-z", "--index-info", stdin=_stages(repository, kept)))
    marks = _contents(repository, kept, "marks/")
    _leave_out(repository, kept, path, marks.get("skip-worktree", b""))
    stage("update-index", "-q", "--refresh")
    if intended := [
        name for name in marks.get(MARKS[2], b"").split(b"\0") if name and os.path.lexists(_below(path, name))
    ]:
        _must(stage("add", "--intent-to-add", "--force", "--sparse", paths=map(os.fsdecode, intended)))
    for mark in MARKS[:2]:
        if mark in marks:
            _must(stage("update-index", f"--{mark}", "-z", "--stdin", stdin=marks[mark]))
    for name, content in _contents(repository, kept, "state/").items():
        (admin / name).parent.mkdir(parents=True, exist_ok=True)
        (admin / name).write_bytes(content)
    new.replace(admin / "index")


def _stages(repository: Repository, kept: Kept) -> bytes:
    lines = []
    for mode, blob, name in _entries(repository, kept.unmerged):
        stage, _, path = name.partition(b"/")
        lines.append(b"%s %s %s\t%s\0" % (mode, blob.encode(), stage, path))
    return b"".join(lines)


def _leave_out(repository: Repository, kept: Kept, path: Path, skipped: bytes) -> None:
    """Remove what a sparse checkout had left out: it is as the index has it, so that nothing is lost."""
    edited = {os.fsencode(name) for name in _differing(repository, kept.index, kept.commit)}
    for name in skipped.split(b"\0"):
        if name and name not in edited:
            with suppress(OSError):
                os.unlink(_below(path, name))  # noqa: PTH108 - its name is bytes
                os.removedirs(os.path.dirname(_below(path, name)))  # noqa: PTH120


def _below(folder: Path, name: bytes) -> bytes:
    return os.fsencode(folder) + b"/" + name


# --- reading what is kept -----------------------------------------------------------------------------


def _touched(repository: Repository, kept: Kept) -> tuple[str, ...]:
    """Return the files that are not as HEAD or the index has them."""
    bases = (kept.head.commit, kept.index)
    return tuple(sorted({name for base in bases for name in _differing(repository, base, kept.commit)}))


def _differing(repository: Repository, one: str, other: str) -> tuple[str, ...]:
    return _listed(repository, "diff-tree", "-r", "-z", "--name-only", "--no-renames", one, other)


def _listed(repository: Repository, *args: str) -> tuple[str, ...]:
    return git(repository.common_dir, *args).fields


def _entries(repository: Repository, commit: str, below: str = "") -> list[tuple[bytes, str, bytes]]:
    """Return (mode, blob, path) of every file in a commit's tree."""
    listed = git(repository.common_dir, "ls-tree", "-r", "-z", "--full-tree", commit, *([below] if below else [])).raw
    pattern = re.compile(rb"(\d+) \w+ ([0-9a-f]+)\t([^\0]+)\0")
    return [(mode, blob.decode(), name) for mode, blob, name in pattern.findall(listed)]


def _contents(repository: Repository, kept: Kept, below: str) -> dict[str, bytes]:
    """Return the files below a folder of what is kept exactly."""
    if not kept.exact:
        return {}
    return {
        os.fsdecode(name).removeprefix(below): git(repository.common_dir, "cat-file", "blob", blob).raw
        for _, blob, name in _entries(repository, kept.exact, below)
    }


def _must(answer: Answer) -> None:
    if not answer.ok:
        raise OrchestraError(f"cannot restore the index: {answer.complaint}", safe="what was parked is kept")
