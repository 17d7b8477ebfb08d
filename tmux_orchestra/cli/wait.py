"""`wait`: until the run has ended, or nothing can move without a person."""

import time
from datetime import UTC, datetime

import click

from tmux_orchestra.cli.console import show, show_json
from tmux_orchestra.cli.options import Chosen, choose_run, json_option, run_option
from tmux_orchestra.core.errors import ExitCode, OrchestraError
from tmux_orchestra.core.scheduler import needs_person
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects.journal import Follower, lock_is_held
from tmux_orchestra.effects.observe import Watch
from tmux_orchestra.views.json_status import status_json
from tmux_orchestra.views.summary import ending

KEEPER_PATIENCE = 20.0
"""Seconds in which the keeper should have brought a dead supervisor back."""


@click.command("wait")
@click.option("--timeout", type=float, metavar="SECONDS", help="Give up after that long (exit code 1); default: never.")
@run_option
@json_option
def command(run_id: str | None, timeout: float | None, *, as_json: bool) -> None:
    """Wait until the run has ended: exit code 0 if all is done, 1 if something failed or a person is needed."""
    chosen = choose_run(run_id)
    state = _wait(chosen, timeout)
    if as_json:
        show_json(status_json(state, datetime.now(UTC), carried=lock_is_held(chosen.folder.lock), usage={}))
    if state.ended:
        if not as_json:
            show("\n".join(ending(state)))
        raise SystemExit(int(ExitCode.DONE if state.ended.outcome == "done" else ExitCode.FAILED))
    asked = needs_person(state)
    lines = "\n".join(f"{task} needs you: {reason}" for task, reason in asked.items())
    first = next(iter(asked))
    raise OrchestraError(
        lines, safe="everything that could be done is done; nothing is lost", hint=f"tmux-orchestra attach {first}"
    )


def _wait(chosen: Chosen, timeout: float | None) -> RunState:
    deadline = None if timeout is None else time.monotonic() + timeout
    watch = Watch()
    watch.file(chosen.folder.journal)
    follower = Follower(chosen.folder.journal)
    free_since: float | None = None
    try:
        while True:
            state = follower.catch_up() or chosen.state
            if state.ended or needs_person(state):
                return state
            free_since = None if lock_is_held(chosen.folder.lock) else (free_since or time.monotonic())
            if free_since is not None and time.monotonic() - free_since > KEEPER_PATIENCE:
                raise OrchestraError(
                    "nobody carries this run any more", safe="nothing is lost", hint="tmux-orchestra recover"
                )
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise OrchestraError(
                    f"the run is not over after {timeout:g} s", safe="it goes on", hint="tmux-orchestra status"
                )
            watch.wait(min(left or 5.0, 5.0) if free_since is None else 0.5)
    finally:
        watch.close()
