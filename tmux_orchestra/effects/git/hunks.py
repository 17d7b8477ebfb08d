"""The lines in conflict, read from what a merge would leave in a file: bounded, for people to look at."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.effects.git.command import READING, run_git

SHOWN_HUNKS, SHOWN_LINES, SHOWN_WIDTH = 3, 3, 120
"""Of a path, of each side of a hunk, and of a line."""

LARGEST_FILE = 2_000_000
"""Bytes of a file that is looked into."""

Wanted = tuple[tuple[str, str], str, str]
"""The pair that was merged, the resulting tree, and a path in it."""


@dataclass(frozen=True)
class Hunk:
    """Lines that both sides have changed. `line` counts in the merged file; `ours` and `theirs` are shortened."""

    path: str
    line: int
    ours: str
    theirs: str


def hunks(folder: Path, wanted: Sequence[Wanted], env: Mapping[str, str]) -> list[list[Hunk]]:
    """Return what is in conflict in each of these files; nothing for what has no lines (binary, deleted, links)."""
    if not wanted:
        return []
    names = b"".join(os.fsencode(f"{tree}:{path}") + b"\0" for _, tree, path in wanted)
    said = run_git(folder, "cat-file", "--batch", "-z", options=READING, env=env, stdin=names)
    files = [*_read_batch(said.raw, wanted)]
    files += [b""] * (len(wanted) - len(files))
    return [[*_find(path, content, pair)] for (pair, _, path), content in zip(wanted, files, strict=True)]


def _read_batch(raw: bytes, wanted: Sequence[Wanted]) -> Iterator[bytes]:
    """Yield the content of each file, nothing for one that is not there."""
    at = 0
    for _, tree, path in wanted:
        name = os.fsencode(f"{tree}:{path}")
        for missing in (name + b" missing\n", name + b" ambiguous\n"):
            if raw.startswith(missing, at):
                at += len(missing)
                yield b""
                break
        else:
            end = raw.find(b"\n", at)
            words = raw[at:end].split()
            if end < 0 or len(words) != 3:  # noqa: PLR2004 - id, type, size
                return
            size = int(words[2])
            yield raw[end + 1 : end + 1 + size] if words[1] == b"blob" and size <= LARGEST_FILE else b""
            at = end + 1 + size + 1


def _find(path: str, content: bytes, pair: tuple[str, str]) -> Iterator[Hunk]:
    """Find git's marks, known by the commits that they name: a file may hold others that nobody merged."""
    begin, end = (f"{mark} {commit}".encode() for mark, commit in zip(("<" * 7, ">" * 7), pair, strict=True))
    sides: tuple[list[bytes], list[bytes]] | None = None
    side = number = start = found = 0
    for line in content.splitlines():
        if line.startswith(begin):
            sides, side, start = ([], []), 0, number + 1
        elif sides is None:
            number += 1
        elif line.startswith(end):
            yield Hunk(path, start, *(_shortened(lines) for lines in sides))
            found += 1
            number += len(sides[0])
            sides = None
            if found == SHOWN_HUNKS:
                return
        elif side == 0 and line == b"=" * 7:
            side = 1
        else:
            sides[side].append(line)


def _shortened(lines: Sequence[bytes]) -> str:
    shown = [line[:SHOWN_WIDTH].decode("utf-8", "replace") for line in lines[:SHOWN_LINES]]
    more = len(lines) - len(shown)
    return "\n".join([*shown, *([f"… {more} more"] if more else [])])
