"""What the rest of the program knows of tmux: plain values. No handle of a library leaves this package."""

from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.core.layout import WindowLayout


@dataclass(frozen=True)
class Session:
    """A run's session, known by its id on the server behind its socket."""

    id: str
    """`$1`; the name may be changed by the person."""
    name: str
    run: str
    """Our mark on it, `@orchestra-run`."""
    socket_path: Path
    server_pid: int
    server_started: int
    """When that server was started, in seconds since the epoch."""
    status_window: str
    """The window `status`; empty if a person has closed it since `open_session`."""
    status_pane: str


@dataclass(frozen=True)
class WindowSpec:
    """A window that shall stand, known by its tag."""

    name: str
    tag: str
    """`<run>/<task>`; becomes the window's option `@orchestra-task`."""
    cwd: Path
    """Where its panes start. It must exist if the layout has side panes: tmux falls back to HOME in silence."""
    layout: WindowLayout | None = None
    """With its placeholders filled. None: one pane."""
    placeholder: Path | None = None
    """A text file that the agent's pane shows until it is respawned."""
    index: int | None = None
    """The place wished for; another one is taken if it is not free. None: after the last window."""


@dataclass(frozen=True)
class WindowIds:
    """A window that stands, and the pane in it that is the agent's (or the only one)."""

    tag: str
    window: str
    pane: str
    complaint: str = ""
    """What tmux did not accept of the layout; the agent's pane is there all the same."""


@dataclass(frozen=True)
class Pane:
    """A pane of one of our windows. `dead`: its process has ended and nobody has respawned it."""

    pane: str
    window: str
    tag: str
    main: bool
    """Whether it is its window's agent pane, not a side pane."""
    pid: int
    dead: bool


@dataclass(frozen=True)
class Client:
    """A terminal that shows a session at this moment."""

    name: str
    window: str
    """The window it looks at."""
    active_at: float
    """When a person last typed in it, in seconds since the epoch, to the second."""
    pid: int
