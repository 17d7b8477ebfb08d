"""The kind of work, from the verb and its object together."""

import re
from collections.abc import Sequence

from tmux_orchestra.core.plan import Kind
from tmux_orchestra.planners import objects
from tmux_orchestra.planners.clues import is_conditional, is_question
from tmux_orchestra.planners.faults import is_fault, states_something
from tmux_orchestra.planners.idioms import kind_of_idiom
from tmux_orchestra.planners.noun_kinds import (
    ARTICLE,
    head_noun,
    is_plain_noun,
    kind_of_noun,
    names_thing,
    object_head,
    on_paper_noun,
)
from tmux_orchestra.planners.opening import Opening, read_opening
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.priority import without_time
from tmux_orchestra.planners.requirements import Requirement, requirement
from tmux_orchestra.planners.verbs import VERBS, base_of_participle
from tmux_orchestra.planners.wordlist import word_set

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
_SAID: dict[str, Kind] = {word: kind for kind, words in _SAID_WORDS.items() for word in words.split()}
_DEAD = re.compile(r"(?:the |all |our )*(?:stale|missing|flaky)\s")
"""What is removed for being this was no fault."""
_MAKING = word_set(
    """
    implement add create build develop write introduce integrate provide define scaffold bootstrap produce
    generate do perform complete finish finalize draft prepare
    """
)
_WRITING = (
    _MAKING
    | word_set(
        """
    update extend improve expand rewrite revise refresh increase raise run execute complete put bring give
    publish write polish adapt adjust get push translate rerun re-run mention note list announce describe explain keep
    enhance modify include restructure simplify clarify proofread record tackle start fill draft sketch
    """
    )
    | {
        "work on",
        "take care of",
        "flesh out",
        "put together",
        "finish up",
        "wrap up",
        "fill in",
        "look after",
        "deal with",
    }
)
"""Done to docs and tests, these are work on docs and tests."""
_HANDLING = word_set("tackle address handle do finish complete attend") | {
    "take care of",
    "deal with",
    "work on",
    "look after",
    "sort out",
    "carry out",
}
"""These leave it wholly to the object what is to be done."""
_CHANGING = word_set("make guarantee render display let accept keep update change adjust do get parse show handle")
_SECURING = word_set("make ensure keep guarantee")
"""With a fault behind them they mend: "make sure that it doesn't crash"."""
_LETTING = word_set("let allow permit show")
_FOR_USERS = _LETTING | word_set("offer support upload open enable display embed include download")
"""Docs and tests named after these are things that users have: "let teachers create tests"."""
_BY_ITSELF = re.compile(
    r"\b(?:automatically|every (?:night|day|hour|week|month|minute|\d+ \w+)|by drag(?:ging)?\b|in one (?:click|tap)"
    r"|with (?:one|a single) (?:click|tap|swipe)|after (?:an?|one|two|three|six|\d+) (?:minutes?|hours?|days?|weeks?"
    r"|months?"
    r"|years?))\b"
)
"""What is done again and again the product does: "merge duplicate contacts automatically"."""
_BOUNDING = word_set("limit cap restrict reject refuse warn accept notify alert show display tell log")
"""What these name, "uploads above 10 MB", is not what gets less."""
_OPERATING = word_set(
    """
    update change adjust tweak modify improve extend enable disable raise lower increase decrease put bring get use
    report prepare finish complete sync connect restart turn point upgrade start keep reload
    """
) | {"turn on", "turn off", "switch on", "switch off"}
"""Done to machinery that is named anywhere in the clause, these are work on it."""
_RUNNING = word_set("run rerun re-run execute")
_REMOVING = word_set("delete remove drop kill ditch move rename split merge extract consolidate deduplicate") | {
    "get rid of"
}
_UPKEEPING = word_set(
    "update change renew move add create enable refresh delete remove fix sort order organize close prune set"
) | {
    "set up",
    "clean up",
}
_RELEASING = word_set("push upload submit tag promote hand merge send")
_SECURITY_REVIEW = re.compile(r"\bsecurity (?:review|audit|check|scan|assessment)\b|vulnerabilit|penetration")
_LESS = word_set("reduce cut shorten") | {"cut down", "bring down", "slim down"}
_LOWERING = word_set("drop lower decrease minimize minimise limit bound")
"""These speed something up only if it is time or size that they are done to."""
_GET_DONE = re.compile(r"(?:get|have) (?:(?!to\b)[\w'\u02d0/.-]+ ){1,6}?(?P<participle>\w+(?:ed|en|t|wn|ne))[\s.!?]*$")
_HANDLED = re.compile(r"\b(?:errors?|timeouts?|failures?|exceptions?|crash(?:es)?|edge cases?)\b")
_SENT = re.compile(r"\w to (?!(?:me|us|the team|find|see)\b)")
"""A thing is reported somewhere by the program, a finding by a person."""
_RIGHT = re.compile(
    r"\b(?:correctly|properly|right|again|reliably|as expected)(?:[\s.!?]*$| (?:in|on|for|when|with|after|at)\b)"
)


def kind_of(opening: Opening, context: Sequence[str] = ()) -> Kind:
    """Return the kind of work that a clause asks for; headings like "Bugs" (`context`) count where it does not say."""
    said = said_kind(opening.said_kind) or next((kind for text in reversed(context) if (kind := said_kind(text))), None)
    if not opening.verb:
        own = _required(opening) or _described(opening)
        return said if said and own == "feature" else own
    if opening.said_kind and said:
        return said
    own = _instructed(opening)
    if _is_behaviour(opening, own):
        return "feature"
    return said if said and own == "feature" and opening.verb in _WRITING else own


def _is_behaviour(opening: Opening, own: Kind) -> bool:
    """Tell whether the product does what sounds like work on the code: "when the signal is lost, switch to …"."""
    ""
    text = opening.core.mask
    if own in ("refactor", "bugfix", "infra") and opening.kind != "bugfix" and is_conditional(opening.core):
        return True
    again = own in ("refactor", "bugfix") and opening.kind == "refactor" and _BY_ITSELF.search(text)
    return bool(again) and not objects.INFRA.search(text)


def said_kind(label: str) -> Kind | None:
    """Return the kind that a label or heading names: "Bugs:", "## Docs", "Tech debt"; None if it names none."""
    text = label.casefold().strip(" :#*[]().!")
    return _SAID.get(text) or _SAID.get(text.removesuffix("s"))


def _instructed(opening: Opening) -> Kind:
    """Decide for an instruction: the first that has something to say decides."""
    head = object_head(opening)
    return (
        (kind_of_noun(head_noun(opening.core.mask), opening.core.mask) or "feature" if names_thing(opening) else None)
        or _get_done(opening)
        or _on_paper(opening, head)
        or kind_of_idiom(opening.core)
        or _handled(opening, head)
        or _by_object(opening, head)
    )


def _get_done(opening: Opening) -> Kind | None:
    """Read "get the alignment fixed" as "fix"; None for anything else."""
    found = _GET_DONE.match(opening.core.mask)
    return VERBS.get(base_of_participle(found["participle"])) if found else None


def _on_paper(opening: Opening, head: str) -> Kind | None:
    """Recognise research, tests and docs; None for work on the program itself."""
    own, text = opening.kind, opening.core.text.casefold()
    if own == "research" and not (opening.verb == "report" and _SENT.search(opening.object)):
        return "security" if _SECURITY_REVIEW.search(text) else own
    if opening.verb in _FOR_USERS or objects.WITHIN_PRODUCT.search(opening.object):
        return None
    writes = opening.verb in _WRITING
    if writes and objects.COVERAGE.search(text):
        return "test"
    if opening.verb.endswith("-test"):
        return "test"
    if objects.TESTS.search(head) and (writes or own in ("feature", "test", "docs", "chore")):
        return "test"
    if own == "docs" or (writes and objects.DOCS_PLACE.search(text)):
        return "docs"
    if objects.DOCS.search(head) and (
        writes or own in ("feature", "test", "docs", "chore", "infra", "refactor", "bugfix")
    ):
        return own if opening.verb in _REMOVING else "docs"
    if opening.verb in _RUNNING and not _SECURITY_REVIEW.search(text):
        return "infra"
    return None


def _handled(opening: Opening, head: str) -> Kind | None:
    """Read "take care of the crash" as the crash, and "get rid of the flicker" as a fix; None for other objects."""
    removes = opening.verb in _REMOVING or opening.kind == "refactor"
    if removes and objects.TROUBLE.search(head) and not _DEAD.match(head):
        return "bugfix"
    if opening.verb not in _HANDLING:
        return None
    return kind_of_noun(ARTICLE.sub("", head), opening.core.mask) or (None if opening.kind == "bugfix" else "feature")


def _by_object(opening: Opening, head: str) -> Kind:
    """Decide between the kinds that a verb leaves open by what it is about."""
    own, outside, text = opening.kind, without_time(opening.core.mask), opening.core.text
    own = "feature" if own == "research" else own  # a program's report
    if own == "test" and opening.verb not in _RUNNING:
        return own
    if own == "security" or objects.SECURITY.search(outside) or objects.HOSTILE.search(text):
        return "security"
    if own == "bugfix":
        return _repair(opening)
    if opening.verb in _LOWERING and objects.COST.search(head):
        return "performance"
    if own == "performance":
        faster = opening.verb not in _LESS or objects.PERFORMANCE.search(outside) or objects.COST.search(outside)
        return own if faster else "refactor"
    if own == "chore" or _is_upkeep(opening, head):
        return "chore"
    if own == "feature" and (kind := _improvement(opening, head)):
        return kind
    if own == "feature" and opening.verb not in _LETTING and objects.PROTECTION.search(head):
        return "security"
    return "infra" if _is_infra(opening, head) else own


def _repair(opening: Opening) -> Kind:
    """Decide what is mended: the machinery, a slow query, or a bug."""
    if opening.verb == "stop" and objects.INFRA.search(object_head(opening)):
        return "infra"
    return (
        "performance"
        if re.search(r"\b(?:slow|slowness|performance|n\+1|hot ?spots?|bottlenecks?|latency|lag)\b", opening.core.mask)
        else "bugfix"
    )


def _is_upkeep(opening: Opening, head: str) -> bool:
    """Tell whether it is housekeeping: "add license headers", "update React to 19"."""
    if opening.verb in ("update", "change", "renew", "move") and objects.DEPENDENCY.search(opening.core.mask):
        return True
    return opening.verb in _UPKEEPING and bool(objects.UPKEEP.search(head) or objects.UPKEEP.search(opening.core.text))


def _improvement(opening: Opening, head: str) -> Kind | None:
    """Tell "make X faster", "show X correctly" and "add a cache" from a feature; None for a feature."""
    text = opening.core.mask
    aims = opening.verb not in _MAKING | _BOUNDING and objects.PERFORMANCE.search(text)
    if objects.SPEEDING.search(head) or aims:
        return "performance"
    amiss = (
        _RIGHT.search(text)
        or (opening.verb in _SECURING and (is_fault(opening.core) or objects.BUG.search(text)))
        or (opening.verb == "handle" and _HANDLED.search(text))
    )
    return "bugfix" if opening.verb in _CHANGING | _SECURING and amiss else None


def _is_infra(opening: Opening, head: str) -> bool:
    """Tell whether the work is on what runs the program, rather than on the program."""
    outside = opening.core.mask
    if opening.verb in ("prepare", "do", "perform", "finalize") and objects.RELEASE.search(head):
        return True
    if opening.verb in _RELEASING and objects.DESTINATION.search(opening.object):
        return True
    if opening.verb == "rebuild" and objects.REBUILT.search(head):
        return True
    operates = opening.kind in ("refactor", "chore", "infra") or opening.verb in _OPERATING
    return bool(
        objects.INFRA.search(head)
        or objects.BUILDS.search(head)
        or objects.DELIVERY.search(outside)
        or (operates and objects.INFRA.search(outside))
    )


def _required(opening: Opening) -> Kind | None:
    """Decide for what should be ("the scheduler should be removed"); None for a clause that says no such thing."""
    found = requirement(opening.core.mask)
    if found is None or is_question(opening.core):
        return None
    if found.instruction:
        return _instructed(read_opening(Phrase.of(found.instruction)))
    if found.wanted:
        return kind_of_noun(head_noun(found.wanted), found.wanted) or "feature"
    return _behaviour(found, opening)


def _behaviour(found: Requirement, opening: Opening) -> Kind:
    """Decide for what something should do or be."""
    text = opening.core.mask
    if objects.SECURITY.search(text) or (found.negated and objects.EXPOSURE.search(text)):
        return "security"
    if objects.PERFORMANCE.search(found.behaviour):
        return "performance"
    if found.negated or _RIGHT.search(found.behaviour):
        return "bugfix"
    return "infra" if objects.DELIVERY.search(text) else "feature"


def _described(opening: Opening) -> Kind:
    """Decide for a noun phrase, a described fault or a question."""
    text = opening.core.text.casefold()
    head = head_noun(opening.core.mask)
    if is_question(opening.core):
        return "research"
    if objects.ABOUT_TROUBLE.search(head):
        return kind_of_noun(head, text) or "feature"
    if objects.DOCS_SUBJECT.match(text):
        return "docs"
    if objects.EXPOSURE.search(opening.core.mask):
        return "security"
    stated = states_something(opening.core)
    if not stated and (kind := on_paper_noun(head, text)):
        return kind
    if objects.WORDING.search(text):
        return "bugfix"
    if is_fault(opening.core) and (stated or not is_plain_noun(opening.core.mask)):
        slow = objects.PERFORMANCE.search(text) and not re.search(r"crash|error|fail|wrong", text)
        return "performance" if slow else "bugfix"
    return kind_of_noun(head, text) or ("bugfix" if stated else "feature")
