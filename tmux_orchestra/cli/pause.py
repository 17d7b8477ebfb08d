"""`pause`: freeze tasks, or the whole run."""

import click

from tmux_orchestra.cli.control import control
from tmux_orchestra.cli.options import run_option, tasks_argument, timeout_option
from tmux_orchestra.core.events import PauseRequested
from tmux_orchestra.core.state import TaskState


@click.command("pause")
@tasks_argument
@run_option
@timeout_option
def command(tasks: tuple[str, ...], run_id: str | None, timeout: float) -> None:
    """Stop every process of these tasks' agents (SIGSTOP); start nothing new of them. Without TASK: the whole run."""
    control(run_id, tasks, PauseRequested(tasks=tasks), _done, timeout, "paused")


def _done(task: TaskState) -> bool:
    return "person" in task.holds or task.settled
