"""When a limit is over, from the words that real instances showed."""

from datetime import UTC, datetime

import pytest

from tmux_orchestra.agents.claude_limits import reset_time

AT = datetime(2026, 11, 23, 22, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("You've hit your session limit · resets 12:17am (UTC)", datetime(2026, 11, 24, 0, 17, tzinfo=UTC)),
        ("You've hit your 5-hour limit · resets 11pm (UTC)", datetime(2026, 11, 23, 23, 0, tzinfo=UTC)),
        # The seconds are cut off: this minute is not tomorrow.
        ("You've hit your session limit · resets 10:17pm (UTC)", datetime(2026, 11, 23, 22, 17, tzinfo=UTC)),
        # Our clock is ahead of the service's: it is over about now, not in a day.
        ("You've hit your session limit · resets 10:05pm (UTC)", datetime(2026, 11, 23, 22, 19, 30, tzinfo=UTC)),
        ("You've hit your session limit · resets 10:01pm (UTC)", datetime(2026, 11, 24, 22, 1, tzinfo=UTC)),
        ("You've hit your weekly limit · resets Nov 27, 10:17pm (UTC)", datetime(2026, 11, 27, 22, 17, tzinfo=UTC)),
        ("You've hit your weekly limit · resets Jan 2, 9am (Asia/Tokyo)", datetime(2027, 1, 2, 0, 0, tzinfo=UTC)),
        ("You've hit your session limit · resets 12pm (America/New_York)", datetime(2026, 11, 24, 17, 0, tzinfo=UTC)),
        ("Claude AI usage limit reached|1795473600", datetime(2026, 11, 23, 22, 40, tzinfo=UTC)),
    ],
)
def test_the_words_name_a_moment(message: str, expected: datetime) -> None:
    assert reset_time(message, AT) == expected


@pytest.mark.parametrize(
    "message",
    [
        "API Error: Request rejected (429) · limit",
        "You've hit your session limit · resets 3pm",
        "You've hit your session limit · resets 3pm (Nowhere/City)",
        "You've hit your session limit · resets 3pm (../etc/passwd)",
        "resets Feb 31, 3pm (UTC)",
        "resets Smarch 3, 3pm (UTC)",
        "resets 77:99am (UTC)",
    ],
)
def test_what_is_not_clear_is_not_guessed(message: str) -> None:
    assert reset_time(message, AT) is None


def test_a_time_of_day_means_nothing_without_a_day() -> None:
    assert reset_time("resets 3pm (UTC)", None) is None
