"""Traps: what catches a test that leaves a process behind or reaches out of its private world.

Every process that a test starts inherits the variable `MARK` from the test runner, through any number of daemons and
tmux servers. The mark grows to the right (runner/xdist process/runner inside a test), so that each knows its own.
"""

import os
import uuid
from collections.abc import Collection
from pathlib import Path

import psutil

from tests.waiting import retry_until

MARK = "ORCHESTRA_TEST_MARK"

FORGOTTEN = (
    *("TMUX", "GIT_", "XDG_", "LC_", "CLAUDE", "ANTHROPIC"),
    *("EDITOR", "VISUAL", "PAGER", "NO_COLOR", "FORCE_COLOR"),
)
"""Beginnings of variables that no test may inherit from the person who runs it."""

KEPT = frozenset({"CLAUDE_UNDER_TEST"})


def take_mark() -> str:
    """Give this test runner a mark of its own, below the one it was started with."""
    inherited = os.environ.get(MARK, "")
    os.environ[MARK] = f"{inherited}/{uuid.uuid4().hex[:12]}"
    return os.environ[MARK]


def forget_the_person() -> None:
    """Drop from the environment what the person who runs the tests has set for tmux, git, agents and editors."""
    for name in [name for name in os.environ if name.startswith(FORGOTTEN) and name not in KEPT]:
        del os.environ[name]


def private_environment(folder: Path) -> dict[str, str]:
    """Make a private world in `folder` and return the environment that leads there: no settings, no git identity."""
    home = folder / "home"
    for made in (home, folder / "run", folder / "tmux"):
        made.mkdir(mode=0o700)
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "TMUX_TMPDIR": str(folder / "tmux"),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        # A shell without start-up files: whatever the machine puts into bash's would run in every pane.
        "SHELL": "/bin/sh",
    }


def marked(mark: str, *, but: Collection[int] = ()) -> list[psutil.Process]:
    """Return the running processes that carry the mark, other than this one and those in `but`."""
    found = []
    for pid in psutil.pids():
        if pid in but or pid == os.getpid():
            continue
        try:
            process = psutil.Process(pid)
            # A zombie has no environment any more, and is no leak: nothing of it runs.
            if process.environ().get(MARK, "").startswith(mark):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end_leftovers(mark: str, *, but: Collection[int] = (), grace: float = 5.0) -> list[str]:
    """Kill the marked processes that have not gone by themselves within `grace` seconds, and describe them."""
    try:
        retry_until(lambda: not marked(mark, but=but), seconds=grace)
    except AssertionError:
        left = marked(mark, but=but)
        described = [describe(process) for process in left]
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=grace)
        return described
    return []


def describe(process: psutil.Process) -> str:
    """Say which process it is, so that the test's author knows what was left."""
    try:
        with process.oneshot():
            return f"{process.pid} {process.status()} in {process.cwd()}: {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return f"{process.pid} (gone meanwhile)"


def footprint(home: Path, sockets: Path) -> dict[str, object]:
    """Return what a test that escaped its private world would change in the person's.

    Whoever runs the tests may be using tmux, git and Claude Code at the same time, perhaps to develop this program: of
    their files only the traces of temporary repositories count, and of tmux's sockets only the names we would use.
    """
    found: dict[str, object] = {}
    for place in (".gitconfig", ".config/git", ".config/tmux-orchestra", ".local/state/tmux-orchestra"):
        for path in (home / place, *(home / place).rglob("*")):
            if path.exists():
                found[str(path)] = path.stat().st_mtime_ns
    claude_file = home / ".claude.json"
    if claude_file.is_file():
        found[f"temporary repositories in {claude_file}"] = claude_file.read_bytes().count(b"/pytest-of-")
    for path in (home / ".claude" / "projects").glob("*-pytest-of-*"):
        found[str(path)] = True
    for name in ("default", "tmux-orchestra"):
        if (sockets / name).exists():
            found[str(sockets / name)] = True
    return found


def new_traces(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """Return what appeared or changed between two footprints. What went away was the person's doing."""
    return sorted(place for place, seen in after.items() if before.get(place, 0) != seen)
