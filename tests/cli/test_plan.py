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
    assert run.events("run.started")[0]["plan"] == json.loads(saved.read_text())
    assert json.loads((run.folder / "plan.json").read_text()) == json.loads(saved.read_text())
    orchestra("cancel")


def test_what_is_printed_for_programs_is_a_plan_as_well(repo: Path, say: Say, untouched: None) -> None:
    printed = json.loads(say("plan", REQUEST, "--json").out)
    assert set(printed) >= {"tasks", "phases", "constraints", "resources"}
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


def test_yaml_and_other_peoples_words_are_understood(repo: Path, say: Say) -> None:
    text = "- name: user-auth\n  type: bugfix\n- name: api-docs\n  dependencies: [user-auth]\n"
    said = say_apart("plan", "--plan", "-", "--json", cwd=repo, stdin=text)
    tasks = json.loads(said.out)["tasks"]
    assert [(t["id"], t["kind"], t["depends_on"]) for t in tasks] == [
        ("user-auth", "bugfix", []),
        ("api-docs", "feature", ["user-auth"]),
    ]
    with_tabs = '{"tasks":\n\t[\n\t\t{"name": "a"}\n\t]}'
    assert json.loads(say("plan", "--plan", with_tabs, "--json").out)["tasks"][0]["id"] == "a"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ("neither JSON nor YAML",)),
        ("[]", ("tasks",)),
        ("{}", ("no list of tasks",)),
        ('{"tasks": 3}', ("no list of tasks",)),
        ("[3]", ("task 1",)),
        ('[{"title": "x"}]', ("task 1: id: it is missing",)),
        ('[{"name": "User Auth"}]', ("task User Auth: name", "lower-case")),
        ('[{"name": "api", "kind": "magic"}]', ("task api: kind", "'feature'")),
        ('[{"name": "api", "priority": "now"}]', ("task api: priority", "'critical'")),
        ('[{"name": "api", "colour": 1}]', ("task api: colour: there is no such field", "depends_on")),
        ('[{"name": "api", "depends_on": "db"}]', ("task api: depends_on: it must be a list",)),
        ('[{"name": "api", "depends_on": ["dbs"]}, {"name": "db"}]', ("'api'", "'dbs'", "did you mean 'db'")),
        ('[{"name": "api"}, {"name": "api"}]', ("two tasks have the id 'api'",)),
        ("[" * 5000, ("neither JSON nor YAML",)),
    ],
)
def test_a_wrong_plan_names_the_task_and_the_field(
    repo: Path, untouched: None, say: Say, text: str, words: tuple[str, ...]
) -> None:
    say("plan", "--plan", text).refused(2, *words)


# --- editing -----------------------------------------------------------------------------------------


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nsed -i s/user-auth/sign-in/ "$1"\n')
    script.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(script))
    return script


def test_an_edited_plan_is_what_is_shown_and_saved(repo: Path, say: Say, editor: Path, tmp_path: Path) -> None:
    said = say("plan", "Implement user auth", "--edit", "--save", str(tmp_path / "plan.json"))
    assert said.code == 0
    assert "sign-in" in said.out
    assert json.loads((tmp_path / "plan.json").read_text())["tasks"][0]["id"] == "sign-in"


def test_an_editor_that_changes_nothing_or_fails_is_no_disaster(repo: Path, say: Say, editor: Path) -> None:
    editor.write_text("#!/bin/sh\n")
    assert "user-auth" in say("plan", "Implement user auth", "--edit").out
    editor.write_text("#!/bin/sh\nexit 3\n")
    say("plan", "Implement user auth", "--edit").refused(1, "Editing failed", "EDITOR")
    editor.write_text('#!/bin/sh\necho "{" > "$1"\n')
    say("plan", "Implement user auth", "--edit").refused(2, "the edited plan", "neither JSON nor YAML")


def test_a_plan_that_cannot_be_saved_says_why(repo: Path, say: Say, tmp_path: Path) -> None:
    before = everything(tmp_path)
    said = say("plan", "Implement user auth", "--save", str(tmp_path / "place"))
    assert (said.code, len(said.err.splitlines())) == (1, 3)
    assert "cannot write" in said.err
    assert everything(tmp_path) == before
