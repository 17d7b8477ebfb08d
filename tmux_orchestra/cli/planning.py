"""From a request to a plan: reading the request, and planning it or taking the plan that was given."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from tmux_orchestra.agents import AGENTS, Lack
from tmux_orchestra.cli.console import Interrupted, activity, harmless, narrate
from tmux_orchestra.cli.plan_files import NOTHING_STARTED, read_plan, read_text
from tmux_orchestra.core.errors import EnvironmentLacks, UsageError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.layouts import known_layouts
from tmux_orchestra.effects.machine import look_at
from tmux_orchestra.planners import PLANNERS, Ask, NoAnswer, rules

planner_option = click.option(
    "--planner",
    type=click.Choice(["auto", *PLANNERS]),
    help="Who breaks the request into tasks: rules go by its words alone, claude looks at the code as well (it reads, "
    "and can change nothing); auto, the default: claude for its own runs where it is ready, rules otherwise.",
)

PATIENT = 10
"""How many times longer a planner that was named may take, as long as it is seen at work."""


def request_and_plan(
    words: Sequence[str],
    file: Path | None,
    plan_source: str | None,
    settings: Settings,
    repository: Repository | None,
) -> tuple[str, Plan]:
    """Return what is asked for and its plan: the one in `plan_source` if given, else one made from the request.

    Raises UsageError for what cannot be read, and likewise what `make_plan` raises.
    """
    request = read_request(words, file)
    if plan_source is None:
        return request, make_plan(request, settings, repository)
    told, plan = read_plan(plan_source)
    return request or told or ", ".join(task.title for task in plan.tasks), plan


def read_request(words: Sequence[str], file: Path | None) -> str:
    """Return the request: the words of the command line, a file's text, or stdin for `-`. Always valid Unicode."""
    if file is not None:
        return read_text(file, "the request")
    if list(words) == ["-"]:
        return sys.stdin.buffer.read().decode(errors="replace")
    return " ".join(words).encode(errors="surrogateescape").decode(errors="replace")


def make_plan(request: str, settings: Settings, repository: Repository | None) -> Plan:
    """Plan a request, by whom the settings say; a planner that comes to nothing is told of, and rules take its place.

    Raises UsageError for a request without a task, or whose tasks wait for one another, and EnvironmentLacks for a
    planner that was named and cannot work here.
    """
    folder = repository.here if repository else Path.cwd()
    name = _choose_planner(settings, repository)
    planned = PLANNERS[name].plan(request, str(folder))
    if isinstance(planned, Plan):
        return planned
    lack = _lack(name, repository)
    if not (lack and lack.question):
        planned = replace(planned, argv=(*planned.argv, *planned.if_trusted))
    try:
        return _ask(name, planned, settings, folder)
    except NoAnswer as why:
        narrate(f"{name} made no plan ({harmless(str(why))}); this one is by rules")
        return rules.plan(request)


def _choose_planner(settings: Settings, repository: Repository | None) -> str:
    """Return the name of who plans. With `auto` nothing is said of one that is not ready: `doctor` and `start` do."""
    name = settings.agent if settings.planner == "auto" else settings.planner
    lack = _lack(name, repository)
    ready = lack is None or lack.only_in_a_window  # a question that is put headless opens none
    if settings.planner == "auto":
        return name if repository and name in PLANNERS and ready else "rules"
    if name not in PLANNERS:
        planners = f"planners: auto, {', '.join(PLANNERS)}"
        raise UsageError(f"there is no planner {name!r}", safe=NOTHING_STARTED, hint=planners)
    if lack and not ready:
        raise EnvironmentLacks(lack.what, safe=NOTHING_STARTED, hint=f"{lack.hint}; without it: --planner rules")
    return name


def _lack(planner: str, repository: Repository | None) -> Lack | None:
    """Return what an agent of that name lacks here; None for a planner that is no agent."""
    agent = AGENTS.get(planner)
    return agent.lacks(look_at(agent, repository.root if repository else Path.cwd())) if agent else None


def _ask(name: str, question: Ask, settings: Settings, folder: Path) -> Plan:
    """Have a program make the plan, and let the person watch. Raises NoAnswer, or Interrupted for ^C."""
    from tmux_orchestra.effects.asking import Patience, ask

    seconds, hurry = settings.planner_timeout, settings.planner == "auto"
    if hurry:
        question = replace(question, argv=(*question.argv, *question.in_a_hurry))
    narrate(f"asking {name} for a plan; Ctrl-C ends it")
    try:
        with activity(name) as tell:
            return ask(question, folder, Patience(seconds, seconds if hurry else PATIENT * seconds), tell)
    except KeyboardInterrupt:
        raise Interrupted("interrupted", safe=NOTHING_STARTED, hint="without a model: --planner rules") from None


def with_layout_found(settings: Settings) -> Settings:
    """Return the settings with a layout's file as an absolute path: it is read again elsewhere, and later."""
    file = Path(settings.layout).expanduser()
    if settings.layout in known_layouts() or not file.exists():
        return settings
    return settings.model_copy(update={"layout": str(file.absolute())})
