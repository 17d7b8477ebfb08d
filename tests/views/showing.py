"""Histories of real runs, and what a view of them prints."""

import json
import os
from datetime import datetime
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType

from tmux_orchestra.core import events as e
from tmux_orchestra.core.fold import fold_all
from tmux_orchestra.core.state import RunState

HISTORIES = Path(__file__).parents[1] / "histories"
"""Journals of rehearsals, trimmed: `mixed` (merged, asking, failed, skipped), `limit` (a usage limit, a pause)."""

EXPECTED = Path(__file__).parent / "expected"
WIDTHS = (60, 80, 140)
"""The terminals for which the exact text is kept."""

MOMENTS: dict[str, tuple[str, str]] = {
    "begun": ("mixed", "task.preparing"),
    "working": ("mixed", "baseline.finished"),
    "asking": ("mixed", "cancel.requested"),
    "over": ("mixed", ""),
    "limited": ("limit", "baseline.finished"),
    "paused": ("limit", "resume.requested"),
    "done": ("limit", "cleanup.requested"),
    "cleaned": ("limit", ""),
}
"""Name -> (history, the event before which one looks; none: after the last)."""


def history(name: str) -> list[e.Event]:
    """Return a history's events."""
    return [e.parse(json.loads(line)) for line in (HISTORIES / f"{name}.jsonl").read_text().splitlines()]


def moment(name: str) -> tuple[RunState, datetime]:
    """Return the run as it stood, and the time of its last event."""
    story, until = MOMENTS[name]
    events = history(story)
    end = next((n for n, event in enumerate(events) if event.event == until), len(events))
    state = fold_all(events[:end])
    assert state is not None
    assert state.last_at is not None
    return state, state.last_at


def shown(view: RenderableType, width: int) -> str:
    """Return what is printed on a terminal so wide, without colours."""
    console = Console(file=StringIO(), width=width, color_system=None, legacy_windows=False, highlight=False)
    console.print(view)
    assert isinstance(console.file, StringIO)
    return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())


def compare(name: str, text: str) -> None:
    """Compare with `expected/<name>.txt`; with ORCHESTRA_REWRITE=1 that is written anew, to be read before a commit."""
    path = EXPECTED / f"{name}.txt"
    if os.environ.get("ORCHESTRA_REWRITE"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
