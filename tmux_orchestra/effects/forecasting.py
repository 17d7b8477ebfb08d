"""Forecasting the conflicts of a run: when to look, at what, and what of it goes into the journal.

Looking costs a pass over every file of a worktree in which something may have happened, so it is done seldom: not
again within `PAUSE` seconds, nor within `SHARE` times as long as it took last. Where nothing has happened, nothing
is looked at and nobody wakes up.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.forecast import in_flight
from tmux_orchestra.core.state import RunState, Status, TaskState
from tmux_orchestra.effects.git import Clash, Forecaster, Place
from tmux_orchestra.effects.site import Site

PAUSE, LONG_PAUSE = 3.0, 60.0
"""Seconds between two forecasts; after one that could not be made."""

SHARE = 10
"""A forecast may take one part in so many of the time."""

SHOWN_PATHS, SHOWN_HUNKS, ALL_HUNKS = 50, 4, 40
"""Bounds of what the journal is told of a pair, and of all pairs together."""


@dataclass(frozen=True)
class _Look:
    """What is known of a task's place since it was looked at."""

    seen_for: object
    commit: str


class Forecasts:
    """A run's forecasts, one after the other. `carry_out` runs in another thread than the rest, never twice at once."""

    def __init__(self, site: Site) -> None:
        """Begin with nothing known."""
        self._site = site
        self._forecaster = Forecaster(site.repository, site.folder.path / "forecast")
        self._looks: dict[str, _Look] = {}
        self._done: a.Forecast | None = None
        self._not_before = 0.0
        self._put_off = False

    def due(self, action: a.Forecast) -> bool:
        """Whether this forecast is news, and may be made now; if it is too early, `next_try` says when."""
        news = action != self._done
        self._put_off = news and time.monotonic() < self._not_before
        return news and not self._put_off

    @property
    def next_try(self) -> float | None:
        """Seconds until a forecast that was put off may be made; None: none was."""
        return max(0.001, self._not_before - time.monotonic()) if self._put_off else None

    def carry_out(self, action: a.Forecast, state: RunState) -> list[e.Event]:
        """Make the forecast. The journal is told where the picture has changed; a failure is no event of the run."""
        begun = time.monotonic()
        try:
            told = self._forecast(action, state)
        except (OrchestraError, OSError):
            self._not_before = time.monotonic() + LONG_PAUSE
            return []
        self._done = action
        ended = time.monotonic()
        self._not_before = ended + max(PAUSE, SHARE * (ended - begun))
        known = state.forecast.pairs if state.forecast else ()
        return [told] if told.pairs != known else []

    def close(self) -> None:
        """Take away what was written."""
        self._forecaster.close()

    def _forecast(self, action: a.Forecast, state: RunState) -> e.ConflictsForecast:
        flying = in_flight(state)
        commits = self._commits(dict(action.looks), state, flying)
        pairs = dict(_pairs([task.id for task in flying if task.id in commits], commits))
        clashes = self._forecaster.clashes(pairs.values(), Path(state.integration_worktree))
        found = [_overlap(names, clashes[pair]) for names, pair in pairs.items() if pair in clashes]
        return e.ConflictsForecast(pairs=tuple(_bounded(found)))

    def _commits(self, looks: Mapping[str, object], state: RunState, flying: list[TaskState]) -> dict[str, str]:
        """Return what each task, the integration branch and the target would be now.

        Only what stirred is looked at, and nothing where there is nothing that it could conflict with.
        """
        others: dict[str, str] = {}
        if state.tip != state.start.base:
            others[e.INTEGRATION] = state.tip
        if target := self._moved_target(state):
            others[e.TARGET] = target
        if len(flying) + len(others) < 2:  # noqa: PLR2004 - a pair
            return others
        proven = {t.id: t.work.commit for t in flying if t.work and t.status in {Status.FINISHED, Status.MERGING}}
        due = {
            task.id: Place(Path(task.worktree), task.branch, state.left_behind.get(task.id, ()))
            for task in flying
            if task.id not in proven and not self._known(task.id, looks)
        }
        for name, commit in self._forecaster.look(due).items():
            self._looks[name] = _Look(looks.get(name), commit)
        return {t.id: self._looks[t.id].commit for t in flying if t.id in self._looks} | proven | others

    def _known(self, task: str, looks: Mapping[str, object]) -> bool:
        """Whether nothing has happened in the task's worktree since it was looked at."""
        return task in self._looks and self._looks[task].seen_for == looks.get(task)

    def _moved_target(self, state: RunState) -> str | None:
        """Return the target's commit, if it has any that the integration branch has not."""
        target = self._site.repository.branch_tip(state.start.target) if state.start.target else None
        if target is None or target in {state.tip, state.start.base}:
            return None
        return None if self._site.repository.is_ancestor(target, state.tip) else target


def _pairs(tasks: list[str], commits: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield every pair of names with its commits: what would be merged into, and what would be merged."""
    for one, other in combinations(tasks, 2):
        yield (one, other), (commits[one], commits[other])
    for base in (e.INTEGRATION, e.TARGET):
        for task in tasks if base in commits else ():
            yield (base, task), (commits[base], commits[task])
    if {e.INTEGRATION, e.TARGET} <= commits.keys():
        yield (e.INTEGRATION, e.TARGET), (commits[e.INTEGRATION], commits[e.TARGET])


def _overlap(names: tuple[str, str], clash: Clash) -> e.Overlap:
    paths = clash.paths[:SHOWN_PATHS]
    return e.Overlap(
        tasks=names,
        paths=paths,
        more=len(clash.paths) - len(paths),
        kinds={path: kind for path, kind in clash.kinds.items() if kind != "contents" and path in paths},
        hunks=tuple(
            e.Hunk(path=hunk.path, line=hunk.line, ours=hunk.ours, theirs=hunk.theirs)
            for hunk in clash.hunks[:SHOWN_HUNKS]
        ),
    )


def _bounded(found: list[e.Overlap]) -> Iterator[e.Overlap]:
    """Keep the lines of the first pairs only: that there are conflicts is told of all."""
    left = ALL_HUNKS
    for overlap in found:
        yield overlap.model_copy(update={"hunks": overlap.hunks[:left]})
        left -= len(overlap.hunks[:left])
