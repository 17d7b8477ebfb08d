"""Running the user's shell lines (checks, set-up): one at a time in its worktree, with a time limit, its output kept.

A line runs in a session of its own and carries a mark of its run and task, so that whatever it leaves running
is found and ended with it. It does not carry the instance's mark: a pause must not keep others from the slot.
"""

import os
import select
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.effects import processes

CHECK_MARK = "TMUX_ORCHESTRA_CHECK"
"""Environment variable that every process of a check or set-up carries: `<run>/<task>`. So does what tells the
person, for whom there is no task: what a supervisor that died has left running is ended by its successor."""

TAIL = 8_000
"""Characters of a command's output that are kept."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended. `exit_code` is negative for a signal, None if its time ran out."""

    exit_code: int | None
    tail: str


def run(command: str, cwd: Path, output: Path, mark: str, seconds: float) -> Outcome:
    """Run `sh -c command` in `cwd`, with its output in the file `output`; never raises for what the command does.

    `mark` is `<run>/<task>`.
    """
    environment = {k: v for k, v in os.environ.items() if k not in {"TMUX", "TMUX_PANE"}}
    environment[CHECK_MARK] = mark
    output.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with output.open("wb") as file:
            child = subprocess.Popen(
                ["sh", "-c", command],
                cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        return Outcome(127, f"cannot run it: {error}")
    started = processes.start_time(child.pid)
    deadline = time.monotonic() + seconds
    ended = _wait(child, deadline)
    left = processes.Kin(f"{CHECK_MARK}={mark}", roots=((child.pid, started),))
    processes.end(left, grace=0.0 if ended else 2.0)
    child.wait()
    return Outcome(child.returncode if ended else None, _tail(output))


def end_left(run: str) -> None:
    """End what somebody who carried this run, and does so no more, has left running: nobody waits for how it ends."""
    for mark in processes.marks(CHECK_MARK, f"{run}/"):
        processes.end(processes.Kin(f"{CHECK_MARK}={mark}"), grace=1.0)


def _wait(child: "subprocess.Popen[bytes]", deadline: float) -> bool:
    """Wait for a child without waking up in between (`Popen.wait` with a timeout polls)."""
    handle = os.pidfd_open(child.pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
    finally:
        os.close(handle)


def _tail(output: Path) -> str:
    try:
        with output.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""
