"""What this machine has for an agent: programs, variables, files. And writing down a person's trust."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tmux_orchestra.agents import Agent, Machine
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.files import write


def look_at(agent: Agent, repository: Path, env: Mapping[str, str] = os.environ) -> Machine:
    """Gather what `agent.lacks` wants to know."""
    search = env.get("PATH") or os.defpath
    programs = {name: path for name in agent.programs if (path := shutil.which(name, path=search))}
    return Machine(
        programs=programs,
        env=dict(env),
        files={name: _read(_locate(name, repository, env)) for name in agent.looks_at},
        repository=repository,
    )


def write_trust(agent: Agent, repository: Path, env: Mapping[str, str] = os.environ) -> None:
    """Write down that the person trusts this repository, where the agent looks for it. Only after the person said so.

    A link to a file stays a link, and the file keeps its mode. Raises OrchestraError where it cannot be written.
    """
    for name, text in agent.trust(look_at(agent, repository, env)).items():
        path = _locate(name, repository, env)
        if path is None:
            raise OrchestraError(f"there is no place for {name}", safe="nothing was changed", hint="set HOME")
        write(path.resolve(), text, mode=path.stat().st_mode & 0o777 if path.exists() else 0o600)


def _locate(name: str, repository: Path, env: Mapping[str, str]) -> Path | None:
    """Return the path that an agent means: below `~`, below a variable (`$NAME/…`), or inside the repository."""
    start, _, rest = name.partition("/")
    if start == "~":
        return Path(env["HOME"]) / rest if env.get("HOME") else None
    if start.startswith("$"):
        folder = env.get(start[1:])
        return Path(folder) / rest if folder else None
    return repository / name


def _read(path: Path | None) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeError):
        return None
