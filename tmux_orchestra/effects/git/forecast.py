"""The forecast: which two lines of work will conflict, in which lines, long before they are merged.

Git itself is asked (`merge-tree --write-tree` makes the merge that `git merge` would make, without an index or a
worktree), for every pair: that some pairs change no file in common does not prove that they merge (renamed folders,
a file where the other has a folder), and a pair costs half a millisecond where one process answers for many. What a
pair of commits came to is remembered; only pairs with a new commit are asked for again.
"""

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import git_dir
from tmux_orchestra.effects.git.command import READING, git, run_git
from tmux_orchestra.effects.git.hunks import Hunk, hunks
from tmux_orchestra.effects.git.repository import Repository, require_git
from tmux_orchestra.effects.git.sketches import Place, object_store, try_sketch

BATCHES_SINCE = (2, 39)
"""The git whose `merge-tree` takes many pairs in one process (`--stdin`)."""

AT_ONCE = 2
"""Processes at once: a forecast is not worth more of the machine."""

SMALLEST_BATCH = 8
"""Pairs for which a second process is worth its start."""

MEMORY = Path("/dev/shm")  # noqa: S108 - only for private folders with names that nobody can foresee
"""Where merges are written, to be forgotten a moment later: on a disk, that costs more than making them."""

SHOWN_PATHS = 8
"""Paths of one pair whose lines are shown."""

Pair = tuple[str, str]
"""Two commits: what would be merged into, and what would be merged."""


@dataclass(frozen=True)
class Clash:
    """What a merge of two commits would leave in conflict."""

    paths: tuple[str, ...]
    kinds: Mapping[str, str]
    """Path -> git's word for it ("contents", "modify/delete", ...)."""
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True)
class _Merged:
    """One answer of `merge-tree`."""

    clean: bool
    tree: str
    paths: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)


class Forecaster:
    """Looks at worktrees and pairs of commits, and remembers.

    What it writes is below `folder`, and in `MEMORY` while it asks git.
    """

    def __init__(self, repository: Repository, folder: Path) -> None:
        """Begin with nothing known; what another forecaster of this folder left behind goes."""
        self._repository = repository
        self._folder = folder
        self._prefix = f"tmux-orchestra-{sha256(os.fsencode(folder)).hexdigest()[:12]}-"
        for left in (folder, *MEMORY.glob(f"{self._prefix}*")):
            shutil.rmtree(left, ignore_errors=True)
        self._known: dict[Pair, Clash | None] = {}

    def look(self, places: Mapping[str, Place]) -> dict[str, str]:
        """Return the commit that each of these places would be now; without those of which nothing can be said."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(
                lambda name: try_sketch(self._repository, places[name], self._folder / "sketches" / name), places
            )
            return {name: commit for name, commit in zip(places, found, strict=True) if commit}

    def clashes(self, pairs: Collection[Pair], worktree: Path) -> dict[Pair, Clash]:
        """Return the pairs that conflict. What git cannot merge at all (unrelated histories) is none of them.

        `worktree` is where merges would be made: the attributes and merge drivers that count there, count here.
        Raises OrchestraError if git answers nothing that it is asked.
        """
        self._known = {pair: self._known[pair] for pair in pairs if pair in self._known}
        if asked := [pair for pair in dict.fromkeys(pairs) if pair not in self._known]:
            self._known |= self._ask(asked, worktree)
        return {pair: clash for pair in pairs if (clash := self._known.get(pair))}

    def close(self) -> None:
        """Take away what was written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(self, pairs: Sequence[Pair], worktree: Path) -> dict[Pair, Clash | None]:
        """Ask git, at first with the merges in memory; what that has no room for is asked again."""
        told: dict[Pair, Clash | None] = {}
        self._folder.mkdir(parents=True, exist_ok=True)
        for where in (MEMORY, self._folder):
            left = [pair for pair in pairs if pair not in told]
            if left and os.access(where, os.W_OK):
                with TemporaryDirectory(prefix=self._prefix, dir=where, ignore_cleanup_errors=True) as store:
                    told |= self._ask_in(Path(store), left, worktree)
        if not told:
            raise OrchestraError("git merge-tree gives no answer", safe="nothing was changed")
        return told

    def _ask_in(self, store: Path, pairs: Sequence[Pair], worktree: Path) -> dict[Pair, Clash | None]:
        sketches = sorted((self._folder / "sketches").glob("*/"))
        env = object_store(store / "objects", [self._repository.common_dir / "objects", *sketches])
        if self._has_drivers:
            worktree, env = _apart(worktree, store / "place", env)
        share = max(SMALLEST_BATCH, -(-len(pairs) // AT_ONCE)) if self._batches else 1
        batches = [pairs[start : start + share] for start in range(0, len(pairs), share)]
        merge = _merge_many if self._batches else _merge_one
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = [answer for answered in pool.map(lambda batch: merge(worktree, batch, env), batches)
                       for answer in answered]  # fmt: skip
        told = {pair: merged for pair, merged in zip(pairs, answers, strict=True) if merged}
        found = _clashes(worktree, {pair: merged for pair, merged in told.items() if not merged.clean}, env)
        return {pair: found.get(pair) for pair in told}

    @cached_property
    def _batches(self) -> bool:
        return tuple(int(part) for part in require_git().split(".")[:2]) >= BATCHES_SINCE

    @cached_property
    def _has_drivers(self) -> bool:
        """Whether merging may run programs of the user's."""
        return run_git(self._repository.root, "config", "--get-regexp", r"^merge\..*\.driver$", options=READING).ok


def _clashes(worktree: Path, conflicted: Mapping[Pair, _Merged], env: Mapping[str, str]) -> dict[Pair, Clash]:
    wanted = [(pair, merged.tree, path) for pair, merged in conflicted.items() for path in merged.paths[:SHOWN_PATHS]]
    shown: dict[Pair, list[Hunk]] = {}
    for (pair, _, path), found in zip(wanted, hunks(worktree, wanted, env), strict=True):
        shown.setdefault(pair, []).extend(replace(hunk, path=_plain(path, pair)) for hunk in found)
    clashes = {}
    for pair, merged in conflicted.items():
        paths = dict.fromkeys(_plain(path, pair) for path in merged.paths)
        kinds = {_plain(path, pair): kind for path, kind in merged.kinds.items()}
        clashes[pair] = Clash(
            tuple(paths), {path: kinds[path] for path in paths if path in kinds}, tuple(shown.get(pair, ()))
        )
    return clashes


def _plain(path: str, pair: Pair) -> str:
    """Return a path as people know it: where a folder is in its way, git names a file after its side (`a~<commit>`)."""
    return next((path.removesuffix(f"~{side}") for side in pair if path.endswith(f"~{side}")), path)


def _apart(worktree: Path, place: Path, env: Mapping[str, str]) -> tuple[Path, Mapping[str, str]]:
    """Make an empty worktree with the attributes of another: merge drivers are programs, and write where they run."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    listed = git(worktree, "ls-files", "-z", "--", ".gitattributes", "**/.gitattributes", options=READING).fields
    for path in listed:
        with suppress(OSError):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(worktree / path, place / path)
    return place, {**env, "GIT_DIR": str(git_dir(worktree)), "GIT_WORK_TREE": str(place)}


# --- git merge-tree ----------------------------------------------------------------------------------

_OPTIONS = (*READING, "-c", "merge.conflictStyle=merge", "-c", "core.looseCompression=0", "-c", "core.fsync=none")


def _merge_many(worktree: Path, pairs: Sequence[Pair], env: Mapping[str, str]) -> list[_Merged | None]:
    """Merge each pair, in as few processes as possible: one dies at a pair that it refuses, and is started again."""
    told: list[_Merged | None] = []
    while len(told) < len(pairs):
        lines = "".join(f"{ours} {theirs}\n" for ours, theirs in pairs[len(told) :])
        said = run_git(
            worktree, "merge-tree", "--write-tree", "--stdin", options=_OPTIONS, env=env, stdin=lines.encode()
        )
        told += _read_many(said.raw)
        if len(told) < len(pairs):
            told.append(None)
    return told


def _read_many(raw: bytes) -> list[_Merged]:
    fields = iter(os.fsdecode(raw).split("\0"))
    return [_read(fields, clean=verdict == "1") for verdict in fields if verdict]


def _merge_one(worktree: Path, pairs: Sequence[Pair], env: Mapping[str, str]) -> list[_Merged | None]:
    """Merge one pair in a process of its own."""
    (pair,) = pairs
    said = run_git(worktree, "merge-tree", "--write-tree", "-z", "--messages", *pair, options=_OPTIONS, env=env)
    if said.exit_code not in (0, 1):
        return [None]
    return [_read(iter(os.fsdecode(said.raw).split("\0")), clean=said.ok)]


def _read(fields: Iterator[str], *, clean: bool) -> _Merged:
    """Read one answer: the tree, and of a conflict which paths are at several stages, and git's words about them."""
    tree = next(fields)
    if clean:
        return _Merged(clean, tree)
    paths = dict.fromkeys(entry.partition("\t")[2] for entry in _until_empty(fields))
    kinds: dict[str, str] = {}
    for count in _until_empty(fields):
        if not count.isdecimal():
            break  # advice about submodules, in the middle of the answers and ended like one
        named, (kind, _words) = [*islice(fields, int(count))], islice(fields, 2)
        if kind.startswith("CONFLICT ("):
            word = kind.removeprefix("CONFLICT (").removesuffix(")")
            kinds |= {path: word for path in named if path not in kinds}
    return _Merged(clean, tree, tuple(paths), kinds)


def _until_empty(fields: Iterator[str]) -> Iterable[str]:
    return iter(lambda: next(fields, ""), "")
