"""What a clause says should be: "the scheduler must be removed", "the parser needs tests", "it should not flicker"."""

import re
from dataclasses import dataclass

from tmux_orchestra.planners.verbs import base_of, base_of_participle

_ADVERBS = (
    r"(?:(?:also|still|always|really|finally|now|just|all|only|be able to|probably|please|at least|eventually) )*"
)
_REQUIREMENT = re.compile(
    r"(?P<subject>(?:(?!\b(?:is|are|was|were|does|do|has|have|because|although|but|when|if|so|that"
    r"|which)\b)[^,;:]){1,80}?)\s+"
    r"(?:(?:should|must|shall|ought to|has to|have to|needs? to|can(?=no| no|'t)|(?:is|are) supposed to|had better"
    r"|better)"
    rf"(?P<negated>n't|not|(?: (?:not|never|no longer|stop))\b)?|(?P<lacks>needs?|lacks?|is missing|could use"
    rf"|deserves?|wants?))\s+"
    rf"{_ADVERBS}(?P<rest>.+)"
)
_PASSIVE = re.compile(r"(?:be|get)\s+(?:\w+ly |completely |fully )*(?P<participle>[a-z-]+)\b(?P<after>.*)")
_VANISH = re.compile(
    r"(?:go(?: away)?|die|disappear|vanish|leave|get lost)\b(?! (?:to|through|into|from|on|up|down|over)\b)"
)
_THERE = re.compile(r"(?:be there|exist|be (?:available|in place))\b")
_GERUND = re.compile(r"(?P<gerund>[a-z]+ing)\b(?P<after>.*)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What should be, as the instruction that would ask for it, or as a thing that is wanted."""

    instruction: str = ""
    """The same as an order: "remove the scheduler"."""
    wanted: str = ""
    """What the subject needs to have: "tests"."""
    behaviour: str = ""
    """What the subject should do."""
    negated: bool = False


def requirement(text: str) -> Requirement | None:
    """Read a masked clause as a requirement; None if it says nothing of what should be."""
    found = _REQUIREMENT.fullmatch(text.strip(" .!"))
    if not found:
        return None
    subject, rest = found["subject"].strip(), found["rest"]
    if found["lacks"]:
        gerund = _GERUND.fullmatch(rest)
        verb = base_of(gerund["gerund"]) if gerund else ""
        return Requirement(f"{verb} {subject}{gerund['after']}") if gerund and verb else Requirement(wanted=rest)
    if found["negated"]:
        return Requirement(behaviour=rest, negated=True)
    if _VANISH.match(rest):
        return Requirement(f"remove {subject}")
    if _THERE.match(rest):
        return Requirement(wanted=subject)
    passive = _PASSIVE.fullmatch(rest)
    if passive and (verb := base_of_participle(passive["participle"])):
        return Requirement(f"{verb} {subject}{passive['after']}")
    return Requirement(behaviour=rest)
