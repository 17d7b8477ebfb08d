"""The executor: actions in, events out. Every effect runs in a thread; two of the same lane never at once.

An effect returns what happened, failure included. What fails is not tried again at once: the same action
waits a little longer each time, while the run goes on with everything else.
"""

import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import assert_never, cast

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.progress import window_name
from tmux_orchestra.core.state import RunState
from tmux_orchestra.core.telling import untold
from tmux_orchestra.effects import by_hand, cleaning, examining, instances, processes, telling, undoing, working
from tmux_orchestra.effects.commands import CHECK_MARK, end_left
from tmux_orchestra.effects.files import RunFolder, bug_log
from tmux_orchestra.effects.forecasting import Forecasts
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.site import Site
from tmux_orchestra.effects.tmux import Tmux

Effect = (
    a.CreateIntegration | a.CreateWorktree | a.RunSetup | a.RunBaseline | a.OpenWindows | a.Launch | a.EndInstance
    | a.Freeze | a.Thaw | a.Collect | a.RunCheck | a.Merge | a.RevertMerge | a.MoveTarget | a.Send | a.Cleanup
    | a.HandOver | a.TakeResolution | a.GiveBack | a.Undo | a.Tell | a.Examine | a.FindRoom
)  # fmt: skip

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before an effect that failed is tried again; doubled each time."""


class Executor:
    """Carries actions out. `wake` is called from other threads whenever something has finished."""

    def __init__(self, folder: RunFolder, state: RunState, wake: Callable[[], None]) -> None:
        """Open the run's repository. Raises OrchestraError if it is gone."""
        repository = Repository.open(Path(state.start.repository))
        self.site = Site(folder, repository, Tmux(state.settings.socket_name))
        self._wake = wake
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="effect")
        self._lanes: dict[str, a.Action] = {}
        self._dropped: set[str] = set()
        self._checks = 0
        self._done: SimpleQueue[tuple[a.Action, list[e.Event]]] = SimpleQueue()
        self._pauses: dict[str, tuple[float, float]] = {}
        self._forecasts = Forecasts(self.site)
        self._names: dict[str, str] = {}

    @property
    def busy(self) -> bool:
        """Whether an effect is under way."""
        return bool(self._lanes)

    @property
    def next_try(self) -> float | None:
        """Seconds until something that failed may be tried again; None if nothing waits for that."""
        times = [at - time.monotonic() for at, _ in self._pauses.values()]
        times += [seconds] if (seconds := self._forecasts.next_try) else []
        return min((seconds for seconds in times if seconds > 0), default=None)

    def start(self, action: a.Action, state: RunState) -> bool:
        """Begin an action, unless its lane is taken or it must wait; return whether it was begun."""
        paused_until, _ = self._pauses.get(_name(action), (0.0, 0.0))
        is_check = isinstance(action, a.RunCheck | a.RunBaseline)
        if action.lane in self._lanes or time.monotonic() < paused_until:
            return False
        if is_check and self._checks >= state.settings.check_slots:
            return False
        if isinstance(action, a.Forecast) and not self._forecasts.due(action):
            return False
        self._checks += is_check
        self._lanes[action.lane] = action
        self._pool.submit(self._carry_out, action, state)
        return True

    def drop_unwanted(self, state: RunState) -> None:
        """End the checks and set-ups of tasks that are called off: nobody waits for how they end."""
        for lane, action in self._lanes.items():
            task = state.tasks.get(lane)
            unwanted = task is not None and (task.cancel_wished or task.settled)
            if unwanted and lane not in self._dropped and isinstance(action, a.RunCheck | a.RunSetup):
                self._dropped.add(lane)
                mark = f"{CHECK_MARK}={self.site.folder.id}/{lane}"
                self._pool.submit(processes.end, processes.Kin(mark), grace=1.0)

    def finished(self) -> list[e.Event]:
        """Return the events of what has finished since the last call, and free its lanes."""
        events: list[e.Event] = []
        while True:
            try:
                action, told = self._done.get_nowait()
            except Empty:
                return events
            del self._lanes[action.lane]
            self._dropped.discard(action.lane)
            self._checks -= isinstance(action, a.RunCheck | a.RunBaseline)
            if any(isinstance(event, e.ActionFailed) for event in told):
                _, pause = self._pauses.get(_name(action), (0.0, FIRST_PAUSE / 2))
                pause = min(pause * 2, LONGEST_PAUSE)
                self._pauses[_name(action)] = (time.monotonic() + pause, pause)
            else:
                self._pauses.pop(_name(action), None)
            events += told

    def _carry_out(self, action: a.Action, state: RunState) -> list[e.Event]:
        try:
            if isinstance(action, a.Forecast):
                events = self._forecasts.carry_out(action, state)
            else:
                events = _effect(self.site, cast("Effect", action), state)
        except OrchestraError as error:
            hint = error.hint or error.safe
            events = [_failed(action, error.message, hint, error, state)]
        except Exception as error:  # noqa: BLE001 - a bug in one effect must not end the run
            path = bug_log(f"{action!r}\n{''.join(traceback.format_exception(error))}")
            events = [
                _failed(
                    action,
                    f"this is a bug: {type(error).__name__}: {error}",
                    f"The details are in {path}",
                    error,
                    state,
                )
            ]
        self._done.put((action, events))
        self._wake()
        return events

    def end_stale_checks(self) -> None:
        """End checks that a predecessor began and cannot hear of any more."""
        end_left(self.site.folder.id)

    def show(self, state: RunState) -> None:
        """Bring window names up to date, and let the person be told what they have not been told yet."""
        if news := untold(state):
            self.start(a.Tell(news=news), state)
        names = {t.window: window_name(t) for t in state.tasks.values() if t.window and t.worktree is not None}
        changed = {window: name for window, name in names.items() if self._names.get(window) != name}
        if changed and state.session is not None:
            with suppress(OrchestraError):  # names are for who looks: a tmux that does not answer is no reason to die
                found = self.site.tmux.find_session(self.site.folder.id)
                # On another server, or in another session, the same ids are somebody else's windows.
                if found and (found.id, found.server_pid) == (state.session.session_id, state.session.server_pid):
                    self.site.tmux.rename(changed)
                    self._names |= changed

    def close(self) -> None:
        """Wait for what is under way; its events are still to be had from `finished`."""
        self._pool.shutdown(wait=True)
        self._forecasts.close()


def _name(action: a.Action) -> str:
    return f"{type(action).__name__} {action.lane}"


def _failed(action: a.Action, reason: str, hint: str, error: Exception, state: RunState) -> e.ActionFailed:
    task = getattr(action, "task", None)
    kind = examining.kind_of(error, state, task)
    return e.ActionFailed(action=type(action).__name__, task=task, reason=reason, hint=hint, kind=kind)


def _effect(site: Site, action: Effect, state: RunState) -> list[e.Event]:  # noqa: C901, PLR0912 - one case per action
    match action:
        case a.CreateIntegration():
            return working.create_integration(site, state)
        case a.CreateWorktree():
            return working.create_worktree(site, action, state)
        case a.RunSetup():
            return working.run_setup(site, action, state)
        case a.RunBaseline():
            return working.run_baseline(site, action, state)
        case a.OpenWindows():
            return instances.open_windows(site, action, state)
        case a.Launch():
            return instances.launch(site, action, state)
        case a.EndInstance():
            return instances.end(site, action, state)
        case a.Freeze():
            return instances.freeze(site, action, state)
        case a.Thaw():
            return instances.thaw(site, action, state)
        case a.Collect():
            return working.collect_work(site, action.task, state)
        case a.RunCheck():
            return working.run_check(site, action, state)
        case a.Merge():
            return working.merge_task(site, action, state)
        case a.RevertMerge():
            return working.revert_merge(site, action, state)
        case a.MoveTarget():
            return working.bring_in(site, action, state)
        case a.HandOver():
            return by_hand.hand_over(site, action, state)
        case a.TakeResolution():
            return by_hand.take_resolution(site, action, state)
        case a.GiveBack():
            return by_hand.give_back(site, action, state)
        case a.Send():
            return instances.send(site, action, state)
        case a.Cleanup():
            return cleaning.clean_up(site, action, state)
        case a.Examine():
            return examining.examine(site, action, state)
        case a.FindRoom():
            return examining.find_room(site, action, state)
        case a.Undo():
            return undoing.undo(site, action, state)
        case a.Tell():
            return telling.tell(site, action, state)
    assert_never(action)
