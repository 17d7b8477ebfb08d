"""Lists of words and patterns, written as running text so that they can be read and kept in order."""

import re


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in its order."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, to ask whether it has one."""
    return frozenset(text.split())


def one_of(patterns: str) -> str:
    """Return a pattern that matches any of these, which stand one a line or with | between them.

    A line that ends in a backslash goes on in the next, so that long ones can be read.
    """
    lines = re.sub(r"\\\n\s*", "", patterns).splitlines()
    return f"(?:{'|'.join(line.strip() for line in lines if line.strip())})"
