"""Evidence that no fact brings: what is left of an instance that ended, and why an effect could not be carried out."""

import errno
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.health import Kind
from tmux_orchestra.core.state import RunState, TaskState
from tmux_orchestra.effects.files import write
from tmux_orchestra.effects.site import Site

TAIL = 30
"""Lines of a screen that are kept in the journal."""

FAREWELL = ": the agent has ended."
"""What the launcher's last line says, behind the task's name: all that the agent printed stands before it."""

FAREWELL_PATIENCE = 1.0
"""Seconds for which the launcher's last line is waited for."""

ROOM = 1_000_000
"""Bytes for which there must be room, before what a full disk stopped is tried again."""

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_IN_WORDS = ("No space left on device", "Disk quota exceeded")


def examine(site: Site, action: a.Examine, state: RunState) -> list[e.Event]:
    """Look at what is left of an instance: its screen, its pane, its window, its session, its worktree."""
    task = state.tasks[action.task]
    gone: list[str] = []
    screen = _screen(site, task)
    if screen is None:
        gone += _missing(site, task, state)
    elif whole := (site.tmux.capture(task.pane) or "").strip("\n"):
        with suppress(OrchestraError):  # a copy for people; what is told stands in the journal
            write(site.folder.task(task.id) / "output.log", whole)
    if task.worktree and not Path(task.worktree).is_dir():
        gone.append("worktree")
    agent = AGENTS[task.task.agent or state.settings.agent]
    in_turn = task.alive and task.prompted
    seen = agent.sees(screen, in_turn=in_turn) if screen and task.alive else ""
    tail = "" if in_turn else last_lines(screen or "", task.id)
    found = {"task": task.id, "attempt": task.attempt, "gone": gone, "tail": tail}
    return [e.InstanceExamined.model_validate(found | {"seen": seen})]


def _screen(site: Site, task: TaskState) -> str | None:
    """Return what the task's pane shows; None if it is gone. An ended agent's last output may still be under way."""
    deadline = time.monotonic() + FAREWELL_PATIENCE
    while True:
        if not task.pane or not site.tmux.exists(task.pane):
            return None
        # Without its history, in which earlier instances have said goodbye.
        screen = site.tmux.capture(task.pane, history=False) or ""
        if task.alive or FAREWELL in screen or time.monotonic() > deadline:
            return screen
        time.sleep(0.05)


def _missing(site: Site, task: TaskState, state: RunState) -> list[str]:
    """Return what is gone, where the pane is: only that, or what it was in, too."""
    if state.session is None or site.tmux.server_pid() != state.session.server_pid:
        return ["pane", "window", "session"]
    tagged = site.tmux.panes(state.session.session_id)
    if not tagged and site.tmux.ask("has-session", "-t", state.session.session_id) is None:
        return ["pane", "window", "session"]
    return ["pane"] if any(pane.window == task.window for pane in tagged) else ["pane", "window"]


def last_lines(screen: str, task: str) -> str:
    """Return the last lines that the agent itself has put on its screen."""
    said = screen.rpartition(f"{task}{FAREWELL}")[0] or screen
    return "\n".join([line.rstrip() for line in said.splitlines() if line.strip()][-TAIL:])[-4000:]


# --- why an effect failed --------------------------------------------------------------------------------


def kind_of(error: BaseException, state: RunState, task: str | None) -> str:
    """Return the `health.Kind` of what kept an effect from being carried out; "" if it is none of its own."""
    if _is_full(error):
        return Kind.DISK_FULL
    known = state.tasks.get(task) if task else None
    return Kind.WORKTREE_GONE if known and known.worktree and not Path(known.worktree).is_dir() else ""


def _is_full(error: BaseException | None) -> bool:
    """Whether a full disk, or a used-up quota, is behind it: by number, or in the words of a program like git."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        if any(words in str(error) for words in _FULL_IN_WORDS):
            return True
        error = error.__cause__
    return False


def find_room(site: Site, action: a.FindRoom, state: RunState) -> list[e.Event]:
    """Try whether there is room again where this run writes. Raises OrchestraError as long as there is none."""
    made = state.tasks[action.task].worktree if action.task in state.tasks else state.integration_worktree
    for place in {site.folder.path, Path(made or site.repository.root).parent}:
        try:
            with TemporaryFile(dir=place) as file:
                file.write(bytes(ROOM))
        except OSError as error:
            if _is_full(error):
                raise OrchestraError(f"no room in {place}: {error.strerror}") from error
    return [e.RoomReturned(task=action.task)]
