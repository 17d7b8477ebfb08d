"""What people and agents do in worktrees, at random."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from hypothesis import strategies as st

from tests.effects.histories_world import INTEGRATION, RUN, TASKS, World

PATHS = ("a", "b", "d/c", "d", "-x", "d/e/f", "sp ace/ü", "new\nline", "x.log", "b/below")
paths = st.sampled_from(PATHS)
places = st.sampled_from(("", *TASKS, *TASKS, INTEGRATION))

FILES = ("write", "edit", "edit", "binary", "empty", "delete", "rename", "link", "mode", "crlf")
COMMANDS = (
    ("add", "--all"),
    ("add", "--all"),
    ("commit", "--quiet", "--all", "--message=all"),
    ("commit", "--quiet", "--all", "--message=all"),
    ("commit", "--quiet", "--message=staged"),
    ("commit", "--quiet", "--allow-empty", "--message=empty"),
    ("commit", "--quiet", "--amend", "--all", "--message=amended"),
    ("reset", "--quiet"),
    ("reset", "--quiet", "--hard", "HEAD~1"),
    ("reset", "--quiet", "--soft", "HEAD~1"),
    ("checkout", "--quiet", "--detach"),
    ("checkout", "--quiet", "HEAD~1"),
    ("checkout", "--quiet", "-B", "side-{name}"),
    ("checkout", "--quiet", "{branch}"),
    ("stash", "--quiet", "--include-untracked"),
    ("stash", "pop", "--quiet"),
    ("merge", "--quiet", "--no-edit", "main"),
    ("merge", "--quiet", "--no-edit", f"orchestra/{RUN}/{TASKS[0]}"),
    ("merge", "--quiet", "--no-edit", f"orchestra/{RUN}/{INTEGRATION}"),
    ("merge", "--abort"),
    ("rebase", "--quiet", "main"),
    ("rebase", "--abort"),
    ("cherry-pick", f"orchestra/{RUN}/{TASKS[1]}"),
)
WITH_PATH = (
    ("add", "--"),
    ("add", "--intent-to-add", "--"),
    ("add", "--force", "--"),
    ("rm", "--quiet", "--cached", "-r", "--"),
    ("rm", "--quiet", "--force", "-r", "--"),
    ("checkout", "--quiet", "--"),
    ("update-index", "--assume-unchanged", "--"),
    ("update-index", "--skip-worktree", "--"),
)
acts = (
    st.tuples(st.sampled_from(FILES), paths, st.integers(0, 11))
    | st.tuples(st.just("git"), st.sampled_from(COMMANDS), st.just(0))
    | st.tuples(st.sampled_from(WITH_PATH), paths, st.just(0))
)
works = st.lists(st.tuples(places, st.lists(acts, min_size=1, max_size=4)), max_size=3)
"""What happens meanwhile, before a step of ours: who works where, and what they do there."""


Act = tuple[str | tuple[str, ...], str | tuple[str, ...], int]
Work = list[tuple[str, list[Act]]]


class Person:
    """Somebody at work in worktrees, a person or an agent; whatever they write is unlike anything before."""

    def __init__(self, world: World) -> None:
        self._world, self._written = world, 0

    def act(self, name: str, what: str | tuple[str, ...], path: object, number: int) -> None:
        """Do one thing; what does not work is left."""
        top = self._world.path(name)
        if not top.is_dir():
            return
        if what == "git":
            assert isinstance(path, tuple)
            named = {"name": name.strip("_") or "person", "branch": self._world.branch(name)}
            self._world.git(top, *(word.format(**named) for word in path))
        elif isinstance(what, tuple):
            self._world.git(top, *what, str(path))
        else:
            with suppress(OSError):
                self._touch(top, what, str(path), number)

    def _touch(self, top: Path, what: str, path: str, number: int) -> None:
        place = top / path
        self._written += 1
        new = f"{self._written} by {top.name}\n".encode()
        if content := {"write": new, "binary": b"\0\xff" + new, "crlf": new[:-1] + b"\r\n"}.get(what):
            _make_room(place).write_bytes(content)
        elif what == "empty":
            _make_room(place).write_bytes(b"")
        elif what == "link":
            _make_room(place).symlink_to(f"to {self._written}")
        elif what == "edit":
            lines = place.read_bytes().splitlines(keepends=True)
            lines[number : number + 1] = [new]
            place.write_bytes(b"".join(lines))
        elif what == "mode":
            place.chmod(place.stat().st_mode ^ 0o111)
        elif what == "rename":
            other = top / PATHS[number % len(PATHS)]
            if not os.path.lexists(other):
                other.parent.mkdir(parents=True, exist_ok=True)
                place.rename(other)
        else:
            _remove(place)


def _make_room(place: Path) -> Path:
    if os.path.lexists(place):
        _remove(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()
