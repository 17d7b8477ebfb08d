"""The kind of work, from the verb and its object together."""

import re
from collections.abc import Sequence

from tmux_orchestra.core.plan import Kind
from tmux_orchestra.planners import objects
from tmux_orchestra.planners.clues import is_conditional, is_question
from tmux_orchestra.planners.faults import is_fault, states_something
from tmux_orchestra.planners.opening import Opening
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.spelling import mend_nouns
from tmux_orchestra.planners.verbs import VERBS, base_of, base_of_participle
from tmux_orchestra.planners.wordlist import word_set

_PREPOSITION = re.compile(
    r"(?:^|\s)(?:in|on|to|for|of|from|with|at|about|into|by|when|where|that|which|so|after|before|once|via|through"
    r"|under|without|against|as|using|if|because|until|whenever|during|across|and its|between|covering)\s|[,(]"
    r"|\s[-–—]+\s|\s{2,}"
)
_TRAILING_ADVERB = re.compile(
    r"(?:[\s,]+(?:accordingly|too|as well|also|please|pls|now|asap|afterwards?|later|first|last|instead|everywhere"
    r"|today"
    r"|tomorrow|this (?:week|sprint|month)|next (?:week|sprint)|then|thanks?|thx))+[\s.!?]*$"
)
_SAID_WORDS: dict[Kind, str] = {
    "feature": "feat feature enhancement improvement story",
    "bugfix": "bug bugfix fix fixe defect bug-fix",
    "docs": "doc docs documentation",
    "test": "test testing qa",
    "refactor": "refactor refactoring cleanup clean-up",
    "performance": "perf performance speed",
    "infra": "infra infrastructure ci build ops devops deployment",
    "security": "sec security",
    "research": "research spike investigation investigate",
    "chore": "chore dep dependency dependencie maintenance housekeeping",
}
"""How people name a kind of work in labels; plurals without their s."""
_MAKING = word_set(
    """
    implement add create build develop write introduce integrate provide define scaffold bootstrap produce
    generate do perform complete finish finalize draft prepare
    """
)
_WRITING = _MAKING | word_set(
    """
    update extend improve expand rewrite revise refresh increase raise run execute complete put bring give
    publish write polish adapt adjust get push translate rerun re-run mention note list announce describe explain
    enhance modify include restructure simplify clarify
    """
)
_CHANGING = word_set(
    "make guarantee show handle render display let return ensure accept keep update change adjust do get print parse"
)
_SECURING = word_set("make ensure keep guarantee")
"""With a fault behind them they mend: "make sure that it doesn't crash"."""
_BRANCHING = re.compile(r"cut (?:the |a |an |our )?(?:new )?(?:\S+ )?(?:branch|release|tag)\b")
_LETTING = word_set("let allow permit show add")
_OPERATING = word_set(
    """
    update change adjust tweak modify improve extend enable disable raise lower increase decrease put bring get use
    prepare finish complete sync connect restart turn point upgrade start keep reload
    """
) | {"turn on", "turn off", "switch on", "switch off"}
"""Done to machinery that is named anywhere in the clause, these are work on it."""
_RUNNING = word_set("run rerun re-run execute")
_REMOVING = word_set("delete remove drop kill ditch move rename split merge extract consolidate deduplicate")
_SECURITY_REVIEW = re.compile(r"\bsecurity (?:review|audit|check|scan|assessment)\b|vulnerabilit|penetration")
_TAKING_APART = re.compile(
    r"(?:pull|take|lift|get|cut|split|break|carve|rip|move|push|put|turn)\b.*\b(?:out of|apart|out)\b"
)
_STOPPING_SUPPORT = re.compile(r"stop (?:supporting|using|shipping|relying|depending|building)\b")
_LESS = word_set("reduce cut shorten defer compress shave slash halve boost tune") | {
    "cut down",
    "bring down",
    "slim down",
}
"""These speed something up only if it is time or size that they are done to."""


def object_head(opening: Opening) -> str:
    """Return the direct object without what is said of it: "tests" of "tests for the scheduler"."""
    found = _PREPOSITION.search(opening.object)
    head = opening.object[: found.start()] if found else opening.object
    return mend_nouns(_TRAILING_ADVERB.sub("", head).strip())


_SAID: dict[str, Kind] = {word: kind for kind, words in _SAID_WORDS.items() for word in words.split()}
_PASSIVE = re.compile(
    r".{1,80}?\b(?:(?:should|must|shall|needs? to|has to|have to|ought to|can) (?:also |finally |now |really )?(?:be"
    r"|get) "
    r"(?P<participle>[a-z-]+)|needs? (?P<gerund>[a-z]+ing))\b"
)
_GET_DONE = re.compile(r"(?:get|have) (?:(?!to\b)[\w'\u02d0/.-]+ ){1,6}?(?P<participle>\w+(?:ed|en|t|wn|ne))[\s.!?]*$")
_VANISHING = re.compile(
    r".{1,80}?\b(?:should|must|needs? to|has to|have to|can|ought to) (?:finally |now |just )?(?:go|die|disappear"
    r"|vanish)\b"
)


def kind_of(opening: Opening, context: Sequence[str] = ()) -> Kind:
    """Return the kind of work that a clause asks for; headings like "Bugs" (`context`) count where it does not say."""
    said = said_kind(opening.said_kind) or next((kind for text in reversed(context) if (kind := said_kind(text))), None)
    head = object_head(opening) if opening.verb else opening.core.mask
    if not opening.verb:
        own = _required(opening.core) or _without_verb(opening, head)
        return said if said and own == "feature" else own
    if opening.said_kind and said:
        return said
    if opening.negated:
        return "bugfix"
    own = _on_paper(opening, head) or _get_done(opening) or _by_object(opening, head)
    if own == "refactor" and is_conditional(opening.core):
        return "feature"  # "when the signal is lost, switch to …": what the product does
    return said if said and own == "feature" and opening.verb in _WRITING else own


def said_kind(label: str) -> Kind | None:
    """Return the kind that a label or heading names: "Bugs:", "## Docs", "Tech debt"; None if it names none."""
    text = label.casefold().strip(" :#*[]().!")
    return _SAID.get(text) or _SAID.get(text.removesuffix("s"))


def _get_done(opening: Opening) -> Kind | None:
    """Read "get the alignment fixed" as "fix"; None for anything else."""
    found = _GET_DONE.match(opening.core.mask)
    return VERBS.get(base_of_participle(found["participle"])) if found else None


def _required(core: Phrase) -> Kind | None:
    """Read "the scheduler should be removed" as "remove"; None for anything but such a passive."""
    if _VANISHING.match(core.mask):
        return "refactor"
    found = _PASSIVE.match(core.mask)
    if not found:
        return None
    verb = base_of_participle(found["participle"]) if found["participle"] else base_of(found["gerund"])
    return VERBS.get(verb) if VERBS.get(verb, "feature") != "feature" else None


def _on_paper(opening: Opening, head: str) -> Kind | None:
    """Recognise research, tests and docs; None for work on the program itself."""
    own, text = opening.kind, opening.core.text.casefold()
    if own == "research":
        return "security" if _SECURITY_REVIEW.search(text) else own
    writes = opening.verb in _WRITING
    if writes and objects.COVERAGE.search(text):
        return "test"
    if objects.TESTS.search(head) and (writes or own in ("feature", "test", "docs", "chore")):
        return "test"
    if own == "docs" or (writes and objects.DOCS_PLACE.search(text)):
        return "docs"
    if objects.DOCS.search(head) and (writes or own in ("feature", "test", "docs", "chore", "infra", "refactor")):
        return own if opening.verb in _REMOVING else "docs"
    if opening.verb in _RUNNING and not _SECURITY_REVIEW.search(text):
        return "infra"
    return None


def _by_object(opening: Opening, head: str) -> Kind:
    """Decide between the kinds that a verb leaves open by what it is about."""
    own, outside, text = opening.kind, opening.core.mask, opening.core.text
    if own == "test" and opening.verb not in _RUNNING:
        return own
    if own == "security" or objects.SECURITY.search(outside) or objects.HOSTILE.search(text):
        return "security"
    if own == "bugfix":
        return _repair(opening, head)
    if _BRANCHING.match(outside):
        return "infra"
    if own == "performance":
        if opening.verb not in _LESS or objects.PERFORMANCE.search(outside) or objects.COST.search(outside):
            return own
        return "feature" if opening.verb in ("boost", "tune") else "refactor"
    if own == "chore" or (opening.verb in ("update", "change", "renew", "move") and objects.DEPENDENCY.search(outside)):
        return "chore"
    if own == "feature" and (kind := _improvement(opening)):
        return kind
    if own == "feature" and opening.verb not in _LETTING and objects.PROTECTION.search(head):
        return "security"
    return "infra" if _is_infra(opening, head) else own


def _repair(opening: Opening, head: str) -> Kind:
    """Decide what is mended: a page of the manual, a slow query, or a bug."""
    if objects.DOCS.search(head):
        return "docs"
    if opening.verb == "stop" and objects.INFRA.search(head):
        return "infra"
    if _STOPPING_SUPPORT.match(opening.core.mask):
        return "refactor"
    return "performance" if re.search(r"\b(?:slow|performance|n\+1)\b", opening.core.mask) else "bugfix"


def _improvement(opening: Opening) -> Kind | None:
    """Tell "make X faster", "show X correctly" and "pull X out of Y" from a feature; None for a feature."""
    text = opening.core.mask
    if objects.SPEEDING.search(object_head(opening)) or (
        opening.verb not in _MAKING and objects.PERFORMANCE.search(text)
    ):
        return "performance"
    if _TAKING_APART.match(text):
        return "refactor"
    amiss = objects.BUG.search(text) or (opening.verb in _SECURING and is_fault(opening.core))
    return "bugfix" if opening.verb in _CHANGING and amiss else None


def _is_infra(opening: Opening, head: str) -> bool:
    """Tell whether the work is on what runs the program, rather than on the program."""
    outside = opening.core.mask
    if opening.verb in ("prepare", "do", "perform", "finalize") and objects.RELEASE.search(head):
        return True
    if opening.verb == "rebuild" and objects.REBUILT.search(head):
        return True
    operates = opening.kind in ("refactor", "chore", "infra") or opening.verb in _OPERATING
    return bool(
        objects.INFRA.search(head) or objects.DELIVERY.search(outside) or (operates and objects.INFRA.search(outside))
    )


def _without_verb(opening: Opening, head: str) -> Kind:
    """Decide for a noun phrase or a described fault."""
    text = opening.core.text.casefold()
    if is_question(opening.core):
        return "research"
    if objects.WORDING.search(text):
        return "bugfix"
    if is_fault(opening.core):
        slow = objects.PERFORMANCE.search(text) and not re.search(r"crash|error|fail|wrong", text)
        return "performance" if slow else "bugfix"
    if objects.TESTS.search(head):
        return "test"
    if objects.DOCS.search(head):
        return "docs"
    for pattern, kind in _MATTERS:
        if pattern.search(text):
            return kind
    if objects.RELEASE.search(head):
        return "infra"
    return "bugfix" if states_something(opening.core) else _by_noun(text)


_MATTERS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (objects.SECURITY, "security"),
    (objects.BUG, "bugfix"),
    (objects.PERFORMANCE, "performance"),
    (objects.INFRA, "infra"),
)
_NOUNS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(
            r"\b(?:refactoring|refactor|clean-?up|renaming|restructuring|removal|migration (?:to|from)|rewrite"
            r"|deduplication)\b"
        ),
        "refactor",
    ),
    (re.compile(r"\b(?:upgrades?|bump|updates? to|dependenc\w+)\b"), "chore"),
    (re.compile(r"\b(?:investigation|comparison|evaluation|analysis|research|spike|feasibility)\b"), "research"),
    (re.compile(r"\b(?:caching|optimi[sz]ation|speed-?up)\b"), "performance"),
)


def _by_noun(text: str) -> Kind:
    """Read the kind off a noun made from a verb; a feature otherwise."""
    return next((kind for pattern, kind in _NOUNS if pattern.search(text)), "feature")
