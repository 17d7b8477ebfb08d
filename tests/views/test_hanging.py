"""Texts beside or below their heads."""

import pytest
from rich.text import Text

from tests.views.showing import shown
from tmux_orchestra.views.hanging import Hanging


@pytest.mark.parametrize(
    ("head", "body", "options", "expected"),
    [
        ("a:", "one two three four", {}, "a:  one two\n    three four\n"),
        ("a:", "", {}, "a:\n"),
        ("too long", "one two three", {}, "too long\n  one two\n  three\n"),
        ("too long", "one two three", {"below": 6}, "too long\n      one two\n      three\n"),
        ("", "one two three", {}, "    one two\n    three\n"),
        ("a:", "一二三四五六七", {}, "a:  一二三四五\n    六七\n"),
        ("a:", "one two three four five", {"most": 2}, "a:  one two\n    three fou…\n"),
        ("a:", "one two", {"most": 1}, "a:  one two\n"),
    ],
)
def test_all_lines_of_the_body_begin_in_the_same_column(head: str, body: str, options, expected: str) -> None:
    assert shown(Hanging(Text(head), Text(body), 4, **options), 14) == expected
