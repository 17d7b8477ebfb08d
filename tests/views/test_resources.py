"""What live instances use, as a table."""

import pytest

from tests.core.stories import run_started, told
from tests.views.showing import shown
from tmux_orchestra.effects.sampling import Use
from tmux_orchestra.views.resources import resources

STATE = told(run_started("api", "docs", "quiet"))
USED = {"api": Use(3, 412_000_000, 97.4), "docs": Use(12, 1_250_000_000, None)}


def test_each_live_instance_has_a_row_and_the_last_one_is_all_of_them() -> None:
    lines = [line.split() for line in shown(resources(STATE, USED, 60), 60).splitlines()]
    assert lines == [
        ["task", "processes", "memory", "CPU"],
        ["api", "3", "412", "MB", "97%"],
        ["docs", "12", "1250", "MB"],
        ["all", "15", "1662", "MB"],
    ]


def test_where_nothing_runs_that_is_said() -> None:
    assert shown(resources(STATE, {}, 60), 60) == "no agent runs now\n"


@pytest.mark.parametrize("width", [30, 60, 80, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(line) for line in shown(resources(STATE, USED, width), width).splitlines()) <= width
