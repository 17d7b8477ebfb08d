"""`status resources`: what each live instance uses."""

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from tmux_orchestra.core.state import RunState


def resources(state: RunState, usage: Mapping[str, Any], width: int) -> RenderableType:
    """Return a row for each live instance: `usage` is by task (`effects.sampling.Use`)."""
    if not usage:
        return "no agent runs now"
    table = Table(box=None, pad_edge=False, header_style="bright_black", width=min(width, 80))
    table.add_column("task")
    for column in ("processes", "memory", "CPU"):
        table.add_column(column, justify="right")
    for task in state.tasks.values():
        if use := usage.get(task.id):
            cpu = "" if use.cpu_percent is None else f"{use.cpu_percent:.0f}%"
            table.add_row(task.id, str(use.processes), f"{use.rss_bytes / 1e6:.0f} MB", cpu)
    table.add_row(
        "all",
        str(sum(u.processes for u in usage.values())),
        f"{sum(u.rss_bytes for u in usage.values()) / 1e6:.0f} MB",
        "",
        style="bold",
    )
    return table
