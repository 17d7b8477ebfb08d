"""Makes one task of those that a request repeats word by word."""

from collections.abc import Sequence

from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.relate import Graph, reachable


def drop_repeats(drafts: Sequence[Draft], graph: Graph) -> tuple[list[Draft], Graph]:
    """Keep the first of each verbatim repeat under the same headings, with the dependencies of all.

    "fix it, then test it, then fix it" has no circle: what a repeat waits for counts only as far as the first one can.
    """
    first: dict[tuple[str, tuple[str, ...]], int] = {}
    kept: list[int] = []
    stands_for: dict[int, int] = {}
    for place, draft in enumerate(drafts):
        words = (" ".join(draft.text.casefold().rstrip(" .!").split()), draft.context)
        if words not in first:
            first[words] = place
            kept.append(place)
        stands_for[place] = first[words]
    number = {place: index for index, place in enumerate(kept)}
    merged: Graph = {number[place]: {} for place in kept}
    edges = [(place, other, reason) for place, others in graph.items() for other, reason in others.items()]
    for place, other, reason in sorted(edges, key=lambda edge: not set(edge[:2]) <= number.keys()):
        later, earlier = number[stands_for[place]], number[stands_for[other]]
        if later != earlier and later not in reachable(merged, earlier):
            merged[later].setdefault(earlier, reason)
    return [drafts[place] for place in kept], merged
