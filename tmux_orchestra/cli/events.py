"""`events`: the run's journal, as it is or as it grows."""

import json
from collections.abc import Iterator
from contextlib import closing

import click

from tmux_orchestra.cli.console import answer
from tmux_orchestra.cli.options import choose_run, complete_task, run_option
from tmux_orchestra.core.events import Event
from tmux_orchestra.effects.journal import Journal
from tmux_orchestra.effects.observe import Watch
from tmux_orchestra.views.words import plain


@click.command("events")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is still to come, until the run has ended.")
@click.option("--task", metavar="TASK", shell_complete=complete_task, help="Only what befell this task.")
@click.option("--json", "as_json", is_flag=True, help="The lines as they are in the journal.")
@run_option
def command(run_id: str | None, task: str | None, *, follow: bool, as_json: bool) -> None:
    """Show what happened in the run, in order."""
    chosen = choose_run(run_id)
    chosen.refuse_unknown((task,) if task else ())
    with closing(Watch()) as watch:
        watch.file(chosen.folder.journal)
        for event in _told(Journal(chosen.folder.journal), watch if follow else None):
            fields = event.model_dump(mode="json", exclude_none=True)
            if not task or task == fields.get("task") or task in fields.get("tasks", ()):
                answer(json.dumps(fields) if as_json else _line(fields))


def _told(journal: Journal, watch: Watch | None) -> Iterator[Event]:
    """Yield what the journal tells; with `watch`, go on until the run has ended (and nobody wants a task retried)."""
    ended = False
    while True:
        for event in journal.read_new():
            ended = event.event == "run.ended" or (ended and event.event != "retry.requested")
            yield event
        if watch is None or ended:
            return
        watch.wait(None)


def _line(fields: dict[str, object]) -> str:
    at = str(fields.pop("at", ""))[11:23]
    name = fields.pop("event")
    subject = fields.pop("task", "")
    fields.pop("told_by", None)
    if name == "run.started":
        fields = {key: fields[key] for key in ("run", "request", "target") if key in fields}
    details = " ".join(
        f"{key}={plain(str(value))[:120]}" for key, value in fields.items() if value not in ("", [], {}, None)
    )
    return f"{at} {name} {subject} {details}".rstrip()
