"""Reading the plan that a model answered: harmless slips are put right, everything else is named, nothing crashes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.core.plan import Plan
from tmux_orchestra.planners import DependencyCycle, NoTaskFound, rules
from tmux_orchestra.planners.claude_answer import ASKED, Unusable, draft, read, schema

ROOT = "/srv/shop"
REQUESTS = [
    json.loads(line)["request"] for line in (Path(__file__).parent / "benchmark" / "own.jsonl").read_text().splitlines()
]

ANY_TEXT = st.text(st.characters(), max_size=20)  # halves of surrogate pairs included: JSON can bring them
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)
VALUES = JSON | st.sampled_from(["a", "b", "User Auth", "status", "bugfix", "low", ["a", "b"], {"a": "why"}, "../x"])
ANSWERS = st.fixed_dictionaries(
    {"tasks": st.lists(st.dictionaries(st.sampled_from([*ASKED, "agent"]), VALUES) | JSON, max_size=4) | JSON},
    optional={"constraints": JSON},
)


def task(name: str, **more: Any) -> dict[str, Any]:
    asked = {"title": "T", "kind": "feature", "priority": "normal", "prompt": "do it", "depends_on": [], "touches": []}
    return {"id": name, **asked, "reasons": {}, **more}


def answer(*tasks: Any) -> Plan:
    return read({"tasks": list(tasks), "constraints": []}, ROOT)


def refused(*tasks: Any) -> tuple[str, ...]:
    with pytest.raises(Unusable) as raised:
        answer(*tasks)
    return raised.value.faults


def test_the_schema_is_the_plans_own_less_what_is_not_the_models_to_say() -> None:
    asked = schema()["properties"]["tasks"]["items"]
    assert set(asked["properties"]) == set(asked["required"]) == set(ASKED)
    assert asked["properties"]["kind"] == {"enum": list(_kinds()), "type": "string"}
    assert asked["properties"]["depends_on"] == {"type": "array", "items": {"type": "string"}}
    assert "$ref" not in json.dumps(schema())
    assert not asked["additionalProperties"]


def _kinds() -> Any:
    return Plan.model_json_schema()["$defs"]["Task"]["properties"]["kind"]["enum"]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_draft_that_is_sent_back_unchanged_is_the_same_plan(request_: str) -> None:
    try:
        made = rules.plan(request_)
    except (NoTaskFound, DependencyCycle):
        return
    assert read(draft(made), ROOT) == made.model_copy(update={"planner": "claude"})


@given(ANSWERS | JSON)
def test_any_answer_at_all_is_a_plan_or_is_refused_with_reasons(said: Any) -> None:
    try:
        made = read(said, ROOT)
    except NoTaskFound:
        assert said["tasks"] == []
    except Unusable as unusable:
        assert unusable.faults  # noqa: PT017 - one of three ends that are all fine
    else:
        assert made.planner == "claude"
        assert json.dumps(made.model_dump(), ensure_ascii=False).encode(), "it can be written down"


def test_an_id_is_made_one_and_whoever_means_it_is_understood() -> None:
    made = answer(
        task("User Auth"),
        task("API_docs", depends_on=["user-auth", "User Auth"], reasons={"User Auth": "implied: x", "else": "y"}),
        task("status", depends_on=["API docs"]),
    )
    assert [(t.id, t.depends_on) for t in made.tasks] == [
        ("user-auth", ()),
        ("api-docs", ("user-auth",)),
        ("status-task", ("api-docs",)),
    ]
    assert made["api-docs"].reasons == {"user-auth": "implied: x"}


def test_what_waits_for_itself_waits_for_nothing() -> None:
    assert answer(task("a", depends_on=["a"], reasons={"a": "why"})).tasks[0].depends_on == ()


def test_titles_are_one_line_and_texts_cannot_drive_a_terminal() -> None:
    made = answer(task("a", title="two\nlines \x1b[31m" + "more " * 20, prompt="one\x1b]0;title\x07\n\ttwo"))
    assert made.tasks[0].title.startswith("Two lines more")
    assert len(made.tasks[0].title) <= 80
    assert made.tasks[0].prompt == "one\n\ttwo"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        *(("src/a.py", "src/a.py"), ("./src/a.py", "src/a.py"), ("/srv/shop/src/a.py", "src/a.py"), ("src/", "src")),
        *(("/etc/passwd", None), ("../other/a.py", None), ("/srv/shop", None), (".", None), ("", None)),
    ],
)
def test_paths_are_from_the_repositorys_top_and_none_leads_out_of_it(path: str, kept: str | None) -> None:
    assert answer(task("a", touches=[path, path])).tasks[0].touches == ((kept,) if kept else ())


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ([task("a", depends_on=["b"]), task("b", depends_on=["a"])], "dependency cycle: "),
        ([task("payments"), task("docs", depends_on=["paymnts"])], "unknown task 'paymnts' (did you mean 'payments'?)"),
        ([task("a b"), task("a_b")], "two tasks have the id 'a-b'"),
        ([task("a", kind="magic")], "task a: kind: input should be 'feature'"),
        ([task("a", priority=3)], "task a: priority"),
        ([task("a", depends_on="b")], "task a: depends_on"),
        ([task("a", agent="other")], "task a: 'agent' is none of its fields"),
        ([task("???")], "task ???: id: '???' must be lower-case letters"),
        ([{"title": "x"}], "task 1: id: it is missing"),
        (["do it"], "task 1: "),
        ([task("a", prompt="\ud800")], ""),
    ],
)
def test_what_is_wrong_is_told_by_task_and_field(tasks: list[Any], words: str) -> None:
    if words:
        assert words in "\n".join(refused(*tasks))
    else:
        answer(*tasks)


def test_all_faults_are_told_at_once_for_there_is_one_more_chance() -> None:
    assert len(refused(task("a", kind="x", priority="y"), task("b", depends_on=3))) == 3
    assert len(refused(*(task(f"t{n}", kind="x") for n in range(99)))) == 10


@pytest.mark.parametrize("nothing", [None, {}, [], "a plan", {"tasks": None}, {"tasks": {"a": 1}}])
def test_no_list_of_tasks_is_no_plan(nothing: Any) -> None:
    with pytest.raises(Unusable, match="no list of tasks"):
        read(nothing, ROOT)


def test_an_empty_list_means_that_there_is_nothing_to_do() -> None:
    with pytest.raises(NoTaskFound):
        answer()
