"""A piece of a request together with its mask, in which everything that must not be read is blanked out.

The mask has the length of the text, in lower case. Quotes, code and URLs become a filler that counts as one
word; parentheses become spaces. So a comma in `a,b.py` separates nothing, and offsets mean the same in both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tmux_orchestra.planners.spelling import mend_small_words
from tmux_orchestra.planners.verbs import ENGLISH, WEAK

FILL = "\u02d0"
"""Stands for each shielded character; a letter to regular expressions, and rare in requests."""

_SHIELDED = (
    re.compile(r"(`+)[^\n]+?\1"),
    re.compile(r"&\w{2,8};|</?[a-z][^<>\n]{0,80}>", re.IGNORECASE),
    re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)]", re.IGNORECASE),
    re.compile(r'"[^"\n]*"|“[^“”\n]*”|„[^„“”\n]*[“”]|«[^»\n]*»|‘[^’\n]*’|「[^」\n]*」|『[^』\n]*』'),
    re.compile(r"(?<!\w)'[^'\n]*[^'\s]'(?!\w)"),
)
_NAMES = re.compile(
    r"(?<!\S)(?:\.{1,2}/|/|~/|--?\w)(?:[^\s,;]*[^\s,;.!?:)])?"
    r"|(?<![\w.-])\w[\w.-]{0,80}/[\w.-]*(?:[/.][\w./-]*)\w"
    r"|(?<![\w-])[\w-]{0,80}?[^\W\d][\w-]{0,80}\.(?=[\w-])[\w.-]*\w"
    r"|\b(?-i:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)(?= (?:/|\u02d0|requests?\b|endpoints?\b|routes?\b))"
)
"""Paths, options, file names and HTTP methods. Bare versions stay: nothing in "2.4" separates."""
_ABBREVIATION = re.compile(
    r"\b(?:etc|vs|cf|approx|incl|resp|ca|z\. ?b|d\. ?h|p\. ?ej|p\. ?ex)\.(?=\s+[a-z\d(])", re.IGNORECASE
)
_STRONG_VERBS = "|".join(sorted((re.escape(verb) for verb in ENGLISH if verb not in WEAK), key=len, reverse=True))
_EXAMPLES = re.compile(
    r"(?<!\w)(?:e\. ?g\.|i\. ?e\.|z\. ?b\.|for example|for instance|such as)"
    r"(?:(?![.!?](?:\s|$)|;|,? (?:and|but|then) (?:then |also |please )*"
    rf"(?:{_STRONG_VERBS}|make sure|don't|do not|keep|leave|run|update|test)\b)[^\n])*",
    re.IGNORECASE,
)
"""Examples reach to the end of the sentence, or to an "and" with an instruction behind it."""
_SMILEY = re.compile(r"(?<![\w(])[:;]-?[)(DPp](?=\s|$)")
"""Ends a sentence."""
_PARENTHESES = re.compile(r"\([^()]*\)|（[^（）]*）")
_APOSTROPHES = str.maketrans("’‘", "''")


def mask(text: str) -> str:
    """Blank out what separates nothing and says nothing about the sentence; same length as `text`."""
    masked = text
    for pattern in _SHIELDED:
        masked = pattern.sub(lambda found: FILL * len(found.group()), masked)
    masked = _SMILEY.sub(lambda found: ".".ljust(len(found.group())), masked)
    for _ in range(4):  # nested parentheses, from the inside
        masked, blanked = _PARENTHESES.subn(lambda found: " " * len(found.group()), masked)
        if not blanked:
            break
    for pattern in (_ABBREVIATION, _EXAMPLES, _NAMES):
        masked = pattern.sub(lambda found: FILL * len(found.group()), masked)
    masked = masked.translate(_APOSTROPHES)
    return mend_small_words("".join(low if len(low := char.lower()) == 1 else char for char in masked))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the person's words; `mask` says what may be read of it."""

    text: str
    mask: str

    @classmethod
    def of(cls, text: str) -> "Phrase":
        """Take a text as one phrase, without the white space around it."""
        text = text.strip()
        return cls(text, mask(text))

    def __bool__(self) -> bool:
        """Tell whether anything is said at all."""
        return any(char.isalnum() for char in self.text)

    def cut(self, start: int, end: int | None = None) -> "Phrase":
        """Take a part, without the white space around it."""
        end = len(self.text) if end is None else min(end, len(self.text))
        start = min(self.skip_space(start), end)
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return Phrase(self.text[start:end], self.mask[start:end])

    def skip_space(self, place: int) -> int:
        """Return where the next word begins."""
        while place < len(self.text) and self.text[place].isspace():
            place += 1
        return place

    def seam(self, found: re.Match[str]) -> tuple[int, int]:
        """Return where a separator found in the mask begins and ends; parentheses beside it, spaces there, are kept."""
        start, end = found.span()
        sign = next((place for place in range(start, end) if not self.mask[place].isspace()), end)
        hidden = [place for place in range(start, end) if self.mask[place].isspace() and not self.text[place].isspace()]
        return (
            max((place + 1 for place in hidden if place < sign), default=start),
            min((place for place in hidden if place > sign), default=end),
        )

    def split(self, pattern: re.Pattern[str]) -> Iterator["Phrase"]:
        """Cut at every match of the pattern in the mask; empty pieces are left out."""
        start = 0
        for found in pattern.finditer(self.mask):
            end, after = self.seam(found)
            if piece := self.cut(start, end):
                yield piece
            start = after
        if piece := self.cut(start):
            yield piece
