"""Finds the tasks that a few words mean: "2 and 3", "both", "the discounts", "that"."""

import re
from collections import defaultdict
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


class Names:
    """What tasks may be called by, looked up at once for many sentences."""

    def __init__(self, tasks: Sequence[Draft]) -> None:
        """Note each task's number, tickets, label and words."""
        self.tasks = tasks
        self.stems = [stems(task.text) for task in tasks]
        self.numbered: dict[int, dict[int, list[int]]] = {}
        self.called: dict[str, list[int]] = defaultdict(list)
        self.telling: dict[str, list[int]] = defaultdict(list)
        for place, task in enumerate(tasks):
            if task.number is not None:
                self.numbered.setdefault(task.group, {}).setdefault(task.number, []).append(place)
            label = task.context[-1].casefold().strip(" :") if task.context else ""
            for name in {label, label.removeprefix("task "), *task.tickets} - {""}:
                self.called[name].append(place)
            for beginning in {stem[:_BEGINNING] for stem in self.stems[place]}:
                self.telling[beginning].append(place)

    def meant(self, words: str, at: int, group: int, own: int | None = None) -> tuple[int, ...]:
        """Return the places of the tasks that `words` mean, said after `at` tasks; () if they mean none.

        `own` is the task they are said of, which they never mean. Numbers count in the list (`group`) they are
        said in, else in the nearest list before.
        """
        text = _NEXT_CLAUSE.sub("", words.casefold()).strip(" .!,;:")
        found = self._by_name(text, group) or self._by_position(text, at, own)
        return tuple(place for place in (self._by_words(text, at, own) if found is None else found) if place != own)

    def _by_name(self, text: str, group: int) -> Sequence[int] | None:
        """Find what is called by its label, number or ticket; None if nothing is."""
        if labelled := self.called.get(text):
            return labelled
        if found := _NUMBERS.fullmatch(text):
            return self._by_number(found["list"], group)
        if tickets := _TICKETS.findall(text):
            return sorted({place for ticket in tickets for place in self.called.get(ticket, ())})
        return None

    def _by_number(self, listed: str, group: int) -> Sequence[int]:
        """Find tasks by the numbers of their list items, by ticket, or by position where nothing is numbered."""
        listed = _RANGE.sub(
            lambda span: " ".join(map(str, range(int(span[1]), min(int(span[2]), int(span[1]) + 99) + 1))), listed
        )
        numbers = re.findall(r"\d+", listed)
        if tickets := {place for number in numbers for place in self.called.get(f"#{number}", ())}:
            return sorted(tickets)
        wanted = {int(number) for number in numbers if len(number) < 6}  # noqa: PLR2004
        if not self.numbered:
            return sorted(number - 1 for number in wanted if 0 < number <= len(self.tasks))
        items = self.numbered.get(group) or self.numbered[next(reversed(self.numbered))]
        return sorted(place for number in wanted for place in items.get(number, ()))

    def _by_position(self, text: str, at: int, own: int | None) -> Sequence[int] | None:
        """Find what "both", "that", "all the others" or "the second one" means; None if the words are none of these."""
        earlier = [place for place in range(max(0, at - 3), at) if place != own]
        if _BOTH.fullmatch(text):
            return earlier[-2:]
        if _THAT.fullmatch(text):
            return earlier[-1:]
        if _ALL.fullmatch(text):
            everything = re.search(r"else|other|rest|all tasks|every", text)
            return range(len(self.tasks) if everything else at)
        if found := _ORDINAL.fullmatch(text):
            back = {"last": -1, "latter": -1, "former": -2}.get(found[1])
            if back is not None:
                return earlier[back : back + 1 or None]
            return [place for place in range(at) if place != own][_ORDINALS[found[1]] :][:1]
        return None

    def _by_words(self, text: str, at: int, own: int | None) -> Sequence[int]:
        """Find the task that shares the most words with a name; several for a list of names."""
        whole = self._best(text, at, own) or self._under_heading(text, own)
        parts = [part for part in _AND.split(text) if part.strip()]
        each = [self._best(part, at, own) for part in parts] if len(parts) > 1 else [()]
        return sorted({place for places in each for place in places}) if all(each) else whole

    def _best(self, name: str, at: int, own: int | None) -> Sequence[int]:
        wanted = stems(name)
        places = {place for stem in wanted for place in self.telling.get(stem[:_BEGINNING], ())} - {own}
        scores = []
        for place in places:
            common = len(shared(wanted, self.stems[place]))
            if common * 2 >= len(wanted):
                scores.append((common, common / max(len(self.stems[place]), 1), -abs(at - place), place))
        if scores:
            return (max(scores)[3],)
        return self._by_kind(name) if wanted else ()

    def _under_heading(self, name: str, own: int | None) -> Sequence[int]:
        """Find the tasks under the heading or label that a name repeats: "the relevance fixes"."""
        wanted = stems(name)
        return [
            place
            for place, task in enumerate(self.tasks)
            if place != own and any(shared(stems(text), wanted) for text in task.context)
        ]

    def _by_kind(self, name: str) -> Sequence[int]:
        """Read "the fix" or "the refactoring" as the tasks of that kind."""
        kind = next((kind for pattern, kind in _KIND_NAMES if pattern.search(name)), None)
        return [place for place, task in enumerate(self.tasks) if task.kind == kind] if kind else ()


_BEGINNING = 4
"""Letters in which two stems of one word agree (see `stems.same`)."""
_KIND_NAMES = (
    (re.compile(r"\b(?:tests?|testing|suite|specs?)\b"), "test"),
    (re.compile(r"\b(?:docs?|documentation)\b"), "docs"),
    (re.compile(r"\b(?:fix|fixes|bug ?fix(?:es)?)\b"), "bugfix"),
    (re.compile(r"\b(?:refactoring|refactor|clean-?up)\b"), "refactor"),
    (re.compile(r"\b(?:deployment|deploy)\b"), "infra"),
    (re.compile(r"\b(?:investigation|research|analysis|spike)\b"), "research"),
)
