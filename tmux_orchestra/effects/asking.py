"""Asking a program for a plan: running it, carrying its conversation, and leaving nothing of it behind."""

import asyncio
import os
import signal
import tempfile
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, cast

from tmux_orchestra.core.plan import Plan
from tmux_orchestra.effects import processes
from tmux_orchestra.planners import Ask, NoAnswer, Sign, Talk

PLAN_MARK = "TMUX_ORCHESTRA_PLAN"
"""Environment variable that every process of such a program carries: who asks, as `<pid>-<start time>`."""

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes. A line may hold a whole file that the program has read."""

GRACE = 1.0
"""Seconds between asking the program to end and ending it."""


@dataclass(frozen=True)
class Patience:
    """How long a plan is waited for, in seconds."""

    silence: float
    """Without a sign that it is being worked on."""
    whole: float


def ask(question: Ask, folder: Path, patience: Patience, tell: Callable[[str], None]) -> Plan:
    """Have the program make the plan, at work in `folder`; `tell` hears what it does meanwhile.

    Raises NoAnswer if none came of it, or whatever the planner's `hear` raises. Nothing of the program is left
    running, however this ends, ^C and being ended ourselves included.
    """
    with _signals_unwind(), tempfile.TemporaryFile() as complaints:
        return asyncio.run(_converse(question, folder, patience, tell, complaints))


async def _converse(
    question: Ask, folder: Path, patience: Patience, tell: Callable[[str], None], complaints: IO[bytes]
) -> Plan:
    mark = f"{os.getpid()}-{processes.start_time(os.getpid())}"
    try:
        program = await asyncio.create_subprocess_exec(
            *question.argv,
            cwd=folder, env={**os.environ, **question.env, PLAN_MARK: mark},
            stdin=PIPE, stdout=PIPE, stderr=complaints, limit=LONGEST_LINE,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise NoAnswer(f"it cannot be started: {error.strerror}") from error
    # Both are pipes.
    told, heard = cast("StreamWriter", program.stdin), cast("StreamReader", program.stdout)
    started = processes.start_time(program.pid)
    try:
        if plan := await _listen(told, heard, question.talk, patience, tell):
            return plan
        raise NoAnswer(_ending(await program.wait(), complaints))
    finally:
        processes.end(processes.Kin(f"{PLAN_MARK}={mark}", roots=((program.pid, started),)), GRACE)
        told.close()
        await program.communicate()


async def _listen(
    told: StreamWriter, heard: StreamReader, talk: Talk, patience: Patience, tell: Callable[[str], None]
) -> Plan | None:
    """Carry the conversation; None if the program ends before it. Raises NoAnswer when the time is over."""
    now = asyncio.get_running_loop().time
    end, last, doing = now() + patience.whole, now(), ""
    try:
        async with asyncio.timeout_at(min(last + patience.silence, end)) as alarm:
            told.write(talk.says.encode())
            while line := await _next_line(heard):
                match talk.hear(line):
                    case Plan() as plan:
                        return plan
                    case Talk() as talk:
                        told.write(talk.says.encode())
                    case Sign() as sign:
                        if sign.working:
                            last = now()
                            alarm.reschedule(min(last + patience.silence, end))
                        if sign.doing and sign.doing != doing:
                            tell(doing := sign.doing)
    except TimeoutError as error:
        silent = now() - last >= patience.silence
        what = f"no sign of life for {patience.silence:g} s" if silent else f"not done after {patience.whole:g} s"
        raise NoAnswer(f"{what} (last seen: {doing})" if doing else what) from error
    return None


async def _next_line(heard: StreamReader) -> str:
    try:
        return (await heard.readline()).decode(errors="replace")
    except ValueError as error:
        raise NoAnswer("what it prints is one endless line") from error


def _ending(exit_code: int, complaints: IO[bytes]) -> str:
    """Say how a program ended that gave no answer, with the last thing it complained of."""
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return f"it ended with exit code {exit_code} and no answer" + (f": {lines[-1][:200]}" if lines else "")


@contextmanager
def _signals_unwind() -> Iterator[None]:
    """Let a closed terminal and a plain `kill` unwind us as ^C does: the program would not notice that we are gone."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    # What somebody has chosen to ignore (nohup) stays ignored.
    theirs = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) == signal.SIG_DFL}
    for number in theirs:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, before in theirs.items():
            signal.signal(number, before)
