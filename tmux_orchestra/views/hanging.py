"""A text beside or below its head, wrapped to the terminal, without blanks at the ends of lines."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text


class Hanging:
    """`head` and then `body`, whose lines all begin in the same column."""

    def __init__(self, head: Text, body: Text, indent: int, *, most: int = 0, below: int = 2) -> None:
        """Let the body begin at column `indent`; where the head reaches into that, on the next line, at `below`.

        A body of more than `most` lines is cut (0: never).
        """
        self._head = head
        self._body = body
        self._most = most
        self._beside = indent == 0 or head.cell_len < indent or not head.plain.strip()
        self._indent = indent if self._beside else below

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield line after line."""
        room = max(1, options.max_width - self._indent)
        lines = list(self._body.wrap(console, room, overflow="fold")) if self._body else []
        for line in lines:
            line.rstrip()
        if self._most and len(lines) > self._most:
            rest = Text(" ").join(lines[self._most - 1 :])
            rest.truncate(room, overflow="ellipsis")
            lines[self._most - 1 :] = [rest]
        if not self._beside or not lines:
            yield from self._head.wrap(console, options.max_width, overflow="fold")
        for number, line in enumerate(lines):
            start = self._head.copy() if self._beside and number == 0 else Text()
            start.append(" " * (self._indent - start.cell_len))
            yield start + line
