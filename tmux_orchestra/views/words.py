"""One place for how a status looks: its symbol and its colour. Its noun is the status's own value."""

from dataclasses import dataclass

from tmux_orchestra.core.state import Status

DIM, WARNING = "dim", "yellow"
"""What is there for who looks closer (some themes paint bright black on black); what must not be overlooked."""


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


def span(low: float, high: float) -> str:
    """Return an estimate of so many seconds as people say it: `4 to 9 min`, `about 2 h`, `less than a minute`."""
    if high < 60:  # noqa: PLR2004 - seconds in a minute
        return "less than a minute"
    unit, name = (60, "min") if high < 7200 else (3600, "h")  # noqa: PLR2004 - two hours
    first, last = round(low / unit), round(high / unit)
    if first == last:
        return f"about {last} {name}"
    return f"{first} to {last} {name}" if first else f"up to {last} {name}"


def size(count: int | None) -> str:
    """Return a number of bytes as people read it: `12 MB`, `1.5 GB`; "" for None."""
    if count is None:
        return ""
    if count < 1_000_000:  # noqa: PLR2004 - a megabyte
        return "less than 1 MB"
    return f"{count / 1e6:.0f} MB" if count < 1_000_000_000 else f"{count / 1e9:.1f} GB"  # noqa: PLR2004 - a gigabyte
