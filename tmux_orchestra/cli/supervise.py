"""`supervise`: carry one run until it is over. Started by the keeper, not by people."""

from pathlib import Path

import click

from tmux_orchestra.cli.console import narrate
from tmux_orchestra.effects.files import RunFolder
from tmux_orchestra.effects.journal import supervisor_lock
from tmux_orchestra.supervisor import Supervisor


@click.command("supervise", hidden=True)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Carry the run in FOLDER until it is over."""
    run = RunFolder(folder)
    with supervisor_lock(run.lock, wait=True):
        narrate(f"run {run.id}: carried from here; what happens is shown in the window 'status'")
        state = Supervisor(run).run(lambda s: s.ended is not None and s.merge_wish is None and s.cleanup_wish is None)
    narrate(f"run {run.id}: {state.ended.outcome if state.ended else 'stopped'}")
