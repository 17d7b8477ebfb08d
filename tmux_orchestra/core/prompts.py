"""What the orchestrator says to an agent: the first prompt of a task, and every later word to the same conversation."""

from tmux_orchestra.core.briefs import first_prompt, quote
from tmux_orchestra.core.events import INTEGRATION, AgentStopped
from tmux_orchestra.core.state import RunState, TaskState

MOST_PATHS = 50
"""Paths of a conflict that are named; git names them all."""


def next_prompt(state: RunState, task: TaskState) -> str:
    """Return what the next instance of this task is told, by `task.cause`; `reminder` comes behind it."""
    if not task.conversation:
        return first_prompt(state, task)
    if task.cause in {"checks", "merge", "conflict"} and (matter := _open_matter(state, task)):
        return matter
    match task.cause:
        case "limit":
            return "The service refused to go on for a while; that is over. Go on with your task where you stopped."
        case "retry":
            return "Go on with your task: look at what is there, finish what is missing, and commit it."
    return (
        "You were interrupted (the program ended, perhaps in the middle of a tool call). Look at the state of your "
        "worktree with `git status` and go on with your task where you stopped."
    )


def reminder(state: RunState, task: TaskState) -> str:
    """Return what an instance must be told beside its prompt, because nobody may have heard it; "" if nothing is open.

    A conversation may be lost, or have ended before it took the word of a red check or a conflict.
    """
    matter = _open_matter(state, task)
    if not matter or (task.conversation and task.cause in {"checks", "merge", "conflict"}):
        return ""
    begun = "" if task.conversation else "You have worked on this before: look at `git log` and `git status` first.\n\n"
    return f"\n\n{begun}This is still open:\n\n{matter}"


def _open_matter(state: RunState, task: TaskState) -> str:
    """Say what was wrong with the work when it was last looked at; "" if nothing was."""
    if task.conflict:
        paths = quote("\n".join(f"- {path}" for path in task.conflict.paths[:MOST_PATHS]))
        return f"Your work conflicts with what other tasks have merged meanwhile, in:\n{paths}\n\n{_fresh_base(state)}"
    if task.check is None:
        return ""
    red = (task.check.command, task.check.exit_code, task.check.tail)
    if task.check.task == INTEGRATION:
        return _fresh_base(state) + _red(*red, "after your work was merged with the others'")
    return _red(*red, "in your worktree")


def _red(command: str, exit_code: int | None, tail: str, where: str) -> str:
    how = "ran out of time" if exit_code is None else f"failed with exit code {exit_code}"
    return (
        f"The check `{command}` {how} {where}. Its last output:\n\n{quote(tail[-6000:])}\n\nFix the cause and commit."
    )


def _fresh_base(state: RunState) -> str:
    return (
        f"First bring the others' work into yours: run `git merge {state.start.integration}`. If git names conflicts, "
        "edit each of these files so that both sides' intentions live on and no conflict marker is left, `git add` "
        "them, and run `git commit --no-edit`.\n\n"
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
