"""The double speaks the protocol, plays its scripts from the conversation alone, and leaves nothing running."""

import json
import threading
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.doubles.messages_api import MessagesApi, Request, fail, say, stall, use

TOOLS = [{"name": "Write"}]
Messages = list[dict[str, Any]]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}]}


def ask(api: MessagesApi, messages: Messages, **body: Any) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection(urlsplit(api.url).netloc, timeout=60)
    headers = {"X-Claude-Code-Session-Id": "session-1"}
    fields = {"model": "m", "tools": TOOLS, "messages": messages, **body}
    connection.request("POST", "/v1/messages?beta=true", json.dumps(fields), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), text


def said(api: MessagesApi, messages: Messages) -> Any:
    content = json.loads(ask(api, messages)[2])["content"][0]
    return content.get("text") or (content["name"], content["input"])


def test_a_script_goes_on_with_each_answer_of_the_agent_and_starts_at_the_text_that_names_it() -> None:
    with MessagesApi([("greet", [use("Write", content="hi"), say("greeted")]), ("leave", [say("left")])]) as api:
        conversation = [user("please greet")]
        assert said(api, conversation) == ("Write", {"content": "hi"})
        conversation += [assistant("(the tool call)"), user("(its result)")]
        assert said(api, conversation) == "greeted"
        conversation += [assistant("greeted"), user("now leave")]
        assert said(api, conversation) == "left"
        assert said(api, [*conversation, assistant("left"), user("go on")]) == "done"


def test_a_tool_may_be_given_what_the_request_tells() -> None:
    def beside(request: Request) -> dict[str, str]:
        return {"file_path": f"{request.cwd}/hi.txt"}

    with MessagesApi([("greet", [use("Write", beside)])]) as api:
        system = "<env>\nPrimary working directory: /home/person/a repo\nIs a git repository: true"
        answer = json.loads(ask(api, [user("greet")], system=[{"type": "text", "text": system}])[2])
    assert answer["content"][0]["input"] == {"file_path": "/home/person/a repo/hi.txt"}


def test_an_error_is_given_as_often_as_scripted_and_then_the_script_goes_on() -> None:
    with MessagesApi([("greet", [fail(429, "slow down", times=2, retry_after="1"), say("greeted")])]) as api:
        answers = [ask(api, [user("greet")]) for _ in range(3)]
    assert [status for status, _, _ in answers] == [429, 429, 200]
    assert answers[0][1]["retry-after"] == "1"
    assert json.loads(answers[0][2])["error"] == {"type": "rate_limit_error", "message": "slow down"}


def test_a_stream_tells_the_same_message_in_events() -> None:
    with MessagesApi([("greet", [use("Write", content="hi")])]) as api:
        _, headers, text = ask(api, [user("greet")], stream=True)
    events = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
    assert headers["content-type"] == "text/event-stream"
    assert [event["type"] for event in events] == [
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop"),
    ]
    assert json.loads(events[2]["delta"]["partial_json"]) == {"content": "hi"}
    assert events[4]["delta"]["stop_reason"] == "tool_use"


def test_a_question_beside_the_work_is_answered_without_taking_a_step() -> None:
    with MessagesApi([("greet", [say("greeted")])]) as api:
        title = json.loads(ask(api, [user("<session>greet</session>")], tools=[])[2])["content"][0]["text"]
        assert json.loads(title) == {"title": "Scripted"}
        assert said(api, [user("greet")]) == "greeted"
        assert [request.session for request in api.loop_requests("session-1")] == ["session-1"]
        assert len(api.requests) == 2


def test_what_a_reminder_quotes_names_no_script() -> None:
    with MessagesApi([("greet", [say("greeted")])]) as api:
        assert said(api, [user("<system-reminder>greet</system-reminder>")]) == "done"


def test_head_is_answered() -> None:
    with MessagesApi() as api:
        connection = HTTPConnection(urlsplit(api.url).netloc, timeout=60)
        connection.request("HEAD", "/")
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize("step", [stall(), say("late", delay=300), say("never", gate=threading.Event())])
def test_no_thread_is_left_even_if_an_answer_is_still_open(step: Any) -> None:
    before = threading.active_count()
    with MessagesApi([("greet", [step])]) as api:
        connection = HTTPConnection(urlsplit(api.url).netloc, timeout=60)
        body = {"model": "m", "stream": True, "tools": TOOLS, "messages": [user("greet")]}
        connection.request("POST", "/v1/messages", json.dumps(body))
        if step.stall:
            assert connection.getresponse().readline() == b"event: message_start\n"
    connection.close()
    assert threading.active_count() == before
