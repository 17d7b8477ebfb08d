"""`pause`, `resume`, `cancel`, `retry`, `send`: answered, or refused before anything is asked for."""

from pathlib import Path

import pytest

from tests.cli.person import Say, completed
from tests.e2e.orchestra import Orchestra, Run


@pytest.fixture
def run(orchestra: Orchestra) -> Run:
    """Two tasks whose agents work until somebody ends them, and one that waits for both."""
    begun = orchestra.start_plan(auth="edit\nrehearse: hang", api="edit\nrehearse: hang", docs=("never", "auth", "api"))
    begun.until("task.running", "auth")
    begun.until("task.running", "api")
    return begun


def test_each_control_says_what_became_of_each_task(orchestra: Orchestra, run: Run, repo: Path) -> None:
    assert orchestra("pause", "auth").stdout == "auth: paused\n"
    assert orchestra.tasks()["auth"]["held_by"] == ["person"]
    assert orchestra("resume", "auth", "auth").stdout == "auth: goes on\n"
    assert orchestra("pause").stdout == "auth: paused\napi: paused\ndocs: paused\n"
    assert orchestra.status()["run"]["state"] == "paused"
    assert completed(repo, "resume", "a") == ["auth", "api"]
    assert completed(repo, "status", "--run", run.id[:3]) == [run.id]
    orchestra("resume")
    assert orchestra("cancel", "auth").stdout == "auth: cancelled\n"
    assert orchestra("cancel").stdout == "auth: cancelled already\napi: cancelled\ndocs: skipped already\n"
    run.until("run.ended")
    assert "is over (cancelled)" in orchestra("pause").stdout


def test_an_unknown_task_is_refused_before_anything_is_appended(orchestra: Orchestra, say: Say) -> None:
    run = orchestra.start_plan(auth="a small edit")
    run.until("supervisor.stopped")
    before = (run.folder / "events.jsonl").read_bytes()
    for verb in ("pause", "resume", "cancel", "retry", "send", "logs", "why", "attach", "events"):
        named = ("--task", "auht") if verb == "events" else ("auht", "text") if verb == "send" else ("auht",)
        say(verb, *named).refused(2, "no task 'auht'", "auth")
    assert (run.folder / "events.jsonl").read_bytes() == before


def test_what_is_outstanding_is_named_when_time_is_up(orchestra: Orchestra, run: Run, say: Say) -> None:
    say("send", "api", "hello", "--timeout", "0").refused(1, "no answer after 0 s", "api has not confirmed")
    orchestra("cancel")
    say("send", "api", "  ").refused(2, "nothing to send")
    say("send", "api", "hello").refused(1, "not delivered to api", "no agent runs")


def test_a_retry_begins_what_was_lost_and_says_what_cannot_be(orchestra: Orchestra, say: Say) -> None:
    run = orchestra.start_plan(auth="a small edit", api="edit\nrehearse: hang")
    run.until("task.merged", "auth")
    orchestra("cancel", "api")
    run.until("run.ended")
    assert say("retry", "auth").code == 2
    said = say("retry", "auth", "api")
    assert (said.code, said.out) == (0, "tried again: api\n")
    assert "auth is merged" in said.err
    run.until("task.running", "api", times=2)
    orchestra("cancel")
