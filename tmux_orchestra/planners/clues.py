"""What tells the sorts of clauses apart: requirements, reports, lead-ins that speak of order."""

import re

from tmux_orchestra.planners.courtesy import is_praise
from tmux_orchestra.planners.faults import is_fault, is_hearsay
from tmux_orchestra.planners.opening import Opening, read_opening
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.statements import frees_order, only_refers, states_chain
from tmux_orchestra.planners.stems import overlap

_REQUIREMENT = re.compile(
    r"(?P<subject>(?:[\w'\u02d0-]+ )[^,;]{0,60}?)\s*\b(?:sh[ou]+l?d|must|shall|needs?(?= \S)|gets?(?= (?:an?|its own"
    r"|some|new|their own)\b)"
    r"|has to|have to|ought to|will|can(?= (?:only|then|also)\b)|(?:is|are) supposed to)\b"
)
_BACK = re.compile(
    r"(?:(?:the|this|that) (?:\w+ )?ones?|it|they|this|that|these|those|each|every|which|its"
    r"|their)\b(?!.*\b(?:depend|independent|parallel)\b)"
)
_PRONOUN_OBJECT = re.compile(
    r"\s*(?:(?:all|both|each) of (?:it|this|that|them|these|those)|it|this|that|them|these|those|both)(?=[\s.,!?;:]"
    r"|$)(?! (?:\w+ )?(?:page|screen|form|list|button|week"
    r"|sprint))"
    r"|\s+(?:the|this|that|these|those) (?:bugs?|issues?|problems?|errors?|things?|crash(?:es)?|ones?|leaks?"
    r"|regressions?|mess)\b"
    r"(?! (?:in|with|of|on|when|where|that|around)\b)"
)
_NO_OBJECT = re.compile(
    r"\s*(?:(?:please|asap|now|soon|quickly|first|urgently|right away|immediately|today|properly)[\s.,!?]*)*"
)
_ITS_CAUSE = re.compile(
    r"\s*(?:(?:the )?(?:root )?(?:cause|reason|culprit)s?(?! (?:of|for)\b)|(?:why|what|where|how)\b(?! (?:the|our"
    r"|an?|some|users?)\b)"
    r"|where (?:the|all the|all that) (?:time|memory|money|space)\b|what(?:'s| is) (?:going on|wrong|happening"
    r"|causing)|why[.!?]?$)"
)
_INSISTS = re.compile(
    r"(?:it|this|that|these|those|they|which) (?:really |just )?(?:has to|have to|must|needs? to|should|ought to) "
    r"(?:really |finally )?(?:stop|end|change|go|go away|be (?:fixed|solved|resolved|corrected|sorted))\b"
)
_IT = re.compile(r"\b(?:it|this)\b(?! (?:is|was|\w+s)\b)", re.IGNORECASE)
_UNKNOWN = re.compile(r"(?:whatever|whichever|wherever|if it turns out|once (?:you|we) know|depending on)\b")
_SEVERAL = re.compile(r"\s*(?:all\b|both\b|them\b|these\b|those\b|everything\b)")
_CONDITION = re.compile(
    r"(?:when(?:ever)?|if|unless|while|as long as|in case|every time|each time|once|after|as soon as)\s"
)
_QUESTION = re.compile(
    r"(?:why|how come|how (?:do|does|is|are|can|many|much|often|long)|what (?:causes?|makes?|is causing|happens"
    r"|does)|what's causing"
    r"|where (?:does|do|is|are)|which|does|do|is|are|can|could)\b"
)
_OUR_NEED = re.compile(
    r"(?:do we (?:still |really |actually |even )*(?:need|use|want)|should we (?!please)|(?:is|are) (?:the|our"
    r"|any) .*\b(?:still"
    r"|worth|needed|used|necessary)\b)"
)
_CHATTER_ABOUT_US = re.compile(r"\b(?:you|your|i|me|we|up|going on|this|that|it|there)\b")
_CHATTER = re.compile(
    r"\b(?:i|you|we|my|your|it's|that's|what|why|how|who|whose|where|is this|are you|do you|can you)\b"
)
_IN_ORDER = re.compile(
    r"\bin (?:(?:exactly )?(?:this|the following|that|the given)|strict) order\b"
    r"|\b(?:in order|one after (?:the other|another)|step by step|in sequence|sequentially|one by one|one at a time)\b"
)
_BESIDE = re.compile(
    r"\b(?:in parallel|at the same time|simultaneously|concurrently|independent(?:ly)?|in any order|separately"
    r"|side by side)\b"
)
_BACKGROUND = re.compile(
    r"(?:some |a bit of |quick |the )?(?:context|background|fyi|for context|for reference|motivation|reason(?:ing)?"
    r"|why|status"
    r"|situation|history|rationale|recap|heads[- ]up)"
)


def is_requirement(core: Phrase) -> bool:
    """Tell whether the clause says what should be, rather than what somebody heard."""
    found = _REQUIREMENT.match(core.mask)
    if not found or is_hearsay(core):
        return False
    return not (only_refers(found["subject"]) and re.search(r"\d", found["subject"]))  # "4 can go any time"


def goes_on_with(core: Phrase, task: str) -> bool:
    """Tell whether "it should …" or "the wizard should …" says more of the task before it."""
    if _BACK.match(core.mask):
        return True
    found = _REQUIREMENT.match(core.mask)
    return bool(found) and overlap(core.text[: found.end("subject")] if found else "", task)


def takes_up(opening: Opening) -> bool:
    """Tell whether the instruction is about what was just described ("fix it", "correct this problem")."""
    text, at = opening.core.mask, opening.verb_end
    if opening.kind in ("bugfix", "research") and _NO_OBJECT.fullmatch(text, at):  # "Fix asap."
        return True
    return bool(_PRONOUN_OBJECT.match(text, at) or (opening.kind == "research" and _ITS_CAUSE.match(text, at)))


def is_about_it(core: Phrase) -> bool:
    """Tell whether the clause goes on about what was just said ("it returns 500", "that has to stop")."""
    return bool(_BACK.match(core.mask))


def insists(core: Phrase) -> bool:
    """Tell whether the clause asks for an end of what was just said ("that has to stop")."""
    return bool(_INSISTS.match(core.mask))


def refers_back(text: str) -> bool:
    """Tell whether a text speaks of something said before ("I can reproduce it"), so that it describes nothing."""
    return bool(_IT.search(text))


def is_unknown(text: str) -> bool:
    """Tell whether a text stands for what is still to be found out ("whatever turns out to be the culprit")."""
    return bool(_UNKNOWN.match(text.casefold()))


def is_question(core: Phrase) -> bool:
    """Tell whether the clause asks for the cause of something ("why is the build so slow?")."""
    return (
        bool(_QUESTION.match(core.mask))
        and core.mask.rstrip().endswith("?")
        and (bool(_OUR_NEED.match(core.mask)) or not _CHATTER_ABOUT_US.search(core.mask))
    )


def means_several(opening: Opening) -> bool:
    """Tell whether the instruction is about all that was just described ("fix these")."""
    return bool(_SEVERAL.match(opening.core.mask, opening.verb_end))


def is_conditional(core: Phrase) -> bool:
    """Tell whether the clause describes a behaviour ("when a user …, ask …")."""
    return bool(_CONDITION.match(core.mask))


def is_chatter(core: Phrase) -> bool:
    """Tell whether the clause talks to somebody, so that it is no task even if nothing else is one."""
    return is_praise(core) or (bool(_CHATTER.search(core.mask)) and not is_fault(core))


def is_background(label: str) -> bool:
    """Tell whether a label ("Context: …") says that what follows only explains."""
    return bool(_BACKGROUND.fullmatch(label.casefold().strip()))


def in_order(lead_in: str) -> bool:
    """Tell whether a lead-in says that the list below it is in order."""
    return bool(_IN_ORDER.search(lead_in.casefold())) or states_chain(Phrase.of(lead_in))


def side_by_side(lead_in: str) -> bool:
    """Tell whether a lead-in says that the list below it may be done in any order."""
    return bool(_BESIDE.search(lead_in.casefold())) or frees_order(Phrase.of(lead_in)) is not None


def instructs(text: str) -> bool:
    """Tell whether a text opens with an instruction."""
    return bool(read_opening(Phrase.of(text)).verb)
