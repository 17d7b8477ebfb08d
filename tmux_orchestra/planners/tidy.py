"""The request as plain Markdown: no control characters, one notation for bullets, numbers and check boxes."""

import re
import unicodedata

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
_NEWLINES = re.compile(r"\r\n?|[\u2028\u2029\u0085\v\f]")
_UNSEEN = frozenset("\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Zero-width and direction marks: they would hide in ids and upset terminals."""

_REHEARSAL = re.compile(r"^[^\S\n]*(?:[-*+•][^\S\n]+)?(rehearse:.*)$")
_BULLET = re.compile(r"^([^\S\n]*)[•◦▪‣·●○■□➤►–—][^\S\n]*(?=\S)", re.MULTILINE)
_BOX = re.compile(r"^([^\S\n]*)(?:[-*+][^\S\n]+)?([☐☑☒✓✔])\ufe0f?[^\S\n]*", re.MULTILINE)
_BARE_BOX = re.compile(r"^([^\S\n]*)(?=\[[ xX]\][^\S\n])", re.MULTILINE)
_NUMBER = re.compile(r"^([^\S\n]*)\(?(\d{1,3})(?:[.)]|\.\))[^\S\n]+", re.MULTILINE)
_STEP = re.compile(r"^([^\S\n]*)(?:step|task)[^\S\n]+#?(\d{1,3})[^\S\n]*[:.)–-][^\S\n]*", re.MULTILINE | re.IGNORECASE)
_LETTER = re.compile(r"^([^\S\n]*)\(?[a-h]\)[^\S\n]+", re.MULTILINE)
_INLINE_NUMBER = re.compile(r"(?:(?<=\s)|^)\(?(\d{1,2})[.)]\s+(?=\S)", re.MULTILINE)
_INLINE_LETTER = re.compile(r"(?:(?<=\s)|^)\(?([a-h])\)\s+(?=\S)")
_BOLD = re.compile(r"(?<![\w/*])(\*\*|__)(?=\S)([^*_\n]+)(?<=\S)\1(?![\w/*])")
_LIST_LINE = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s")


def tidy(request: str) -> str:
    """Return the request with everything unprintable removed and its lists in Markdown's notation."""
    text = request.encode("utf-8", "replace").decode("utf-8")  # lone surrogates could not be written anywhere
    text = _NEWLINES.sub("\n", unicodedata.normalize("NFC", _ESCAPES.sub("", text)))
    return "".join(
        char for char in text if char in "\n\t" or (unicodedata.category(char) != "Cc" and char not in _UNSEEN)
    )


def take_rehearsals(text: str) -> tuple[str, dict[int, list[str]]]:
    """Take the lines `rehearse: …` out: the rest, and by the number of the line they followed, these lines.

    They are the rehearsal agent's instructions, so nothing in them is read here. -1: before every line.
    """
    kept: list[str] = []
    taken: dict[int, list[str]] = {}
    for line in text.split("\n"):
        if found := _REHEARSAL.match(line):
            taken.setdefault(len(kept) - 1, []).append(found.group(1))
        else:
            kept.append(line)
    return "\n".join(kept), taken


def as_markdown(text: str) -> str:
    """Rewrite the ways in which people write lists into Markdown's; every line keeps its number."""
    text = _BOLD.sub(r"\2", text.replace("\u00a0", " "))
    text = _BOX.sub(lambda box: f"{box[1]}- [{' ' if box[2] == '☐' else 'x'}] ", text)
    text = _BARE_BOX.sub(r"\1- ", text)
    text = _STEP.sub(r"\1\2. ", _LETTER.sub(r"\1- ", _BULLET.sub(r"\1- ", text)))
    return _NUMBER.sub(r"\1\2. ", text)


def break_inline_numbers(line: str) -> list[str]:
    """Split "1) dump 2) upgrade" or "(a) … (b) …" into its items, if they count up; else leave the line whole."""
    for pattern, first, item in ((_INLINE_NUMBER, "1", _NUMBER), (_INLINE_LETTER, "a", _LETTER)):
        found = list(pattern.finditer(line))
        if len(found) < 2 or any(ord(match[1][0]) != ord(first) + place for place, match in enumerate(found[:9])):  # noqa: PLR2004
            continue
        starts = [match.start() for match in found]
        pieces = [line[: starts[0]], *(line[a:b] for a, b in zip(starts, [*starts[1:], len(line)], strict=True))]
        marked = (item.sub(r"\1\2. " if item is _NUMBER else r"\1- ", piece.strip().rstrip(",;")) for piece in pieces)
        return [re.sub(r"[,;]?\s+(?:and|then)$", "", piece) for piece in marked if piece.strip()]
    return [line]


def is_list_line(line: str) -> bool:
    """Tell whether the line is a bullet or a numbered item."""
    return bool(_LIST_LINE.match(line))
