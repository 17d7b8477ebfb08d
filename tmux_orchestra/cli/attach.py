"""`attach`: look at a run, or step into one task's agent."""

import os

import click

from tmux_orchestra.cli.options import Chosen, choose_run, complete_task, run_option
from tmux_orchestra.core.errors import EnvironmentLacks, OrchestraError
from tmux_orchestra.effects.tmux import Session


@click.command("attach")
@click.argument("task", required=False, shell_complete=complete_task)
@run_option
def command(task: str | None, run_id: str | None) -> None:
    """Show the run in tmux; with TASK, its agent's window. Detach with C-b d: work goes on."""
    chosen = choose_run(run_id)
    chosen.refuse_unknown((task,) if task else ())
    go_to(chosen, task or "")


def go_to(chosen: Chosen, task: str) -> None:
    """Replace this process by a tmux client that shows the run. Raises OrchestraError if there is nothing to show."""
    session = chosen.site.tmux.find_session(chosen.folder.id)
    if session is None:
        ended = chosen.state.ended is not None
        raise OrchestraError(
            f"the run {chosen.folder.id} has no tmux session any more",
            safe="its journal, worktrees and branches are untouched",
            hint="tmux-orchestra status" if ended else "tmux-orchestra recover",
        )
    window = chosen.state.tasks[task].window if task else ""
    if task and not window:
        raise OrchestraError(f"{task} has no window yet", safe="nothing was changed", hint="tmux-orchestra status")
    if not (os.isatty(0) and os.isatty(1)) and not os.environ.get("TMUX"):
        raise EnvironmentLacks(
            "attaching needs a terminal", safe="the run goes on", hint="from a terminal run: tmux-orchestra attach"
        )
    _replace_by_client(chosen, session, window)


def go_to_window(chosen: Chosen, window: str) -> None:
    """Replace this process by a tmux client that shows this window of the run; go on if the session is gone."""
    if session := chosen.site.tmux.find_session(chosen.folder.id):
        _replace_by_client(chosen, session, window)


def _replace_by_client(chosen: Chosen, session: Session, window: str) -> None:
    argv = chosen.site.tmux.attach_argv(session, window, env=os.environ)
    os.execvp(argv[0], argv)  # noqa: S606 - no shell wanted
