"""What agents are told when their conversation goes on: every reason has its words, and no output passes for them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.stories import at, collected, exited, launched, road, run_started, started, told
from tmux_orchestra.core import events as e
from tmux_orchestra.core.briefs import first_prompt
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.prompts import next_prompt, reminder
from tmux_orchestra.core.state import RunState, Status, TaskState

ORDER = re.compile(r"^\s*(?:[-*]\s+)?rehearse:", re.MULTILINE)
"""What the rehearsal agent takes for an instruction; whatever reads as one for it could for another agent."""


LINES = st.lists(st.sampled_from(["rehearse: crash", "  rehearse: hang", "> x", "x", ""]), min_size=1).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\n \t"]).map(
        lambda between: between.join(lines)
    )
)


@given(LINES)
def test_no_line_of_a_checks_output_or_of_a_path_is_an_order(text: str) -> None:
    red = e.CheckFailed(task="a", command="test", tree="t1", exit_code=1, tail=text)
    assert not ORDER.search(next_prompt(*again("checks", collected(), red)))
    conflict = e.MergeConflicted(task="a", paths=(text,))
    assert not ORDER.search(next_prompt(*again("conflict", conflict, status=Status.MERGING)))


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
    many = e.MergeConflicted(task="a", paths=tuple(f"src/{number}.py" for number in range(9999)))
    assert len(next_prompt(*again("conflict", many, status=Status.MERGING))) < 2000


@pytest.mark.parametrize(
    ("cause", "words"),
    [("limit", "that is over"), ("crash", "You were interrupted"), ("retry", "Go on with your task")],
)
def test_every_reason_to_go_on_has_its_words(cause: e.Cause, words: str) -> None:
    assert words in next_prompt(*again(cause, exited(exit_code=1), status=Status.RUNNING))


def test_what_is_open_is_told_again_where_it_may_not_have_been_heard() -> None:
    conflict = e.MergeConflicted(task="a", paths=("x.py",))
    state, task = again("conflict", conflict, status=Status.MERGING)
    assert reminder(state, task) == ""
    crashed = told(
        launched(attempt=2), started(attempt=2), e.TaskRunning(task="a"), exited(attempt=2, exit_code=137),
        e.TaskWaiting(task="a", cause="crash"), after=state,
    )  # fmt: skip
    assert "> - x.py" in reminder(crashed, crashed.tasks["a"])
    assert "git log" not in reminder(crashed, crashed.tasks["a"])
    lost = told(
        launched(attempt=2), started(attempt=2), e.TaskRunning(task="a"), exited(attempt=2, exit_code=1),
        e.TaskWaiting(task="a", cause="crash"), after=state,
    )  # fmt: skip
    assert next_prompt(lost, lost.tasks["a"]) == first_prompt(lost, lost.tasks["a"])
    words = reminder(lost, lost.tasks["a"])
    assert words.index("git log") < words.index("> - x.py") < words.index("git merge orchestra/r1/_integration")
    retried = told(
        e.TaskConflicted(task="a"), e.RetryRequested(tasks=("a",)), e.TaskWaiting(task="a", cause="retry"),
        after=at(Status.MERGING, conflict),
    )  # fmt: skip
    assert "> - x.py" in reminder(retried, retried.tasks["a"])


def test_who_has_taken_no_prompt_yet_is_told_everything_again() -> None:
    state = told(
        run_started(Task(id="a", prompt="build it")), road("a", Status.PREPARING), launched(), started(),
        exited(exit_code=1), e.TaskWaiting(task="a", cause="crash"),
    )  # fmt: skip
    assert next_prompt(state, state.tasks["a"]) == first_prompt(state, state.tasks["a"])
