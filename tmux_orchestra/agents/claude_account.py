"""What Claude Code must have been told by a person before it can work unattended; nothing here is ever told for them.

A dialog that opens before the first hook leaves an instance waiting where nobody looks, so each known one is foreseen.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tmux_orchestra.agents import Lack, Machine
from tmux_orchestra.core.errors import OrchestraError

_SIGNED_IN_BY = ("ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
_OTHER_SERVICES = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY")
_OFF = frozenset({"", "0", "false", "no", "off"})
_KEY_ENDING = 20
"""How many characters of an API key Claude Code remembers it by."""

LOOKS_AT: tuple[str, ...] = (
    "~/.claude.json",
    "~/.claude/settings.json",
    "~/.claude/.credentials.json",
    "$CLAUDE_CONFIG_DIR/.claude.json",
    "$CLAUDE_CONFIG_DIR/settings.json",
    "$CLAUDE_CONFIG_DIR/.credentials.json",
    # Relative: inside the repository.
    ".mcp.json",
    ".claude/settings.json",
    ".claude/settings.local.json",
)
"""Files that answer the questions below; `~` and `$CLAUDE_CONFIG_DIR` stand for what they name."""


def state_file(env: Mapping[str, str]) -> str:
    """Return the name in `LOOKS_AT` of the file in which Claude Code keeps what a person has answered."""
    return "$CLAUDE_CONFIG_DIR/.claude.json" if env.get("CLAUDE_CONFIG_DIR") else "~/.claude.json"


def lacks(machine: Machine) -> Lack | None:
    """Return the first thing that is missing, in the order in which a person would come to it; None: ready."""
    if "claude" not in machine.programs:
        hint = "npm install -g @anthropic-ai/claude-code, or try the orchestra without it: --agent rehearsal"
        return Lack("Claude Code (the program `claude`) is not installed", hint)
    state = _read(machine, state_file(machine.env))
    if state.get("hasCompletedOnboarding") is not True:
        return Lack("Claude Code was never set up for this account", "run `claude` once, and answer what it asks")
    return _lacks_sign_in(machine, state) or _lacks_trust(machine, state) or _lacks_answers(machine, state)


def trust(text: str, repository: Path) -> str:
    """Return the text of Claude Code's state file with this repository trusted, and everything else as it was.

    To be written only after a person said yes. Raises OrchestraError for a file that is not Claude Code's.
    """
    try:
        state = json.loads(text) if text.strip() else {}
        projects = state.setdefault("projects", {})
        projects.setdefault(str(repository), {})["hasTrustDialogAccepted"] = True
    except (ValueError, AttributeError, TypeError) as error:
        raise OrchestraError(
            "Claude Code's own settings cannot be read",
            safe="nothing was changed",
            hint=f"run `claude` once in {repository} and answer there",
        ) from error
    return json.dumps(state, indent=2, ensure_ascii=False)


def _lacks_sign_in(machine: Machine, state: Mapping[str, Any]) -> Lack | None:
    env = machine.env
    if any(env.get(name, "").lower() not in _OFF for name in _OTHER_SERVICES) or env.get("ANTHROPIC_AUTH_TOKEN"):
        return None
    settings = _read(machine, _config_file(env, "settings.json"))
    if settings.get("apiKeyHelper"):
        return None
    key, answers = env.get("ANTHROPIC_API_KEY", "").strip(), _mapping(state.get("customApiKeyResponses"))
    if key and key[-_KEY_ENDING:] in _list(answers.get("approved")):
        return None
    if key and key[-_KEY_ENDING:] not in _list(answers.get("rejected")):
        return Lack(
            "Claude Code would ask whether to use the key in ANTHROPIC_API_KEY, and nobody would answer",
            "run `claude` once and answer, or unset ANTHROPIC_API_KEY",
        )
    credentials = machine.files.get(_config_file(env, ".credentials.json"))
    if credentials or state.get("oauthAccount") or any(env.get(name) for name in _SIGNED_IN_BY):
        return None
    refused = " (its use of ANTHROPIC_API_KEY was refused once)" if key else ""
    return Lack(f"Claude Code is not signed in{refused}", "run `claude` once and sign in, or set ANTHROPIC_API_KEY")


def _lacks_trust(machine: Machine, state: Mapping[str, Any]) -> Lack | None:
    # The very root: newer versions do not take a trusted parent for a repository inside it.
    if _project(machine, state).get("hasTrustDialogAccepted") is True:
        return None
    return Lack(
        f"Claude Code does not trust {machine.repository} yet",
        f"run `claude` once in {machine.repository} and answer there, or start with --trust",
        question=f"Claude Code will read, edit and run files of {machine.repository}. Do you trust it?",
        only_in_a_window=True,
    )


def _lacks_answers(machine: Machine, state: Mapping[str, Any]) -> Lack | None:
    """What the repository's own `.mcp.json` would make Claude Code ask."""
    offered = set(_mapping(_read(machine, ".mcp.json").get("mcpServers")))
    files = (_config_file(machine.env, "settings.json"), ".claude/settings.json", ".claude/settings.local.json")
    for source in (*(_read(machine, file) for file in files), _project(machine, state)):
        if source.get("enableAllProjectMcpServers") is True:
            return None
        offered -= {
            name for key in ("enabledMcpjsonServers", "disabledMcpjsonServers") for name in _list(source.get(key))
        }
    if not offered:
        return None
    names = ", ".join(sorted(offered))
    return Lack(
        f"Claude Code would ask about the MCP servers in .mcp.json ({names}), and nobody would answer",
        f"run `claude` once in {machine.repository} and answer there",
        only_in_a_window=True,
    )


def _project(machine: Machine, state: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(_mapping(state.get("projects")).get(str(machine.repository)))


def _config_file(env: Mapping[str, str], name: str) -> str:
    return f"$CLAUDE_CONFIG_DIR/{name}" if env.get("CLAUDE_CONFIG_DIR") else f"~/.claude/{name}"


def _read(machine: Machine, name: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(machine.files.get(name) or "{}"))
    except (ValueError, RecursionError):
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
