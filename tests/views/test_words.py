"""How things look, and how what an agent wrote is made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from tmux_orchestra.core.state import Status
from tmux_orchestra.views.words import LOOKS, PAUSED, UNKNOWN, clock, plain


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
