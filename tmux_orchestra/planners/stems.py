"""Words reduced to what "migrating", "migrations" and "migration" have in common."""

import re
from functools import lru_cache

from tmux_orchestra.planners.wordlist import word_set

_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*[+#]*")
_ENDINGS = (
    "isations",
    "izations",
    "isation",
    "ization",
    "ations",
    "ation",
    "ments",
    "ment",
    "ings",
    "ing",
    "ions",
    "ion",
    "ies",
    "ers",
    "ed",
    "er",
    "es",
    "s",
    "y",
    "e",
)
_DOUBLED = re.compile(r"([bdfglmnprt])\1$")
_EMPTY = word_set(
    """
    the a an this that these those it its their our my your all any some each every both other another and or
    nor but of to for in on at
    by with without from into onto as is are was were be been has have had do does did done will would can
    could should may might must
    not no so than then when once after before if while where which who what how why there here also just only
    very more most new old
    up out off over under via per etc them they we you i us me make sure please about through two three one
    first last used use uses
    """
)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Cut a word's ending, never below three letters."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:  # noqa: PLR2004
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and _DOUBLED.search(word) else word  # noqa: PLR2004 -- "pinned" is "pin"


@lru_cache(maxsize=2048)
def stems(text: str) -> frozenset[str]:
    """Return the stems of a text's words, without those that name nothing."""
    found = set()
    for word in _WORD.findall(text.casefold()):
        for part in {word, *re.split(r"[-.]", word)}:
            if part and part not in _EMPTY:
                found.add(stem(part))
    return frozenset(found)


def same(left: str, right: str) -> bool:
    """Tell whether two stems mean the same word: equal, or one the other's short form ("auth", "authentic")."""
    if left == right:
        return True
    short, long = sorted((left, right), key=len)
    return len(short) >= 4 and long.startswith(short) and not short.isdigit()  # noqa: PLR2004


def shared(left: frozenset[str], right: frozenset[str]) -> set[str]:
    """Return those stems of the left that the right has as well."""
    return {a for a in left if any(same(a, b) for b in right)}


def overlap(left: str, right: str) -> bool:
    """Tell whether two texts have a telling word in common."""
    return bool(shared(stems(left), stems(right)))
