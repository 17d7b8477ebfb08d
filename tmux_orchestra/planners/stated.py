"""Dependencies that the request states: "then", "once the API is done", "2 depends on 1", arrows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tmux_orchestra.planners.draft import Draft, Reading
from tmux_orchestra.planners.order import direction_of, without_done
from tmux_orchestra.planners.resolve import Names


@dataclass(frozen=True, slots=True)
class Edge:
    """The task at place `later` waits for the one at place `earlier`, because of `reason`."""

    later: int
    earlier: int
    reason: str


def stated_edges(reading: Reading) -> Iterator[Edge]:
    """Yield every dependency that the person put into words."""
    yield from _links(reading.tasks)
    names = Names(reading.tasks)
    yield from _waits(reading.tasks, names)
    yield from _statements(reading, names)
    yield from _chains(reading)


def _links(tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Follow "then", arrows and "finally" to the task before; "finally" closes all that its sentence lists."""
    sequential = any(task.link in ("first", "then", "after that") for task in tasks)
    counted = any(task.link == "first" for task in tasks)
    for place in range(1, len(tasks)):
        task = tasks[place]
        before = tasks[place - 1]
        if task.chained and before.chained_to_next(task):
            yield Edge(place, place - 1, "stated: ->")
        for earlier in range(max(0, place - task.after), place):
            if tasks[earlier].sentence == task.sentence:
                yield Edge(place, earlier, "stated: before this")
        then = task.link in ("then", "after that") or (task.link == "next" and counted)
        if then and (task.link == "then" or not task.waits):
            yield Edge(place, place - 1, f"stated: {task.link}")
        elif task.link == "finally" and (sequential or before.sentence == task.sentence):
            own = [other for other in range(place) if tasks[other].sentence == task.sentence]
            for earlier in own or [place - 1]:
                yield Edge(place, earlier, "stated: finally")


def _waits(tasks: Sequence[Draft], names: Names) -> Iterator[Edge]:
    """Follow "once X is done" and its like, said of one task or at the head of a sentence."""
    for place, task in enumerate(tasks):
        for wait in task.waits:
            # "once that is done, add A and B": seen from the sentence, not from B.
            at = place
            while at and wait in tasks[at - 1].waits and tasks[at - 1].sentence == task.sentence:
                at -= 1
            for other in names.meant(wait.words, at, task.group, place):
                later, earlier = (place, other) if wait.direction == "after" else (other, place)
                yield Edge(later, earlier, f"stated: {wait.said}")


def _statements(reading: Reading, names: Names) -> Iterator[Edge]:
    """Follow "2 and 3 depend on 1"."""
    for statement in reading.statements:
        at = statement.at
        for who in names.meant(statement.who, at, statement.group):
            at_what = who if _is_relative(statement.what) else at
            for what in names.meant(without_done(statement.what), at_what, statement.group, who):
                later, earlier = (who, what) if direction_of(statement.how) == "after" else (what, who)
                yield Edge(later, earlier, f"stated: {statement.said.strip(' .')}")


def _is_relative(words: str) -> bool:
    """Tell whether the words mean what stands before the task they are said of."""
    return words.casefold().strip(" .") in (
        "it",
        "that",
        "this",
        "them",
        "both",
        "everything else",
        "the others",
        "the rest",
        "all others",
        "the previous one",
    )


def _chains(reading: Reading) -> Iterator[Edge]:
    """Follow "in this order" through a list."""
    for group in sorted(reading.chains):
        places = [place for place, task in enumerate(reading.tasks) if task.group == group]
        for earlier, later in pairwise(places):
            yield Edge(later, earlier, "stated: in this order")
