"""How a clause opens: the words before the instruction, what they say, and the verb that makes it one."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from tmux_orchestra.core.plan import Kind, Priority
from tmux_orchestra.planners import imperatives, preamble
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.preamble import Link
from tmux_orchestra.planners.priority import OPENING as PRIORITY_OPENING
from tmux_orchestra.planners.priority import level
from tmux_orchestra.planners.verbs import FOREIGN, VERBS, with_particle
from tmux_orchestra.planners.wordlist import word_set

_MOST_PREAMBLES = 12


@dataclass(frozen=True, slots=True)
class Opening:
    """What comes before a clause's own words, and the clause itself (`core`)."""

    core: Phrase
    at: int = 0
    """Where `core` begins in what was read."""
    verb: str = ""
    """In the spelling of `verbs`, or as written for a verb we do not know; empty: no instruction."""
    verb_end: int = 0
    """Where the object begins in `core`."""
    known: bool = False
    gerund: bool = False
    """Its verb is an -ing form ("would you mind fixing …")."""
    negated: bool = False
    """It asks for something not to happen ("don't crash on empty input")."""
    elided: bool = False
    """Its verb was said in the clause before ("write tests for A, tests for B")."""
    link: Link = ""
    priority: Priority | None = None
    group: bool = False
    """The priority stood before a colon and so counts for all that follows it."""
    parallel: bool = False
    polite: bool = False
    ordered: bool = False
    """Its first word must be a verb: "can you …", "we want to …"."""
    so: bool = False
    """It is drawn as a conclusion ("…, so ask for an audit"): what comes before is the reason."""
    more: bool = False
    """It is one more matter ("Also, …")."""
    wish: Literal["", "ours", "theirs"] = ""
    """It says what somebody wants to have; `core` is that."""
    ticket: str = ""
    """The number of the issue that stands before it."""
    said_kind: str = ""
    """The kind of work that stands before it: "fix: …", "[docs] …"."""

    @property
    def instruction(self) -> str:
        """The clause from its verb on, as an order: "fix the tips" for "fixing the tips"."""
        text = self.core.text
        if self.elided:
            return f"{self.verb} {text}"
        return self.verb + text[self.verb_end :] if self.gerund else text

    @property
    def object(self) -> str:
        """What the verb is about, as the mask has it."""
        return self.core.mask[self.verb_end :].strip()

    @property
    def kind(self) -> Kind:
        """The kind of work that the verb means by itself, with its particle ("sort that out")."""
        return VERBS.get(with_particle(self.verb, self.core.mask[self.verb_end :]), "feature")


@lru_cache(maxsize=1024)  # the same words are looked at for several reasons, one after the other
def read_opening(phrase: Phrase) -> Opening:
    """Read what stands before the instruction, as often as there is something, then the verb."""
    opening = Opening(phrase)
    for _ in range(_MOST_PREAMBLES):
        shorter = next((read for step in _STEPS if (read := step(opening))), None)
        if shorter is None:
            break
        opening = shorter
    core = opening.core
    gerund = False
    negated = imperatives.find_negated(core)
    verb = negated if negated.name else imperatives.find_verb(core)
    if not verb.name:
        verb = imperatives.find_gerund(core, polite=opening.polite)
        gerund = bool(verb.name)
    if not verb.name and opening.ordered:
        verb = imperatives.bare_verb(core)
    return replace(
        opening,
        at=len(phrase.text) - len(core.text),
        verb=verb.name,
        verb_end=verb.end,
        known=verb.known,
        gerund=gerund,
        negated=bool(negated.name),
        wish="" if verb.name else opening.wish,
    )


def is_weak(opening: Opening) -> bool:
    """Tell whether the verb may as well be a noun here ("test coverage")."""
    return imperatives.may_be_noun(imperatives.Verb(opening.verb, opening.verb_end, opening.known), opening.core)


def _symbols(opening: Opening) -> Opening | None:
    found = preamble.SYMBOLS.match(opening.core.mask)
    return replace(opening, core=opening.core.cut(found.end())) if found else None


def _priority(opening: Opening) -> Opening | None:
    found = PRIORITY_OPENING.match(opening.core.text)
    if not found:
        return None
    marker = found.group().rstrip()
    group = opening.group or marker.endswith(":")
    return replace(opening, core=opening.core.cut(found.end()), priority=level(marker), group=group)


def _ticket(opening: Opening) -> Opening | None:
    found = preamble.TICKET.match(opening.core.text)
    return replace(opening, core=opening.core.cut(found.end()), ticket=found["ticket"]) if found else None


def _kind(opening: Opening) -> Opening | None:
    found = preamble.CONVENTIONAL.match(opening.core.text)
    if not found or not (rest := opening.core.cut(found.end())):
        return None
    return replace(opening, core=rest, said_kind=(found["kind"] or found["tag"]).casefold())


def _order(opening: Opening) -> Opening | None:
    for link, pattern in preamble.ORDER:
        found = pattern.match(opening.core.mask)
        if found and _stands_alone(opening.core.cut(found.end()), found.group()):
            return replace(opening, core=opening.core.cut(found.end()), link=link or opening.link)
    return None


def _parallel(opening: Opening) -> Opening | None:
    found = preamble.PARALLEL.match(opening.core.mask)
    rest = opening.core.cut(found.end()) if found else None
    return replace(opening, core=rest, parallel=True) if rest else None


def _our_wish(opening: Opening) -> Opening | None:
    text = opening.core.mask
    found = None if preamble.LIKING.match(text) else preamble.WISH.match(text)
    return replace(opening, core=opening.core.cut(found.end()), wish="ours") if found else None


def _politeness(opening: Opening) -> Opening | None:
    found = preamble.POLITE.match(opening.core.mask)
    if not found:
        return None
    return replace(
        opening, core=opening.core.cut(found.end()), polite=True, ordered=bool(preamble.ORDERS.search(found.group()))
    )


def _their_wish(opening: Opening) -> Opening | None:
    found = preamble.THEIR_WISH.match(opening.core.mask)
    return replace(opening, core=opening.core.cut(found.end()), wish="theirs") if found else None


def _connective(opening: Opening) -> Opening | None:
    text = opening.core.mask
    found = preamble.GREETING.match(text) or preamble.CONNECTIVE.match(text)
    if not found:
        return None
    so, more = bool(preamble.THEREFORE.match(text)), bool(preamble.MOREOVER.match(text))
    return replace(opening, core=opening.core.cut(found.end()), so=opening.so or so, more=opening.more or more)


def _short_and(opening: Opening) -> Opening | None:
    """Take off "y", "e", "i" before words that are foreign as well."""
    found = preamble.SHORT_AND.match(opening.core.mask)
    rest = opening.core.cut(found.end()) if found else None
    if not rest:
        return None
    foreign = imperatives.find_verb(rest).name in FOREIGN or any(
        after.end() > 1 for _, pattern in preamble.ORDER if (after := pattern.match(rest.mask))
    )
    return replace(opening, core=rest) if foreign else None


def _adjunct(opening: Opening) -> Opening | None:
    """Take off "in the admin area, …" before an instruction."""
    core = opening.core
    if preamble.SEQUENCE.match(core.mask):
        return None
    if found := preamble.ADJUNCT.match(core.mask):
        rest = core.cut(found.end())
        return replace(opening, core=rest) if rest and _instructs(rest) else None
    if not preamble.PLACE.match(core.mask):
        return None
    gaps = [gap for _, gap in zip(range(preamble.LONGEST_PLACE + 1), _GAP.finditer(core.mask), strict=False)][1:]
    for gap in gaps:
        rest = core.cut(gap.end())
        verb = imperatives.find_verb(rest)
        before = core.mask[: gap.start()].rpartition(" ")[2]
        if before in _BEFORE_NOUN or not verb.known or imperatives.may_be_noun(verb, rest):
            continue
        return replace(opening, core=rest)
    return None


_GAP = re.compile(r"\s+")
_BEFORE_NOUN = word_set("to the a an and or our my your its of with without for in on not each every all no new")
"""What follows these is a noun, or a verb that is no instruction ("in order to fix …")."""


_STEPS = (
    _symbols,
    _priority,
    _ticket,
    _kind,
    _order,
    _parallel,
    _our_wish,
    _politeness,
    _their_wish,
    _connective,
    _short_and,
    _adjunct,
)
"""What may stand before an instruction; the first that is there is taken off, then all are tried again."""


def _instructs(rest: Phrase) -> bool:
    """Tell whether a text opens with an instruction, so that what stands before it says where or when."""
    asked = preamble.POLITE.match(rest.mask) or preamble.WISH.match(rest.mask)
    return bool(rest) and bool(asked or imperatives.find_verb(rest).name)


def _stands_alone(rest: Phrase, marker: str) -> bool:
    """Tell whether a word like "first" stood alone: "first add X", but not "first name is missing"."""
    if not rest or marker.rstrip().endswith((",", ":", "，", "、")):
        return bool(rest)
    if any(char > "\u2e80" for char in marker):
        return True
    return _instructs(rest) or not marker.startswith(("first", "last", "next", "second"))
