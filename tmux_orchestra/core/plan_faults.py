"""What is wrong with a plan that somebody wrote, in words that name the task and the field."""

from typing import Any

from pydantic import ValidationError
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
            return f"{where}there is no such field; fields: {', '.join(Task.model_fields)}"
        case "missing":
            return f"{where}it is missing"
        case "tuple_type":
            return f"{where}it must be a list"
        case "too_short":
            return f"{where}there is none"
    message = error["msg"].removeprefix("Value error, ")
    return where + message[:1].lower() + message[1:]
