"""Plan files: what is written is read back as it was, what people write is understood, what is wrong is named."""

import json
from pathlib import Path
from typing import get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.person import Say, say_apart
from tmux_orchestra.cli.plan_files import dump_for, parse_plan
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.plan import PRIORITIES, Kind, Plan, Task

# What YAML, its blocks, and this one writer of it are known to stumble over.
ODD = st.sampled_from(" \t\n\r#:|>-?'\"&*!%@`,[]{}~\x85\u2028\u2029\ufeff\0\x7f\x1b\u200b\U0010ffff")
TEXT = st.text(st.characters(exclude_categories=["Cs"]) | ODD, max_size=12)
NAMES = ("on", "null", "007", "1e3", "2026-01-01", "a")

KINDS: tuple[Kind, ...] = get_args(Kind)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    tasks = []
    for place, name in enumerate(names):
        before = tuple(draw(st.lists(st.sampled_from(names[:place]), unique=True))) if place else ()
        title, prompt, agent, subagent = draw(TEXT), draw(TEXT), draw(TEXT), draw(TEXT)
        reasons, touches = draw(st.dictionaries(TEXT, TEXT, max_size=2)), tuple(draw(st.lists(TEXT, max_size=2)))
        kind, priority = draw(st.sampled_from(KINDS)), draw(st.sampled_from(PRIORITIES))
        tasks.append(
            Task(
                id=name, title=title, prompt=prompt, agent=agent, subagent=subagent, reasons=reasons, touches=touches,
                kind=kind, priority=priority, depends_on=before,
            )
        )  # fmt: skip
    planner = draw(st.none() | st.sampled_from(["rules", "claude"]))
    return Plan(tasks=tuple(tasks), constraints=tuple(draw(st.lists(TEXT, max_size=2))), planner=planner)


@pytest.mark.parametrize("name", ["plan.json", "plan.yaml", "plan.YML"])
@given(request=TEXT, plan=plans())
def test_what_is_written_is_read_back_as_it_was(name: str, request: str, plan: Plan) -> None:
    written = dump_for(Path(name), request, plan)
    assert parse_plan(written, name) == (request, plan)
    assert parse_plan("\ufeff" + written, name) == (request, plan)
    json.loads(written) if name.endswith("json") else yaml.safe_load(written)  # and other programs can read it


def test_yaml_is_for_people(repo: Path, say: Say, tmp_path: Path) -> None:
    saved = tmp_path / "plan.yaml"
    request = "Implement user auth: with\ttabs # and marks, then update the docs. No new dependencies."
    assert say("plan", request, "--save", str(saved)).code == 0
    assert (
        saved.read_text()
        == """\
request: |-
  Implement user auth: with	tabs # and marks, then update the docs. No new dependencies.
constraints:
- No new dependencies.
planner: rules

tasks:
"""
        + saved.read_text().partition("tasks:\n")[2]
    )
    assert "  depends_on: [user-auth]\n" in saved.read_text()
    assert "\n\n- id: " in saved.read_text()
    assert "  prompt: |-\n    Implement user auth: with\ttabs # and marks" in saved.read_text()
    assert "subagent" not in saved.read_text(), "it follows the kind, if that is changed"


def test_yaml_and_other_peoples_words_are_understood(repo: Path, say: Say) -> None:
    text = "- name: user-auth\n  type: bugfix\n- name: api-docs\n  dependencies: [user-auth]\n  agent:\n"
    said = say_apart("plan", "--plan", "-", "--json", cwd=repo, stdin=text)
    tasks = json.loads(said.out)["tasks"]
    assert [(t["id"], t["kind"], t["depends_on"]) for t in tasks] == [
        ("user-auth", "bugfix", []),
        ("api-docs", "feature", ["user-auth"]),
    ]
    with_tabs = '{"tasks":\n\t[\n\t\t{"name": "a"}\n\t]}'
    assert json.loads(say("plan", "--plan", with_tabs, "--json").out)["tasks"][0]["id"] == "a"


@pytest.mark.parametrize("name", sorted({*NAMES} - {"null"}))
def test_a_plain_word_is_the_text_that_was_typed(name: str) -> None:
    _, plan = parse_plan(
        f"- name: {name}\n  title: yes\n  prompt: 1_000\n- name: b\n  depends_on: [{name}, {name}]\n", ""
    )
    assert (plan[name].title, plan[name].prompt, plan["b"].depends_on) == ("yes", "1_000", (name,))


def test_line_ends_and_marks_of_other_systems_are_no_part_of_a_text() -> None:
    _, plan = parse_plan("\ufeffrequest: x\r\ntasks:\r\n- name: a\r\n  prompt: |\r\n    one\r\n    two\r\n", "")
    assert plan["a"].prompt == "one\ntwo\n"


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
        ('[{"name": "api", "depends_on": "db"}]', ("task api: depends_on",)),
        ('[{"name": "api", "depends_on": ["dbs"]}, {"name": "db"}]', ("'api'", "'dbs'", "did you mean 'db'")),
        ('[{"name": "api"}, {"name": "api"}]', ("two tasks have the id 'api'",)),
        ('[{"name": "api", "depends_on": ["api"]}]', ("dependency cycle: api -> api",)),
        ('[{"name": "a", "depends_on": ["b"]}, {"name": "b", "depends_on": ["a"]}]', ("a -> b -> a",)),
        ('[{"name": "api", "deps": []}]', ("task api: deps: there is no such field (did you mean 'depends_on'?)",)),
        ('[{"name": "api", "id": "b"}]', ("task b: name: it is there twice: id and name mean the same",)),
        (
            '[{"name": "a", "kind": "x"}, {"name": "b", "touches": "y"}]',
            ("task a: kind", "task b: touches: it must be"),
        ),
        ('["api"]', ("task 1: it must be a task, such as {name: user-auth}",)),
        ('{"tasks": [{"name": "a"}], "constraint": []}', ("constraint: there is no such field (did you mean 'const",)),
        ('{"tasks": [{"name": "a"}], "request": 3}', ("request: it must be a text",)),
        ("[" * 5000, ("neither JSON nor YAML",)),
    ],
)
def test_a_wrong_plan_names_the_task_and_the_field(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as refused:
        parse_plan(text, "the plan")
    for word in words:
        assert word in refused.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- name: a\n  prompt: x\n  prompt: y\n", "'prompt' is there twice (line 3)"),
        ("- name: a\n  prompt: fix: it\n", "not allowed here (line 2)"),
        ("- name: a\n---\n- name: b\n", "another document"),
        ("- name: &a [*b]\n", "undefined alias"),
        ("- name: !!python/object:os.system x\n", "could not determine a constructor"),
        ("&a [*a]", "task 1: it must be a task"),
    ],
)
def test_wrong_yaml_names_the_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_plan(text, "the plan")
    assert words in refused.value.message


def test_a_wrong_plan_is_refused_in_three_lines(repo: Path, untouched: None, say: Say) -> None:
    say("plan", "--plan", '[{"name": "api", "kind": "magic"}]').refused(2, "the plan: task api: kind", "'feature'")
    say("start", "--plan", "no-such-file").refused(2, "cannot read the plan in no-such-file")
