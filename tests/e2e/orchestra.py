"""The whole program as a person uses it: commands in a repository, on a private tmux server, and what runs tell."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.waiting import retry_until

PROGRAM = (sys.executable, "-P", "-m", "tmux_orchestra")
PATIENCE = 60.0
"""Seconds for what takes one or two on an idle machine."""

Event = dict[str, Any]
Told = str | tuple[str, ...]
"""A task's prompt; or the prompt and the tasks that it waits for."""


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", folder, *arguments], check=True, capture_output=True, text=True, errors="surrogateescape"
    ).stdout.strip()


def plan(**tasks: Told) -> str:
    """A plan as JSON: `name="prompt"` or `name=("prompt", "task it waits for", ...)`; `_` in a name is a dash."""
    listed = []
    for name, told in tasks.items():
        prompt, *before = (told,) if isinstance(told, str) else told
        fields = {"name": name.replace("_", "-"), "prompt": prompt, "dependencies": before}
        listed.append({key: value for key, value in fields.items() if value})
    return json.dumps({"tasks": listed})


@dataclass
class Run:
    """One run, as its folder and the world tell of it."""

    folder: Path
    repo: Path

    @property
    def id(self) -> str:
        return self.folder.name

    def events(self, name: str = "", task: str = "") -> list[Event]:
        """The journal's whole lines; of one event or one task, on request."""
        told = []
        for line in (self.folder / "events.jsonl").read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                with suppress(ValueError):
                    told.append(json.loads(line))
        return [e for e in told if name in {"", e["event"]} and task in {"", e.get("task")}]

    def story(self) -> list[str]:
        """The journal in short: `event task`."""
        return [f"{e['event']} {e.get('task', '')}".strip() for e in self.events()]

    def until(self, name: str, task: str = "", *, times: int = 1, seconds: float = PATIENCE) -> Event:
        """Wait until the journal holds that so often; return the last one."""
        what = f"{name} {task} x {times}"
        try:
            retry_until(lambda: len(self.events(name, task)) >= times, seconds=seconds, what=what)
        except AssertionError as missing:
            raise AssertionError(f"{missing}\n" + "\n".join(self.story())) from None
        return self.events(name, task)[-1]

    def statuses(self) -> dict[str, str]:
        """Task -> the status it took last."""
        names = [t["id"] for t in self.events("run.started")[0]["plan"]["tasks"]]
        latest = dict.fromkeys(names, "waiting")
        for event in self.events():
            if event["event"].startswith("task."):
                latest[event["task"]] = event["event"].removeprefix("task.")
        return latest

    def place(self, line: str) -> int:
        """Where in the journal this `event task` stands first."""
        return self.story().index(line)

    def most_at_once(self) -> int:
        """How many agents ran at the same time at most."""
        running: set[str] = set()
        most = 0
        for event in self.events():
            if event["event"] == "instance.started":
                running.add(event["task"])
            elif event["event"] == "instance.exited":
                running.discard(event["task"])
            most = max(most, len(running))
        return most

    def processes(self, task: str) -> list[psutil.Process]:
        """Every process that bears the task's mark, but for its checks."""
        return marked({"TMUX_ORCHESTRA_TASK": f"{self.id}/{task}"})

    def supervisor(self) -> psutil.Process:
        return psutil.Process(self.events("supervisor.started")[-1]["pid"])

    def merged_tasks(self, ref: str) -> list[str]:
        """The tasks that commits reachable from `ref` name in their trailer, sorted; once for each such commit."""
        listed = git(self.repo, "log", "--format=%(trailers:key=Orchestra-Task,valueonly,separator=%x20)", ref)
        return sorted(listed.split())


def marked(marks: dict[str, str]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            environment = process.environ()
            if all(environment.get(name) == value for name, value in marks.items()):
                found.append(process)
    return found


@dataclass
class Orchestra:
    """The program, run in `repo` (or in another folder of it)."""

    repo: Path
    here: Path

    def __call__(self, *arguments: str, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command, expect its exit code, return what it said."""
        options = {"cwd": self.here, "stdin": subprocess.DEVNULL, "timeout": 120, **options}
        done = subprocess.run([*PROGRAM, *arguments], check=False, text=True, capture_output=True, **options)
        assert done.returncode == code, f"{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def says(self, *arguments: str, code: int = 0) -> str:
        """Run a command and return everything it printed, on one line."""
        done = self(*arguments, code=code)
        return " ".join((done.stdout + done.stderr).split())

    def start(self, *arguments: str, agent: str = "rehearsal") -> Run:
        """Start a run; return it."""
        before = {run.id for run in self.runs()}
        self("start", *arguments, "--agent", agent, "--yes", "--detach")
        (new,) = [run for run in self.runs() if run.id not in before]
        return new

    def start_plan(self, *arguments: str, **tasks: Told) -> Run:
        """Start a run of these tasks (see `plan`), without checks unless `arguments` give some."""
        checks = () if "--check" in arguments else ("--no-checks",)
        return self.start("--plan", plan(**tasks), *checks, *arguments)

    def runs(self) -> list[Run]:
        common = Path(git(self.repo, "rev-parse", "--path-format=absolute", "--git-common-dir"))
        return [Run(path.parent, self.repo) for path in sorted(common.glob("orchestra/runs/*/events.jsonl"))]

    def status(self, *arguments: str) -> Any:
        return json.loads(self("status", "--json", *arguments).stdout)

    def tasks(self) -> dict[str, Any]:
        return {task["id"]: task for task in self.status()["tasks"]}

    def beside(self) -> list[str]:
        """What lies beside the repository: worktrees, if any are left."""
        return sorted(path.name for path in self.repo.parent.iterdir() if path != self.repo)

    def assert_clean(self) -> None:
        """One worktree, no branch, session or process of ours."""
        assert len(git(self.repo, "worktree", "list").splitlines()) == 1
        assert git(self.repo, "for-each-ref", "refs/heads/orchestra/") == ""
        assert self.beside() == []
        for run in self.runs():
            left = [p for p in psutil.process_iter() if _of_run(p, run.id)]
            assert left == []
            assert tmux("list-sessions", "-f", f"#{{==:#{{@orchestra-run}},{run.id}}}") == ""


def _of_run(process: psutil.Process, run: str) -> bool:
    with suppress(psutil.Error, OSError):
        return process.environ().get("TMUX_ORCHESTRA_TASK", "").startswith(f"{run}/")
    return False


def socket_path(name: str = "tmux-orchestra") -> Path:
    return Path(os.environ["TMUX_TMPDIR"]) / f"tmux-{os.getuid()}" / name


def tmux(*words: str, socket: str = "tmux-orchestra") -> str:
    """Run tmux as a person would, on the private server."""
    command = ["tmux", "-u", "-L", socket, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def end_servers() -> None:
    """Kill every tmux server of this test, and wait until it is gone."""
    for path in socket_path().parent.glob("*"):
        pid = tmux("display-message", "-p", "#{pid}", socket=path.name)
        tmux("kill-server", socket=path.name)
        if pid:
            await_end([int(pid)])


def is_gone(pid: int) -> bool:
    """Whether the process has ended. A zombie has: whoever adopted it may take seconds to collect it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(pids: Iterable[int], number: signal.Signals = signal.SIGKILL) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    if number is signal.SIGKILL:
        await_end(pids)


def await_end(pids: Iterable[int]) -> None:
    """Wait until all of these processes are gone."""
    retry_until(lambda: all(is_gone(pid) for pid in pids), seconds=PATIENCE, what=f"end of {pids}")
