"""Who makes the plan: chosen, or found ready; and what is said where a planner that was named cannot work."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.person import Say
from tests.doubles.claude_cli import claude_home

REQUEST = "fix the login, update the docs"


@pytest.fixture
def claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name, which nobody here may run: the file that it makes if somebody does."""
    ran, program = tmp_path / "ran", tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return ran


def planner(say: Say, *arguments: str) -> str:
    """Who planned; nothing may be said beside the answer."""
    said = say("plan", REQUEST, "--json", *arguments)
    assert (said.code, said.err) == (0, "")
    return json.loads(said.out)["planner"]


def test_auto_is_rules_without_a_word_where_claude_is_not_ready(say: Say, repo: Path, claude: Path) -> None:
    assert planner(say) == "rules"
    assert not claude.exists()


@pytest.mark.parametrize("arguments", [["--planner", "rules"], []])
def test_no_model_is_asked_where_none_is_wanted(
    say: Say, repo: Path, home: Path, claude: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "not-a-real-one")
    claude_home(home, repo)
    if not arguments:
        monkeypatch.setenv("TMUX_ORCHESTRA_AGENT", "rehearsal")
    assert planner(say, *arguments) == "rules"
    assert not claude.exists()


def test_outside_of_a_repository_there_is_nothing_to_look_at(
    say: Say, home: Path, place: Path, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "not-a-real-one")
    claude_home(home, place)
    monkeypatch.chdir(place)
    assert planner(say) == "rules"
    assert not claude.exists()


def test_a_planner_that_was_named_and_is_not_ready_is_said_so(say: Say, repo: Path, claude: Path, home: Path) -> None:
    say("plan", REQUEST, "--planner", "claude").refused(4, "never set up", "--planner rules")
    (home / ".claude.json").write_text('{"hasCompletedOnboarding": true}')
    say("start", REQUEST, "--planner", "claude", "--yes").refused(4, "not signed in", "--planner rules")
    assert not claude.exists()


def test_a_planner_that_there_is_not(say: Say, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX_ORCHESTRA_PLANNER", "oracle")
    say("plan", REQUEST).refused(2, "'oracle'", "auto, rules, claude")


def test_people_are_told_who_planned(say: Say, repo: Path) -> None:
    assert "planned by rules" in say("plan", REQUEST).out
    assert "planned by" not in say("plan", "--plan", '[{"name": "api"}]').out
