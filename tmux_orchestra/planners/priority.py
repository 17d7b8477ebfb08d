"""Priority: the words that mark a task as more or less urgent than others."""

import re

from tmux_orchestra.core.plan import PRIORITIES, Priority

_LOW = (
    r"(?:very )?low(?:er|est)?[- ]prio(?:rity)?|prio(?:rity)?\s*[:=]?\s*low|p[345]|nice[- ]to[- ]haves?"
    r"|not urgent|no (?:rush|hurry)|could[- ]haves?|minor"
    r"|(?:if|when(?:ever)?|once) (?:(?:you|we)(?:'ve| have| find| get)?(?: got)?|there(?:'s| is)|i have)(?: some"
    r"| any| a bit of| enough| spare| the| more)* (?:time|capacity|moment)(?: left| for it| for that| later)?"
    r"|(?:if|when) (?:the )?time (?:permits|allows|is left)|time permitting|if time|optional(?:ly)?|someday"
    r"|stretch goals?|back ?burner|whenever you (?:can|like)|at some point|bonus|lowest priority"
)
_NORMAL = r"(?:medium|normal)[- ]prio(?:rity)?|prio(?:rity)?\s*[:=]?\s*(?:medium|normal)|p2|should[- ]haves?"
_CRITICAL = (
    r"critical(?:[- ]prio(?:rity)?)?|prio(?:rity)?\s*[:=]?\s*(?:critical|urgent|highest)|urgent(?:ly)?"
    r"|a\.?s\.?a\.?p\.?|as soon as possible|p0|highest priority|blocker|emergency|immediately|right away"
    r"|top[- ]priority|show-?stopper"
)
_HIGH = (
    r"(?:very )?high(?:er)?[- ]prio(?:rity)?|prio(?:rity)?\s*[:=]?\s*high|p1|must[- ]haves?|important(?:ly)?"
    r"|most important(?:ly)?"
)
_LEVELS: tuple[tuple[Priority, str], ...] = (
    ("low", _LOW),
    ("normal", _NORMAL),
    ("critical", _CRITICAL),
    ("high", _HIGH),
)
_ANY = "|".join(pattern for _, pattern in _LEVELS)
OPENING = re.compile(
    rf"[\[(]\s*(?:{_ANY})\s*[\])]\s*[:,–—-]*\s*|(?:this (?:one )?is |very |really )?(?:{_ANY})(?:\s*[:!,–—]+\s*"
    rf"|\s+-+\s+)(?=\S)|(?:if|when(?:ever)?|once) (?:you|we|there|the|time)\b[^,.;:]{{0,30}}?\b(?:time|capacity"
    rf"|moment|permits|allows)(?! zones?| stamps?| slots?| series)(?: left| permits| allows| for (?:it|that|this)"
    rf"| later)*(?:,\s*|\s+(?=\w))",
    re.IGNORECASE,
)
"""A marker that opens a clause: "[P1] …", "urgent: …", "if time permits, …"."""

_BUGS = (
    r"(?:\w+[- ]){0,3}?(?:bugs?|issues?|fix(?:es)?|crash(?:es)?|errors?|problems?|vulnerabilit(?:y|ies)"
    r"|regressions?|outages?|leaks?|holes?|flaws?|tasks?|defects?|failures?|hotfix)\b"
)
_INSIDE = tuple(
    (
        priority,
        re.compile(
            rf"[\[(]\s*(?:[^()\[\]]*[,;] ?)?(?:this (?:one )?is )?(?:{words})\s*(?:[,;][^()\[\]]*)?[\])]"
            rf"|(?:,|;|[-–—:!.]|\b(?:is|are|as|that's|it's)(?: (?:very|a|of))?)\s*(?:{words})[\s.!]*$"
            + (rf"|\b(?:{words})\s+{_BUGS}" if priority in ("critical", "high", "low") else "")
            + (r"|\b(?:asap|as soon as possible|urgently|immediately|right away)\b" if priority == "critical" else "")
            + (
                r"|\b(?:(?:if|when(?:ever)?) (?:you (?:have|find|get)|there(?:'s| is)|we have|time)\b[^,.;]*?(?:time"
                r"|capacity|moment|permits|allows)|time permitting|if time)\b"
                if priority == "low"
                else ""
            ),
            re.IGNORECASE,
        ),
    )
    for priority, words in _LEVELS
)
_WHOLE = tuple((priority, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for priority, words in _LEVELS)
_ALONE = re.compile(rf"(?:and|this is|it's|that's|but|[\s\[(,;:!.–—-])*(?:{_ANY})[\s\]),;:!.–—-]*", re.IGNORECASE)


def level(marker: str) -> Priority:
    """Return the priority that a marker means; normal for a text that holds none."""
    return next((priority for priority, pattern in _WHOLE if pattern.search(marker)), "normal")


def mentioned(text: str) -> Priority | None:
    """Return the priority that a task's own words give it; None if they give none."""
    found = [priority for priority, pattern in _INSIDE if pattern.search(text)]
    return min(found, key=PRIORITIES.index) if found else None


def announced(heading: str) -> Priority | None:
    """Return the priority that a heading or lead-in gives to everything below it; None if it gives none."""
    found = [priority for priority, pattern in _WHOLE if pattern.search(heading)]
    return found[0] if found else None


def is_marker(text: str) -> bool:
    """Tell whether the text is nothing but a marker ("low priority", "(urgent)")."""
    return bool(_ALONE.fullmatch(text))
