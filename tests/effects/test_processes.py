"""Processes: which belong to an instance, and stopping, waking and ending them. Real trees, daemons included."""

# size: every test here needs the same families of real processes

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.waiting import retry_until
from tmux_orchestra.effects import processes
from tmux_orchestra.effects.processes import MARK, Kin

PRELUDE = """
import os, signal, sys, time
def tell(name):
    with open(f".{name}.{os.getpid()}", "w") as file:
        file.write(str(os.getpid()))
    os.rename(f".{name}.{os.getpid()}", f"{name}.{os.getpid()}")
def daemon(body):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            body()
        os._exit(0)
    os.wait()
"""


class Family:
    """Processes that carry one mark, in one worktree. What they `tell(name)` lands there as a file `name.<pid>`."""

    def __init__(self, folder: Path) -> None:
        self.worktree = folder / "worktree"
        self.worktree.mkdir()
        self.mark = f"run-{uuid.uuid4().hex[:8]}/a"
        self.roots: list[subprocess.Popen[bytes]] = []

    def start(self, body: str, *, cwd: Path | None = None) -> int:
        """Start a Python program in a session of its own; return its pid."""
        self.roots.append(self.open([sys.executable, "-c", PRELUDE + body], cwd=cwd))
        return self.roots[-1].pid

    def open(self, argv: list[str], *, cwd: Path | None = None) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            argv, cwd=cwd or self.worktree, env={**os.environ, MARK: self.mark}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def told(self, name: str, times: int = 1, folder: Path | None = None) -> list[int]:
        """Wait until so many processes have told this; return their pids."""

        def pids() -> list[int] | None:
            found = [int(path.name.rpartition(".")[2]) for path in (folder or self.worktree).glob(f"{name}.*")]
            return found if len(found) >= times else None

        return retry_until(pids, what=f"{times} times {name}")

    def kin(self, **fields: object) -> Kin:
        """How the instance is known: by its first process, and by the mark of what works in its worktree."""
        roots = tuple((root.pid, processes.start_time(root.pid)) for root in self.roots)
        return Kin(**({"mark": f"{MARK}={self.mark}", "roots": roots, "within": self.worktree} | fields))  # type: ignore[arg-type]

    def states(self) -> dict[int, str]:
        return {pid: row.state for pid, row in self.kin(within=None).find().items()}


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    family = Family(tmp_path)
    yield family
    by_mark = Kin(f"{MARK}={family.mark}", within=None)
    for _ in range(100):
        left = {
            **by_mark.find(),
            **{p: r for p in processes.marked({by_mark.mark})[by_mark.mark] if (r := processes.read(p))},
        }
        if not left:
            break
        for row in left.values():
            processes.send(row, signal.SIGKILL)
        processes.wait_any(left.values(), 0.1)
    for root in family.roots:
        root.wait(timeout=60)


LIVE = "time.sleep(600)"


# --- who a process is ----------------------------------------------------------------------------------


def test_a_process_is_its_pid_and_its_start() -> None:
    mine = processes.read(os.getpid())
    assert mine is not None
    assert (mine.pid, mine.parent) == (os.getpid(), os.getppid())
    assert mine.rss_bytes > 1_000_000
    assert mine.cpu_seconds > 0
    assert processes.is_alive(os.getpid(), mine.start_time)
    assert not processes.is_alive(os.getpid(), mine.start_time + 1), "another process that got the same pid"


def test_a_process_that_is_dead_but_not_reaped_is_not_alive_and_one_that_is_gone_is_none(family: Family) -> None:
    child = family.open(["true"])
    started = processes.start_time(child.pid)
    retry_until(lambda: (row := processes.read(child.pid)) and row.state == "Z", what="a zombie")
    assert not processes.is_alive(child.pid, started)
    child.wait()
    assert processes.read(child.pid) is None
    assert processes.start_time(child.pid) == 0
    assert not processes.is_alive(child.pid, started)


def test_a_name_with_blanks_and_brackets_does_not_confuse_the_reading(family: Family) -> None:
    program = family.worktree / "a) S 1 (b"
    shutil.copy("/bin/sleep", program)
    child = family.open([str(program), "600"])
    family.roots.append(child)
    row = retry_until(lambda: (row := processes.read(child.pid)) and row.name == "a) S 1 (b" and row)
    assert row.parent == os.getpid()


def test_a_signal_meets_only_the_very_process_it_was_meant_for(family: Family) -> None:
    pid = family.start(LIVE)
    row = processes.read(pid)
    assert row is not None
    stranger = processes.Process(**{**row.__dict__, "start_time": row.start_time + 1})
    assert not processes.send(stranger, signal.SIGKILL)
    assert processes.is_alive(pid, row.start_time)
    assert processes.send(row, signal.SIGKILL)
    retry_until(lambda: not processes.is_alive(pid, row.start_time), what="its end")


def test_a_handle_becomes_readable_at_the_end_and_there_is_none_for_another_process(family: Family) -> None:
    pid = family.start(LIVE)
    started = processes.start_time(pid)
    assert processes.open_handle(pid, started + 1) is None
    handle = processes.open_handle(pid, started)
    assert handle is not None
    os.close(handle)
    family.roots[0].kill()
    family.roots[0].wait()
    assert processes.open_handle(pid, started) is None


# --- what belongs to an instance -------------------------------------------------------------------------


def test_children_belong_to_it_even_if_they_dropped_the_mark_and_went_elsewhere(family: Family) -> None:
    family.start(
        f"""
if os.fork() == 0:
    os.chdir("/")
    os.execve(sys.executable, [sys.executable, "-c", "import time; {LIVE}"], {{}})
tell("ready"); {LIVE}
"""
    )
    family.told("ready")
    retry_until(lambda: len(family.kin().find()) == 2, what="both")


def test_a_daemon_belongs_to_it_by_its_mark_where_it_works_in_the_worktree(family: Family, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (family.worktree / "sub").mkdir()
    family.start(
        f"""
def body(folder):
    os.chdir(folder); tell("daemon"); {LIVE}
daemon(lambda: body("sub"))
daemon(lambda: body({str(elsewhere)!r}))
tell("ready"); {LIVE}
"""
    )
    (inside,) = family.told("daemon", folder=family.worktree / "sub")
    (outside,) = family.told("daemon", folder=elsewhere)
    root = family.roots[0].pid
    assert set(family.kin().find()) == {root, inside}
    assert set(family.kin(within=None).find()) == {root, inside, outside}
    assert processes.end(family.kin(), grace=5)
    assert processes.read(outside) is not None, "it was started for everybody"


def test_a_folder_whose_name_begins_alike_is_another_folder(family: Family, tmp_path: Path) -> None:
    other = tmp_path / "worktree-2"
    other.mkdir()
    family.start(f"daemon(lambda: (os.chdir({str(other)!r}), tell('daemon'), {LIVE}))")
    family.told("daemon", folder=other)
    family.roots[0].wait()
    assert family.kin(roots=()).find() == {}


def test_a_mark_that_begins_alike_is_another_mark(family: Family) -> None:
    family.start(LIVE)
    retry_until(lambda: len(family.kin(roots=()).find()) == 1, what="it is found by its mark")
    assert Kin(f"{MARK}={family.mark[:-1]}").find() == {}
    assert family.mark in processes.marks(MARK, family.mark.partition("/")[0])
    assert processes.marks(MARK, "no-such-run/") == set()


def test_a_root_whose_pid_is_somebody_elses_by_now_has_no_family(family: Family) -> None:
    pid = family.start(LIVE)
    stale = ((pid, processes.start_time(pid) - 1),)
    assert Kin(f"{MARK}=nobody/x", roots=stale).find() == {}


def test_programs_that_serve_everybody_are_spared_with_the_mark_and_in_the_worktree(family: Family) -> None:
    program = family.worktree / "ssh-agent"
    shutil.copy("/bin/sleep", program)
    agent = family.open([str(program), "600"])
    plain = family.open(["sleep", "600"])
    family.roots += [agent, plain]
    retry_until(lambda: (row := processes.read(agent.pid)) and row.name == "ssh-agent", what="its name")
    assert agent.pid not in family.kin().find()
    processes.freeze(family.kin(), group=0)
    processes.end(family.kin(), grace=5)
    row = processes.read(agent.pid)
    assert row is not None
    assert row.state not in "TZ"
    plain.wait(timeout=60)
    agent.kill()


def test_whoever_looks_is_never_among_what_is_found() -> None:
    me = (os.getpid(), processes.start_time(os.getpid()))
    found = Kin(f"{MARK}=nobody/x", roots=(me,)).find()
    assert os.getpid() not in found


def test_several_instances_are_told_apart_in_one_pass(tmp_path: Path, family: Family) -> None:
    (tmp_path / "other").mkdir()
    other = Family(tmp_path / "other")
    family.start(LIVE)
    other.start(LIVE)
    try:
        found = processes.find_all({"a": family.kin(), "b": other.kin()})
        assert {key: set(rows) for key, rows in found.items()} == {
            "a": {family.roots[0].pid}, "b": {other.roots[0].pid},
        }  # fmt: skip
    finally:
        other.roots[0].kill()
        other.roots[0].wait()


# --- stopping and waking ---------------------------------------------------------------------------------

STORM = """
for n in range(6):
    if os.fork() == 0:
        if n % 2:
            os.setpgid(0, 0)  # out of the agent's group
        while True:
            if os.fork() == 0:
                time.sleep(0.05)
                os._exit(0)
            os.wait()
            open("ticks", "ab").write(b".")
tell("storm")
time.sleep(600)
"""
DAEMON = "daemon(lambda: (tell('daemon'), [open('ticks', 'ab').write(b'.') or time.sleep(0.01) for _ in iter(int, 1)]))"


def ticks(family: Family) -> int:
    return (family.worktree / "ticks").stat().st_size


def ticking(family: Family) -> Callable[[], bool]:
    before = ticks(family)
    return lambda: ticks(family) > before + 3


def test_a_storm_of_forks_with_a_daemon_is_frozen_whole_and_stays_so_until_it_is_thawed(family: Family) -> None:
    group = family.start(DAEMON + STORM)
    family.told("storm")
    family.told("daemon")
    (family.worktree / "ticks").touch()
    retry_until(ticking(family), what="it lives")
    count = processes.freeze(family.kin(), group)
    assert count >= 8
    before = ticks(family)
    states = family.states()
    assert len(states) == count
    assert set(states.values()) == {"T"}
    # A moment is enough for a single process that was missed to show itself: each of them ticks within 60 ms.
    time.sleep(0.3)
    assert ticks(family) == before
    assert family.states() == states
    assert processes.thaw(family.kin()) == count
    retry_until(ticking(family), what="it lives again")
    assert processes.end(family.kin(), grace=5)
    assert family.states() == {}


def test_freezing_twice_is_freezing_once(family: Family) -> None:
    group = family.start("tell('ready'); " + LIVE)
    family.told("ready")
    assert processes.freeze(family.kin(), group) == 1
    assert processes.freeze(family.kin(), group) == 1
    assert processes.thaw(family.kin()) == 1
    retry_until(lambda: set(family.states().values()) == {"S"}, what="awake")


def test_nothing_is_frozen_thawed_or_ended_where_nothing_is_left(family: Family) -> None:
    kin = Kin(f"{MARK}={family.mark}", roots=((4_000_000, 1),), within=family.worktree)
    assert processes.freeze(kin, group=4_000_000) == 0
    assert processes.thaw(kin) == 0
    assert processes.end(kin, grace=5)


# --- ending --------------------------------------------------------------------------------------------

STUBBORN = """
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tell("stubborn"); time.sleep(600)
signal.signal(signal.SIGTERM, lambda *_: (tell("polite"), os._exit(0)))
tell("ready")
while True: time.sleep(600)
"""


SAVES_FIRST = """
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.2), tell('saved'), os._exit(0)))
tell('ready')
while True: time.sleep(600)
"""


def test_everybody_is_asked_politely_and_who_does_not_listen_is_killed(family: Family) -> None:
    family.start(STUBBORN)
    family.told("ready")
    (stubborn,) = family.told("stubborn")
    begun = time.monotonic()
    assert processes.end(family.kin(), grace=0.5)
    assert time.monotonic() - begun >= 0.5
    assert family.told("polite") == [family.roots[0].pid]
    assert processes.read(stubborn) is None or not family.states()


def test_with_time_enough_nobody_is_killed_and_nobody_waits_longer_than_needed(family: Family) -> None:
    family.start(SAVES_FIRST)
    family.told("ready")
    begun = time.monotonic()
    assert processes.end(family.kin(), grace=60)
    assert time.monotonic() - begun < 30
    assert len(family.told("saved")) == 1


def test_what_is_frozen_is_woken_to_hear_that_it_should_end(family: Family) -> None:
    group = family.start(SAVES_FIRST)
    family.told("ready")
    processes.freeze(family.kin(), group)
    assert processes.end(family.kin(), grace=30)
    assert len(family.told("saved")) == 1


def test_what_is_started_while_everything_ends_is_ended_too(family: Family) -> None:
    family.start(
        """
def again(*_):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL); tell("late"); time.sleep(600)
    os._exit(0)
signal.signal(signal.SIGTERM, again)
tell("ready")
while True: time.sleep(600)
"""
    )
    family.told("ready")
    assert processes.end(family.kin(), grace=5)
    assert family.states() == {}


def test_what_an_agent_starts_to_say_goodbye_may_say_it(family: Family) -> None:
    # The hook of the end of a session outlives the agent; a signal at first sight killed it with its report unwritten.
    family.start(
        """
def goodbye(*_):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL); time.sleep(0.4); tell("goodbye"); os._exit(0)
    os._exit(0)
signal.signal(signal.SIGTERM, goodbye)
tell("ready")
while True: time.sleep(600)
"""
    )
    family.told("ready")
    assert processes.end(family.kin(), grace=30)
    assert len(family.told("goodbye")) == 1


def test_waiting_ends_with_the_first_that_ends_or_with_the_time(family: Family) -> None:
    pid = family.start(LIVE)
    row = processes.read(pid)
    assert row is not None
    begun = time.monotonic()
    processes.wait_any([row], 0.05)
    assert time.monotonic() - begun >= 0.05
    family.roots[0].kill()
    processes.wait_any([row], 60)
    assert time.monotonic() - begun < 30
