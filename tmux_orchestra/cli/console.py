"""Talking to the person: answers on stdout, narration on stderr, questions only on a terminal."""

import codecs
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tmux_orchestra.core.errors import ExitCode, OrchestraError, UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PLAIN_WIDTH = 100
"""Columns where there is neither a terminal to ask nor a variable COLUMNS."""

_IN_ASCII = {"✓": "+", "✗": "x", "▶": ">", "‖": "=", "≠": "#", "»": ">", "·": ".", "…": "~"}
"""What stands for our symbols where the terminal's encoding has none of them; each is one cell wide as well."""


class Interrupted(OrchestraError):
    """The person pressed ^C, where more can be said about it than that."""

    exit_code = ExitCode.INTERRUPTED


def _replace_symbols(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_IN_ASCII.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


def prepare_streams() -> None:
    """Make sure that talking cannot fail: a closed stream swallows, and what an encoding cannot show is replaced."""
    codecs.register_error("tmux-orchestra", _replace_symbols)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as we live
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="tmux-orchestra")


def narrate(text: str) -> None:
    """Tell what is going on, beside the answer."""
    click.echo(text, err=True)


def answer(text: str) -> None:
    """Print a line of an answer for people."""
    click.echo(text)


def harmless(text: str) -> str:
    """Neutralise a text of several lines: what a command or an agent printed must not drive this terminal."""
    return "\n".join("".join(c if c.isprintable() else " " for c in line).rstrip() for line in text.splitlines())


def console(plain_width: int = PLAIN_WIDTH) -> "Console":
    """Return where answers go: no colour unless it is a terminal, whatever its encoding can show."""
    from rich.console import Console  # loaded late: `--help` and most refusals draw nothing

    columns = os.environ.get("COLUMNS", "")
    if sys.stdout.isatty():
        # A terminal knows its size; COLUMNS may be another one's, handed down to a tmux window.
        env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        return Console(_environ=env, highlight=False, emoji=False, markup=False)
    width = int(columns) if columns.isdecimal() and int(columns) else plain_width
    return Console(width=width, color_system=None, force_terminal=False, highlight=False, emoji=False, markup=False)


def show(picture: "RenderableType") -> None:
    """Print an answer for people."""
    console().print(picture)


@contextmanager
def activity(who: str) -> Iterator[Callable[[str], None]]:
    """Show what somebody does now (as it is told) on one line of the terminal, wiped at the end; nothing elsewhere."""
    from rich.console import Console
    from rich.text import Text

    env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    terminal = Console(stderr=True, _environ=env)

    def line(doing: str) -> Text:
        text = Text(harmless(f"{who} {doing}"))
        text.truncate(terminal.width - len("| "), overflow="ellipsis")
        return text

    with terminal.status(line("begins"), spinner="line") as status:
        yield lambda doing: status.update(line(doing))


def show_json(values: Any) -> None:
    """Print an answer for programs; in ASCII, so that it passes through every terminal and every encoding."""
    click.echo(json.dumps(values, indent=2, default=str))


def on_terminal() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def choose(question: str, *, yes: bool, choices: str = "yn") -> str:
    """Ask and return the chosen letter (the first is the default); `y` without asking where `--yes` was given.

    A closed terminal (^D) is no agreement: it counts as `n`. Raises UsageError where there is neither a terminal
    nor `--yes`.
    """
    if yes:
        return "y"
    if not on_terminal():
        raise UsageError(
            "this needs an answer, and there is no terminal to ask on",
            safe="nothing was started or changed",
            hint="give --yes to agree beforehand",
        )
    shown = "/".join([choices[0].upper(), *choices[1:]])
    while True:
        click.echo(f"{question} [{shown}] ", nl=False, err=True)
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            click.echo("", err=True)
            raise Interrupted("interrupted", safe="nothing was started or changed") from None
        if not line:
            click.echo("", err=True)
            return "n"
        letter = (line.strip().lower() or choices[0])[0]
        if letter in choices:
            return letter
