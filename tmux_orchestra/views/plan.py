"""A plan before anything is started: its phases, what waits for what and why, and what its run will take and do."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.text import Text

from tmux_orchestra.core.measures import count
from tmux_orchestra.core.plan import SUBAGENTS, Plan, Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.views.hanging import Hanging
from tmux_orchestra.views.prospect import Prospect, facts
from tmux_orchestra.views.words import DIM, plain

URGENCY = {"critical": "bold red", "high": "yellow", "low": DIM}
"""How a priority looks; the normal one, that of most tasks, is not mentioned."""

LONGEST_REASON = 80
MOST_PATHS = 4
TITLE_LINES = 2
"""How much is shown of what may be very long; the rest is in `plan --json`."""

NARROWEST_TITLE = 30
"""Columns that titles must have beside ids and kinds; else they stand below them."""


def plan_view(plan: Plan, prospect: Prospect, columns: int) -> RenderableType:
    """Return the plan for people, no wider than so many columns."""
    parts: list[RenderableType] = [Hanging(Text(), _headline(plan), 0), Text()]
    layout = _layout(plan, columns)
    for number, phase in enumerate(plan.phases(), 1):
        begins = _begins(number, len(phase), prospect.settings.max_instances)
        parts.append(Hanging(Text(), Text.assemble((f"phase {number}", "bold cyan"), (begins, DIM)), 0))
        for task_id in phase:
            parts += _task(plan[task_id], plan, prospect.settings, layout)
    parts.append(Text())
    return Constrain(Group(*parts, *facts(plan, prospect)), columns)


def _headline(plan: Plan) -> Text:
    maker = f"planned by {plan.planner}" if plan.planner else "from a plan file"
    phases = plan.phases()
    return Text(f"{count(len(plan.tasks), 'task')} in {count(len(phases), 'phase')}, {maker}", "bold")


def _begins(number: int, tasks: int, slots: int) -> str:
    if number == 1:
        return f"  starts at once, {slots} at a time" if tasks > slots else "  starts at once"
    return "  each as soon as what it waits for is merged" if number == 2 else ""  # noqa: PLR2004 - told once


# --- tasks -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layout:
    """How wide the terminal is, and the columns in which kinds and titles begin."""

    columns: int
    kind: int
    title: int


def _layout(plan: Plan, columns: int) -> _Layout:
    """Fit the ids in; one that is longer than a third of a line pushes its own title to the next."""
    longest = max((length for task in plan.tasks if (length := len(task.id)) <= columns // 3), default=0)
    kind = 2 + longest + 2
    title = kind + max(len(_kind(task).plain) for task in plan.tasks) + 2
    return _Layout(columns, kind, title if columns - title >= NARROWEST_TITLE else 4)


def _kind(task: Task) -> Text:
    """Return the task's kind, and its priority unless that is the normal one."""
    text = Text(task.kind)
    if task.priority != "normal":
        text.append(", ").append(task.priority, URGENCY[task.priority])
    return text


def _task(task: Task, plan: Plan, settings: Settings, layout: _Layout) -> Iterator[RenderableType]:
    head, kind = Text.assemble("  ", (task.id, "bold")), _kind(task)
    gap = max(2, layout.kind - head.cell_len)
    if head.cell_len + gap + kind.cell_len > layout.columns:
        yield head
        head, gap = Text("    "), 0
    head.append(" " * gap).append_text(kind)
    yield Hanging(head, Text(plain(task.title)), layout.title, most=TITLE_LINES, below=4)
    for words in (_waits(task, plan), _touches(task), _carried_out(task, settings)):
        if words:
            yield Hanging(Text("    "), words, 4)


def _waits(task: Task, plan: Plan) -> Text:
    """Say what the task waits for and why: "waits for api (stated: after the API)"."""
    groups: dict[str, list[str]] = {}
    for earlier in dict.fromkeys(task.depends_on):
        groups.setdefault(plain(task.reasons.get(earlier, "")), []).append(earlier)
    text = Text(style=DIM)
    for reason, tasks in groups.items():
        text.append("; " if text else "waits for ")
        if len(tasks) == len(plan.tasks) - 1 > MOST_PATHS:
            text.append(f"all {len(tasks)} others", "not dim")
        else:
            text.append(", ".join(tasks), "not dim")
        text.append(f" ({_shortened(reason)})" if reason else "")
    return text


def _touches(task: Task) -> Text:
    shown = [plain(path) for path in task.touches[:MOST_PATHS]]
    more = len(task.touches) - len(shown)
    return Text(f"touches {', '.join(shown)}{f' and {more} more' if more else ''}" if shown else "", DIM)


def _carried_out(task: Task, settings: Settings) -> Text:
    """Say who carries the task out, where that is not who one would think."""
    unusual = [f"by {plain(task.agent)}"] if task.agent not in {"", settings.agent} else []
    if task.subagent not in {"", SUBAGENTS[task.kind]}:
        unusual.append(f"as {plain(task.subagent)}")
    return Text(f"carried out {' '.join(unusual)}" if unusual else "", DIM)


def _shortened(text: str) -> str:
    shown = Text(text)
    shown.truncate(LONGEST_REASON, overflow="ellipsis")
    return shown.plain
