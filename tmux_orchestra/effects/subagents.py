"""Reads subagent definitions: ours, the person's, and the repository's, in Claude Code's own format.

A definition is a Markdown file with a front matter (`name`, `description`, `tools`, `model`, …) and instructions
below it. Read as forgivingly as Claude Code reads them: people write `description: Use this: when …`, which is no YAML.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tmux_orchestra.core.subagents import Subagent

_SHIPPED = Path(__file__).resolve().parents[1] / "claude_plugin" / "agents"
_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)(?:\n|(?<=\n))---[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(\w+):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_BETWEEN_TOOLS = re.compile(r",(?![^()]*\))")
"""A comma that is not inside parentheses: `Bash(a, b), Read` are two."""

LONGEST = 100_000
"""Characters read of a definition: it travels in the journal."""


def known_subagents(checkout: Path | None, env: Mapping[str, str] = os.environ) -> dict[str, Subagent]:
    """Return every definition by its name: the repository's win over the person's, and these over ours."""
    home = Path(env["CLAUDE_CONFIG_DIR"]) if env.get("CLAUDE_CONFIG_DIR") else None
    if home is None and env.get("HOME"):
        home = Path(env["HOME"]) / ".claude"
    folders = (_SHIPPED, home and home / "agents", checkout and checkout / ".claude" / "agents")
    found: dict[str, Subagent] = {}
    for folder in filter(None, folders):
        for path in sorted(folder.rglob("*.md"), reverse=True):
            if (text := _read(path)) is not None:
                definition = read_definition(text, path.stem, "" if folder == _SHIPPED else str(path))
                found[definition.name] = definition
    return found


def read_definition(text: str, name: str, source: str = "") -> Subagent:
    """Return what a definition file says; `name` is its name if it names none. Never raises."""
    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    fields = _fields(front[1]) if front else {}
    model = fields.get("model")
    return Subagent(
        name=str(fields.get("name") or name).strip(),
        instructions=text[front.end() if front else 0 :].lstrip("\ufeff").strip(),
        model=model.strip() if isinstance(model, str) and model.strip() != "inherit" else "",
        tools=_tools(fields.get("tools")),
        disallowed_tools=_tools(fields.get("disallowedTools")),
        source=source,
    )


def _fields(front_matter: str) -> Mapping[str, Any]:
    try:
        fields = yaml.safe_load(front_matter)
    except (yaml.YAMLError, ValueError, RecursionError):
        fields = None
    return fields if isinstance(fields, dict) else dict(_FIELD.findall(front_matter))


def _tools(written: object) -> tuple[str, ...]:
    """Return the tools of a list, or of one line with commas; () where every tool is meant."""
    listed = _BETWEEN_TOOLS.split(written) if isinstance(written, str) else written
    names = tuple(str(tool).strip() for tool in listed) if isinstance(listed, list) else ()
    return () if "*" in names else tuple(name for name in names if name)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:LONGEST] if path.is_file() else None
    except OSError:
        return None
