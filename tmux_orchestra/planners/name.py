"""Names for tasks: a title in the person's words, and a short id as a developer would call the branch."""

import re
from collections.abc import Container, Iterator, Sequence
from itertools import chain

from slugify import slugify

from tmux_orchestra.planners.clues import is_conditional
from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.opening import is_weak
from tmux_orchestra.planners.phrase import FILL
from tmux_orchestra.planners.verbs import FOREIGN
from tmux_orchestra.planners.wordlist import one_of, word_set

LONGEST_ID = 30
LONGEST_TITLE = 80
RESERVED = frozenset(("status", "supervisor"))
"""Names of our own windows."""
_MOST_WORDS = 4
_SPOKEN = [
    ("C++", "cpp"),
    ("c++", "cpp"),
    ("C#", "csharp"),
    ("c#", "csharp"),
    ("F#", "fsharp"),
    (".NET", "dotnet"),
    ("'", ""),
    ("’", ""),
]
_SMALL = word_set(
    """
    the a an our my your its it their his her them this that these those some all any each every both another
    and or so with of to for in on at by from into onto via through over under up out off down as than then per within
    is are was were be been being am has have had do does did will would can could should shall must may might need
    needs
    able want wants ought supposed we i you they us me he she there here also just very more most too still always now
    please really only even again new which what who whose where when why how whether if because while until since
    let lets make sure get gets got look looks seem seems show shows sometimes often currently completely totally way
    discussed hundred thousand ms seconds minutes percent found former latter next first last
    urgent critical asap no not never none nothing nobody one ones thing things something anything like
    themselves itself yourself ourselves myself
    after before once unless without few lot lots bit couple several many much accordingly
    el los las una un le les des du het een der das den dem die ein eine einen il lo gli os um uma toe bij de del della
    di da al en par por con para
    """
)
"""Words that tell nothing in a name."""
_GENERIC = word_set(
    """
    support button field endpoint endpoints page part step option flag version usage usages issue issues problem error
    errors entry section column row table list item value key file files script check change changes mode view form
    screen dialog message messages function method class module test tests bug bugs half default end rest others stuff
    log history name names text label labels link links count number size time order rule rules step steps crash
    """
)
"""Heads that need what they belong to: "node-16-support", "scheduler-tests"."""
_PREPOSITIONS = one_of(
    """
    in|on|to|for|of|from|with|at|about|into|onto|by|via|through|under|over|against|across|between|during|using|per
    within|behind|around|towards?|off|below|above|than|instead of|rather than|like|such as|based on|as
    """
)
_BREAK = re.compile(
    rf"\s+(?P<joint>{_PREPOSITIONS})(?=\s)|(?:,|\s(?=(?:and|or)\s))(?P<and>)|[;:(){FILL}]|\s[-–—>=]+\s|\.(?=\s)|\s(?="
    + one_of("which|that|who|so|when(?:ever)?|if|because|where|while|until|since|after|before|once|unless|without|but")
    + r"\s)"
)
"""Where one phrase of a clause ends and the next begins."""
_WORD = re.compile(r"[^\W_]+(?:['’.+#-][^\W_]*)*")
_BELONGING = ("for", "of", "in", "on", "to", "about", "from")
"""Prepositions whose phrase may be put before its head: "tests for the scheduler" -> "scheduler-tests"."""
_SHORT_WORD = re.compile(r"\b[^\W\d_A-Z]{1,2}\b")
_PRONOUN = re.compile(r"(?:it|them|this|that|these|those|both|all of (?:it|them|this|that))(?=[\s.,!?;]|$)")
_TOLD = re.compile(
    r"(?:.*?\b(?:report|complain|notic|sa[iy]|told|tell|mention|seem|found|see|think|suspect)\w*\b.*?\bthat\s+"
    r"|.*?\bthere(?:'s| is| are)\s+(?:also |still )*(?:(?:an? |some )?(?:\w+ )?(?:bugs?|issues?|problems?"
    r"|glitch(?:es)?|case)"
    r"(?: where| that| in which| when)?\s+)?)(?=\S)",
    re.IGNORECASE,
)
"""The beginning of a report, before what it reports."""


_AT_END = re.compile(r"(?:[\s.!?,;:]|(?<!\w)[-–—]+)+$")
"""What a title does not end in; "grade A-" stays."""


def titles(draft: Draft) -> str:
    """Return a title of at most 80 characters: the clause as written, its first letter capital."""
    return short_title(_AT_END.sub("", " ".join(draft.text.split())) or draft.said)


def short_title(text: str) -> str:
    """Return a line as a title of at most 80 characters, its first letter capital."""
    if len(text) > LONGEST_TITLE:
        text = text[: LONGEST_TITLE - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return text[:1].upper() + text[1:]


def ids(drafts: Sequence[Draft]) -> tuple[str, ...]:
    """Return an id for each task: readable, unique, `[a-z0-9-]`, at most 30 characters and a number."""
    best: list[str] = []
    further: list[Iterator[str]] = []
    for place, draft in enumerate(drafts):
        names = _candidates(draft, best[-1] if best else "")
        best.append(next(names, "") or f"task-{place + 1}")
        further.append(names)
    sections: dict[str, set[tuple[str, ...]]] = {}
    for name, draft in zip(best, drafts, strict=True):
        sections.setdefault(name, set()).add(draft.context)
    taken: dict[str, None] = {}
    for name, names, draft in zip(best, further, drafts, strict=True):
        told_apart = len(sections[name]) > 1 and draft.context  # the same words under two headings
        first = short_id(f"{draft.context[-1]} {name}") if told_apart else name
        free = (other for other in chain((first,), names) if other and other not in taken)
        taken[next(free, "") or _numbered(name, taken)] = None
    return tuple(taken)


def short_id(text: str) -> str:
    """Return a text of any script as an id of at most 30 characters; "" if nothing of it can be part of one."""
    return slugify(text, max_length=LONGEST_ID, word_boundary=True, save_order=True, replacements=_SPOKEN)


def _numbered(name: str, taken: Container[str]) -> str:
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique


def _candidates(draft: Draft, before: str) -> Iterator[str]:
    """Yield names for a task, the best first; `before`: the name of the task before it."""
    for words in _wordings(draft, before):
        name = _fit(words)
        if len(name) > 1 and re.search("[a-z]", name) and name not in RESERVED:
            yield name


def _wordings(draft: Draft, before: str) -> Iterator[list[str]]:
    """Yield what a task could be called, the best first."""
    opening = draft.opening
    told = opening.core.text.rpartition("(")[2].rstrip(") ") if draft.explained else ""
    whole = bool(told) or not opening.verb or is_conditional(opening.core)
    about = told or (opening.core.text if whole else opening.core.text[opening.verb_end :])
    if opening.verb in FOREIGN:
        about = _SHORT_WORD.sub("", about)  # their articles and prepositions
    words, verb = _telling(about, clause=whole), _called(opening.verb)
    pronoun = None if whole else _PRONOUN.match(opening.object)
    if pronoun and before and (pronoun[0] in ("it", "this", "that") or not words):
        yield [*verb, *before.split("-")]
    head = next(_phrases(about), ("", []))[1]
    if is_weak(opening) and len(head) == 1 and _vague(head):  # "audit log for admins"
        yield [*verb, *head]
    elif verb and not whole and (_vague(words) or (len(words) == 1 and not _speaks_for_itself(words[0], draft))):
        yield [*verb, *words]
    yield words
    longer = [_words(about)[:_MOST_WORDS], [*verb, *words]]
    yield from longer if opening.kind == "feature" else reversed(longer)
    yield _words(draft.text)[:_MOST_WORDS] or draft.text.split()


def _called(verb: str) -> list[str]:
    """Return how a verb stands in a name: "set-up" for "set up", "backup" for "take a backup", nothing for "get"."""
    first, *more = verb.split(" ")
    if more and more[-1] in _PARTICLES:
        return [f"{first}-{more[-1]}"]
    if first in _COLOURLESS:
        return [word for word in more[-1:] if word not in _SMALL]
    return [word for word in (first, *more[1:]) if word]


_PARTICLES = word_set("on up out off down in over back away apart")
_COLOURLESS = word_set("look get take have do make put give carry work go let allow bring")
"""Verbs that say nothing of what is done."""


def _vague(words: Sequence[str]) -> bool:
    """Tell whether words say too little to be a name."""
    return not words or (len(words) == 1 and words[0].casefold() in _GENERIC - _ENOUGH)


def _speaks_for_itself(word: str, draft: Draft) -> bool:
    """Tell whether one word is enough: "wishlist", "changelog", "bugs"; but "rename-usersvc", "bump-django"."""
    return draft.kind in ("feature", "docs", "test") or word.casefold() in _ENOUGH


_ENOUGH = word_set("tests test bugs bug")
"""Alone they are what a person would say as well."""


def _telling(text: str, *, clause: bool) -> list[str]:
    """Return the words by which a developer would call it; `clause`: a whole sentence, not the object of a verb."""
    if clause and (found := _TOLD.match(text)):
        text = text[found.end() :] or text
    phrases = list(_phrases(text))
    if not phrases:
        return []
    words = phrases[0][1]
    if not clause and len(words) > 2 and words[0].endswith("ing"):  # noqa: PLR2004 -- "(stop) sending welcome mails"
        words = words[1:]
    # A noun phrase's last words say what it is, a sentence's first ones what it is about.
    words = words[:_MOST_WORDS] if clause else words[-_MOST_WORDS:]
    for joint, more in phrases[1:]:
        generic = len(words) == 1 and words[0].casefold() in _GENERIC
        if len(words) > 1 or not (clause or generic or joint == "and"):
            break
        if more[0][0].isdigit():  # "bump the version to 2.0"
            break
        words = [*more[-2:], *words] if generic and joint in _BELONGING else [*words, *more[: _MOST_WORDS - 1]]
    return words


def _phrases(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the phrases of a clause that have telling words, each with the preposition before it."""
    joint, start = "", 0
    for found in [*_BREAK.finditer(f" {text.casefold()}"), None]:
        end = found.start() - 1 if found else len(text)
        if words := _words(text[start : max(start, end)]):
            yield joint, words
        if found:
            joint = found["joint"] or ("and" if found["and"] is not None else "")
            start = found.end() - 1


def _words(text: str) -> list[str]:
    """Return the telling words; one in capitals among others is a name ("the CAN driver")."""
    shouted = text.isupper()
    return [
        word
        for word in _WORD.findall(text)
        if word.casefold() not in _SMALL or (word.isupper() and len(word) > 1 and not shouted)
    ]


def _fit(words: Sequence[str]) -> str:
    """Make an id of whole words, as many of the last ones as fit: in English these say what it is."""
    if len(words) == 1:  # a sentence in a script without spaces: its beginning
        return short_id(words[0])
    parts = slugify(" ".join(words), save_order=True, replacements=_SPOKEN).split("-")
    while len(parts) > 1 and len("-".join(parts)) > LONGEST_ID:
        parts.pop(0)
    return "-".join(parts)[:LONGEST_ID]
