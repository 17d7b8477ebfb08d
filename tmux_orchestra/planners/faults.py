"""Recognises the description of a fault ("checkout returns 500"), which asks for a fix without saying so."""

import re

from tmux_orchestra.planners.phrase import Phrase

_FAULT = re.compile(
    r"\b(?:crash(?:es|ed|ing)?|fails?|failing|failed|breaks?|broken|broke|throws?|raises? an?|hangs?|freezes?|froze"
    r"|leaks?|leaking"
    r"|(?:does|do|is|are|can|could|will|would|has|have|did|was|were)(?:n't| not)|cannot|can't|won't|no longer"
    r"|stopped|wrong(?:ly)?|incorrect(?:ly)?|missing|duplicate[sd]?"
    r"|twice|times? out|timing out|timed out|errors? (?:out|when|on|if)|disappears?|vanish(?:es)?|flickers?"
    r"|overlaps?|stuck|misaligned|loses?|lost|garbled|unreadable"
    r"|returns? (?:an? )?(?:\d{3}|error|null|none|nothing|nan|empty|wrong|undefined|stale)|(?:gives?|gets?"
    r"|shows?) (?:an? |the |up as )?(?:\d{3}|error|wrong|old|stale|blank|nothing|garbage|nan|undefined|null|empty"
    r"|negative)"
    r"|(?:is|are|stays?|remains?|comes? (?:up|out|back)) (?:always |still |sometimes |often |completely |totally "
    r"|way )*(?:empty|blank|slow|down|lost|ignored|late|cut off|off|dead|unresponsive|unusable|gone|invisible"
    r"|truncated|negative|corrupt(?:ed)?|inaccessible|off by|vulnerable|useless)"
    r"|too (?:slow|long|late|small|big|large|many|much|often|early)|takes? (?:\w+ ){0,3}(?:seconds?|minutes?|hours?"
    r"|forever|ages)|never (?:\w+ )?\w+s?\b|bug|nan|5\d\d|4\d\d|nobody|no one|unable to|impossible to|none of"
    r"|not possible|deadlocks?|infinite loop|memory leak|regression|ignores?|shifts?|jumps?|swallows?|forgets?"
    r"|rejects? valid)\b"
)
_REPORT = re.compile(
    r"\b(?:complain(?:s|ed|ing)?|report(?:s|ed|ing)? (?:that|us|about)|suspect|noticed?|i think|we think|i guess"
    r"|apparently|it seems|seems (?:to|that)|i saw|we saw|told (?:us|me)|mention(?:ed|s)|heard|since|because"
    r"|last (?:week|month|night|year|sprint)|yesterday|recently|currently|right now|at the moment|background|context"
    r"|as you know|fyi|probably|maybe caused)\b"
)


def is_fault(phrase: Phrase) -> bool:
    """Tell whether the phrase says that something goes wrong."""
    return bool(_FAULT.search(phrase.mask)) and " " in phrase.mask.strip()


def is_hearsay(phrase: Phrase) -> bool:
    """Tell whether the phrase tells of a circumstance or of somebody's opinion, as background does."""
    return bool(_REPORT.search(phrase.mask))
