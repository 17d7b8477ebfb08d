"""`status`: where a run stands, once or live."""

import signal
import sys
import time
from datetime import UTC, datetime

import click
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from tmux_orchestra.cli.console import console, show, show_json
from tmux_orchestra.cli.options import Chosen, choose_run, json_option, run_option
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.measures import Measures
from tmux_orchestra.effects import sampling
from tmux_orchestra.effects.history import read_measures
from tmux_orchestra.effects.journal import Follower, lock_is_held
from tmux_orchestra.effects.observe import Watch
from tmux_orchestra.views.json_status import status_json
from tmux_orchestra.views.resources import resources
from tmux_orchestra.views.summary import detailed, summary

VIEWS = ("summary", "detailed", "resources")
BEAT = 1.0
"""Seconds between two pictures while something is running (times move); otherwise only events redraw."""

SHORTEST = 0.1
"""Seconds for which a picture stays at least: a burst of events is one change to the eye, and cheaper."""


@click.command("status")
@click.argument("view", type=click.Choice(VIEWS), default="summary")
@click.option("--watch", is_flag=True, help="Stay, and show every change as it happens.")
@run_option
@json_option
def command(view: str, run_id: str | None, *, watch: bool, as_json: bool) -> None:
    """Show where the run stands: 'summary', 'detailed' per task, or 'resources' (CPU, memory, processes).

    The time that is left is told where tasks of the same kinds were finished in this repository before.
    """
    if watch and as_json:
        raise UsageError(
            "--watch shows pictures to people", safe="nothing was changed", hint="tmux-orchestra events --follow --json"
        )
    chosen = choose_run(run_id)
    earlier = read_measures(chosen.site.repository.state_dir, but=chosen.folder.id)
    if watch:
        _watch(chosen, view, earlier)
    elif as_json:
        usage = sampling.sample(chosen.site, chosen.state)
        show_json(status_json(chosen.state, datetime.now(UTC), carried=chosen.carried, usage=usage, earlier=earlier))
    else:
        show(_picture(chosen, view, console().width, earlier))


def _picture(chosen: Chosen, view: str, width: int, earlier: Measures) -> RenderableType:
    now, state, carried = datetime.now(UTC), chosen.state, chosen.carried
    match view:
        case "detailed":
            return detailed(state, now, width, carried=carried, earlier=earlier)
        case "resources":
            return resources(state, sampling.sample(chosen.site, state, pause=0.2), width)
    return summary(state, now, width, carried=carried, earlier=earlier)


def _watch(chosen: Chosen, view: str, earlier: Measures) -> None:
    """Draw again whenever the journal grows, and every second while times are running."""
    watch = Watch()
    watch.file(chosen.folder.journal)
    signal.signal(signal.SIGWINCH, lambda *_: watch.wake())
    state, screen, follower = chosen.state, console(), Follower(chosen.folder.journal)
    with Live(console=screen, screen=sys.stdout.isatty(), auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            state = follower.catch_up() or state
            picture = _picture(Chosen(chosen.site, state), view, screen.width, earlier)
            live.update(_fitting(screen, picture), refresh=True)
            still = state.ended is not None or not lock_is_held(chosen.folder.lock)
            time.sleep(SHORTEST)
            watch.wait(30.0 if still else BEAT)


def _fitting(screen: Console, picture: RenderableType) -> RenderableType:
    """Cut what is too tall in its middle: the headline is at its top, and what a person is asked at its bottom."""
    lines = screen.render_lines(picture, pad=False)
    if len(lines) <= screen.height or not screen.is_terminal:
        return picture
    bottom = screen.height // 3
    top = screen.height - bottom - 1
    left_out = Text(f"… {len(lines) - top - bottom} lines more; all of them: tmux-orchestra status", "bright_black")
    return Group(_Lines(lines[:top]), left_out, _Lines(lines[-bottom:]))


class _Lines:
    """Lines that are drawn already."""

    def __init__(self, lines: list[list[Segment]]) -> None:
        self._lines = lines

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        for line in self._lines:
            yield from line
            yield Segment.line()
