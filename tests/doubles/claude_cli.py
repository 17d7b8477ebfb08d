"""The real Claude Code in a test: where it is, a HOME in which it asks nothing, an environment that leads nowhere."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from tests.traps import MARK

KEY = "sk-ant-api03-not-a-real-key-for-loopback-only-000000"
"""A key that opens nothing; the double takes any."""

NEWEST, OLDEST = "2.1.330", "2.1.197"
"""The versions the adapter is held to; `scripts/fetch-claude` installs them."""

CHECKOUT = Path(__file__).resolve().parents[2]


def claude_program(version: str = NEWEST) -> Path:
    """Return the program of that version (for the newest: what `CLAUDE_UNDER_TEST` names, if it is set).

    A missing program fails the test, with the command that fetches it: an agent that was not tried is no success.
    """
    named = os.environ.get("CLAUDE_UNDER_TEST") if version == NEWEST else None
    program = Path(named) if named else CHECKOUT / ".tools" / f"claude-{version}" / "claude"
    if not os.access(program, os.X_OK):
        message = (
            f"Claude Code {version} is not at {program}; run: scripts/fetch-claude {version} .tools/claude-{version}"
        )
        raise AssertionError(message)
    return program


def claude_home(home: Path, repository: Path, key: str = KEY, *, trust: bool = True) -> Path:
    """Make `home` the HOME of a person who has set Claude Code up, approved this key, and trusts this repository."""
    home.mkdir(parents=True, exist_ok=True)
    state = {
        "hasCompletedOnboarding": True,
        "customApiKeyResponses": {"approved": [key[-20:]], "rejected": []},
        "projects": {str(repository): {"hasTrustDialogAccepted": True}} if trust else {},
    }
    (home / ".claude.json").write_text(json.dumps(state), encoding="utf-8")
    git = "[user]\n\tname = A Person\n\temail = person@example.invalid\n[init]\n\tdefaultBranch = main\n"
    (home / ".gitconfig").write_text(git, encoding="utf-8")
    return home


def claude_env(home: Path, base_url: str, key: str = KEY, *, program: Path | None = None) -> Mapping[str, str]:
    """Return a whole environment (nothing is inherited) in which Claude Code talks to `base_url` and to nobody else.

    With `program`, the name `claude` finds it.
    """
    path = "/usr/local/bin:/usr/bin:/bin"
    return {
        "HOME": str(home),
        "PATH": f"{program.parent}:{path}" if program else path,
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "SHELL": "/bin/sh",
        # So that a test which leaves a process behind is told so.
        MARK: os.environ.get(MARK, ""),
        # What its tools print in the background would go into a folder of /tmp that all versions share.
        "CLAUDE_CODE_TMPDIR": str(home),
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": key,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }
