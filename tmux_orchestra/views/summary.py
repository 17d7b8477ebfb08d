"""The summary of a run: the same table in the status window and in `tmux-orchestra status`."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tmux_orchestra.core.by_hand import asked_of_the_person, candidate, waiting_for
from tmux_orchestra.core.measures import Measures
from tmux_orchestra.core.progress import TimeLeft, duration, percent, run_state, time_left, totals
from tmux_orchestra.core.scheduler import needs_person, why
from tmux_orchestra.core.state import LIVE, LOST, RunState, Status, TaskState
from tmux_orchestra.views.overlaps import in_detail, in_one_line
from tmux_orchestra.views.words import LOOKS, PAUSED, UNKNOWN, Look, clock, plain, span


def summary(
    state: RunState, now: datetime, width: int, *, carried: bool = True, earlier: Measures | None = None
) -> RenderableType:
    """Return the run as a headline, a row for each task, and what is asked of the person.

    `carried` says whether somebody holds the run's lock. If nobody does and the run is not over, what
    should be live is shown as unknown. `earlier` is what earlier runs have measured, to tell the time that is left.
    """
    carried = carried or state.ended is not None
    left = time_left(state, now, earlier or Measures(), carried=carried)
    parts: list[RenderableType] = [_headline(state, now, width, left, carried=carried), Text()]
    parts.append(_table(state, now, width, carried=carried))
    parts += _footer(state, carried=carried)
    return Group(*parts)


def _headline(state: RunState, now: datetime, width: int, left: TimeLeft, *, carried: bool) -> Text:
    started = state.start.at or now
    ended = state.ended.at if state.ended and state.ended.at else now
    word = run_state(state) if carried else "unknown"
    line = Text.assemble(("tmux-orchestra ", "bold"), (state.start.run, "bright_black"), "  ", (word, "bold"))
    line.append(f"  {clock((ended - started).total_seconds())}", "bright_black")
    if left.low_s is not None and left.high_s:
        line.append(f"  {span(left.low_s, left.high_s)} left", "bright_black")
    counted = ", ".join(f"{n} {status}" for status, n in totals(state).items())
    line.append(f"{'  ' if line.cell_len + len(counted) + 2 <= width else chr(10)}{counted}")
    request = plain(state.start.request.strip().splitlines()[0] if state.start.request.strip() else "")
    shown = Text(request, "italic")
    shown.truncate(width, overflow="ellipsis")
    return Text.assemble(line, "\n", shown) if request else line


def _look(task: TaskState, *, carried: bool) -> tuple[Look, str]:
    if not carried and (task.status in LIVE or task.alive):
        return UNKNOWN, "unknown"
    if task.holds and not task.settled:
        return PAUSED, "paused"
    return LOOKS[task.status], task.status.value


def _table(state: RunState, now: datetime, width: int, *, carried: bool) -> Table:
    table = Table(box=None, pad_edge=False, expand=True, width=width, header_style="bright_black")
    table.add_column("task", no_wrap=True, max_width=24, overflow="ellipsis")
    table.add_column("status", no_wrap=True, min_width=11)
    table.add_column("done", justify="right", no_wrap=True, min_width=4)
    table.add_column("time", justify="right", no_wrap=True, min_width=6)
    table.add_column("what", ratio=1, no_wrap=True, overflow="ellipsis")
    for task in state.tasks.values():
        look, word = _look(task, carried=carried)
        share = percent(task)
        table.add_row(
            Text(task.id),
            Text(f"{look.symbol} {word}", look.colour),
            "" if share is None else f"{share}%",
            clock(duration(task, now)),
            Text(plain(what(state, task, now))),
        )
    return table


def what(state: RunState, task: TaskState, now: datetime) -> str:
    """Say in one line what the task is at, or why it is where it is."""
    match task.status:
        case Status.MERGED if task.work and task.work.commits:
            unit = "commit" if task.work.commits == 1 else "commits"
            return f"{task.work.commits} {unit}, +{task.work.added} -{task.work.removed}"
        case Status.RUNNING if not task.holds:
            return task.activity or task.task.title
        case Status.CHECKING if not task.holds:
            return ", ".join(state.gates) or "gathering the evidence"
    return why(state, task, now) or task.reason or task.task.title


def _footer(state: RunState, *, carried: bool) -> list[RenderableType]:
    lines: list[RenderableType] = [
        Text(f"! {plain(check)} was red before anything was changed: it is no gate in this run", "yellow")
        for check in state.unchecked
    ]
    if not carried:
        lines.append(Text("! unknown: nobody carries this run on; run: tmux-orchestra recover", "bold yellow"))
    lines += in_one_line(state)
    for task in (t for t in state.tasks.values() if t.status is Status.ATTENTION):
        commands = f"look: tmux-orchestra attach {task.id}   again: tmux-orchestra retry {task.id}"
        lines.append(Text(f"! {task.id} needs you: {plain(task.reason)}\n  {commands}", "yellow"))
    if state.by_hand:
        lines.append(Text(f"! {plain(waiting_for(state))}: {plain(asked_of_the_person(state))}", "yellow"))
    if needs_person(state) and carried:
        lines.append(Text("nothing can move until then", "bold yellow"))
    if state.ended:
        lines += [Text(line) for line in ending(state)]
    return [Text(), *lines] if lines else []


def ending(state: RunState) -> list[str]:
    """Say what the run left, and the one command that comes next."""
    if state.ended is None:
        return []
    lines = [f"The run is over: {state.ended.summary}."]
    if state.moved:
        lines.append(
            f"{state.moved.target} now holds the result ({state.moved.commit[:10]}, before: {state.moved.before[:10]})."
        )
        lines += _way_back(state)
        if state.integration_worktree:
            lines.append("clean up: tmux-orchestra cleanup")
    elif state.refused:
        named = f" ({plain(', '.join(state.refused.paths[:5]))})" if state.refused.paths else ""
        lines.append(f"{state.refused.target} was left alone: {plain(state.refused.reason)}{named}")
        lines.append(f"The result is on {state.start.integration}. {plain(state.refused.hint)}".strip())
        lines.append(
            "resolve it: tmux-orchestra merge manual" if state.target_conflict else "then: tmux-orchestra merge"
        )
    elif state.tip != state.start.base:
        lines.append(
            f"The result is on {state.start.integration}; {state.start.target or 'no branch'} was not touched."
        )
        lines.append("bring it in: tmux-orchestra merge   (what it would do: tmux-orchestra merge manual)")
    lost = (task for task in state.tasks.values() if task.status in LOST)
    lines += [f"not in: {task.id} ({task.status.value}: {plain(task.reason)})" for task in lost]
    if (first := candidate(state)) in state.tasks and not state.by_hand:
        lines.append(
            f"resolve it by hand: tmux-orchestra merge manual {first}   or let its agent: tmux-orchestra retry {first}"
        )
    return lines


def _subagent(state: RunState, name: str) -> str:
    known = state.start.subagents.get(name)
    return known.described if known else name


def _way_back(state: RunState) -> list[str]:
    """Name the command that takes the run back: one, or one for each thing that was done since."""
    kinds = [step.kind for step in reversed(state.steps)]
    command = f"tmux-orchestra undo {state.start.run}"
    if "merge" not in kinds:
        return []
    since = kinds[: kinds.index("merge")]
    return [f"take it back: {command}  (first the {', the '.join(since)})" if since else f"take it all back: {command}"]


def detailed(
    state: RunState, now: datetime, width: int, *, carried: bool = True, earlier: Measures | None = None
) -> RenderableType:
    """Return the summary, and below it everything worth knowing of each task."""
    parts: list[RenderableType] = [summary(state, now, width, carried=carried, earlier=earlier)]
    for task in state.tasks.values():
        parts += [
            Text(),
            Text.assemble((task.id, "bold"), f"  {plain(task.task.title)}  ({task.task.kind}, {task.task.priority})"),
        ]
        facts = {
            "waits for": ", ".join(task.task.depends_on),
            "why": why(state, task, now),
            "worktree": task.worktree,
            "branch": task.branch,
            "conversation": task.session_id,
            "subagent": _subagent(state, task.task.subagent),
            "attempts": str(task.attempt or ""),
            "steps": "; ".join(
                f"{'x' if status == 'completed' else ' '} {title}" for title, status in task.steps.values()
            ),
            "denied": "; ".join(f"{c.tool} {c.detail} (allow: {c.rule})" for c in task.denied),
            "red check": task.check.command if task.check else "",
        }
        parts += [Text(f"  {name}: {plain(value)}") for name, value in facts.items() if value]
        parts += in_detail(state, task.id)
    return Group(*parts)
