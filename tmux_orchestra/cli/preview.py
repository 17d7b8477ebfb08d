"""A plan before anything is started: gathers what is to be known beside it, for people and for programs."""

import shutil
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.cli.console import console
from tmux_orchestra.core.estimate import Resources, resources
from tmux_orchestra.core.measures import Measures
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects import git
from tmux_orchestra.effects.files import read_matching
from tmux_orchestra.effects.history import read_measures
from tmux_orchestra.effects.processes import free_memory
from tmux_orchestra.planners.checks import LOOKS_AT, Check, detect_checks
from tmux_orchestra.views.plan import plan_view
from tmux_orchestra.views.prospect import Prospect

FOOTPRINTS = {name: agent.footprint for name, agent in AGENTS.items() if agent.footprint}

PLAN_WIDTH = 80
"""Columns where there is no terminal: a plan is mailed and pasted, and fits everywhere."""


@dataclass(frozen=True)
class Preview:
    """What was found in the repository (if there is one), once for all plans that are looked at."""

    repository: git.Repository | None
    settings: Settings
    checks: tuple[Check, ...]
    """Those that were chosen, or those that the repository shows."""
    measures: Measures
    checkout_bytes: int | None

    @classmethod
    def gather(cls, repository: git.Repository | None, settings: Settings) -> "Preview":
        """Look at the repository and its earlier runs."""
        return cls(
            repository,
            settings,
            _find_checks(repository, settings),
            read_measures(repository.state_dir) if repository else Measures(),
            repository.checkout_size() if repository else None,
        )

    @property
    def commands(self) -> tuple[str, ...]:
        """The checks' shell lines."""
        return tuple(check.command for check in self.checks)

    def show(self, plan: Plan) -> RenderableType:
        """Return the plan as people read it."""
        repository = self.repository
        prospect = Prospect(
            settings=self.settings,
            resources=self._resources(plan),
            checks=self.checks,
            target=repository.head().branch if repository else None,
            inside=repository is not None,
            dirty=bool(git.read_changes(repository.here)) if repository else False,
            memory_free=free_memory(),
            disk_free=shutil.disk_usage(repository.root.parent).free if repository else None,
        )
        return plan_view(plan, prospect, console(PLAN_WIDTH).width)

    def as_json(self, plan: Plan) -> dict[str, Any]:
        """Return the plan as programs read it."""
        tasks = []
        for task in plan.tasks:
            fields = task.model_dump(mode="json")
            fields["agent"] = task.agent or self.settings.agent
            fields["worktree"] = self._worktree(task.id)
            fields["branch"] = f"orchestra/<run>/{task.id}"
            tasks.append(fields)
        return {
            "tasks": tasks,
            "phases": [list(phase) for phase in plan.phases()],
            "constraints": list(plan.constraints),
            "planner": plan.planner,
            "resources": self._resources(plan).model_dump(mode="json"),
            "checks": [{"command": c.command, "because": c.because} for c in self.checks],
        }

    def _resources(self, plan: Plan) -> Resources:
        return resources(plan, self.settings, self.measures, FOOTPRINTS, self.checkout_bytes)

    def _worktree(self, task: str) -> str | None:
        if self.repository is None:
            return None
        place = self.settings.worktree.replace("{parent}", str(self.repository.root.parent))
        return place.replace("{name}", task)


def _find_checks(repository: git.Repository | None, settings: Settings) -> tuple[Check, ...]:
    if settings.checks is not None:
        return tuple(Check(command=command, because="as asked for") for command in settings.checks)
    return detect_checks(read_matching(repository.here, LOOKS_AT)) if repository else ()
