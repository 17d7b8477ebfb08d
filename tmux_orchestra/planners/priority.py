"""Priority: the words that mark a task as more or less urgent than others."""

import re

from tmux_orchestra.core.plan import PRIORITIES, Priority

_TIME = (
    r"(?:if|when(?:ever)?|once|in case|should) (?:(?:you|we|i|someone)(?:'ve|'s| have| has| find| finds| get| gets)?"
    r"(?: got)?|there(?:'s| is| be)?)(?: some| any| a bit of| a little| a| enough| spare| the| still| more| extra"
    r"| left)*"
    r" (?:time|capacity|moment|minute|room)s?(?! zones?| stamps?| slots?| series)"
    r"(?: (?:left|over|for (?:it|that|this)|later|to spare))*"
    r"|(?:if|when) (?:the )?time (?:permits|allows|is left|remains)|(?:time|schedule) permitting|if time"
)
"""What is done only if nothing else is left."""
_IF_TIME = re.compile(rf"\b(?:{_TIME})")
_MARKS: dict[Priority, tuple[str, str]] = {
    "low": (
        (
            r"(?:very )?low(?:er|est)?[- ]prio(?:rity)?|prio(?:rity)?\s*[:=]?\s*(?:low(?:est)?|p?[345])|p[345]"
            r"|nice[- ]to[- ]haves?|not (?:very |that |so |super |really )?(?:urgent|critical|important|pressing"
            r"|a priority)"
            rf"(?: at all)?|no (?:rush|hurry|urgency)|could[- ]haves?|stretch goals?|back ?burner|{_TIME}"
        ),
        r"optional(?:ly)?|minor|someday|whenever you (?:can|like)|at some point|bonus|eventually|trivial",
    ),
    "normal": (
        r"(?:medium|normal)[- ]prio(?:rity)?|prio(?:rity)?\s*[:=]?\s*(?:medium|normal|p?2)|p2|should[- ]haves?",
        r"medium|normal",
    ),
    "critical": (
        (
            r"critical(?:[- ]prio(?:rity)?)?|prio(?:rity)?\s*[:=]?\s*(?:critical|urgent|highest|p?0)|urgent(?:ly)?"
            r"|a\.?s\.?a\.?p\.?|as soon as possible|p0|(?:highest|top)[- ]prio(?:rity)?|show-?stopper"
        ),
        r"blocker|emergency|immediately|right away|right now|at once|drop everything",
    ),
    "high": (
        r"(?:very )?high(?:er)?[- ]prio(?:rity)?|prio(?:rity)?\s*[:=]?\s*(?:high|p?1)|p1|must[- ]haves?",
        r"important(?:ly)?|most important(?:ly)?|mandatory|essential",
    ),
}
"""Level -> the words that mean it wherever they stand out, and those that mean it only where they stand apart
("optional: …", "(minor)"): elsewhere they are part of the work ("make the field optional")."""
_STRONG = {level: strong for level, (strong, _) in _MARKS.items()}
_ALL = {level: f"{strong}|{soft}" for level, (strong, soft) in _MARKS.items()}
_ANY = "|".join(_ALL.values())
_ANY_STRONG = "|".join(_STRONG.values())

OPENING = re.compile(
    rf"[\[(]\s*(?:{_ANY})\s*[\])]\s*[:,–—-]*\s*"
    rf"|(?:this (?:one )?is |very |really |with |at |as (?:an? )?)?(?:{_ANY})(?: (?:please|pls|as well|too|again|one))*"
    r"(?:\s*[:!,–—]+\s*|\s+-+\s+)(?=\S)"
    r"|p[0-5]\s+(?=[a-z])"
    rf"|(?:with|at|as) (?:an? )?(?:{_ANY_STRONG})\s+(?=\w)"
    rf"|(?:{_TIME})(?:,\s*|\s+(?=\w))",
    re.IGNORECASE,
)
"""A marker that opens a clause: "[P1] …", "urgent: …", "if time permits, …"."""

_TROUBLE = (
    r"(?:[\w'-]+ ){0,3}?(?:bugs?|issues?|fix(?:es)?|crash(?:es)?|errors?|problems?|vulnerabilit(?:y|ies)"
    r"|regressions?|outages?|leaks?|holes?|flaws?|tasks?|defects?|failures?|hotfix|glitch(?:es)?|flaw)\b"
)
_REPORTING = re.compile(
    r"\W*(?:log|show|alert|display|report|count|filter|highlight|notify|e-?mail|page|list|group|mark|flag|send|emit"
    r"|raise|throw|escalate|add|support|document|test)\b",
    re.IGNORECASE,
)
"""With these verbs "critical errors" are what the program deals with, not the work."""
_MENDING = re.compile(
    r"\W*(?:please )?(?:fix|stop|revert|roll back|patch|resolve|revoke|rotate|disable|take down|restore|repair|get"
    r"|call|block|ship|deploy|release|hotfix)\b",
    re.IGNORECASE,
)
_AT_ONCE = re.compile(r"\b(?:immediately|right away|right now|at once)[\s.!]*$", re.IGNORECASE)
_SHOUTED_NOW = re.compile(r"\bNOW\s*!")


def _inside(level: Priority) -> re.Pattern[str]:
    """Return the pattern for a level's marker within or at the end of a task: "… (P1)", "…, low priority"."""
    words = _STRONG[level]
    apart = rf"[\[(]\s*(?:[^()\[\]]*[,;] ?)?(?:this (?:one )?is )?(?:{_ALL[level]})\s*(?:[,;][^()\[\]]*)?[\])]"
    closing = rf"(?:,|;|[-–—:!.]|\b(?:is|are|as|that's|it's|would be|with|at)(?: (?:very|a|of))?)\s*(?:{words})[\s.!]*$"
    anywhere = {"low": rf"|\b(?:{_TIME})\b", "critical": r"|\b(?:asap|as soon as possible|urgently)\b"}.get(level, "")
    return re.compile(apart + "|" + closing + anywhere, re.IGNORECASE)


_INSIDE = {level: _inside(level) for level in _MARKS}
_WITH_TROUBLE = {
    level: re.compile(rf"\b(?:{_STRONG[level]})\s+{_TROUBLE}", re.IGNORECASE) for level in _MARKS if level != "normal"
}
_WHOLE = {
    level: re.compile(
        rf"\b(?:{strong})\b|^\W*(?:{soft})\b(?:\W+[\w'-]+){{0,2}}\W*$|[\[(](?:{soft})[\])]", re.IGNORECASE
    )
    for level, (strong, soft) in _MARKS.items()
}
_ALONE = re.compile(rf"(?:and|this is|it's|that's|but|[\s\[(,;:!.–—-])*(?:{_ANY})[\s\]),;:!.–—-]*", re.IGNORECASE)


def level(marker: str) -> Priority:
    """Return the priority that a marker means; normal for a text that holds none."""
    return announced(marker) or "normal"


def mentioned(text: str) -> Priority | None:
    """Return the priority that a task's own words give it; None if they give none."""
    found: list[Priority] = [priority for priority, pattern in _INSIDE.items() if pattern.search(text)]
    if not _REPORTING.match(text):
        found.extend(priority for priority, pattern in _WITH_TROUBLE.items() if pattern.search(text))
    if (_AT_ONCE.search(text) and _MENDING.match(text)) or _SHOUTED_NOW.search(text):
        found.append("critical")
    if "low" in found and "critical" in found and _WHOLE["low"].search(text):
        found.remove("critical")  # "not urgent" holds "urgent"
    return min(found, key=PRIORITIES.index) if found else None


def announced(heading: str) -> Priority | None:
    """Return the priority that a heading or lead-in gives to everything below it; None if it gives none."""
    return next((priority for priority, pattern in _WHOLE.items() if pattern.search(heading)), None)


def without_time(text: str) -> str:
    """Return a text without "when you have time" and the like, which say nothing of the work."""
    return _IF_TIME.sub(" ", text)


def is_marker(text: str) -> bool:
    """Tell whether the text is nothing but a marker ("low priority", "(urgent)")."""
    return bool(_ALONE.fullmatch(text))
