"""The planners: one module each, pure. A planner turns a request into a `Plan`, or says why there is none.

To add one: write `planners/<name>.py` with a function `plan`, and add a line to `PLANNERS`.
"""

from collections.abc import Mapping
from typing import Protocol

from tmux_orchestra.core.plan import Plan
from tmux_orchestra.planners import rules
from tmux_orchestra.planners.errors import DependencyCycle, NoTaskFound


class Planner(Protocol):
    """One way to read a request."""

    def plan(self, request: str) -> Plan:
        """Return the plan. Raises NoTaskFound, or DependencyCycle for a request that states one."""
        ...


PLANNERS: Mapping[str, Planner] = {"rules": rules}

__all__ = ["PLANNERS", "DependencyCycle", "NoTaskFound", "Planner"]
