"""Cuts a block into clauses: the stretches of a sentence that may each be a task, a remark or background."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tmux_orchestra.planners import remarks
from tmux_orchestra.planners.faults import is_fault
from tmux_orchestra.planners.opening import Opening, is_weak, read_opening
from tmux_orchestra.planners.order import Wait, leading_wait, trailing_task
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.priority import announced, is_marker
from tmux_orchestra.planners.verbs import ENGLISH, USER_VERBS
from tmux_orchestra.planners.wordlist import word_set


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
    chained: bool = False
    """An arrow leads here from the clause before."""
    needed_by_next: bool = False
    """The next clause of the sentence waits for this one ("X before deploying")."""


_SENTENCE = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|(?<=[。！？])|\n+")
_ARROW = re.compile(r"\s*(?:→|⇒|➜|➔|⟶|\s-+>|\s=+>)\s*|\s>>?\s")
_HARD = re.compile(r"\s*[;；]\s*")
_SOFT = re.compile(
    r"\s*,(?=[\u3040-\u9fff])|\s*,\s+|\s*[，、]\s*|\s+(?=(?:and|then|but|plus|&|und|y|e|et|puis|en|och|og|i|oraz|и|а"
    r"|sowie|dann|luego|poi|ve)\s)|(?<=[고며])\s+|\s+\+\s+"
    r"|(?<=[\u4e00-\u9fff])(?=(?:并且|并|然后|接着|以及))"
)
_TE_FORM = re.compile(r"[しじちりいきぎびみえけせてでれねべめ고며][、,，]?\s*$")
_LABEL = re.compile(r"(?P<label>[^:;.!?]{1,60}?)\s*[:：]\s*(?=\S)(?<=\s)|(?P<wide>[^:;.!?]{1,40})：")
_TODO = re.compile(
    r"\b(?:to-?dos?|tasks?|backlog|bugs?|features?|fixes|today|tomorrow|this (?:week|sprint)|next|wanted|needed"
    r"|missing|open|still|left|remaining|wish ?list|priorit\w+)\b"
)
_USERS_DO = re.compile(
    r"(?:^(?:let|allow|enable|permit|make it possible)\b|\b(?:users?|customers?|people|admins?|they|one|you|visitors"
    r"|members?|owners?|clients?) (?:can|could|may|to|should)\b|\bable to\b)"
)
_MODAL_END = re.compile(
    r"\b(?:to|can|could|will|should|must|may|would|not|and) (?:\w+ly )?[a-z-]+(?: (?:up|down|in|out|off|on))?$"
)
_CONDITION = re.compile(
    r"(?:when(?:ever)?|if|unless|while|as long as|in case|every time|each time|once|after|as soon as|wenn|falls"
    r"|sobald|si|cuando|quand|lorsque|se|quando|als)\s"
)
_BARE_AND = word_set(
    """
    document test deploy release run monitor cover measure profile benchmark publish ship launch review clean
    tidy log cache
    """
)
_GAPPED = re.compile(
    r"(?:and |then )*(?:the |a |an )?(?:[\w'-]+ ){1,5}(?:after|before|once) (?:the |a |an )?(?:[\w'-]+ ?){1,6}[.!]?"
)
_ORDERED = re.compile(r"\b(?:after|before|once)\b")
_TICKET = re.compile(r"(?:#\d+|\b[A-Z]{2,10}-\d+)\s*[(:–—-]")
_COMMA = re.compile(r",\s+(?:and\s+|while\s+|but\s+)?")
_AND = re.compile(
    r"\s+(?:and|while|but)\s+(?=(?:the |an? )?(?:\S+ ){1,5}?(?:depends?|(?:is|are) blocked|waits?"
    r"|needs?|requires?|follows?)\b)"
)


def clauses(text: str) -> Iterator[Clause]:
    """Yield a block's clauses in the order in which they were written."""
    for number, sentence in enumerate(Phrase.of(text).split(_SENTENCE)):
        yield from _sentence(sentence, number)


def _sentence(sentence: Phrase, number: int) -> Iterator[Clause]:
    """Cut one sentence: at its colon, its arrows and semicolons, then at commas and "and"."""
    outer = read_opening(sentence)
    label, body = _label(outer.core)
    shared = replace(outer, core=body, verb="", link="")
    enumerated = bool(label) and (announced(label) is not None or bool(_TODO.search(label.casefold())))
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
    if not found:
        return "", core
    rest = core.cut(found.end())
    label = core.text[: found.end()].rstrip(" :：")
    if read_opening(core).verb and not read_opening(rest).verb:
        return "", core
    return label, rest


def _hard_pieces(body: Phrase) -> Iterator[tuple[Phrase, bool]]:
    """Cut at semicolons and arrows; True for a piece to which an arrow leads."""
    for part in body.split(_HARD):
        for place, piece in enumerate(part.split(_ARROW)):
            yield piece, place > 0


def _part(part: Phrase, sentence: int) -> Iterator[Clause]:
    """Cut what no semicolon or arrow divides."""
    if stated := _dependencies(part):
        yield from (Clause(piece, read_opening(piece), sentence) for piece in stated)
        return
    waits: tuple[Wait, ...] = ()
    opening = read_opening(part)
    rest = part
    if led := leading_wait(opening.core):
        wait, rest, task = led
        waits = (wait,)
        if task:
            yield Clause(task, read_opening(task), sentence, chained=True)
    elif _CONDITION.match(opening.core.mask) and "," in opening.core.mask:
        yield Clause(part, _main_clause(opening), sentence, chained=True)
        return
    elif opening.link == "after that":
        waits = (Wait("that", "after", "after that"),)
    pieces = list(_soft_pieces(rest))
    for place, piece in enumerate(pieces):
        own = replace(piece, sentence=sentence, waits=waits, chained=place == 0, said=piece.said)
        if place == 0 and waits and rest is not part:
            own = replace(
                own,
                opening=replace(
                    own.opening, priority=own.opening.priority or opening.priority, parallel=opening.parallel
                ),
            )
        yield from _split_before(own)


def _main_clause(opening: Opening) -> Opening:
    """Take the verb of "when …, ask for confirmation" from behind the comma; the sentence stays one."""
    for comma in re.finditer(r",\s+(?:then\s+)?", opening.core.mask):
        main = read_opening(opening.core.cut(comma.end()))
        if main.verb:
            end = len(opening.core.text) - len(main.core.text) + main.verb_end
            return replace(opening, verb=main.verb, verb_end=end, known=main.known)
    return opening


def _split_before(clause: Clause) -> Iterator[Clause]:
    """Make two of "run the suite before deploying", one otherwise."""
    both = trailing_task(clause.opening.core) if clause.opening.verb else None
    if both is None:
        yield clause
        return
    earlier, later = both
    opening = read_opening(earlier)
    kept = replace(clause.opening, core=opening.core, verb=opening.verb, verb_end=opening.verb_end)
    yield replace(clause, said=earlier, opening=kept, needed_by_next=True)
    yield Clause(later, read_opening(later), clause.sentence)


_WINDOW = 400
"""How far a clause is read to see how it opens."""


def _soft_pieces(part: Phrase) -> Iterator[Clause]:
    """Cut at those commas and conjunctions after which a new instruction begins."""
    cuts = [part.seam(found) for found in _SOFT.finditer(part.mask)]
    start, opening = 0, read_opening(part)
    read_to = len(part.text) - len(opening.core.text)
    merged = False
    for place, (end, begin) in enumerate(cuts):
        if end < read_to or begin <= start:
            continue
        rest = part.cut(begin, begin + _WINDOW)
        after = read_opening(rest)
        core_at = part.text.index(rest.text, begin) + len(rest.text) - len(after.core.text)
        stop = next((later for later, _ in cuts[place + 1 :] if later > core_at), None)
        piece = replace(after, core=part.cut(core_at, stop))
        left = part.cut(read_to, end)
        comma = bool(part.mask[end:begin].strip())
        if piece.core and (
            _starts_anew(left, piece, after.core) or _begins(left, opening, piece, comma=comma, merged=merged)
        ):
            yield Clause(part.cut(start, end), replace(opening, core=left), 0)
            start, opening, read_to, merged = begin, after, core_at, False
        else:
            merged = True
    yield Clause(part.cut(start), replace(opening, core=part.cut(read_to)), 0)


def _starts_anew(left: Phrase, piece: Opening, rest: Phrase) -> bool:
    """Tell whether what follows a comma or conjunction stands by itself whatever came before."""
    tickets = _TICKET.match(piece.core.text) and _TICKET.search(left.text)
    return bool(tickets or _TE_FORM.search(left.mask)) or remarks.is_constraint(rest)


def _begins(left: Phrase, opening: Opening, piece: Opening, *, comma: bool, merged: bool) -> bool:
    """Tell whether a new clause begins at a comma or conjunction, given what stands on both sides."""
    text = piece.core.mask
    if piece.link in ("then", "after that", "finally") and not _CONDITION.match(opening.core.mask):
        return comma or bool(piece.verb) or "then" in left.mask or piece.link == "then"
    if piece.verb:
        return _verb_begins(left, opening, piece, comma=comma, merged=merged)
    if _GAPPED.fullmatch(text) and _ORDERED.search(left.mask) and opening.verb:
        return True
    if piece.polite or (piece.priority and comma):
        return True
    return comma and not opening.verb and is_fault(piece.core) and is_fault(left)


def _verb_begins(left: Phrase, opening: Opening, piece: Opening, *, comma: bool, merged: bool) -> bool:
    """Decide for a piece that opens with a verb: it may be a noun, or what the product's users do."""
    english = piece.verb in ENGLISH
    if not piece.known and not comma:
        return False
    users_do = piece.verb in USER_VERBS or piece.verb == "add" or not piece.known
    closed = " and " in left.mask  # "create, rename and archive lists": what the users do ends there
    if (
        users_do
        and not closed
        and not piece.polite
        and (_USERS_DO.search(left.mask) or (not comma and _MODAL_END.search(left.mask)))
    ):
        return False
    if piece.polite or piece.link or piece.priority:
        return True
    if not is_weak(piece):
        return not english or bool(piece.object) or comma
    if not piece.object:
        return False
    if comma:
        return not merged and bool(opening.verb)
    return piece.verb in _BARE_AND


def _dependencies(part: Phrase) -> list[Phrase]:
    """Cut "2 and 3 depend on 1, 4 depends on 2" into its statements; nothing if it is anything else."""
    found = _statements(part, _COMMA)
    return [piece for whole in found for piece in _statements(whole, _AND) or [whole]]


def _statements(part: Phrase, separator: re.Pattern[str]) -> list[Phrase]:
    """Cut where both sides are statements about order; a list before such a statement belongs to it."""
    found: list[Phrase] = []
    start = 0
    for cut in [*separator.finditer(part.mask), None]:
        end, after = cut.span() if cut else (len(part.text), len(part.text))
        piece = part.cut(start, end)
        complete = cut is None or remarks.dependency(part.cut(after)) is not None
        if complete and remarks.dependency(piece) and not read_opening(piece).verb:
            found.append(piece)
            start = after
    return found if start == len(part.text) else []


def _enumerate(clause: Clause) -> Iterator[Clause]:
    """Cut "password meter, lockout" under a label like "Must have" at every comma, if no verb says otherwise."""
    core = clause.opening.core
    commas = re.compile(r",\s+(?:and\s+|or\s+)?" + (r"|\s+and\s+" if "," in core.mask else ""))
    pieces = [core] if clause.opening.verb or is_fault(core) else list(core.split(commas))
    for piece in pieces:
        if is_marker(piece.text):
            continue
        said = clause.said if len(pieces) == 1 else piece
        opening = read_opening(piece)
        yield replace(
            clause,
            said=said,
            listed=True,
            opening=replace(
                clause.opening, core=opening.core, verb=opening.verb, verb_end=opening.verb_end, known=opening.known
            ),
        )
