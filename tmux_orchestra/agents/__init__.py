"""The agents: one module each, pure. An agent says how it is launched and what its hooks' payloads mean.

To add one: write `agents/<name>.py` with an `Agent` (see `agents/protocol.py`), and add a line to
`AGENTS`. The contract tests run over the dict.
"""

from tmux_orchestra.agents.protocol import Agent, Assignment, Lack, Launch, Machine  # isort: skip - the others need it
from tmux_orchestra.agents.claude import Claude
from tmux_orchestra.agents.rehearsal import Rehearsal

AGENTS: dict[str, Agent] = {
    "claude": Claude(),
    "rehearsal": Rehearsal(),
}
"""Name -> agent."""

__all__ = ["AGENTS", "Agent", "Assignment", "Lack", "Launch", "Machine"]
