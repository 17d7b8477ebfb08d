"""`plan`: show the plan of a request, and start nothing."""

import shlex
from pathlib import Path

import click

from tmux_orchestra.cli import editing, plan_files, planning
from tmux_orchestra.cli.arguments import RequestCommand
from tmux_orchestra.cli.console import narrate, show, show_json
from tmux_orchestra.cli.options import json_option
from tmux_orchestra.cli.preview import Preview
from tmux_orchestra.cli.prompt_files import compose, write_prompts
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.effects import git
from tmux_orchestra.effects.configuration import load_settings
from tmux_orchestra.effects.files import write


@click.command("plan", cls=RequestCommand)
@click.argument("words", metavar="[REQUEST]", nargs=-1)
@click.option("--file", metavar="FILE", type=click.Path(path_type=Path), help="Read the request from a file.")
@click.option("--plan", "plan_source", metavar="FILE|-|JSON", help="Show this plan instead of planning a request.")
@planning.planner_option
@click.option("--check", "checks", metavar="CMD", multiple=True, help="A shell line that must pass (repeatable).")
@click.option("--edit", is_flag=True, help="Open the plan in $EDITOR first.")
@click.option(
    "--prompts",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the plan and each task's prompt there, to edit, for start --prompts.",
)
@click.option("--save", metavar="FILE", type=click.Path(path_type=Path), help="Write the plan there, for start --plan.")
@json_option
def command(
    words: tuple[str, ...],
    file: Path | None,
    plan_source: str | None,
    planner: str | None,
    checks: tuple[str, ...],
    prompts: Path | None,
    save: Path | None,
    *,
    edit: bool,
    as_json: bool,
) -> None:
    """Break REQUEST into tasks, and show what waits for what and why, and what a run of them would take.

    REQUEST is one sentence or many lines; '-' reads it from stdin.
    """
    repository = _repository_or_none()
    settings = load_settings(repository.here if repository else None, {"planner": planner, "checks": checks or None})
    request, plan = planning.request_and_plan(words, file, plan_source, settings, repository)
    if edit:
        request, plan = editing.edit(request, plan, lambda *edited: edited) or (request, plan)
    preview = Preview.gather(repository, settings)
    if as_json:
        show_json({"request": request, **preview.as_json(plan)})
    else:
        show(preview.show(plan))
    if save:
        write(save.absolute(), plan_files.dump_for(save, request, plan), mode=0o644)
    if prompts:
        write_prompts(prompts, request, plan, compose(request, plan, preview.commands))
    if save or prompts:
        narrate(f"saved; start it: tmux-orchestra start {_to_start(save, prompts)}")


def _to_start(save: Path | None, prompts: Path | None) -> str:
    """Return the arguments with which `start` takes up what was saved."""
    return shlex.join(("--prompts", str(prompts)) if prompts else ("--plan", str(save)))


def _repository_or_none() -> git.Repository | None:
    """A request can be planned anywhere; only the checks and sizes need a repository."""
    try:
        return git.Repository.open(Path.cwd())
    except UsageError:
        return None
