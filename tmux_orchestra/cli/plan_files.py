"""Plan files: reading a plan that a person or a program wrote, and writing one, in JSON or YAML."""

import json
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tmux_orchestra.cli import plan_yaml
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.plan_faults import faults

NOTHING_STARTED = "nothing was started"

COMPUTED = frozenset({"worktree", "branch"})
"""Fields that `plan --json` prints for the reader's sake; a plan that is read back may hold them."""

MOST_FAULTS = 3
"""Faults that are told at once."""

IN_YAML = 'in YAML, a text with ": " or " #" in it needs quotes, or stands indented below `prompt: |`'
HINT = 'a plan is {"tasks": [{"name": "user-auth", "depends_on": []}]}; only names are required'


def read_plan(source: str) -> tuple[str, Plan]:
    """Return the request (if it is told) and the plan in a file, on stdin (`-`) or in the argument itself (JSON)."""
    if source == "-":
        return parse_plan(sys.stdin.buffer.read().decode(errors="replace"), "stdin")
    if source.lstrip().startswith(("{", "[")):
        return parse_plan(source, "the plan")
    return parse_plan(read_text(Path(source), "the plan"), source)


def dump_json(request: str, plan: Plan) -> str:
    """Write a request and its plan as they can be read back, for programs."""
    told = {"request": request} if request else {}
    return json.dumps(told | plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def dump_for(path: Path, request: str, plan: Plan) -> str:
    """Write a request and its plan in the format that a file's name asks for: YAML for `.yaml` or `.yml`, else JSON."""
    dump = plan_yaml.dump if path.suffix.lower() in {".yaml", ".yml"} else dump_json
    return dump(request, plan)


def parse_plan(text: str, name: str) -> tuple[str, Plan]:
    """Return the request (if it is told) and the plan, written in JSON or YAML.

    Raises UsageError, naming `name`, the task and the field.
    """
    text = text.removeprefix("\ufeff")
    try:
        written = json.loads(text) if text.lstrip().startswith(("{", "[")) else plan_yaml.load(text)
    except (ValueError, RecursionError) as json_error:
        try:  # YAML in braces is no JSON, but may be a plan
            written = plan_yaml.load(text)
        except ValueError:
            told = " ".join(str(json_error).split())
            raise UsageError(
                f"{name} is neither JSON nor YAML: {told}", safe=NOTHING_STARTED, hint=IN_YAML
            ) from json_error
    return check_plan({"tasks": written} if isinstance(written, list) else written, name)


def check_plan(written: Any, name: str) -> tuple[str, Plan]:
    """Turn what was written into a request and a plan. Raises UsageError naming the task and the field."""
    fields = _told(written)
    tasks = fields.pop("tasks", None)
    if not isinstance(tasks, list):
        raise UsageError(f"{name}: there is no list of tasks in it", safe=NOTHING_STARTED, hint=HINT)
    request = fields.pop("request", "")
    if not isinstance(request, str):
        raise UsageError(f"{name}: request: it must be a text", safe=NOTHING_STARTED, hint=HINT)
    kept = [
        {k: v for k, v in _told(task).items() if k not in COMPUTED} if isinstance(task, dict) else task
        for task in tasks
    ]
    try:
        _refuse_misspelt(fields)
        return request, Plan.model_validate({**fields, "tasks": kept})
    except ValidationError as error:
        wrong = faults(error, kept)
        more = f"; and {len(wrong) - MOST_FAULTS} more" if len(wrong) > MOST_FAULTS else ""
        told = f"{name}: {'; '.join(wrong[:MOST_FAULTS])}{more}"
        raise UsageError(told, safe=NOTHING_STARTED, hint=HINT) from error
    except ValueError as error:
        raise UsageError(f"{name}: {error}", safe=NOTHING_STARTED, hint=HINT) from error


def _refuse_misspelt(fields: Mapping[str, Any]) -> None:
    """Let pass what `plan --json` prints beside a plan, but nothing that was probably meant to be one of its fields."""
    known = (*Plan.model_fields, "request")
    for name in fields:
        if name not in known and (near := get_close_matches(name, known, n=1, cutoff=0.75)):
            raise ValueError(f"{name}: there is no such field (did you mean {near[0]!r}?)")


def _told(written: Any) -> dict[str, Any]:
    """Return the fields that hold something: `agent:` with nothing after it is as good as no such line."""
    fields = written if isinstance(written, Mapping) else {}
    return {str(name): value for name, value in fields.items() if value is not None}


def read_text(path: Path, what: str) -> str:
    """Return a file's text. Raises UsageError, naming `what` it was to hold."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = f"give a file, or '-' to read {what} from stdin"
        raise UsageError(f"cannot read {what} in {path}: {told}", safe=NOTHING_STARTED, hint=hint) from error
