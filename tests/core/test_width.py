"""The width of a plan: found without trying all sets, and the same as if all had been tried."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.width import width


def plan_of(**depends_on: str) -> Plan:
    return Plan(tasks=tuple(Task(id=name, depends_on=tuple(needs)) for name, needs in depends_on.items()))


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (plan_of(a=""), 1),
        (plan_of(a="", b="a", c="b"), 1),
        (plan_of(a="", b="", c=""), 3),
        (plan_of(a="", b="", c="ab"), 2),
        (plan_of(a="", b="", c="a", d="a"), 3),  # no phase has more than two
        (plan_of(a="", b="", c="a", d="ab", e="b"), 3),
    ],
)
def test_as_many_tasks_as_can_be_under_way_together(plan: Plan, expected: int) -> None:
    assert width(plan) == expected


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names = "abcdefg"[: draw(st.integers(1, 7))]
    needs = [draw(st.sets(st.sampled_from(names[:place]))) if place else set() for place in range(len(names))]
    tasks = [Task(id=name, depends_on=tuple(needs[place])) for place, name in enumerate(names)]
    return Plan(tasks=tuple(draw(st.permutations(tasks))))


@given(plans())
def test_it_is_what_trying_all_sets_finds(plan: Plan) -> None:
    later = {task.id: plan.dependents(task.id) for task in plan.tasks}

    def free(chosen: tuple[str, ...]) -> bool:
        return not any(b in later[a] or a in later[b] for a, b in combinations(chosen, 2))

    best = max(size for size in range(1, len(later) + 1) if any(map(free, combinations(later, size))))
    assert width(plan) == best


def test_a_long_chain_and_a_large_plan_are_no_trouble() -> None:
    names = [f"t{n}" for n in range(2000)]
    chain = Plan(tasks=tuple(Task(id=n, depends_on=tuple(names[max(0, i - 1) : i])) for i, n in enumerate(names[:300])))
    assert width(chain) == 1
    assert width(Plan(tasks=tuple(Task(id=name) for name in names))) == 2000
