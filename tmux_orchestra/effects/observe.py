"""Noticing: what hooks and launchers dropped, which processes ended, and sleeping until something happens.

Nothing here polls. The kernel tells when a file grows or arrives (inotify) and when a process ends (pidfd);
in between there is one sleep, up to the next deadline.
"""

import contextlib
import json
import os
import select
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from pathlib import Path

from inotify_simple import INotify, flags

from tmux_orchestra.agents import Agent
from tmux_orchestra.core.events import Event, InstanceExited, InstanceStarted, parse
from tmux_orchestra.effects import processes

MAX_PAYLOAD = 4_000_000
"""Bytes of one hook payload that are read; a larger one is somebody's accident."""


class Watch:
    """Sleeps until a watched file grows, a file arrives in a watched folder, a watched process ends, or `wake`."""

    def __init__(self) -> None:
        """Open the descriptors; `close` gives them back."""
        self._inotify = INotify()
        self._read_end, self._write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._inotify.fd, select.POLLIN)
        self._poll.register(self._read_end, select.POLLIN)
        self._processes: dict[tuple[int, int], int] = {}

    def file(self, path: Path) -> None:
        """Wake when this file grows."""
        self._inotify.add_watch(str(path), flags.MODIFY)

    def folder(self, path: Path) -> None:
        """Wake when a file arrives in this folder."""
        self._inotify.add_watch(str(path), flags.MOVED_TO)

    def process(self, pid: int, start_time: int) -> bool:
        """Wake when this very process ends. Returns False if it has ended already."""
        key = (pid, start_time)
        if key not in self._processes:
            handle = processes.open_handle(pid, start_time)
            if handle is None:
                return False
            self._processes[key] = handle
            self._poll.register(handle, select.POLLIN)
        return True

    def wake(self) -> None:
        """End the current sleep, from any thread (or signal handler)."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._write_end, b"!")

    def wait(self, seconds: float | None) -> None:
        """Sleep until something happens, for at most `seconds` (None: for ever)."""
        ready = {fd for fd, _ in self._poll.poll(None if seconds is None else max(0.0, seconds) * 1000)}
        if self._inotify.fd in ready:
            self._inotify.read(timeout=0)
        if self._read_end in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._read_end, 4096)
        for key, handle in tuple(self._processes.items()):
            if handle in ready:
                self._poll.unregister(handle)
                os.close(handle)
                del self._processes[key]

    def close(self) -> None:
        """Give the descriptors back."""
        for handle in (*self._processes.values(), self._read_end, self._write_end):
            os.close(handle)
        self._inotify.close()


def inbox_files(inbox: Path) -> list[Path]:
    """Return what lies in an inbox, oldest first."""
    try:
        found = [
            (entry.stat().st_mtime_ns, entry.name) for entry in os.scandir(inbox) if not entry.name.startswith(".")
        ]
    except FileNotFoundError:
        return []
    return [inbox / name for _, name in sorted(found)]


def read_inbox(inbox: Path, task: str, agent: Agent, seen: Container[str]) -> Iterator[tuple[Path, list[Event]]]:
    """Yield each file in the inbox with the facts it tells; the caller journals them, then removes the file.

    Each fact carries `told_by`, the file's name and time: after a crash between journalling and removing,
    `seen` (what the journal already has been told by) keeps it from being told twice.
    """
    for path in inbox_files(inbox):
        try:
            stamp = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue
        facts = _facts(path, task, agent, datetime.fromtimestamp(stamp / 1e9, UTC))
        origins = [f"{task}/{path.name}@{stamp}#{number}" for number in range(len(facts))]
        yield path, [f.model_copy(update={"told_by": s}) for f, s in zip(facts, origins, strict=True) if s not in seen]


def _facts(path: Path, task: str, agent: Agent, at: datetime) -> list[Event]:
    """Return what one file tells; nothing if it holds no JSON object."""
    try:
        payload = json.loads(path.read_bytes()[:MAX_PAYLOAD])
    except (OSError, ValueError):
        return []
    if not isinstance(payload, dict):
        return []
    if not path.name.startswith("fact-"):
        return list(agent.read_hook(task, payload, at))
    fact = {**payload, "task": task, "at": None, "told_by": None}
    event = parse(fact) if isinstance(payload.get("event"), str) else None
    return [event] if isinstance(event, InstanceStarted | InstanceExited) else []
