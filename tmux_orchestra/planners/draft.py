"""Draft: a task while the request is still being read."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from tmux_orchestra.core.plan import Kind, Priority
from tmux_orchestra.planners.opening import Opening
from tmux_orchestra.planners.order import Wait
from tmux_orchestra.planners.preamble import Link
from tmux_orchestra.planners.tickets import TICKET


@dataclass(slots=True)
class Draft:
    """A task as found, before its dependencies and its name are known."""

    opening: Opening
    said: str
    """The person's words for this task."""
    line: int
    group: int
    """The list or paragraph it stands in."""
    sentence: tuple[int, int]
    """The sentence it stands in: line and number."""
    context: tuple[str, ...] = ()
    details: list[str] = field(default_factory=list)
    background: list[str] = field(default_factory=list)
    rehearsals: list[str] = field(default_factory=list)
    number: int | None = None
    kind: Kind = "feature"
    priority: Priority = "normal"
    link: Link = ""
    chained: bool = False
    """An arrow leads here."""
    waits: list[Wait] = field(default_factory=list)
    after: int = 0
    """It waits for so many tasks of its sentence before it."""
    tickets: frozenset[str] = frozenset()
    explained: bool = False
    """Its "it" is the fault described with it, no other task."""
    in_passing: bool = False
    """Named only to say when another task is done ("after upgrading Kotlin, …")."""
    beside: set[Hashable] = field(default_factory=set)
    """The statements by which it runs side by side with others ("meanwhile", "in parallel")."""

    @property
    def text(self) -> str:
        """The clause without what came before the instruction."""
        return self.opening.instruction

    def chained_to_next(self, following: "Draft") -> bool:
        """Tell whether an arrow may lead from this task to the one after it."""
        return self.sentence == following.sentence

    def __post_init__(self) -> None:
        """Find the issue numbers that the task is called by, not those that it waits for."""
        others = " ".join(wait.words for wait in self.waits)
        own = [self.opening.ticket] if self.opening.ticket else TICKET.findall(self.text)
        self.tickets = frozenset(ticket.casefold() for ticket in own if ticket not in others)


@dataclass(frozen=True, slots=True)
class Statement:
    """Said of tasks: `who` comes after (or before) `what`; both in the person's words."""

    who: str
    what: str
    how: str
    said: str
    group: int
    at: int
    """How many tasks had been named by then; "it" is the last of these."""


@dataclass(slots=True)
class Reading:
    """Everything a request says, taken apart."""

    tasks: list[Draft] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    chains: set[int] = field(default_factory=set)
    """Groups whose tasks are done in the order listed."""
