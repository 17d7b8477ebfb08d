"""Layouts: tmuxp's short forms become one full form, and one pane is the agent's."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tmux_orchestra.core.layout import ARRANGEMENTS, Layout, PaneLayout, WindowLayout, expand

FILES = Path(__file__).parent / "layouts"


def load(name: str) -> Layout:
    return expand(yaml.safe_load((FILES / name).read_text()))


def commands(window: WindowLayout) -> list[tuple[str, ...]]:
    return [pane.commands for pane in window.panes]


@pytest.mark.parametrize("file", [file.name for file in FILES.iterdir()])
def test_every_file_loads_and_the_full_form_means_the_same(file: str) -> None:
    layout = load(file)
    assert Layout.model_validate(layout.model_dump()) == layout
    assert 0 <= layout.task_window.agent_pane < len(layout.task_window.panes)


def test_a_pane_is_a_line_a_list_or_a_mapping() -> None:
    assert commands(load("shorthand.yaml").windows[0]) == [
        ("uptime",),
        ("date", "uname"),
        ("free",),
        ("df", "du"),
        ("ps",),
    ]


def test_all_blank_panes_have_no_command() -> None:
    first, second, third = load("blank.yaml").windows
    assert set(commands(first)) == {()}
    assert len(first.panes) == 8
    assert (first.focused_pane, first.panes[7].start_directory) == (6, "docs")
    assert second.panes == third.panes == (PaneLayout(),)


def test_what_session_and_window_say_holds_for_their_panes() -> None:
    window = load("inherited.yaml").windows[0]
    before = ("set -u", ". venv/bin/activate")
    assert commands(window) == [
        (*before, "make watch"),
        (*before, "tail -f syslog"),
        before,
        (*before, "agent"),
    ]
    assert [p.start_directory for p in window.panes] == ["~/src/app", "/var/log", "~/src/app/./docs", "~/src/app"]
    assert window.panes[0].environment == {"EDITOR": "vi", "LEVEL": "pane", "PORT": "8080"}
    assert window.panes[1].environment == {"EDITOR": "vi", "LEVEL": "window"}
    assert window.options == {"main-pane-height": "30", "synchronize-panes": "on", "monitor-activity": "off"}
    assert window.agent_pane == window.focused_pane == 3


def test_the_tasks_window_is_the_one_with_the_agent() -> None:
    layout = load("focus.yaml")
    assert layout.task_window is layout.windows[1]
    assert (layout.task_window.agent_pane, layout.task_window.focused_pane) == (1, 2)


def test_without_an_agent_pane_the_first_one_is_the_agents() -> None:
    layout = load("shorthand.yaml")
    assert layout.task_window is layout.windows[0]
    assert layout.task_window.agent_pane == layout.task_window.focused_pane == 0


def test_what_is_only_typed_for_the_person_does_not_run() -> None:
    assert commands(load("not-entered.yaml").windows[0]) == [(), ("echo run",), ("top",), ("1 + 1",)]


def test_placeholders_are_filled_with_quoted_words_and_other_braces_are_left_alone() -> None:
    filled = load("braces.json").fill(task="api", worktree="/it's here", branch="orchestra/r/api")
    window = filled.windows[0]
    assert window.window_name == "api on orchestra/r/api"
    assert window.panes[1].commands == (
        """cd '/it'"'"'s here' && awk '{print $1}' ${task} ${branch:-x} orchestra/r/api {unknown} {api} {a,b}""",
    )
    assert window.panes[1].start_directory == "/it's here/docs"
    assert window.panes[1].environment == {"TASK": "api"}


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    layout = expand({"windows": [{"panes": ["agent", "echo {task} {branch}"]}]})
    assert layout.fill(task="{branch}", worktree="", branch="b").windows[0].panes[1].commands == ("echo '{branch}' b",)


@pytest.mark.parametrize("name", [*ARRANGEMENTS, "b25f,80x24,0,0{40x24,0,0,0,39x24,41,0,1}", ""])
def test_a_windows_layout_is_a_name_or_a_string_of_tmux(name: str) -> None:
    assert expand({"windows": [{"layout": name}]}).windows[0].layout == name


def test_a_mirrored_layout_becomes_one_that_every_tmux_has() -> None:
    assert load("focus.yaml").windows[1].layout == "main-vertical"


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (None, "layout"),
        ("text", "layout"),
        ([], "layout"),
        ({}, "windows"),
        ({"windows": None}, "windows"),
        ({"windows": "one"}, "windows"),
        ({"windows": ["one"]}, "windows.0"),
        ({"windows": [{"panes": "agent"}]}, "windows.0.panes"),
        ({"windows": [{"layout": "pretty"}]}, "windows.0.layout"),
        ({"windows": [{"layout": "main-v"}]}, "windows.0.layout"),
        ({"windows": [{"options": ["a"]}]}, "windows.0.options"),
        ({"windows": [{"panes": [{"environment": "A=1"}]}]}, "windows.0.panes.0.environment"),
        ({"windows": [{"panes": ["agent", "agent"]}]}, "windows"),
        ({"windows": [{"panes": ["agent"]}, {"panes": [["agent"]]}]}, "windows"),
    ],
)
def test_what_cannot_be_built_is_refused_with_its_place(written: Any, place: str) -> None:
    with pytest.raises(ValueError, match=rf"^{place}:"):
        expand(written)
