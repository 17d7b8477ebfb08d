"""Windows of a session: opened many at once, known by their tag, each with a placeholder in the agent's pane."""

import os.path
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.layout import PaneLayout, WindowLayout
from tmux_orchestra.effects.tmux import text
from tmux_orchestra.effects.tmux.connection import Connection, raise_refusals
from tmux_orchestra.effects.tmux.values import Pane, WindowIds, WindowSpec

PLACEHOLDER = ("sh", "-c", '[ -z "$1" ] || cat -- "$1"; exec sleep 2147483647', "sh")
"""Shows the file whose path follows (an empty one: nothing) and keeps the pane until it is respawned."""

_SIDE_PANE = (
    "sh",
    "-c",
    # In the person's own shell, as tmuxp would type it. The trap lets Ctrl-C end a command and leave the shell.
    ': "${SHELL:=/bin/sh}"; export SHELL; exec "$SHELL" -c "trap : INT\n$1\nexec \\"\\$SHELL\\""',
    "sh",
)

_PANE_FIELDS = "#{pane_id}\t#{window_id}\t#{@orchestra-role}\t#{pane_pid}\t#{pane_dead}\t#{@orchestra-task}"
_ATTEMPTS = 5
"""How often a place that somebody else took in the same moment is tried anew."""


class WindowCalls(Connection):
    """Everything about whole windows, and the list of panes."""

    def panes(self, session_id: str) -> list[Pane]:
        """Return the panes of the session's tagged windows; none if the session or the server is gone."""
        found = []
        for line in self.ask("list-panes", "-s", "-t", session_id, "-F", _PANE_FIELDS) or ():
            pane, window, role, pid, dead, tag = line.split("\t", 5)
            if tag:
                found.append(Pane(pane, window, tag, role == "main", int(pid), dead == "1"))
        return found

    def open_windows(self, session_id: str, specs: Sequence[WindowSpec]) -> list[WindowIds]:
        """Make sure that each window stands, and return their ids in the order of `specs`.

        A window whose tag exists is returned as it is. The agent's pane shows its placeholder, ready for `respawn`.
        """
        ids = self._standing(session_id)
        new = [spec for spec in specs if spec.tag not in ids]
        if new:
            ids |= self._open_all(session_id, new)
            ids |= self._lay_out([(spec, ids[spec.tag]) for spec in new])
        return [ids[spec.tag] for spec in specs]

    def lay_out(self, session_id: str, spec: WindowSpec) -> str:
        """Make sure that the window has its layout's side panes; return what tmux did not accept of it.

        For windows that were opened before there was a folder for those panes.
        """
        in_window = [pane for pane in self.panes(session_id) if pane.tag == spec.tag]
        if len(in_window) != 1 or not in_window[0].main:
            return ""
        ids = WindowIds(spec.tag, in_window[0].window, in_window[0].pane)
        return next((told.complaint for told in self._lay_out([(spec, ids)]).values()), "")

    def rename(self, names: Mapping[str, str]) -> None:
        """Give windows (id -> name) these names, whatever characters they hold; those that are gone are passed over."""
        lines = [_renaming(window, name) for window, name in names.items()]
        if lines:
            raise_refusals("rename-window", self.batch(lines))

    def kill_windows(self, windows: Iterable[str]) -> None:
        """End those of these windows that carry our tag, with what runs in them."""
        lines = [
            text.command("if-shell", "-F", "-t", window, "#{@orchestra-task}", f"kill-window -t '{window}'")
            for window in windows
        ]
        if lines:
            raise_refusals("kill-window", self.batch(lines))

    def _standing(self, session_id: str) -> dict[str, WindowIds]:
        return {pane.tag: WindowIds(pane.tag, pane.window, pane.pane) for pane in self.panes(session_id) if pane.main}

    def _open_all(self, session_id: str, specs: Sequence[WindowSpec]) -> dict[str, WindowIds]:
        """Open these windows and return their ids by tag; raises OrchestraError if one does not come to stand."""
        opened: dict[str, WindowIds] = {}
        for _ in range(_ATTEMPTS):
            missing = list({spec.tag: spec for spec in specs if spec.tag not in opened}.values())
            if not missing:
                return opened
            reply = self.batch(_opening_lines(session_id, missing, self._taken_places(session_id)))
            for answer in (line.split(" ") for line in reply.lines if line.startswith("opened ")):
                tag = missing[int(answer[1])].tag
                opened[tag] = WindowIds(tag, window=answer[2], pane=answer[3])
        if all(spec.tag in opened for spec in specs):
            return opened
        raise OrchestraError(
            f"tmux could not open {len(missing)} windows: {'; '.join(reply.complaints) or 'without a reason'}",
            safe="windows that stand and what runs in them were left alone",
            hint="tmux-orchestra recover",
        )

    def _taken_places(self, session_id: str) -> set[int]:
        lines = self.ask("list-windows", "-t", session_id, "-F", "#{window_index}")
        if lines is None:
            raise OrchestraError(
                f"the tmux session {session_id} is gone",
                safe="the run's journal and worktrees are untouched",
                hint="tmux-orchestra recover",
            )
        return {int(line) for line in lines}

    def _lay_out(self, windows: Iterable[tuple[WindowSpec, WindowIds]]) -> dict[str, WindowIds]:
        """Open the side panes of new windows; what tmux does not accept becomes a complaint of all of them."""
        laid = [(spec, ids, spec.layout) for spec, ids in windows if spec.layout]
        lines = [line for spec, ids, layout in laid for line in _layout_lines(ids, layout, spec.cwd)]
        if not lines or not (complaints := self.batch(lines).complaints):
            return {}
        complaint = "; ".join(dict.fromkeys(complaints))
        return {spec.tag: replace(ids, complaint=complaint) for spec, ids, _ in laid}


def marking(window: str, pane: str, tag: str, name: str) -> list[str]:
    """Write the commands that make a new window ours, and keep it as we set it up."""
    return [
        text.command("set-option", "-w", "-t", window, "@orchestra-task", tag),
        text.command("set-option", "-p", "-t", pane, "@orchestra-role", "main"),
        text.command("set-option", "-p", "-t", pane, "remain-on-exit", "on"),
        text.command("set-option", "-w", "-t", window, "allow-rename", "off"),
        text.command("set-option", "-w", "-t", window, "pane-base-index", "0"),
        # A hook that closes or respawns dead panes would take the agent's last words away.
        *(text.command("set-hook", "-w", "-t", window, hook, "") for hook in ("pane-died", "window-layout-changed")),
        _renaming(window, name),
    ]


def _opening_lines(session_id: str, specs: Sequence[WindowSpec], taken: set[int]) -> list[str]:
    """Write one line for each window; each gets a place of its own."""
    lines = []
    for number, spec in enumerate(specs):
        free = max(taken, default=-1) + 1
        index = free if spec.index is None or spec.index in taken else spec.index
        taken = taken | {index}
        lines.append(_opening(number, f"{session_id}:{index}", spec))
    return lines


def _opening(number: int, place: str, spec: WindowSpec) -> str:
    """Write the line that opens one window. It fails as a whole if the place has been taken meanwhile."""
    placeholder = str(spec.placeholder) if spec.placeholder else ""
    return text.sequence(
        [
            text.command(
                *("new-window", "-d", "-t", place, "-c", text.literal(str(spec.cwd)), "--", *PLACEHOLDER, placeholder)
            ),
            *marking(place, place, spec.tag, spec.name),
            text.command("display-message", "-p", "-t", place, f"opened {number} #{{window_id}} #{{pane_id}}"),
        ]
    )


def _renaming(window: str, name: str) -> str:
    # This turns the window's automatic-rename off as well.
    return text.command("rename-window", "-t", window, "--", text.literal(text.one_line(name)))


def _layout_lines(ids: WindowIds, layout: WindowLayout, cwd: Path) -> list[str]:
    """Write the lines that add the side panes around the agent's pane; each line may fail by itself."""
    agent = layout.agent_pane
    lines = [text.command("set-option", "-w", "-t", ids.window, *option) for option in layout.options.items()]
    arrange = text.command("select-layout", "-t", ids.window, layout.layout or "even-vertical")
    # New panes go right beside the agent's: those before it in order, those after it from the last to the first.
    # Each is arranged at once, since a pane that was halved too often has no room for the next.
    for pane in layout.panes[:agent]:
        lines += [text.command("split-window", "-d", "-b", "-t", ids.pane, *_side_pane(pane, cwd)), arrange]
    for pane in reversed(layout.panes[agent + 1 :]):
        lines += [text.command("split-window", "-d", "-t", ids.pane, *_side_pane(pane, cwd)), arrange]
    if len(layout.panes) > 1:
        lines.append(text.command("select-pane", "-t", f"{ids.window}.{layout.focused_pane}"))
    return lines


def _side_pane(pane: PaneLayout, cwd: Path) -> list[str]:
    folder = cwd / os.path.expanduser(pane.start_directory)  # noqa: PTH111 - leaves an unknown ~name alone
    variables = [word for name, value in pane.environment.items() for word in ("-e", f"{name}={value}")]
    return ["-c", text.literal(str(folder)), *variables, "--", *_SIDE_PANE, "\n".join(pane.commands)]
