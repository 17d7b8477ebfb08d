"""Makes one task of those that a request repeats word by word, or names once more in passing."""

from collections.abc import Sequence

from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.relate import Graph, reachable
from tmux_orchestra.planners.stems import shared, stems


def drop_repeats(drafts: Sequence[Draft], graph: Graph) -> tuple[list[Draft], Graph]:
    """Keep the first of each verbatim repeat under the same headings, with the dependencies of all.

    "fix it, then test it, then fix it" has no circle: what a repeat waits for counts only as far as the first one can.
    """
    first: dict[tuple[str, tuple[str, ...]], int] = {}
    told = {place: meant for place in range(len(drafts)) if (meant := _told_elsewhere(place, drafts)) is not None}
    kept: list[int] = []
    stands_for: dict[int, int] = {}
    for place, draft in enumerate(drafts):
        if place in told:
            continue
        words = (" ".join(draft.text.casefold().rstrip(" .!").split()), draft.context)
        if words not in first:
            first[words] = place
            kept.append(place)
        stands_for[place] = first[words]
    stands_for |= {place: stands_for[meant] for place, meant in told.items()}
    number = {place: index for index, place in enumerate(kept)}
    merged: Graph = {number[place]: {} for place in kept}
    edges = [(place, other, reason) for place, others in graph.items() for other, reason in others.items()]
    for place, other, reason in sorted(edges, key=lambda edge: not set(edge[:2]) <= number.keys()):
        later, earlier = number[stands_for[place]], number[stands_for[other]]
        if later != earlier and later not in reachable(merged, earlier):
            merged[later].setdefault(earlier, reason)
    return [drafts[place] for place in kept], merged


def _told_elsewhere(place: int, drafts: Sequence[Draft]) -> int | None:
    """Return the task that one named in passing ("after upgrading Kotlin, …") repeats; None if it repeats none."""
    if not drafts[place].in_passing:
        return None
    wanted = stems(drafts[place].text)
    scores = [
        (len(shared(wanted, stems(draft.text))), -abs(place - other), other)
        for other, draft in enumerate(drafts)
        if other != place and not draft.in_passing
    ]
    best = max(scores, default=(0, 0, 0))
    return best[2] if best[0] * 3 >= len(wanted) * 2 else None
