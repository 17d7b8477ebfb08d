"""Noticing: what wakes the sleeper, what does not, and facts that are told once however often one looks."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import retry_until
from tmux_orchestra.agents import AGENTS
from tmux_orchestra.core import events as e
from tmux_orchestra.effects import observe, processes
from tmux_orchestra.effects.files import write

REHEARSAL = AGENTS["rehearsal"]
LONG = 60.0
"""Seconds: no sleep of these tests may last until then."""


@pytest.fixture
def watch() -> Iterator[observe.Watch]:
    watch = observe.Watch()
    yield watch
    watch.close()


def woken(watch: observe.Watch, by: Callable[[], object]) -> bool:
    """Sleep, let it happen, and say whether that ended the sleep long before its time."""
    timer = threading.Timer(0.05, by)
    timer.start()
    begun = time.monotonic()
    watch.wait(LONG)
    timer.join()
    return time.monotonic() - begun < LONG / 2


def sleeps_on(watch: observe.Watch) -> bool:
    """Whether nothing is left that would end the next sleep at once."""
    begun = time.monotonic()
    watch.wait(0.05)
    return time.monotonic() - begun >= 0.05


def test_a_file_that_grows_wakes(watch: observe.Watch, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("x\n")
    watch.file(path)
    assert sleeps_on(watch)

    def grow() -> None:
        with path.open("a") as file:
            file.write("y\n")

    assert woken(watch, grow)
    assert sleeps_on(watch)


def test_a_file_that_arrives_whole_wakes_and_one_that_is_being_written_beside_does_not(
    watch: observe.Watch, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    watch.folder(inbox)
    half = inbox / ".half"
    half.write_text("{")
    half.write_text("{}")
    assert sleeps_on(watch)
    assert woken(watch, lambda: half.rename(inbox / "hook-1.json"))
    assert sleeps_on(watch)
    (inbox / "hook-1.json").unlink()
    assert sleeps_on(watch), "we take files away ourselves"


def test_our_own_way_of_writing_files_wakes(watch: observe.Watch, tmp_path: Path) -> None:
    watch.folder(tmp_path)
    assert woken(watch, lambda: write(tmp_path / "hook-1.json", "{}"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_ends_wakes_once(watch: observe.Watch, number: signal.Signals) -> None:
    child = subprocess.Popen(["sleep", "600"])
    started = processes.start_time(child.pid)
    assert watch.process(child.pid, started)
    assert watch.process(child.pid, started), "to ask again is no second watch"
    assert sleeps_on(watch)
    assert woken(watch, lambda: child.send_signal(number))
    child.wait()
    assert sleeps_on(watch)
    assert not watch.process(child.pid, started)


def test_a_process_that_was_another_one_is_not_watched(watch: observe.Watch) -> None:
    assert not watch.process(os.getpid(), 1)


def test_any_thread_can_wake_and_waking_before_the_sleep_is_not_lost(watch: observe.Watch) -> None:
    assert woken(watch, watch.wake)
    for _ in range(100_000):
        watch.wake()
    begun = time.monotonic()
    watch.wait(LONG)
    assert time.monotonic() - begun < LONG / 2


def test_time_that_is_over_already_is_no_sleep(watch: observe.Watch) -> None:
    watch.wait(-1)
    watch.wait(0)


def test_nothing_wakes_the_sleeper_in_between(watch: observe.Watch, tmp_path: Path) -> None:
    watch.folder(tmp_path)
    child = subprocess.Popen(["sleep", "600"])
    watch.process(child.pid, processes.start_time(child.pid))
    slept = {}

    def sleep() -> None:
        before = _switches()
        watch.wait(0.5)
        slept["switches"] = _switches() - before

    thread = threading.Thread(target=sleep)
    thread.start()
    thread.join()
    child.kill()
    child.wait()
    assert slept["switches"] <= 5, "the one sleep, and what Python itself may add"


def _switches() -> int:
    status = Path("/proc/thread-self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("voluntary_ctxt")).split()[1])


def test_closing_gives_every_descriptor_back(tmp_path: Path) -> None:
    before = sorted(Path("/proc/self/fd").iterdir())
    watch = observe.Watch()
    watch.folder(tmp_path)
    watch.process(os.getpid(), processes.start_time(os.getpid()))
    watch.close()
    assert sorted(Path("/proc/self/fd").iterdir()) == before


# --- the inbox -----------------------------------------------------------------------------------------


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    return inbox


def drop(inbox: Path, name: str, payload: Any, at: float = 1_700_000_000.0) -> Path:
    path = inbox / name
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    os.utime(path, (at, at))
    return path


def stopped(message: str) -> dict[str, str]:
    return {"event": "agent.stopped", "message": message}


def facts(inbox: Path, seen: set[str] | None = None) -> list[e.Event]:
    return [fact for _, told in observe.read_inbox(inbox, "a", REHEARSAL, seen or set()) for fact in told]


STARTED = {
    "event": "instance.started", "attempt": 2, "pid": 9, "start_time": 8, "launcher_pid": 7, "launcher_start_time": 6,
}  # fmt: skip


def test_facts_come_in_the_order_in_which_they_were_dropped_whatever_their_names(inbox: Path) -> None:
    drop(inbox, "hook-a.json", stopped("third"), at=1_700_000_003)
    drop(inbox, "hook-z.json", stopped("first"), at=1_700_000_001)
    drop(inbox, "hook-c.json", stopped("second, later name"), at=1_700_000_002)
    drop(inbox, "hook-b.json", stopped("second, earlier name"), at=1_700_000_002)
    told = [fact.message for fact in facts(inbox) if isinstance(fact, e.AgentStopped)]
    assert told == ["first", "second, earlier name", "second, later name", "third"]


def test_what_is_being_written_is_left_alone_and_a_missing_inbox_is_empty(inbox: Path) -> None:
    drop(inbox, ".hook-1.json", stopped("half"))
    assert observe.inbox_files(inbox) == []
    assert observe.inbox_files(inbox / "gone") == []


def test_launchers_tell_of_starts_and_ends_and_the_task_is_the_inboxs(inbox: Path) -> None:
    drop(inbox, "fact-2-started.json", STARTED | {"task": "another", "at": "yesterday", "told_by": 7})
    (started,) = facts(inbox)
    assert isinstance(started, e.InstanceStarted)
    assert (started.task, started.attempt, started.pid, started.at) == ("a", 2, 9, None)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("hook-1.json", ""),
        ("hook-1.json", "{"),
        ("hook-1.json", "[1]"),
        ("hook-1.json", "null"),
        ("hook-1.json", '"agent.stopped"'),
        ("hook-1.json", "\0\0\0"),
        ("hook-1.json", {"event": "task.merged"}),
        ("hook-1.json", {"event": "run.ended", "outcome": "done"}),
        ("fact-1-started.json", ""),
        ("fact-1-started.json", "7"),
        ("fact-1-started.json", {}),
        ("fact-1-started.json", {"event": 7}),
        ("fact-1-started.json", {"event": "instance.started"}),
        ("fact-1-started.json", {"event": "task.merged"}),
        ("fact-1-started.json", STARTED | {"pid": "yesterday"}),
    ],
)
def test_a_file_that_tells_nothing_we_may_believe_gives_no_fact_and_can_be_taken_away(
    inbox: Path, name: str, payload: Any
) -> None:
    path = drop(inbox, name, payload)
    assert list(observe.read_inbox(inbox, "a", REHEARSAL, set())) == [(path, [])]


def test_a_payload_that_is_somebodys_accident_is_not_read_whole(inbox: Path) -> None:
    drop(inbox, "hook-1.json", stopped("x" * observe.MAX_PAYLOAD))
    assert facts(inbox) == []


def test_after_a_crash_between_writing_down_and_taking_away_nothing_is_told_twice(inbox: Path) -> None:
    drop(inbox, "hook-1.json", stopped("one"))
    drop(inbox, "hook-2.json", stopped("two"), at=1_700_000_001)
    (first, second) = facts(inbox)
    assert first.told_by
    assert first.told_by != second.told_by
    # The journal keeps who told it, and the next supervisor reads that.
    journalled = e.parse(json.loads(json.dumps(first.model_dump(mode="json", exclude_none=True))))
    assert journalled.told_by == first.told_by
    assert facts(inbox, seen={str(journalled.told_by)}) == [second]


def test_a_file_of_the_same_name_that_came_later_is_another_one(inbox: Path) -> None:
    drop(inbox, "hook-1.json", stopped("one"))
    (first,) = facts(inbox)
    drop(inbox, "hook-1.json", stopped("one"), at=1_700_000_500)
    assert len(facts(inbox, seen={str(first.told_by)})) == 1


def test_claudes_hooks_are_read_by_claude_with_the_time_at_which_they_were_written(inbox: Path) -> None:
    drop(inbox, "hook-1.json", {"hook_event_name": "Stop", "last_assistant_message": "done"})
    (told,) = [fact for _, fs in observe.read_inbox(inbox, "a", AGENTS["claude"], set()) for fact in fs]
    assert isinstance(told, e.AgentStopped)
    assert told.message == "done"


def test_files_that_arrive_while_others_are_read_are_read_the_next_time(inbox: Path) -> None:
    drop(inbox, "hook-1.json", stopped("one"))
    told = []
    for path, found in observe.read_inbox(inbox, "a", REHEARSAL, set()):
        drop(inbox, "hook-2.json", stopped("two"), at=datetime.now(UTC).timestamp())
        told += found
        path.unlink()
    assert len(told) == 1
    assert [path.name for path in observe.inbox_files(inbox)] == ["hook-2.json"]


def test_a_file_that_vanishes_meanwhile_is_no_trouble(inbox: Path) -> None:
    drop(inbox, "hook-1.json", stopped("one"))
    drop(inbox, "hook-2.json", stopped("two"), at=1_700_000_001)
    reading = observe.read_inbox(inbox, "a", REHEARSAL, set())
    next(reading)
    (inbox / "hook-2.json").unlink()
    assert [found for _, found in reading] in ([], [[]])


def test_a_hook_of_ours_wakes_and_is_read(watch: observe.Watch, inbox: Path) -> None:
    watch.folder(inbox)
    hook = Path(observe.__file__).parents[1] / "pane" / "hook.sh"

    def call() -> None:
        subprocess.run([str(hook), str(inbox)], input=json.dumps(stopped("done")).encode(), check=True)

    assert woken(watch, call)
    (told,) = retry_until(lambda: facts(inbox), what="the hook's fact")
    assert isinstance(told, e.AgentStopped)
