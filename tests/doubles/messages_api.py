"""A Messages API on loopback that plays scripted agents to the real Claude Code.

A script is a list of steps, one for each request of the agent's loop. It is chosen by the newest user text that one
of the patterns matches; its step by counting the assistant's messages since then, so that nothing has to be
remembered and a resumed conversation goes on where it was::

    with MessagesApi([("add a greeting", [use("Write", file_path="hi.txt", content="hi"), say("done")])]) as api:
        subprocess.run(["claude", "-p", "add a greeting"], env=claude_env(home, api.url))
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any, Self, cast

from tests.doubles.sse import answer, sse_events


@dataclass(frozen=True)
class Request:
    """One request for a message, as the agent sent it."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, Any]

    @property
    def session(self) -> str:
        """The conversation's id."""
        return self.headers.get("x-claude-code-session-id", "")

    @property
    def is_loop(self) -> bool:
        """Whether this is the agent at work, rather than one of the small questions beside it (a title)."""
        return bool(self.body.get("tools"))

    @property
    def text(self) -> str:
        """Everything said in the request, system prompt included."""
        return json.dumps(self.body, ensure_ascii=False)

    @property
    def system(self) -> str:
        """The system prompt."""
        blocks = self.body.get("system", [])
        return blocks if isinstance(blocks, str) else "\n".join(block["text"] for block in blocks)

    @property
    def cwd(self) -> str:
        """The agent's working directory, as its system prompt names it."""
        found = re.search(r"working directory: (.+?)(?:\\n|\")", self.text)
        return found[1] if found else ""

    @property
    def last_result(self) -> str:
        """What the newest tool call gave, as the agent's tool printed it; "" if there was none."""
        for message in reversed(self.body.get("messages", [])):
            for block in reversed(message["content"] if isinstance(message["content"], list) else []):
                if block["type"] == "tool_result":
                    parts = block["content"]
                    return parts if isinstance(parts, str) else "".join(part.get("text", "") for part in parts)
        return ""

    def turns(self) -> list[tuple[str, list[str], bool]]:
        """Return the conversation as (role, texts, has a tool's failure)."""
        found = []
        for message in self.body.get("messages", []):
            blocks = message["content"]
            blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
            texts = [block["text"] for block in blocks if block["type"] == "text"]
            failed = any(block["type"] == "tool_result" and block.get("is_error") for block in blocks)
            found.append((message["role"], texts, failed))
        return found


Input = Mapping[str, Any] | Callable[[Request], Mapping[str, Any]]
"""What a tool is given, fixed or made from the request (its `cwd`, say)."""


@dataclass(frozen=True)
class Step:
    """One answer. An answer with tools goes on afterwards; one without ends the turn; one with a status is an error."""

    text: str = ""
    tools: tuple[tuple[str, Input], ...] = ()
    status: int = 200
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    """How often an error is given before the script goes on; errors leave no message to count."""
    delay: float = 0.0
    """Seconds before the answer begins."""
    gate: threading.Event | None = None
    """Answer only once this is set."""
    stall: bool = False
    """Begin an answer and never end it."""
    cut: bool = False
    """Begin an answer and close the connection; `times` counts as for an error."""

    @property
    def fails(self) -> bool:
        """Whether it leaves no message behind that could be counted."""
        return self.status != 200 or self.cut


def use(tool: str, given: Callable[[Request], Mapping[str, Any]] | None = None, /, **fixed: Any) -> Step:
    """Answer with one tool call."""
    return Step(tools=((tool, given or fixed),))


def say(text: str, **more: Any) -> Step:
    """Answer with a text, which ends the turn."""
    return Step(text=text, **more)


def fail(status: int, message: str = "scripted", *, times: int = 1, **headers: str) -> Step:
    """Answer with an error; `retry_after="1"` becomes the header `retry-after`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Step(status=status, error=message, times=times, headers=named)


def stall() -> Step:
    """Begin to answer, and hold the line until the other side or the test gives up."""
    return Step(stall=True)


def cut(*, times: int = 1) -> Step:
    """Begin to answer, and close the connection in the middle of it."""
    return Step(cut=True, times=times)


Script = tuple[str, Sequence[Step]]
"""A pattern, searched in the user's texts, and what the agent does then."""

OUT_OF_STEPS = say("done")
"""What the agent says where a script has no further step, or none matched."""

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class MessagesApi:
    """A running double. Everything it was asked is in `requests`; no thread is left after `with`."""

    def __init__(self, scripts: Sequence[Script] = ()) -> None:
        """Play these scripts; of several that match the same text, the first."""
        self.scripts = [(re.compile(pattern), tuple(steps)) for pattern, steps in scripts]
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self.connections: set[socket] = set()
        self._errors_given: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.api = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """End every open answer, and wait for every thread."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            open_now = list(self.connections)
        for connection in open_now:
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)
        self._server.server_close()

    def loop_requests(self, session: str = "") -> list[Request]:
        """Return what the agents' loops asked, in order; of one conversation if it is named."""
        return [r for r in self.requests if r.is_loop and session in ("", r.session)]

    def step_for(self, request: Request) -> Step:
        """Return the answer that is due, and remember it if it is an error."""
        with self._lock:
            self.requests.append(request)
            if not request.is_loop:
                return say(json.dumps({"title": "Scripted"}))
            turns = request.turns()
            for place in range(len(turns) - 1, -1, -1):
                role, texts, _ = turns[place]
                for pattern, steps in self.scripts:
                    if role == "user" and any(pattern.search(t) for t in texts if "<system-reminder>" not in t):
                        said = sum(role == "assistant" for role, _, _ in turns[place:])
                        return self._due(steps, said, (request.session, place))
            return OUT_OF_STEPS

    def _due(self, steps: Sequence[Step], said: int, where: tuple[str, int]) -> Step:
        errors = self._errors_given[where]
        for step in steps:
            if step.fails:
                if errors < step.times:
                    self._errors_given[where] += 1
                    return step
                errors -= step.times
            elif said == 0:
                return step
            else:
                said -= 1
        return OUT_OF_STEPS


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    api: MessagesApi

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Agents hang up whenever they like; that is no news."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    @property
    def api(self) -> MessagesApi:
        return cast(_Server, self.server).api

    def setup(self) -> None:
        super().setup()
        self.api.connections.add(self.connection)

    def finish(self) -> None:
        self.api.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """The requests are recorded; the terminal stays clean."""

    def do_HEAD(self) -> None:
        self._send(200, "text/plain", b"")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
        if not self.path.startswith("/v1/messages"):
            self._send(404, "application/json", b"{}")
            return
        request = Request({name.lower(): value for name, value in self.headers.items()}, body)
        step = self.api.step_for(request)
        self.api.closing.wait(step.delay)
        while step.gate and not step.gate.wait(0.05) and not self.api.closing.is_set():
            pass
        if step.status != 200:
            error = {"type": ERROR_TYPES.get(step.status, "api_error"), "message": step.error}
            self._send(step.status, "application/json", json.dumps({"type": "error", "error": error}), step.headers)
        else:
            self._answer(request, step)

    def _answer(self, request: Request, step: Step) -> None:
        tools = [(name, given(request) if callable(given) else given) for name, given in step.tools]
        message = answer(request.body.get("model", ""), step.text, tools)
        if not request.body.get("stream"):
            if step.cut:
                self.close_connection = True
                return
            self._send(200, "application/json", json.dumps(message), step.headers)
            return
        events = sse_events(message)
        if not (step.stall or step.cut):
            self._send(200, "text/event-stream", "".join(events), step.headers)
            return
        self._send(200, "text/event-stream", events[0], step.headers, ends=False)
        self.wfile.flush()
        if not step.cut:
            self.api.closing.wait()

    def _send(
        self,
        status: int,
        kind: str,
        body: str | bytes,
        headers: Mapping[str, str] | None = None,
        *,
        ends: bool = True,
    ) -> None:
        body = body.encode() if isinstance(body, str) else body
        self.close_connection = True
        self.send_response(status)
        for name, value in {**(headers or {}), "content-type": kind, "connection": "close"}.items():
            self.send_header(name, value)
        if ends:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
