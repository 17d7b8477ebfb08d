"""How long tasks take together: a plan played through with the slots there are, in the scheduler's own order.

It is played twice, with what each task takes at best and at worst. That is wider than any real run, in which
some tasks are quick and others slow.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from pydantic import BaseModel, ConfigDict

from tmux_orchestra.core.plan import PRIORITIES, Task


class Span(BaseModel):
    """A time in seconds, between what is likely at best and at worst."""

    model_config = ConfigDict(frozen=True)

    low: float
    high: float


@dataclass(frozen=True)
class Piece:
    """What is left to do of one task."""

    id: str
    span: Span
    after: frozenset[str]
    """The tasks that must be over first; those that are no piece any more are."""
    urgency: int
    """The smallest number starts first."""
    begun: bool = False
    """It has its slot already."""


def urgency(task: Task) -> int:
    """Return the task's place among those that are ready; equals keep the plan's order."""
    return PRIORITIES.index(task.priority)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that so large a share of them does not exceed (the nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def left(took: Sequence[float], worked: float = 0.0) -> Span | None:
    """Return what is left after `worked` seconds, by the tasks that took longer than that; None if none did.

    From the lower to the upper quartile of these, so that one odd task in four does not count.
    """
    rest = [seconds - worked for seconds in took if seconds > worked]
    return Span(low=quantile(rest, 0.25), high=quantile(rest, 0.75)) if rest else None


def together(pieces: Sequence[Piece], slots: int, opens: float = 0.0) -> Span:
    """Return how long all pieces take with so many slots, if nothing new starts in the first `opens` seconds."""
    low = _play(pieces, {piece.id: piece.span.low for piece in pieces}, slots, opens)
    high = _play(pieces, {piece.id: piece.span.high for piece in pieces}, slots, opens)
    return Span(low=round(min(low, high), 1), high=round(max(low, high), 1))


def _play(pieces: Sequence[Piece], seconds: Mapping[str, float], slots: int, opens: float) -> float:
    """Return when the last piece is over: a slot that is free goes to the most urgent piece that is ready."""
    now = 0.0
    unfinished = {piece.id for piece in pieces}
    running = sorted((seconds[piece.id], piece.id) for piece in pieces if piece.begun)
    waiting = sorted((piece for piece in pieces if not piece.begun), key=lambda piece: piece.urgency)
    while unfinished:
        if now < opens and (not running or running[0][0] > opens):
            now = opens
        ready = [piece for piece in waiting if not piece.after & unfinished] if now >= opens else []
        for piece in ready[: max(0, slots - len(running))]:
            heappush(running, (now + seconds[piece.id], piece.id))
            waiting.remove(piece)
        now, over = heappop(running)
        unfinished.discard(over)
    return now
