"""The editor: chosen as git chooses it, with its arguments, and with a terminal wherever there is one."""

import os
import signal
from pathlib import Path

import pytest

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.editor import choose_editor, edit_file


@pytest.mark.parametrize(
    ("env", "editor"),
    [
        ({"TERM": "xterm", "VISUAL": "code --wait", "EDITOR": "ed"}, "code --wait"),
        ({"TERM": "dumb", "VISUAL": "vim", "EDITOR": "ed"}, "ed"),
        ({"VISUAL": "vim", "EDITOR": "ed"}, "ed"),
        ({"TERM": "xterm", "VISUAL": " ", "EDITOR": "ed"}, "ed"),
        ({"TERM": "xterm", "PATH": "bin"}, "nano"),
    ],
)
def test_it_is_chosen_as_git_does(
    env: dict[str, str], editor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "bin" / "nano"
    program.parent.mkdir()
    program.touch(mode=0o700)
    assert choose_editor(env) == editor


@pytest.mark.parametrize("env", [{"TERM": "dumb", "PATH": os.defpath}, {"TERM": "xterm", "PATH": "/nowhere"}])
def test_without_one_the_person_is_told_how_to_name_it(env: dict[str, str]) -> None:
    with pytest.raises(OrchestraError, match="no editor") as refused:
        choose_editor(env)
    assert "EDITOR" in refused.value.hint


def test_its_arguments_are_its_own_and_the_files_name_is_one_word(tmp_path: Path) -> None:
    file = tmp_path / "a 'file' $(touch pwned)"
    file.write_text("one two")
    edit_file(file, env={**os.environ, "EDITOR": "sed -i -e 's/two/three four/'", "TERM": "dumb"})
    assert file.read_text() == "one three four"


def test_an_interrupt_is_the_editors(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    env = {**os.environ, "TERM": "dumb"}
    edit_file(tmp_path, env=env | {"EDITOR": f"kill -INT {os.getpid()};:"})
    with pytest.raises(OrchestraError, match="exit code -2"):
        edit_file(tmp_path, env=env | {"EDITOR": "kill -INT $$;:"})
    assert signal.getsignal(signal.SIGINT) is before
