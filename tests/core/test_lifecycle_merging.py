"""What follows for one task whose agent claims to be done, up to the merge; and for what people wish."""

from typing import Any

import pytest

from tests.core.stories import (
    BASE,
    FOUNDATIONS,
    after,
    at,
    collected,
    exited,
    launched,
    merged,
    road,
    run_started,
    started,
    status_of,
    stopped,
    told,
    worktree,
)
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import Status

RED = e.CheckFailed(task="a", command="test", tree="t1", exit_code=1, tail="boom")
RED_MERGED = e.CheckFailed(task=e.INTEGRATION, command="test", tree="mt1", exit_code=1, tail="boom")
DISK_FULL = e.ActionFailed(action="X", task="a", reason="the disk is full", hint="make room")
CRASH = (exited(exit_code=1), e.TaskWaiting(task="a", cause="crash"), e.TaskPreparing(task="a"))


# --- checking ----------------------------------------------------------------------------------------


def test_evidence_is_gathered_checked_and_then_the_task_is_finished() -> None:
    state = at(Status.CHECKING)
    assert after(state) == [a.Collect(task="a")]
    state = told(collected(), after=state)
    assert after(state) == [a.RunCheck(task="a", command="test", tree="t1")]
    state = told(e.CheckPassed(task="a", command="test", tree="t1"), after=state)
    assert status_of(state) == ("finished", "")


def test_a_tree_that_has_passed_is_not_checked_again_and_several_checks_follow_one_another() -> None:
    green = [e.BaselineFinished(check=check, exit_code=0) for check in ("lint", "test")]
    passed = e.CheckPassed(task="b", command="lint", tree="t1")
    state = told(run_started("a", "b", checks=("lint", "test")), FOUNDATIONS, green, road("a", Status.CHECKING), passed)
    assert after(told(collected(), after=state)) == [a.RunCheck(task="a", command="test", tree="t1")]


def test_a_claim_without_a_commit_is_no_evidence() -> None:
    assert status_of(at(Status.CHECKING, collected(commits=0, result="I did it"))) == (
        "attention",
        "says it is done, but there is no commit of its own and no edit",
    )


@pytest.mark.parametrize("kind", ["research", "test"])
def test_a_written_answer_is_evidence_for_kinds_that_ask_for_one(kind: Any) -> None:
    task = Task(id="a", kind=kind)
    answered = at(Status.CHECKING, collected(commits=0, result="42"), task=task)
    assert after(answered) == [a.RunCheck(task="a", command="test", tree="t1")]
    silent = at(Status.CHECKING, collected(commits=0), task=task)
    assert status_of(silent)[0] == "attention"


def test_no_check_is_run_before_the_baseline_is_known() -> None:
    state = told(run_started(), FOUNDATIONS[:2], road("a", Status.CHECKING), collected())
    assert after(state) == []


def test_a_check_that_was_red_before_is_no_gate_and_the_task_says_so() -> None:
    state = told(
        run_started(), FOUNDATIONS[:2], e.BaselineFinished(check="test", exit_code=1), road("a", Status.CHECKING),
        collected(),
    )  # fmt: skip
    assert status_of(state) == ("finished", "unchecked: test was red before")


def test_red_checks_go_back_to_the_agent_until_its_turns_are_used_up() -> None:
    state = at(Status.CHECKING, collected(), RED, settings=Settings(max_attempts=2))
    assert status_of(state) == ("preparing", "test is red; the agent is told")
    again = told(
        e.TaskPreparing(task="a", cause="checks"), launched(attempt=2), started(attempt=2), e.TaskRunning(task="a"),
        stopped(), e.TaskChecking(task="a"), collected(), RED, after=state,
    )  # fmt: skip
    assert status_of(again) == ("failed", "test is red, after 2 turns")


# --- merging -----------------------------------------------------------------------------------------


def test_a_merge_is_begun_made_checked_and_done() -> None:
    state = told(FOUNDATIONS, road("a", Status.FINISHED), e.TaskMerging(task="a"))
    assert after(state) == [a.Record(event=e.MergeStarted(task="a", commit="c1"))]
    state = told(e.MergeStarted(task="a", commit="c1"), after=state)
    assert after(state) == [a.Merge(task="a", commit="c1")]
    state = told(merged(), after=state)
    assert after(state) == [a.RunCheck(task=e.INTEGRATION, command="test", tree="mt1")]
    state = told(e.CheckPassed(task=e.INTEGRATION, command="test", tree="mt1"), after=state)
    assert status_of(state) == ("merged", "")


def test_what_is_merged_is_the_commit_that_was_checked_not_a_later_one() -> None:
    state = told(FOUNDATIONS, road("a", Status.FINISHED), e.TaskMerging(task="a"), collected(mark="2"))
    assert after(state) == [a.Record(event=e.MergeStarted(task="a", commit="c2"))]
    state = told(e.MergeStarted(task="a", commit="c1"), after=at(Status.FINISHED, e.TaskMerging(task="a")))
    assert after(state) == [a.Merge(task="a", commit="c1")]


def test_a_merged_tree_that_is_red_is_taken_back_and_the_agent_told() -> None:
    state = at(Status.MERGING, merged(), RED_MERGED)
    assert after(state) == [a.RevertMerge(task="a", before=BASE, reason="test is red")]
    state = told(e.MergeReverted(task="a", commit=BASE), after=state)
    assert status_of(state) == ("preparing", "test is red after the merge; the agent is told")


def test_a_conflict_goes_to_the_tasks_own_agent_and_in_the_end_the_task_is_conflicted() -> None:
    conflict = e.MergeConflicted(task="a", paths=("x", "y", "z", "zz"))
    assert status_of(at(Status.MERGING, conflict)) == ("preparing", "conflicts in x, y, z; the agent is told")
    last = at(Status.MERGING, conflict, settings=Settings(max_attempts=1))
    assert status_of(last) == ("conflicted", "conflicts in x, y, z, after 1 turns")


def test_an_answer_without_a_commit_has_nothing_to_merge() -> None:
    state = told(
        run_started(Task(id="a", kind="research")), FOUNDATIONS, road("a", Status.CHECKING),
        collected(commits=0, result="42"), e.TaskFinished(task="a"), e.TaskMerging(task="a"),
    )  # fmt: skip
    assert status_of(state) == ("merged", "its result is the answer")


# --- wishes ------------------------------------------------------------------------------------------

PERSON = e.InstanceFrozen(task="a", hold="person", attempt=1)


@pytest.mark.parametrize("status", [Status.PREPARING, Status.RUNNING, Status.CHECKING, Status.FINISHED, Status.MERGING])
def test_a_pause_freezes_whatever_the_task_is_doing_and_then_nothing_follows(status: Status) -> None:
    state = at(status, e.PauseRequested())
    assert after(state) == [a.Freeze(task="a", hold="person")]
    state = told(PERSON, after=state)
    assert after(state) == []
    assert after(told(e.ResumeRequested(), after=state)) == [a.Thaw(task="a", hold="person")]


def test_an_instance_that_was_launched_into_a_hold_is_frozen_too() -> None:
    state = told(
        FOUNDATIONS, road("a", Status.PREPARING), worktree(), launched(), e.InstanceFrozen(task="a", hold="memory"),
    )  # fmt: skip
    assert after(state) == []
    state = told(started(), after=state)
    assert after(state) == [a.Freeze(task="a", hold="memory")]
    assert after(told(e.InstanceFrozen(task="a", hold="memory", attempt=1), after=state)) == []


def test_a_persons_resume_does_not_release_what_memory_holds() -> None:
    state = at(Status.RUNNING, e.PauseRequested(), PERSON, e.InstanceFrozen(task="a", hold="memory", attempt=1))
    state = told(e.ResumeRequested(), e.InstanceThawed(task="a", hold="person"), after=state)
    assert after(state) == []


def test_cancelling_ends_the_agent_first_and_keeps_the_work() -> None:
    state = at(Status.RUNNING, e.CancelRequested())
    assert after(state) == [a.EndInstance(task="a")]
    exited_by_itself = told(exited(exit_code=143), after=state)
    assert after(exited_by_itself) == [a.EndInstance(task="a")]  # what it started may live on
    cleared = e.InstanceCleared(task="a", attempt=1)
    assert after(told(cleared, after=state)) == []  # its end has still to be told
    status, reason = status_of(told(cleared, after=exited_by_itself))
    assert status == "cancelled"
    assert "its work stays" in reason


def test_cancelling_reaches_an_agent_that_is_being_launched_and_one_that_is_frozen() -> None:
    launching = told(road("a", Status.PREPARING), worktree(), launched(), e.CancelRequested())
    assert after(launching) == [a.EndInstance(task="a")]
    assert after(at(Status.RUNNING, e.PauseRequested(), PERSON, e.CancelRequested())) == [a.EndInstance(task="a")]


def test_a_merge_under_way_is_not_cut_short_by_a_cancel() -> None:
    assert after(at(Status.MERGING, e.CancelRequested())) == [a.Merge(task="a", commit="c1")]


def test_a_settled_task_gives_up_its_agent_and_its_holds() -> None:
    state = at(Status.MERGED)
    assert after(state) == [a.EndInstance(task="a")]
    ended = told(exited(exit_code=143), after=state)
    assert after(ended) == [a.EndInstance(task="a")]  # daemons may outlive their agent
    assert after(told(e.InstanceCleared(task="a", attempt=1), after=ended)) == []
    frozen = told(e.InstanceFrozen(task="a", hold="memory"), after=state)
    assert after(frozen) == [a.Thaw(task="a", hold="memory"), a.EndInstance(task="a")]


@pytest.mark.parametrize(
    "lost",
    [e.TaskFailed(task="a"), e.TaskCancelled(task="a"), e.TaskAttention(task="a")],
    ids=lambda event: event.event,
)
def test_a_retry_puts_the_task_back_in_line(lost: e.Event) -> None:
    state = at(Status.RUNNING, exited(exit_code=1), lost, e.RetryRequested(tasks=("a",)))
    assert after(state) == [a.Record(event=e.TaskWaiting(task="a", reason="retried", cause="retry"))]
