"""Telling the person: what of a run is news, and what of it nobody has been told yet. How is `effects.telling`'s.

Every piece of news has keys that stay the same as long as its cause does; `person.told` keeps them in the journal. So a
cause is told once, whoever carries the run; only who dies between telling and writing it down tells it again.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tmux_orchestra.core.events import News
from tmux_orchestra.core.forecast import told_overlaps
from tmux_orchestra.core.health import Kind
from tmux_orchestra.core.state import RunState, Status, TaskState

EVERYBODYS = frozenset(
    {
        *(Kind.OVERLOAD, Kind.NETWORK, Kind.SERVICE, Kind.RATE_LIMIT, Kind.AUTHENTICATION, Kind.SIGN_IN, Kind.BILLING),
        *(Kind.BAD_MODEL, Kind.CANNOT_START, Kind.TMUX_GONE, Kind.DISK_FULL),
    }
)
"""Failures whose cause is no single task's: whoever is told of one task knows of all that have it meanwhile."""

BROKEN_COMMAND = "notify_command"
"""The key of the news that the person's own command cannot be used."""


def untold(state: RunState) -> tuple[News, ...]:
    """Return what the person has not been told, most important first. A run that nobody can look at has no news."""
    if state.session is None:
        return ()
    return tuple(
        left.model_copy(update={"keys": keys})
        for left in (*_asking(state), *_failed(state), *_end(state), *_phases(state), *_asides(state))
        if (keys := tuple(key for key in left.keys if key not in state.told))
    )


def as_record(news: News, state: RunState, now: datetime) -> dict[str, Any]:
    """Return what `notify_command` reads, one JSON object; its fields are a promise."""
    return {
        "event": news.kind,
        "words": news.words,
        "tasks": list(news.tasks),
        "command": news.command,
        "run": state.start.run,
        "repository": state.start.repository,
        "session": state.session.session if state.session else "",
        "at": now.isoformat(),
    }


def _asking(state: RunState) -> Iterator[News]:
    """Yield what a person is asked. What ails all tasks at once is one question, however many ask it."""
    asking: dict[str, list[TaskState]] = {}
    for task in state.tasks.values():
        if task.status is Status.ATTENTION:
            asking.setdefault(task.trouble if task.trouble in EVERYBODYS else task.reason, []).append(task)
    for cause, tasks in asking.items():
        new = [task for task in tasks if _key(task) not in state.told]
        if not new or (cause in EVERYBODYS and len(new) < len(tasks)):
            continue
        names = tuple(task.id for task in new)
        verb = "needs" if len(names) == 1 else "need"
        yield News(
            keys=tuple(map(_key, new)), kind="attention", words=f"{', '.join(names)} {verb} you: {new[0].reason}",
            tasks=names, command=f"tmux-orchestra attach {names[0]}",
        )  # fmt: skip
    given_up = state.refused and state.refused.at and not state.refused.request
    if state.refused and given_up and state.merge_policy == "each" and state.ended is None:
        reason = f"{state.refused.target} was left alone: {state.refused.reason}"
        yield News(
            keys=(f"refused {state.refused.at}",), kind="attention", words=reason, command="tmux-orchestra merge"
        )


def _failed(state: RunState) -> Iterator[News]:
    for task in state.tasks.values():
        if task.status in {Status.FAILED, Status.CONFLICTED}:
            words = f"{task.id} {'failed' if task.status is Status.FAILED else 'is conflicted'}"
            yield News(
                keys=(_key(task),), kind="failure", words=f"{words}: {task.reason}" if task.reason else words,
                tasks=(task.id,), command=f"tmux-orchestra why {task.id}",
            )  # fmt: skip


def _key(task: TaskState) -> str:
    """Return what is the same until the task changes its status: a question that is asked again is a new one."""
    return f"{task.status} {task.id} {task.since}"


def _end(state: RunState) -> Iterator[News]:
    if state.ended is None:
        return
    words = f"the run is over ({state.ended.outcome}): {state.ended.summary}"
    if state.refused:
        words += f"; {state.refused.target or 'the target'} was left alone: {state.refused.reason}"
    elif state.moved:
        words += f"; {state.moved.target} holds the result"
    elif state.tip != state.start.base:
        words += f"; the result is on {state.start.integration}"
    yield News(keys=(f"end {state.ended.at}",), kind="end", words=words, command="tmux-orchestra status")


def _phases(state: RunState) -> Iterator[News]:
    phases = state.plan.phases()
    for number, tasks in enumerate(phases, 1):
        if all(state.tasks[task].status is Status.MERGED for task in tasks):
            words = f"phase {number} of {len(phases)} is done: {', '.join(tasks)} merged"
            yield News(
                keys=(f"phase {number}",), kind="milestone", words=words, tasks=tasks, command="tmux-orchestra status"
            )


def _asides(state: RunState) -> Iterator[News]:
    if state.notify_problem:
        words = f"notify_command: {state.notify_problem}"
        yield News(keys=(BROKEN_COMMAND,), kind="trouble", words=words, command="tmux-orchestra doctor")
    for (one, other, path), words in told_overlaps(state).items():
        tasks = tuple(task for task in (one, other) if task in state.tasks)
        yield News(
            keys=(f"overlap {one} {other} {path}",), kind="forecast", words=words, tasks=tasks,
            command="tmux-orchestra status detailed",
        )  # fmt: skip
