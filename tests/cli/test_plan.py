"""`plan`: shown to people, printed for programs, saved, edited, and read back as it was."""

import json
from pathlib import Path

import pytest

from tests.cli.person import Say, everything, say_apart
from tests.e2e.orchestra import Orchestra

REQUEST = "Implement user auth, fix payment bugs, update API docs"


def test_what_is_saved_is_read_back_as_it_was(orchestra: Orchestra, repo: Path, tmp_path: Path, say: Say) -> None:
    saved, again = tmp_path / "plan.json", tmp_path / "again.json"
    assert say("plan", REQUEST, "--save", str(saved)).code == 0
    assert say("plan", "--plan", str(saved), "--save", str(again)).code == 0
    assert again.read_text() == saved.read_text()
    run = orchestra.start("--plan", str(saved), "--no-checks")
    orchestra("cancel")
    started, told = run.events("run.started")[0], json.loads(saved.read_text())
    assert (started["request"], told.pop("request")) == (REQUEST, REQUEST)
    assert started["plan"] == told
    assert json.loads((run.folder / "plan.json").read_text()) == told


def test_what_is_printed_for_programs_is_a_plan_as_well(repo: Path, say: Say, untouched: None) -> None:
    printed = json.loads(say("plan", REQUEST, "--json").out)
    assert set(printed) >= {"request", "tasks", "phases", "constraints", "resources"}
    assert printed["planner"] == "rules"
    for task in printed["tasks"]:
        wanted = "id title kind priority prompt depends_on subagent agent worktree branch"
        assert set(task) >= set(wanted.split())
    assert printed["phases"] == [["user-auth", "payment-bugs"], ["api-docs"]]
    figures = {"worktrees", "instances", "memory_bytes", "disk_bytes", "duration_s"}
    assert set(printed["resources"]) == {*figures, "basis"}
    assert set(printed["resources"]["basis"]) == figures
    again = json.loads(say("plan", "--plan", json.dumps(printed), "--json").out)
    assert again == printed


def test_the_next_plan_says_what_earlier_runs_have_measured(
    orchestra: Orchestra, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX_ORCHESTRA_AGENT", "rehearsal")
    unknown = json.loads(say("plan", "add a page", "--json").out)["resources"]
    assert (unknown["duration_s"], unknown["basis"]["duration_s"]) == (
        None,
        "rehearsal finished no feature task here yet",
    )
    orchestra.start_plan(page="a small edit")
    orchestra("wait")
    told = json.loads(say("plan", "add a page", "--json").out)["resources"]
    assert 0 < told["duration_s"]["low"] == told["duration_s"]["high"]
    assert told["basis"]["duration_s"] == "1 such task of 1 earlier run"
    assert 5_000_000 < told["memory_bytes"] < 200_000_000
    assert "from 1 earlier instance here" in say("plan", "add a page").out


def test_a_plan_that_no_terminal_shows_fits_eighty_columns(repo: Path, say: Say) -> None:
    said = say(
        "plan", f"{REQUEST}; once the API docs are updated and everybody has agreed, rewrite all of the examples"
    )
    assert 70 < max(map(len, said.out.splitlines())) <= 80
    assert [line for line in said.out.splitlines() if line != line.rstrip()] == []


def test_a_request_comes_from_stdin_a_file_or_the_words(repo: Path, tmp_path: Path, say: Say) -> None:
    (tmp_path / "request.md").write_text(REQUEST)
    said = [
        say("plan", *REQUEST.split(), "--json"),
        say("plan", "--file", str(tmp_path / "request.md"), "--json"),
        say_apart("plan", "-", "--json", cwd=repo, stdin=REQUEST),
    ]
    first, *others = (json.loads(one.out) for one in said)
    assert all(other == first for other in others)


def test_a_request_can_be_planned_outside_of_a_repository(
    say: Say, home: Path, place: Path, untouched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    assert "payment-bugs" in say("plan", REQUEST).out
    printed = json.loads(say("plan", REQUEST, "--json").out)
    assert {task["worktree"] for task in printed["tasks"]} == {None}


def test_a_plan_that_cannot_be_saved_says_why(repo: Path, say: Say, tmp_path: Path) -> None:
    before = everything(tmp_path)
    said = say("plan", "Implement user auth", "--save", str(tmp_path / "place"))
    assert (said.code, len(said.err.splitlines())) == (1, 3)
    assert "cannot write" in said.err
    assert everything(tmp_path) == before
