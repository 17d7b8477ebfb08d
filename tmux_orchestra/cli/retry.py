"""`retry`: try tasks again that failed, were called off, or need a person."""

import time

import click

from tmux_orchestra.cli.console import answer, narrate
from tmux_orchestra.cli.options import Chosen, choose_run, run_option, tasks_argument, timeout_option
from tmux_orchestra.cli.requests import await_answer
from tmux_orchestra.core.by_hand import asked_of_the_person
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.events import RetryRequested
from tmux_orchestra.core.state import LOST, RunState, Status, TaskState
from tmux_orchestra.effects.journal import Journal
from tmux_orchestra.effects.starting import open_session

KEEPER_STARTS = 3.0
"""Seconds in which a keeper that was started brings up its supervisor."""


@click.command("retry")
@tasks_argument
@run_option
@timeout_option
def command(tasks: tuple[str, ...], run_id: str | None, timeout: float) -> None:
    """Try these tasks again, with what was skipped because of them. Without TASK: all that can be."""
    chosen = choose_run(run_id)
    chosen.refuse_unknown(tasks)
    wanted = tuple(dict.fromkeys(tasks)) or tuple(chosen.state.tasks)
    about = [task for task in wanted if _retryable(chosen.state.tasks[task], named=bool(tasks))]
    if chosen.state.by_hand and chosen.state.by_hand.task in about:
        about.remove(chosen.state.by_hand.task)
        narrate(f"{chosen.state.by_hand.task}: {asked_of_the_person(chosen.state)}")
    for task in wanted if tasks else ():
        if task not in about:
            narrate(f"{task} is {chosen.state.tasks[task].status.value}: there is nothing to try again")
    if not about:
        raise UsageError("nothing here can be tried again", safe="nothing was changed", hint="tmux-orchestra status")
    Journal(chosen.folder.journal).append(RetryRequested(tasks=tuple(about) if tasks else ()))
    if not chosen.carried:
        open_session(chosen.site)

    def outstanding(state: RunState) -> list[str]:
        return [task for task in about if state.tasks[task].retry_wished]

    await_answer(
        chosen,
        lambda s: not outstanding(s),
        timeout,
        lambda s: f"not yet begun: {', '.join(outstanding(s))}",
    )
    see_that_it_is_carried(chosen)
    answer(f"tried again: {', '.join(about)}")


def see_that_it_is_carried(chosen: Chosen) -> None:
    """Repair the session once more if nobody has come: a keeper that was just leaving looked as if it would stay."""
    deadline = time.monotonic() + KEEPER_STARTS
    while not chosen.carried:
        if time.monotonic() > deadline:
            open_session(chosen.site)
            return
        time.sleep(0.05)


def _retryable(task: TaskState, *, named: bool) -> bool:
    """Whether there is something to try again; a task that needs a person is left to them unless it is named."""
    return task.status in LOST or (named and task.status is Status.ATTENTION)
