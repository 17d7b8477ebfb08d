"""`recover`: carry on a run whose supervisor or tmux server died."""

import click

from tmux_orchestra.cli.console import answer
from tmux_orchestra.cli.options import choose_run, run_option
from tmux_orchestra.effects.starting import open_session


@click.command("recover")
@run_option
def command(run_id: str | None) -> None:
    """Bring back what is missing: the tmux session, the status window, the supervisor. What runs is left running."""
    chosen = choose_run(run_id)
    if chosen.state.ended:
        answer(f"run {chosen.folder.id} is over ({chosen.state.ended.outcome}); there is nothing to recover")
        return
    if chosen.carried:
        answer(f"run {chosen.folder.id} is being carried; there is nothing to recover")
        return
    open_session(chosen.site)
    answer(f"run {chosen.folder.id} goes on; look: tmux-orchestra status")
