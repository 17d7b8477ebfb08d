"""What Claude Code's hooks told, recorded from real instances of both ends of the supported range, read as facts."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.agents.claude import Claude
from tmux_orchestra.agents.claude_hooks import EVENTS
from tmux_orchestra.core import events as e

PAYLOADS = Path(__file__).parent / "payloads"
AT = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
Payload = dict[str, Any]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(params=["2.1.330", "2.1.197"])
def payloads(request: pytest.FixtureRequest) -> list[Payload]:
    found: list[Payload] = json.loads((PAYLOADS / f"claude-{request.param}.json").read_text(encoding="utf-8"))
    return found


def read(payload: Payload, at: datetime | None = AT) -> list[e.Event]:
    return list(Claude().read_hook("api", payload, at))


def facts(payloads: list[Payload], **wanted: Any) -> list[e.Event]:
    chosen = [payload for payload in payloads if all(payload.get(key) == value for key, value in wanted.items())]
    assert chosen, wanted
    return [fact for payload in chosen for fact in read(payload)]


def test_every_hook_we_ask_for_was_recorded_or_is_read_all_the_same(payloads: list[Payload]) -> None:
    assert {payload["hook_event_name"] for payload in payloads} == set(EVENTS)


def test_a_session_begins_and_ends(payloads: list[Payload]) -> None:
    (started,) = facts(payloads, hook_event_name="SessionStart")
    assert isinstance(started, e.AgentSessionStarted)
    assert (started.source, len(started.session_id)) == ("startup", 36)
    assert facts(payloads, hook_event_name="SessionEnd") == [e.AgentSessionEnded(task="api", reason="other")]


def test_only_what_somebody_said_is_a_prompt(payloads: list[Payload]) -> None:
    prompts = facts(payloads, hook_event_name="UserPromptSubmit")
    digest = e.prompt_digest("add a greeting")
    assert e.AgentPromptReceived(task="api", text="add a greeting", digest=digest) in prompts
    told = [payload for payload in payloads if payload.get("prompt", "").startswith("<task-notification>")]
    assert [read(payload) for payload in told] == [[]]


def test_a_call_begins_with_its_rule_and_ends_well_or_ill(payloads: list[Payload]) -> None:
    writing = [f for f in facts(payloads, tool_name="Write") if isinstance(f, e.AgentToolUsed)]
    assert [(f.phase, f.detail) for f in writing] == [("started", "hi.txt"), ("finished", "hi.txt")]
    assert writing[0].call == writing[1].call != ""
    failed = [f for f in facts(payloads, tool_name="Bash") if isinstance(f, e.AgentToolUsed) and f.detail == "false"]
    assert [f.phase for f in failed] == ["started", "failed"]


def test_a_denied_call_begins_and_never_ends(payloads: list[Payload]) -> None:
    calls = [f for f in facts(payloads, tool_name="Bash") if isinstance(f, e.AgentToolUsed) and f.call]
    begun = {f.call: f for f in calls if f.phase == "started"}
    open_calls = [begun[call] for call in begun.keys() - {f.call for f in calls if f.phase != "started"}]
    assert [(f.detail, f.rule) for f in open_calls] == [("make deploy", "Bash(make deploy:*)")]


def test_steps_are_created_changed_and_listed(payloads: list[Payload]) -> None:
    todos = [f for payload in payloads for f in read(payload) if isinstance(f, e.AgentTodoChanged)]
    assert todos == [
        e.AgentTodoChanged(task="api", item="1", title="Write it", status="pending"),
        e.AgentTodoChanged(task="api", item="1", status="in_progress"),
        e.AgentTodoChanged(task="api", item="1", status="completed"),
        e.AgentTodoChanged(task="api", items=(("A", "completed"), ("B", "in_progress"))),
    ]


def test_whoever_must_answer_is_told_what_is_asked(payloads: list[Payload]) -> None:
    asked = [f.question for f in facts(payloads, hook_event_name="PermissionRequest") if isinstance(f, e.AgentAsked)]
    assert asked == ["may it use Bash: make deploy", "Which database?"]
    kinds = [f.kind for f in facts(payloads, hook_event_name="PermissionRequest") if isinstance(f, e.AgentAsked)]
    assert kinds == ["permission", "question"]
    assert facts(payloads, hook_event_name="Notification") == [
        e.AgentAsked(task="api", question="Claude needs your permission", kind="permission")
    ]


def test_a_turn_that_ended_tells_what_still_runs_and_will_wake_it(payloads: list[Payload]) -> None:
    stops = [f for f in facts(payloads, hook_event_name="Stop") if isinstance(f, e.AgentStopped)]
    assert [(f.message, f.background_tasks) for f in stops] == [("All done.", 1), ("done", 0), ("x", 0), ("set", 1)]


def test_a_limit_passes_at_its_time_and_an_empty_account_does_not(payloads: list[Payload]) -> None:
    limit, billing = (f for f in facts(payloads, hook_event_name="StopFailure") if isinstance(f, e.AgentFailed))
    assert (limit.error, limit.transient) == ("rate_limit", True)
    assert limit.retry_at is not None
    assert limit.retry_at > AT
    assert (billing.error, billing.transient, billing.retry_at) == ("billing_error", False, None)


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        *((name, True) for name in ("rate_limit", "overloaded", "server_error", "unknown", "invented_tomorrow")),
        *((name, False) for name in ("authentication_failed", "billing_error", "invalid_request", "model_not_found")),
        ("oauth_org_not_allowed", False),
    ],
)
def test_failures_are_classified(error: str, transient: bool) -> None:
    (failed,) = read({"hook_event_name": "StopFailure", "error": error, "last_assistant_message": "API Error"})
    assert isinstance(failed, e.AgentFailed)
    assert (failed.error, failed.transient, failed.message) == (error, transient, "API Error")


DROPPED = "API Error: Connection dropped (ECONNRESET). Check the gateway set in ANTHROPIC_BASE_URL, then try again."
LONG = "Prompt is too long · the request is ~250000 tokens (limit 200000) but this conversation is only ~3005 tokens"
LARGE = "Request too large (max 32MB). Double press esc to go back and try with a smaller file."
MODEL = "There's an issue with the selected model (claude-x). It may not exist or you may not have access to it."


@pytest.mark.parametrize(
    ("error", "message", "kind"),
    [
        ("server_error", "API Error: 529 Overloaded. This is a server-side issue, usually temporary", "overload"),
        ("overloaded", "", "overload"),
        ("server_error", "API Error: 500 Internal server error. If it persists, check 127.0.0.1:41529", "service"),
        ("server_error", "API Error: Unable to connect to API (ConnectionRefused)", "network"),
        ("server_error", "API Error: Connection refused — a firewall or proxy may be blocking it", "network"),
        ("server_error", DROPPED, "network"),
        ("server_error", "API Error: Unable to connect to API (ECONNRESET)", "network"),
        ("server_error", "Response stalled mid-stream", "network"),
        ("authentication_failed", "Invalid API key · Fix external API key", "authentication"),
        ("authentication_failed", "Please run /login · API Error: 403 forbidden", "authentication"),
        ("billing_error", "Credit balance is too low", "billing"),
        ("invalid_request", LONG, "context-overflow"),
        ("invalid_request", LARGE, "context-overflow"),
        ("invalid_request", "messages: at least one is needed", "refused"),
        ("unknown", "API Error: 400 messages.3.content: bad thing", "refused"),
        ("unknown", "API Error: 408 request timeout", "service"),
        ("unknown", "what is this", "service"),
        ("model_not_found", MODEL, "bad-model"),
        ("rate_limit", "API Error: Request rejected (429) · Number of requests exceeded", "rate-limit"),
        ("rate_limit", "You've hit your session limit · resets 12:32am (UTC)", "usage-limit"),
    ],
)
def test_what_both_versions_say_of_a_failure_tells_its_kind(error: str, message: str, kind: str) -> None:
    (failed,) = read({"hook_event_name": "StopFailure", "error": error, "last_assistant_message": message})
    assert isinstance(failed, e.AgentFailed)
    assert failed.kind == kind


def test_an_ended_background_task_keeps_nothing_alive() -> None:
    tasks = [{"status": "running"}, {"status": "completed"}, {"status": "killed"}, {}]
    (stopped,) = read({"hook_event_name": "Stop", "background_tasks": tasks, "session_crons": [{"id": "1"}]})
    assert isinstance(stopped, e.AgentStopped)
    assert stopped.background_tasks == 3


def test_texts_are_cut_and_can_be_written() -> None:
    (used,) = read({"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "\ud800" * 999}})
    assert isinstance(used, e.AgentToolUsed)
    assert used.detail == "?" * 120
    (stopped,) = read({"hook_event_name": "Stop", "last_assistant_message": "x" * 99_999})
    assert isinstance(stopped, e.AgentStopped)
    assert len(stopped.message) == 20_000


@given(st.sampled_from([*EVENTS, "Invented"]), st.dictionaries(st.text(max_size=9), JSON), st.data())
def test_any_payload_gives_known_facts_that_survive_the_journal(name: str, extra: Payload, data: st.DataObject) -> None:
    keys = ("tool_name", "tool_input", "tool_response", "prompt", "error", "session_id", "background_tasks", "reason")
    odd = {key: data.draw(JSON) for key in data.draw(st.sets(st.sampled_from(keys)))}
    tool = {"tool_name": data.draw(st.sampled_from(["Bash", "TaskCreate", "TaskUpdate", "TodoWrite", "Write"]))}
    for fact in read({**extra, **tool, **odd, "hook_event_name": name}):
        assert fact.event.startswith("agent.")
        assert e.parse(json.loads(fact.model_dump_json())) == fact


@given(st.dictionaries(st.text(max_size=20), JSON))
def test_what_is_no_hook_payload_tells_nothing(payload: Payload) -> None:
    assert read(payload) == []
