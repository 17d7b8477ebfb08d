"""`why`: one sentence that is true."""

from datetime import UTC, datetime

import click

from tmux_orchestra.cli.console import answer, show_json
from tmux_orchestra.cli.options import choose_run, json_option, run_option, task_argument
from tmux_orchestra.core.state import LIVE
from tmux_orchestra.views.summary import what
from tmux_orchestra.views.words import plain


@click.command("why")
@task_argument
@run_option
@json_option
def command(task: str, run_id: str | None, *, as_json: bool) -> None:
    """Say why TASK is where it is."""
    chosen = choose_run(run_id)
    chosen.refuse_unknown((task,))
    known = chosen.state.tasks[task]
    gone = not chosen.carried and not chosen.state.ended and known.status in LIVE
    reason = plain(what(chosen.state, known, datetime.now(UTC)))
    if as_json:
        show_json({"task": task, "status": "unknown" if gone else known.status.value, "reason": reason or None})
    elif gone:
        answer(f"{task} was {known.status.value}; nobody carries the run now (run: tmux-orchestra recover)")
    else:
        answer(f"{task} is {known.status.value}{': ' + reason if reason else ''}")
