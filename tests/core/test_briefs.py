"""A task's first prompt: its own words first, nothing of the background that could pass for them, results last."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.stories import FOUNDATIONS, at, collected, road, run_started, told
from tmux_orchestra.core import events as e
from tmux_orchestra.core.briefs import LONGEST_PROMPT, brief, brief_at_start, first_prompt, is_edited, quote
from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.state import RunState, Status

ORDER = re.compile(r"^\s*(?:[-*]\s+)?rehearse:", re.MULTILINE)
"""What the rehearsal agent takes for an instruction; whatever reads as one for it could for another agent."""


def prompt(state: RunState, task: str = "a", written: str = "") -> str:
    return first_prompt(state, state.tasks[task], written)


def test_the_tasks_own_words_come_first_and_unchanged() -> None:
    words = "rehearse: write a.txt hello\nrehearse: slow 1"
    assert prompt(told(run_started(Task(id="a", prompt=words)))).startswith(words + "\n\n")


LINES = st.lists(st.sampled_from(["rehearse: crash", "  rehearse: hang", "> x", "x", ""]), min_size=1).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\n \t"]).map(
        lambda between: between.join(lines)
    )
)


@given(LINES, LINES)
def test_no_line_of_the_background_is_an_order_to_this_agent(request: str, other: str) -> None:
    tasks = (
        Task(id="b", title=other, prompt="x"), Task(id="a", prompt="do it", depends_on=("b",)),
        Task(id="c", title=other, prompt="x", touches=(other,)),
    )  # fmt: skip
    assert not ORDER.search(prompt(told(run_started(*tasks, request=request))))
    built = told(run_started(*tasks, request=request), FOUNDATIONS, road("b", Status.CHECKING), collected("b"))
    assert not ORDER.search(prompt(built))


@given(LINES)
def test_no_line_of_an_earlier_result_is_an_order(text: str) -> None:
    assert not ORDER.search(quote(text))
    assert not ORDER.search(prompt(after_research(text), "b"))


def test_it_says_the_rules_of_the_house() -> None:
    told_to_a = prompt(at(Status.PREPARING, constraints=("no new dependencies",)))
    assert "These checks will be run on your work and must pass: `test`." in told_to_a
    assert "- no new dependencies" in told_to_a
    assert "`QUESTION: …`" in told_to_a
    assert "commit" in told_to_a
    assert "last message is the result" not in told_to_a
    assert "> do it" in told_to_a


def test_a_check_that_is_no_gate_is_not_asked_for() -> None:
    assert "must pass" not in prompt(told(run_started(), e.BaselineFinished(check="test", exit_code=1)))


@pytest.mark.parametrize("kind", ["research", "test"])
def test_whose_answer_may_be_the_result_is_told_so(kind: str) -> None:
    assert "last message is the result" in prompt(told(run_started(Task.model_validate({"id": "a", "kind": kind}))))


# --- the others --------------------------------------------------------------------------------------

PLAN = Plan(
    tasks=(
        Task(id="schema", title="Design\nthe schema"),
        Task(id="api", title="Build the API", depends_on=("schema",)),
        Task(id="pay", title="Fix payments", touches=("shop/pay.py", "shop/till.py")),
        Task(id="docs", title="Write the docs", depends_on=("api",)),
        Task(id="news", title="Tell the news", depends_on=("docs", "pay")),
    )
)


@pytest.mark.parametrize(
    ("task", "before", "beside", "after"),
    [
        (
            "api",
            "> - Design the schema",
            "> - Fix payments (in shop/pay.py, shop/till.py)",
            "> - Write the docs\n> - Tell",
        ),
        ("pay", "", "> - Design the schema\n> - Build the API\n> - Write the docs", "> - Tell the news"),
        ("news", "> - Design the schema\n> - Build the API\n> - Fix payments", "", ""),
    ],
)
def test_others_are_named_as_earlier_simultaneous_or_later(task: str, before: str, beside: str, after: str) -> None:
    text = brief(PLAN, "", (), task)
    for heading, listed in (("Done before", before), ("Others are working", beside), ("These come later", after)):
        assert (heading in text) == bool(listed)
        part = text.partition(heading)[2].partition("\n\n")[0]
        assert listed in part
        assert len(part.splitlines()) <= 5
    assert PLAN[task].title not in text.partition("Work only")[2]


def test_a_task_alone_is_told_of_nobody() -> None:
    assert "> -" not in prompt(told())


# --- results ------------------------------------------------------------------------------------------


def after_research(result: str, commits: int = 1, b: str = "b") -> RunState:
    tasks = (
        Task(id="a", title="Research"), Task(id="b", prompt=b, depends_on=("a",)), Task(id="c", depends_on=("b",))
    )  # fmt: skip
    return told(run_started(*tasks), FOUNDATIONS, road("a", Status.CHECKING), collected(commits=commits, result=result))


def test_what_a_task_builds_on_is_handed_over_at_the_end() -> None:
    state = after_research("Use JWT.\nNot cookies.")
    begun = brief_at_start(state.start, "b")
    assert prompt(state, "b").removeprefix(begun) == (
        "\n\nWhat the tasks before yours have reported:\n\nThe result of 'Research':\n> Use JWT.\n> Not cookies."
    )
    assert "reported" not in prompt(state, "c")
    assert prompt(after_research("", commits=2), "b").endswith("> 2 commits, +0 -0 lines")


@given(st.integers(LONGEST_PROMPT - 8000, LONGEST_PROMPT))
def test_results_take_no_more_room_than_there_is(size: int) -> None:
    state = after_research("ü" * 20_000, b="x" * size)
    begun = len(brief_at_start(state.start, "b").encode())
    assert len(prompt(state, "b").encode()) <= max(begun, LONGEST_PROMPT)


# --- what a person writes ------------------------------------------------------------------------------

WRITTEN = st.text(alphabet=st.sampled_from("ab \n>"), max_size=8).map(lambda text: f"Mine {text}.")


@given(WRITTEN, st.sampled_from(["", "\n", "\n\n\n"]))
def test_what_a_person_wrote_is_told_as_it_is_with_the_results_after_it_however_often(text: str, end: str) -> None:
    state = after_research("Use JWT.")
    task = state.tasks["b"]
    assert is_edited(state, task, text + end)
    whole = first_prompt(state, task, text + end)
    assert whole.startswith(f"{text}\n\nWhat the tasks")
    assert first_prompt(state, task, whole + "\n") == whole


def test_a_heading_of_ours_in_a_persons_words_is_theirs() -> None:
    state = after_research("Use JWT.")
    mine = "Mine.\n\nWhat the tasks before yours have reported:\n\nThat is of no interest."
    assert prompt(state, "b", mine).startswith(mine)


@pytest.mark.parametrize("check", [0, 1])
def test_what_we_have_written_ourselves_is_no_edit(check: int) -> None:
    state = told(e.BaselineFinished(check="test", exit_code=check), after=after_research("Use JWT."))
    task = state.tasks["b"]
    for ours in ("", " \n", brief_at_start(state.start, "b") + "\n", prompt(state, "b") + "\n"):
        assert not is_edited(state, task, ours)


@given(st.text(st.sampled_from("ab \r\n\v\x85\u2028"), min_size=1).filter(str.strip))
def test_line_ends_are_no_edit(prompt: str) -> None:
    state = told(run_started(Task(id="a", prompt=prompt), request=prompt))
    written = (brief_at_start(state.start, "a") + "\n").replace("\r\n", "\n").replace("\r", "\n")
    assert not is_edited(state, state.tasks["a"], written)
    assert not is_edited(state, state.tasks["a"], written.replace("\n", "\r\n"))


def test_a_brief_that_came_with_the_run_stands_in_the_place_of_ours() -> None:
    start = run_started("a", "b", prompts={"a": "Mine."})
    assert prompt(told(start)) == "Mine." == brief_at_start(start, "a")
    assert prompt(told(start), "b").startswith("b\n\nWork only")
    assert not is_edited(told(start), told(start).tasks["a"], "Mine.\n")
