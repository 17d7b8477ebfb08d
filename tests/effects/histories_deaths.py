"""Deaths: what runs is ended at a git command, in the middle of one, or at a line of ours, as by a kill."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from hypothesis import strategies as st

from tmux_orchestra.effects.git import command


class Killed(BaseException):
    """Our process has died here. Not an Exception: nothing of ours may catch it."""


@dataclass(frozen=True)
class Death:
    """When a step dies: at its n-th git command, before or after it or while it runs, or at the n-th line of ours."""

    where: str
    number: int
    last: bool = False
    """Nobody does the step again at once: people and agents come to what it has left."""

    def __str__(self) -> str:
        """Say it in a history."""
        return f"{self.where} {self.number}"


deaths = st.none() | st.none() | st.builds(
    Death, st.sampled_from(("before", "after", "within")), st.integers(1, 30), st.booleans()
) | st.builds(Death, st.just("line"), st.integers(1, 900), st.booleans())  # fmt: skip


@contextmanager
def dying(death: Death | None) -> Iterator[None]:
    """Let what runs inside die there, if it comes so far."""
    if death is None:
        yield
    elif death.where == "line":
        with _dying_at_line(death.number):
            yield
    else:
        with _dying_at_command(death):
            yield


@contextmanager
def _dying_at_command(death: Death) -> Iterator[None]:
    execute, left = command._execute, [death.number]

    def doomed(argv, **options):
        left[0] -= 1
        if left[0] == 0 and death.where == "before":
            raise Killed
        if left[0] == 0 and death.where == "within":
            argv = ["timeout", "--signal=KILL", f"{death.number % 7 / 1000 + 0.001:.3f}", *argv]
        result = execute(argv, **options)
        if left[0] == 0:
            raise Killed
        return result

    command._execute = doomed
    try:
        yield
    finally:
        command._execute = execute


@contextmanager
def _dying_at_line(number: int) -> Iterator[None]:
    ours, left = os.path.dirname(command.__file__), [number]  # noqa: PTH120 - once for each call of a function

    def at_line(_frame: FrameType, event: str, _what: object):
        left[0] -= event == "line"
        if left[0] <= 0:
            sys.settrace(None)
            raise Killed
        return at_line

    def at_call(frame: FrameType, _event: str, _what: object):
        return at_line if frame.f_code.co_filename.startswith(ours) else None

    before = sys.gettrace()
    sys.settrace(at_call)
    try:
        yield
    finally:
        sys.settrace(before)
