"""Brings a request's dependencies together: what is stated holds, what is implied gives way to it."""

from collections.abc import Iterable, Mapping

from tmux_orchestra.core.plan import find_cycle
from tmux_orchestra.planners.draft import Reading
from tmux_orchestra.planners.implied import implied_edges
from tmux_orchestra.planners.stated import Edge, stated_edges

Graph = dict[int, dict[int, str]]
"""Task -> what it waits for -> why; tasks by their place in the request."""


def relate(reading: Reading) -> tuple[Graph, tuple[int, ...]]:
    """Return the graph of dependencies and, if what the request states goes in a circle, that circle."""
    graph: Graph = {place: {} for place in range(len(reading.tasks))}
    for edge in stated_edges(reading):
        graph[edge.later].setdefault(edge.earlier, edge.reason)
    if cycle := find_cycle(_by_name(graph)):
        return graph, tuple(int(place) for place in cycle)
    _add_implied(graph, implied_edges(reading.tasks))
    return graph, ()


def _add_implied(graph: Graph, edges: Iterable[Edge]) -> None:
    """Add what is implied, but nothing that would turn a stated order around."""
    forward = all(other < place for place, others in graph.items() for other in others)
    for edge in edges:
        forward = forward and edge.earlier < edge.later  # as long as all are, there can be no circle
        if edge.earlier in graph[edge.later]:
            continue
        if forward or edge.later not in reachable(graph, edge.earlier):
            graph[edge.later][edge.earlier] = edge.reason


def reachable(graph: Mapping[int, Mapping[int, str]], start: int) -> set[int]:
    """Return everything that a task waits for, directly or through others."""
    found: set[int] = set()
    frontier = [start]
    while frontier:
        for place in graph[frontier.pop()]:
            if place not in found:
                found.add(place)
                frontier.append(place)
    return found


def _by_name(graph: Graph) -> dict[str, list[str]]:
    return {str(place): [str(other) for other in others] for place, others in graph.items()}
