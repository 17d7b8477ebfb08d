"""What the orchestrator says to an agent: the first prompt of a task, and every later word to the same conversation."""

from tmux_orchestra.core.briefs import first_prompt, quote
from tmux_orchestra.core.events import AgentStopped
from tmux_orchestra.core.state import RunState, TaskState

MOST_PATHS = 50
"""Paths of a conflict that are named; git names them all."""


def next_prompt(state: RunState, task: TaskState) -> str:
    """Return what the next instance of this task is told, by `task.cause`."""
    if not task.conversation:
        return first_prompt(state, task)
    match task.cause:
        case "checks" if task.check:
            return _red(task.check.command, task.check.exit_code, task.check.tail, "in your worktree")
        case "merge" if task.check:
            return _fresh_base(state) + _red(
                task.check.command, task.check.exit_code, task.check.tail, "after your work was merged with the others'"
            )
        case "conflict" if task.conflict:
            paths = quote("\n".join(f"- {path}" for path in task.conflict.paths[:MOST_PATHS]))
            return (
                f"Your work conflicts with what other tasks have merged meanwhile, in:\n{paths}\n\n{_fresh_base(state)}"
            )
        case "limit":
            return "The service refused to go on for a while; that is over. Go on with your task where you stopped."
        case "retry":
            return "Go on with your task: look at what is there, finish what is missing, and commit it."
    return (
        "You were interrupted (the program ended, perhaps in the middle of a tool call). Look at the state of your "
        "worktree with `git status` and go on with your task where you stopped."
    )


def _red(command: str, exit_code: int | None, tail: str, where: str) -> str:
    how = "ran out of time" if exit_code is None else f"failed with exit code {exit_code}"
    return (
        f"The check `{command}` {how} {where}. Its last output:\n\n{quote(tail[-6000:])}\n\nFix the cause and commit."
    )


def _fresh_base(state: RunState) -> str:
    return (
        f"First bring the others' work into yours: run `git merge {state.start.integration}`, resolve what conflicts "
        "so that both sides' intentions live on, and commit.\n\n"
    )


def question_in(stopped: AgentStopped) -> str:
    """Return the question with which the turn ended; "" if it asked nothing.

    A line that begins with `QUESTION:` counts anywhere in the last message, a question mark only at its end.
    """
    lines = [line.strip() for line in stopped.message.strip().splitlines() if line.strip()]
    for line in lines:
        if line.lstrip("*_` ").upper().startswith("QUESTION:"):
            return line
    return lines[-1] if lines and lines[-1].rstrip("*_`) ").endswith(("?", "\uff1f")) else ""
