"""What tells the sorts of clauses apart: wishes, requirements, found bugs, lead-ins that speak of order."""

import re

from tmux_orchestra.planners.faults import is_fault, is_hearsay
from tmux_orchestra.planners.opening import NO_VERB, Opening, read_opening
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.remarks import states_chain
from tmux_orchestra.planners.stems import overlap

_WISH = re.compile(
    r"(?:i|we|they|sales|support|marketing|people|(?:the |our )?(?:team|customers?|users?))(?: also| really| still"
    r"| just)?"
    r" (?:need|want|would like|'d like|require|could use|are missing|is missing|miss|lack)s? (?!to\b|you\b)"
    r"|i'd (?:also )?like (?!to\b)|what(?:'s| is) (?:missing|needed) is |(?:it|this) is time for |how about "
    r"|(?:there|here) (?:should|must|needs to|has to|ought to) be "
)
_FOUND_BUG = re.compile(
    r"(?:there(?:'s| is| are|'re)|(?:i|we)(?:'ve| have)?(?: found| got| see| noticed)?) (?:also |still |again )*"
    r"(?:a|an|some|another|one|this|two)\b"
)
_REQUIREMENT = re.compile(
    r"(?P<subject>(?:[\w-]+ )[^,;]{0,60}?)\s*\b(?:should|must|shall|needs? (?:to|an?|some|more|better|proper|its own)"
    r"|has to|have to"
    r"|ought to|will"
    r"|(?:is|are) supposed to)\b"
)
_BACK = re.compile(r"(?:it|they|this|that|these|those|each|every|which|its)\b(?!.*\b(?:depend|independent|parallel)\b)")
_PRONOUN_OBJECT = re.compile(
    r"\s*(?:it|this|that|them|these|those|both)\b|\s+(?:the|this|that) (?:bug|issue|problem|error|thing|crash|one)\b"
)
_CONDITION = re.compile(
    r"(?:when(?:ever)?|if|unless|while|as long as|in case|every time|each time|once|after|as soon as)\s"
)
_FINITE = re.compile(
    r"(?:'s|'re|'m|'ve|'ll|'d)\b|\b(?:is|are|was|were|be|been|am|has|have|had|do|does|did|can|could|will|would|shall"
    r"|should|may|might|must|isn't|aren't|don't|doesn't|i|we|you|he|she|they|what|who|how|why|where|when"
    r"|looks|seems|feels|goes|went|got|came|comes|needs|wants|likes|loves|hates|says|said|thinks)\b|\?\s*$"
)
_CHATTER = re.compile(r"\b(?:i|you|we|it's|that's|what|why|how|who|whose|where|is this|are you|do you|can you)\b")
_IN_ORDER = re.compile(
    r"\bin (?:(?:exactly )?(?:this|the following|that|the given)|strict) order\b"
    r"|\b(?:in order|one after (?:the other|another)|step by step|in sequence|sequentially|one by one)\b"
)
_BESIDE = re.compile(
    r"\b(?:in parallel|at the same time|simultaneously|concurrently|independent(?:ly)?|in any order|separately"
    r"|side by side)\b"
)


def is_wish(core: Phrase) -> bool:
    """Tell whether the clause asks by saying what is wanted ("we need a settings page")."""
    return bool(_WISH.match(core.mask))


def is_found_bug(core: Phrase) -> bool:
    """Tell whether the clause reports a bug ("there's a bug where …")."""
    return bool(_FOUND_BUG.match(core.mask)) and is_fault(core)


def is_requirement(core: Phrase) -> bool:
    """Tell whether the clause says what should be, rather than what somebody heard."""
    return bool(_REQUIREMENT.match(core.mask)) and not is_hearsay(core)


def goes_on_with(core: Phrase, task: str) -> bool:
    """Tell whether "it should …" or "the wizard should …" says more of the task before it."""
    if _BACK.match(core.mask):
        return bool(_REQUIREMENT.match(core.mask)) or not is_fault(core)
    found = _REQUIREMENT.match(core.mask)
    return bool(found) and overlap(core.text[: found.end("subject")] if found else "", task)


def takes_up(opening: Opening) -> bool:
    """Tell whether the instruction is about what was just described ("fix it", "correct this problem")."""
    return bool(_PRONOUN_OBJECT.match(opening.core.mask, opening.verb_end))


def is_conditional(core: Phrase) -> bool:
    """Tell whether the clause describes a behaviour ("when a user …, ask …")."""
    return bool(_CONDITION.match(core.mask))


def reads_as_order(core: Phrase) -> bool:
    """Tell whether a clause with an unknown verb is an instruction ("reject names …"): it has no other verb."""
    words = core.mask.split()
    if len(words) < 2 or words[0] in NO_VERB or words[0].endswith(("s", "ing", "ed", ":")):  # noqa: PLR2004
        return False
    return not _FINITE.search(core.mask) and not is_hearsay(core)


def is_chatter(core: Phrase) -> bool:
    """Tell whether the clause talks to somebody, so that it is no task even if nothing else is one."""
    return bool(_CHATTER.search(core.mask)) and not is_fault(core)


def in_order(lead_in: str) -> bool:
    """Tell whether a lead-in says that the list below it is in order."""
    return bool(_IN_ORDER.search(lead_in.casefold())) or states_chain(Phrase.of(lead_in))


def side_by_side(lead_in: str) -> bool:
    """Tell whether a lead-in says that the list below it may be done in any order."""
    return bool(_BESIDE.search(lead_in.casefold()))


def instructs(text: str) -> bool:
    """Tell whether a text opens with an instruction."""
    return bool(read_opening(Phrase.of(text)).verb)
