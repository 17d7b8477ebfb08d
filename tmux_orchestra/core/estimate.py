"""What a plan will take: worktrees, instances, memory, disk, time. Pure, and nothing is invented.

Every figure comes from something measured, and carries in words what that was; where nothing was measured the
figure is None and the words say so. Times come from tasks of the same kind that the same agent has finished in
this repository, played through with the run's slots (`timetable`).
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from tmux_orchestra.core.measures import Measures, count
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.timetable import Piece, Span, left, quantile, together, urgency
from tmux_orchestra.core.width import width

MOST = 0.9
"""The share of instances that stayed below the memory that is expected of the next."""


OUTSIDE = "outside of a repository"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Footprint(_Value):
    """The bytes of memory that an instance of an agent takes, as its author measured them; `where` says with what."""

    bytes: int
    where: str


class Resources(_Value):
    """What a plan takes. `basis` has, for each field, where its figure comes from or why there is none."""

    worktrees: int
    """That stand at once: one for each task and one for what is merged. They stay until they are cleaned up."""
    instances: int
    """That work at once at most. One that waits for a person's answer may stand idle beside them."""
    memory_bytes: int | None
    """That these instances take at once: the largest process of each, without what their tools start."""
    disk_bytes: int | None
    """That the worktrees take: the files that git tracks, without what a setup or a build adds."""
    duration_s: Span | None
    basis: Mapping[str, str]


def resources(
    plan: Plan,
    settings: Settings,
    measures: Measures,
    footprints: Mapping[str, Footprint],
    checkout_bytes: int | None,
) -> Resources:
    """Estimate what the plan takes with these settings.

    `footprints` is what agents take by their authors' word; `checkout_bytes` the size of one checkout.
    """
    widest = width(plan)
    instances = min(widest, settings.max_instances)
    worktrees = len(plan.tasks) + 1
    memory, each = _memory(plan, settings, instances, measures, footprints)
    duration, history = _duration(plan, settings, measures)
    side_by_side = f"{widest} of {len(plan.tasks)} tasks could work side by side" if widest > 1 else "one at a time"
    return Resources(
        worktrees=worktrees,
        instances=instances,
        memory_bytes=memory,
        disk_bytes=None if checkout_bytes is None else worktrees * checkout_bytes,
        duration_s=duration,
        basis={
            "worktrees": "one for each task, one for what is merged",
            "instances": side_by_side if instances == widest else f"{side_by_side}; max_instances is {instances}",
            "memory_bytes": each,
            "disk_bytes": OUTSIDE if checkout_bytes is None else "git's files only; builds come on top",
            "duration_s": history,
        },
    )


# --- memory ------------------------------------------------------------------------------------------


def _memory(
    plan: Plan, settings: Settings, instances: int, measures: Measures, footprints: Mapping[str, Footprint]
) -> tuple[int | None, str]:
    """Return what the hungriest tasks take that may run at once, and where that comes from."""
    agents = [task.agent or settings.agent for task in plan.tasks]
    sizes = {agent: _one_instance(agent, measures, footprints) for agent in agents}
    told = "; ".join(f"{agent}: {words}" if len(sizes) > 1 else words for agent, (_, words) in sizes.items())
    known = [size for agent in agents if (size := sizes[agent][0]) is not None]
    if len(known) < len(agents):
        return None, told
    return sum(sorted(known, reverse=True)[:instances]), told


def _one_instance(agent: str, measures: Measures, footprints: Mapping[str, Footprint]) -> tuple[int | None, str]:
    peaks = [peak.bytes for peak in measures.peaks if peak.agent == agent]
    if peaks:
        most = round(quantile(peaks, MOST))
        return most, f"{most / 1e6:.0f} MB each, from {count(len(peaks), 'earlier instance')} here"
    if agent in footprints:
        usual = footprints[agent]
        return usual.bytes, f"{usual.bytes / 1e6:.0f} MB each, measured for {usual.where}; none here yet"
    return None, "no instance was measured yet"


# --- time --------------------------------------------------------------------------------------------


def _duration(plan: Plan, settings: Settings, measures: Measures) -> tuple[Span | None, str]:
    """Return how long the plan takes, and where that comes from; None if one of its kinds was never finished."""
    kinds = {task.id: (task.agent or settings.agent, task.kind) for task in plan.tasks}
    if unknown := measures.lacks(kinds.values()):
        return None, unknown
    pieces = [
        Piece(task.id, span, frozenset(task.depends_on), urgency(task))
        for task in plan.tasks
        if (span := left(measures.seconds(*kinds[task.id])))
    ]
    return together(pieces, settings.max_instances), measures.told(kinds.values(), "earlier run")
