"""The executor: lanes, slots for checks, pauses after failures, and a bug in one effect is not the run's end."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.effects.run_fixtures import OpenRun, Run, open_run  # noqa: F401
from tests.waiting import retry_until
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.effects import processes
from tmux_orchestra.effects.commands import CHECK_MARK
from tmux_orchestra.effects.executor import FIRST_PAUSE, Executor


class Carried:
    """An executor, and everything that its effects told."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.awake = threading.Semaphore(0)
        self.executor = Executor(run.site.folder, run.state, self.awake.release)

    def start(self, action: a.Action) -> bool:
        return self.executor.start(action, self.run.state)

    def told(self) -> list[e.Event]:
        """Wait until something has finished, as the supervisor does."""
        assert self.awake.acquire(timeout=30), "nothing wakes the supervisor"
        return self.executor.finished()

    def rest(self) -> list[e.Event]:
        """Wait until nothing is under way."""
        events: list[e.Event] = []

        def at_rest() -> bool:
            events.extend(self.executor.finished())
            return not self.executor.busy

        retry_until(at_rest, seconds=30)
        return events


@pytest.fixture
def carried(open_run: OpenRun) -> Iterator[Callable[..., Carried]]:
    """Open an executor over a run of `a` and `b`, whose worktrees stand."""
    opened: list[Carried] = []

    def open_executor(**settings: object) -> Carried:
        run = open_run("a", "b", **settings)
        run.stand("a", "b")
        opened.append(Carried(run))
        return opened[-1]

    yield open_executor
    for carried in opened:
        carried.executor.close()


def check(run: Run, task: str, command: str) -> a.RunCheck:
    worktree = run.worktree(task)
    return a.RunCheck(
        task=task, command=command, tree=run.site.repository.tree(run.site.repository.head(worktree).commit)
    )


def waits_for(path: Path) -> str:
    return f"touch {path}.begun; while ! test -e {path}; do sleep 0.02; done"


def test_an_effect_tells_what_happened_and_wakes_whoever_waits(carried: Callable[..., Carried]) -> None:
    world = carried()
    assert world.start(check(world.run, "a", "echo fine"))
    assert world.executor.busy
    (told,) = world.told()
    assert isinstance(told, e.CheckPassed)
    assert told.tail == "fine"
    assert not world.executor.busy
    assert world.executor.finished() == []


def test_two_effects_of_one_lane_never_run_at_once_and_other_lanes_do(
    carried: Callable[..., Carried], tmp_path: Path
) -> None:
    world = carried(check_slots=5)
    go = tmp_path / "go"
    assert world.start(check(world.run, "a", waits_for(go)))
    assert not world.start(check(world.run, "a", "true"))
    assert not world.start(a.Collect(task="a"))
    assert world.start(a.Collect(task="b"))
    assert [event.event for event in world.told()] == ["work.collected"]
    go.touch()
    assert [event.event for event in world.told()] == ["check.passed"]
    assert world.start(a.Collect(task="a")), "the lane is free again"
    world.rest()


def test_as_many_checks_as_there_are_slots_run_at_once(carried: Callable[..., Carried], tmp_path: Path) -> None:
    world = carried(check_slots=1)
    go = tmp_path / "go"
    assert world.start(check(world.run, "a", waits_for(go)))
    assert not world.start(check(world.run, "b", "true"))
    assert not world.start(a.RunBaseline(command="true"))
    assert world.start(a.Collect(task="b")), "which is no check"
    go.touch()
    world.rest()
    assert world.start(check(world.run, "b", "true"))
    world.rest()


def test_what_fails_is_told_and_waits_a_little_longer_each_time_while_the_rest_goes_on(
    carried: Callable[..., Carried],
) -> None:
    world = carried()
    launch = a.Launch(task="a", attempt=1, session_id="", resume=False, prompt="x")
    assert world.start(launch)
    (failed,) = world.told()
    assert isinstance(failed, e.ActionFailed)
    assert (failed.action, failed.task) == ("Launch", "a")
    assert "no tmux session" in failed.reason
    assert "recover" in failed.hint
    assert not world.start(launch)
    assert world.start(a.Collect(task="a")), "another action of the same task"
    world.rest()
    first = world.executor.next_try
    assert first is not None
    assert 0 < first <= FIRST_PAUSE
    retry_until(lambda: world.start(launch), what="the second try")
    world.rest()
    second = world.executor.next_try
    assert second is not None
    assert FIRST_PAUSE < second <= 2 * FIRST_PAUSE


def test_a_bug_in_an_effect_is_told_as_one_and_frees_its_lane(carried: Callable[..., Carried]) -> None:
    world = carried()
    assert world.start(a.Collect(task="stranger"))
    (failed,) = world.told()
    assert isinstance(failed, e.ActionFailed)
    assert failed.reason.startswith("this is a bug: KeyError")
    log = Path(failed.hint.removeprefix("The details are in "))
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert not world.executor.busy
    assert world.start(a.Collect(task="a"))
    world.rest()


def test_a_task_that_is_called_off_waits_for_none_of_its_checks(
    carried: Callable[..., Carried], tmp_path: Path
) -> None:
    world = carried(check_slots=2)
    for task in ("a", "b"):
        world.start(check(world.run, task, waits_for(tmp_path / task)))
        retry_until((tmp_path / f"{task}.begun").exists, what="the check runs")
    world.run.tell(e.CancelRequested(tasks=("a",)))
    for _ in range(3):
        world.executor.drop_unwanted(world.run.state)
    (told,) = world.told()
    assert isinstance(told, e.CheckFailed)
    assert told.task == "a"
    assert world.executor.busy, "the other one goes on"
    (tmp_path / "b").touch()
    assert [event.event for event in world.told()] == ["check.passed"]


def test_checks_of_a_supervisor_that_died_are_ended_and_those_of_other_runs_are_not(
    carried: Callable[..., Carried],
) -> None:
    world = carried()
    stale, other = (
        subprocess.Popen(["sleep", "600"], env={**os.environ, CHECK_MARK: f"{run}/a"})
        for run in (world.run.site.folder.id, "another-run")
    )
    try:
        retry_until(lambda: all(processes.marks(CHECK_MARK, run) for run in (world.run.site.folder.id, "another-run")))
        world.executor.end_stale_checks()
        assert _gone(stale.pid)
        assert not _gone(other.pid)
    finally:
        for child in (stale, other):
            child.kill()
            child.wait()


def _gone(pid: int) -> bool:
    row = processes.read(pid)
    return row is None or row.state == "Z"


def test_closing_waits_for_what_is_under_way(carried: Callable[..., Carried]) -> None:
    world = carried()
    world.start(check(world.run, "a", "sleep 0.2; echo late"))
    begun = time.monotonic()
    world.executor.close()
    assert time.monotonic() - begun < 30
    (told,) = world.executor.finished()
    assert isinstance(told, e.CheckPassed)
    assert told.tail == "late"


def test_every_action_but_a_record_has_its_effect() -> None:
    from typing import get_args

    from tmux_orchestra.effects.executor import Effect

    assert set(get_args(Effect)) == set(a.Action.__subclasses__()) - {a.Record, a.Forecast}
