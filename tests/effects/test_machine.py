import json
from pathlib import Path

import pytest

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.machine import look_at, write_trust

CLAUDE = AGENTS["claude"]
ONBOARDED = '{"hasCompletedOnboarding": true, "other": ["kept"]}'


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "claude").write_text("#!/bin/sh\n")
    (folder / "claude").chmod(0o700)
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home"), "PATH": str(folder), "CLAUDE_CODE_OAUTH_TOKEN": "token"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    return folder


def test_programs_and_files_are_found_where_the_agent_means_them(
    tmp_path: Path, env: dict[str, str], repository: Path
) -> None:
    (tmp_path / "home" / ".claude.json").write_text("home")
    (repository / ".mcp.json").write_text("repository")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "settings.json").write_text("elsewhere")
    machine = look_at(CLAUDE, repository, env | {"CLAUDE_CONFIG_DIR": str(tmp_path / "elsewhere")})
    assert machine.programs == {"claude": str(tmp_path / "bin" / "claude")}
    assert machine.files["~/.claude.json"] == "home"
    assert machine.files[".mcp.json"] == "repository"
    assert machine.files["$CLAUDE_CONFIG_DIR/settings.json"] == "elsewhere"
    assert machine.files["~/.claude/settings.json"] is None


def test_nothing_is_found_below_a_home_or_variable_that_is_not_set(repository: Path) -> None:
    for env in ({}, {"HOME": "", "CLAUDE_CONFIG_DIR": ""}):
        machine = look_at(CLAUDE, repository, {"PATH": "/nowhere", **env})
        assert machine.programs == {}
        assert set(machine.files.values()) == {None}


def test_a_persons_trust_is_written_where_the_agent_looks_and_nothing_else_changes(
    tmp_path: Path, env: dict[str, str], repository: Path
) -> None:
    kept = tmp_path / "dotfiles.json"
    kept.write_text(ONBOARDED)
    kept.chmod(0o640)
    (tmp_path / "home" / ".claude.json").symlink_to(kept)
    before = CLAUDE.lacks(look_at(CLAUDE, repository, env))
    assert before
    assert before.question
    write_trust(CLAUDE, repository, env)
    assert CLAUDE.lacks(look_at(CLAUDE, repository, env)) is None
    assert (tmp_path / "home" / ".claude.json").is_symlink()
    assert kept.stat().st_mode & 0o777 == 0o640
    assert json.loads(kept.read_text())["other"] == ["kept"]


def test_trust_goes_to_the_folder_that_the_agent_was_told_to_use(
    tmp_path: Path, env: dict[str, str], repository: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / ".claude.json").write_text(ONBOARDED)
    write_trust(CLAUDE, repository, env | {"CLAUDE_CONFIG_DIR": str(folder)})
    assert str(repository) in json.loads((folder / ".claude.json").read_text())["projects"]
    assert list((tmp_path / "home").iterdir()) == []


def test_without_a_home_trust_has_no_place(repository: Path) -> None:
    with pytest.raises(OrchestraError, match="no place"):
        write_trust(CLAUDE, repository, {"PATH": "/nowhere"})


def test_an_agent_that_asks_for_nothing_gets_nothing_written(tmp_path: Path, repository: Path) -> None:
    write_trust(AGENTS["rehearsal"], repository, {"HOME": str(tmp_path)})
    assert [path.name for path in tmp_path.iterdir()] == ["repo"]
