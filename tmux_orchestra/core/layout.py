"""Layout: what the window of a task looks like, written in tmuxp's workspace words.

A layout file is in short form: a pane may be a line, a list or a mapping, and a folder or a variable may be
said once for a whole session. `expand` turns what the file holds into the full form, the classes below.

One pane belongs to the agent: the one whose command is the word `agent`, else the first of the first
window. The others are side panes; they start in the task's worktree and run their commands in a shell.

Commands may hold the placeholders `{task}`, `{worktree}` and `{branch}`. They are replaced by quoted
shell words, so a layout writes them without quotes of its own; all other braces are left alone.

tmuxp's words that mean nothing here (`before_script`, `plugins`, `suppress_history`, `sleep_before`, ...)
are accepted and left out. Source of the format: https://tmuxp.git-pull.com/configuration/
"""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

AGENT = "agent"
"""The command that marks the agent's pane."""

ARRANGEMENTS = ("even-horizontal", "even-vertical", "main-horizontal", "main-vertical", "tiled")
"""The layouts that every supported tmux knows by name."""

_ARRANGEMENT = rf"^({'|'.join(ARRANGEMENTS)}|[0-9a-fA-F]{{4}},\d+x\d+,.*|)$"
_BLANK_PANES = ("", "pane", "blank", "null")
_PLACEHOLDER = re.compile(r"(?<!\$)\{(task|worktree|branch)\}")


class PaneLayout(BaseModel):
    """One pane: its shell lines, in order, and where they run."""

    model_config = ConfigDict(frozen=True)

    commands: tuple[str, ...] = ()
    start_directory: str = ""
    """Relative to the task's worktree, unless it is absolute or starts with `~`; empty: the worktree."""
    environment: Mapping[str, str] = Field(default_factory=dict)
    focus: bool = False

    @property
    def is_agent(self) -> bool:
        """Whether the layout gives this pane to the agent in so many words."""
        return self.commands[-1:] == (AGENT,)


class WindowLayout(BaseModel):
    """One window: its panes, and how tmux arranges them."""

    model_config = ConfigDict(frozen=True)

    window_name: str = ""
    layout: str = Field(default="", pattern=_ARRANGEMENT)
    """One of `ARRANGEMENTS` or a layout string. Anything else must never get to tmux: some versions crash on it."""
    options: Mapping[str, str] = Field(default_factory=dict)
    panes: tuple[PaneLayout, ...] = Field(min_length=1)

    @property
    def agent_pane(self) -> int:
        """The position of the agent's pane among `panes`."""
        return next((place for place, pane in enumerate(self.panes) if pane.is_agent), 0)

    @property
    def focused_pane(self) -> int:
        """The position of the pane that has the keyboard first: the agent's, if the layout says nothing."""
        return next((place for place, pane in enumerate(self.panes) if pane.focus), self.agent_pane)


class Layout(BaseModel):
    """A whole layout file in full form."""

    model_config = ConfigDict(frozen=True)

    session_name: str = ""
    windows: tuple[WindowLayout, ...] = Field(min_length=1)

    @property
    def task_window(self) -> WindowLayout:
        """The window that each task gets: the one with the agent's pane. Other windows are not opened."""
        return next((w for w in self.windows if any(pane.is_agent for pane in w.panes)), self.windows[0])

    def fill(self, *, task: str, worktree: str, branch: str) -> "Layout":
        """Return this layout with its placeholders replaced; in commands by quoted shell words."""
        values = {"task": task, "worktree": worktree, "branch": branch}
        quoted = {name: shlex.quote(value) for name, value in values.items()}
        windows = tuple(
            window.model_copy(
                update={
                    "window_name": _replace(window.window_name, values),
                    "panes": tuple(_fill_pane(pane, values, quoted) for pane in window.panes),
                }
            )
            for window in self.windows
        )
        return self.model_copy(update={"windows": windows})


def expand(written: object) -> Layout:
    """Turn what a layout file holds, short form or full form, into a `Layout`.

    Raises ValueError, naming the place in the file.
    """
    session = _mapping("layout", written)
    windows = _sequence("windows", session.get("windows"))
    if not windows:
        raise ValueError("windows: missing; a layout is a list of windows, each with its panes")
    outer = _HandedDown().join("layout", session)
    layout = Layout(
        session_name=_text(session.get("session_name")),
        windows=tuple(_window(f"windows.{place}", window, outer) for place, window in enumerate(windows)),
    )
    marked = sum(pane.is_agent for window in layout.windows for pane in window.panes)
    if marked > 1:
        raise ValueError(f"windows: {marked} panes have the command `{AGENT}`; a task has one agent")
    return layout


class _HandedDown(BaseModel):
    """What a section of the file says for all sections inside it."""

    model_config = ConfigDict(frozen=True)

    before: tuple[str, ...] = ()
    start_directory: str = ""
    environment: Mapping[str, str] = Field(default_factory=dict)

    def join(self, place: str, inner: Mapping[str, Any]) -> "_HandedDown":
        """Combine with what an inner section says: lines and variables add up, folders chain."""
        above, below = self.start_directory, _text(inner.get("start_directory"))
        chained = f"{above.rstrip('/')}/{below}" if above and below and below[0] not in "/~" else below or above
        variables = _mapping(f"{place}.environment", inner.get("environment") or {})
        return _HandedDown(
            before=self.before + _commands(f"{place}.shell_command_before", inner.get("shell_command_before")),
            start_directory=chained,
            environment={**self.environment, **{str(name): _text(value) for name, value in variables.items()}},
        )


def _window(place: str, written: object, outer: _HandedDown) -> WindowLayout:
    window = _mapping(place, written)
    outer = outer.join(place, window)
    options = {
        **_mapping(f"{place}.options", window.get("options") or {}),
        **_mapping(f"{place}.options_after", window.get("options_after") or {}),
    }
    panes = _sequence(f"{place}.panes", window.get("panes")) or [None]
    return WindowLayout(
        window_name=_text(window.get("window_name")),
        layout=_arrangement(f"{place}.layout", window.get("layout")),
        options={str(name): _text(value) for name, value in options.items()},
        panes=tuple(_pane(f"{place}.panes.{number}", pane, outer) for number, pane in enumerate(panes)),
    )


def _arrangement(place: str, written: object) -> str:
    # The mirrored ones are as new as tmux 3.5; older versions show their originals.
    name = _text(written).removesuffix("-mirrored")
    if not re.match(_ARRANGEMENT, name):
        raise ValueError(f"{place}: {name!r} is none of {', '.join(ARRANGEMENTS)}, and no layout string of tmux's")
    return name


def _pane(place: str, written: object, outer: _HandedDown) -> PaneLayout:
    pane = written if isinstance(written, Mapping) else {"shell_command": written}
    outer = outer.join(place, pane)
    commands = _commands(f"{place}.shell_command", pane.get("shell_command")) or _commands(place, pane.get("shell"))
    return PaneLayout(
        # `enter: false` means "typed, but left for the person to run": such a line must not run by itself.
        commands=outer.before + (commands if pane.get("enter", True) else ()),
        start_directory=outer.start_directory,
        environment=outer.environment,
        focus=_text(pane.get("focus")) in ("on", "true", "True"),
    )


def _commands(place: str, written: object) -> tuple[str, ...]:
    """Return the shell lines of tmuxp's `shell_command`: a line, `{cmd: line}`, or a list of these."""
    if written is None or (isinstance(written, str) and written.strip() in _BLANK_PANES):
        return ()
    if isinstance(written, str | int | float):
        return (str(written),)
    if isinstance(written, Mapping):
        return _commands(place, written.get("cmd")) if written.get("enter", True) else ()
    return tuple(line for part in _sequence(place, written) for line in _commands(place, part))


def _fill_pane(pane: PaneLayout, values: Mapping[str, str], quoted: Mapping[str, str]) -> PaneLayout:
    return pane.model_copy(
        update={
            "commands": tuple(_replace(command, quoted) for command in pane.commands),
            "start_directory": _replace(pane.start_directory, values),
            "environment": {name: _replace(value, values) for name, value in pane.environment.items()},
        }
    )


def _replace(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _text(value: object) -> str:
    """Return a YAML value as tmux writes it: YAML reads `on` as a truth value and `80` as a number."""
    if value is None:
        return ""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _mapping(place: str, written: object) -> Mapping[str, Any]:
    if not isinstance(written, Mapping):
        raise ValueError(f"{place}: expected `name: value` lines, not {written!r}")
    return written


def _sequence(place: str, written: object) -> list[Any] | tuple[Any, ...]:
    if written is not None and not isinstance(written, list | tuple):
        raise ValueError(f"{place}: expected a list, not {written!r}")
    return written or ()
