"""What `pause`, `resume` and `cancel` share: ask, wait until every task has answered, and say what became of each."""

from collections.abc import Callable

from tmux_orchestra.cli.console import answer
from tmux_orchestra.cli.options import choose_run
from tmux_orchestra.cli.requests import ask
from tmux_orchestra.core.events import TaskRequest
from tmux_orchestra.core.state import RunState, TaskState


def control(
    run_id: str | None,
    tasks: tuple[str, ...],
    request: TaskRequest,
    done: Callable[[TaskState], bool],
    timeout: float,
    word: str,
) -> None:
    """Append the request and wait until every task it is about has answered. Raises OrchestraError after `timeout`."""
    chosen = choose_run(run_id)
    chosen.refuse_unknown(tasks)
    if chosen.state.ended:
        answer(f"run {chosen.folder.id} is over ({chosen.state.ended.outcome}); there is nothing to do")
        return
    about = tuple(dict.fromkeys(tasks)) or tuple(chosen.state.tasks)
    before = {task: chosen.state.tasks[task] for task in about}

    def outstanding(state: RunState) -> list[str]:
        return [task for task in about if not done(state.tasks[task])]

    state = ask(
        chosen,
        request,
        lambda s: not outstanding(s),
        timeout,
        lambda s: f"not yet {word}: {', '.join(outstanding(s))}",
    )
    for task in about:
        settled = before[task].settled
        answer(f"{task}: {f'{before[task].status.value} already' if settled else _now(state.tasks[task], word)}")


def _now(task: TaskState, word: str) -> str:
    """Say what became of a task: it may have been settled before the request reached it."""
    reached_end_first = task.settled and task.status.value != word
    return task.status.value if reached_end_first else word
