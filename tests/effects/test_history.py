"""Earlier runs: what they measured is found, quickly, whatever else their journals hold."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.stories import FOUNDATIONS, exited, road, run_started, stamped
from tmux_orchestra.core import events as e
from tmux_orchestra.core.measures import measured
from tmux_orchestra.effects.history import NEWEST, read_measures

USED = e.Usage(max_rss_bytes=300_000_000)
NOISE = [e.AgentToolUsed(task="a", tool="Bash", detail=f"{n} {'x' * 100}", call=str(n)) for n in range(150)]
TAKEOVER = [e.AgentSessionStarted(task="a"), e.SupervisorStarted(pid=1, start_time=1)]
STORY = stamped([
    run_started(), *FOUNDATIONS, e.TaskPreparing(task="a"), *NOISE, *TAKEOVER,
    *(event for event in road("a") if event.event != "task.preparing"), exited(usage=USED),
])  # fmt: skip


def line(event: e.Event) -> bytes:
    """An event as the journal writes it: its own fields first."""
    fields = event.model_dump(mode="json", exclude={"event", "at"}, exclude_none=True)
    return json.dumps({**fields, "event": event.event, "at": event.model_dump(mode="json")["at"]}).encode() + b"\n"


TEXT = b"".join(map(line, STORY))


def keep(state_dir: Path, name: str, text: bytes = TEXT) -> None:
    folder = state_dir / "runs" / name
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text("{}")
    (folder / "events.jsonl").write_bytes(text)


def test_only_what_tells_is_read_and_it_tells_the_same_as_the_whole(tmp_path: Path) -> None:
    keep(tmp_path, "r1")
    told = read_measures(tmp_path)
    assert told == measured(STORY)
    whole = len(STORY) - 2 - STORY.index(next(event for event in STORY if isinstance(event, e.TaskPreparing)))
    assert told.stints[0].seconds == whole - 1, "less the second in which nobody looked"
    assert read_measures(tmp_path, but="r1").stints == ()
    assert read_measures(tmp_path / "nowhere").stints == ()


def test_torn_and_strange_lines_are_passed_over(tmp_path: Path) -> None:
    first, *rest = TEXT.splitlines(keepends=True)
    strange = b'{"event": "task.running"}\n[1]\n"event": "task.\n\xff\xfe\n{"event": "instance.exited", "task": 3}\n'
    keep(tmp_path, "strange", first + strange + b"".join(rest) + b'{"task": "a", "event": "task.me')
    keep(tmp_path, "empty", b"")
    keep(tmp_path, "headless", b"".join(rest))
    keep(tmp_path, "folder")
    (tmp_path / "runs" / "folder" / "events.jsonl").unlink()
    (tmp_path / "runs" / "folder" / "events.jsonl").mkdir()
    assert read_measures(tmp_path) == measured(STORY)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.binary(max_size=3)), min_size=1, max_size=4))
def test_no_damage_stops_it(tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, bytes]]) -> None:
    text = bytearray(TEXT)
    for place, piece in damage:
        text[place : place + 1] = piece
    folder = tmp_path_factory.mktemp("runs")
    keep(folder, "r1", bytes(text))
    read_measures(folder)


def test_fifty_long_runs_take_no_time(tmp_path: Path) -> None:
    for n in range(NEWEST + 5):
        keep(tmp_path, f"r{n}")
    begun = time.perf_counter()
    told = read_measures(tmp_path)
    assert len(told.stints) == NEWEST
    assert time.perf_counter() - begun < 2  # 60 ms on an idle machine
