"""A plan before anything is started, for people and for programs: its tasks, its checks, and what it will take."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects.files import read_matching
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.planners.checks import LOOKS_AT, Check, detect_checks
from tmux_orchestra.views.words import plain

MEMORY_OF_AN_INSTANCE = 300_000_000
"""Bytes that an agent takes, where none has been measured yet."""


def find_checks(repository: Repository | None, settings: Settings) -> tuple[Check, ...]:
    """Return the checks that were chosen, or those that the repository shows."""
    if settings.checks is not None:
        return tuple(Check(command=command, because="as asked for") for command in settings.checks)
    return detect_checks(read_matching(repository.here, LOOKS_AT)) if repository else ()


def resources(repository: Repository | None, plan: Plan, settings: Settings) -> dict[str, int | None]:
    """Estimate what the plan takes at most: worktrees and instances at once, bytes of memory and of disk."""
    width = max(len(phase) for phase in plan.phases())
    instances = min(width, settings.max_instances)
    worktrees = len(plan.tasks) + 1
    size = repository.checkout_size() if repository else None
    return {
        "worktrees": worktrees,
        "instances": instances,
        "memory_bytes": instances * MEMORY_OF_AN_INSTANCE if settings.agent == "claude" else None,
        "disk_bytes": None if size is None else worktrees * size,
    }


def as_json(repository: Repository | None, plan: Plan, settings: Settings) -> dict[str, Any]:
    """Return the plan as programs read it."""
    tasks = []
    for task in plan.tasks:
        fields = task.model_dump(mode="json")
        fields["agent"] = task.agent or settings.agent
        fields["worktree"] = _worktree(repository, settings, task.id)
        fields["branch"] = f"orchestra/<run>/{task.id}"
        tasks.append(fields)
    return {
        "tasks": tasks,
        "phases": [list(phase) for phase in plan.phases()],
        "constraints": list(plan.constraints),
        "planner": plan.planner,
        "resources": resources(repository, plan, settings),
        "checks": [{"command": c.command, "because": c.because} for c in find_checks(repository, settings)],
    }


def _worktree(repository: Repository | None, settings: Settings, task: str) -> str | None:
    if repository is None:
        return None
    return settings.worktree.replace("{parent}", str(repository.root.parent)).replace("{name}", task)


def show_plan(plan: Plan, checks: Sequence[Check], settings: Settings, target: str | None, *, dirty: bool) -> Group:
    """Return the plan for people: phases, what waits for what and why, the checks, and what happens at the end."""
    table = Table(box=None, pad_edge=False, header_style="bright_black")
    for column in ("phase", "task", "kind", "priority", "waits for"):
        table.add_column(column, overflow="fold")
    for number, phase in enumerate(plan.phases(), 1):
        for task in (plan[task_id] for task_id in phase):
            waits = "; ".join(f"{d} ({plain(task.reasons[d])})" if d in task.reasons else d for d in task.depends_on)
            table.add_row(
                str(number), Text.assemble((task.id, "bold"), f"\n{plain(task.title)}"), task.kind, task.priority, waits
            )
    lines = [Text(f"must respect: {plain(c)}", "yellow") for c in plan.constraints]
    if checks:
        lines += [Text(f"check: {plain(c.command)}  ({plain(c.because)})") for c in checks]
    else:
        lines.append(Text("check: none found; give one with --check, or nothing will be tested", "yellow"))
    if settings.base:
        lines.append(Text(f"base: {plain(settings.base)}"))
    if settings.setup:
        lines.append(Text(f"setup: {plain(settings.setup)}"))
    lines.append(Text(f"agent: {settings.agent}, at most {settings.max_instances} at once"))
    lines.append(Text(_end(settings, target)))
    if dirty:
        lines.append(Text("your uncommitted changes stay as they are; the tasks start from the last commit", "yellow"))
    return Group(table, Text(), *lines)


def _end(settings: Settings, target: str | None) -> str:
    if target is None:
        return "at the end: no branch is checked out here, so the result stays on a branch of its own"
    policy = settings.merge or ("manual" if settings.agent == "rehearsal" else "auto")
    return {
        "auto": f"at the end: merged into {target}, if the checks are green on the merged tree",
        "each": f"merged into {target} after every task, if the checks are green on the merged tree",
        "manual": f"at the end: {target} is left alone; the result stays on a branch of its own",
    }[policy]
