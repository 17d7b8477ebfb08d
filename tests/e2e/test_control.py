"""Cancelling, pausing and resuming: what a control verb promises when it returns, it has done."""

import json
import time
from functools import partial

import psutil
import pytest

from tests.e2e.orchestra import Orchestra, Run, end_servers, git, marked
from tests.waiting import retry_until

pytestmark = pytest.mark.e2e


def stopped(processes: list[psutil.Process]) -> list[bool]:
    """Of each process, whether it stands still; one that has ended does not."""
    found = []
    for process in processes:
        try:
            found.append(process.status() == psutil.STATUS_STOPPED)
        except psutil.NoSuchProcess:
            found.append(False)
    return found


def count(run: Run, task: str, expected: int) -> bool:
    return len(run.processes(task)) == expected


def launcher(run: Run, task: str) -> psutil.Process:
    return psutil.Process(run.events("instance.started", task)[-1]["launcher_pid"])


def test_pause_stops_every_process_until_resume_and_starts_nothing(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(
        *("--max-instances", "1"),
        busy="rehearse: fork 3\nrehearse: daemon\nrehearse: slow 5\nrehearse: write a.txt one",
        waits="a small edit",
    )
    run.until("agent.tool_used", "busy")
    retry_until(lambda: len(run.processes("busy")) == 5, what="the agent, three children and a daemon")
    orchestra("pause")
    frozen = run.processes("busy")
    assert len(frozen) == 5
    assert all(stopped(frozen))
    assert launcher(run, "busy").status() != psutil.STATUS_STOPPED
    before = len(run.events())
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        assert all(stopped(frozen))
        time.sleep(0.05)
    orchestra("pause")  # once more changes nothing
    assert all(stopped(frozen))
    assert [e["event"] for e in run.events()[before:]] == ["pause.requested"]
    tasks = orchestra.tasks()
    assert [tasks[name]["held_by"] for name in ("busy", "waits")] == [["person"], ["person"]]
    assert "resume" in orchestra.says("wait", code=1)
    orchestra("resume", "waits")
    assert all(stopped(frozen))
    orchestra("resume")
    assert not any(stopped(frozen))
    orchestra("wait")
    assert run.statuses() == {"busy": "merged", "waits": "merged"}
    orchestra("cleanup", code=1)  # not in the target yet
    orchestra("merge")
    orchestra("cleanup")
    orchestra.assert_clean()


def test_a_pause_in_the_middle_of_a_launch_still_stops_the_instance(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(quick="rehearse: slow 4", two="rehearse: slow 4")
    run.until("task.preparing", "two")
    orchestra("pause")
    for task in ("quick", "two"):
        assert all(stopped(run.processes(task)))
    assert {event["task"] for event in run.events("instance.frozen")} == {"quick", "two"}
    told = len(run.events())
    time.sleep(1.0)
    assert all(all(stopped(run.processes(task))) for task in ("quick", "two"))
    assert len(run.events()) == told
    orchestra("resume")
    orchestra("wait")
    assert set(run.statuses().values()) == {"merged"}


def test_cancel_ends_every_process_of_the_task_and_only_those(
    orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX_ORCHESTRA_END_TIMEOUT", "0.5")  # for the deaf one
    run = orchestra.start_plan(
        *("--max-instances", "4"),
        hangs="rehearse: daemon\nrehearse: hang",
        deaf="rehearse: ignore-term\nrehearse: fork 2\nrehearse: hang",
        frozen="rehearse: fork 1\nrehearse: hang",
        other="rehearse: slow 1\nrehearse: write a.txt one",
        behind=("never", "hangs"),
    )
    for task, expected in {"hangs": 2, "deaf": 3, "frozen": 2}.items():
        retry_until(partial(count, run, task, expected), seconds=30, what=f"{task} at work")
    orchestra("pause", "frozen")
    orchestra("cancel", "hangs", "deaf", "frozen")
    assert [run.processes(task) for task in ("hangs", "deaf", "frozen")] == [[], [], []]
    told = orchestra.says("wait", code=1)
    assert "1 of 5" in told
    assert run.statuses() == {
        "hangs": "cancelled", "deaf": "cancelled", "frozen": "cancelled", "behind": "skipped", "other": "merged",
    }  # fmt: skip
    orchestra("merge")
    orchestra("cleanup", "all", "--yes")
    orchestra.assert_clean()


def test_cancel_does_not_wait_for_a_check(orchestra: Orchestra) -> None:
    run = orchestra.start_plan("--check", "test ! -e slow || sleep 1000", api="rehearse: write slow yes")
    run.until("task.checking", "api")
    retry_until(lambda: marked({"TMUX_ORCHESTRA_CHECK": f"{run.id}/api"}), what="the check")
    begun = time.monotonic()
    orchestra("cancel")
    assert time.monotonic() - begun < 60
    assert marked({"TMUX_ORCHESTRA_CHECK": f"{run.id}/api"}) == []
    assert "cancelled" in json.dumps(run.events("run.ended"))


def test_a_whole_run_is_called_off_while_it_starts_and_its_work_stays(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(first="rehearse: write a.txt one\nrehearse: hang", second="rehearse: hang")
    run.until("task.preparing", "second")
    orchestra("cancel")
    orchestra("wait", code=1)
    retry_until(lambda: not (run.processes("first") or run.processes("second")), what="the end of what was launching")
    assert set(run.statuses().values()) == {"cancelled"}
    assert run.events("run.ended")[0]["outcome"] == "cancelled"
    assert orchestra.status()["run"]["state"] == "cancelled"
    assert git(orchestra.repo, "log", "--format=%s") == "start"


def test_control_verbs_work_after_the_run_without_any_tmux(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(api="a small edit", odd="rehearse: noop")
    orchestra("wait", code=1)
    orchestra("cancel", "odd")
    orchestra("wait", code=1)
    end_servers()
    orchestra("pause")
    orchestra("merge")
    assert run.merged_tasks("main") == ["api"]
    orchestra("cleanup", "all", "--yes")
    orchestra.assert_clean()
