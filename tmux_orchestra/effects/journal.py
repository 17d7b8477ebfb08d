"""The journal on disk: one JSON line per event, appended by anybody, read by everybody. The only home of structlog.

One `write()` of one line on an `O_APPEND` descriptor never tears among processes of one machine. Only a
full disk or a power cut can leave a piece of a line: the next append closes it with a newline, and readers
report and skip it.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.events import Event, parse
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.state import RunState


class _LineFile:
    """What structlog writes to: one line, one `write()`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def info(self, line: str) -> None:
        # A file's name may be no UTF-8: its odd bytes, surrogates by now, become JSON's own \udc.. escapes.
        encoded = line.encode(errors="backslashreplace") + b"\n"
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                encoded = b"\n" + encoded
            if os.write(descriptor, encoded) != len(encoded):
                raise OSError(28, "the line could not be written whole", str(self._path))
        finally:
            os.close(descriptor)


class Journal:
    """Appends to a run's journal, and reads what is new in it since the last time."""

    def __init__(self, path: Path) -> None:
        """Neither opens nor creates the file yet."""
        self.path = path
        self.skipped = 0
        """Lines that could not be read."""
        self._offset = 0
        self._log = structlog.wrap_logger(
            _LineFile(path),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.BoundLogger,
        )

    def append(self, event: Event) -> None:
        """Write one event, stamped with the time. Raises OrchestraError if the disk does not take it."""
        fields = event.model_dump(mode="json", exclude={"event", "at"}, exclude_none=True)
        try:
            self._log.info(event.event, **fields)
        except OSError as error:
            raise OrchestraError(
                f"cannot write the journal {self.path}: {error.strerror}",
                safe="what it holds already is unharmed",
                hint="make room on the disk, then: tmux-orchestra recover",
            ) from error

    def read_new(self) -> Iterator[Event]:
        """Yield the events since the last call, in the file's order; an unfinished last piece waits."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                block = file.read()
        except FileNotFoundError:
            return
        whole, newline, _unfinished = block.rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        for line in whole.split(b"\n") if newline else ():
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
                event = parse(fields if isinstance(fields, dict) else {})
            except ValueError:
                self.skipped += 1
                continue
            yield event


class Follower:
    """Folds a journal that grows, reading each line once."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self._journal = Journal(path)
        self._state: RunState | None = None

    def catch_up(self) -> RunState | None:
        """Return the state with everything that is in the journal by now; None if it holds no run yet."""
        for event in self._journal.read_new():
            self._state = fold(self._state, event)
        return self._state


def read_state(path: Path) -> RunState | None:
    """Fold a whole journal; None if it holds no run yet."""
    return Follower(path).catch_up()


def is_over(path: Path) -> bool:
    """Whether the run has ended, and no retry was wished for since. Looks only for that: far quicker than folding."""
    text = path.read_bytes()
    ended = text.rfind(b'"event": "run.ended"')
    return ended >= 0 and text.find(b'"event": "retry.requested"', ended) < 0


@contextmanager
def supervisor_lock(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold the run's lock while inside; yield whether it could be had.

    The lock belongs to this process: it is free again when the process ends, however it ends.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def lock_is_held(path: Path) -> bool:
    """Whether some process holds the run's lock now."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
