"""Reads common words through their usual misspellings."""

import re
from functools import lru_cache

from tmux_orchestra.planners.wordlist import words_of

VERBS = words_of(
    """
implement add create build develop write fix repair resolve update remove delete refactor rename replace
upgrade document test improve
optimize deploy configure investigate change extract migrate enable disable release verify handle introduce
simplify convert integrate
support rewrite clean prepare compare analyze correct describe explain adjust enhance reduce rework publish provision
"""
)
NOUNS = words_of(
    """
documentation changelog readme tests testing integration regression deployment dashboard authentication
database migration endpoint
performance security schema coverage manual tutorial release releases notes guide article articles handbook
monitoring pipeline benchmark vulnerability refactoring frontend backend endpoints screen dependencies dependency
"""
)

_SMALL = {
    "teh": "the",
    "hte": "the",
    "adn": "and",
    "nad": "and",
    "tehn": "then",
    "thne": "then",
    "wiht": "with",
    "taht": "that",
}
_SMALL_WORD = re.compile(rf"\b(?:{'|'.join(_SMALL)})\b")
_WORD = re.compile(r"[^\W\d_]{5,}")
_LONG_NOUN = 7
"""From this length on, one wrong letter hardly makes another word."""


def mend_small_words(text: str) -> str:
    """Put "the" for "teh" and the like; the text keeps its length."""
    return _SMALL_WORD.sub(lambda found: _SMALL[found.group()], text)


def mend_nouns(text: str) -> str:
    """Put common nouns for their misspellings."""
    return _WORD.sub(lambda found: _nearest_noun(found.group()) or found.group(), text)


def _nearest_noun(word: str) -> str:
    """Return the noun of which the word is a misspelling; "texts" and "tests" are two words, though alike."""
    right = _nearest(word, NOUNS)
    exchanged = len(word) == len(right) and sorted(word) != sorted(right)
    return "" if exchanged and len(word) < _LONG_NOUN else right


def mend_verb(word: str) -> str:
    """Return the common verb of which the word is a misspelling; "" if it is none."""
    return _nearest(word, VERBS) if len(word) > 2 else ""  # noqa: PLR2004 -- "ad" may be anything


@lru_cache(maxsize=8192)
def _nearest(word: str, known: tuple[str, ...]) -> str:
    if word in known:
        return ""
    for right in known:
        if word[0] != right[0] or abs(len(word) - len(right)) > 2 or word.startswith(right) or right.startswith(word):  # noqa: PLR2004
            continue
        allowed = 0 if len(right) < 5 else 1 if len(right) < 8 else 2  # noqa: PLR2004
        if sorted(word) == sorted(right) or _distance(word, right) <= allowed:
            return right
    return ""


def _distance(left: str, right: str) -> int:
    """Count the letters to insert, drop, change or swap with a neighbour to get from one word to the other."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
