"""Instructions whose kind neither the verb nor the object tells alone: "get X below 50 MB", "pull X out"."""

import re

from tmux_orchestra.core.plan import Kind
from tmux_orchestra.planners import objects
from tmux_orchestra.planners.idiom_tables import IDIOMS, LEFT_OFF
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.wordlist import one_of


def _compiled(table: tuple[tuple[Kind, str], ...]) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    """Make patterns of a table's texts."""
    return tuple((kind, re.compile(one_of(text).replace(" ... ", r"\b.*\b"))) for kind, text in table)


_LEFT_OFF = _compiled(LEFT_OFF)
_IDIOMS = _compiled(IDIOMS)
_VERSION = re.compile(r"(?<!\S)v?\d+(?:\.\d+)+(?:-?(?:rc|beta|alpha)\.?\d*)?(?!\S)", re.IGNORECASE)


def kind_of_idiom(core: Phrase) -> Kind | None:
    """Return the kind that verb and object mean together; None if each speaks for itself."""
    text = core.mask
    for version in _VERSION.finditer(core.text):  # masked like file names
        text = text[: version.start()] + version.group().casefold() + text[version.end() :]
    for kind, pattern in (*_LEFT_OFF, *_IDIOMS):
        if pattern.match(text):
            return "infra" if kind == "bugfix" and objects.DELIVERY.search(text) else kind
    return None
