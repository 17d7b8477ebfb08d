"""What runs have measured: how long tasks took, and how much memory instances used. Estimates rest on this alone."""

from collections.abc import Iterable
from itertools import chain

from pydantic import BaseModel, ConfigDict

from tmux_orchestra.core.events import Event, InstanceExited
from tmux_orchestra.core.fold import fold
from tmux_orchestra.core.state import ImpossibleEvent, RunState, Status


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Stint(_Value):
    """A task that was merged, and the time that it was under way: pauses and a person's answers are no part of it."""

    run: str
    agent: str
    kind: str
    seconds: float


class Peak(_Value):
    """The most memory that the largest process of an instance had at once; the kernel counts no sum of them all."""

    agent: str
    bytes: int


class Measures(_Value):
    """What some runs have measured."""

    stints: tuple[Stint, ...] = ()
    peaks: tuple[Peak, ...] = ()

    def seconds(self, agent: str, kind: str) -> list[float]:
        """Return what tasks of this kind took this agent."""
        return [stint.seconds for stint in self.stints if (stint.agent, stint.kind) == (agent, kind)]

    def lacks(self, kinds: Iterable[tuple[str, str]]) -> str:
        """Say which of these (agent, kind) have never been finished; "" if all have been."""
        known = {(stint.agent, stint.kind) for stint in self.stints}
        missing = [pair for pair in dict.fromkeys(kinds) if pair not in known]
        agents = dict.fromkeys(agent for agent, _ in missing)
        return "; ".join(
            f"{agent} finished no {_either([kind for a, kind in missing if a == agent])} task here yet"
            for agent in agents
        )

    def told(self, kinds: Iterable[tuple[str, str]], unit: str) -> str:
        """Say how many tasks an estimate for these rests on: "12 such tasks of 3 earlier runs"."""
        wanted = set(kinds)
        used = [stint for stint in self.stints if (stint.agent, stint.kind) in wanted]
        return f"{count(len(used), 'such task')} of {count(len({stint.run for stint in used}), unit)}"


def count(number: int, noun: str) -> str:
    """Return "1 task", "2 tasks"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _either(words: list[str]) -> str:
    """Return "a", "a or b", "a, b or c"."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def measured(events: Iterable[Event]) -> Measures:
    """Return what one run's journal has measured. From an impossible fact on, nothing in it is believed."""
    state: RunState | None = None
    peaks: list[Peak] = []
    try:
        for event in events:
            state = fold(state, event)
            if isinstance(event, InstanceExited) and event.usage and event.usage.max_rss_bytes:
                peaks.append(Peak(agent=agent_of(state, event.task), bytes=event.usage.max_rss_bytes))
    except ImpossibleEvent:
        pass
    return Measures(stints=stints(state) if state else (), peaks=tuple(peaks))


def stints(state: RunState) -> tuple[Stint, ...]:
    """Return what the merged tasks of this run took."""
    merged = (task for task in state.tasks.values() if task.status is Status.MERGED and task.worked)
    return tuple(
        Stint(run=state.start.run, agent=agent_of(state, t.id), kind=t.task.kind, seconds=t.worked) for t in merged
    )


def agent_of(state: RunState, task: str) -> str:
    """Return the kind of agent that carries the task out."""
    return state.tasks[task].task.agent or state.settings.agent


def total(measures: Iterable[Measures]) -> Measures:
    """Return the measures of several runs as one."""
    every = list(measures)
    return Measures(
        stints=tuple(chain.from_iterable(m.stints for m in every)),
        peaks=tuple(chain.from_iterable(m.peaks for m in every)),
    )
