"""Subagent definitions: ours are whole, a person's or a repository's win, odd files are read as Claude Code does."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.plan import SUBAGENTS, Plan, Task
from tmux_orchestra.core.subagents import Subagent, chosen
from tmux_orchestra.effects.subagents import known_subagents, read_definition

SHIPPED = known_subagents(None, {})


def test_there_is_a_definition_for_every_kind_that_chooses_nothing_for_the_person() -> None:
    assert set(SHIPPED) == set(SUBAGENTS.values())
    for definition in SHIPPED.values():
        assert 10 <= len(definition.instructions.splitlines()) <= 25, definition.name
        assert (definition.model, definition.tools, definition.disallowed_tools) == ("", (), ())
        assert definition.described == definition.name


def put(folder: Path, text: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text(text)


def test_the_repositorys_definition_wins_over_the_persons_and_that_over_ours(tmp_path: Path) -> None:
    checkout, home = tmp_path / "checkout", tmp_path / "home"
    put(home / ".claude" / "agents" / "bugfix.md", "---\nname: bugfix\n---\nmine")
    put(home / ".claude" / "agents" / "own.md", "---\nname: testing\n---\nmine, under its own name")
    put(checkout / ".claude" / "agents" / "deep" / "er.md", "---\nname: bugfix\n---\nthe repository's")
    found = known_subagents(checkout, {"HOME": str(home)})
    assert found["bugfix"].instructions == "the repository's"
    assert found["bugfix"].described == f"bugfix ({checkout}/.claude/agents/deep/er.md)"
    assert found["testing"].instructions == "mine, under its own name"
    assert found["research"] == SHIPPED["research"]
    elsewhere = known_subagents(None, {"HOME": str(home), "CLAUDE_CONFIG_DIR": str(tmp_path / "elsewhere")})
    assert elsewhere == SHIPPED


@pytest.mark.parametrize(
    ("front_matter", "expected"),
    [
        ("name: x\ntools: Read, Bash(a, b), Edit", {"tools": ("Read", "Bash(a, b)", "Edit")}),
        ("name: x\ntools:\n  - Read\n  - Bash", {"tools": ("Read", "Bash")}),
        ("name: x\ntools: '*'", {}),
        ("name: x\ntools:", {}),
        ("name: x\nmodel: haiku # quick\ndisallowedTools: Write", {"model": "haiku", "disallowed_tools": ("Write",)}),
        ("name: x\nmodel: inherit", {}),
        ("name: x\ndescription: Use this: when a: b\ntools: Read", {"tools": ("Read",)}),
        ("name: Code Reviewer", {"name": "Code Reviewer"}),
        ("description: no name", {"name": "file"}),
        ("- a list", {"name": "file"}),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_definition_is_read_as_claude_code_reads_it(
    front_matter: str, expected: dict[str, object], ends: str
) -> None:
    text = f"---\n{front_matter}\n---\n\nDo it.\n---\nWell.\n".replace("\n", ends)
    fields = {"name": "x", "instructions": "Do it.\n---\nWell."} | expected
    assert read_definition(text, "file") == Subagent.model_validate(fields)


def test_a_file_without_a_front_matter_is_all_instructions() -> None:
    assert read_definition("Do it.\n", "file") == Subagent(name="file", instructions="Do it.")
    assert read_definition("---\nname: x\nDo it.\n", "file").name == "file"


@given(st.text(alphabet=st.sampled_from("-:\n\r \t[]{}'\"&*!%@#,xname\ufeff\0"), max_size=60))
def test_whatever_lies_there_is_read_without_a_complaint(text: str) -> None:
    read_definition(text, "file")
    read_definition(f"---\n{text}\n---\n{text}", "file")


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / ".claude" / "agents"
    (folder / "folder.md").mkdir(parents=True)
    (folder / "gone.md").symlink_to("nowhere")
    (folder / "latin.md").write_bytes(b"---\nname: latin\n---\nCaf\xe9")
    assert set(known_subagents(tmp_path, {})) == {*SHIPPED, "latin"}


def test_only_what_a_plan_names_is_chosen_and_a_name_that_is_not_known_is_refused() -> None:
    plan = Plan(tasks=(Task(id="a", kind="docs"), Task(id="b", subagent="testing"), Task(id="c", kind="docs")))
    assert list(chosen(plan, SHIPPED)) == ["documentation", "testing"]
    with pytest.raises(UsageError, match="task a: subagent: there is none called 'refactor'; did you mean 'refactor"):
        chosen(Plan(tasks=(Task(id="a", subagent="refactor"),)), SHIPPED)
