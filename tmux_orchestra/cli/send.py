"""`send`: type a text into a task's agent."""

import sys
from uuid import uuid4

import click

from tmux_orchestra.cli.console import answer, narrate
from tmux_orchestra.cli.options import choose_run, run_option, task_argument, timeout_option
from tmux_orchestra.cli.requests import ask
from tmux_orchestra.core.errors import OrchestraError, UsageError
from tmux_orchestra.core.events import SendRequested


@click.command("send", context_settings={"ignore_unknown_options": True})
@task_argument
@click.argument("text", nargs=-1, required=True)
@run_option
@timeout_option
def command(task: str, text: tuple[str, ...], run_id: str | None, timeout: float) -> None:
    """Type TEXT into TASK's agent ('-': from stdin). It counts when the agent confirms that it took it."""
    chosen = choose_run(run_id)
    chosen.refuse_unknown((task,))
    words = (
        sys.stdin.buffer.read().decode(errors="replace")
        if text == ("-",)
        else " ".join(text).encode(errors="surrogateescape").decode(errors="replace")
    )
    if not words.strip():
        raise UsageError("there is nothing to send", safe="nothing was typed", hint=f"tmux-orchestra send {task} TEXT")
    request = SendRequested(id=uuid4().hex[:12], task=task, text=words)
    held = chosen.state.tasks[task].holds
    if held:
        narrate(f"{task} is paused: the text waits until it goes on")
    state = ask(
        chosen, request, lambda s: request.id in s.sent, timeout, lambda _: f"{task} has not confirmed the text"
    )
    finished = state.sent[request.id]
    if not finished.delivered:
        raise OrchestraError(
            f"not delivered to {task}: {finished.reason}",
            safe="nothing else was changed",
            hint=f"tmux-orchestra attach {task}",
        )
    answer(f"{task} took it")
