"""`logs`: what a task's agent printed."""

import click

from tmux_orchestra.cli.console import answer, harmless, show_json
from tmux_orchestra.cli.options import choose_run, json_option, run_option, task_argument
from tmux_orchestra.core.errors import OrchestraError


@click.command("logs")
@task_argument
@run_option
@json_option
def command(task: str, run_id: str | None, *, as_json: bool) -> None:
    """Show the screen of TASK's agent with its history, as it is now or as it was when the agent ended."""
    chosen = choose_run(run_id)
    chosen.refuse_unknown((task,))
    pane = chosen.state.tasks[task].pane
    screen = chosen.site.tmux.capture(pane) if pane else None
    if screen is None:
        kept = chosen.folder.task(task) / "output.log"
        if not kept.exists():
            raise OrchestraError(
                f"nothing of {task} was ever shown", safe="nothing was changed", hint=f"tmux-orchestra why {task}"
            )
        screen = kept.read_text(errors="replace")
    text = screen.rstrip("\n")
    if as_json:
        show_json({"task": task, "text": text})
    else:
        answer(harmless(text))
