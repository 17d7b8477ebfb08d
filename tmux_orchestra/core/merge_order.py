"""In which order to merge tasks whose work conflicts: the one in which the fewest tasks meet a conflict.

What is counted
---------------
Two tasks that conflict, conflict in either order: the one that is merged later meets the conflict, and its agent is
sent back to resolve it. So the number of conflicting *pairs* is the same for every order and decides nothing. What
differs is how many *tasks* meet one: a task that meets three conflicts at once is sent back once, is told of all
three, and is checked once more. The cost of an order is therefore the number of tasks that conflict with at least
one task before them, or with what is merged already (`behind`; such a task meets a conflict wherever it stands, and
is best placed behind everything that it would spoil). A task that has met its conflict counts as merged at its
place: what conflicts with it comes after it all the same.

With one task that conflicts with many, the many go first (one is sent back, not all of them). The tasks that meet no
conflict are a largest set without a conflicting pair that the dependencies allow: a hard problem in general. So the
order is exact for up to `EXACT` tasks (dynamic programming over the sets of tasks that are merged already:
`2**n * n` steps), and greedy above: next comes a task that meets no conflict, if there is one, and among those the
one that spoils the fewest others. Both give every task after all it depends on, and the same answer for the same
question: among equally good choices, the first one in the plan's order is taken.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

EXACT = 12
"""Up to so many tasks, no order is better than the one that is returned. A few hundredths of a second at most."""

Pair = tuple[str, str]
"""Two tasks that conflict, in either order."""


def merge_order(
    tasks: Sequence[str],
    conflicts: Collection[Pair],
    depends_on: Mapping[str, Collection[str]] | None = None,
    behind: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the tasks, given in the plan's order, in the order in which the fewest of them meet a conflict.

    Names in `conflicts`, `depends_on` and `behind` that are not among the tasks count for nothing: what a task
    depends on and is not here is merged already. Raises ValueError where the dependencies go in a circle.
    """
    position = {task: number for number, task in enumerate(tasks)}
    against = [0] * len(tasks)
    for one, other in conflicts:
        if one in position and other in position and one != other:
            against[position[one]] |= 1 << position[other]
            against[position[other]] |= 1 << position[one]
    needs = [_members((depends_on or {}).get(task, ()), position) for task in tasks]
    spoilt = _members(behind, position)
    order = (_exact if len(tasks) <= EXACT else _greedy)(tuple(against), tuple(needs), spoilt)
    return tuple(tasks[number] for number in order)


def conflicts_met(order: Sequence[str], conflicts: Collection[Pair], behind: Collection[str] = ()) -> int:
    """Return what an order costs: how many tasks meet a conflict in it."""
    pairs = {frozenset(pair) for pair in conflicts}
    return sum(
        task in behind or any(frozenset((task, earlier)) in pairs for earlier in order[:place])
        for place, task in enumerate(order)
    )


def _members(names: Collection[str], position: Mapping[str, int]) -> int:
    """Return the set of those tasks, one bit for each."""
    return sum(1 << position[name] for name in set(names) if name in position)


def _possible(merged: int, needs: Sequence[int]) -> Iterator[int]:
    """Yield the tasks that may come next, in the plan's order."""
    return (task for task, need in enumerate(needs) if not merged >> task & 1 and need & ~merged == 0)


@lru_cache(maxsize=64)
def _exact(against: tuple[int, ...], needs: tuple[int, ...], spoilt: int) -> tuple[int, ...]:
    """Find the best order, and of several the first in the plan's order."""
    everything = (1 << len(against)) - 1
    never = len(against) + 1
    rest = [never] * everything + [0]  # set of merged tasks -> the fewest conflicts that the others can meet

    def cost(task: int, merged: int) -> int:
        return bool(merged & against[task] or spoilt >> task & 1) + rest[merged | 1 << task]

    for merged in range(everything - 1, -1, -1):
        rest[merged] = min((cost(task, merged) for task in _possible(merged, needs)), default=never)
    if rest[0] >= never:
        raise ValueError("the dependencies go in a circle")
    order: list[int] = []
    merged = 0
    while merged != everything:
        order.append(next(task for task in _possible(merged, needs) if cost(task, merged) == rest[merged]))
        merged |= 1 << order[-1]
    return tuple(order)


def _greedy(against: tuple[int, ...], needs: tuple[int, ...], spoilt: int) -> tuple[int, ...]:
    """Take, one after the other, what meets no conflict and spoils the fewest of those that have met none yet."""
    order: list[int] = []
    merged, met = 0, spoilt
    while len(order) < len(against):
        choices = list(_possible(merged, needs))
        if not choices:
            raise ValueError("the dependencies go in a circle")
        spoils = {task: (against[task] & ~met & ~merged).bit_count() for task in choices}
        best = min(choices, key=lambda task: (met >> task & 1, spoils[task], task))
        order.append(best)
        merged |= 1 << best
        met |= against[best]
    return tuple(order)
