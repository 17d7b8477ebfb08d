"""What is wrong with a plan that somebody wrote, in words that name the task and the field."""

from difflib import get_close_matches
from itertools import chain
from typing import Any

from pydantic import AliasChoices, ValidationError
from pydantic_core import ErrorDetails

from tmux_orchestra.core.plan import Task


def faults(error: ValidationError, tasks: Any) -> tuple[str, ...]:
    """Return every fault that was found in `tasks` as they were written: `task api: depends_on: …`."""
    found = error.errors()
    # Where no task is fit to be one, pydantic adds that there are none.
    real = [details for details in found if details["type"] != "too_short" or len(found) == 1]
    return tuple(_told(details, tasks) for details in real)


def _told(error: ErrorDetails, tasks: Any) -> str:
    where, loc = "", error["loc"]
    if len(loc) > 1 and loc[0] == "tasks" and isinstance(loc[1], int):
        task = tasks[loc[1]]
        name = (task.get("id") or task.get("name")) if isinstance(task, dict) else None
        field = ".".join(str(part) for part in loc[2:])
        where = f"task {name or loc[1] + 1}: {field + ': ' if field else ''}"
    elif loc:
        where = f"{'.'.join(map(str, loc))}: "
    match error["type"]:
        case "string_pattern_mismatch":
            return f"{where}{error['input']!r} must be lower-case letters, digits and dashes, such as 'user-auth'"
        case "extra_forbidden":
            return where + _unknown(str(loc[-1]))
        case "missing":
            return f"{where}it is missing"
        case "tuple_type":
            return f"{where}it must be a list, such as [a, b]"
        case "model_type" | "model_attributes_type":
            return f"{where}it must be a task, such as {{name: user-auth}}"
        case "too_short":
            return f"{where}there is none"
    message = error["msg"].removeprefix("Value error, ")
    return where + message[:1].lower() + message[1:]


def _unknown(field: str) -> str:
    """Say of a field that it is not known, or that it stands there in two spellings."""
    aliases = {name: info.validation_alias for name, info in Task.model_fields.items()}
    spellings = {name: tuple(map(str, a.choices)) for name, a in aliases.items() if isinstance(a, AliasChoices)}
    for names in spellings.values():
        if field in names:
            return f"it is there twice: {' and '.join(names)} mean the same"
    near = get_close_matches(field, [*aliases, *chain(*spellings.values())], n=1, cutoff=0.5)
    suggestion = f" (did you mean {near[0]!r}?)" if near else ""
    return f"there is no such field{suggestion}; fields: {', '.join(aliases)}"
