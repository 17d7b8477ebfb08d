"""The launcher without a terminal: exits, facts, signals, orphans. What needs a terminal is in the next file."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.pane.instances import SESSION_ID, Instance, family, gone, isolated, state_of
from tests.waiting import retry_until


def pid_in(file: Path) -> int:
    return int(retry_until(lambda: file.exists() and file.read_text().strip(), what=f"a pid in {file.name}"))


@pytest.mark.parametrize(
    ("script", "exit_code", "killer"),
    [("exit 0", 0, None), ("exit 3", 3, None), ("kill -KILL $$", 137, "SIGKILL"), ("kill -TERM $$", 143, "SIGTERM")],
)
def test_ends_as_the_agent_ended_and_tells_it(instance: Instance, script: str, exit_code: int, killer: str | None):
    assert instance.run(["sh", "-c", script]).returncode == exit_code

    exited = instance.exited()
    assert (exited.task, exited.attempt, exited.exit_code, exited.signal) == ("api", 1, exit_code, killer)
    assert exited.usage is not None
    assert exited.usage.max_rss_bytes > 100_000


def test_tells_who_started_and_leaves_only_finished_files_for_the_user_alone(instance: Instance):
    with instance.running(["sh", "-c", 'read line < "$FIFO"'], env={"FIFO": str(fifo(instance))}) as launcher:
        started = instance.started()
        assert (started.launcher_pid, started.session_id, started.pane) == (launcher.pid, SESSION_ID, "")
        for pid, ticks in ((started.pid, started.start_time), (launcher.pid, started.launcher_start_time)):
            since_boot = psutil.Process(pid).create_time() - psutil.boot_time()
            assert ticks / os.sysconf("SC_CLK_TCK") == pytest.approx(since_boot, abs=0.05)
        assert os.getpgid(started.pid) == started.pid
        (instance.folder / "fifo").write_text("go\n")
    instance.exited()
    assert sorted(file.name for file in instance.inbox.iterdir()) == ["fact-1-exited.json", "fact-1-started.json"]
    assert {file.stat().st_mode & 0o777 for file in instance.inbox.iterdir()} == {0o600}


def fifo(instance: Instance) -> Path:
    path = instance.folder / "fifo"
    os.mkfifo(path)
    return path


def test_the_exit_is_never_older_than_what_the_agent_did_last(instance: Instance):
    for _ in range(3):  # a file's usual time lags by up to some milliseconds, so that one look could miss it
        last = int(instance.run(["date", "+%s%N"]).stdout.split()[0])
        assert (instance.inbox / "fact-1-exited.json").stat().st_mtime_ns > last


def test_the_agent_gets_the_mark_its_own_variables_and_no_way_to_our_tmux(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {"TMUX": "/s,1,0", "TMUX_PANE": "%7", "SECRET": "x", "INHERITED": "yes"}.items():
        monkeypatch.setenv(name, value)
    instance.run(
        ["sh", "-c", "env > environment; pwd -P"], env={"ADDED": "a b\nc", "INHERITED": "changed"}, unset=["SECRET"]
    )
    seen = (instance.worktree / "environment").read_text()
    assert f"TMUX_ORCHESTRA_TASK={instance.mark}\n" in seen
    assert "ADDED=a b\nc\n" in seen
    assert "INHERITED=changed\n" in seen
    assert f"PWD={instance.worktree}\n" in seen
    assert not [line for line in seen.splitlines() if line.startswith(("TMUX=", "TMUX_PANE=", "SECRET="))]
    assert instance.started().pane == "%7"


def test_the_agent_starts_with_every_signal_heard_and_at_its_default(instance: Instance):
    done = instance.run(["grep", "^Sig[BI]", "/proc/self/status"])
    assert [int(line.split()[1], 16) for line in done.stdout.splitlines() if line.startswith("Sig")] == [0, 0]


@pytest.mark.parametrize(
    ("argv", "fields", "exit_code", "reason"),
    [
        (["no-such-agent"], {}, 127, "cannot run no-such-agent: No such file or directory"),
        (["/etc/passwd"], {}, 126, "cannot run /etc/passwd: Permission denied"),
        (["true"], {"cwd": "/no/such/worktree"}, 126, "cannot enter /no/such/worktree: No such file or directory"),
    ],
)
def test_an_agent_that_cannot_be_run_is_an_exit_with_a_reason_and_no_traceback(
    instance: Instance, argv: list[str], fields: dict[str, str], exit_code: int, reason: str
):
    done = instance.run(argv, **fields)
    assert done.returncode == exit_code
    assert (instance.exited().exit_code, instance.exited().reason) == (exit_code, reason)
    assert instance.fact("started") is None
    assert done.stderr == ""
    assert done.stdout == f"\n{reason}. the agent is gone\n"


def test_a_launch_file_that_cannot_be_used_is_one_line(instance: Instance):
    done = subprocess.run(isolated("launcher.py", instance.folder), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_says_farewell_below_the_output(instance: Instance):
    assert instance.run(["sh", "-c", "echo working; exit 3"]).stdout == "working\n\nthe agent is gone (exit code 3)\n"


@pytest.mark.parametrize("name", ["TERM", "HUP", "INT"])
def test_passes_signals_on_even_to_a_frozen_agent(instance: Instance, name: str):
    # Not a shell: one that waits for a command it started by vfork shows D instead of T.
    script = (
        f"import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIG{name}]);"
        f"open('ready', 'w').write(str(os.getpid())); signal.sigwait([signal.SIG{name}]); os._exit(9)"
    )
    with instance.running([sys.executable, "-c", script]) as launcher:
        agent = pid_in(instance.worktree / "ready")
        os.killpg(agent, signal.SIGSTOP)
        retry_until(lambda: state_of(agent) == "T")
        launcher.send_signal(signal.Signals[f"SIG{name}"])
        launcher.communicate(timeout=60)
    assert launcher.returncode == 9


def test_a_person_s_stop_is_undone_and_ours_is_not(instance: Instance):
    with instance.running(["sleep", "600"]) as launcher:
        agent = instance.started().pid
        for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
            os.killpg(agent, number)
            retry_until(lambda: state_of(agent) == "S", what="awake again")
        os.killpg(agent, signal.SIGSTOP)
        retry_until(lambda: state_of(agent) == "T")
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            assert state_of(agent) == "T"
        os.killpg(agent, signal.SIGCONT)
        retry_until(lambda: state_of(agent) == "S")
        launcher.terminate()


def test_orphans_come_to_the_launcher_and_are_reaped(instance: Instance):
    (instance.worktree / "tool.sh").write_text('echo $$ > orphan; read line < "$FIFO"\n')
    script = "sh -c 'setsid sh ./tool.sh &'; exec sleep 600"
    with instance.running(["sh", "-c", script], env={"FIFO": str(fifo(instance))}) as launcher:
        orphan = pid_in(instance.worktree / "orphan")
        retry_until(lambda: psutil.Process(orphan).ppid() == launcher.pid, what="adopted")
        (instance.folder / "fifo").write_text("end\n")
        retry_until(lambda: state_of(orphan) == "", what="reaped, no zombie")
        assert instance.fact("exited") is None
        launcher.terminate()


def test_what_the_agent_leaves_running_is_left_running(instance: Instance):
    instance.run(["sh", "-c", "setsid sleep 600 > /dev/null 2>&1 & echo $! > left"])
    left = pid_in(instance.worktree / "left")
    assert not gone(left)()
    os.kill(left, signal.SIGKILL)
    retry_until(gone(left))


def test_facts_wait_for_room_on_a_full_disk(instance: Instance):
    command = instance.command(["sh", "-c", 'read line < "$FIFO"'], env={"FIFO": str(fifo(instance))})
    full = (
        f"import os, resource as r, sys; r.setrlimit(r.RLIMIT_FSIZE, (0, {2**30})); os.execv(sys.argv[1], sys.argv[1:])"
    )
    with family([sys.executable, "-c", full, *command]) as launcher:
        process = psutil.Process(launcher.pid)
        retry_until(process.children, what="an agent")
        retry_until((instance.inbox / ".fact-1-started.json").exists, what="an attempt to write")
        (instance.folder / "fifo").write_text("end\n")
        retry_until(lambda: not process.children(), what="no agent")
        assert instance.fact("started") is None
        resource.prlimit(launcher.pid, resource.RLIMIT_FSIZE, (2**30, 2**30))
        assert launcher.wait(timeout=60) == 0
    assert instance.started().pid
    assert instance.exited().exit_code == 0


def test_a_removed_inbox_holds_nobody_up(instance: Instance):
    instance.inbox.rmdir()
    assert instance.run(["sh", "-c", "exit 4"]).returncode == 4
