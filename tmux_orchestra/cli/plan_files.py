"""Plan files: reading a plan that a person or a program wrote, writing one, and letting a person edit it."""

import json
import sys
from pathlib import Path
from typing import Any

import click
import yaml
from pydantic import ValidationError

from tmux_orchestra.core.errors import OrchestraError, UsageError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.plan_faults import faults

NOTHING_STARTED = "nothing was started"

COMPUTED = frozenset({"worktree", "branch"})
"""Fields that `plan --json` prints for the reader's sake; a plan that is read back may hold them."""


def read_plan(source: str) -> Plan:
    """Return the plan in a file, on stdin (`-`) or in the argument itself (JSON)."""
    if source == "-":
        return parse_plan(sys.stdin.buffer.read().decode(errors="replace"), "stdin")
    if source.lstrip().startswith(("{", "[")):
        return parse_plan(source, "the plan")
    return parse_plan(read_text(Path(source), "the plan"), source)


def dump(plan: Plan) -> str:
    """Write a plan as it can be read back."""
    return json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def edit(plan: Plan) -> Plan:
    """Let the person edit a plan in $EDITOR. Raises UsageError for what came out, if it is no plan."""
    try:
        edited = click.edit(dump(plan), extension=".json")
    except click.ClickException as error:
        hint = "set EDITOR to a program that edits a file and ends"
        raise OrchestraError(error.format_message(), safe="nothing was started or changed", hint=hint) from error
    return plan if edited is None else parse_plan(edited, "the edited plan")


def parse_plan(text: str, name: str) -> Plan:
    """Return the plan that is written in JSON or YAML. Raises UsageError, naming `name`, the task and the field."""
    try:
        written = json.loads(text) if text.lstrip().startswith(("{", "[")) else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as json_error:
        try:  # YAML in braces is no JSON, but may be a plan
            written = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            told = " ".join(str(json_error).split())
            raise UsageError(
                f"{name} is neither JSON nor YAML: {told}", safe=NOTHING_STARTED, hint="tmux-orchestra plan --help"
            ) from json_error
    return check_plan({"tasks": written} if isinstance(written, list) else written, name)


def check_plan(written: Any, name: str) -> Plan:
    """Turn what was written into a plan. Raises UsageError naming the task and the field."""
    hint = 'a plan is {"tasks": [{"name": "user-auth", "depends_on": []}]}; only names are required'
    tasks = written.get("tasks") if isinstance(written, dict) else None
    if not isinstance(tasks, list):
        raise UsageError(f"{name}: there is no list of tasks in it", safe=NOTHING_STARTED, hint=hint)
    kept = [{k: v for k, v in t.items() if k not in COMPUTED} if isinstance(t, dict) else t for t in tasks]
    try:
        return Plan.model_validate({**written, "tasks": kept})
    except ValidationError as error:
        raise UsageError(f"{name}: {faults(error, kept)[0]}", safe=NOTHING_STARTED, hint=hint) from error


def read_text(path: Path, what: str) -> str:
    """Return a file's text. Raises UsageError, naming `what` it was to hold."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = f"give a file, or '-' to read {what} from stdin"
        raise UsageError(f"cannot read {what} in {path}: {told}", safe=NOTHING_STARTED, hint=hint) from error
