"""The request's blocks: list items and lines of text, each with the headings and lead-ins above it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import dedent

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from tmux_orchestra.planners import tidy
from tmux_orchestra.planners.constraints import is_constraint
from tmux_orchestra.planners.courtesy import is_polite
from tmux_orchestra.planners.opening import is_weak, read_opening
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.priority import is_marker
from tmux_orchestra.planners.wordlist import word_set

_MARKDOWN = MarkdownIt("commonmark").disable(["code", "html_block", "reference", "lheading"])
# Indented text, tags and "Title\n---" are a person's ordinary lines here, not code, HTML or headings.
_BOX = re.compile(r"\[([ xX])\]\s+")
_TICKED = re.compile(r"\s*\[[xX]\]\s")
_DANGLING = re.compile(
    r"(?:[,(–—-]|\b(?:a|an|the|and|or|to|of|for|in|on|with|by|from|that|which|can|is|are|be|as|at|into|we|i|you|they"
    r"|our|your))\s*$",
    re.IGNORECASE,
)


_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_TAKING_ON = word_set("tackle handle do start") | {"take care of", "work on", "look at", "look into", "deal with"}
"""Asked politely above a list, these say that it is to be done: "could you take care of the parser?"."""
_WRAPPED_AT = 40
"""A shorter line was ended on purpose, not wrapped at the margin."""


@dataclass(frozen=True, slots=True)
class Block:
    """One list item or paragraph line: what it says, and what stands around it."""

    text: str
    line: int
    """Where it begins in the request."""
    group: int
    """The same for the items of one list and the lines of one paragraph."""
    context: tuple[str, ...] = ()
    """Headings and lead-ins, the outermost first."""
    details: str = ""
    """Nested bullets and further paragraphs, as they stand."""
    listed: bool = False
    heading: bool = False
    number: int | None = None


@dataclass(slots=True)
class _Reader:
    """Walks the Markdown tree, remembering the headings it is under."""

    lines: list[str]
    origins: list[int]
    headings: list[tuple[int, str]] = field(default_factory=list)
    groups: int = 0

    def blocks(self, node: SyntaxTreeNode, context: tuple[str, ...] = ()) -> Iterator[Block]:
        """Yield the blocks below a node."""
        children = node.children
        for place, child in enumerate(children):
            above = (*(text for _, text in self.headings), *context)
            if child.type == "heading":
                level, text = int(child.tag[1:]), _inline(child)
                self.headings = [kept for kept in self.headings if kept[0] < level]
                above = tuple(text for _, text in self.headings)
                yield Block(text, self._line(child), self._group(), above, heading=True)
                self.headings.append((level, text))
            elif child.type in ("bullet_list", "ordered_list"):
                before = children[place - 1] if place else None
                lead = _lead_in(before) if before is not None and before.type == "paragraph" else ""
                yield from self._items(child, (*above, lead) if lead else above)
            elif child.type == "paragraph":
                below = children[place + 1] if place + 1 < len(children) else None
                yield from self._paragraph(child, above, leads=below is not None and below.type.endswith("_list"))
            elif child.type == "fence":
                yield Block("", self._line(child), self._group(), above, details=self._source(child))
            elif child.children:
                yield from self.blocks(child, context)

    def _paragraph(self, node: SyntaxTreeNode, above: tuple[str, ...], *, leads: bool) -> Iterator[Block]:
        lines = _logical_lines(_inline(node))
        if leads and (lead := _lead_in(node)):
            offset, last = lines.pop()
            if before := last.removesuffix(lead).strip():
                lines.append((offset, before))
        group = self._group()
        for offset, text in lines:
            yield Block(text, self._line(node, offset), group, above)

    def _items(self, node: SyntaxTreeNode, context: tuple[str, ...]) -> Iterator[Block]:
        group = self._group()
        start = int(str(node.attrs.get("start", 1)))
        for place, item in enumerate(node.children):
            number = start + place if node.type == "ordered_list" else None
            first = item.children[0] if item.children else None
            if first is None or first.type != "paragraph":
                yield from self.blocks(item, context)
                continue
            text = " ".join(_inline(first).split("\n"))
            if box := _BOX.match(text):
                text = text[box.end() :]
                if box[1] != " ":
                    continue
            nested = [child for child in item.children[1:] if child.type.endswith("_list")]
            if nested and _is_group(text, nested[0], siblings=node.children):
                for below in nested:
                    yield from self._items(below, (*context, text))
                continue
            details = self._details(item, first)
            yield Block(text, self._line(item), group, context, details, listed=True, number=number)

    def _details(self, item: SyntaxTreeNode, first: SyntaxTreeNode) -> str:
        if not (item.map and first.map):
            return ""
        below = self.lines[first.map[1] : item.map[1]]
        return dedent("\n".join(line for line in below if not _TICKED.match(line.lstrip(" -*+")))).strip("\n")

    def _source(self, node: SyntaxTreeNode) -> str:
        return "\n".join(self.lines[node.map[0] : node.map[1]]) if node.map else node.content

    def _line(self, node: SyntaxTreeNode, offset: int = 0) -> int:
        line = (node.map[0] if node.map else 0) + offset
        return self.origins[min(line, len(self.origins) - 1)]

    def _group(self) -> int:
        self.groups += 1
        return self.groups


def outline(text: str) -> tuple[Block, ...]:
    """Read a tidied request's blocks in the order of its lines."""
    lines, origins = _separate_lists(tidy.as_markdown(text).split("\n"))
    tree = SyntaxTreeNode(_MARKDOWN.parse("\n".join(lines)))
    return tuple(_Reader(lines, origins).blocks(tree))


def _separate_lists(source: list[str]) -> tuple[list[str], list[int]]:
    """Put a blank line between a list and unindented text after it, which Markdown would take for the last item's.

    Returns the lines and, for each, the number of the line it came from.
    """
    lines: list[str] = []
    origins: list[int] = []
    in_list = False
    for number, line in enumerate(source):
        pieces = tidy.break_inline_numbers(line)
        listed = tidy.is_list_line(pieces[-1])
        if in_list and line.strip() and not listed and not line[0].isspace() and not _continues(lines[-1], line):
            lines.append("")
            origins.append(number)
        for place, piece in enumerate(pieces):
            if place and not tidy.is_list_line(pieces[place - 1]):
                lines.append("")
                origins.append(number)
            lines.append(piece)
            origins.append(number)
        in_list = listed or (in_list and bool(line.strip()) and (line[0].isspace() or _reads_on(line)))
    return lines, origins


def _continues(before: str, line: str) -> bool:
    """Tell whether a line goes on with the sentence of the line before it."""
    if _DANGLING.search(before):
        return True
    ended = before.rstrip().endswith((".", "!", "?", ":", ";")) or len(before) < _WRAPPED_AT
    return not ended and _reads_on(line)


def _reads_on(line: str) -> bool:
    """Tell whether a line looks like the middle of a sentence."""
    phrase = Phrase.of(line)
    opening = read_opening(phrase)
    begins = opening.verb or opening.link or opening.priority or opening.parallel or opening.said_kind
    return line[:1].islower() and not begins and not is_constraint(phrase)


def _logical_lines(paragraph: str) -> list[tuple[int, str]]:
    """Join the lines over which a sentence was wrapped: (offset of the first, text)."""
    joined: list[tuple[int, str]] = []
    for offset, line in enumerate(paragraph.split("\n")):
        if joined and _continues(joined[-1][1], line.strip()):
            joined[-1] = (joined[-1][0], f"{joined[-1][1]} {line.strip()}")
        else:
            joined.append((offset, line.strip()))
    return joined


def _inline(node: SyntaxTreeNode) -> str:
    """Return a heading's or paragraph's source text; emphasis and links stay as written."""
    return node.children[0].content if node.children else ""


def _lead_in(node: SyntaxTreeNode) -> str:
    """Return the line that introduces the list below a paragraph, "" if its last line is something else."""
    text = _SENTENCE.split(_logical_lines(_inline(node))[-1][1])[-1]
    return text if _is_lead_in(text) else ""


def _is_lead_in(text: str) -> bool:
    """Tell whether a line above a list introduces it: it ends in a colon, or asks for nothing by itself."""
    if text.rstrip().endswith((":", "：")):
        return True
    phrase = Phrase.of(text)
    opening = read_opening(phrase)
    instructs = opening.verb and not is_weak(opening)  # "Release 2.4 leftovers" releases nothing
    if opening.verb in _TAKING_ON and opening.polite:
        return True
    return not instructs and not is_constraint(phrase) and not is_polite(phrase)


def _is_group(text: str, nested: SyntaxTreeNode, siblings: Sequence[SyntaxTreeNode]) -> bool:
    """Tell whether a bullet is only a label for the bullets below it, which are then the tasks.

    It is one if it ends in a colon, says a priority, or if the whole list is made of areas with instructions below.
    Otherwise what is below are its details.
    """
    if is_marker(text.rstrip(":： ")):
        return True
    return _instructs_below(nested) and (text.rstrip().endswith((":", "：")) or all(map(_is_area, siblings)))


def _is_area(item: SyntaxTreeNode) -> bool:
    """Tell whether an item is a noun with instructions below it ("Backend")."""
    if not item.children or item.children[0].type != "paragraph":
        return False
    lists = [child for child in item.children if child.type.endswith("_list")]
    named = not read_opening(Phrase.of(_inline(item.children[0]))).verb
    return named and bool(lists) and _instructs_below(lists[0])


def _instructs_below(nested: SyntaxTreeNode) -> bool:
    firsts = [item.children[0] for item in nested.children if item.children]
    children = [_inline(first) for first in firsts if first.type == "paragraph"]
    return bool(children) and all(read_opening(Phrase.of(_BOX.sub("", child, count=1))).verb for child in children)
