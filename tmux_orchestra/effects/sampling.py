"""What instances use right now: one pass over the process table for all of them."""

import time
from dataclasses import dataclass

from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects import processes
from tmux_orchestra.effects.site import Site


@dataclass(frozen=True)
class Use:
    """What one instance uses, its descendants included."""

    processes: int
    rss_bytes: int
    cpu_percent: float | None
    """Of one core; None where it was looked at only once."""


def sample(site: Site, state: RunState, pause: float = 0.0) -> dict[str, Use]:
    """Return the use of each live instance by task; with `pause`, CPU is measured over that many seconds."""
    first = _look(site, state)
    if not pause:
        return {task: Use(len(rows), sum(r.rss_bytes for r in rows.values()), None) for task, rows in first.items()}
    begun = time.monotonic()
    time.sleep(pause)
    passed = time.monotonic() - begun
    used = {}
    for task, rows in _look(site, state).items():
        before = first.get(task, {})
        busy = sum(row.cpu_seconds - before[pid].cpu_seconds for pid, row in rows.items() if pid in before)
        used[task] = Use(len(rows), sum(r.rss_bytes for r in rows.values()), round(100 * busy / passed, 1))
    return used


def _look(site: Site, state: RunState) -> dict[str, dict[int, processes.Process]]:
    live = {task.id: site.kin(task, everywhere=True) for task in state.tasks.values() if task.alive}
    return processes.find_all(live)
