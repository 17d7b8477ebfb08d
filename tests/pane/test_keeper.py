import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.pane.instances import family, gone, isolated
from tests.waiting import retry_until
from tmux_orchestra.pane.keeper import Backoff

LIVE = "echo $$ >> pids; exec sleep 600"


@contextmanager
def keeping(folder: Path, script: str, **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """A keeper whose command is this shell script."""
    command = isolated("keeper.py", "--", "sh", "-c", script)
    with family(command, cwd=folder, stderr=subprocess.PIPE, **options) as keeper:
        yield keeper


def pids(folder: Path, count: int) -> list[int]:
    def started() -> list[int]:
        file = folder / "pids"
        found = [int(line) for line in file.read_text().split()] if file.exists() else []
        return found if len(found) >= count else []

    return retry_until(started, what=f"{count} starts")


def test_starts_a_killed_supervisor_again_and_ends_with_it_when_the_run_is_over(tmp_path: Path):
    script = f"[ -e over ] && exit 0; {LIVE}"
    with keeping(tmp_path, script) as keeper:
        for count in (1, 2):
            os.kill(pids(tmp_path, count)[-1], signal.SIGKILL)
        last = pids(tmp_path, 3)[-1]
        (tmp_path / "over").touch()
        os.kill(last, signal.SIGKILL)
        _, said = keeper.communicate(timeout=60)
    assert keeper.returncode == 0
    assert said.splitlines() == [
        *["keeper: the supervisor was ended by SIGKILL; starting it again now"] * 3,
        "keeper: the run is over",
    ]


def test_leaves_the_run_to_another_supervisor_that_holds_the_lock(tmp_path: Path):
    with keeping(tmp_path, "echo $$ >> pids; exit 75") as keeper:
        _, said = keeper.communicate(timeout=60)
    assert keeper.returncode == 0
    assert said == "keeper: another supervisor carries this run; nothing to do here\n"
    assert len(pids(tmp_path, 1)) == 1


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_ends_with_its_supervisor_when_told(tmp_path: Path, name: str):
    number = signal.Signals[name]
    script = "trap 'echo told > told; exit 0' TERM; echo $$ >> pids; while :; do sleep 0.01; done"
    with keeping(tmp_path, script) as keeper:
        supervisor = pids(tmp_path, 1)[0]
        keeper.send_signal(number)
        keeper.communicate(timeout=60)
    assert keeper.returncode == 128 + number
    assert (tmp_path / "told").exists()
    retry_until(gone(supervisor))
    assert len(pids(tmp_path, 1)) == 1


def test_a_ctrl_c_in_the_window_costs_one_supervisor_not_the_keeper(tmp_path: Path):
    with keeping(tmp_path, LIVE) as keeper:
        pids(tmp_path, 1)
        os.killpg(keeper.pid, signal.SIGINT)
        pids(tmp_path, 2)
        keeper.terminate()
        keeper.communicate(timeout=60)


def test_a_supervisor_that_keeps_dying_gets_pauses_and_the_keeper_still_listens(tmp_path: Path):
    with keeping(tmp_path, "echo $$ >> pids; exit 1") as keeper:
        assert keeper.stderr is not None
        said = [keeper.stderr.readline().rpartition("starting it again ")[2].strip() for _ in range(6)]
        keeper.terminate()
        keeper.communicate(timeout=60)
    assert said == ["now", "now", "now", "now", "in 1 s", "in 2 s"]
    assert keeper.returncode == 143
    assert len(pids(tmp_path, 6)) == 6


def test_a_command_that_cannot_be_run_is_tried_again(tmp_path: Path):
    command = isolated("keeper.py", "--", "no-such-supervisor")
    with family(command, stderr=subprocess.PIPE) as keeper:
        assert keeper.stderr is not None
        assert keeper.stderr.readline() == "keeper: cannot run no-such-supervisor: No such file or directory\n"
        assert "starting it again" in keeper.stderr.readline()
        keeper.terminate()


def test_the_supervisor_hears_every_signal(tmp_path: Path):
    script = "grep '^Sig[BI]' /proc/self/status > signals"
    # As a shell without job control starts what it puts into the background.
    with keeping(tmp_path, script, preexec_fn=lambda: signal.signal(signal.SIGQUIT, signal.SIG_IGN)) as keeper:
        keeper.communicate(timeout=60)
    named = (1 << 31) - 1  # glibc starts programs with its own two signals, 32 and 33, ignored
    sets = [int(line.split()[1], 16) & named for line in (tmp_path / "signals").read_text().splitlines()]
    assert sets == [0, 0]


def test_pauses_grow_to_a_minute_and_end_when_a_life_lasts():
    backoff = Backoff()
    pauses = [backoff.after_death(born=moment, died=moment + 1) for moment in range(12)]
    assert pauses == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.after_death(born=100, died=200) == 0


def test_deaths_far_apart_are_restarted_at_once():
    backoff = Backoff()
    assert [backoff.after_death(born=moment - 3, died=moment) for moment in range(0, 90, 3)] == [0.0] * 30
