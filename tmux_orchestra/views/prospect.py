"""What a run will take and do, beside its tasks: what a person reads last before agreeing.

The order is from what they asked for to what it costs to what becomes of their branch, next to the question.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from tmux_orchestra.core.estimate import Resources
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.width import width
from tmux_orchestra.planners.checks import Check
from tmux_orchestra.views.hanging import Hanging
from tmux_orchestra.views.words import DIM, WARNING, plain, size, span

LABELS = 12
"""Columns for the names of the facts."""

Fact = tuple[str, Text]
"""A name ("" goes on with the last one), and what there is to say."""


@dataclass(frozen=True)
class Prospect:
    """What is known of a run before it starts, beside its plan."""

    settings: Settings
    resources: Resources
    checks: Sequence[Check] = ()
    target: str | None = None
    """The branch that gets the result, if one is checked out."""
    inside: bool = True
    """Whether there is a repository; a request can be planned anywhere."""
    dirty: bool = False
    """The person's checkout holds changes that are not committed."""
    memory_free: int | None = None
    disk_free: int | None = None
    """Bytes; None where nobody looked."""


def facts(plan: Plan, prospect: Prospect) -> Iterator[RenderableType]:
    """Yield one fact after another."""
    for name, fact in _facts(plan, prospect):
        yield Hanging(Text(name and f"{name}:", DIM), fact, LABELS)


def _facts(plan: Plan, prospect: Prospect) -> Iterator[Fact]:
    settings = prospect.settings
    for number, constraint in enumerate(plan.constraints):
        told = " (every task is told)" if number == 0 else ""
        yield "" if number else "constraint", Text.assemble((plain(constraint), WARNING), (told, DIM))
    yield from _checks(prospect)
    if settings.base:
        yield "base", Text(plain(settings.base))
    if settings.setup:
        yield "setup", Text.assemble(plain(settings.setup), (" (in every worktree)", DIM))
    yield from _agents(plan, prospect)
    yield from _resources(prospect)
    if prospect.dirty:
        yield "yours", Text("uncommitted changes stay as they are; tasks start at the last commit", WARNING)
    if prospect.inside:
        yield "at the end", _end(prospect)


def _checks(prospect: Prospect) -> Iterator[Fact]:
    for check in prospect.checks:
        yield "check", Text.assemble(plain(check.command), (f" ({plain(check.because)})", DIM))
    if not prospect.checks and prospect.inside:
        asked_for_none = prospect.settings.checks == ()
        words = "none, as asked for" if asked_for_none else "none found; give one with --check, or nothing is tested"
        yield "check", Text(words, WARNING)


def _agents(plan: Plan, prospect: Prospect) -> Iterator[Fact]:
    settings, instances, free = prospect.settings, prospect.resources.instances, width(plan)
    kept = f" ({free} could work side by side: --max-instances)" if free > instances else ""
    yield "agent", Text.assemble(f"{plain(settings.agent)}, {instances} at once", (kept, DIM))
    if settings.dangerously_skip_permissions:
        yield "", Text("may do anything: --dangerously-skip-permissions", "bold red")
    if settings.allow:
        yield "", Text(f"may also: {', '.join(map(plain, settings.allow))}", WARNING)
    if settings.budget_usd is not None:
        yield "", Text(f"may spend {settings.budget_usd:g} USD each")


def _resources(prospect: Prospect) -> Iterator[Fact]:
    taken, basis = prospect.resources, prospect.resources.basis
    yield "memory", _figure(size(taken.memory_bytes), basis["memory_bytes"])
    if _exceeds(taken.memory_bytes, prospect.memory_free):
        fewer = ": fewer at once with --max-instances" if taken.instances > 1 else ""
        yield "", Text(f"only {size(prospect.memory_free)} are free{fewer}", WARNING)
    if prospect.inside:
        yield "worktrees", _figure(f"{taken.worktrees} until cleanup", basis["worktrees"])
        yield "disk", _figure(size(taken.disk_bytes), basis["disk_bytes"])
    if _exceeds(taken.disk_bytes, prospect.disk_free):
        yield "", Text(f"only {size(prospect.disk_free)} are free", WARNING)
    time = taken.duration_s
    yield "time", _figure(span(time.low, time.high) if time else "", basis["duration_s"])


def _exceeds(taken: int | None, free: int | None) -> bool:
    return taken is not None and free is not None and taken > free


def _figure(figure: str, basis: str) -> Text:
    return Text.assemble(figure or "unknown", (f" ({plain(basis)})", DIM))


def _end(prospect: Prospect) -> Text:
    if prospect.target is None:
        return Text("no branch is checked out here, so the result stays on a branch of its own")
    target, settings = plain(prospect.target), prospect.settings
    green = "if the checks are green on the merged tree" if prospect.checks else "untested"
    return Text(
        {
            "auto": f"merged into {target}, {green}",
            "each": f"merged into {target} after every task, {green}",
            "manual": f"{target} is left alone; the result stays on a branch of its own",
        }[settings.merge or ("manual" if settings.agent == "rehearsal" else "auto")]
    )
