"""How texts that we do not control (names, paths, values, argv) are written for tmux so that they stay data.

tmux reads a command twice: its parser splits and unquotes words, then some commands expand `#{...}` and `#(...)`
in what they got, and some expand `%` like strftime on top. Each layer has its own way out.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-+=/.,:@%^()[]{}<>|&*!?#;'`")
"""What means nothing to tmux's parser inside double quotes. `~`, `$`, `"` and the backslash do."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_NOT_OURS = frozenset(
    (
        *("TMUX", "TMUX_PANE", "TMUX_ORCHESTRA_TASK", "TMUX_ORCHESTRA_RUN"),
        *("TERM", "TERMCAP", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLUMNS", "LINES", "WINDOWID"),
        *("SHLVL", "_", "OLDPWD", "PWD"),
    )
)
"""Variables that say where a process runs rather than how it shall work; tmux and the shell set them anew."""


def quote(text: str) -> str:
    """Write any text, of any bytes but NUL, as one word of tmux's command language."""
    return '"' + "".join(chr(b) if b in _PLAIN else f"\\{b:03o}" for b in os.fsencode(text)) + '"'


def command(*words: str) -> str:
    """Write one tmux command, its words quoted."""
    return " ".join(quote(word) for word in words)


def sequence(commands: Iterable[str]) -> str:
    """Write commands as one line. If one fails, those after it on the line do not run."""
    return " ; ".join(commands)


def literal(text: str) -> str:
    """Escape a text for an argument in which tmux expands formats (names, `-c` folders)."""
    return text.replace("#", "##")


def literal_timed(text: str) -> str:
    """Escape a text for an argument in which tmux expands formats and dates (`display-message`)."""
    return literal(text).replace("%", "%%")


def literal_drawn(text: str) -> str:
    """Escape a text that tmux draws without expanding it, but in which `#[...]` is a style."""
    return re.sub(r"#+(?=\[)", lambda hashes: hashes[0] * 2, text)


def one_line(text: str) -> str:
    """Return the text without control characters; each becomes a space."""
    return _CONTROL.sub(" ", text)


def typed(text: str) -> str:
    """Return the text as it may be pasted: without control characters other than line ends and tabs.

    An escape character could end the paste early, and what follows would count as typed keys.
    """
    return _CONTROL.sub(lambda c: c[0] if c[0] in "\n\t" else "", text.replace("\r\n", "\n"))


def session_name(text: str) -> str:
    """Return a session name that tmux takes unchanged and that no target syntax reads as something else."""
    return re.sub(r"[^\w-]", "_", text).lstrip("-") or "orchestra"


def argv_form(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the same program as at least two words: a single word would go through a shell."""
    return tuple(argv) if len(argv) > 1 else ("/usr/bin/env", *argv)


def is_carried(name: str) -> bool:
    """Whether a variable of the caller's environment belongs into the session's."""
    return name not in _NOT_OURS and "=" not in name


def environment_commands(session: str, env: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """Give the session exactly the variables of `env`; what else is `known` there is unset."""
    carried = {name: value for name, value in env.items() if is_carried(name)}
    foreign = {name for name in known if is_carried(name)} - carried.keys()
    return [
        *(command("set-environment", "-t", session, "-r", name) for name in sorted(foreign)),
        *(command("set-environment", "-t", session, name, value) for name, value in carried.items()),
    ]
