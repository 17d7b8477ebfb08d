"""The planners: one module each, pure. A planner turns a request into a `Plan`, or says why there is none.

To add one: write `planners/<name>.py` with a function `plan` (see `planners/protocol.py`), and add a line to
`PLANNERS`. The contract tests run over the dict. One that has the name of an agent makes the plans of that agent's
runs, unless the person has chosen another.
"""

from collections.abc import Mapping

from tmux_orchestra.planners import claude, rules
from tmux_orchestra.planners.errors import DependencyCycle, NoAnswer, NoTaskFound
from tmux_orchestra.planners.protocol import Ask, Planner, Sign, Talk

PLANNERS: Mapping[str, Planner] = {"rules": rules, "claude": claude}

__all__ = ["PLANNERS", "Ask", "DependencyCycle", "NoAnswer", "NoTaskFound", "Planner", "Sign", "Talk"]
