"""What a clause says about order: "once X is done", "before deploying", "(depends on 3)"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tmux_orchestra.planners.faults import is_fault
from tmux_orchestra.planners.imperatives import find_verb
from tmux_orchestra.planners.kinds import kind_of
from tmux_orchestra.planners.opening import read_opening
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.verbs import ONE_OFF, base_of, base_of_participle, works_on_product

Direction = Literal["after", "before"]


@dataclass(frozen=True, slots=True)
class Wait:
    """A task comes after (or before) what `words` name; `said` is how the person put it."""

    words: str
    direction: Direction
    said: str


_BE = r"(?:is|are|'s|'re|has been|have been|has|have|had|was|were|gets?|got|becomes?|comes?|goes|went)"
_DONE = (
    rf"(?:{_BE}\s+)?(?:all |both |fully |completely |successfully |safely |finally |actually |officially )*"
    r"(?:done(?: and dusted)?|finished|completed?|complete|ready|merged|in place|live|deployed|shipped|released"
    r"|available|working"
    r"|works?|land(?:s|ed)?|pass(?:es|ed)?|in|up|up and running|running|runs?(?: there| here| fine| stably| smoothly)?"
    r"|there|out|on|over|through|finishes|completes|ends"
    r"|green|exists?|implemented|approved|stable|settled|in production|in prod|on staging|on (?:main|master)"
    r"|in (?:main|master)"
    r"|behind us|clear|known|sorted|set|good|happy|ships|stands?|launche[sd]|around|usable|closed|off the table"
    r"|resolved)"
)
_BUILT = (
    r"(?:is|are|has been|have been|'s been|'s|gets?|got|was|were)\s+(?:all |both |fully |finally )*(?:\w+ed|built"
    r"|set up|rebuilt"
    r"|rewritten|written|made|found|put in place|split|up|sent|cut|gone|shut down|drawn|chosen|known|shown|run)"
    r"(?: (?:out|up|in|down|over|away|back))?"
)
_SINCE = (
    r"(?:only |right |directly |immediately |just |but )*(?:once|as soon as|when|after|now that|following|upon"
    r"|the moment"
    r"|the minute|immediately)"
)
_LEADING = re.compile(
    rf"(?P<how>{_SINCE}|(?:right |immediately |just |directly )?before|prior to|until|ahead of)\s+(?=\S)"
)
_TURNING_BACK = re.compile(
    r"(?:(?:but|and|though) )?(?:(?:right |just )?(?:before|prior to|ahead of)(?: all)? (?:that|this|it|which"
    r"|doing (?:so|that|it|this)"
    r"|(?:you|we) (?:do|start)(?: (?:so|that|it|this))?)|but first)(?:,\s*|\s+)(?:please\s+)?(?=[a-z])"
)
"""What follows comes before the task that was just named: "…, but before that dump the tables"."""
_COMPLETE = re.compile(
    rf"(?P<what>.+?)(?:\s+|(?='s\b|'re\b))(?:{_DONE}|{_BUILT})(?: (?:and|&) (?:{_DONE}|{_BUILT}))?[\s,]*$"
)
_DONE_THEN = re.compile(rf"[^,]{{1,80}}?(?:\s(?:is|are|has been|have been|was|were)|'s|'re)\s+(?:{_DONE})\s+(?=[a-z])")
_GERUND = re.compile(r"(?:(?:you|we)(?:'re| are)? |i'm |i am )?([a-z-]+ing)\b(?! (?:order|system))")
_PERSON = re.compile(
    r"(?:you|we|i|anyone|anybody|someone)\s+(?:(?:have|'ve|then|actually|start to|finally|can|could)\s+)?(?=[a-z])"
)
_OURS = re.compile(r"(?:we|i)\s")
"""Whatever the speakers do themselves is work on the product."""
_DEFINITE = re.compile(r"\s+(?:the|our|my|this|that|these|those|all|everything|to)\b")
_COMMA = re.compile(r",\s+(?:then\s+)?|\s+then\s+")
_HAS_OBJECT = re.compile(r"ing\s+\S")
_WORK = re.compile(
    r"the (?:[\w-]+ )?(?:roll-?out|release|deployment|launch|migration|upgrade|cut-?over|switch(?:over)?|move|rewrite"
    r"|refactoring|removal|go-live) (?:of|to|from)\b"
)
_DEVELOPERS_ONLY = ("docs", "test", "chore", "infra")
"""Kinds of work that users of a product never do."""
_IN_PARENTHESES = re.compile(
    r"[(\[]\s*(?:this |it |which |that )?(?:also |only )?(?:is |to be done |do |done |must come |comes |has to wait "
    r"|should )*"
    r"(?P<how>depend(?:s|ent|ing)? on|rel(?:y|ies) on|blocked (?:by|on)|wait(?:s|ing)? (?:for|on)|needs?|requires?"
    r"|after|once|when|as soon as|before|blocks|follows|prereq(?:uisite)?s?:?|deps?:?|depends:?|dependenc(?:y|ies):?"
    r"|requires:)\s*:?\s+(?P<what>[^()\[\]]+?)\s*[)\]]",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:,\s*|\s+[-–—]+\s*|\s+)(?:(?:but |and )?(?:this |it |which |that )?(?:also |only |obviously )?(?:is |that's )?)"
    r"(?P<how>depend(?:s|ent|ing)? on|rel(?:y|ies) on|blocked (?:by|on)|wait(?:s|ing)? (?:for|on)|which (?:needs"
    r"|requires)|(?:this|it) (?:needs|requires)|but only (?:after|once|when)|only (?:after|once|when)"
    r"|(?:right |immediately |directly )?after|once|as soon as|when|(?:right |immediately )?before|prior to"
    r"|following|pending|contingent on|now that|the moment|(?:based|built|building) on(?! (?:it|them|this|that"
    r"|these)\b))"
    r"\s+(?P<what>(?:(?! (?:after|once|as soon as|when|before|prior to) ).)+?)[.!\s]*$"
)
_PARTICIPLE = re.compile(r"\b(?:is|are|gets?|got|was|were) (\w+ed)[\s.!]*$")
_LATER = re.compile(r",?\s+(?P<said>(?:right )?(?:afterwards?|after that|thereafter|subsequently|right after))[.!\s]*$")
_BEFORE = re.compile(r"before|prior|blocks")
_INDEFINITE = re.compile(
    r"(?:a|an|any|every|each|some|someone|somebody|users?|customers?|people|visitors?|clients?|something)\b"
)


def direction_of(how: str) -> Direction:
    """Return on which side of the named tasks this one stands."""
    return "before" if _BEFORE.search(how.casefold()) else "after"


def leading_wait(phrase: Phrase) -> tuple[Wait, Phrase, Phrase | None] | None:
    """Read "Once the API is done, …" as `(wait, the rest, a task named by it or None)`.

    None if the phrase opens otherwise, or if what it opens with is a condition ("when a user …").
    """
    if back := turning_back(phrase):
        return Wait("that", "before", phrase.text[: back.end()].strip(" ,")), phrase.cut(back.end()), None
    opened = _LEADING.match(phrase.mask)
    if not opened:
        return None
    if done := _DONE_THEN.match(phrase.mask, opened.end()):
        rest = phrase.cut(done.end())
        if read_opening(rest).known:  # "after the schema is in place build …", without a comma
            return _read_wait(opened["how"], phrase.cut(opened.end(), done.end()), rest, phrase)
    commas = list(_COMMA.finditer(phrase.mask, opened.end()))
    if not commas:
        return None
    # A list may come first ("after 1, 2 and 3, add …"): the clause ends where an instruction begins.
    comma = next((comma for comma in commas if read_opening(phrase.cut(comma.end())).verb), commas[0])
    what, rest = phrase.cut(opened.end(), comma.start()), phrase.cut(comma.end())
    return _read_wait(opened["how"], what, rest, phrase)


def turning_back(phrase: Phrase) -> re.Match[str] | None:
    """Match the "but before that" or "but first" before an instruction; None if the phrase opens otherwise."""
    found = _TURNING_BACK.match(phrase.mask)
    return found if found and read_opening(phrase.cut(found.end())).verb else None


def opens_with_wait(phrase: Phrase) -> bool:
    """Tell whether a phrase is "once mypy is green, turn on the hook": an order in the middle of a sentence."""
    opened = _LEADING.match(phrase.mask)
    comma = _COMMA.search(phrase.mask, opened.end()) if opened else None
    if not opened or not comma:
        return False
    done = _COMPLETE.fullmatch(phrase.mask[opened.end() : comma.start()])
    if not done or _INDEFINITE.match(done["what"]):
        return False
    return bool(read_opening(phrase.cut(comma.end())).verb)


def _read_wait(how: str, what: Phrase, rest: Phrase, whole: Phrase) -> tuple[Wait, Phrase, Phrase | None] | None:
    """Decide whether "HOW WHAT, REST" is an order, and whether WHAT is a task of its own."""
    said = whole.text[: len(whole.text) - len(rest.text)].rstrip(", ")
    direction = direction_of(how)
    task = gerund_task(what) or (_noun_task(what) if direction == "before" else None)
    if task and (direction == "before" or _HAS_OBJECT.search(what.mask)):
        return Wait(task.text, direction, said), rest, task
    if complete := _COMPLETE.fullmatch(what.mask):
        named = what.cut(0, complete.end("what"))
        if _INDEFINITE.match(named.mask):
            return None
        return Wait(named.text, direction, said), rest, None
    if how.startswith(("when", "once")) or _INDEFINITE.match(what.mask) or is_fault(what):
        return None
    return Wait(what.text, direction, said), rest, None


def gerund_task(what: Phrase) -> Phrase | None:
    """Read "migrating the blog" as a task; None if it is not something developers do."""
    if found := _GERUND.match(what.mask):
        order = Phrase.of(base_of(found[1]) + what.text[found.end(1) :])
    elif person := _PERSON.match(what.mask):
        order = what.cut(person.end())
    else:
        return None
    verb = find_verb(order)
    definite = bool(_DEFINITE.match(order.mask, verb.end)) or order.text[verb.end :].lstrip()[:1].isupper()
    one_off = definite and (verb.name in ONE_OFF or kind_of(read_opening(order)) in _DEVELOPERS_ONLY)
    ours = bool(_OURS.match(what.mask))
    return order if verb.known and (ours or one_off or works_on_product(verb.name)) else None


def _noun_task(what: Phrase) -> Phrase | None:
    """Read "the rollout of 3.2 to the field" as a task; None for anything less explicit."""
    return what if _WORK.match(what.mask) else None


def waits_within(phrase: Phrase) -> Iterator[Wait]:
    """Yield what a clause says of its place in parentheses or at its end; whether tasks are meant is decided later."""
    for found in _IN_PARENTHESES.finditer(phrase.text):
        yield Wait(found["what"], direction_of(found["how"]), found.group().strip("()[] "))
    if later := _LATER.search(phrase.mask):
        yield Wait("that", "after", later["said"])
    if trailing := _TRAILING.search(phrase.mask):
        found = trailing
        what = phrase.cut(found.start("what"), found.end("what"))
        complete = _COMPLETE.fullmatch(what.mask)
        named = what.cut(0, complete.end("what")) if complete else what
        conditional = re.search(r"when|once", found["how"]) and not complete
        if complete and found["how"] == "when" and (done := _PARTICIPLE.search(what.mask)):
            conditional = not works_on_product(base_of_participle(done[1]))  # "when the card is pulled"
        if not conditional and not _INDEFINITE.match(named.mask):
            yield Wait(
                named.text, direction_of(found["how"]), phrase.text[found.start("how") : found.end()].strip(" .!")
            )


def without_done(words: str) -> str:
    """Return "the rewrite" for "the rewrite is done"."""
    done = _COMPLETE.fullmatch(words.casefold())
    return words[: done.end("what")] if done else words


def trailing_task(phrase: Phrase) -> tuple[Phrase, Phrase] | None:
    """Split "run the suite before deploying to staging" into its two tasks, the earlier first; None if it is one."""
    found = _TRAILING.search(phrase.mask)
    if not found or direction_of(found["how"]) != "before":
        return None
    task = gerund_task(phrase.cut(found.start("what")))
    return (phrase.cut(0, found.start()), task) if task else None
