"""A task's first prompt: its brief, known before the run begins, and last the results of the tasks it builds on.

The task's own words come first and unquoted; everything that is mere background (the whole request, what
others do and did) is quoted with `> `, so that nothing in it can be mistaken for an instruction to this agent.

Until its agent takes it, a person may change a task's brief: it lies in `tasks/<task>/prompt.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.state import RunState, TaskState

EVIDENCE_IS_THE_ANSWER = frozenset({"research", "test"})
"""Kinds whose result may be a written answer rather than a commit."""

LONGEST_PROMPT = 100_000
"""Bytes of UTF-8. Linux passes 131,072 in one argument, its end included."""

LONGEST_RESULT = 4_000
"""Characters of an earlier task's result."""

_SPARE = 1_000
"""Bytes that an agent may still put around a prompt."""

_RESULTS = "What the tasks before yours have reported:"


def brief(plan: Plan, request: str, checks: Sequence[str], task_id: str) -> str:
    """Return a task's first prompt but for the results of earlier tasks: its words, the rules, the background."""
    task = plan[task_id]
    parts = [task.prompt.strip(), _rules(task, checks)]
    if plan.constraints:
        parts.append("Constraints for everything in this request:\n" + "\n".join(f"- {c}" for c in plan.constraints))
    if request.strip():
        parts.append(f"Background, the whole request (only the task above is yours):\n{quote(request)}")
    after = plan.dependents(task_id)
    before = {other.id for other in plan.tasks if task_id in plan.dependents(other.id)}
    beside = {other.id for other in plan.tasks} - after - before - {task_id}
    for ids, words in (
        (before, "Done before yours, so that your worktree already holds it:"),
        (beside, "Others are working on these at the same time, in worktrees of their own; leave them to them:"),
        (after, "These come later and build on your work; leave them to others, who are given your last message:"),
    ):
        if ids:
            parts.append(f"{words}\n{_named(other for other in plan.tasks if other.id in ids)}")
    return "\n\n".join(parts)


class Known(Protocol):
    """What is known of a run when it begins: `run.started`, or what a person has agreed to before that."""

    @property
    def request(self) -> str: ...  # noqa: D102 - see RunStarted
    @property
    def plan(self) -> Plan: ...  # noqa: D102 - likewise
    @property
    def checks(self) -> Sequence[str]: ...  # noqa: D102 - likewise
    @property
    def prompts(self) -> Mapping[str, str]: ...  # noqa: D102 - likewise


def brief_at_start(known: Known, task_id: str) -> str:
    """Return the brief with which a run begins: the person's, if they wrote one, else the composed one."""
    return known.prompts.get(task_id) or brief(known.plan, known.request, known.checks, task_id)


def first_prompt(state: RunState, task: TaskState, written: str = "") -> str:
    """Return the whole prompt; `written` is a brief that a person wrote meanwhile ("": none)."""
    return _with_results(_without_results(written, state, task) or _brief_now(state, task), state, task)


def is_edited(state: RunState, task: TaskState, written: str) -> bool:
    """Whether a person has changed what we wrote down as the task's brief, or as its whole prompt."""
    ours = ("", brief_at_start(state.start, task.id), _brief_now(state, task))
    return plain_lines(_without_results(written, state, task)) not in map(plain_lines, ours)


def plain_lines(text: str) -> str:
    """Return a text as it is compared: editors and files have their own ways to end lines, and the last one."""
    return "\n".join(text.strip().splitlines())


def quote(text: str) -> str:
    """Quote every line with `> `."""
    return "\n".join(f"> {line}" for line in text.strip().splitlines())


def one_line(text: str) -> str:
    """Return a text's words on one line."""
    return " ".join(text.split())


def _brief_now(state: RunState, task: TaskState) -> str:
    """The brief with what is known of the checks by now: one that was red before anything was done is no gate."""
    return state.start.prompts.get(task.id) or brief(state.plan, state.start.request, state.gates, task.id)


def _rules(task: Task, checks: Sequence[str]) -> str:
    lines = [
        "Work only inside this worktree. When you are done, commit your work with git (`git add`, `git commit`).",
        "Some commands may be denied to you; do without them, and say in your last message what you could not try.",
    ]
    if checks:
        listed = ", ".join(f"`{check}`" for check in checks)
        lines.append(f"These checks will be run on your work and must pass: {listed}.")
    if task.kind in EVIDENCE_IS_THE_ANSWER:
        lines.append(
            "If there is nothing to change, your last message is the result: write it so that it stands alone."
        )
    lines.append(
        "If you cannot go on without a decision of a person, end your turn with one line `QUESTION: …`; "
        "otherwise ask nothing."
    )
    return "\n".join(lines)


def _named(tasks: Iterable[Task]) -> str:
    touching = ((task, ", ".join(map(one_line, task.touches))) for task in tasks)
    return "\n".join(f"> - {one_line(task.title)}{f' (in {paths})' if paths else ''}" for task, paths in touching)


def _with_results(text: str, state: RunState, task: TaskState) -> str:
    """Append what the tasks before have reported, as far as there is room for it."""
    room = LONGEST_PROMPT - _SPARE - len(text.encode("utf-8", "replace"))
    reported: list[str] = []
    for before in (state.tasks[d] for d in task.task.depends_on):
        if work := before.work:
            done = work.result.strip() or f"{work.commits} commits, +{work.added} -{work.removed} lines"
            part = f"The result of '{one_line(before.task.title)}':\n{quote(done[:LONGEST_RESULT])}"
            room -= len(part.encode("utf-8", "replace"))
            reported += [part] if room > 0 else []
    return "\n\n".join((text, _RESULTS, *reported)) if reported else text


def _without_results(written: str, state: RunState, task: TaskState) -> str:
    """Return the brief of a text that may be a whole prompt of ours, from a launch that came to nothing."""
    text = written.strip()
    before = text.rpartition(f"\n\n{_RESULTS}\n\n")[0]
    ours = before and plain_lines(_with_results(before, state, task)) == plain_lines(text)
    return before if ours else text
