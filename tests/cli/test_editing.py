"""Editing a plan: what came out is what is used, and what a person wrote is never lost."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.person import Say
from tests.cli.terminal import ORCHESTRA, terminal
from tests.waiting import retry_until


class Editor:
    """An editor that does with the file `$1` what it is told to, by shell lines: one set for each time it is opened."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "editor"
        self.seen = folder / "seen"
        self.seen.mkdir()

    def does(self, *times: str) -> None:
        cases = "\n".join(f"{number}) {what} ;;" for number, what in enumerate(times, 1))
        self.program.write_text(
            f'#!/bin/sh\nn=$(($(ls "{self.seen}" | wc -l) + 1))\ncp "$1" "{self.seen}/$n"\ncase $n in\n{cases}\nesac\n'
        )
        self.program.chmod(0o700)
        for old in self.seen.iterdir():
            old.unlink()

    def saw(self, time: int = 1) -> str:
        return (self.seen / str(time)).read_text()


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    made = Editor(tmp_path)
    monkeypatch.setenv("EDITOR", str(made.program))
    return made


def drafts(home: Path) -> list[Path]:
    return list((home / ".local" / "state" / "tmux-orchestra" / "drafts").rglob("*"))


def kept(told: str) -> Path:
    found = re.search(r"your text is kept in (\S+)", told)
    assert found, told
    return Path(found[1])


def test_an_edited_plan_is_what_is_shown_and_saved(repo: Path, say: Say, editor: Editor, tmp_path: Path) -> None:
    editor.does(
        'sed -i -e s/user-auth/sign-in/ -e "s/^request: .*/request: Sign people in/" "$1"; sed -i /^..Implement/d "$1"'
    )
    said = say("plan", "Implement user auth", "--edit", "--save", str(tmp_path / "plan.json"))
    assert said.code == 0, said
    assert "sign-in" in said.out
    saved = json.loads((tmp_path / "plan.json").read_text())
    assert (saved["request"], saved["tasks"][0]["id"]) == ("Sign people in", "sign-in")
    header, _, plan = editor.saw().partition("request:")
    assert all(line.startswith("#") or not line for line in header.splitlines())
    assert "depends_on" in header
    assert "  prompt: |-\n    Implement user auth\n" in plan


@pytest.mark.parametrize("what", [":", ': > "$1"', 'sed -i /^[^#]/d "$1"'])
def test_what_is_left_alone_or_emptied_is_as_it_was(
    repo: Path, say: Say, editor: Editor, home: Path, what: str
) -> None:
    editor.does(what)
    said = say("plan", "Implement user auth", "--edit")
    assert said.code == 0
    assert "user-auth" in said.out
    assert "as it was before" in said.err
    assert drafts(home) == []


def test_an_editor_that_fails_is_told_of_and_loses_nothing(
    repo: Path, say: Say, editor: Editor, home: Path, untouched: None
) -> None:
    editor.does("exit 3")
    say("plan", "Implement user auth", "--edit").refused(1, "exit code 3", "EDITOR")
    assert drafts(home) == []
    editor.does('echo "# more" >> "$1"; exit 3')
    said = say("plan", "Implement user auth", "--edit")
    said.refused(1, "exit code 3", "--plan")
    assert kept(said.err).read_text().endswith("# more\n")
    editor.does('rm "$1"')
    say("plan", "Implement user auth", "--edit").refused(2, "cannot read the edited plan")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("sed -i s/feature/magic/", "task user-auth: kind"),
        ("sed -i s/depends_on:/depend_on:/", "did you mean 'depends_on'?"),
        ("sed -i s/user-auth/User/", "'User' must be lower-case"),
        ("printf 'a: b: c' >", "neither JSON nor YAML"),
        (r"printf '\377' >", "not UTF-8"),
    ],
)
def test_a_wrong_edit_without_a_terminal_is_refused_and_kept(
    repo: Path, say: Say, editor: Editor, untouched: None, what: str, words: str
) -> None:
    editor.does(f'{what} "$1"; cp "$1" "{editor.seen}/written"')
    said = say("plan", "Implement user auth", "--edit")
    said.refused(2, words, "start --plan")
    assert kept(said.err).read_bytes() == (editor.seen / "written").read_bytes()
    assert kept(said.err).stat().st_mode & 0o077 == 0


def test_a_wrong_edit_on_a_terminal_comes_back_with_what_is_wrong(
    repo: Path, editor: Editor, home: Path, tmp_path: Path
) -> None:
    change = 'sed -i s/kind:.*/kind:\\ {}/ "$1"'
    editor.does(change.format("magic"), change.format("wonder"), change.format("docs"))
    saved = tmp_path / "plan.yaml"
    line = f"{ORCHESTRA} plan 'Implement user auth' --edit --save {saved}"
    with terminal(line, repo) as screen:
        for time in (2, 3):
            screen.until("task user-auth: kind", "Edit it again? [Y/n]")
            screen.type("Enter")
            retry_until((editor.seen / str(time)).exists, what="the editor opens again")
        screen.ended(0)
    assert "kind: docs" in saved.read_text()
    for time, kind in ((2, "magic"), (3, "wonder")):
        first, *rest = editor.saw(time).splitlines()
        assert first.startswith("#! the edited plan: task user-auth: kind")
        assert not any(line.startswith("#!") for line in rest)
        assert f"  kind: {kind}" in rest
    assert drafts(home) == []


def test_who_does_not_want_to_edit_again_is_told_where_the_text_is(repo: Path, editor: Editor, home: Path) -> None:
    editor.does('sed -i s/feature/magic/ "$1"')
    for key, code in (("n", 2), ("C-c", 130)):
        with terminal(f"{ORCHESTRA} plan 'Implement user auth' --edit", repo) as screen:
            screen.until("Edit it again?")
            screen.type(key, *(("Enter",) if key == "n" else ()))
            assert "your text is kept in" in " ".join(screen.ended(code).split())
        folder, draft = sorted(drafts(home))
        assert "kind: magic" in draft.read_text()
        shutil.rmtree(folder)
        editor.does('sed -i s/feature/magic/ "$1"')
