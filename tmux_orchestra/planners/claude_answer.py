"""The plan as Claude Code answers it: the schema it must keep to, and what of its answer is put right or refused."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, TypeGuard

from pydantic import ValidationError

from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.plan_faults import faults
from tmux_orchestra.planners.errors import NoTaskFound
from tmux_orchestra.planners.name import RESERVED, short_id, short_title
from tmux_orchestra.planners.tidy import tidy

ASKED = ("id", "title", "kind", "priority", "prompt", "depends_on", "reasons", "touches")
"""The fields of a task that are asked for; the others are the person's and the program's own."""

MOST_FAULTS = 10

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")


class Unusable(Exception):
    """An answer that is no plan; `faults` say why, in words for its author."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def schema() -> dict[str, Any]:
    """Return the plan's own JSON schema, less what is not asked for, and what is put right without asking again."""
    made = Plan.model_json_schema()
    fields = made["$defs"]["Task"]["properties"]
    task = _object({name: _plain(fields[name]) for name in ASKED})
    constraints = _plain(made["properties"]["constraints"])
    return _object({"tasks": {"type": "array", "items": task}, "constraints": constraints})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _plain(schema: Any) -> Any:
    """Take away what a schema has beside types and choices: everything is required, and an id is mended if need be."""
    if not isinstance(schema, dict):
        return schema
    return {
        key: _plain(part) for key, part in schema.items() if key not in {"default", "title", "pattern", "maxLength"}
    }


def draft(plan: Plan) -> dict[str, Any]:
    """Return a plan in the words of the schema."""
    return plan.model_dump(mode="json", include={"tasks": {"__all__": set(ASKED)}, "constraints": True})


def read(answer: Any, root: str) -> Plan:
    """Return the plan that was answered. Raises Unusable, or NoTaskFound for a list without a task.

    `root` is the folder from which absolute paths are made relative.
    """
    tasks = answer.get("tasks") if isinstance(answer, dict) else None
    if not isinstance(tasks, list):
        raise Unusable(["it holds no list of tasks: StructuredOutput was not called with one"])
    if not tasks:
        raise NoTaskFound
    mended = [_mend(task, root) if isinstance(task, dict) else task for task in tasks]
    if foreign := [fault for task in mended if isinstance(task, dict) for fault in _foreign(task)]:
        raise Unusable(foreign[:MOST_FAULTS])
    constraints = answer.get("constraints", [])
    if _are_texts(constraints):
        constraints = [text for text in (tidy(text).strip() for text in constraints) if text]
    try:
        return Plan.model_validate({"tasks": mended, "constraints": constraints, "planner": "claude"})
    except ValidationError as error:
        raise Unusable(faults(error, mended)[:MOST_FAULTS]) from error


def _foreign(task: dict[str, Any]) -> list[str]:
    return [f"task {task.get('id')}: {name!r} is none of its fields" for name in task if name not in ASKED]


def _mend(task: dict[str, Any], root: str) -> dict[str, Any]:
    """Put right what can be meant in one way only; whatever else is wrong is left to be refused."""
    own, mended = _id(task.get("id")), dict(task)
    if "id" in task:
        mended["id"] = own
    if isinstance(title := task.get("title"), str):
        mended["title"] = short_title(" ".join(tidy(title).split()))
    if isinstance(prompt := task.get("prompt"), str):
        mended["prompt"] = tidy(prompt).strip()
    if _are_texts(wanted := task.get("depends_on")):
        # Nothing can wait for itself: it says no more than that the task is one.
        mended["depends_on"] = [name for name in dict.fromkeys(map(_id, wanted)) if name != own]
        if isinstance(reasons := task.get("reasons"), dict):
            named = {_id(name): reason for name, reason in reasons.items()}
            mended["reasons"] = {name: named[name] for name in mended["depends_on"] if name in named}
    if _are_texts(touches := task.get("touches")):
        mended["touches"] = list(dict.fromkeys(path for path in (_path(text, root) for text in touches) if path))
    return mended


def _are_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _id(written: Any) -> Any:
    """Return what was meant as an id, in the letters that ids have: the same for every way of writing it."""
    if not isinstance(written, str):
        return written
    name = written if _SLUG.fullmatch(written) else short_id(tidy(written)) or written
    return f"{name}-task" if name in RESERVED else name


def _path(written: str, root: str) -> str:
    """Return a path from the repository's top; "" for one that leads nowhere inside it, which nothing could touch."""
    path = PurePosixPath(" ".join(tidy(written).split()))
    if path.is_absolute():
        if not root or not path.is_relative_to(root):
            return ""
        path = path.relative_to(root)
    return "" if ".." in path.parts or not path.parts else str(path)
