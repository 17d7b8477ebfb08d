"""Processes: who they are, which belong to an instance, stopping, waking and ending them. The only home of psutil.

A process is (pid, start time), never a bare pid: pids come back within a minute on a busy machine. The
processes of an instance are found in two ways, because either alone misses some: by ancestry (children that
changed their environment) and by the mark in their environment (children that left the family by a double
fork). One pass over the process table serves all instances.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "TMUX_ORCHESTRA_TASK"
"""Environment variable that every process of an instance carries: `<run>/<task>`."""

NEVER = frozenset(
    {"tmux: server", "tmux", "gpg-agent", "ssh-agent", "dockerd", "containerd", "containerd-shim", "podman", "conmon"}
)
"""Programs that a marked agent may have started for everybody; they are reported, never ended."""

LAST_WORDS = 1.0
"""Seconds that whatever an ending agent starts is given to get done."""

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One row of the process table."""

    pid: int
    start_time: int
    """Clock ticks after boot."""
    parent: int
    state: str
    """One letter, as in `ps`: T is stopped, Z is dead but not reaped."""
    name: str
    cpu_seconds: float
    rss_bytes: int


_PAGE = os.sysconf("SC_PAGE_SIZE")


def read(pid: int) -> Process | None:
    """Read one process; None if there is none of that pid."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except FileNotFoundError:
        return _read_portable(pid) if not Path("/proc/self/stat").exists() else None
    except (ProcessLookupError, PermissionError):
        return None
    name, _, rest = line.partition("(")[2].rpartition(")")
    fields = rest.split()
    return Process(
        pid=pid,
        start_time=int(fields[19]),
        parent=int(fields[1]),
        state=fields[0],
        name=name,
        cpu_seconds=(int(fields[11]) + int(fields[12])) / _TICKS,
        rss_bytes=int(fields[21]) * _PAGE,
    )


def _read_portable(pid: int) -> Process | None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            return Process(
                pid=pid,
                start_time=int(process.create_time() * _TICKS),
                parent=process.ppid(),
                state={"stopped": "T", "zombie": "Z"}.get(process.status(), "S"),
                name=process.name(),
                cpu_seconds=sum(process.cpu_times()[:2]),
                rss_bytes=process.memory_info().rss,
            )
    except psutil.Error:
        return None


def argv(pid: int) -> tuple[str, ...]:
    """Return the program that a process runs, with its arguments; () for one that has ended."""
    try:
        return tuple(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ()


def table() -> dict[int, Process]:
    """Read the whole process table in one pass."""
    return {pid: process for pid in psutil.pids() if (process := read(pid))}


def free_memory() -> int:
    """Return how many bytes of memory programs can still get before the machine has to swap."""
    return psutil.virtual_memory().available


def start_time(pid: int) -> int:
    """Return when a process started, in ticks after boot; 0 if it is gone."""
    process = read(pid)
    return process.start_time if process else 0


def boot() -> str:
    """Return which start of the machine this is: start times are comparable within one. "" where that is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def is_alive(pid: int, started: int) -> bool:
    """Whether this very process still runs; a zombie does not."""
    process = read(pid)
    return process is not None and process.start_time == started and process.state not in "ZX"


def marked(wanted: Collection[str]) -> dict[str, set[int]]:
    """Return, for each mark (`NAME=value`), the pids that have it in their environment.

    Processes that we may not look into are not ours.
    """
    encoded = {mark.encode(): mark for mark in wanted}
    found: dict[str, set[int]] = {mark: set() for mark in wanted}
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            for variable in encoded.keys() & set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")):
                found[encoded[variable]].add(pid)
    return found


def marks(name: str, prefix: str) -> set[str]:
    """Return the values, beginning with `prefix`, that processes have for this environment variable."""
    start = f"{name}={prefix}".encode()
    found = set()
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            for variable in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                if variable.startswith(start):
                    found.add(variable.decode(errors="replace").partition("=")[2])
    return found


def family(roots: Iterable[int], rows: dict[int, Process]) -> set[int]:
    """Return the pids of these processes and all that descend from them, by one table."""
    children: dict[int, list[int]] = {}
    for row in rows.values():
        children.setdefault(row.parent, []).append(row.pid)
    found: set[int] = set()
    frontier = [pid for pid in roots if pid in rows]
    while frontier:
        pid = frontier.pop()
        if pid not in found:
            found.add(pid)
            frontier += children.get(pid, [])
    return found


@dataclass(frozen=True)
class Kin:
    """How the processes of one instance (or of one check) are told from all others."""

    mark: str
    """`NAME=value` that its processes have in their environment."""
    roots: tuple[tuple[int, int], ...] = ()
    """(pid, start time) of processes whose descendants belong to it, too."""
    within: Path | None = None
    """Where a process that is known by its mark alone must have its working directory: a daemon that an
    agent started for everybody, somewhere else, is not the instance's to end. None: anywhere."""

    def find(self) -> dict[int, Process]:
        """Return its living processes, by one pass over the process table."""
        return find_all({"": self})[""]


def find_all(kin: Mapping[str, Kin]) -> dict[str, dict[int, Process]]:
    """Return the living processes of many instances, by key, in one pass over the process table."""
    rows = table()
    by_mark = marked({k.mark for k in kin.values()})
    found = {}
    for key, one in kin.items():
        roots = {pid for pid, started in one.roots if pid in rows and rows[pid].start_time == started}
        bearers = {pid for pid in by_mark[one.mark] if one.within is None or _works_in(pid, one.within)}
        members = (rows[pid] for pid in family(roots | bearers, rows) - {os.getpid()} if pid in rows)
        found[key] = {row.pid: row for row in members if row.state not in "ZX" and row.name not in NEVER}
    return found


def working_in(folder: Path, rows: dict[int, Process]) -> dict[int, Process]:
    """Return the living processes of the table whose working directory is `folder` or lies in it, if we may look."""
    place = folder.resolve()
    return {pid: row for pid, row in rows.items() if row.state not in "ZX" and _works_in(pid, place)}


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def send(process: Process, number: signal.Signals) -> bool:
    """Signal this very process; False if it is gone (or its pid is somebody else's by now)."""
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        return False
    try:
        if start_time(process.pid) != process.start_time:
            return False
        signal.pidfd_send_signal(handle, number)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def freeze(kin: Kin, group: int, sweeps: int = 50) -> int:
    """Stop everything of `kin`, again and again until two sweeps meet nothing that runs.

    `group` is the agent's process group: stopped as one first, which no fork can outrun. Returns how many
    processes stand still (a parent that waits in vfork shows `D`, and stands still as well).
    """
    if group > 1:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGSTOP)
    calm, stopped = 0, 0
    for _ in range(sweeps):
        found = kin.find()
        for row in found.values():
            if row.state not in "Tt":
                send(row, signal.SIGSTOP)
        running = [row for row in found.values() if row.state not in "TtD"]
        calm = 0 if running else calm + 1
        stopped = len(found)
        if calm == 2:  # noqa: PLR2004 - one calm sweep may have met a fork in the middle
            break
        if running:
            time.sleep(0.002)
    return stopped


def thaw(kin: Kin) -> int:
    """Wake everything of `kin`, children before their parents, so that nobody waits for a child that still sleeps."""
    found = kin.find()
    for row in sorted(found.values(), key=lambda r: r.start_time, reverse=True):
        send(row, signal.SIGCONT)
    return len(found)


def end(kin: Kin, grace: float) -> bool:
    """End everything of `kin`: SIGTERM (and SIGCONT, for what is frozen), then SIGKILL after `grace` seconds.

    What is born while the rest ends is let be for `LAST_WORDS`: it is how an agent says goodbye (its last hook).
    Returns whether nothing of it is left.
    """
    begin = time.monotonic()
    due: dict[tuple[int, int], float] = {}
    told: set[tuple[int, int]] = set()
    while found := kin.find():
        now = time.monotonic()
        moment = now + LAST_WORDS if due else now
        for row in found.values():
            identity = (row.pid, row.start_time)
            if due.setdefault(identity, moment) <= now and identity not in told:
                send(row, signal.SIGTERM)
                send(row, signal.SIGCONT)
                told.add(identity)
        left = begin + grace - time.monotonic()
        if left <= 0:
            return _kill(kin)
        wait_any(found.values(), min(left, 0.25))
    return True


def _kill(kin: Kin, patience: float = 5.0) -> bool:
    """Send SIGKILL until nothing of `kin` is left; return whether that is so."""
    deadline = time.monotonic() + patience
    while found := kin.find():
        for row in found.values():
            send(row, signal.SIGKILL)
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        wait_any(found.values(), min(left, 0.25))
    return True


def wait_any(processes: Iterable[Process], seconds: float) -> None:
    """Wait until one of these processes ends, or the time is over."""
    poll = select.poll()
    handles = []
    for process in processes:
        with contextlib.suppress(AttributeError, OSError):
            handles.append(os.pidfd_open(process.pid))
            poll.register(handles[-1], select.POLLIN)
    try:
        poll.poll(seconds * 1000)
    finally:
        for handle in handles:
            os.close(handle)


def open_handle(pid: int, started: int) -> int | None:
    """Open a descriptor that becomes readable when this very process ends; None if it has ended already.

    A zombie has: some builds of tmux never collect what ran in a pane, and its descriptor would be readable for ever.
    """
    try:
        handle = os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
    if not is_alive(pid, started):
        os.close(handle)
        return None
    return handle
