"""One place for how a status looks: its symbol and its colour. Its noun is the status's own value."""

from dataclasses import dataclass

from tmux_orchestra.core.state import Status


@dataclass(frozen=True)
class Look:
    """How a status is shown; the symbol is one cell wide, and stands beside the word, never instead of it."""

    symbol: str
    colour: str


LOOKS: dict[Status, Look] = {
    Status.WAITING: Look("·", "bright_black"),
    Status.PREPARING: Look("+", "cyan"),
    Status.RUNNING: Look("▶", "green"),
    Status.CHECKING: Look("?", "cyan"),
    Status.FINISHED: Look("=", "cyan"),
    Status.MERGING: Look("»", "cyan"),
    Status.MERGED: Look("✓", "green"),
    Status.ATTENTION: Look("!", "bold yellow"),
    Status.FAILED: Look("✗", "red"),
    Status.CONFLICTED: Look("≠", "red"),
    Status.SKIPPED: Look("-", "bright_black"),
    Status.CANCELLED: Look("-", "bright_black"),
}

PAUSED = Look("‖", "magenta")
UNKNOWN = Look("~", "yellow")
"""What should be live, but nobody carries the run."""


def plain(text: str) -> str:
    """Neutralise what an agent wrote: no control characters, so no terminal escapes, and one line."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def clock(seconds: float | None) -> str:
    """Return a duration as people read it: `42s`, `3m10s`, `2h05m`; "" for None."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"  # noqa: PLR2004
