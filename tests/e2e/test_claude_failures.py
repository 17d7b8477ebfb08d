"""What becomes of the tasks of the real Claude Code when its service, or the program itself, fails."""

import signal

import pytest

from tests.doubles.messages_api import Step, cut, fail, say
from tests.e2e.claude_person import Sit, sit  # noqa: F401 - a fixture
from tests.e2e.orchestra import kill, plan
from tests.e2e.test_claude_runs import bash, commit, script, write

pytestmark = [pytest.mark.claude, pytest.mark.e2e]

FAILURES: dict[str, tuple[Step, str, str]] = {
    "overloaded": (fail(529, "Overloaded", times=99), "overload", "Overloaded"),
    "too_many": (fail(429, "Slow down", times=99, retry_after="1"), "rate-limit", "too many requests"),
    "cut_off": (cut(times=99), "network", "cannot be reached"),
    "signed_out": (fail(401, "invalid x-api-key", times=99), "authentication", "not signed in"),
    "too_long": (
        fail(400, "prompt is too long: 250000 tokens > 200000 maximum", times=99),
        "context-overflow",
        "/compact",
    ),
}
"""Task -> what the service answers, the kind of failure, and words that the person reads."""

LONG = "python3 -c 'import time; time.sleep(300)'"

PASSING = ("overloaded", "too_many", "cut_off")


def test_every_failure_of_the_service_ends_in_its_own_state_with_its_own_words(sit: Sit) -> None:
    person = sit(*(script(f"fail {name}", step) for name, (step, _, _) in FAILURES.items()))
    person.env |= {"CLAUDE_CODE_MAX_RETRIES": "0", "TMUX_ORCHESTRA_RESTART_DELAY": "0"}
    person.env |= {"TMUX_ORCHESTRA_MAX_RESTARTS": "1", "TMUX_ORCHESTRA_MAX_INSTANCES": "5"}
    prompts = {name: f"fail {name}" for name in FAILURES}
    run = person.start("--plan", plan(**prompts), "--no-checks", agent="claude")
    person("wait", code=1, timeout=120)
    for name, (_, kind, words) in FAILURES.items():
        task = name.replace("_", "-")
        (asked,) = run.events("task.attention", task)
        assert (asked["kind"], words in asked["reason"]) == (kind, True), asked["reason"]
        waits = [event["kind"] for event in run.events("task.waiting", task)]
        assert waits == ([kind] if name in PASSING else [])
        assert len({event["session_id"] for event in run.events("instance.launched", task)}) == 1
    person("cancel")


def test_claude_killed_in_the_middle_of_a_tool_goes_on_in_the_same_conversation(sit: Sit) -> None:
    person = sit(
        script("you were interrupted", write("shop/auth.py", "A = 1\n"), commit("Add"), say("Done.")),
        script("implement user auth", write("shop/half.py", "H = 1\n"), bash(LONG)),
    )
    person.env |= {"TMUX_ORCHESTRA_RESTART_DELAY": "0"}
    run = person.start("Implement user auth", "--no-checks", "--allow", "Bash(python3:*)", agent="claude")
    run.until("agent.tool_used", "user-auth", times=3)
    kill([run.events("instance.started")[0]["pid"]], signal.SIGKILL)
    person("wait", timeout=120)
    assert run.events("task.waiting")[-1]["kind"] == "killed"
    assert [event["source"] for event in run.events("agent.session_started")] == ["startup", "resume"]
    assert "implement user auth" in person.api.loop_requests()[-1].text.lower()
    assert run.merged_tasks("main") == ["user-auth"]
    assert (person.repo / "shop" / "half.py").exists()
    assert run.processes("user-auth") == []
