"""What a person sees before agreeing: the exact text at three widths, whatever a plan holds, and nothing harmful."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.views.showing import WIDTHS, compare, shown
from tmux_orchestra.core.estimate import Footprint, resources
from tmux_orchestra.core.measures import Measures, Peak, Stint
from tmux_orchestra.core.plan import PRIORITIES, Plan, Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.planners import rules
from tmux_orchestra.planners.checks import Check
from tmux_orchestra.views.plan import plan_view
from tmux_orchestra.views.prospect import Prospect

FOOTPRINTS = {"claude": Footprint(bytes=300_000_000, where="Claude Code 2.1")}
EARLIER = Measures(
    stints=tuple(
        Stint(run=f"r{n % 3}", agent="claude", kind=kind, seconds=60.0 * (n + 2))
        for n, kind in enumerate(("feature", "infra", "docs", "test", "feature", "feature", "infra"))
    ),
    peaks=tuple(Peak(agent="claude", bytes=n * 1_000_000) for n in (301, 333, 412)),
)
LONG = "an-id-that-goes-on-until-it-has-all-fifty-letters-"[:50].rstrip("-")
MANY = tuple(Task(id=f"part-{n}", title=f"Write part {n}") for n in range(1, 29))


def prospect(plan: Plan, measures: Measures | None = None, size: int | None = 1_500_000, **fields: Any) -> Prospect:
    chosen = Settings(**fields.pop("settings", {}))
    taken = resources(plan, chosen, measures or Measures(), FOOTPRINTS, size)
    return Prospect(settings=chosen, resources=taken, **{"target": "main", **fields})


def plan(request: str) -> Plan:
    return rules.plan(request)


SIMPLE = plan("Implement user auth, fix payment bugs, update API docs. Don't touch billing.")
RICH = plan(
    "Design the invoice table, add an invoice endpoint, build the invoice list page (urgent), write the user guide. "
    "Once the guide is written, deploy everything to production. Keep the public API as it is; no new dependencies."
)
ODD = Plan(
    tasks=(
        Task(id=LONG, title="請求書の一覧ページを作成し、" * 8, kind="performance", priority="critical"),
        Task(id="ship", title="🚀 ship it 🎉 " * 6, depends_on=(LONG,), agent="rehearsal", subagent="release"),
        Task(id="x", title="x " * 200, kind="docs", priority="low", touches=("a.py", "b.py", "c/", "d/", "e/", "f/")),
        Task(id="y", depends_on=("x", "ship"), reasons={"x": "stated: after x", "ship": "stated: " + "and then " * 20}),
    ),
    constraints=("keep it fast " * 12, "no new dependencies"),
)
LARGE = Plan(
    tasks=(
        *MANY,
        Task(id="tests", kind="test", depends_on=("part-1", "part-2"), reasons={"part-1": "stated: then"}),
        Task(
            id="release", kind="infra", depends_on=(*(t.id for t in MANY), "tests"),
            reasons=dict.fromkeys((*(t.id for t in MANY), "tests"), "implied: ships what the others make"),
        ),
    )
)  # fmt: skip
CASES: dict[str, tuple[Plan, Prospect]] = {
    "simple": (SIMPLE, prospect(SIMPLE, checks=(Check("python3 -m unittest -q", "tests/test_shop.py"),), dirty=True)),
    "rich": (
        RICH,
        prospect(RICH, EARLIER, 2 * 10**9, checks=(Check("npm test", "package.json"),), memory_free=4 * 10**8,
                 disk_free=10**10),
    ),
    "odd": (
        ODD,
        prospect(
            ODD, checks=(Check("make test", "Makefile"), Check("ruff check", "as asked for")), target=None,
            settings={
                "base": "v1.2", "setup": "npm ci", "allow": ("Bash(npm install:*)",), "budget_usd": 2.5,
                "dangerously_skip_permissions": True,
            },
        ),
    ),
    "large": (LARGE, prospect(LARGE, settings={"merge": "each"})),
    "nowhere": (SIMPLE, prospect(SIMPLE, size=None, target=None, inside=False)),
}  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_exactly_this(name: str, width: int) -> None:
    compare(f"plan-{name}-{width}", shown(plan_view(*CASES[name], width), width))


@pytest.mark.parametrize("width", [30, 40, *WIDTHS, 250])
@pytest.mark.parametrize("name", CASES)
def test_no_line_is_wider_than_the_terminal_and_every_id_is_whole(name: str, width: int) -> None:
    text = shown(plan_view(*CASES[name], width), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    if width >= 60:
        assert {task.id for task in CASES[name][0].tasks} <= set(text.split())


@pytest.mark.parametrize(
    ("chosen", "fields", "end"),
    [
        ({}, {"checks": (Check("true", ""),)}, "merged into main, if the checks are green on the merged tree"),
        ({}, {}, "merged into main, untested"),
        ({"merge": "each"}, {}, "merged into main after every task, untested"),
        ({"merge": "manual"}, {}, "main is left alone; the result stays on a branch of its own"),
        ({"agent": "rehearsal"}, {}, "main is left alone; the result stays on a branch of its own"),
        ({"agent": "rehearsal", "merge": "auto"}, {}, "merged into main, untested"),
        ({}, {"target": None}, "no branch is checked out here"),
    ],
)
def test_it_says_what_becomes_of_the_persons_branch(chosen: dict[str, Any], fields: dict[str, Any], end: str) -> None:
    assert f"at the end: {end}" in shown(plan_view(SIMPLE, prospect(SIMPLE, settings=chosen, **fields), 140), 140)


def test_asking_for_no_checks_is_not_the_same_as_finding_none() -> None:
    assert "check:      none found" in shown(plan_view(SIMPLE, prospect(SIMPLE), 140), 140)
    chosen = prospect(SIMPLE, settings={"checks": ()})
    assert "check:      none, as asked for" in shown(plan_view(SIMPLE, chosen, 140), 140)


NASTY = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\r\n\x08\x9b31m\u202eevil\u2066 [bold]not markup[/] \U000e0041"


def test_nothing_in_a_plan_or_in_the_settings_reaches_the_terminal_as_anything_but_text() -> None:
    task = Task(id="a", title=NASTY, agent=NASTY, subagent=NASTY, touches=(NASTY,))
    nasty = Plan(tasks=(task, Task(id="b", depends_on=("a",), reasons={"a": NASTY})), constraints=(NASTY,))
    said = {"setup": NASTY, "base": NASTY, "allow": (NASTY,), "agent": NASTY}
    text = shown(
        plan_view(nasty, prospect(nasty, checks=(Check(NASTY, NASTY),), target=NASTY, settings=said), 100), 100
    )
    assert [c for c in text.replace("\n", "") if not c.isprintable()] == []
    assert "[bold]" in text, "it is not markup of ours either"


TEXTS = st.text(st.characters(), max_size=120)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.from_regex(r"[a-z0-9][a-z0-9-]{0,49}", fullmatch=True), TEXTS, st.sampled_from(PRIORITIES)),
             min_size=1, max_size=6, unique_by=lambda row: row[0]),
    st.lists(TEXTS, max_size=3),
    st.integers(20, 160),
)  # fmt: skip
def test_any_plan_fits_any_terminal(rows: list[tuple[str, str, Any]], told: list[str], width: int) -> None:
    names = [name for name, _, _ in rows]
    tasks = tuple(
        Task(id=name, title=title, priority=priority, depends_on=tuple(names[:place]), reasons={names[0]: title},
             touches=(title,))
        for place, (name, title, priority) in enumerate(rows)
    )  # fmt: skip
    whole = Plan(tasks=tasks, constraints=tuple(told))
    text = shown(plan_view(whole, prospect(whole), width), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert [c for c in text.replace("\n", "") if not c.isprintable()] == []
