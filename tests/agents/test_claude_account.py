"""What a person must have told Claude Code before it can work alone, the first thing first."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tmux_orchestra.agents import Lack, Machine
from tmux_orchestra.agents.claude import Claude
from tmux_orchestra.agents.claude_account import state_file, trust
from tmux_orchestra.core.errors import OrchestraError

REPOSITORY = Path("/home/person/repo")
TRUSTED = {str(REPOSITORY): {"hasTrustDialogAccepted": True}}
SIGNED_IN: dict[str, Any] = {"hasCompletedOnboarding": True, "oauthAccount": {"emailAddress": "x"}, "projects": TRUSTED}
KEY = "sk-ant-api03-0123456789-0123456789"


def lacks(
    state: Mapping[str, Any] | None = SIGNED_IN,
    env: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    programs: Mapping[str, str] | None = None,
) -> Lack | None:
    found = {} if state is None else {state_file(env or {}): json.dumps(state)}
    programs = {"claude": "/usr/bin/claude"} if programs is None else programs
    known = {name: {**found, **(files or {})}.get(name) for name in Claude.looks_at}
    return Claude().lacks(Machine(programs=programs, env=env or {}, files=known, repository=REPOSITORY))


def what(lack: Lack | None) -> str:
    assert lack is not None
    assert lack.hint
    return lack.what


def without_account(**more: Any) -> dict[str, Any]:
    return {"hasCompletedOnboarding": True, "projects": TRUSTED, **more}


def test_nothing_is_lacking_for_a_person_who_is_signed_in_and_trusts_the_repository() -> None:
    assert lacks() is None


def test_a_missing_program_comes_first_with_both_ways_out() -> None:
    lack = lacks(state=None, programs={})
    assert "not installed" in what(lack)
    assert lack
    assert "npm install -g @anthropic-ai/claude-code" in lack.hint
    assert "--agent rehearsal" in lack.hint


@pytest.mark.parametrize("state", [None, {}, {**SIGNED_IN, "hasCompletedOnboarding": False}])
def test_an_account_that_was_never_set_up_would_be_asked_for_a_theme(state: dict[str, Any] | None) -> None:
    assert "never set up" in what(lacks(state))


@pytest.mark.parametrize(
    ("state", "env", "files"),
    [
        (without_account(oauthAccount={"emailAddress": "x"}), {}, {}),
        (without_account(), {}, {"~/.claude/.credentials.json": "{}"}),
        (without_account(), {}, {"~/.claude/settings.json": '{"apiKeyHelper": "get-key"}'}),
        (without_account(), {"ANTHROPIC_AUTH_TOKEN": "x"}, {}),
        (without_account(), {"CLAUDE_CODE_OAUTH_TOKEN": "x"}, {}),
        (without_account(), {"CLAUDE_CODE_USE_BEDROCK": "1"}, {}),
        (without_account(customApiKeyResponses={"approved": [KEY[-20:]]}), {"ANTHROPIC_API_KEY": KEY}, {}),
        (without_account(), {"CLAUDE_CONFIG_DIR": "/c"}, {"$CLAUDE_CONFIG_DIR/.credentials.json": "{}"}),
    ],
)
def test_every_way_to_be_signed_in_counts(state: dict[str, Any], env: dict[str, str], files: dict[str, str]) -> None:
    assert lacks(state, env, files) is None


def test_nobody_signed_in() -> None:
    assert "not signed in" in what(lacks(without_account()))
    assert "not signed in" in what(lacks(without_account(), {"CLAUDE_CODE_USE_BEDROCK": "0"}))


def test_a_key_about_which_a_dialog_would_open_is_named_even_if_an_account_is_there() -> None:
    assert "ANTHROPIC_API_KEY" in what(lacks(SIGNED_IN, {"ANTHROPIC_API_KEY": KEY}))


def test_a_key_that_was_refused_is_no_sign_in() -> None:
    state = without_account(customApiKeyResponses={"rejected": [KEY[-20:]]})
    assert "refused" in what(lacks(state, {"ANTHROPIC_API_KEY": KEY}))
    assert lacks({**state, "oauthAccount": {"emailAddress": "x"}}, {"ANTHROPIC_API_KEY": KEY}) is None


@pytest.mark.parametrize("projects", [{}, {"/home/person": {"hasTrustDialogAccepted": True}}, {str(REPOSITORY): {}}])
def test_trust_is_a_question_and_a_trusted_parent_is_no_answer(projects: dict[str, Any]) -> None:
    lack = lacks({**SIGNED_IN, "projects": projects})
    assert "does not trust" in what(lack)
    assert lack
    assert str(REPOSITORY) in lack.question


def test_only_the_named_configuration_folder_counts() -> None:
    files = {"~/.claude.json": json.dumps(SIGNED_IN)}
    assert "never set up" in what(lacks(None, {"CLAUDE_CONFIG_DIR": "/c"}, files))


OFFERED = json.dumps({"mcpServers": {"issues": {"command": "x"}, "db": {"command": "y"}}})


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({}, "db, issues"),
        ({".claude/settings.local.json": '{"enabledMcpjsonServers": ["db"]}'}, "issues"),
        ({"~/.claude/settings.json": '{"disabledMcpjsonServers": ["db"], "enabledMcpjsonServers": ["issues"]}'}, ""),
        ({".claude/settings.json": '{"enableAllProjectMcpServers": true}'}, ""),
    ],
)
def test_servers_of_the_repository_about_which_nobody_has_answered_are_named(
    files: dict[str, str], missing: str
) -> None:
    lack = lacks(files={".mcp.json": OFFERED, **files})
    assert (f"({missing})" in what(lack)) if missing else lack is None


@pytest.mark.parametrize("broken", ["", "[]", "{", "null", '{"projects": 1, "hasCompletedOnboarding": true}'])
def test_files_that_cannot_be_read_are_as_good_as_none(broken: str) -> None:
    assert lacks(None, files={"~/.claude.json": broken, ".mcp.json": broken, "~/.claude/settings.json": broken})


def test_a_yes_to_trust_changes_one_thing() -> None:
    before = {"numStartups": 7, "projects": {"/other": {"x": [1, "ü"]}, str(REPOSITORY): {"lastCost": 0.1}}, "z": None}
    after = json.loads(trust(json.dumps(before), REPOSITORY))
    assert after["projects"][str(REPOSITORY)] == {"lastCost": 0.1, "hasTrustDialogAccepted": True}
    after["projects"][str(REPOSITORY)].pop("hasTrustDialogAccepted")
    assert after == before
    assert list(after) == list(before)


@pytest.mark.parametrize(
    ("env", "file"), [({}, "~/.claude.json"), ({"CLAUDE_CONFIG_DIR": "/c"}, "$CLAUDE_CONFIG_DIR/.claude.json")]
)
def test_trust_is_written_where_it_is_looked_for(env: dict[str, str], file: str) -> None:
    before = {**SIGNED_IN, "projects": {}}
    machine = Machine(programs={"claude": "x"}, env=env, files={file: json.dumps(before)}, repository=REPOSITORY)
    assert lacks(before, env)
    assert {name: json.loads(text) for name, text in Claude().trust(machine).items()} == {file: SIGNED_IN}


def test_trust_in_an_empty_file_is_the_first_thing_in_it() -> None:
    assert json.loads(trust("", REPOSITORY)) == {"projects": TRUSTED}


@pytest.mark.parametrize("broken", ["{", "[]", '{"projects": []}', '{"projects": {"/home/person/repo": 1}}'])
def test_a_file_that_is_not_claude_codes_is_left_alone(broken: str) -> None:
    with pytest.raises(OrchestraError) as refused:
        trust(broken, REPOSITORY)
    assert refused.value.safe == "nothing was changed"
