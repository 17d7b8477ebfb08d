"""Earlier runs of this repository, read for what they have measured. Quick, and never stopped by a broken journal."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tmux_orchestra.core.events import Event, parse
from tmux_orchestra.core.measures import Measures, measured, total
from tmux_orchestra.effects.files import runs

NEWEST = 50
"""Runs that are read: what was long ago tells little of the next."""

_TELLING = re.compile(
    rb'"event": "(?:(?P<resumed>supervisor\.started)|run\.started|task\.|instance\.(?:exited|frozen|thawed))'
)
"""What stands in the lines that tell of time and memory. Tool calls, most of a journal, do not."""


def read_measures(state_dir: Path, but: str = "") -> Measures:
    """Return what the newest runs of this repository have measured, without the run whose id is `but`."""
    folders = (folder for folder in runs(state_dir) if folder.id != but)
    return total(measured(_events(folder.journal)) for folder in islice(folders, NEWEST))


def _events(journal: Path) -> Iterator[Event]:
    """Yield the events that matter, in order; what cannot be read is passed over."""
    try:
        text = journal.read_bytes()
    except OSError:
        return
    for line in _telling(text):
        try:
            fields = json.loads(line)
            event = parse(fields if isinstance(fields, dict) else {})
        except (ValueError, RecursionError):
            continue
        yield event


def _telling(text: bytes) -> Iterator[bytes]:
    """Yield the telling lines, and the one before each new supervisor: till then, the last one had looked."""
    end = -1
    while found := _TELLING.search(text, end + 1):
        start = text.rfind(b"\n", 0, found.start()) + 1
        if found["resumed"] and start > end + 1:
            yield text[text.rfind(b"\n", 0, start - 1) + 1 : start]
        end = text.find(b"\n", found.end())
        if end < 0:  # still being written
            return
        yield text[start:end]
