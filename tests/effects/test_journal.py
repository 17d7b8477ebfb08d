"""The journal: any number of writers, no torn line that stays unnoticed, one lock."""

import json
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.core.stories import run_started
from tests.waiting import retry_until
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.state import Status
from tmux_orchestra.effects.journal import Journal, is_over, lock_is_held, read_state, supervisor_lock

WRITER = """
import sys
from pathlib import Path
from tmux_orchestra.core.events import SendRequested
from tmux_orchestra.effects.journal import Journal
journal, me = Journal(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for n in range(200):
    journal.append(SendRequested(id=f"{me}-{n}", task="a", text=me * (65536 if n % 20 == 7 else n * 7)))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def sends(path: Path) -> list[e.SendRequested]:
    journal = Journal(path)
    found = list(journal.read_new())
    assert journal.skipped == 0
    assert all(isinstance(event, e.SendRequested) for event in found)
    return [event for event in found if isinstance(event, e.SendRequested)]


def test_eight_processes_write_at_once_and_no_line_is_torn_or_lost(path: Path) -> None:
    root = str(Path(__file__).parents[2])
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(me)],
            cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for me in range(8)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        writer.communicate(b"go\n", timeout=60)
    assert [writer.returncode for writer in writers] == [0] * 8
    by_writer: dict[str, list[int]] = {}
    for event in sends(path):
        writer_id, _, number = event.id.partition("-")
        assert event.text == writer_id * (65536 if int(number) % 20 == 7 else int(number) * 7)
        by_writer.setdefault(writer_id, []).append(int(number))
    assert by_writer == {str(me): list(range(200)) for me in range(8)}, "each in its own order"


def test_an_event_is_stamped_with_the_time_and_read_back_as_it_was(path: Path) -> None:
    written = e.TaskAttention(task="a", reason="two\nlines, ünï, \x1b[31m and \u2028")
    before = datetime.now(UTC)
    Journal(path).append(written)
    (read,) = Journal(path).read_new()
    assert read.at is not None
    assert before <= read.at <= datetime.now(UTC)
    assert read.model_copy(update={"at": None}) == written
    line = path.read_bytes()
    assert line.count(b"\n") == 1
    assert json.loads(line)["event"] == "task.attention"


def test_the_time_is_the_journals_own_whatever_the_event_says(path: Path) -> None:
    Journal(path).append(e.PauseRequested(at=datetime(1999, 1, 1, tzinfo=UTC)))
    (read,) = Journal(path).read_new()
    assert read.at is not None
    assert read.at.year > 2000


def test_nobody_else_may_read_it(path: Path) -> None:
    Journal(path).append(e.PauseRequested())
    assert path.stat().st_mode & 0o777 == 0o600


def test_reading_goes_on_where_it_stopped(path: Path) -> None:
    reader, writer = Journal(path), Journal(path)
    assert list(reader.read_new()) == []
    writer.append(e.PauseRequested())
    assert [event.event for event in reader.read_new()] == ["pause.requested"]
    assert list(reader.read_new()) == []
    writer.append(e.ResumeRequested())
    assert [event.event for event in reader.read_new()] == ["resume.requested"]


def test_an_unfinished_last_piece_waits_for_its_rest(path: Path) -> None:
    reader = Journal(path)
    line = b'{"event": "pause.requested", "tasks": ["\xc3\xbc"]}\n'
    for cut in (line[:10], line[10:41], line[41:-1]):
        with path.open("ab") as file:
            file.write(cut)
        assert list(reader.read_new()) == []
    with path.open("ab") as file:
        file.write(line[-1:])
    (event,) = reader.read_new()
    assert isinstance(event, e.PauseRequested)
    assert event.tasks == ("ü",)


def test_a_torn_line_is_closed_by_the_next_append_and_skipped_by_readers(path: Path) -> None:
    journal = Journal(path)
    journal.append(e.PauseRequested())
    with path.open("ab") as file:
        file.write(b'{"event": "task.mer')
    Journal(path).append(e.ResumeRequested())
    assert [event.event for event in journal.read_new()] == ["pause.requested", "resume.requested"]
    assert journal.skipped == 1


@pytest.mark.parametrize(
    "line", [b"\0\0\0\0", b"{}", b"[1]", b'"x"', b"7", b"\xff\xfe{}", b'{"event": 1}', b'{"at": "x"}']
)
def test_a_line_that_is_no_event_is_counted_and_passed_over(path: Path, line: bytes) -> None:
    path.write_bytes(line + b"\n\n" + b'{"event": "pause.requested"}\n')
    journal = Journal(path)
    assert [event.event for event in journal.read_new()] == ["pause.requested"]
    assert journal.skipped == 1


def test_events_of_a_newer_version_are_read(path: Path) -> None:
    path.write_text('{"event": "moon.landed", "crew": 2}\n')
    (event,) = Journal(path).read_new()
    assert isinstance(event, e.Unknown)
    assert event.model_extra == {"crew": 2}


def test_a_whole_journal_is_a_state_and_none_is_none(path: Path) -> None:
    assert read_state(path) is None
    journal = Journal(path)
    for event in (run_started(), e.TaskPreparing(task="a"), e.TaskAttention(task="a", reason="why")):
        journal.append(event)
    state = read_state(path)
    assert state is not None
    assert state.tasks["a"].status is Status.ATTENTION


def test_a_run_is_over_when_it_has_ended_and_nobody_wants_more_of_it(path: Path) -> None:
    journal = Journal(path)
    quoted = e.SendRequested(id="1", task="a", text='"event": "run.ended"')
    for event, over in (
        (run_started(), False),
        (quoted, False),
        (e.RunEnded(outcome="failed"), True),
        (e.CleanupRequested(id="2"), True),
        (e.RetryRequested(), False),
        (e.RunEnded(outcome="done"), True),
    ):
        journal.append(event)
        assert is_over(path) == over, event


def test_a_disk_that_takes_nothing_more_is_told_and_harms_no_earlier_line(path: Path) -> None:
    journal = Journal(path)
    journal.append(e.PauseRequested())
    size = path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    earlier = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, limits[1]))
    try:
        with pytest.raises(OrchestraError, match="cannot write the journal") as told:
            journal.append(e.TaskAttention(task="a", reason="x" * 100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, earlier)
    assert "recover" in told.value.hint
    journal.append(e.ResumeRequested())
    assert [event.event for event in Journal(path).read_new()] == ["pause.requested", "resume.requested"]


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(OrchestraError, match="No such file"):
        Journal(tmp_path / "gone" / "events.jsonl").append(e.PauseRequested())


# --- the lock ------------------------------------------------------------------------------------------

HOLDER = """
import sys, time
from pathlib import Path
from tmux_orchestra.effects.journal import supervisor_lock
with supervisor_lock(Path(sys.argv[1])) as held:
    print(held, flush=True)
    sys.stdin.readline()
"""

Holder = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def hold(tmp_path: Path) -> Holder:
    """Start a process that holds the lock until its stdin ends."""

    def start() -> "subprocess.Popen[bytes]":
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path / "lock")],
            cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        return holder

    return start


def test_the_lock_is_held_by_one_and_free_when_that_one_lets_go(tmp_path: Path, hold: Holder) -> None:
    lock = tmp_path / "lock"
    assert not lock_is_held(lock), "nobody ever held it"
    holder = hold()
    assert lock_is_held(lock)
    with supervisor_lock(lock) as mine:
        assert not mine
    assert lock_is_held(lock), "to ask for it is not to take it away"
    holder.communicate(b"go\n", timeout=60)
    assert not lock_is_held(lock)
    with supervisor_lock(lock) as mine:
        assert mine
        assert lock_is_held(lock)
    assert not lock_is_held(lock)


def test_the_lock_is_free_after_its_holder_was_killed(tmp_path: Path, hold: Holder) -> None:
    holder = hold()
    holder.kill()
    holder.communicate(timeout=60)
    with supervisor_lock(tmp_path / "lock") as mine:
        assert mine


def test_whoever_waits_for_the_lock_gets_it_as_soon_as_it_is_free(tmp_path: Path, hold: Holder) -> None:
    holder = hold()
    script = HOLDER.replace("Path(sys.argv[1])", "Path(sys.argv[1]), wait=True")
    waiter = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")],
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert waiter.stdout is not None
    retry_until(lambda: _waits_for_a_lock(waiter.pid), what="the waiter waits")
    assert select.select([waiter.stdout], [], [], 0)[0] == []
    holder.communicate(b"go\n", timeout=60)
    assert waiter.stdout.readline() == b"True\n"
    waiter.communicate(b"go\n", timeout=60)


def _waits_for_a_lock(pid: int) -> bool:
    return f" {pid} " in "".join(line for line in Path("/proc/locks").read_text().splitlines() if "->" in line)


def test_children_do_not_inherit_the_lock(tmp_path: Path) -> None:
    with supervisor_lock(tmp_path / "lock") as mine:
        assert mine
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False)
    try:
        assert not lock_is_held(tmp_path / "lock")
    finally:
        child.communicate(timeout=60)


def test_no_descriptor_is_left_open(path: Path, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        Journal(path).append(e.PauseRequested())
        list(Journal(path).read_new())
        lock_is_held(tmp_path / "lock")
        with supervisor_lock(tmp_path / "lock"):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
