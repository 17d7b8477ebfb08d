"""What an agent is asked and what it answers: values, and the `Agent` protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from tmux_orchestra.core.estimate import Footprint
from tmux_orchestra.core.events import Event
from tmux_orchestra.core.subagents import Subagent


@dataclass(frozen=True)
class Assignment:
    """Everything an agent may use to say how one instance of it is launched."""

    run: str
    task: str
    attempt: int
    """1 for the task's first instance."""
    session_id: str
    """A UUID chosen by us, the same for every attempt of one conversation."""
    resume: bool
    """Go on with that conversation, rather than open it."""
    prompt: str
    worktree: Path
    folder: Path
    """The task's own folder, where `Launch.files` are written; never inside the worktree."""
    hook: Path
    """The executable that takes a hook's payload on stdin and drops it into `folder/inbox`. Called as
    `hook INBOX`; with `hook FILE.json status` it replaces that file instead."""
    python: str
    """The interpreter that runs this program."""
    subagent: Subagent | None = None
    """How it is to work; None: as it does by itself."""
    checks: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    extra_args: tuple[str, ...] = ()
    dangerously_skip_permissions: bool = False
    budget_usd: float | None = None


@dataclass(frozen=True)
class Launch:
    """How an instance is started: the program, what its environment adds, the files it needs beside it."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Name inside the task's folder -> text."""


@dataclass(frozen=True)
class Machine:
    """What `Agent.lacks` may know of the machine."""

    programs: Mapping[str, str]
    """Program name -> its path, for those of `Agent.programs` that are installed."""
    env: Mapping[str, str]
    files: Mapping[str, str | None]
    """Path as the agent named it in `Agent.looks_at` (`~` for HOME) -> text; None if it is not there."""
    repository: Path
    """The main repository's root (trust is keyed by it)."""


@dataclass(frozen=True)
class Lack:
    """Something an agent cannot work without, or must ask the person for."""

    what: str
    hint: str
    question: str = ""
    """Set when a person's yes settles it (trust): what to ask."""
    only_in_a_window: bool = False
    """A dialog would open: that keeps an instance waiting, but not a question that is put to the program headless."""


class Agent(Protocol):
    """One kind of coding CLI."""

    name: str
    programs: tuple[str, ...]
    """Names looked up on PATH for `lacks`."""
    looks_at: tuple[str, ...]
    """Files read for `lacks`."""
    footprint: Footprint | None
    """What one instance takes, for plans made where none has been measured yet; None: nobody knows."""

    def launch(self, assignment: Assignment) -> Launch:
        """Say how to start an instance. Raises OrchestraError for what cannot be passed (a prompt too long)."""
        ...

    def read_hook(self, task: str, payload: Mapping[str, Any], at: datetime | None = None) -> Sequence[Event]:
        """Turn one hook payload, written `at`, into the facts it tells; () for one that tells none. Never raises."""
        ...

    def sees(self, screen: str, *, in_turn: bool) -> str:
        """Return the `health.Kind` of what this screen shows and no hook tells of; "" if it is nothing of the kind.

        In a turn: that the program keeps trying to reach its service. Before the first one: a dialog.
        """
        ...

    def lacks(self, machine: Machine) -> Lack | None:
        """Say what keeps this agent from working here, the first thing first; None: it is ready."""
        ...

    def trust(self, machine: Machine) -> Mapping[str, str]:
        """Return the files (named as in `looks_at`) that say the person trusts the repository; {}: none needed."""
        ...

    def reopen(self, session_id: str) -> tuple[str, ...]:
        """Return the command with which a person reopens the conversation in its worktree; () if there is none."""
        ...
