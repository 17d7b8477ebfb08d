from pathlib import Path

import pytest

from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects.configuration import load_settings, user_file


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


def say_own(env: dict[str, str], text: str) -> Path:
    path = user_file(env)
    assert path
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_without_anything_said_the_defaults_count(tmp_path: Path, env: dict[str, str]) -> None:
    assert load_settings(tmp_path, {}, env) == Settings()
    assert load_settings(None, {}, {}) == Settings()


def test_each_layer_is_stronger_than_the_one_before(tmp_path: Path, env: dict[str, str]) -> None:
    say_own(env, 'max_instances = 1\nsetup = "own"\nlayout = "own"\nagent = "own"\n')
    (tmp_path / ".orchestra.toml").write_text('max_instances = 2\nsetup = "shared"\nlayout = "shared"\n')
    env |= {"TMUX_ORCHESTRA_SETUP": "env", "TMUX_ORCHESTRA_MAX_INSTANCES": "3"}
    settings = load_settings(tmp_path, {"max_instances": 4, "budget_usd": None}, env)
    assert (settings.agent, settings.layout, settings.setup, settings.max_instances) == ("own", "shared", "env", 4)


def test_lists_in_the_environment_are_lines_and_nothing_is_nothing(tmp_path: Path, env: dict[str, str]) -> None:
    env |= {
        "TMUX_ORCHESTRA_CHECKS": "make test\n\nmake lint\n",
        "TMUX_ORCHESTRA_MERGE": "",
        "TMUX_ORCHESTRA_SOCKET": "s",
    }
    settings = load_settings(None, {}, env)
    assert (settings.checks, settings.merge, settings.socket_name) == (("make test", "make lint"), None, "s")
    assert load_settings(None, {}, env | {"TMUX_ORCHESTRA_CHECKS": ""}).checks == ()


@pytest.mark.parametrize("mark", ["TASK", "RUN", "CHECK"])
def test_marks_of_our_processes_are_no_settings(mark: str) -> None:
    assert load_settings(None, {}, {f"TMUX_ORCHESTRA_{mark}": "run/task"}) == Settings()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('merge = "sometimes"', ("merge", "auto | each | manual")),
        ("max_instances = 0", ("max_instances", "greater than or equal to 1", "a whole number")),
        ('checks = "make test"', ("checks", "a list of texts")),
        ('colour = "red"', ("colour", "no such setting", "max_instances")),
        ('worktree = "/tmp/same"', ("worktree", "{name")),
        ("not toml", ("cannot read",)),
    ],
)
def test_a_bad_value_names_the_file_the_key_and_what_is_allowed(
    tmp_path: Path, env: dict[str, str], line: str, words: tuple[str, ...]
) -> None:
    for path in (say_own(env, line), tmp_path / ".orchestra.toml"):
        path.write_text(line)
        with pytest.raises(UsageError) as refused:
            load_settings(tmp_path, {}, env)
        told = f"{refused.value.message}\n{refused.value.hint}"
        assert str(path) in told
        assert all(word.replace("{name", "name") in told for word in words), told
        path.unlink()


def test_a_bad_variable_and_a_bad_flag_are_named_themselves() -> None:
    with pytest.raises(UsageError, match="TMUX_ORCHESTRA_MAX_INSTANCES: "):
        load_settings(None, {}, {"TMUX_ORCHESTRA_MAX_INSTANCES": "many"})
    with pytest.raises(UsageError, match="--budget-usd: "):
        load_settings(None, {"budget_usd": -1}, {})


@pytest.mark.parametrize("line", ["trust = true", "dangerously_skip_permissions = true", 'agent_args = ["--yolo"]'])
def test_a_repository_cannot_grant_rights_to_itself(tmp_path: Path, env: dict[str, str], line: str) -> None:
    (tmp_path / ".orchestra.toml").write_text(line)
    with pytest.raises(UsageError, match="a repository cannot decide this"):
        load_settings(tmp_path, {}, env)
    (tmp_path / ".orchestra.toml").unlink()
    say_own(env, line)
    assert load_settings(tmp_path, {}, env) != Settings()


def test_without_a_home_nothing_of_the_working_folder_is_taken_for_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / ".config" / "tmux-orchestra" / "config.toml"
    trap.parent.mkdir(parents=True)
    trap.write_text("trust = true\n")
    monkeypatch.chdir(tmp_path)
    assert user_file({"HOME": ""}) is None
    for world in ({}, {"HOME": ""}, {"HOME": "", "XDG_CONFIG_HOME": ".config"}):
        assert load_settings(None, {}, world) == Settings()


def test_the_command_that_tells_a_person_is_words_and_not_a_repositorys_to_choose(
    tmp_path: Path, env: dict[str, str]
) -> None:
    own = say_own(env, 'notify_command = ["notify-send", "tmux orchestra"]\n')
    assert load_settings(tmp_path, {}, env).notify_command == ("notify-send", "tmux orchestra")
    said = env | {"TMUX_ORCHESTRA_NOTIFY_COMMAND": "notify-send 'tmux orchestra' -u low"}
    assert load_settings(tmp_path, {}, said).notify_command == ("notify-send", "tmux orchestra", "-u", "low")
    assert load_settings(tmp_path, {}, env | {"TMUX_ORCHESTRA_NOTIFY_COMMAND": ""}).notify_command == ()
    with pytest.raises(UsageError, match=r"TMUX_ORCHESTRA_NOTIFY_COMMAND: .*No closing quotation"):
        load_settings(tmp_path, {}, env | {"TMUX_ORCHESTRA_NOTIFY_COMMAND": "ding 'dong"})
    (tmp_path / ".orchestra.toml").write_text('notify_command = "curl evil"\n')
    with pytest.raises(UsageError, match="a repository cannot decide this") as refused:
        load_settings(tmp_path, {}, env)
    assert str(own) in refused.value.hint
