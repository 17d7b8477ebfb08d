"""`wait`, `logs`, `events`, `runs`, `layouts`, `doctor`: what is read when something has happened."""

import json
from pathlib import Path

import pytest

from tests.cli.person import Say
from tests.e2e.orchestra import Orchestra, git


def test_everything_that_reads_a_finished_run(orchestra: Orchestra, repo: Path, say: Say) -> None:
    run = orchestra.start_plan("--merge", "manual", auth="a small edit", api=("never", "auth"))
    waited = json.loads(orchestra("wait", "--json").stdout)
    assert (waited["run"]["outcome"], waited["totals"]) == ("done", {"merged": 2})
    logged = json.loads(orchestra("logs", "auth", "--json").stdout)
    assert (logged["task"], bool(logged["text"])) == ("auth", True)
    lines = orchestra("events", "--json").stdout.splitlines()
    assert [json.loads(line)["event"] for line in lines] == [event["event"] for event in run.events()]
    assert orchestra("events", "--json", "--follow").stdout.splitlines() == lines
    assert all(" auth" in line or "auth" in line for line in orchestra("events", "--task", "auth").stdout.splitlines())
    (listed,) = json.loads(orchestra("runs", "--json").stdout)
    assert (listed["id"], listed["state"], listed["totals"]) == (run.id, "done", {"merged": 2})
    assert json.loads(orchestra("why", "auth", "--json").stdout) == {
        "task": "auth",
        "status": "merged",
        "reason": "1 commit, +3 -0",
    }
    assert say("logs", "api").code == 0


def test_waiting_ends_when_a_person_is_needed_or_time_is_up(orchestra: Orchestra, say: Say) -> None:
    run = orchestra.start_plan(auth="edit\nrehearse: ask Which colour?", api="edit\nrehearse: hang")
    run.until("task.attention", "auth")
    say("wait", "--timeout", "0.1").refused(1, "not over", "tmux-orchestra status")
    orchestra("cancel", "api")
    said = say("wait")
    said.refused(1, "auth needs you", "Which colour?", "run: tmux-orchestra attach auth")
    assert json.loads(say("wait", "--json").out)["tasks"][0]["attention"]
    orchestra("cancel")
    assert say("wait").code == 1


def test_the_layouts_are_listed_with_their_files(say: Say, home: Path) -> None:
    listed = json.loads(say("layouts", "--json").out)
    assert {"default", "review", "compact"} <= set(listed)
    assert all(Path(path).is_file() for path in listed.values())


def test_the_doctor_says_what_each_thing_is_and_what_to_do(say: Say, repo: Path) -> None:
    said = say("doctor")
    assert said.code == 0
    assert all(line.startswith(("ok  ", "!   ", "    ")) for line in said.out.splitlines())
    examined = json.loads(say("doctor", "--json").out)
    found = {finding["name"]: finding for finding in examined["findings"]}
    assert {"system", "python", "git", "tmux", "settings", "repository", "git identity", "after logout"} <= set(found)
    assert examined["agents"]["rehearsal"]["ready"] is True
    git(repo, "config", "--unset", "user.email")
    (repo / ".orchestra.toml").write_text("max_instances = 0\n")
    said = say("doctor")
    assert said.code == 4
    assert "git config --global user.email" in said.out
    assert "max_instances" in said.out


def test_the_doctor_looks_for_the_program_that_tells_a_person(
    say: Say, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX_ORCHESTRA_NOTIFY_COMMAND", "no-such-program --loud")
    said = say("doctor")
    assert said.code == 0, "a run goes on without it"
    assert "!   notify_command: not found" in said.out
    monkeypatch.setenv("TMUX_ORCHESTRA_NOTIFY_COMMAND", "sh -c 'cat >/dev/null'")
    assert "ok  notify_command: /" in say("doctor").out
