"""The kind of work that a noun phrase means: "a retry policy", "flaky tests", "removal of the compat flag"."""

import re

from tmux_orchestra.core.plan import Kind
from tmux_orchestra.planners import objects
from tmux_orchestra.planners.opening import Opening, is_weak
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.spelling import mend_nouns
from tmux_orchestra.planners.wordlist import word_set

_PREPOSITION = re.compile(
    r"(?:^|\s)(?:in|on|to|for|of|from|with|at|about|into|by|when|where|that|which|so|after|before|once|via|through"
    r"|under|over|per|on top|without|against|as|using|if|because|until|whenever|during|across|while|and its|between"
    r"|covering)\s|[,(]|\s[-–—]+\s|\s{2,}"
)
_TAIL = re.compile(
    r"(?:[\s,]+(?:up|out|down|back|over|together|in|on|off|too|as well|also|again|please|pls|accordingly|properly|first"
    r"|last|there|here|now|asap|afterwards?|later|instead|everywhere|twice|locally|soon|today|tomorrow|finally|then"
    r"|thanks?|thx|once more|this (?:week|sprint|month)|next (?:week|sprint)))+[\s.!?]*$"
)
"""Adverbs after an object."""
ARTICLE = re.compile(
    r"^(?:(?:as well as|and|plus|also|an?|the|some|our|your|another|more|new|updated?|short|proper|better|basic"
    r"|simple)\s+)+"
)
_NAMING = word_set(
    """
    audit profile review survey study check report address note outline cover backup release launch host split merge
    swap switch boost pool archive upgrade mask guard escape trace measure scale snapshot mirror debug spike freeze
    drain test estimate benchmark format model
    """
)
"""Verbs that open the name of a thing as often as an instruction."""
_LONGEST_NAME = 100
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|do|did|can|could|will|would|should|must|may|might|\w+n't|fails?|failed"
    r"|takes?"
    r"|took|says?|said|shows?|needs?|breaks?|broke|i|we|you|they|it|no|not)\b"
)
_NOTE = re.compile(
    r"\b(?:notes?|entry|entries|sections?|paragraphs?|chapters?|pages?|mentions?|words?|hints?|examples?)$"
)


def object_head(opening: Opening) -> str:
    """Return the direct object without what is said of it: "tests" of "tests for the scheduler"."""
    found = _PREPOSITION.search(opening.object)
    return _TAIL.sub("", mend_nouns((opening.object[: found.start()] if found else opening.object).strip()))


def names_thing(opening: Opening) -> bool:
    """Tell whether what looks like a verb is part of a name: "audit log", "profile pictures", "split payments"."""
    if opening.verb not in _NAMING or not is_weak(opening):
        return False
    return bool(objects.SCREENS_AND_PARTS.fullmatch(opening.object))


def names_work(core: Phrase) -> bool:
    """Tell whether a phrase without a verb names docs or tests to be written: "docs for the feed please"."""
    return names_thing_alone(core) and bool(on_paper_noun(head_noun(core.mask), core.mask))


def names_thing_alone(core: Phrase) -> bool:
    """Tell whether a phrase is a short name without a finite verb."""
    return len(core.mask) < _LONGEST_NAME and not _FINITE.search(core.mask)


def head_noun(text: str) -> str:
    """Return a noun phrase without its article and without what is said of the thing."""
    text = ARTICLE.sub("", text.strip())
    found = _PREPOSITION.search(text)
    return mend_nouns((text[: found.start()] if found else text).strip(" .!"))


def is_plain_noun(text: str) -> bool:
    """Tell whether a phrase names a thing to be made: "an opt-out for the crash reporter", "a retry policy"."""
    return bool(
        re.match(r"(?:an?|some|another|more|better|nicer|support for|new)\s", text)
    ) and not objects.TROUBLE.search(head_noun(text))


def on_paper_noun(head: str, text: str) -> Kind | None:
    """Return docs or test for a noun phrase that names some; None for others."""
    if objects.WITHIN_PRODUCT.search(text):
        return None
    if objects.TESTS.search(head):
        return "test"
    return "docs" if objects.DOCS.search(head) or (_NOTE.search(head) and objects.DOCS_PLACE.search(text)) else None


_DONE: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(
            r"\b(?:refactoring|refactor|clean-?up|renaming|rename|restructuring|removal|deletion|migration|rewrite"
            r"|extraction|deduplication|port|split|deprecation|consolidation|replacement|reorgani[sz]ation"
            r"|simplification)[\s.!]*$"
        ),
        "refactor",
    ),
    (re.compile(r"\b(?:upgrades?|bumps?|updates? to|dependenc\w+|housekeeping)\b"), "chore"),
    (
        re.compile(
            r"\b(?:investigation|comparison|evaluation|analysis|research|spike|feasibility(?: study)?|benchmarks?"
            r"|proof of concept|poc|root cause)\b"
        ),
        "research",
    ),
    (re.compile(r"\b(?:caching|optimi[sz]ations?|speed-?ups?|simd|vectori[sz]ation|parallelization)\b"), "performance"),
)
"""Nouns made of verbs."""


def kind_of_noun(head: str, text: str) -> Kind | None:
    """Read the kind off a noun phrase, its head before what is said of that; None for a thing of the product."""
    if kind := on_paper_noun(head, text):
        return kind
    if objects.SPEEDING.search(head):
        return "performance"
    if objects.SECURITY.search(text):
        return "security"
    if objects.TROUBLE.search(head) or objects.WORDING.search(head):
        return "bugfix"
    for pattern, kind in _DONE:
        if pattern.search(head):
            return kind
    if objects.UPKEEP.search(head):
        return "chore"
    if objects.PERFORMANCE.search(text):
        return "performance"
    infra = objects.INFRA.search(text) or objects.BUILDS.search(head) or objects.RELEASE.search(head)
    return "infra" if infra else None
