"""The claude planner: asks a headless Claude Code that may read the repository, and nothing else.

One process carries the whole conversation, in lines of JSON on stdin and stdout: the question, and if the answer is no
plan, once more with what is wrong with it. Nothing of it is kept, so that a person's own conversations are not
cluttered. All is turned off that a mere question must not run: hooks, servers and helpers that a repository, which
nobody may have trusted yet, brings in its own settings.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from tmux_orchestra.core.plan import Plan
from tmux_orchestra.planners import rules
from tmux_orchestra.planners.claude_answer import Unusable, draft, read, schema
from tmux_orchestra.planners.claude_prompt import AT, first_words, second_words
from tmux_orchestra.planners.errors import NoAnswer, NoTaskFound
from tmux_orchestra.planners.protocol import Ask, Sign, Talk
from tmux_orchestra.planners.tidy import tidy

ARGV: tuple[str, ...] = (
    *("claude", "--print", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
    # A long answer shows that it is being written.
    "--include-partial-messages",
    *("--json-schema", json.dumps(schema())),
    # What it may do. In this mode everything is refused that is not allowed, reading outside the repository too.
    *("--tools", "Read,Grep,Glob", "--permission-mode", "dontAsk"),
    # No plan needs what is kept there.
    *("--disallowedTools", "Read(**/.env),Read(**/.env.*)"),
    # What it must not run. Safe mode alone still calls a repository's own `apiKeyHelper`; the sources leave that out.
    *("--safe-mode", "--setting-sources", "user", "--strict-mcp-config"),
    "--no-session-persistence",
)

ENVIRONMENT: Mapping[str, str] = {
    # As for agents: what is asked here is none of the conversation's business from which the orchestra may be started.
    "CLAUDECODE": "",
    "DISABLE_AUTOUPDATER": "1",
    # The default, 10, takes minutes; there is another way to a plan.
    "CLAUDE_CODE_MAX_RETRIES": "2",
}

LONGEST_REASON = 200
LONGEST_DOING = 60

_DOING = {"Read": ("reads", "file_path"), "Grep": ("searches for", "pattern"), "Glob": ("looks for", "pattern")}
_WRITES = "writes the plan"


def plan(request: str, root: str = "", /) -> Ask:
    """Return how Claude Code is asked for the plan.

    Raises NoTaskFound for a blank request, and DependencyCycle for one that states a circle, without asking.
    """
    if not request.strip():
        raise NoTaskFound
    try:
        found = draft(rules.plan(request))
    except NoTaskFound:
        found = None
    hear = partial(_hear, root=root, may_ask_again=True)
    talk = Talk(_said(first_words(request, found)), hear)
    # A repository may also say what must not be read, and which service is to be asked.
    if_trusted = ("--setting-sources", "user,project,local")
    return Ask(ARGV, talk, ENVIRONMENT, if_trusted, in_a_hurry=("--effort", "low"))


def _said(text: str) -> str:
    text = text.replace("@", AT)
    return json.dumps({"type": "user", "message": {"role": "user", "content": text}}) + "\n"


def _hear(line: str, *, root: str, may_ask_again: bool) -> Plan | Talk | Sign | None:
    message = _parse(line)
    match message.get("type"):
        case "result":
            return _conclude(message, root, may_ask_again=may_ask_again)
        case "assistant" | "user" | "stream_event":
            return Sign(_doing(message, root))
        case "system" if message.get("subtype") == "api_retry":
            return Sign(f"waits for the service ({_text(message.get('error'))})", working=False)
    return None


def _conclude(result: Mapping[str, Any], root: str, *, may_ask_again: bool) -> Plan | Talk:
    """Take the end of a turn for what it is: the plan, an answer to be mended, or a failure."""
    answer, words = result.get("structured_output"), _text(result.get("result"))
    if result.get("is_error"):
        raise NoAnswer(_failure(result))
    try:
        return read(answer, root)
    except Unusable as unusable:
        if may_ask_again:
            return Talk(_said(second_words(unusable.faults)), partial(_hear, root=root, may_ask_again=False))
        told = (
            f"it said instead: {_short(words)}" if answer is None and words else f"its answer: {_short(str(unusable))}"
        )
        raise NoAnswer(told) from unusable


def _failure(result: Mapping[str, Any]) -> str:
    """Return the program's own words for what went wrong."""
    errors = result.get("errors")
    told = _text(result.get("result")) or (_text(errors[0]) if isinstance(errors, list) and errors else "")
    return _short(told) or "it failed and did not say why"


def _doing(message: Mapping[str, Any], root: str) -> str:
    """Say what a line tells of its work; "" for nothing that a person would care about."""
    event = _mapping(message.get("event"))
    begun = _mapping(event.get("content_block"))
    if begun.get("type") == "tool_use" and begun.get("name") == "StructuredOutput":
        return _WRITES
    content = _mapping(message.get("message")).get("content")
    for block in map(_mapping, content if isinstance(content, list) else []):
        verb, given = _DOING.get(_text(block.get("name")), ("", ""))
        if verb and block.get("type") == "tool_use":
            what = _text(_mapping(block.get("input")).get(given))
            inside = bool(root) and PurePosixPath(what).is_relative_to(root)
            return f"{verb} {_short(str(PurePosixPath(what).relative_to(root)) if inside else what, LONGEST_DOING)}"
    return ""


def _parse(line: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(line.replace(AT, "@")))
    except (ValueError, RecursionError):
        return {}


def _short(text: str, longest: int = LONGEST_REASON) -> str:
    """Return a text as one short line."""
    line = " ".join(tidy(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
