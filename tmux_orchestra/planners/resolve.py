"""Finds the tasks that a few words mean: "2 and 3", "both", "the discounts", "that"."""

import re
from collections.abc import Sequence

from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.stems import shared, stems

_NUMBERS = re.compile(
    r"(?:(?:the )?(?:steps?|tasks?|items?|numbers?|no\.?|points?|issues?|tickets?|#|stor(?:y|ies)"
    r"|both)\s*)*(?P<list>#?\d+(?:(?:\s*(?:,|and|&|or|\+|/|plus|through|to|-|–)\s*)+(?:(?:steps?|tasks?|items?"
    r"|issues?) )?#?\d+)*)(?: (?:is|are|has|have|(?:is |are )?(?:done|finished|complete|ready|merged))\b.*)?[.!\s]*"
)
_RANGE = re.compile(r"(\d+)\s*(?:-|–|to|through)\s*#?(\d+)")
_TICKETS = re.compile(r"#\d+|\b[a-z]{2,10}-\d+\b")
_THAT = re.compile(
    r"(?:that|this|it|this one|that one|the (?:previous|last|former) (?:one|task|step|item)|which|its?)(?: (?:is|are"
    r"|step|task|one|work|fix|part)\b.*)?[.!\s]*"
)
_BOTH = re.compile(
    r"(?:both|these two|those two|the two|the former two|them both|both (?:of )?(?:them|these|those)?"
    r"|the (?:first )?two(?: of them)?)(?: (?:tasks|items|things|are|of them)\b.*)?[.!\s]*"
)
_ALL = re.compile(
    r"(?:(?:all|everything|every(?: other)? (?:task|item|step)|they(?: all)?|them(?: all)?|these|those"
    r"|the (?:others?|rest)|all the (?:others?|rest)|the other (?:tasks|items|ones|two|three)"
    r"|all (?:of )?(?:the )?(?:above|them|these|those|that|this|it|other\w*|tasks|steps|items|work|three|four"
    r"|features?|code)|everything else|the above|all else|whatever comes before)\b)(?: (?:is|are|above|else|of (?:it"
    r"|that|them)|tasks|steps|items|have|has|that|three|features|listed)\b.*)?[.!\s]*"
)
_ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
}
_ORDINAL = re.compile(
    rf"(?:the )?({'|'.join(_ORDINALS)}|last|former|latter)(?: (?:one|two|three|task|item|step|of (?:these|them)"
    rf"|point))?[.!\s]*"
)
_NEXT_CLAUSE = re.compile(
    r",\s+(?:and |but |while |whereas )?[\w#'-]+(?: [\w'-]+){0,3} (?:can|may|could|is|are|has|will|goes|needs?"
    r"|requires?|depends?|waits?|follows?)\b.*"
)
"""What follows the names in "… blocked by 3, 4 can go in any time"."""
_AND = re.compile(r",\s+(?:and\s+)?|\s+(?:and|&|as well as|plus|or)\s+")


def resolve(words: str, tasks: Sequence[Draft], at: int, group: int, own: int | None = None) -> tuple[int, ...]:
    """Return the places of the tasks that `words` mean, said after `at` tasks; () if they mean none.

    `own` is the task they are said of, which they never mean. Numbers count in the list (`group`) they are
    said in, else in the nearest list before.
    """
    text = _NEXT_CLAUSE.sub("", words.casefold()).strip(" .!,;:")
    others = [place for place in range(len(tasks)) if place != own]
    earlier = [place for place in others if place < at]
    if labelled := tuple(place for place in others if _label(tasks[place]) in (text, f"task {text}")):
        return labelled
    if found := _NUMBERS.fullmatch(text):
        return _by_number(found["list"], tasks, group)
    if _BOTH.fullmatch(text):
        return tuple(earlier[-2:])
    if _THAT.fullmatch(text):
        return tuple(earlier[-1:])
    if _ALL.fullmatch(text):
        return tuple(others) if re.search(r"else|other|rest|all tasks|every", text) else tuple(earlier)
    if found := _ORDINAL.fullmatch(text):
        place = {"last": -1, "latter": -1, "former": -2}.get(found[1], _ORDINALS.get(found[1], 0))
        return tuple(earlier[place : place + 1 or None])
    if tickets := _TICKETS.findall(text):
        return tuple(place for place in others if (tasks[place].tickets | {_label(tasks[place])}) & set(tickets))
    return _by_words(text, tasks, others, at)


def _label(task: Draft) -> str:
    """Return what stood before the task's colon or above its list ("task a")."""
    return task.context[-1].casefold().strip(" :") if task.context else ""


def _by_number(listed: str, tasks: Sequence[Draft], group: int) -> tuple[int, ...]:
    """Find tasks by the numbers of their list items, by ticket, or by position where nothing is numbered."""
    listed = _RANGE.sub(
        lambda span: " ".join(map(str, range(int(span[1]), min(int(span[2]), int(span[1]) + 99) + 1))), listed
    )
    numbers = re.findall(r"\d+", listed)
    tickets = {f"#{number}" for number in numbers}
    if named := tuple(place for place, task in enumerate(tasks) if task.tickets & tickets):
        return named
    wanted = {int(number) for number in numbers if len(number) < 6}  # noqa: PLR2004
    numbered = [place for place, task in enumerate(tasks) if task.number is not None]
    if not numbered:
        return tuple(sorted(number - 1 for number in wanted if 0 < number <= len(tasks)))
    own = [place for place in numbered if tasks[place].group == group]
    nearest = own or [place for place in numbered if tasks[place].group == tasks[numbered[-1]].group]
    return tuple(place for place in nearest if tasks[place].number in wanted)


def _by_words(text: str, tasks: Sequence[Draft], others: Sequence[int], at: int) -> tuple[int, ...]:
    """Find the task that shares the most words with a name; several for a list of names."""
    whole = _best(text, tasks, others, at) or _under_heading(text, tasks, others)
    parts = [part for part in _AND.split(text) if part.strip()]
    if len(parts) < 2:  # noqa: PLR2004
        return whole
    each = [_best(part, tasks, others, at) for part in parts]
    if all(each):
        return tuple(sorted({place for places in each for place in places}))
    return whole


def _best(name: str, tasks: Sequence[Draft], others: Sequence[int], at: int) -> tuple[int, ...]:
    wanted = stems(name)
    if not wanted:
        return ()
    scores: list[tuple[float, float, int, int]] = []
    for place in others:
        own = stems(tasks[place].text)
        common = len(shared(wanted, own))
        if common * 2 >= len(wanted):
            scores.append((common, common / max(len(own), 1), -abs(at - place), place))
    if not scores:
        return _by_kind(name, tasks, others)
    return (max(scores)[3],)


def _under_heading(name: str, tasks: Sequence[Draft], others: Sequence[int]) -> tuple[int, ...]:
    """Find the tasks under the heading or label that a name repeats: "the relevance fixes"."""
    wanted = stems(name)
    return tuple(place for place in others if any(shared(stems(text), wanted) for text in tasks[place].context))


_KIND_NAMES = (
    (re.compile(r"\b(?:tests?|testing|suite|specs?)\b"), "test"),
    (re.compile(r"\b(?:docs?|documentation)\b"), "docs"),
    (re.compile(r"\b(?:fix|fixes|bug ?fix(?:es)?)\b"), "bugfix"),
    (re.compile(r"\b(?:refactoring|refactor|clean-?up)\b"), "refactor"),
    (re.compile(r"\b(?:deployment|deploy)\b"), "infra"),
    (re.compile(r"\b(?:investigation|research|analysis|spike)\b"), "research"),
)


def _by_kind(name: str, tasks: Sequence[Draft], others: Sequence[int]) -> tuple[int, ...]:
    """Read "the fix" or "the refactoring" as the task of that kind, if there is just one kind meant."""
    for pattern, kind in _KIND_NAMES:
        if pattern.search(name):
            return tuple(place for place in others if tasks[place].kind == kind)
    return ()
