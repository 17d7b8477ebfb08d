"""Reading the settings: defaults < the user's file < the repository's file < the environment < flags."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.settings import Settings

PREFIX = "TMUX_ORCHESTRA_"
MARKS = frozenset({"TASK", "RUN", "CHECK", "PLAN"})
"""Variables with our prefix that mark processes and are no settings."""

ALIASES = {"SOCKET": "socket_name"}

PERSONS_OWN = frozenset({"trust", "dangerously_skip_permissions", "agent_args", "notify_command"})
"""What a repository cannot decide: it would grant rights to itself, on the machine of whoever cloned it."""

COMMAND_LINES = frozenset({"notify_command"})
"""Lists that are one command line: in the environment, words as a shell would split them rather than lines."""

NOTHING_STARTED = "nothing was started or changed"


def user_file(env: Mapping[str, str] = os.environ) -> Path | None:
    """Return where the user's own settings are; None for somebody without a home."""
    given, home = env.get("XDG_CONFIG_HOME", ""), env.get("HOME", "")
    if Path(given).is_absolute():
        return Path(given) / "tmux-orchestra" / "config.toml"
    return Path(home) / ".config" / "tmux-orchestra" / "config.toml" if home else None


def repository_file(root: Path) -> Path:
    """Return where a repository's settings are."""
    return root / ".orchestra.toml"


def load_settings(root: Path | None, flags: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> Settings:
    """Merge everything that was chosen. Raises UsageError naming the source, the key and what is allowed."""
    merged: dict[str, Any] = {}
    for source, values in _layers(root, flags, env):
        _validate(source, values)
        merged |= values
    return Settings.model_validate(merged)


def _layers(
    root: Path | None, flags: Mapping[str, Any], env: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (where it was said, what was said), the weakest first."""
    if own := user_file(env):
        yield str(own), _read(own)
    if root is not None:
        shared = repository_file(root)
        values = _read(shared)
        for key in PERSONS_OWN & values.keys():
            raise UsageError(
                f"{shared}: {key}: a repository cannot decide this",
                safe=NOTHING_STARTED,
                hint=f"set it in {own or 'your own settings'}, or by a flag",
            )
        yield str(shared), values
    for variable, (key, value) in _from_environment(env).items():
        yield variable, {key: value}
    for key, value in flags.items():
        if value is not None:
            yield f"--{key.replace('_', '-')}", {key: value}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        hint = "a setting is a line such as: max_instances = 2"
        raise UsageError(f"cannot read {path}: {told}", safe=NOTHING_STARTED, hint=hint) from error


def _from_environment(env: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """Return variable -> (setting, value). Lists are one item per line; an empty value is none, except for lists."""
    found: dict[str, tuple[str, Any]] = {}
    for variable, text in env.items():
        name = variable.removeprefix(PREFIX)
        key = ALIASES.get(name, name.lower())
        if variable == name or name in MARKS or key not in Settings.model_fields:
            continue
        if key in COMMAND_LINES:
            found[variable] = key, text
        elif _is_list(Settings.model_fields[key]):
            found[variable] = key, tuple(line for line in text.splitlines() if line.strip())
        elif text.strip():
            found[variable] = key, text
    return found


def _is_list(field: FieldInfo) -> bool:
    return any(get_origin(part) is tuple for part in (field.annotation, *get_args(field.annotation)))


def _validate(source: str, values: Mapping[str, Any]) -> None:
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        known = Settings.model_fields.get(str(first["loc"][0])) if first["loc"] else None
        if first["type"] == "string_pattern_mismatch":
            message, allowed = "it does not fit", f"allowed: a text that matches {first['ctx']['pattern']}"
        elif known is None:
            message, allowed = "there is no such setting", f"settings: {', '.join(Settings.model_fields)}"
        else:
            message, allowed = first["msg"][:1].lower() + first["msg"][1:], f"allowed: {_allowed(known.annotation)}"
        where = source if source.startswith(("--", PREFIX)) else f"{source}: {key}"
        raise UsageError(f"{where}: {message}", safe=NOTHING_STARTED, hint=allowed) from error


def _allowed(annotation: Any) -> str:
    """Describe a setting's type for people."""
    if get_origin(annotation) is Literal:
        return " | ".join(map(str, get_args(annotation)))
    if get_origin(annotation) in {Union, UnionType}:
        return " | ".join(_allowed(part) for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is tuple:
        return "a list of texts"
    return {int: "a whole number", float: "a number", bool: "true | false", str: "a text"}.get(
        annotation, str(annotation)
    )
