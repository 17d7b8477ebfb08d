"""Claude Code: interactive, in its own window, unattended, with no more rights than its task needs.

Nothing is written into the worktree: settings go into a file of the task's folder, the prompt is an argument.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tmux_orchestra.agents import Assignment, Lack, Launch, Machine
from tmux_orchestra.agents import claude_account as account
from tmux_orchestra.agents import claude_hooks as hooks
from tmux_orchestra.agents import claude_subagents as subagents
from tmux_orchestra.agents.claude_rules import allowed, fault
from tmux_orchestra.core.briefs import LONGEST_PROMPT
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.estimate import Footprint
from tmux_orchestra.core.events import Event
from tmux_orchestra.core.health import Kind

SETTINGS_FILE = "claude-settings.json"
SUBAGENT_FILE = "claude-subagent.md"
STATUS_FILE = "statusline.json"

_COMMAND = re.compile(r"[^\w!-~]*/")
"""A slash before anything visible: Claude Code passes over blanks, and over characters that look like none."""

_RETRY = re.compile(r"(.+) · retrying in \d.* attempt \d", re.IGNORECASE)
"""Such as: ✻ Connection refused (ECONNREFUSED) · retrying in 1s · attempt 3/10."""

_DIALOGS = (
    (Kind.TRUST, re.compile(r"trust this folder|Quick safety check|trust the files", re.IGNORECASE)),
    (
        Kind.SIGN_IN,
        re.compile(r"select login method|/login|paste code here|use this API key|log ?in to continue", re.IGNORECASE),
    ),
)
"""Dialogs of which no hook tells, by the words on the screen. They come where no turn has begun."""

HOOK_SECONDS = 10
"""How long Claude Code waits for a hook. Ours takes milliseconds; a sick disk must not stop an agent for minutes."""

ENVIRONMENT: Mapping[str, str] = {
    # An instance that is frozen in mid-answer finds its stream silent when it wakes: 5 minutes would end its turn.
    "CLAUDE_STREAM_IDLE_TIMEOUT_MS": "3600000",
    # The list of steps, from which progress is told: newer versions leave it out ...
    "CLAUDE_CODE_ENABLE_TODO_TOOLS": "1",
    # ... or hide it behind a search.
    "ENABLE_TOOL_SEARCH": "false",
    # An update would change the program beneath instances that run.
    "DISABLE_AUTOUPDATER": "1",
    # The orchestra may have been started by Claude Code; what it starts is none of that conversation's business.
    "CLAUDECODE": "",
}


class Claude:
    """The `Agent` for Claude Code, 2.1.197 and newer."""

    name = "claude"
    programs: tuple[str, ...] = ("claude",)
    looks_at: tuple[str, ...] = account.LOOKS_AT
    footprint: Footprint | None = Footprint(bytes=300_000_000, where="Claude Code 2.1")

    def launch(self, assignment: Assignment) -> Launch:
        """Say how to start it.

        Raises UsageError for a prompt that is empty or too long for an argument, and for a permission rule that Claude
        Code could not read.
        """
        conversation = "--resume" if assignment.resume else "--session-id"
        how, told, extra_args = _subagent(assignment)
        mode: tuple[str, ...] = ("--permission-mode", "dontAsk")
        if assignment.dangerously_skip_permissions:
            mode = ("--dangerously-skip-permissions",)
        argv = (
            "claude",
            *(conversation, assignment.session_id),
            *("--settings", str(assignment.folder / SETTINGS_FILE)),
            # Always said: what an instance may do must not follow from a version's or a person's default.
            *mode,
            *how,
            *extra_args,
            # Options that take a list would swallow the prompt.
            *("--", _argument(assignment)),
        )
        settings = json.dumps(_settings(assignment), indent=2, ensure_ascii=False)
        return Launch(argv=argv, env=ENVIRONMENT, files={SETTINGS_FILE: settings, **told})

    def read_hook(self, task: str, payload: Mapping[str, Any], at: datetime | None = None) -> Sequence[Event]:
        """Turn one hook payload, written `at`, into the facts it tells. Never raises."""
        return hooks.read(task, payload, at)

    def sees(self, screen: str, *, in_turn: bool) -> str:
        """Tell the dialogs that open before the first prompt, and why it tries again and again to get an answer."""
        if in_turn:
            retry = _RETRY.search(screen)
            return hooks.kind_of("", retry[1], limited=False) if retry else ""
        return next((kind for kind, words in _DIALOGS if words.search(screen)), "")

    def lacks(self, machine: Machine) -> Lack | None:
        """Say what keeps it from working here unattended, the first thing first; None: it is ready."""
        return account.lacks(machine)

    def trust(self, machine: Machine) -> Mapping[str, str]:
        """Return Claude Code's state file with the repository trusted and all else as it was.

        Raises OrchestraError for a file that is not Claude Code's.
        """
        file = account.state_file(machine.env)
        return {file: account.trust(machine.files.get(file) or "", machine.repository)}

    def reopen(self, session_id: str) -> tuple[str, ...]:
        """Return the command with which a person reopens the conversation; it also works beside the worktree."""
        return ("claude", "--resume", session_id)


def _subagent(assignment: Assignment) -> tuple[tuple[str, ...], dict[str, str], tuple[str, ...]]:
    """Return the subagent's options, the file that they name, and the person's arguments, which come after them."""
    if assignment.subagent is None:
        return (), {}, assignment.extra_args
    how = subagents.options(assignment.subagent)
    text, extra_args = subagents.instructions(assignment.subagent, assignment.extra_args)
    if not text:
        return how, {}, extra_args
    how += (f"{subagents.APPEND}-file", str(assignment.folder / SUBAGENT_FILE))
    return how, {SUBAGENT_FILE: text + "\n"}, extra_args


def _argument(assignment: Assignment) -> str:
    prompt = assignment.prompt
    if not prompt.strip():
        raise UsageError(f"task {assignment.task} has an empty prompt", safe="nothing was started")
    if _COMMAND.match(prompt):
        # `/clear the table` would clear the conversation, and no task would begin.
        prompt = f"Task: {prompt}"
    size = len(prompt.encode("utf-8", "replace"))
    if size > LONGEST_PROMPT:
        raise UsageError(
            f"the prompt of task {assignment.task} is too long: {size:,} bytes, {LONGEST_PROMPT:,} fit",
            safe="nothing was started",
            hint="put the long part into a file of the repository, commit it, and name it in the prompt",
        )
    # A NUL cannot be in an argument, half a surrogate pair not in a byte string.
    return prompt.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _settings(assignment: Assignment) -> dict[str, Any]:
    call = {"type": "command", "command": _shell(assignment.hook, assignment.folder / "inbox"), "timeout": HOOK_SECONDS}
    for rule in assignment.allow:
        if wrong := fault(rule):
            raise UsageError(f"the permission rule {rule!r} cannot be read: {wrong}", safe="nothing was started")
    settings: dict[str, Any] = {
        "hooks": {
            event: [{**({"matcher": matcher} if matcher else {}), "hooks": [call]}]
            for event, matcher in hooks.EVENTS.items()
        },
        # Cost and context, without reading transcripts. No `refreshInterval`: it comes when something has changed.
        "statusLine": {
            "type": "command",
            "command": _shell(assignment.hook, assignment.folder / STATUS_FILE, "status"),
            "padding": 0,
        },
        "permissions": {"allow": allowed(assignment.checks, assignment.allow)},
    }
    if assignment.dangerously_skip_permissions:
        # The person has said yes already, by naming that option; the dialog's default is to end the program.
        settings["skipDangerousModePermissionPrompt"] = True
    return settings


def _shell(*words: str | Path) -> str:
    return shlex.join(str(word) for word in words)
