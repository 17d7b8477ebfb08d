"""Sentences about the order of the work and nothing else: "2 depends on 1", "these two are independent"."""

import re

from tmux_orchestra.planners.opening import read_opening
from tmux_orchestra.planners.phrase import Phrase

LONGEST = 300
"""Such sentences are short: nothing longer is taken for one."""

_LONGEST_LIST = 1000
_BESIDE = (
    r"(?:independent(?:ly)?|in parallel|at the same time|simultaneously|concurrently|side by side|in any order"
    r"|separately"
    r"|at once|together in time|parallel to each other|alongside each other|in tandem|(?:at )?any ?time|whenever)"
)
_ORDER_ONLY = re.compile(
    r"(?:please |and |but |just |all |do |them |these |this |those |everything |it |work |go |tasks? |items? "
    r"|steps? |things? |can be done |should be done |must be done |to be done |be |the |is |are |must |should "
    r"|has to |have to "
    r"|needs? to |done |happen |run |execute[d]? |handle |tackle |through |on |one |following |finish(?:ed)? "
    r"|complete[d]? "
    r"|work through |take |list |we |you |order matters[,:;]? ?|strictly )*"
    r"(?P<chain>(?:exactly )?(?:in|keep|follow|respect|mind|stick to) (?:(?:exactly |precisely )?(?:this|that"
    r"|the (?:given|listed"
    r"|following|above|stated|same|exact)|the|strict|given|listed|sequential|sequence|the right|exact|exactly) )*"
    r"(?:order|sequence|turn)"
    r"|in order|in sequence|sequentially|one (?:after|by) (?:the other|another|one)|one at a time|step by step"
    r"|strictly in order"
    r"|top to bottom|from top to bottom|top down|(?:the )?order (?:matters|is (?:important|fixed|relevant)))"
    r"(?: (?:listed|given|below|above|please|only|of (?:the list|listing|mention)|they (?:are|appear).*|shown|here))*"
)
_NO_ORDER = re.compile(
    r"(?:the |in )?(?:order|sequence)(?: of .*)? (?:does not|doesn't|is not|isn't) (?:matter|important|relevant)"
    r"|(?:in )?(?:any|no particular|whatever|whichever) order(?: you (?:like|want))?(?: is fine)?"
)
_INDEPENDENT = re.compile(
    r"(?P<imperative>(?:do|run|handle|tackle|work on|take|treat|start|make)"
    r" (?P<them>them|these|both|all(?: of (?:them|these))?|everything|these two|those|those two)(?: \w+)?"
    rf" {_BESIDE})(?: please| if possible| where possible)?"
    r"|(?P<who>.*?)\s*\b(?:is|are|can|could|may|should|must|do|run|have|has|don't|do not"
    rf"|work)\b.*?\b(?:{_BESIDE}|nothing to do with each other|unrelated|depend on each other)\b.*"
    rf"|(?P<rest>everything else|(?:all )?the (?:rest|others?)|all (?:the )?others?|the other (?:ones|tasks|two|three)"
    rf"|\d+(?:(?:, | and |, and | & )\d+)*)(?: (?:go|goes|runs?))? {_BESIDE}"
    rf"|(?P<bare>(?:all |both |everything )?{_BESIDE}(?: please| if possible| where possible)?)"
)
_SUBJECT = r"(?P<who>(?:(?!\b(?:so that|because|which|that|when|if)\b).)+?)"
_PASSING = (
    r"(?:also|both|all|only|then|each|itself|in turn|obviously|of course|is|are|be|will|would|can|should|must|may"
    r"|has to"
    r"|have to|needs? to|cannot|can't|can only|starts?|be (?:done|started|made|built)|happens?|begins?|comes?|runs?"
    r"|goes?"
    r"|waits?|lands?|stays?|to be done|done|only)"
)
_DEPENDS = re.compile(
    rf"{_SUBJECT},?\s+(?:{_PASSING}\s+)*"
    r"(?P<how>depend(?:s|ent|ing)? (?:up)?on|rel(?:y|ies) on|blocked (?:by|on|until)|blocks|wait(?:s|ing)? (?:for|on"
    r"|until)|needs?|requires?|follows?|builds? (?:up)?on|presupposes?|after|once|until|before|precedes?|ahead of"
    r"|prior to|unblocks|hinges on|assumes)\s+(?P<what>.+)"
)
_PLACEMENT = re.compile(
    r"(?:do|run|start|finish|complete|tackle|handle|get|ship|merge) (?P<who>it|this|that|both|them|these)(?: done)? "
    r"(?:only |right |directly )?(?P<how>before|after|once) (?P<what>.+)"
)
_NOT_BEFORE = re.compile(
    r"(?:but |and |just |please )*(?:don't|do not|never) (?:start|begin|do|work|touch|merge|ship|deploy|release|run"
    r"|even think)(?: (?:on|with|about))? (?P<who>.+?) (?:until|before|unless) (?P<what>.+)"
)
_FIRST = re.compile(
    r"(?:please |and |but )*(?:(?:do|finish|tackle|handle) (?P<who>it|that|this|those|these|both|the \w+ ones?"
    r"|the (?:first|last|latter|former)|(?:step|task|number|item) \d+|#?\d+) first|(?:start"
    r"|begin) with (?P<first>[^,;]+)(?:,? (?:and )?then .*)?)"
    r"|(?P<ticket>#\d+|[a-z]{2,10}-\d+|(?:step|task|number|item|no\.?) \d+)(?: (?:comes|goes|is|must be"
    r"|should be))? first"
)
"""Do the quick one first."""
_NOT = re.compile(r"\b(?:can't|cannot|can not|must not|mustn't|shouldn't|should not|may not|won't|not|never)\b")
_JOINING = re.compile(r"(?:and|but|or|so|then|also|the|of|only|it is|\s)*")
_HARD = re.compile(r"depend|rel(?:y|ies) on|block|wait|precede|presuppose|unblock|hinge")
_REFERENCE = re.compile(
    r"(?:(?:step|task|item|number|no\.?|point|issue|ticket|story|the|and|or|both|#|\d{1,9}(?!\d)(?:st|nd|rd|th)?"
    r"|[a-z]{2,}-\d{1,9}(?!\d)"
    r"|first|second|third|fourth|fifth|last|former|latter|previous|one|two|ones|all|others|other|that|this|it|these"
    r"|those|them|they|everything|rest|of|[a-h]\b)[\s,&/]*)+"
)


_CUT = re.compile(r",\s+(?:(?:and|while|but|whereas)\s+)?|\s+(?:and|while|but|whereas)\s+")


def cut(part: Phrase) -> list[Phrase]:
    """Cut "2 and 3 depend on 1, 4 depends on 2" into its statements; nothing if it is anything else."""
    if len(part.mask) > _LONGEST_LIST:
        return []
    found = _cut(part, [gap.span() for gap in _CUT.finditer(part.mask)], 0, {})
    return found if any(map(dependency, found)) else []


def _cut(part: Phrase, gaps: list[tuple[int, int]], start: int, known: dict[int, list[Phrase]]) -> list[Phrase]:
    """Cut what begins at `start`, at the first gap between two statements; `known` holds what was found so far."""
    if start not in known:
        known[start] = []
        for end, after in gaps:
            if end > start and _is_statement(part.cut(start, end)) and (rest := _cut(part, gaps, after, known)):
                known[start] = [part.cut(start, end), *rest]
                return known[start]
        whole = part.cut(start)
        known[start] = [whole] if _is_statement(whole) else []
    return known[start]


def _is_statement(phrase: Phrase) -> bool:
    """Tell whether a phrase is a whole statement, and no instruction."""
    said = dependency(phrase) is not None or frees_order(phrase) is not None
    return said and not read_opening(phrase).verb


def states_chain(phrase: Phrase) -> bool:
    """Tell whether the phrase says that what is listed is done in that order, and nothing else."""
    return len(phrase.mask) < LONGEST and bool(_ORDER_ONLY.fullmatch(phrase.mask.rstrip(".:!, ")))


def frees_order(phrase: Phrase, *, instructs: bool = False) -> str | None:
    """Return who may run side by side, as the person said it ("" for all); None if nothing is said of it.

    `instructs`: the phrase opens with a verb ("make the tests run in parallel"), so that only "do them in parallel"
    speaks of the work itself.
    """
    text = phrase.mask.rstrip(".:!, ")
    if len(text) > LONGEST:
        return None
    if _NO_ORDER.fullmatch(text):
        return ""
    found = _INDEPENDENT.fullmatch(text)
    if not found or (instructs and not found["imperative"]):
        return None
    return found["who"] or found["them"] or found["rest"] or ""


def placement(phrase: Phrase) -> tuple[str, str, str] | None:
    """Read "do that before the release" as `(who, how, what)`; None if the phrase says nothing of the kind."""
    text = phrase.mask.rstrip(".:!, ")[:LONGEST]
    if found := _FIRST.fullmatch(text):
        return "the others", "after", found["who"] or found["first"] or found["ticket"]
    if found := _NOT_BEFORE.fullmatch(text):
        return found["who"], "after", found["what"]
    found = _PLACEMENT.fullmatch(text)
    return (found["who"], found["how"], found["what"]) if found else None


def only_refers(words: str) -> bool:
    """Tell whether words like "step 2" or "both" name no task themselves."""
    return bool(_REFERENCE.fullmatch(words.casefold()))


def dependency(phrase: Phrase) -> tuple[str, str, str] | None:
    """Read "2 and 3 depend on 1" as `(who, how, what)`; None if the phrase says nothing of the kind."""
    text = phrase.mask.rstrip(".:!, ")
    found = _DEPENDS.fullmatch(text) if len(text) < LONGEST else None
    if not found:
        return None
    who, how, what = found["who"], found["how"], found["what"]
    if how in ("before", "until") and _NOT.search(text[: found.start("how")]):
        how = "after"  # "can't be started before the rewrite is done"
    said = phrase.text[: len(text)]
    who, what = said[found.start("who") : found.end("who")], said[found.start("what") : found.end("what")]
    references = only_refers(who) and only_refers(what)
    negated = how == "after" and found["how"] != "after"
    if _JOINING.fullmatch(who.casefold()) or not (_HARD.match(how) or references or negated):
        return None
    return who, how, what
