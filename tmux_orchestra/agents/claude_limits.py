"""When a usage limit of Claude Code is over, read from the words it shows to people."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

# Such as: You've hit your session limit · resets 12:17am (UTC). Or: … weekly limit · resets Nov 27, 10pm (Asia/Tokyo).
_RESETS = re.compile(
    r"resets?\s+(?:at\s+)?(?:(?P<month>[A-Z][a-z]{2})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?:at\s+)?)?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s*(?P<half>[ap])\.?m\.?(?:\s*\((?P<zone>[\w+/-]+)\))?",
    re.IGNORECASE,
)
# Such as: Claude AI usage limit reached|1760000000.
_EPOCH = re.compile(r"limit reached\|(\d{9,11})\b")
CLOCKS_DIFFER = timedelta(minutes=15)
"""A moment of today that has passed by less than this is no moment of tomorrow: our clock is ahead of the service's."""
ASK_AGAIN = timedelta(minutes=2)
"""When to ask again then."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def reset_time(message: str, at: datetime | None) -> datetime | None:
    """Return when the limit that `message` tells of is over, in UTC; None if it does not say, or not clearly.

    A time of day is the next one after `at`, the moment at which the message was written.
    """
    if found := _EPOCH.search(message):
        return datetime.fromtimestamp(int(found[1]), UTC)
    found = _RESETS.search(message)
    zone = _zone(found["zone"]) if found else None
    if not found or at is None or zone is None:
        return None
    here = at.astimezone(zone)
    try:
        return _next(found, here).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def _next(found: re.Match[str], here: datetime) -> datetime:
    half_day = 12 if found["half"].lower() == "p" else 0
    hour = int(found["hour"]) % 12 + half_day
    named = here.replace(hour=hour, minute=int(found["minute"] or 0), second=0, microsecond=0)
    # The CLI cuts the seconds off, so a limit that ends within this minute is named as a moment that has passed.
    just_now = here - timedelta(minutes=1)
    if not found["month"]:
        if named < just_now and named >= here - CLOCKS_DIFFER:
            return here + ASK_AGAIN
        return named if named >= just_now else named + timedelta(days=1)
    month = _MONTHS.index(found["month"].lower()) + 1
    dated = named.replace(month=month, day=int(found["day"]))
    return dated if dated >= just_now else dated.replace(year=dated.year + 1)
