"""The checks on the untouched base, run before anything starts, where there is a person to ask about them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from tmux_orchestra.cli.console import Interrupted, choose, harmless, narrate
from tmux_orchestra.core.actions import Action
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.events import CancelRequested, CleanupRequested
from tmux_orchestra.core.scheduler import foundations
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects.journal import Journal, supervisor_lock
from tmux_orchestra.effects.site import Site
from tmux_orchestra.supervisor import Supervisor

NOTHING_LEFT = "nothing was left behind"
SHOWN = 1500
"""Characters of a red check's output that a person is shown."""


def refuse_red_baseline(site: Site, state: RunState) -> None:
    """Run the checks on the base; ask whether to go on without those that are red there.

    Raises OrchestraError if the person would rather not (or interrupts); what was created for the run is taken back.
    """
    narrate(f"running the checks on the untouched base: {', '.join(map(harmless, state.start.checks))}")
    try:
        state = _baseline(site)
        _ask_about_red(state)
    except OrchestraError:
        call_off(site)
        raise


def call_off(site: Site) -> None:
    """End a run that was only just begun, and remove what it created. Its journal stays."""
    journal = Journal(site.folder.journal)
    journal.append(CancelRequested(by="start"))
    with supervisor_lock(site.folder.lock, wait=True):
        Supervisor(site.folder).run(lambda s: s.ended is not None)
        journal.append(CleanupRequested(by="start", scope="all"))
        Supervisor(site.folder).run(lambda s: s.cleanup_wish is None)


def _ask_about_red(state: RunState) -> None:
    if problem := state.integration_problem:
        raise OrchestraError(problem.reason, safe=NOTHING_LEFT, hint=problem.hint)
    for check in state.unchecked:
        result = state.baseline[check]
        shown = harmless(result.tail[-SHOWN:])
        narrate(f"{harmless(check)} is red before anything was changed (exit code {result.exit_code}):\n{shown}")
    if not state.unchecked:
        narrate("green")
        return
    if choose("Go on without it? The result will then stay on a branch of its own", yes=False, choices="ny") != "y":
        raise OrchestraError(
            f"not started: {state.unchecked[0]} is red on the untouched base",
            safe=NOTHING_LEFT,
            hint="make it green, or start with --no-checks",
        )


def _baseline(site: Site) -> RunState:
    """Bring the run as far as its baseline; ^C ends the check that runs. Raises Interrupted."""
    stopped: list[int] = []

    def decide(state: RunState, settings: Settings, now: datetime) -> list[Action]:
        return [] if stopped else foundations(state, settings, now)

    with supervisor_lock(site.folder.lock, wait=True):
        supervisor = Supervisor(site.folder, decide)

        def stop(number: int, _frame: object) -> None:
            stopped.append(number)
            supervisor.executor.end_stale_checks()
            supervisor.watch.wake()

        with _on_interrupt(stop):
            state = supervisor.run(lambda s: bool(stopped) or _known(s))
    if stopped:
        raise Interrupted(
            "interrupted while the checks ran", safe=NOTHING_LEFT, hint="start with --no-checks, or --yes"
        )
    return state


@contextmanager
def _on_interrupt(action: "signal._HANDLER") -> Iterator[None]:
    before = signal.signal(signal.SIGINT, action)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _known(state: RunState) -> bool:
    return state.integration_problem is not None or all(check in state.baseline for check in state.start.checks)
