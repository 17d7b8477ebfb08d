"""Plans: what cannot be carried out is refused, with the name of what is wrong."""

import json
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tmux_orchestra.core.plan import SUBAGENTS, Kind, Plan, Task, find_cycle


def plan(**depends_on: tuple[str, ...]) -> Plan:
    return Plan(tasks=tuple(Task(id=name, depends_on=needs) for name, needs in depends_on.items()))


def test_a_cycle_is_named_in_the_order_of_waiting() -> None:
    with pytest.raises(ValidationError, match=r"dependency cycle: (a -> b -> a|b -> a -> b)"):
        plan(a=("b",), b=("a",), c=())


def test_a_longer_cycle_is_told_step_by_step() -> None:
    depends_on = {"a": ("c",), "b": ("a",), "c": ("b",)}
    cycle = find_cycle(depends_on)
    assert cycle[0] == cycle[-1]
    assert len(cycle) == 4
    assert all(after in depends_on[before] for before, after in pairwise(cycle))


def test_a_task_that_waits_for_itself_is_a_cycle() -> None:
    with pytest.raises(ValidationError, match="dependency cycle: a -> a"):
        plan(a=("a",))


def test_an_unknown_dependency_is_named_with_what_was_probably_meant() -> None:
    with pytest.raises(
        ValidationError, match=r"task 'docs' depends_on unknown task 'paymnts' \(did you mean 'payments'"
    ):
        plan(payments=(), docs=("paymnts",))


def test_an_unknown_dependency_that_resembles_nothing_is_only_named() -> None:
    with pytest.raises(ValidationError) as refused:
        plan(payments=(), docs=("zz",))
    assert "unknown task 'zz'" in str(refused.value)
    assert "did you mean" not in str(refused.value)


def test_two_tasks_of_one_id_are_refused() -> None:
    with pytest.raises(ValidationError, match="two tasks have the id 'a'"):
        Plan(tasks=(Task(id="a"), Task(id="a")))


def test_all_that_is_wrong_with_the_graph_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Plan(tasks=(Task(id="a", depends_on=("x",)), Task(id="a", depends_on=("y",))))
    assert "two tasks have the id 'a'" in str(refused.value)
    assert all(f"unknown task '{name}'" in str(refused.value) for name in "xy")


def test_a_plan_without_a_task_is_refused() -> None:
    with pytest.raises(ValidationError, match="tasks"):
        Plan(tasks=())


@pytest.mark.parametrize("name", ["", "-x", "A", "ü", "a b", "a/b", "a.b", "_integration", "a;b", "a\n", "x" * 51])
def test_an_id_that_could_be_no_branch_folder_or_window_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Task(id=name)


def test_other_words_for_the_same_fields_are_understood() -> None:
    text = '{"tasks": [{"name": "a", "type": "bugfix"}, {"name": "b", "dependencies": ["a"]}], "more": 1}'
    assert Plan.model_validate_json(text) == Plan(tasks=(Task(id="a", kind="bugfix"), Task(id="b", depends_on=("a",))))


def test_a_kind_may_be_called_by_its_subagents_name_and_a_task_by_its_kind() -> None:
    assert Task.model_validate({"name": "a", "type": "documentation"}).kind == "docs"
    assert [Task(id=name).kind for name in ("testing", "docs", "bug", "user-docs")] == [
        "test",
        "docs",
        "bugfix",
        "feature",
    ]
    assert Task(id="docs", kind="feature").subagent == "feature-development"


def test_a_misspelt_field_is_refused_and_named() -> None:
    with pytest.raises(ValidationError, match="depend_on"):
        Plan.model_validate({"tasks": [{"id": "a", "depend_on": []}]})


def test_only_a_name_is_needed_and_speaks_for_the_rest() -> None:
    task = Task(id="fix-payment-bugs")
    assert (task.title, task.prompt) == ("fix payment bugs", "fix payment bugs")
    assert Task(id="a", prompt="\nDo this.\nThen that.").title == "Do this."
    assert Task(id="a", title=" ", prompt="\n").prompt == "a"


def test_the_kind_chooses_the_subagent_unless_one_is_named() -> None:
    assert set(SUBAGENTS) == set(get_args(Kind))
    assert Task.model_validate({"name": "a", "type": "docs"}).subagent == "documentation"
    assert Task(id="a", kind="docs", subagent="poet").subagent == "poet"


def test_a_plan_that_was_saved_is_the_same_plan() -> None:
    saved = plan(a=(), b=("a",))
    assert Plan.model_validate(json.loads(saved.model_dump_json())) == saved


def test_phases_hold_what_can_go_on_at_once_in_the_order_of_mention() -> None:
    assert plan(d=("c",), b=(), a=(), c=("a", "b")).phases() == (("b", "a"), ("c",), ("d",))


def test_dependents_are_found_through_others() -> None:
    chain = plan(a=(), b=("a",), c=("b",), x=())
    assert chain.dependents("a") == {"b", "c"}
    assert chain.dependents("x") == set()


def test_a_task_is_had_by_its_id() -> None:
    assert plan(a=(), b=("a",))["b"].depends_on == ("a",)
    with pytest.raises(KeyError):
        plan(a=())["z"]


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef"), max_size=3), max_size=6))
def test_a_cycle_is_found_exactly_where_there_is_one(depends_on: dict[str, set[str]]) -> None:
    cycle = find_cycle(depends_on)
    assert all(after in depends_on[before] for before, after in pairwise(cycle))
    if cycle:
        assert cycle[0] == cycle[-1]
        return
    done: set[str] = set()
    for _ in range(7):
        done |= {node for node in "abcdef" if depends_on.get(node, set()) <= done}
    assert done == set("abcdef")
