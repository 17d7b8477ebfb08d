"""`recover`: carry on a run whose supervisor or tmux server died."""

import click

from tmux_orchestra.cli.console import answer
from tmux_orchestra.cli.options import Chosen, choose_run, run_option
from tmux_orchestra.effects.starting import open_session


@click.command("recover")
@run_option
def command(run_id: str | None) -> None:
    """Bring back what is missing: the tmux session, the status window, the supervisor. What runs is left running."""
    chosen = choose_run(run_id)
    run = chosen.folder.id
    if chosen.state.ended:
        answer(f"run {run} is over ({chosen.state.ended.outcome}); there is nothing to recover")
    elif chosen.carried and _is_shown(chosen):
        answer(f"run {run} is being carried; there is nothing to recover")
    else:
        open_session(chosen.site)
        answer(f"run {run} goes on; look: tmux-orchestra status")


def _is_shown(chosen: Chosen) -> bool:
    """Whether the run's session stands, with a status window that lives."""
    session = chosen.site.tmux.find_session(chosen.folder.id)
    panes = chosen.site.tmux.panes(session.id) if session else []
    return any(pane.pane == session.status_pane and not pane.dead for pane in panes if session)
