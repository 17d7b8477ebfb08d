"""From a request to a plan: reading the request, and planning it or taking the plan that was given."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tmux_orchestra.cli.console import narrate
from tmux_orchestra.cli.plan_files import read_plan, read_text
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects.layouts import known_layouts
from tmux_orchestra.planners import PLANNERS


def request_and_plan(
    words: Sequence[str], file: Path | None, plan_source: str | None, settings: Settings
) -> tuple[str, Plan]:
    """Return what is asked for and its plan: the one in `plan_source` if given, else one made from the request.

    Raises UsageError for what cannot be read, a request without a task, or tasks that wait for one another.
    """
    request = read_request(words, file)
    if plan_source is None:
        return request, make_plan(request, settings)
    plan = read_plan(plan_source)
    return request or ", ".join(task.title for task in plan.tasks), plan


def read_request(words: Sequence[str], file: Path | None) -> str:
    """Return the request: the words of the command line, a file's text, or stdin for `-`. Always valid Unicode."""
    if file is not None:
        return read_text(file, "the request")
    if list(words) == ["-"]:
        return sys.stdin.buffer.read().decode(errors="replace")
    return " ".join(words).encode(errors="surrogateescape").decode(errors="replace")


def make_plan(request: str, settings: Settings) -> Plan:
    """Plan a request. Raises UsageError for one without a task, or whose tasks wait for one another."""
    if settings.planner == "claude":
        narrate("planning with claude is not built yet; planning by rules")
    return PLANNERS["rules"].plan(request)


def with_layout_found(settings: Settings) -> Settings:
    """Return the settings with a layout's file as an absolute path: it is read again elsewhere, and later."""
    file = Path(settings.layout).expanduser()
    if settings.layout in known_layouts() or not file.exists():
        return settings
    return settings.model_copy(update={"layout": str(file.absolute())})
