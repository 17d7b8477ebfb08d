"""How things look, and how what an agent wrote is made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from tmux_orchestra.core.state import Status
from tmux_orchestra.views.words import LOOKS, PAUSED, UNKNOWN, clock, plain, size, span


def test_every_status_has_a_look() -> None:
    assert set(LOOKS) == set(Status)


@pytest.mark.parametrize("look", [*LOOKS.values(), PAUSED, UNKNOWN])
def test_a_look_is_one_cell_wide_and_its_colour_is_known(look) -> None:
    assert cell_len(look.symbol) == 1
    Style.parse(look.colour)


def test_paused_and_unknown_look_like_no_status() -> None:
    assert not {PAUSED.symbol, UNKNOWN.symbol} & {look.symbol for look in LOOKS.values()}


@given(st.text(st.characters()))
def test_plain_text_is_one_printable_line(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert plain(shown) == shown


def test_what_is_harmless_stays_as_it_is() -> None:
    assert plain("Größe: 3 ✓ 日本語 [x]") == "Größe: 3 ✓ 日本語 [x]"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0, "0s"), (59.9, "59s"), (60, "1m00s"), (3599, "59m59s"), (3600, "1h00m"), (90_000, "25h00m")],
)
def test_durations_are_read_at_a_glance(seconds: float | None, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0, 0, "less than a minute"),
        (10, 59, "less than a minute"),
        (20, 70, "up to 1 min"),
        (100, 130, "about 2 min"),
        (240, 540, "4 to 9 min"),
        (3600, 7199, "60 to 120 min"),
        (3600, 10_800, "1 to 3 h"),
    ],
)
def test_estimates_pretend_no_precision(low: float, high: float, text: str) -> None:
    assert span(low, high) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, ""),
        (0, "less than 1 MB"),
        (999_999, "less than 1 MB"),
        (600_000_000, "600 MB"),
        (1_500_000_000, "1.5 GB"),
    ],
)
def test_bytes_are_read_at_a_glance(count: int | None, text: str) -> None:
    assert size(count) == text
