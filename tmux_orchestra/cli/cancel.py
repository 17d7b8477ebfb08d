"""`cancel`: call tasks off; their work stays."""

import click

from tmux_orchestra.cli.control import control
from tmux_orchestra.cli.options import run_option, tasks_argument, timeout_option
from tmux_orchestra.core.events import CancelRequested
from tmux_orchestra.core.state import TaskState


@click.command("cancel")
@tasks_argument
@run_option
@timeout_option
def command(tasks: tuple[str, ...], run_id: str | None, timeout: float) -> None:
    """End these tasks' agents. Their work stays in their worktrees and branches. Without TASK: the whole run."""
    control(run_id, tasks, CancelRequested(tasks=tasks), _done, timeout, "cancelled")


def _done(task: TaskState) -> bool:
    return task.settled and not task.alive
