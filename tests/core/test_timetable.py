"""Playing a plan through: slots, urgency and dependencies count as they do for the scheduler."""

import pytest

from tmux_orchestra.core.timetable import Piece, Span, left, quantile, together


def piece(name: str, seconds: float, after: str = "", *, urgency: int = 2, begun: bool = False) -> Piece:
    return Piece(name, Span(low=seconds, high=2 * seconds), frozenset(after), urgency, begun)


@pytest.mark.parametrize(
    ("pieces", "slots", "low"),
    [
        ([], 1, 0),
        ([piece("a", 10), piece("b", 20)], 2, 20),
        ([piece("a", 10), piece("b", 20)], 1, 30),
        ([piece("a", 10), piece("b", 20, "a")], 2, 30),
        ([piece("a", 10), piece("b", 20, "x")], 2, 20),  # x is over already
        ([piece("a", 10), piece("b", 10), piece("c", 20)], 2, 30),
        ([piece("a", 10), piece("b", 10), piece("c", 20, urgency=0)], 2, 20),  # the long one first
        ([piece("a", 30), piece("b", 10, begun=True), piece("c", 10, begun=True)], 1, 40),
    ],
)
def test_a_free_slot_goes_to_the_most_urgent_task_that_is_ready(pieces: list[Piece], slots: int, low: float) -> None:
    assert together(pieces, slots).low == low
    if len(pieces) < 2 or slots > 1:
        assert together(pieces, slots).high == 2 * low


def test_what_has_begun_goes_on_while_nothing_new_may_start() -> None:
    pieces = [piece("a", 10, begun=True), piece("b", 10, "a"), piece("c", 5)]
    assert together(pieces, 3, opens=100) == Span(low=110, high=120)
    assert together(pieces, 3, opens=1).low == 20


def test_quartiles_are_times_that_were_taken() -> None:
    assert [quantile([7], share) for share in (0.25, 0.75)] == [7, 7]
    assert left([50, 10, 30, 20, 1000]) == Span(low=20, high=50)
    assert left([]) is None


def test_what_is_left_is_told_by_those_that_took_longer() -> None:
    assert left([10, 20, 60, 100], worked=50) == Span(low=10, high=50)
    assert left([10, 20], worked=20) is None
