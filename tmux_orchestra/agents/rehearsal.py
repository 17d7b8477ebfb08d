"""The rehearsal: an agent that follows `rehearse:` lines of its prompt instead of asking a model.

It needs no program, no account and no network, and reports in our own vocabulary: its hook payloads are events
that only lack their task.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tmux_orchestra.agents import Assignment, Lack, Launch, Machine
from tmux_orchestra.core.estimate import Footprint
from tmux_orchestra.core.events import Event, Unknown, parse

_PROGRAM = Path(__file__).parents[1] / "pane" / "rehearsal.py"


class Rehearsal:
    """The `Agent` for trying the orchestra out, and for its tests. Used only when named."""

    name = "rehearsal"
    programs: tuple[str, ...] = ()
    looks_at: tuple[str, ...] = ()
    footprint: Footprint | None = Footprint(bytes=20_000_000, where="Python 3.11")

    def launch(self, assignment: Assignment) -> Launch:
        """Start `pane/rehearsal.py` with the prompt in a file of its attempt's own."""
        prompt_file = f"prompt-{assignment.attempt}.txt"
        argv = (
            *(assignment.python, "-I", "-S", str(_PROGRAM)),
            *("--hook", str(assignment.hook)),
            *("--inbox", str(assignment.folder / "inbox")),
            *("--task", assignment.task),
            *("--session-id", assignment.session_id),
            *(("--resume",) if assignment.resume else ()),
            *(("--subagent", assignment.subagent.name) if assignment.subagent else ()),
            *assignment.extra_args,
            str(assignment.folder / prompt_file),
        )
        return Launch(argv=argv, files={prompt_file: assignment.prompt})

    def read_hook(
        self,
        task: str,
        payload: Mapping[str, Any],
        at: datetime | None = None,  # noqa: ARG002 - the protocol's signature
    ) -> Sequence[Event]:
        """Return the `agent.` event that the payload is; nothing for anything else, whatever it claims to be."""
        try:
            event = parse({**payload, "task": task, "at": None})
        except ValueError:
            return ()
        if isinstance(event, Unknown) or not event.event.startswith("agent."):
            return ()
        return (event,)

    def sees(self, screen: str, *, in_turn: bool) -> str:  # noqa: ARG002 - the protocol's signature
        """Return "": it opens no dialogs, and has no service."""
        return ""

    def lacks(self, machine: Machine) -> Lack | None:  # noqa: ARG002 - the protocol's signature
        """Return None: it works everywhere."""
        return None

    def trust(self, machine: Machine) -> Mapping[str, str]:  # noqa: ARG002 - the protocol's signature
        """Return {}: it asks for no trust."""
        return {}

    def reopen(self, session_id: str) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's signature
        """Return (): there is no conversation worth reopening."""
        return ()
