"""Names for tasks: a short id that is safe everywhere, and a title in the person's words."""

import re
from collections.abc import Sequence

from slugify import slugify

from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.kinds import object_head
from tmux_orchestra.planners.phrase import FILL
from tmux_orchestra.planners.wordlist import word_set

LONGEST_ID = 30
LONGEST_TITLE = 80
RESERVED = frozenset(("status", "supervisor"))
"""Names of our own windows."""
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
    the a an our my your its it their his her this that these those some all any each every both them and or so
    with of to for in on at by
    from into is are be as please new also just very more up out then urgent critical asap
    el los las una le les des du het een der das den dem ein eine einen il lo gli os um uma toe bij
    """
)
_ENOUGH_WORDS = 4


def titles(draft: Draft) -> str:
    """Return a title of at most 80 characters: the clause as written, its first letter capital."""
    return short_title(" ".join(draft.text.split()).rstrip(" .!?,;:") or draft.said)


def short_title(text: str) -> str:
    """Return a line as a title of at most 80 characters, its first letter capital."""
    if len(text) > LONGEST_TITLE:
        text = text[: LONGEST_TITLE - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return text[:1].upper() + text[1:]


def ids(drafts: Sequence[Draft]) -> tuple[str, ...]:
    """Return an id for each task: readable, unique, `[a-z0-9-]`, at most 30 characters and a number."""
    wanted = [_slug(draft) for draft in drafts]
    names: list[str] = []
    for place, (draft, slug) in enumerate(zip(drafts, wanted, strict=True)):
        name = slug
        if (
            wanted.count(slug) > 1
            and draft.context
            and len({other.context for other, own in zip(drafts, wanted, strict=True) if own == slug}) > 1
        ):
            name = short_id(f"{draft.context[-1]} {slug}") or slug
        name = name or f"task-{place + 1}"
        number = 2
        unique = name
        while unique in names:
            unique, number = f"{name}-{number}", number + 1
        names.append(unique)
    return tuple(names)


def _slug(draft: Draft) -> str:
    """Make a name of what the task is about, with its verb if that alone is not a good one."""
    verb = draft.opening.verb or "task"
    short, about = _about(draft)
    for text in (short, _telling(about), f"{verb} {_telling(about)}", f"{verb} {about}", draft.text):
        slug = short_id(text)
        if len(slug) > 1 and re.search("[a-z]", slug) and slug not in RESERVED:
            return slug
    return ""


def _about(draft: Draft) -> tuple[str, str]:
    """Return the direct object's telling words, and all that is said of it."""
    opening = draft.opening
    if draft.explained:  # "fix it (the menu overlaps)"
        fault = opening.core.text.rpartition("(")[2]
        return _telling(fault), fault
    if not opening.verb:
        return _telling(opening.core.text), opening.core.text
    about = opening.core.cut(opening.verb_end)
    head = object_head(opening)
    return _telling(about.text[: len(head)] if FILL not in head else about.text), about.text


def _telling(text: str) -> str:
    """Return the first words that say what it is about."""
    words = [word for word in re.split(r"[\s/,()`\"]+", text) if word.casefold().strip(".!?:;'") not in _SMALL and word]
    return " ".join(words[:_ENOUGH_WORDS])


def short_id(text: str) -> str:
    """Return a text of any script as an id of at most 30 characters; "" if nothing of it can be part of one."""
    return slugify(text, max_length=LONGEST_ID, word_boundary=True, save_order=True, replacements=_SPOKEN)
