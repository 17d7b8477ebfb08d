"""Parking: everything a worktree holds becomes one ref, from which all of it can be had back.

A kept worktree is a commit whose tree is the files as they lay there, untracked ones included. Its parents are, in
this order, what was checked out (HEAD), a commit with what was staged, where there was a conflict one with its
stages, where git would not give everything back by itself one with the exact bytes and marks (see
`snapshot.Snapshot`), and every commit of that worktree which no other parent leads to. Its message says which is
which, in trailers. So a plain `git log`, `git show` or `git checkout <ref> -- <file>` finds everything as well.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import require_worktree
from tmux_orchestra.effects.git.command import git, run_git
from tmux_orchestra.effects.git.repository import REFS, Head, Repository
from tmux_orchestra.effects.git.snapshot import Snapshot, take

_AUTHOR = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "tmux-orchestra"), ("EMAIL", "tmux-orchestra@localhost"))
}
TRIES = 5
"""Names that are tried for a ref, should git be unable to make it."""

_NO_HOOKS = ("-c", "core.hooksPath=/dev/null")

_ANY_DAY = {"GIT_AUTHOR_DATE": "@0 +0000", "GIT_COMMITTER_DATE": "@0 +0000"}
"""For the commits within: the same content is to be the same commit."""


@dataclass(frozen=True)
class Parked:
    """All of a worktree is part of `ref`; `paths` are what differed from what was checked out."""

    ref: str
    commit: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """What a kept ref says of itself."""

    ref: str
    commit: str
    since: datetime
    run: str
    task: str
    branch: str
    """The task's own branch; `tip` is where it was, "" if it was not there."""
    tip: str
    worktree: Path
    head: Head
    index: str
    """A commit, as are the next two; "" where there was nothing of the kind."""
    unmerged: str
    exact: str


def park(  # noqa: PLR0913 - a worktree's four names, and what is part of it
    repository: Repository, run: str, name: str, worktree: Path, branch: str, *, ignored: bool = False
) -> Parked:
    """Keep everything that is in `worktree`, and the tip of `branch`, under `refs/orchestra/<run>/kept/<name>`.

    The worktree is only read; no lock of its owner's is taken, no hook run, nothing signed. What is kept already,
    unchanged since, is not kept twice; anything else gets `<name>-2` and so on, so that nothing is overwritten.
    Where the folder is gone, its index and commits are kept. Raises CannotKeep, and changes nothing, for what git
    cannot hold: a nested repository with work of its own, files that cannot be read, sockets.
    """
    if worktree.is_dir():
        require_worktree(repository, worktree)
    seen = take(repository, worktree, branch, ignored=ignored)
    return keep(repository, Holding(run, name, worktree, branch), seen)


@dataclass(frozen=True)
class Holding:
    """A worktree of ours, its branch, and the name under which it is kept: the task's id, or `_integration`."""

    run: str
    name: str
    path: Path
    branch: str


def keep(repository: Repository, place: Holding, seen: Snapshot, *, foretell: bool = False) -> Parked:
    """Keep a snapshot that was taken of a place; `foretell` makes no ref, and says which one it would be."""
    inner = {
        "Index": _commit(repository, seen.index, [seen.head.commit], "what was staged", _ANY_DAY),
        "Unmerged": seen.unmerged and _commit(repository, seen.unmerged, [], "an unfinished merge", _ANY_DAY),
        "Exact": seen.exact and _commit(repository, seen.exact, [], "exact bytes and marks", _ANY_DAY),
    }
    said = {
        "Run": place.run, "Task": place.name, "Branch": place.branch, "Tip": repository.branch_tip(place.branch) or "",
        "Worktree": quote(os.fsencode(place.path), safe="/ "), "On": seen.head.branch or "", "Head": seen.head.commit,
        **inner,
    }  # fmt: skip
    trailers = "\n".join(f"Kept-{key}: {value}" for key, value in said.items() if value)
    message = f"The work on {place.name}, as it lay in its worktree\n\n{trailers}\n"
    parents = [seen.head.commit, *(commit for commit in inner.values() if commit), *seen.tips]
    wanted = _Wanted(seen.files, parents, message)
    return _refer(repository, f"{REFS}/{place.run}/kept/{place.name}", wanted, seen.paths, foretell=foretell)


@dataclass(frozen=True)
class _Wanted:
    tree: str
    parents: list[str]
    message: str


def _refer(repository: Repository, ref: str, wanted: _Wanted, paths: tuple[str, ...], *, foretell: bool) -> Parked:
    """Make a ref for it: the first free one of its name, unless one of them holds the very same."""
    commit = ""
    for number in count(1):
        candidate = ref if number == 1 else f"{ref}-{number}"
        held = repository.find(candidate)
        if held and _same(repository, held, wanted):
            return Parked(candidate, held, paths)
        if held or git(repository.common_dir, "for-each-ref", "--count=1", f"{candidate}/").raw:
            continue
        commit = commit or _commit(repository, wanted.tree, wanted.parents, wanted.message, {})
        if foretell:
            return Parked(candidate, commit, paths)
        move = ("update-ref", candidate, commit, "0" * len(commit))
        made = run_git(repository.common_dir, *move, options=_NO_HOOKS)
        if made.ok:
            return Parked(candidate, commit, paths)
        if repository.find(candidate) is None and number >= TRIES:  # a git that was killed may have left one locked
            raise OrchestraError(f"cannot keep {wanted.tree[:12]} as {candidate}: {made.complaint}")
    raise AssertionError("unreachable: count() does not end")


def _same(repository: Repository, commit: str, wanted: _Wanted) -> bool:
    said = git(repository.common_dir, "log", "-1", "--no-show-signature", "--format=%T %P%n%B", commit).text
    return said.rstrip("\n") == f"{' '.join([wanted.tree, *wanted.parents])}\n{wanted.message}".rstrip("\n")


def _commit(repository: Repository, tree: str, parents: list[str], message: str, env: dict[str, str]) -> str:
    listed = [word for parent in parents for word in ("-p", parent)]
    return git(
        repository.common_dir,
        "commit-tree",
        "--no-gpg-sign",
        *listed,
        tree,
        options=("-c", "i18n.commitEncoding=UTF-8"),
        stdin=os.fsencode(message),
        env={**_AUTHOR, **env},
        what="cannot write what is to be kept",
    ).text


# --- looking at what is kept -------------------------------------------------------------------------


def list_kept(repository: Repository, run: str = "*") -> tuple[Kept, ...]:
    """Return everything that is kept of a run (or of all runs), the oldest first."""
    pattern = f"{REFS}/{run}/kept/**"
    listed = git(repository.common_dir, "for-each-ref", "--sort=committerdate", "--format=%(refname)", pattern).text
    found = (read_kept(repository, ref) for ref in listed.splitlines())
    return tuple(kept for kept in found if kept)


def read_kept(repository: Repository, ref: str) -> Kept | None:
    """Return what a kept ref says of itself; None if there is no such ref, or it is not one of `park`'s."""
    found = run_git(
        repository.common_dir, "log", "-1", "--no-show-signature", "--format=%H%n%cI%n%B", "--end-of-options", ref, "--"
    )
    commit, _, rest = found.text.partition("\n")
    since, _, message = rest.partition("\n")
    said = dict(_trailers(message))
    if not found.ok or not {"Run", "Task", "Branch", "Worktree", "Head", "Index"} <= said.keys():
        return None
    return Kept(
        ref, commit, datetime.fromisoformat(since), said["Run"], said["Task"], said["Branch"], said.get("Tip", ""),
        Path(os.fsdecode(unquote_to_bytes(said["Worktree"]))), Head(said.get("On"), said["Head"]),
        said["Index"], said.get("Unmerged", ""), said.get("Exact", ""),
    )  # fmt: skip


def _trailers(message: str) -> Iterator[tuple[str, str]]:
    for line in message.splitlines():
        key, colon, value = line.partition(": ")
        if colon and key.startswith("Kept-"):
            yield key.removeprefix("Kept-"), value


# --- letting go of it ---------------------------------------------------------------------------------


def expired(repository: Repository, before: datetime) -> tuple[Kept, ...]:
    """Return what has been kept since before that moment, of all runs."""
    return tuple(kept for kept in list_kept(repository) if kept.since < before)


def forget(repository: Repository, kept: Kept) -> bool:
    """Let a kept ref go, if it is still what was looked at; return whether it has."""
    return run_git(repository.common_dir, "update-ref", "-d", kept.ref, kept.commit, options=_NO_HOOKS).ok
