"""Costs: an idle supervisor sleeps, and what an agent reports is in the journal at once."""

import re
import time
from datetime import datetime
from pathlib import Path
from statistics import median

import pytest

from tests.e2e.orchestra import Orchestra
from tmux_orchestra.effects import forecasting

pytestmark = pytest.mark.e2e


def switches(pid: int) -> int:
    """Voluntary context switches of all threads."""
    counted = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        counted += int(re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.MULTILINE)[0])
    return counted


def test_an_idle_supervisor_sleeps_and_reports_arrive_within_a_tenth_of_a_second(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(hangs="\n".join(["rehearse: write a.txt one"] * 10 + ["rehearse: hang"]))
    run.until("agent.tool_used", "hangs", times=40)
    run.until("agent.todo_changed", "hangs", times=11)
    delays = []
    for event in run.events(task="hangs"):
        if event["event"].startswith("agent."):
            fired = int(event["told_by"].partition("@")[2].partition("#")[0]) / 1e9
            delays.append(datetime.fromisoformat(event["at"]).timestamp() - fired)
    assert len(delays) > 40
    assert median(delays) < 0.1, sorted(delays)
    time.sleep(forecasting.PAUSE + 0.5)  # what it looked at last is looked at once more
    pid = run.supervisor().pid
    before, seconds = switches(pid), 5
    time.sleep(seconds)
    assert (switches(pid) - before) / seconds < 2
    orchestra("cancel")
