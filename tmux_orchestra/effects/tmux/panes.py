"""One pane: what runs in it, what it shows, and typing into it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.tmux import text
from tmux_orchestra.effects.tmux.connection import Connection, raise_refusals

_ESCAPES_PASTES = (3, 7)
"""From this version on tmux alters control characters in a paste unless told not to."""


class PaneCalls(Connection):
    """Everything about a single pane, known by its id."""

    def exists(self, pane: str) -> bool:
        """Whether the pane is there. Other questions about a missing pane may be answered for another one."""
        return pane in (self.ask("list-panes", "-t", pane, "-F", "#{pane_id}") or ())

    def respawn(self, pane: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> int:
        """Replace what runs in the pane by this program and return its process id; no shell reads `argv`.

        Raises OrchestraError if the pane is gone.
        """
        variables = [word for name, value in (env or {}).items() for word in ("-e", f"{name}={value}")]
        folder = text.literal(str(cwd))
        line = text.sequence(
            [
                text.command("respawn-pane", "-k", "-t", pane, "-c", folder, *variables, "--", *text.argv_form(argv)),
                text.command("display-message", "-p", "-t", pane, "#{pane_id} #{pane_pid}"),
            ]
        )
        reply = self.batch([line])
        answers = [answer.split(" ") for answer in reply.lines]
        if answers and answers[-1][0] == pane:
            return int(answers[-1][1])
        raise OrchestraError(
            f"nothing could be started in pane {pane}: {'; '.join(reply.complaints) or 'it is gone'}",
            safe="other panes and what runs in them were left alone",
            hint="tmux-orchestra recover",
        )

    def capture(self, pane: str, *, history: bool = True, escapes: bool = False) -> str | None:
        """Return what the pane shows, with its history, colours on request; None if it is gone."""
        options = (*(("-S", "-") if history else ()), *(("-e",) if escapes else ()))
        lines = self.ask("capture-pane", "-p", *options, "-t", pane)
        return None if lines is None else "\n".join(lines)

    def set_border(self, pane: str, words: str) -> None:
        """Show a line of text above the pane; an empty one takes the line away."""
        shown = text.literal_drawn(text.one_line(words))
        # The text sits in an option of its own: what tmux takes from an option it does not expand again.
        lines = [
            text.command("set-option", "-p", "-t", pane, "@orchestra-border", shown),
            text.command("set-option", "-w", "-t", pane, "pane-border-format", " #{@orchestra-border} "),
            text.command("set-option", "-w", "-t", pane, "pane-border-status", "top" if shown else "off"),
        ]
        raise_refusals("the pane's border", self.batch(lines))

    def block_input(self, pane: str, *, blocked: bool) -> None:
        """Make the pane drop typed keys, or take them again. A key queued for a frozen agent would hit it on thaw."""
        raise_refusals("select-pane", self.batch([text.command("select-pane", "-d" if blocked else "-e", "-t", pane)]))

    def paste(self, pane: str, words: str, *, submit: bool = True) -> bool:
        """Type a text of any length into the pane as one paste, then Enter; return False if the pane is gone.

        Control characters other than line ends and tabs are left out. Whether somebody reads it is for the caller.
        """
        if not self.exists(pane):
            return False
        pasted = text.typed(words).encode("utf-8", "surrogateescape")
        buffer = f"orchestra-{os.getpid()}-{pane[1:]}"
        steps = [("copy-mode", "-q", "-t", pane)]
        if pasted:  # tmux makes no buffer of nothing
            raw = ("-S",) if self._version() >= _ESCAPES_PASTES else ()
            steps.insert(0, ("load-buffer", "-b", buffer, "-"))
            steps.append(("paste-buffer", "-p", "-r", "-d", *raw, "-b", buffer, "-t", pane))
        if submit:
            steps.append(("send-keys", "-t", pane, "Enter"))
        reply = self.feed(pasted, steps)
        if reply.complaints and pasted:
            self.ask("delete-buffer", "-b", buffer)
        raise_refusals("the paste", reply)
        return not reply.complaints

    def _version(self) -> tuple[int, ...]:
        numbers = "".join(c if c.isdigit() else " " for c in self.check_version()).split()
        return tuple(int(number) for number in numbers[:2])
