"""What agents are told: the task's own words first, and nothing of the background that could pass for them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.stories import FOUNDATIONS, at, collected, exited, launched, road, run_started, started, told
from tmux_orchestra.core import events as e
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.prompts import first_prompt, next_prompt, quote
from tmux_orchestra.core.state import RunState, Status, TaskState

ORDER = re.compile(r"^\s*(?:[-*]\s+)?rehearse:", re.MULTILINE)
"""What the rehearsal agent takes for an instruction; whatever reads as one for it could for another agent."""


def prompt(state: RunState, task: str = "a") -> str:
    return first_prompt(state, state.tasks[task])


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
    tasks = (Task(id="b", title=other, prompt="x"), Task(id="a", prompt="do it", depends_on=("b",)))
    assert not ORDER.search(prompt(told(run_started(*tasks, request=request))))
    built = told(run_started(*tasks, request=request), FOUNDATIONS, road("b", Status.CHECKING), collected("b"))
    assert not ORDER.search(prompt(built))


@given(LINES)
def test_no_line_of_an_earlier_result_or_of_a_checks_output_is_an_order(text: str) -> None:
    assert not ORDER.search(quote(text))
    tasks = (Task(id="a", prompt="x"), Task(id="b", prompt="do it", depends_on=("a",)))
    state = told(run_started(*tasks), FOUNDATIONS, road("a", Status.CHECKING), collected(result=text))
    assert not ORDER.search(prompt(state, "b"))
    red = e.CheckFailed(task="a", command="test", tree="t1", exit_code=1, tail=text)
    assert not ORDER.search(next_prompt(*again("checks", collected(), red)))
    conflict = e.MergeConflicted(task="a", paths=(text,))
    assert not ORDER.search(next_prompt(*again("conflict", conflict, status=Status.MERGING)))


def test_the_prompt_says_the_rules_of_the_house() -> None:
    told_to_a = prompt(at(Status.PREPARING, constraints=("no new dependencies",)))
    assert "These checks must pass: `test`." in told_to_a
    assert "- no new dependencies" in told_to_a
    assert "`QUESTION: …`" in told_to_a
    assert "commit" in told_to_a
    assert "last message is the result" not in told_to_a


def test_a_check_that_is_no_gate_is_not_asked_for() -> None:
    assert "must pass" not in prompt(told(run_started(), e.BaselineFinished(check="test", exit_code=1)))


@pytest.mark.parametrize("kind", ["research", "test"])
def test_whose_answer_may_be_the_result_is_told_so(kind: str) -> None:
    assert "last message is the result" in prompt(told(run_started(Task.model_validate({"id": "a", "kind": kind}))))


def test_others_are_named_so_that_their_work_is_left_to_them() -> None:
    state = told(run_started(Task(id="a"), Task(id="b", title="Fix the payments"), "c"), e.TaskSkipped(task="c"))
    assert "> - Fix the payments" in prompt(state)
    assert "> - c" not in prompt(state)
    assert "Others are working" not in prompt(told())


def test_what_a_task_builds_on_is_handed_over() -> None:
    tasks = (Task(id="a", title="Research"), Task(id="b", depends_on=("a",)), Task(id="c", depends_on=("b",)))
    state = told(
        run_started(*tasks), FOUNDATIONS, road("a", Status.CHECKING), collected(result="Use JWT.\nNot cookies.")
    )
    assert "Your worktree already holds the result of 'Research':\n> Use JWT.\n> Not cookies." in prompt(state, "b")
    assert "already holds" not in prompt(state, "c")
    silent = told(collected(commits=2), after=state)
    assert "> 2 commits, +0 -0 lines" in prompt(silent, "b")


def again(cause: e.Cause, *events: e.Event, status: Status = Status.CHECKING) -> tuple[RunState, TaskState]:
    back = e.TaskPreparing if status in {Status.CHECKING, Status.MERGING} else e.TaskWaiting
    state = at(status, *events, back(task="a", cause=cause))
    return state, state.tasks["a"]


def test_red_checks_are_told_with_the_end_of_their_output() -> None:
    red = e.CheckFailed(task="a", command="make test", tree="t1", exit_code=2, tail="old" * 5000 + "\nassert 1 == 2")
    words = next_prompt(*again("checks", collected(), red))
    assert "The check `make test` failed with exit code 2 in your worktree" in words
    assert words.count("assert 1 == 2") == 1
    assert len(words) < 7000
    late = red.model_copy(update={"exit_code": None})
    assert "ran out of time" in next_prompt(*again("checks", collected(), late))


def test_after_a_red_merge_the_agent_is_given_a_fresh_base_first() -> None:
    red = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt1", exit_code=1)
    words = next_prompt(*again("merge", red, status=Status.MERGING))
    assert words.index("git merge orchestra/r1/_integration") < words.index("after your work was merged")


def test_a_conflict_names_its_paths_and_the_merge_to_make() -> None:
    words = next_prompt(*again("conflict", e.MergeConflicted(task="a", paths=("x.py", "y.py")), status=Status.MERGING))
    assert "> - x.py\n> - y.py" in words
    assert "git merge orchestra/r1/_integration" in words


@pytest.mark.parametrize(
    ("cause", "words"),
    [("limit", "that is over"), ("crash", "You were interrupted"), ("retry", "Go on with your task")],
)
def test_every_reason_to_go_on_has_its_words(cause: e.Cause, words: str) -> None:
    assert words in next_prompt(*again(cause, exited(exit_code=1), status=Status.RUNNING))


def test_who_has_taken_no_prompt_yet_is_told_everything_again() -> None:
    state = told(
        run_started(Task(id="a", prompt="build it")), road("a", Status.PREPARING), launched(), started(),
        exited(exit_code=1), e.TaskWaiting(task="a", cause="crash"),
    )  # fmt: skip
    assert next_prompt(state, state.tasks["a"]) == prompt(state)
