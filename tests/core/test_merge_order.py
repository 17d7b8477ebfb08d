"""The order of merges: never against a dependency, the best there is for few tasks, the same answer every time."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.core.merge_order import EXACT, Pair, conflicts_met, merge_order


@pytest.mark.parametrize(
    ("tasks", "conflicts", "order"),
    [
        ("abc", [], "abc"),
        ("abc", ["ab"], "abc"),  # either way one of them meets it: the plan's order stays
        ("abcd", ["ab", "ac", "ad"], "bcda"),  # a is sent back once, instead of three others
        ("abcde", ["ab", "bc", "cd", "de"], "acbed"),
        ("abcd", ["ab", "bc", "cd"], "abdc"),
        ("ab", ["ax", "aa", "ba", "ab"], "ab"),  # who is not here, and twice the same, count for nothing
    ],
)
def test_few_tasks_come_in_the_order_with_the_fewest_conflicts(tasks: str, conflicts: list[str], order: str) -> None:
    pairs = [(pair[0], pair[1]) for pair in conflicts]
    assert "".join(merge_order(tasks, pairs)) == order
    assert conflicts_met(order, pairs) == min(conflicts_met(some, pairs) for some in permutations(tasks))


def test_the_one_that_conflicts_with_all_comes_after_them_unless_they_depend_on_it() -> None:
    star = [("a", "b"), ("a", "c"), ("a", "d")]
    assert conflicts_met(merge_order("abcd", star), star) == 1
    assert conflicts_met("abcd", star) == 3
    assert merge_order("abcd", star, {"b": ["a"], "c": ["a"], "d": ["a"]}) == tuple("abcd")


def test_what_meets_a_conflict_anyway_spoils_nobody_else() -> None:
    assert merge_order("ab", [("a", "b")], behind=["a"]) == ("b", "a")
    assert conflicts_met("ab", [("a", "b")], behind=["a"]) == 2
    assert conflicts_met("ba", [("a", "b")], behind=["a"]) == 1


@pytest.mark.parametrize("more", [0, EXACT])
def test_a_circle_is_an_error(more: int) -> None:
    with pytest.raises(ValueError, match="circle"):
        merge_order(("a", "b", *map(str, range(more))), [], {"a": ["b"], "b": ["a"]})


@st.composite
def questions(draw: st.DrawFn, fewest: int, most: int) -> tuple[str, list[Pair], dict[str, list[str]], list[str]]:
    tasks = "abcdefghijklmnop"[: draw(st.integers(fewest, most))]
    some = st.sampled_from(tasks)
    conflicts = draw(st.lists(st.tuples(some, some).filter(lambda pair: pair[0] != pair[1]), max_size=2 * len(tasks)))
    shuffled = draw(st.permutations(tasks))
    needs = {t: draw(st.lists(st.sampled_from(shuffled[:n]), max_size=1)) for n, t in enumerate(shuffled) if n}
    return tasks, conflicts, needs if draw(st.booleans()) else {}, draw(st.lists(some, max_size=2))


def allowed(order: tuple[str, ...], needs: dict[str, list[str]]) -> bool:
    return all(order.index(need) < order.index(task) for task, wanted in needs.items() for need in wanted)


@given(questions(1, 6))
def test_no_order_that_the_dependencies_allow_is_better(question) -> None:
    tasks, conflicts, needs, behind = question
    found = merge_order(tasks, conflicts, needs, behind)
    orders = [order for order in permutations(tasks) if allowed(order, needs)]
    best = min(conflicts_met(order, conflicts, behind) for order in orders)
    assert found == next(order for order in orders if conflicts_met(order, conflicts, behind) == best)


@given(questions(EXACT + 1, 16))
def test_many_tasks_come_in_an_order_that_the_dependencies_allow_each_once(question) -> None:
    tasks, conflicts, needs, behind = question
    found = merge_order(tasks, conflicts, needs, behind)
    assert sorted(found) == sorted(tasks)
    assert allowed(found, needs)
    assert merge_order(tasks, conflicts, needs, behind) == found
    if not needs and not conflicts and not behind:
        assert found == tuple(tasks)


def test_many_tasks_in_a_star_meet_one_conflict() -> None:
    tasks = "abcdefghijklmnop"
    star = [("a", other) for other in tasks[1:]]
    assert conflicts_met(merge_order(tasks, star), star) == 1
