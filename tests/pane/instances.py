"""Instances for tests: a launch file, the launcher that carries it out, and the facts it left."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from tests.waiting import retry_until
from tmux_orchestra.core import events

PANE = Path(__file__).parents[2] / "tmux_orchestra" / "pane"
HOOK = PANE / "hook.sh"
SESSION_ID = "0a0b0c0d-0000-4000-8000-000000000001"


def isolated(program: str, *arguments: object) -> list[str]:
    """Return the command that runs one of pane's programs the way the orchestrator does."""
    return [sys.executable, "-I", "-S", str(PANE / program), *map(str, arguments)]


class Instance:
    """One launch of an agent for a task, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "task folder"
        self.inbox = self.folder / "inbox"
        self.worktree = folder / "work tree"
        self.run_id = f"run-{uuid.uuid4().hex[:8]}"
        self.mark = f"{self.run_id}/api"
        self.inbox.mkdir(parents=True)
        self.worktree.mkdir()

    def command(self, argv: Sequence[str], env: Mapping[str, str] | None = None, **fields: Any) -> list[str]:
        """Write the launch file and return the launcher's command."""
        launch = {
            "run": self.run_id,
            "task": "api",
            "attempt": 1,
            "session_id": SESSION_ID,
            "argv": list(argv),
            "env": dict(env or {}),
            "unset": [],
            "cwd": str(self.worktree),
            "inbox": str(self.inbox),
            "farewell": "the agent is gone",
        }
        file = self.folder / "launch.json"
        file.write_text(json.dumps(launch | fields))
        return isolated("launcher.py", file)

    @contextmanager
    def running(self, argv: Sequence[str], **fields: Any) -> Iterator[subprocess.Popen[str]]:
        """Start the launcher without a terminal, and wait for its end."""
        with family(self.command(argv, **fields), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as launcher:
            yield launcher

    def run(self, argv: Sequence[str], **fields: Any) -> subprocess.CompletedProcess[str]:
        """Run the launcher to its end, without a terminal."""
        with self.running(argv, **fields) as launcher:
            out, err = launcher.communicate(timeout=30)
        return subprocess.CompletedProcess(launcher.args, launcher.returncode, out, err)

    def fact(self, what: str) -> events.Event | None:
        """Return the launcher's fact `instance.<what>`, None until it is there. It must be one that we know."""
        file = self.inbox / f"fact-1-{what}.json"
        if not file.exists():
            return None
        event = events.parse(json.loads(file.read_text()))
        assert not isinstance(event, events.Unknown), file.read_text()
        assert event.event == f"instance.{what}"
        return event

    def started(self) -> events.InstanceStarted:
        """Wait for the agent's start."""
        event = retry_until(lambda: self.fact("started"), what="the agent's start")
        assert isinstance(event, events.InstanceStarted)
        return event

    def exited(self) -> events.InstanceExited:
        """Wait for the agent's end."""
        event = retry_until(lambda: self.fact("exited"), what="the agent's end")
        assert isinstance(event, events.InstanceExited)
        return event

    def reports(self) -> list[events.Event]:
        """Return what the agent reported through the hook, in order. All of it must be events that we know."""
        files = sorted(self.inbox.glob("hook-*.json"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        found = [events.parse({**json.loads(file.read_text()), "task": "api"}) for file in files]
        assert not [event for event in found if isinstance(event, events.Unknown)]
        return found

    def reported(self, name: str, times: int = 1) -> events.Event:
        """Wait until the agent has reported this event so many times; return the last one."""

        def last() -> events.Event | None:
            found = [event for event in self.reports() if event.event == name]
            return found[-1] if len(found) >= times else None

        return retry_until(last, what=f"{times} times {name}")

    def processes(self) -> list[psutil.Process]:
        """Return the living processes that bear this instance's mark."""
        return [process for process in psutil.process_iter() if _mark_of(process) == self.mark]


def _mark_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("TMUX_ORCHESTRA_TASK", "")
    except (psutil.Error, OSError):
        return ""


@contextmanager
def family(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a process and its descendants in a session of their own; a test that fails kills them all."""
    options = {"stdout": subprocess.PIPE, "text": True, "start_new_session": True} | options
    with subprocess.Popen(command, **options) as parent:
        try:
            yield parent
        except BaseException:
            with suppress(psutil.NoSuchProcess):
                root = psutil.Process(parent.pid)
                for member in [*root.children(recursive=True), root]:
                    member.kill()
            raise


def state_of(pid: int) -> str:
    """Return the letter /proc shows (T: stopped), `` if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def gone(pid: int) -> Callable[[], bool]:
    """Return a question: has this process ended (a zombie has)?"""
    return lambda: state_of(pid) in ("", "Z", "X")
