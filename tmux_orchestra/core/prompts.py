"""What the orchestrator says to an agent: the first prompt of a task, and every later word to the same conversation.

The task's own words come first and unquoted; everything that is mere background (the whole request, what
others did) is quoted with `> `, so that nothing in it can be mistaken for an instruction to this agent.
"""

from tmux_orchestra.core.events import AgentStopped
from tmux_orchestra.core.state import RunState, TaskState

EVIDENCE_IS_THE_ANSWER = frozenset({"research", "test"})
"""Kinds whose result may be a written answer rather than a commit."""


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
            paths = quote("\n".join(f"- {path}" for path in task.conflict.paths))
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


def first_prompt(state: RunState, task: TaskState) -> str:
    """Return the whole prompt of a task: its words, the rules, the background, what it builds on."""
    parts = [task.task.prompt.strip(), _rules(state, task)]
    if state.plan.constraints:
        parts.append(
            "Constraints for everything in this request:\n" + "\n".join(f"- {c}" for c in state.plan.constraints)
        )
    if state.start.request.strip():
        parts.append(f"Background, the whole request (only the task above is yours):\n{quote(state.start.request)}")
    others = [t.task.title for t in state.tasks.values() if t.id != task.id and not t.settled]
    if others:
        listed = quote("\n".join(f"- {title}" for title in others))
        parts.append(f"Others are working on these at the same time; leave them to them:\n{listed}")
    for before in (state.tasks[d] for d in task.task.depends_on):
        if work := before.work:
            done = work.result.strip() or f"{work.commits} commits, +{work.added} -{work.removed} lines"
            title = " ".join(before.task.title.split())
            parts.append(f"Your worktree already holds the result of '{title}':\n{quote(done[:4000])}")
    return "\n\n".join(parts)


def _rules(state: RunState, task: TaskState) -> str:
    lines = ["Work only inside this worktree. When you are done, commit your work with git (`git add`, `git commit`)."]
    if state.gates:
        lines.append("These checks must pass: " + ", ".join(f"`{check}`" for check in state.gates) + ".")
    if task.task.kind in EVIDENCE_IS_THE_ANSWER:
        lines.append(
            "If there is nothing to change, your last message is the result: write it so that it stands alone."
        )
    lines.append(
        "If you cannot go on without a decision of a person, end your turn with one line `QUESTION: …`; "
        "otherwise ask nothing."
    )
    return "\n".join(lines)


def quote(text: str) -> str:
    """Quote every line with `> `."""
    return "\n".join(f"> {line}" for line in text.strip().splitlines())


def question_in(stopped: AgentStopped) -> str:
    """Return the question with which the turn ended; "" if it asked nothing.

    A line that begins with `QUESTION:` counts anywhere in the last message, a question mark only at its end.
    """
    lines = [line.strip() for line in stopped.message.strip().splitlines() if line.strip()]
    for line in lines:
        if line.lstrip("*_` ").upper().startswith("QUESTION:"):
            return line
    return lines[-1] if lines and lines[-1].rstrip("*_`) ").endswith(("?", "\uff1f")) else ""
