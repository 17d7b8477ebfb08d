"""A real terminal with a person at it: tmux draws the screen, takes the keys, and says what is shown."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import retry_until

SOCKET = "terminal"
ORCHESTRA = f"{shlex.quote(sys.executable)} -P -m tmux_orchestra"
"""The program, for a shell line."""


@dataclass(frozen=True)
class Terminal:
    """One terminal in which a shell line runs; its exit code is shown as `[ended N]`."""

    pane: str

    def screen(self, *, escapes: bool = False) -> str:
        """What is shown now."""
        return _tmux("capture-pane", "-p", *(("-e",) if escapes else ()), "-t", self.pane)

    def until(self, *words: str, gone: str = "", seconds: float = 60.0) -> str:
        """Wait until all the words are shown (and `gone` is not); return the screen."""

        def shown() -> str | None:
            screen = self.screen()
            return screen if all(word in screen for word in words) and not (gone and gone in screen) else None

        try:
            return retry_until(shown, seconds=seconds, interval=0.1, what=f"{words}")
        except AssertionError as missing:
            raise AssertionError(f"{missing}\n{self.screen()}") from None

    def ended(self, code: int) -> str:
        """Wait for the shell line's end, expect its exit code, return the screen."""
        screen = self.until("[ended ")
        assert f"[ended {code}]" in screen, screen
        return screen

    def type(self, *keys: str) -> None:
        """Press keys, as tmux names them (`Enter`, `C-c`); other words are typed."""
        _tmux("send-keys", "-t", self.pane, *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        _tmux("resize-window", "-t", self.pane, "-x", str(columns), "-y", str(rows))


@contextmanager
def terminal(line: str, cwd: Path, *, columns: int = 100, rows: int = 40, inside: bool = False) -> Iterator[Terminal]:
    """Run a shell line in a terminal of this size; `inside` keeps $TMUX, for a person who is in tmux already."""
    leave = "" if inside else "unset TMUX TMUX_PANE; "
    script = f'trap : INT; {leave}export TERM=screen-256color; {line}; echo "[ended $?]"; exec sleep 600'
    size = ("-x", str(columns), "-y", str(rows))
    session = ("new-session", "-d", *size, "-c", str(cwd), "-P", "-F", "#{pane_id}", "sh", "-c", script)
    # A server that is just leaving, with the terminal before this one, takes nobody in.
    pane = retry_until(lambda: _tmux("-f", "/dev/null", *session, cwd=cwd).strip(), what="a terminal")
    try:
        yield Terminal(pane)
    finally:
        _tmux("kill-pane", "-t", pane)


def _tmux(*words: str, cwd: Path | None = None) -> str:
    command = ["tmux", "-u", "-L", SOCKET, *words]
    env = {name: value for name, value in os.environ.items() if name not in {"TMUX", "TMUX_PANE"}}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=env, cwd=cwd).stdout
