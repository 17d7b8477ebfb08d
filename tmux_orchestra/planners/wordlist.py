"""Lists of words, written as running text so that they can be read and kept in order."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in its order."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, to ask whether it has one."""
    return frozenset(text.split())
