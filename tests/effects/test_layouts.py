"""Layout files: found by name or path; a wrong one is told in three lines."""

from pathlib import Path

import pytest

from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.effects.layouts import known_layouts, load_layout


def test_the_shipped_layouts_are_known_by_name() -> None:
    assert list(known_layouts()) == ["compact", "default", "review"]


@pytest.mark.parametrize(("name", "panes"), [("default", 1), ("review", 3), ("compact", 4)])
def test_a_shipped_layout_gives_the_agent_a_pane(name: str, panes: int) -> None:
    window = load_layout(name).task_window
    assert len(window.panes) == panes
    assert window.panes[window.agent_pane].is_agent


def test_a_persons_own_file_is_read_by_its_path(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("windows:\n- panes:\n  - agent\n  - htop\n")
    (home / "mine.json").write_text('{\n\t"windows": [{"panes": ["agent", "htop"]}]\n}')
    assert load_layout(str(tmp_path / "mine.yaml")) == load_layout("~/mine.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"windows: [", "cannot read"),
        (b"\xff\xfe\xff", "cannot read"),
        (b"just text", "expected `name: value` lines"),
        (b"session_name: x", "windows: missing"),
        (b"windows:\n- panes: {a: b}", "windows.0.panes: expected a list"),
        (b"windows:\n- layout: pretty\n", "windows.0.layout: 'pretty' is none of"),
        (b"!!python/object/apply:os.system ['touch bad']", "cannot read"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_what_there_is_instead(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "wrong.yaml").write_bytes(content)
    with pytest.raises(UsageError, match="layout") as refused:
        load_layout(str(tmp_path / "wrong.yaml"))
    assert said in refused.value.message
    assert "default" in refused.value.hint
    assert not list(Path.cwd().glob("bad"))


@pytest.mark.parametrize("name", ["unknown", "", ".", "/no/such/file.yaml"])
def test_a_layout_that_is_not_there_names_those_that_are(name: str) -> None:
    with pytest.raises(UsageError, match="there is no layout") as refused:
        load_layout(name)
    assert "compact, default, review" in refused.value.hint


def test_a_json_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text("{")
    with pytest.raises(UsageError, match="cannot read"):
        load_layout(str(tmp_path / "wrong.json"))
