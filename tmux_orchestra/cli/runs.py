"""`runs`: list this repository's runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from tmux_orchestra.cli.console import show, show_json
from tmux_orchestra.cli.options import json_option
from tmux_orchestra.core.progress import run_state, totals
from tmux_orchestra.effects.files import runs
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.journal import lock_is_held, read_state
from tmux_orchestra.views.words import clock, plain


@click.command("runs")
@json_option
def command(*, as_json: bool) -> None:
    """List this repository's runs, newest first."""
    rows: list[dict[str, Any]] = []
    for folder in runs(Repository.open(Path.cwd()).state_dir):
        state = read_state(folder.journal)
        if state is None:
            continue
        carried = state.ended is not None or lock_is_held(folder.lock)
        word = run_state(state) if carried else "unknown"
        request = plain(state.start.request.strip().partition("\n")[0])
        rows.append(
            {"id": folder.id, "state": word, "started_at": state.start.at, "request": request, "totals": totals(state)}
        )
    if as_json:
        show_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bright_black")
    for column in ("run", "state", "age", "tasks", "request"):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    now = datetime.now(UTC)
    for row in rows:
        counted = ", ".join(f"{n} {status}" for status, n in row["totals"].items())
        age = clock((now - row["started_at"]).total_seconds()) if row["started_at"] else ""
        table.add_row(row["id"], row["state"], age, counted, row["request"])
    show(table if rows else 'no run in this repository yet; begin one: tmux-orchestra start "what you want done"')
