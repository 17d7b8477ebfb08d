"""The main job with the real Claude Code: one sentence in, merged work out, and nothing but loopback reached."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import psutil
import pytest

from tests.doubles.messages_api import Request, Step, fail, say, use
from tests.e2e.claude_person import Sit, sit  # noqa: F401 - a fixture
from tests.e2e.orchestra import Run, kill, tmux
from tests.waiting import retry_until

pytestmark = [pytest.mark.claude, pytest.mark.e2e]

SENTENCE = "Implement user auth, fix payment bugs, update API docs"
CHECK = "python3 -m unittest -q"


def write(name: str, content: str) -> Step:
    def given(request: Request) -> dict[str, str]:
        return {"file_path": f"{request.cwd}/{name}", "content": content}

    return use("Write", given)


def bash(command: str) -> Step:
    return use("Bash", command=command, description="a step")


def commit(words: str) -> Step:
    return bash(f"git add -A && git commit -qm '{words}'")


def script(pattern: str, *steps: Step) -> tuple[str, Sequence[Step]]:
    r"""What the agent does whose own words (the beginning of its prompt) match."""
    return rf"(?i)\A{pattern}", steps


def reached(processes: Sequence[psutil.Process]) -> set[str]:
    """The addresses that these processes are connected to."""
    found = set()
    for process in processes:
        with suppress(psutil.Error):
            found |= {str(address[0]) for c in process.net_connections("inet") if (address := tuple(c.raddr))}
    return found


@contextmanager
def way_out() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a proxy that lets nothing through, and the first line of whatever was asked of it."""
    asked: list[str] = []

    class Refuse(StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline().decode(errors="replace"))
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Refuse) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()


def running(run: Run, task: str, program: str) -> psutil.Process | None:
    """The task's process of that program, if there is one by now (others come and go meanwhile)."""
    for process in run.processes(task):
        with suppress(psutil.Error):
            if process.cmdline()[:1] == [program]:
                return process
    return None


def test_one_sentence_becomes_merged_work_and_only_loopback_is_reached(sit: Sit) -> None:
    with way_out() as (proxy, asked):
        _one_sentence(sit, proxy)
    assert asked == []


def _one_sentence(sit: Sit, proxy: str) -> None:
    person = sit(
        script(
            "implement user auth",
            replace(write("shop/auth.py", "USERS: dict[str, str] = {}\n"), delay=1.5),
            commit("Add auth"),
            say("User auth is in shop/auth.py."),
        ),
        script("fix payment bugs", write("shop/fixed.py", "FIXED = True\n"), say("Fixed, not committed.")),
        script("update API docs", write("docs/auth.md", "# Auth\n"), commit("Document auth"), say("Documented.")),
    )
    person.env |= {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1"}
    run = person.start(SENTENCE, "--check", CHECK, agent="claude")
    addresses: set[str] = set()

    def over() -> bool:
        for task in ("user-auth", "payment-bugs", "api-docs"):
            addresses.update(reached(run.processes(task)))
        return bool(run.events("run.ended"))

    retry_until(over, seconds=120, interval=0.1, what="the run's end")
    assert addresses == {"127.0.0.1"}
    person("wait")

    assert run.merged_tasks("main") == ["api-docs", "payment-bugs", "user-auth"]
    for name in ("shop/auth.py", "shop/fixed.py", "docs/auth.md"):
        assert (person.repo / name).exists()
    after = max(run.place("task.merged user-auth"), run.place("task.merged payment-bugs"))
    assert run.place("instance.started api-docs") > after
    for task in ("user-auth", "payment-bugs", "api-docs"):
        told = [event["event"] for event in run.events(task=task) if event["event"].startswith("agent.")]
        assert told[:2] == ["agent.session_started", "agent.prompt_received"]
        assert told.count("agent.stopped") == 1
        assert told[-1] == "agent.session_ended"
    (prompt,) = [t for _, texts, _ in person.api.loop_requests()[-1].turns()[:1] for t in texts if "API docs" in t]
    assert "User auth is in shop/auth.py." in prompt  # the result of what it builds on

    person("cleanup")
    person.assert_clean()


def test_what_the_agent_may_not_do_and_what_it_asks_need_a_person(sit: Sit) -> None:
    person = sit(
        script("implement user auth", bash("curl http://example.invalid"), say("I was not allowed to fetch it.")),
        script(
            "fix payment bugs", write("shop/fixed.py", "FIXED = 1\n"), commit("Fix"), say("QUESTION: cents or euros?")
        ),
        script("in cents", write("shop/fixed.py", "FIXED = 100\n"), commit("In cents"), say("In cents now.")),
    )
    run = person.start(SENTENCE, "--check", CHECK, agent="claude")
    run.until("task.attention", "user-auth")
    run.until("task.attention", "payment-bugs")
    told = person("wait", code=1).stderr
    assert "user-auth" in told
    assert "--allow 'Bash(curl http://example.invalid)'" in told
    assert "cents or euros?" in told
    (denied,) = run.events("agent.tool_denied")
    assert denied["tool"] == "Bash"
    assert person.tasks()["api-docs"]["status"] == "waiting"

    person("send", "payment-bugs", "In cents, please;")
    run.until("task.running", "payment-bugs", times=2)
    run.until("agent.stopped", "payment-bugs", times=2)
    person("cancel")
    assert run.merged_tasks("main") == []


def test_red_checks_go_back_into_the_same_conversation(sit: Sit) -> None:
    broken = "import unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        self.fail('on purpose')\n"
    person = sit(
        script("implement user auth", write("tests/test_auth.py", broken), commit("Add auth"), say("Done.")),
        script("The check", bash("git rm -q tests/test_auth.py"), commit("Mend"), say("Mended.")),
    )
    own = person.repo / ".claude" / "agents" / "feature-development.md"
    own.parent.mkdir(parents=True)
    own.write_text("---\nname: feature-development\ndescription: Ours: for features\n---\nSay please to tables.\n")
    run = person.start("Implement user auth", "--check", CHECK, agent="claude")
    own.unlink()  # what the run began with is what it goes on with
    person("wait", timeout=120)
    assert all("Say please to tables." in request.system for request in person.api.loop_requests())
    (red,) = run.events("check.failed")
    assert "on purpose" in red["tail"]
    sessions = {event["session_id"] for event in run.events("instance.started")}
    assert len(sessions) == 1
    assert [event["source"] for event in run.events("agent.session_started")] == ["startup", "resume"]
    assert run.merged_tasks("main") == ["user-auth"]
    assert not (person.repo / "tests" / "test_auth.py").exists()


def test_an_overloaded_service_is_tried_again_in_the_same_conversation(sit: Sit) -> None:
    person = sit(
        script("you were interrupted", write("shop/auth.py", "A = 1\n"), commit("Add"), say("Done.")),
        script("implement user auth", fail(529, times=99)),
    )
    person.env |= {"CLAUDE_CODE_MAX_RETRIES": "0", "TMUX_ORCHESTRA_RESTART_DELAY": "0.1"}
    run = person.start("Implement user auth", "--check", CHECK, agent="claude")
    person("wait", timeout=120)
    assert [event["transient"] for event in run.events("agent.failed")] == [True]
    assert len({event["session_id"] for event in run.events("instance.started")}) == 1
    assert run.merged_tasks("main") == ["user-auth"]


def test_pausing_stops_claude_and_its_tools_and_a_dead_supervisor_loses_nothing(sit: Sit) -> None:
    person = sit(
        script(
            "implement user auth",
            bash("sleep 3 && touch shop/slept.py"),
            commit("Slept"),
            say("Done."),
        )
    )
    run = person.start("Implement user auth", "--check", CHECK, "--allow", "Bash(sleep:*)", agent="claude")
    run.until("agent.tool_used", "user-auth")
    tool = retry_until(lambda: running(run, "user-auth", "sleep"), seconds=30, what="the tool's process")
    person("pause", "user-auth")
    assert {p.status() for p in run.processes("user-auth")} == {psutil.STATUS_STOPPED}
    assert tool.status() == psutil.STATUS_STOPPED
    kill([run.supervisor().pid], signal.SIGKILL)
    run.until("supervisor.started", times=2)
    person("resume", "user-auth")
    person("wait", timeout=120)
    assert run.merged_tasks("main") == ["user-auth"]
    assert len(run.events("instance.started")) == 1


def test_a_repository_that_is_not_trusted_is_asked_about_and_nothing_is_started(sit: Sit) -> None:
    person = sit(script("implement", say("Done.")), trust=False)
    told = person("start", "Implement user auth", "--yes", "--detach", code=4).stderr
    assert "--trust" in told
    assert person.runs() == []
    run = person.start("Implement user auth", "--no-checks", "--trust", agent="claude")
    run.until("agent.session_started", "user-auth")
    person("cancel")


def test_attaching_shows_the_agent_itself(sit: Sit) -> None:
    person = sit(script("implement user auth", say("QUESTION: which one?")))
    run = person.start("Implement user auth", "--no-checks", agent="claude")
    run.until("task.attention", "user-auth")
    window = person.tasks()["user-auth"]["window"]
    assert "which one?" in tmux("capture-pane", "-p", "-t", window)
    assert "which one?" in person("logs", "user-auth").stdout
    person("cancel")
