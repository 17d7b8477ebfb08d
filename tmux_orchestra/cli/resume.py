"""`resume`: let paused tasks go on."""

import click

from tmux_orchestra.cli.control import control
from tmux_orchestra.cli.options import run_option, tasks_argument, timeout_option
from tmux_orchestra.core.events import ResumeRequested
from tmux_orchestra.core.state import TaskState


@click.command("resume")
@tasks_argument
@run_option
@timeout_option
def command(tasks: tuple[str, ...], run_id: str | None, timeout: float) -> None:
    """Let these tasks go on. Without TASK: the whole run."""
    control(run_id, tasks, ResumeRequested(tasks=tasks), _done, timeout, "goes on")


def _done(task: TaskState) -> bool:
    return "person" not in task.holds
