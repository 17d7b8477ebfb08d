"""Issue numbers ("#812", "OPS-7"), and the words in parentheses that say what a ticket is about."""

import re
from dataclasses import replace

from tmux_orchestra.planners.opening import Opening, read_opening
from tmux_orchestra.planners.phrase import Phrase

TICKET = re.compile(r"#\d+|\b[A-Z]{2,10}-\d+\b")
TICKET_WITH_GIST = re.compile(r"(?:#\d+|\b[A-Z]{2,10}-\d+)\s*[(:–—-]")
"""A ticket and the words that follow it: "#815 (login page)"."""
_ONLY_TICKET = re.compile(
    r"\s*(?:(?:the )?(?:issues?|tickets?|stor(?:y|ies)|tasks?)\s+)?(?:#\d+|[a-z]{2,10}-\d+)\s*(?:please|pls|too|next"
    r"|now)?[.!?]?\s*"
)
_PARENTHESIS = re.compile(r"\(([^()]+)\)")


def is_ticket(core: Phrase) -> bool:
    """Tell whether the phrase names a ticket and, outside parentheses, nothing else."""
    return bool(_ONLY_TICKET.fullmatch(core.mask))


def gist(opening: Opening) -> Opening:
    """Read "work on #812 (audit log)" as the words in parentheses; anything else stays as it is."""
    inside = _PARENTHESIS.search(opening.core.text)
    if not inside or not _ONLY_TICKET.fullmatch(opening.object if opening.verb else opening.core.mask):
        return opening
    inner = read_opening(Phrase.of(inside.group(1)))
    ticket = TICKET.search(opening.core.text)
    if opening.verb in ("fix", "resolve") or opening.kind == "research" or not inner.core or not ticket:
        return opening
    # The number stays, where it separates nothing: other sentences may call the task by it.
    core = Phrase.of(f"{inner.core.text} ({ticket.group()})")
    return replace(opening, verb=inner.verb, verb_end=inner.verb_end, known=inner.known, core=core)
