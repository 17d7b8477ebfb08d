"""The stage: what a rehearsed act may do to the world (speak, report, wait, run git), and how signals reach it.

Signals are only noted when they come, and acted upon between two steps or during a wait: a rehearsed agent
never leaves half a commit behind because it was told to end.
"""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

TERM_EXIT, HUP_EXIT = 143, 129


class Ended(Exception):
    """The agent is to end now, with this exit code."""

    def __init__(self, exit_code: int, reason: str) -> None:
        """Keep both: the reason is reported."""
        super().__init__(reason)
        self.exit_code = exit_code
        self.reason = reason


class Stage:
    """One agent's way to the screen, to its hook, to git, and to sleep."""

    def __init__(self, *, hook: str, inbox: Path, task: str, session_id: str, pace: float) -> None:
        """Set the stage; `pace` stretches every pause that is only for show, 0 leaves them out."""
        self.task = task
        self.session_id = session_id
        self.idle = False
        """At the prompt: a Ctrl-C ends the agent."""
        self._hook = hook
        self._inbox = inbox
        self._pace = pace
        self._calls = 0
        self._heard: list[int] = []
        self._interrupted = False
        self._wakeup, self._wake = os.pipe()

    def listen(self) -> None:
        """From now on TERM, HUP and INT are noted, and end a wait."""
        os.set_blocking(self._wake, False)
        os.set_blocking(self._wakeup, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda number, _: self._heard.append(number))

    def go_deaf(self) -> None:
        """Ignore these signals from now on, and let programs that are run ignore them too."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    def say(self, text: str, end: str = "\n") -> None:
        """Write to the screen; a closed terminal is no reason to fail."""
        with suppress(OSError):
            os.write(1, f"{text}{end}".encode(errors="replace"))

    def report(self, event: str, **fields: object) -> None:
        """Hand an event to the hook, as a coding agent does; a missing hook is no reason to fail."""
        payload = json.dumps({"event": event, **fields}).encode()
        with suppress(OSError):
            subprocess.run([self._hook, str(self._inbox)], input=payload, check=False, capture_output=True)

    def use_tool(self, tool: str, detail: str) -> "ToolCall":
        """Return a context in which the agent uses a tool: shown, and reported at its beginning and end."""
        self._calls += 1
        return ToolCall(self, tool, detail, f"{self.session_id[:8]}-{os.getpid()}-{self._calls}")

    def pretend(self, seconds: float) -> None:
        """Pause for show."""
        self.wait(seconds * self._pace)

    def wait(self, seconds: float | None, descriptor: int | None = None) -> bool:
        """Sleep so long (None: for ever) or until the descriptor can be read; True if it can. Raises Ended."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            self.obey_signals()
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            watched = [self._wakeup] if descriptor is None else [self._wakeup, descriptor]
            readable = select.select(watched, (), (), left)[0]
            if self._wakeup in readable:
                os.read(self._wakeup, 100)
            elif readable or left == 0.0:
                return bool(readable)

    def obey_signals(self) -> None:
        """Raise Ended if a signal said so: TERM, HUP, a Ctrl-C at the prompt or a second one during a turn."""
        while self._heard:
            number = self._heard.pop(0)
            if number == signal.SIGTERM:
                raise Ended(TERM_EXIT, "told to end")
            if number == signal.SIGHUP:
                raise Ended(HUP_EXIT, "terminal closed")
            if self.idle or self._interrupted:
                raise Ended(0, "interrupted")
            self._interrupted = True
            self.say("\n(press Ctrl-C again to end)")

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run git in the worktree and return how it ended; nothing is raised if it fails."""
        self.obey_signals()
        return subprocess.run(
            ("git", *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
        )

    def commit(self, paths: Sequence[str], message: str) -> bool:
        """Commit these paths as a person would, hooks and all; False (and git's words on screen) if git refuses."""
        with self.use_tool("Bash", f"git commit -m {message!r}") as call:
            for arguments in (("add", "--", *paths), ("commit", "-q", "-m", message)):
                done = self.git(*arguments)
                if done.returncode:
                    self.say((done.stderr + done.stdout).rstrip())
                    call.failed = True
                    return False
        return True


class ToolCall:
    """One use of a tool: `agent.tool_used` started, then finished or failed."""

    def __init__(self, stage: Stage, tool: str, detail: str, call: str) -> None:
        """Name the tool and what it is used on; `call` is the same in both reports."""
        self.failed = False
        self._stage = stage
        self._fields = {"tool": tool, "detail": detail, "call": call}

    def __enter__(self) -> Self:
        """Report the beginning."""
        self._stage.say(f"* {self._fields['tool']}({self._fields['detail']})")
        self._stage.report("agent.tool_used", phase="started", **self._fields)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Report the end; an agent that is told to end in the middle reports nothing of it."""
        if kind is None:
            self._stage.report("agent.tool_used", phase="failed" if self.failed else "finished", **self._fields)
