"""What a planner is asked and what it answers: a plan, or a question that only a program can settle, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tmux_orchestra.core.plan import Plan


@dataclass(frozen=True)
class Sign:
    """The program lives: what it does now, in words for the person ("" for nothing new)."""

    doing: str = ""
    working: bool = True
    """False for a sign that it waits for somebody else, which buys it no further time."""


@dataclass(frozen=True)
class Talk:
    """How a conversation goes on: what is written to the program's stdin next, and what its lines mean after that.

    `hear` is pure. It raises NoAnswer where the program has given up or its answer cannot be used, and NoTaskFound
    where it found nothing to do; None: the line means nothing.
    """

    says: str
    hear: Callable[[str], "Plan | Talk | Sign | None"]


@dataclass(frozen=True)
class Ask:
    """A program that can make the plan: how it is started, and how the conversation with it begins.

    `effects.asking` runs it at the top of the repository.
    """

    argv: tuple[str, ...]
    talk: Talk
    env: Mapping[str, str] = field(default_factory=dict)
    """What its environment has beside the person's own."""
    if_trusted: tuple[str, ...] = ()
    """Further arguments, with which it also goes by the repository's own settings; for one that the person trusts."""
    in_a_hurry: tuple[str, ...] = ()
    """Further arguments, with which it answers sooner and looks less closely."""


class Planner(Protocol):
    """One way to read a request."""

    def plan(self, request: str, root: str, /) -> Plan | Ask:
        """Return the plan, or how to get it. `root` is the repository's top, in which what is named may be looked up.

        Raises NoTaskFound, or DependencyCycle for a request that states one.
        """
        ...
