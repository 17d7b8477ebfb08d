"""`status --json`: the run as programs read it. What is not known is null, never invented."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tmux_orchestra.core.forecast import conflicts_with
from tmux_orchestra.core.measures import Measures
from tmux_orchestra.core.progress import percent, run_state, time_left, totals
from tmux_orchestra.core.scheduler import why
from tmux_orchestra.core.state import LIVE, RunState, Status, TaskState


def status_json(
    state: RunState, now: datetime, *, carried: bool, usage: Mapping[str, Any], earlier: Measures | None = None
) -> dict[str, Any]:
    """Return the run; `usage` has what each live instance uses, by task (`effects.sampling.Use`).

    `earlier` is what earlier runs have measured: the time that is left is told by it.
    """
    carried = carried or state.ended is not None
    session = state.session
    return {
        "run": {
            "id": state.start.run,
            "state": run_state(state) if carried else "unknown",
            "session": session.session if session else None,
            "socket": session.socket if session else None,
            "target": state.start.target,
            "integration": state.start.integration,
            "repo": state.start.repository,
            "request": state.start.request,
            "outcome": state.ended.outcome if state.ended else None,
        },
        "supervisor": {
            "pid": state.supervisor.pid if state.supervisor else None,
            "alive": carried and state.ended is None,
        },
        "tasks": [_task(state, task, now, carried=carried, use=usage.get(task.id)) for task in state.tasks.values()],
        "totals": totals(state),
        "eta": time_left(state, now, earlier or Measures(), carried=carried).model_dump(),
    }


def _task(state: RunState, task: TaskState, now: datetime, *, carried: bool, use: Any) -> dict[str, Any]:
    live = task.status in LIVE or task.alive
    process = task.instance if task.alive and task.instance and task.instance.pid else None
    work = task.work
    return {
        "id": task.id,
        "title": task.task.title,
        "kind": task.task.kind,
        "priority": task.task.priority,
        "status": task.status.value if carried or not live else "unknown",
        "reason": why(state, task, now) or task.reason or None,
        "paused": bool(task.holds),
        "held_by": sorted(task.holds),
        "percent": percent(task),
        "activity": task.activity or None,
        "attention": task.reason if task.status is Status.ATTENTION else None,
        "depends_on": list(task.task.depends_on),
        "worktree": task.worktree or None,
        "branch": task.branch or None,
        "window": task.window or None,
        "pane": task.pane or None,
        "pid": process.pid if process else None,
        "start_time": process.start_time if process else None,
        "session_id": task.session_id or None,
        "attempt": task.attempt,
        "restarts": task.restarts,
        "commits": work.commits if work else None,
        "added": work.added if work else None,
        "removed": work.removed if work else None,
        "cpu_percent": use.cpu_percent if use else None,
        "rss_bytes": use.rss_bytes if use else None,
        "cost_usd": None,
        "result": work.result or None if work else None,
        "started_at": task.started_at,
        "ended_at": task.ended_at,
        "conflicts_with": list(conflicts_with(state, task.id)),
        "denied": [{"tool": c.tool, "detail": c.detail, "rule": c.rule} for c in task.denied],
    }
