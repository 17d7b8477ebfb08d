"""What Claude Code's hooks tell: which of them are asked for, and each one's payload as facts.

Every payload is read with suspicion: it comes from another program, in versions older and newer than this one.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal

from tmux_orchestra.agents.claude_limits import reset_time
from tmux_orchestra.agents.claude_rules import denied_rule
from tmux_orchestra.core import events as e
from tmux_orchestra.core import health
from tmux_orchestra.core.health import Kind

EVENTS: Mapping[str, str] = {
    # The instance is up: from now on, silence means something.
    "SessionStart": "",
    # The turn began, and whether its words were ours.
    "UserPromptSubmit": "",
    # A call's beginning and its end: what the agent is doing, and what it was denied (a beginning without an end).
    # The steps of the agent's own list are tool calls too.
    "PreToolUse": "",
    "PostToolUse": "",
    "PostToolUseFailure": "",
    # Somebody must answer. Permission modes in which it fires are a person's choice; ours never asks.
    "PermissionRequest": "",
    # A form of an MCP server. The notification of a permission would only repeat `PermissionRequest`, with fewer words.
    "Notification": "elicitation_dialog",
    # The turn ended, well or ill.
    "Stop": "",
    "StopFailure": "",
    # It ends in peace: what follows is an exit, not a crash.
    "SessionEnd": "",
}
"""The hooks we need, and why; each with the matcher it is narrowed by ("": all)."""

FAILURES: Mapping[str, Kind] = {
    "authentication_failed": Kind.AUTHENTICATION,
    "oauth_org_not_allowed": Kind.AUTHENTICATION,
    "billing_error": Kind.BILLING,
    "model_not_found": Kind.BAD_MODEL,
    "overloaded": Kind.OVERLOAD,
}
"""What `StopFailure` calls an error -> its kind, where the name says it all."""

_UNREACHABLE = re.compile(
    r"ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|unable to connect|network|timed out|socket|certificate|terminated"
    r"|connection (?:error|refused|dropped|reset|closed|lost)|stalled mid-stream|response ended",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b(?:API Error: |\()?([45]\d\d)\b")
_STATUSES_OF_LOAD = frozenset({503, 529})
_PASSING_STATUSES = frozenset({408, 409, 425, 429})
_TOO_LONG = re.compile(r"too (?:long|large)|exceed.{0,40}(?:context|limit)", re.IGNORECASE)

SHORT, LONG = 120, 20_000
"""Characters kept of what is shown in a line, and of what is read in full."""

_ENDED = frozenset({"completed", "failed", "killed", "stopped", "cancelled"})
_STATUSES: Mapping[str, Literal["pending", "in_progress", "completed", "deleted"]] = {
    "pending": "pending",
    "in_progress": "in_progress",
    "completed": "completed",
    "deleted": "deleted",
}


def read(  # noqa: C901 - one case for each hook
    task: str, payload: Mapping[str, Any], at: datetime | None
) -> Sequence[e.Event]:
    """Return the facts that one payload tells, in order; () for one that tells none. Never raises.

    `at` is when the payload was written; a limit's "resets 3pm" has no meaning without it.
    """
    match payload.get("hook_event_name"):
        case "SessionStart":
            session, source = text(payload.get("session_id"), SHORT), text(payload.get("source"), SHORT)
            return (e.AgentSessionStarted(task=task, session_id=session, source=source),)
        case "UserPromptSubmit":
            return _prompt(task, payload)
        case "PreToolUse":
            return _call(task, payload, "started")
        case "PostToolUse":
            return (*_call(task, payload, "finished"), *_todo(task, payload))
        case "PostToolUseFailure":
            return _call(task, payload, "failed")
        case "PermissionRequest":
            kind = Kind.QUESTION if payload.get("tool_name") == "AskUserQuestion" else Kind.PERMISSION
            return (e.AgentAsked(task=task, question=_question(payload), kind=kind),)
        case "Notification" if payload.get("notification_type") in {"permission_prompt", "elicitation_dialog"}:
            kind = Kind.PERMISSION if payload["notification_type"] == "permission_prompt" else Kind.QUESTION
            return (e.AgentAsked(task=task, question=text(payload.get("message"), 500) or "an answer", kind=kind),)
        case "Stop":
            message = text(payload.get("last_assistant_message"), LONG)
            return (e.AgentStopped(task=task, message=message, background_tasks=_still_running(payload)),)
        case "StopFailure":
            return (_failure(task, payload, at),)
        case "SessionEnd":
            return (e.AgentSessionEnded(task=task, reason=text(payload.get("reason"), SHORT)),)
    return ()


def text(value: object, limit: int) -> str:
    """Return a string that can be written to a file, cut to `limit` characters; "" for anything else."""
    return value[:limit].encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _prompt(task: str, payload: Mapping[str, Any]) -> Sequence[e.Event]:
    prompt = text(payload.get("prompt"), 10**9)
    # The CLI tells the agent of its own background tasks in this way; no person has said anything.
    if prompt.lstrip().startswith("<task-notification>"):
        return ()
    return (e.AgentPromptReceived(task=task, text=prompt[:200], digest=e.prompt_digest(prompt)),)


def _call(task: str, payload: Mapping[str, Any], phase: Literal["started", "finished", "failed"]) -> Sequence[e.Event]:
    tool = text(payload.get("tool_name"), SHORT)
    if not tool:
        return ()
    detail = _detail(tool, payload)
    first_line = (detail.strip().splitlines() or [""])[0][:SHORT]
    call = text(payload.get("tool_use_id"), SHORT)
    rule = denied_rule(tool, detail)[:LONG] if phase == "started" else ""
    return (e.AgentToolUsed(task=task, tool=tool, detail=first_line, call=call, phase=phase, rule=rule),)


def _detail(tool: str, payload: Mapping[str, Any]) -> str:
    """What the call is about, in one phrase: a command, a path, an address."""
    given = _mapping(payload.get("tool_input"))
    if tool == "AskUserQuestion":
        return _asked(given)
    for key in (
        "command",
        "file_path",
        "notebook_path",
        "path",
        "pattern",
        "url",
        "query",
        "skill",
        "subject",
        "description",
    ):
        if found := text(given.get(key), LONG):
            return _relative(found, text(payload.get("cwd"), LONG)) if key.endswith("path") else found
    return ""


def _relative(path: str, folder: str) -> str:
    pure = PurePosixPath(path)
    return str(pure.relative_to(folder)) if folder and pure.is_relative_to(folder) and ".." not in pure.parts else path


def _asked(given: Mapping[str, Any]) -> str:
    questions = [text(_mapping(question).get("question"), 500) for question in _list(given.get("questions"))]
    return " ".join(filter(None, questions))[:500]


def _question(payload: Mapping[str, Any]) -> str:
    tool = text(payload.get("tool_name"), SHORT)
    detail = _detail(tool, payload)
    if tool == "AskUserQuestion":
        return detail or "a question"
    return f"may it use {tool or 'a tool'}: {detail[:500]}" if detail else f"may it use {tool or 'a tool'}?"


def _todo(task: str, payload: Mapping[str, Any]) -> Sequence[e.Event]:
    given, answer = _mapping(payload.get("tool_input")), _mapping(payload.get("tool_response"))
    match payload.get("tool_name"):
        case "TaskCreate":
            item = str(_mapping(answer.get("task")).get("id") or "")[:SHORT]
            return (e.AgentTodoChanged(task=task, item=item, title=text(given.get("subject"), 200)),) if item else ()
        case "TaskUpdate":
            item = str(given.get("taskId") or "")[:SHORT]
            to = _mapping(answer.get("statusChange")).get("to") or given.get("status")
            status = _STATUSES.get(to) if isinstance(to, str) else None
            if not item or status is None or answer.get("success") is False:
                return ()
            return (e.AgentTodoChanged(task=task, item=item, title=text(given.get("subject"), 200), status=status),)
        case "TodoWrite":
            todos = [_mapping(todo) for todo in _list(given.get("todos"))]
            items = tuple((text(todo.get("content"), 200), text(todo.get("status"), SHORT)) for todo in todos)
            return (e.AgentTodoChanged(task=task, items=items),)
    return ()


def _still_running(payload: Mapping[str, Any]) -> int:
    """How many things will wake the agent by themselves: background commands, background subagents, its own timers."""
    tasks = [task for task in _list(payload.get("background_tasks")) if _mapping(task).get("status") not in _ENDED]
    return len(tasks) + len(_list(payload.get("session_crons")))


def _failure(task: str, payload: Mapping[str, Any], at: datetime | None) -> e.AgentFailed:
    error = text(payload.get("error"), SHORT) or "unknown"
    said = text(payload.get("last_assistant_message"), 2000)
    details = text(payload.get("error_details"), 2000)
    words = f"{said}\n{details}"
    retry_at = reset_time(words, at) if error == "rate_limit" else None
    kind = kind_of(error, words, limited=retry_at is not None)
    transient = health.TABLE[kind].policy is not health.Policy.ASK
    message = said or details
    return e.AgentFailed(task=task, error=error, message=message, kind=kind, transient=transient, retry_at=retry_at)


def kind_of(error: str, words: str, *, limited: bool) -> Kind:
    """Return what kind of failure it is: by its name, and where that says little, by the words that people get."""
    if error == "rate_limit":
        return Kind.USAGE_LIMIT if limited else Kind.RATE_LIMIT
    if error in FAILURES:
        return FAILURES[error]
    if error == "invalid_request":
        return Kind.TOO_LONG if _TOO_LONG.search(words) else Kind.REFUSED
    status = int(found[1]) if (found := _STATUS.search(words)) else 0
    if status in _STATUSES_OF_LOAD or "overloaded" in words.lower():
        return Kind.OVERLOAD
    if status in {401, 403}:
        return Kind.AUTHENTICATION
    if status == 429:  # noqa: PLR2004 - too many requests
        return Kind.RATE_LIMIT
    if 400 <= status < 500 and status not in _PASSING_STATUSES:  # noqa: PLR2004 - what HTTP calls the client's error
        return Kind.REFUSED
    return Kind.NETWORK if not status and _UNREACHABLE.search(words) else Kind.SERVICE
