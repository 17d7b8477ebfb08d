"""Running the user's shell lines: how they ended, what they printed, and nothing of them left behind."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from tests.waiting import retry_until
from tmux_orchestra.effects import commands, processes


@pytest.fixture
def mark() -> str:
    return f"run-{uuid.uuid4().hex[:8]}/a"


@pytest.fixture
def run(tmp_path: Path, mark: str):
    """Run a line in a folder of its own."""

    def run(command: str, seconds: float = 60.0) -> commands.Outcome:
        return commands.run(command, tmp_path, tmp_path / "log" / "check.log", mark, seconds)

    return run


def python(body: str) -> str:
    return f"{sys.executable} -c '{body}'"


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [("true", 0), ("false", 1), ("exit 42", 42), ("no-such-program-anywhere", 127), ("kill -9 $$", -9), ("if", 2)],
)
def test_how_a_command_ended(run, command: str, exit_code: int) -> None:
    assert run(command).exit_code == exit_code


def test_what_it_printed_is_kept_both_ways_and_only_at_its_end(run, tmp_path: Path) -> None:
    assert run("echo out; echo err >&2").tail == "out\nerr"
    outcome = run(python('print("x" * 100000 + "the end")'))
    assert outcome.tail.endswith("the end")
    assert len(outcome.tail) <= commands.TAIL
    assert (tmp_path / "log" / "check.log").stat().st_size > 100_000, "the whole is in the file"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700


def test_bytes_that_are_no_text_do_no_harm(run) -> None:
    assert run("printf '\\377\\000ok'").tail.endswith("ok")


def test_a_long_tail_fits_into_an_event(run) -> None:
    from tmux_orchestra.core.events import CheckFailed

    tail = run("head -c 100000 /dev/zero | tr '\\0' '\\377'").tail
    assert CheckFailed(task="a", command="x", tree="t", exit_code=1, tail=tail).tail == tail


def test_each_run_has_its_own_output(run) -> None:
    assert run("echo one").tail == "one"
    assert run("true").tail == ""


def test_time_that_ran_out_is_no_exit_code_and_what_was_printed_is_kept(run) -> None:
    begun = time.monotonic()
    outcome = run("echo begun; trap 'echo ended' TERM; sleep 600", seconds=0.2)
    assert outcome.exit_code is None
    assert outcome.tail.startswith("begun")
    assert time.monotonic() - begun < 30


def test_it_runs_in_its_folder_with_nobody_to_ask_outside_of_tmux(run, tmp_path: Path, monkeypatch, mark: str) -> None:
    monkeypatch.setenv("TMUX", "/tmp/x,1,0")
    monkeypatch.setenv("TMUX_PANE", "%1")
    assert run("pwd -P").tail == str(tmp_path.resolve())
    assert run("cat; test -t 0 || echo no terminal").tail == "no terminal"
    assert run('echo "[$TMUX$TMUX_PANE]"').tail == "[]"
    assert run(f'echo "${processes.MARK} ${commands.CHECK_MARK}"').tail == mark


def test_a_folder_that_is_gone_is_an_outcome_too(tmp_path: Path, mark: str) -> None:
    outcome = commands.run("true", tmp_path / "gone", tmp_path / "check.log", mark, 10)
    assert outcome.exit_code == 127
    assert "cannot run it" in outcome.tail


DAEMON = (
    "import os,time\nif os.fork()==0:\n os.setsid()\n if os.fork()==0:\n"
    '  open("daemon","w").write(str(os.getpid()))\n  time.sleep(600)\n os._exit(0)\nos.wait()'
)


@pytest.mark.parametrize(
    "leaving",
    [
        "sleep 600 & echo $! > daemon",
        "setsid sleep 600 & echo $! > daemon",
        "nohup sh -c 'echo $$ > daemon; trap \"\" TERM HUP; sleep 600' >/dev/null 2>&1 & sleep 0.2",
        python(DAEMON),
    ],
)
def test_what_it_leaves_running_is_ended_with_it(run, tmp_path: Path, leaving: str) -> None:
    assert run(f"{leaving}\nwhile ! test -s daemon; do sleep 0.01; done; exit 3").exit_code == 3
    pid = int((tmp_path / "daemon").read_text())
    row = processes.read(pid)
    assert row is None or row.state == "Z"


def test_when_time_runs_out_its_whole_group_ends(run, tmp_path: Path) -> None:
    run("sh -c 'echo $$ > inner; sleep 600' & sleep 600; true", seconds=0.3)
    row = processes.read(int((tmp_path / "inner").read_text()))
    assert row is None or row.state == "Z"


def test_other_checks_and_the_tasks_agent_are_let_alone(run, mark: str) -> None:
    run_id = mark.partition("/")[0]
    neighbours = [
        subprocess.Popen(["sleep", "600"], env={**os.environ, processes.MARK: mark}),
        subprocess.Popen(["sleep", "600"], env={**os.environ, commands.CHECK_MARK: f"{run_id}/b"}),
    ]
    try:
        assert run("sleep 600 & true").exit_code == 0
        assert [neighbour.poll() for neighbour in neighbours] == [None, None]
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()


def test_it_has_a_session_of_its_own(run) -> None:
    # ^C in the terminal of a person who ran `merge` is not the check's.
    assert int(run(python("import os; print(os.getsid(0))")).tail) != os.getsid(0)


def test_waiting_does_not_poll(run) -> None:
    before = _switches()
    run("sleep 0.6")
    assert _switches() - before < 60


def _switches() -> int:
    status = Path("/proc/thread-self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("voluntary_ctxt")).split()[1])


def test_a_check_that_is_killed_from_outside_is_told_as_it_was(run, tmp_path: Path) -> None:
    import threading

    def kill() -> None:
        pid = int(retry_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip()))
        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    assert run("echo $$ > pid; exec sleep 600").exit_code == -9
    thread.join()
