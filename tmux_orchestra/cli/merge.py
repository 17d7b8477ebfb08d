"""`merge`: bring a run's result into the user's branch."""

from uuid import uuid4

import click

from tmux_orchestra.cli.console import answer
from tmux_orchestra.cli.options import choose_run, run_option, timeout_option
from tmux_orchestra.cli.requests import ask
from tmux_orchestra.core.errors import OrchestraError, UsageError
from tmux_orchestra.core.events import MergeRequested
from tmux_orchestra.core.state import RunState


@click.command("merge")
@click.argument("how", type=click.Choice(["automatic", "manual", "abort"]), default="automatic")
@run_option
@timeout_option
def command(how: str, run_id: str | None, timeout: float) -> None:
    """Bring the run's result into the branch it was started on, unless something of yours would be overwritten."""
    chosen = choose_run(run_id)
    if how != "automatic":
        raise _by_hand(how, chosen.state)
    wish = MergeRequested(id=uuid4().hex[:12])

    def answered(state: RunState) -> bool:
        moved, refused = state.moved, state.refused
        return bool((moved and moved.request == wish.id) or (refused and refused.request == wish.id))

    state = ask(chosen, wish, answered, timeout, lambda _: "the result is not in your branch yet")
    if state.refused and state.refused.request == wish.id:
        refused = state.refused
        paths = f" ({', '.join(refused.paths)})" if refused.paths else ""
        safe = f"{state.start.target or 'your checkout'} is unchanged; the result is on {state.start.integration}"
        raise OrchestraError(f"not merged: {refused.reason}{paths}", safe=safe, hint=refused.hint)
    if state.moved:
        answer(f"{state.moved.target} now holds the result: {state.moved.commit[:12]}")
        answer(f"to take it back: git reset --keep {state.moved.before[:12]}  (while on {state.moved.target})")


def _by_hand(how: str, state: RunState) -> UsageError:
    """Say what stands in for the two ways that this version has no command for."""
    target = state.start.target or "the branch that wants it"
    instead = {
        "manual": f"git merge {state.start.integration}  (while on {target})",
        "abort": "nothing need be done, for a merge that is not finished never touches your branch",
    }
    return UsageError(
        f"this version has no 'merge {how}'", safe="nothing was changed", hint=f"what does the same: {instead[how]}"
    )
