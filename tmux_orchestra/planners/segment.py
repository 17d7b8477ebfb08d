"""Cuts a block into clauses: the stretches of a sentence that may each be a task, a remark or background."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tmux_orchestra.planners import statements
from tmux_orchestra.planners.boundary import CONDITION, Seam
from tmux_orchestra.planners.clues import is_requirement
from tmux_orchestra.planners.faults import is_fault
from tmux_orchestra.planners.opening import Opening, is_weak, read_opening
from tmux_orchestra.planners.order import Wait, leading_wait, opens_with_wait, trailing_task, turning_back
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.priority import announced, is_marker
from tmux_orchestra.planners.verbs import VERB_FINAL
from tmux_orchestra.planners.wordlist import one_of


@dataclass(frozen=True, slots=True)
class Clause:
    """One stretch of a sentence and how it hangs together with its neighbours."""

    said: Phrase
    opening: Opening
    sentence: int
    """Counts the sentences of a block."""
    label: str = ""
    """What stood before a colon at the head of the sentence."""
    waits: tuple[Wait, ...] = ()
    listed: bool = False
    """One of several things enumerated side by side, so a task even without a verb."""
    in_passing: bool = False
    """Named only to say when the rest of the sentence is done."""
    chained: bool = False
    """An arrow leads here from the clause before."""
    after: int = 0
    """It waits for so many clauses before it: three in "add A, add B and test both before deploying"."""


_LONGEST_SENTENCE = 8000
"""In letters; so long are pasted logs, and reading more at once would only take time."""
_SENTENCE = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|(?<=[。！？])|\n+")
_ARROW = re.compile(r"\s*(?:→|⇒|➜|➔|⟶|\s-+>|\s=+>)\s*|\s>>?\s")
_HARD = re.compile(r"\s*[;；]\s*")
_SOFT = re.compile(
    r"\s*,(?=[\u3040-\u9fff])|\s*,\s+|\s*[，、،]\s*|\s+(?=(?:and|then|but|plus|&|und|y|e|et|puis|en|och|og|i|oraz|и|а"
    r"|sowie|dann|luego|poi|ve|και|और|và|ja|és|și)\s)|(?<=[고며])\s+|\s+\+\s+|\s+[-–—]{1,2}\s+|(?<=\w):\s+"
    r"|(?<=[\u4e00-\u9fff])(?=(?:并且|并|然后|接着|以及))"
)
_WHENEVER = re.compile(r"(?:when(?:ever)?|if|unless|while|in case|every time)\s")
_LABEL = re.compile(r"(?P<label>(?:[^:;.!?]|\.(?=\w)){1,60}?)\s*[:：]\s*(?=\S)(?<=\s)|(?P<wide>[^:;.!?]{1,40})：")
_THINGS = re.compile(
    r"\b"
    + one_of(
        r"""
        (?:two|three|four|five|a few|some|several|(?:a )?couple(?: of)?|few|more) (?:\w+ )?\
        (?:things|items|points|issues|requests|topics|matters|changes|wishes|ideas)
        what (?:i|we) (?:want|need|have in mind)|to-?dos?|tasks?|backlog|bugs?|features?|fixes|found|findings
        today|tomorrow|this (?:week|sprint)|next|later|after [\w-]+|phase \w+|wanted|needed|needs?|wants?
        missing|open|still|left|remaining|wish ?list|priorit\w+|blockers?|leftovers?
        """
    )
    + r"\b"
)
"""Labels of lists: what follows them stands side by side."""
_JOINED = re.compile(r"(?:(?<=\s)(?:and|but|then|also)\s*)+$")
_WAITING = re.compile(r"once|after|when|as soon as|now that|the moment")


def clauses(text: str) -> Iterator[Clause]:
    """Yield a block's clauses in the order in which they were written."""
    for number, sentence in enumerate(Phrase.of(text).split(_SENTENCE)):
        for start in range(0, len(sentence.text), _LONGEST_SENTENCE):
            yield from _sentence(sentence.cut(start, start + _LONGEST_SENTENCE), number)


def _sentence(sentence: Phrase, number: int) -> Iterator[Clause]:
    """Cut one sentence: at its colon, its arrows and semicolons, then at commas and "and"."""
    outer = read_opening(sentence)
    label, body = _label(outer.core)
    shared = replace(outer, core=body, verb="", link="")
    enumerated = bool(label) and (announced(label) is not None or bool(_THINGS.search(label.casefold())))
    if outer.group:
        enumerated = True
    first = True
    for piece, chained in _hard_pieces(body if label or outer.group or outer.parallel else sentence):
        for clause in _part(piece, number):
            opening = clause.opening
            if first and outer.link and not opening.link:
                opening = replace(opening, link=outer.link)
            if first or outer.group or label:
                opening = replace(opening, priority=opening.priority or shared.priority)
            parallel = opening.parallel or shared.parallel
            opening = replace(opening, parallel=parallel, polite=opening.polite or shared.polite)
            joined = replace(clause, opening=opening, label=label, chained=chained and clause.chained)
            yield from _enumerate(joined) if enumerated else (joined,)
            first = False


def _label(core: Phrase) -> tuple[str, Phrase]:
    """Split "Checkout: add coupons" at its colon; no label if it is the instruction itself ("Add three tabs: …")."""
    found = _LABEL.match(core.mask)
    if not found or _WHENEVER.match(core.mask):
        return "", core
    rest = core.cut(found.end())
    label = core.text[: found.end()].rstrip(" :：")
    if read_opening(core).verb and not read_opening(rest).verb:
        return "", core
    return label, rest


def _hard_pieces(body: Phrase) -> Iterator[tuple[Phrase, bool]]:
    """Cut at semicolons and arrows; True for a piece to which an arrow leads."""
    for part in body.split(_HARD):
        pieces = list(part.split(_ARROW))
        if read_opening(pieces[0]).verb and not all(read_opening(piece).verb for piece in pieces[1:]):
            yield part, False  # "rename a -> b"
            continue
        for place, piece in enumerate(pieces):
            yield piece, place > 0


def _part(part: Phrase, sentence: int) -> Iterator[Clause]:
    """Cut what no semicolon or arrow divides, first where "…, and, once that is done, …" interrupts it."""
    start = 0
    for found in _SOFT.finditer(part.mask):
        end, begin = part.seam(found)
        rest = read_opening(part.cut(begin, begin + _WINDOW)).core
        waits = _WAITING.match(rest.mask) and opens_with_wait(rest)
        if begin > start and (waits or turning_back(part.cut(begin, begin + _WINDOW))):
            joined = _JOINED.search(part.mask, start, end)
            yield from _stretch(part.cut(start, joined.start() if joined else end), sentence)
            start = begin
    yield from _stretch(part.cut(start), sentence)


def _stretch(part: Phrase, sentence: int) -> Iterator[Clause]:
    """Cut what may open with one "once the API is done, …"."""
    if stated := statements.cut(part):
        yield from (Clause(piece, read_opening(piece), sentence) for piece in stated)
        return
    waits: tuple[Wait, ...] = ()
    opening = read_opening(part)
    rest = part
    if led := leading_wait(part if turning_back(part) else opening.core):
        wait, rest, task = led
        waits = (wait,)
        if task:
            yield Clause(task, read_opening(task), sentence, listed=True, chained=True, in_passing=True)
    elif CONDITION.match(opening.core.mask) and "," in opening.core.mask:
        yield Clause(part, _main_clause(opening), sentence, chained=True)
        return
    elif opening.link == "after that":
        waits = (Wait("that", "after", "after that"),)
    for place, piece in enumerate(_soft_pieces(rest)):
        own = replace(piece, sentence=sentence, waits=waits, chained=place == 0)
        if place == 0 and waits and rest is not part:
            own = replace(
                own,
                opening=replace(
                    own.opening, priority=own.opening.priority or opening.priority, parallel=opening.parallel
                ),
            )
        yield from _split_before(own, place + 1)


def _main_clause(opening: Opening) -> Opening:
    """Take the verb of "when …, ask for confirmation" from behind the comma; the sentence stays one."""
    for comma in re.finditer(r",\s+(?:then\s+)?", opening.core.mask):
        main = read_opening(opening.core.cut(comma.end()))
        if main.verb:
            end = len(opening.core.text) - len(main.core.text) + main.verb_end
            return replace(opening, verb=main.verb, verb_end=end, known=main.known)
    return opening


def _split_before(clause: Clause, count: int) -> Iterator[Clause]:
    """Make two of "run the suite before deploying", one otherwise; `count`: which clause of its part it is."""
    asks = clause.opening.verb or is_requirement(clause.opening.core)
    both = trailing_task(clause.opening.core) if asks else None
    if both is None:
        yield clause
        return
    earlier, later = both
    opening = read_opening(earlier)
    kept = replace(clause.opening, core=opening.core, verb=opening.verb, verb_end=opening.verb_end)
    yield replace(clause, said=earlier, opening=kept)
    yield Clause(later, read_opening(later), clause.sentence, after=count, in_passing=True)


_LONGEST_CLAUSE = 1000
"""What comes after so many letters only explains; the prompt has it all."""
_WINDOW = 400
"""How far a clause is read, in letters, to see how it opens or ends."""


def _soft_pieces(part: Phrase) -> Iterator[Clause]:
    """Cut at those commas and conjunctions after which a new instruction begins."""
    cuts = [part.seam(found) for found in _SOFT.finditer(part.mask)]
    start, opening = 0, read_opening(part)
    core_at = read_to = opening.at
    merged = False
    for place, (end, begin) in enumerate(cuts):
        if end < max(core_at, read_to) or begin <= start:
            continue
        rest = part.cut(begin, begin + _WINDOW)
        right = read_opening(rest)
        right_at = part.skip_space(begin) + right.at
        stop = next((later for later, _ in cuts[place + 1 :] if later > right_at), None)
        seam = Seam(
            left=part.cut(max(core_at, end - _WINDOW), end),
            opening=opening,
            right=replace(right, core=part.cut(right_at, stop)),
            rest=right.core,
            comma=bool(part.mask[end:begin].strip()),
            merged=merged,
        )
        if not seam.right.core or not seam.begins_anew():
            merged, read_to = True, right_at
            continue
        closed = part.cut(core_at, end)
        if seam.shares_object():  # "refactor and test the pricing module"
            closed = Phrase.of(f"{closed.text} {seam.right.core.text[right.verb_end :].strip()}")
            yield Clause(closed, replace(opening, core=closed), 0)
        else:
            yield Clause(part.cut(start, end), _ending(opening, closed), 0)
        if seam.leaves_verb_out():  # "tests for the parser, docs for the API"
            right = replace(right, verb=opening.verb, verb_end=0, known=opening.known, elided=True)
        start, opening, core_at, merged = begin, right, right_at, False
    yield Clause(part.cut(start), _ending(opening, part.cut(core_at)), 0)


def _ending(opening: Opening, core: Phrase) -> Opening:
    """Let a clause end with `core`; one whose verb comes last is read again, for that was a later clause's."""
    core = core.cut(0, _LONGEST_CLAUSE)
    own = read_opening(core) if opening.verb in VERB_FINAL or not opening.verb else opening
    return replace(opening, core=core, verb=own.verb, verb_end=own.verb_end, known=own.known)


def _enumerate(clause: Clause) -> Iterator[Clause]:
    """Cut "password meter, lockout" under a label like "Must have" at every comma, if no verb says otherwise."""
    opening = clause.opening
    if (opening.verb and not is_weak(opening)) or is_fault(opening.core):
        yield replace(clause, listed=True)
    else:
        yield from things_listed(clause)


_COMMA = re.compile(r",\s+(?:and\s+)?")
_RELATIVE = re.compile(r"(?:which|who|that|where|das|der|die|den|que|qui|che|dat)\b")
_ARTICLE = re.compile(r"(?:an?|the|some|our|more|better|new|another)\s")
_FINITE = re.compile(r"\b(?:is|are|was|were|has|have|had|does|do|did|can|could|will|would|should|must|may|might)\b")


def lists_things(clause: Clause) -> bool:
    """Tell whether a clause without a verb is a list of things: "a retry policy, a fix for X, an updated manual"."""
    core = clause.opening.core
    things = [] if clause.opening.verb or _FINITE.search(core.mask) else list(core.split(_COMMA))
    return len(things) > 1 and all(_ARTICLE.match(thing.mask) for thing in things)


def things_listed(clause: Clause) -> Iterator[Clause]:
    """Cut "dark mode, offline support and a map" into its things."""
    opening = clause.opening
    commas = re.compile(r",\s+(?:and\s+|or\s+)?" + (r"|\s+and\s+" if "," in opening.core.mask else ""))
    pieces = [piece for piece in opening.core.split(commas) if not is_marker(piece.text)]
    if any(_RELATIVE.match(piece.mask) for piece in pieces[1:]):  # "a script, which runs at night, and …"
        pieces = [opening.core]
    for piece in pieces:
        own = read_opening(piece)
        noun = is_weak(own) and len(pieces) > 1  # "order tracking page" beside "delivery slots"
        said = clause.said if len(pieces) == 1 else piece
        yield replace(
            clause,
            said=said,
            listed=True,
            opening=replace(
                opening,
                core=own.core,
                verb="" if noun else own.verb,
                verb_end=0 if noun else own.verb_end,
                known=own.known and not noun,
            ),
        )
