"""What a clause says about order: "once X is done", "before deploying", "(depends on 3)"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tmux_orchestra.planners.opening import read_opening
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.verbs import PROJECT_VERBS, base_of

Direction = Literal["after", "before"]


@dataclass(frozen=True, slots=True)
class Wait:
    """A task comes after (or before) what `words` name; `said` is how the person put it."""

    words: str
    direction: Direction
    said: str


_DONE = (
    r"(?:(?:is|are|'s|has been|have been|has|have|was|were|gets?)\s+)?(?:all |both |fully |completely |successfully )?"
    r"(?:done|finished|completed?|complete|ready|merged|in place|live|deployed|shipped|released|available|working"
    r"|works?|land(?:s|ed)?|pass(?:es|ed)?|in|up|up and running"
    r"|green|exists?|implemented|approved|stable|over|through|finishes|completes|there|out|settled|in production"
    r"|on main|in main|behind us|clear|known|is clear)"
)
_BUILT = (
    r"(?:is|are|has been|have been|'s been|gets?)\s+(?:all |both )?(?:\w+ed|built|set up|rebuilt|rewritten"
    r"|written|made|found|put in place|split|up|sent)(?: (?:out|up|in|down|over))?"
)
_SINCE = (
    r"(?:only )?(?:once|as soon as|when|after|now that|right after|immediately after|directly after|following|upon)"
)
_LEADING = re.compile(rf"(?P<how>{_SINCE}|(?:right |immediately )?before|prior to|until)\s+(?=\S)")
_COMPLETE = re.compile(rf"(?P<what>.+?)\s+(?:{_DONE}|{_BUILT})(?: (?:and|&) (?:{_DONE}))?[\s,]*$")
_DONE_THEN = re.compile(rf"[^,]{{1,80}}?\s(?:is|are|has been|have been|was|were)\s+(?:{_DONE})\s+(?=[a-z])")
_GERUND = re.compile(r"(?:you(?:'re| are)? |we(?:'re| are)? |i'm |i am )?([a-z]+ing)\b(?! (?:order|system))")
_PERSON = re.compile(r"(?:you|we|i)\s+(?:(?:have|'ve|then|actually|start to|finally)\s+)?(?=[a-z])")
_COMMA = re.compile(r",\s+(?:then\s+)?|\s+then\s+")
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
    r"|following)\s+(?P<what>(?:(?! (?:after|once|as soon as|when|before|prior to) ).)+?)[.!\s]*$"
)
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


def _read_wait(how: str, what: Phrase, rest: Phrase, whole: Phrase) -> tuple[Wait, Phrase, Phrase | None] | None:
    """Decide whether "HOW WHAT, REST" is an order, and whether WHAT is a task of its own."""
    said = whole.text[: len(whole.text) - len(rest.text)].rstrip(", ")
    direction = direction_of(how)
    if direction == "before" and (task := gerund_task(what)):
        return Wait(task.text, "before", said), rest, task
    if complete := _COMPLETE.fullmatch(what.mask):
        named = what.cut(0, complete.end("what"))
        if _INDEFINITE.match(named.mask):
            return None
        return Wait(named.text, direction, said), rest, None
    if how.startswith(("when", "once")) or _INDEFINITE.match(what.mask):
        return None
    return Wait(what.text, direction, said), rest, None


def gerund_task(what: Phrase) -> Phrase | None:
    """Read "migrating the blog" as a task; None if it is not something developers do."""
    found = _GERUND.match(what.mask)
    if found:
        verb = base_of(found[1])
        return Phrase.of(verb + what.text[found.end(1) :]) if verb in PROJECT_VERBS else None
    person = _PERSON.match(what.mask)
    if person and what.mask[person.end() :].split(" ")[0] in PROJECT_VERBS:
        return what.cut(person.end())
    return None


def waits_within(phrase: Phrase) -> Iterator[Wait]:
    """Yield what a clause says of its place in parentheses or at its end; whether tasks are meant is decided later."""
    for found in _IN_PARENTHESES.finditer(phrase.text):
        yield Wait(found["what"], direction_of(found["how"]), found.group().strip("()[] "))
    if trailing := _TRAILING.search(phrase.mask):
        found = trailing
        what = phrase.cut(found.start("what"), found.end("what"))
        complete = _COMPLETE.fullmatch(what.mask)
        named = what.cut(0, complete.end("what")) if complete else what
        conditional = re.search(r"when|once", found["how"]) and not complete
        if not conditional and not _INDEFINITE.match(named.mask):
            yield Wait(
                named.text, direction_of(found["how"]), phrase.text[found.start("how") : found.end()].strip(" .!")
            )


def trailing_task(phrase: Phrase) -> tuple[Phrase, Phrase] | None:
    """Split "run the suite before deploying to staging" into its two tasks, the earlier first; None if it is one."""
    found = _TRAILING.search(phrase.mask)
    if not found or direction_of(found["how"]) != "before":
        return None
    task = gerund_task(phrase.cut(found.start("what")))
    return (phrase.cut(0, found.start()), task) if task else None
