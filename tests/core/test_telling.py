"""What is news for a person, and that a cause is told once."""

import json
from collections.abc import Iterable

import pytest

from tests.core.stories import FOUNDATIONS, SESSION, road, run_started, second, told
from tmux_orchestra.core import events as e
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, Status
from tmux_orchestra.core.telling import BROKEN_COMMAND, as_record, untold


def heard(state: RunState, problem: str = "") -> RunState:
    """The state once everything that was news has been told."""
    return told(
        *(e.PersonTold(keys=n.keys, kind=n.kind, words=n.words, problem=problem) for n in untold(state)), after=state
    )


def news(state: RunState) -> list[tuple[str, str]]:
    return [(n.kind, n.words) for n in untold(state)]


def asks(task: str, reason: str = "asks: which way?") -> Iterable[e.Event]:
    return (*road(task, Status.RUNNING), e.TaskAttention(task=task, reason=reason))


def test_who_needs_a_person_is_told_once_and_again_when_it_asks_again() -> None:
    state = told(FOUNDATIONS, asks("a"))
    assert news(state) == [("attention", "a needs you: asks: which way?")]
    state = heard(state)
    assert not untold(state)
    assert not untold(told(e.SupervisorStarted(pid=2, start_time=2), after=state)), "another supervisor knows it, too"
    again = told(e.TaskRunning(task="a"), e.TaskAttention(task="a", reason="asks: which way?"), after=state)
    assert len(untold(again)) == 1


def test_tasks_that_need_a_person_for_the_same_reason_are_told_together() -> None:
    state = told(run_started("a", "b", "c"), FOUNDATIONS, asks("a", "sign in"), asks("b", "sign in"), asks("c"))
    assert [n.tasks for n in untold(state)] == [("a", "b"), ("c",)]
    assert untold(state)[0].words == "a, b need you: sign in"
    assert not untold(heard(state))


def test_what_ails_all_tasks_is_told_once_until_it_is_over_for_those_that_were_named() -> None:
    def signed_out(task: str) -> Iterable[e.Event]:
        reason = f"not signed in; then: tmux-orchestra retry {task}"
        return (*road(task, Status.RUNNING), e.TaskAttention(task=task, reason=reason, kind="authentication"))

    state = told(run_started("a", "b", "c"), FOUNDATIONS, signed_out("a"), signed_out("b"))
    assert [n.tasks for n in untold(state)] == [("a", "b")]
    state = told(signed_out("c"), after=heard(state))
    assert not untold(state)
    state = told(e.TaskRunning(task="a"), after=state)
    assert not untold(state), "b was named, too"
    state = told(e.TaskRunning(task="b"), after=state)
    assert [n.tasks for n in untold(state)] == [("c",)]


def test_what_is_lost_is_a_failure_and_what_depends_on_it_is_not_told_on_top() -> None:
    state = told(
        run_started("a", Task(id="b", depends_on=("a",))), FOUNDATIONS, road("a", Status.RUNNING),
        e.TaskFailed(task="a", reason="exit code 1"), e.TaskSkipped(task="b", reason="a failed"),
    )  # fmt: skip
    assert news(state) == [("failure", "a failed: exit code 1")]


def test_a_phase_is_a_milestone_once_all_of_it_is_merged() -> None:
    start = run_started("a", "b", Task(id="c", depends_on=("a", "b")))
    half = told(start, FOUNDATIONS, road("a", Status.MERGED, "1"))
    assert not untold(half)
    whole = told(road("b", Status.MERGED, "2"), after=half)
    assert news(whole) == [("milestone", "phase 1 of 2 is done: a, b merged")]


def over(*before: e.Event) -> RunState:
    ended = e.RunEnded(outcome="done", summary="1 of 1 tasks merged")
    return told(FOUNDATIONS, road("a", Status.MERGED), *before, ended)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (e.TargetMoved(target="main", before="b", commit="m"), "; main holds the result"),
        (e.TargetRefused(target="main", reason="x.py is in the way"), "; main was left alone: x.py is in the way"),
    ],
)
def test_the_end_says_what_became_of_the_result(before: e.Event, words: str) -> None:
    (end,) = (n for n in untold(over(before)) if n.kind == "end")
    assert end.words == f"the run is over (done): 1 of 1 tasks merged{words}"


def test_a_run_that_goes_on_after_its_end_is_told_to_be_over_once_more() -> None:
    state = heard(over())
    assert not untold(state)
    assert [kind for kind, _ in news(told(e.RunEnded(outcome="done"), after=state))] == ["end"]


def test_a_run_that_nobody_can_look_at_has_no_news() -> None:
    state = told(e.RunEnded(outcome="cancelled"))
    assert not untold(state)
    assert untold(told(SESSION, after=state))


def test_a_command_that_is_in_vain_is_told_once_and_not_to_itself() -> None:
    state = heard(told(FOUNDATIONS, asks("a")), problem="ding cannot be run: no such file")
    (trouble,) = untold(state)
    assert (trouble.keys, trouble.kind) == ((BROKEN_COMMAND,), "trouble")
    assert "ding cannot be run" in trouble.words
    assert not trouble.leaves_the_terminal
    state = heard(state)
    state = heard(told(e.TaskRunning(task="a"), e.TaskAttention(task="a"), after=state), problem="once more")
    assert not untold(state)


def test_a_conflict_that_is_forecast_is_told_once_though_it_comes_and_goes() -> None:
    pair = e.ConflictsForecast(pairs=(e.Overlap(tasks=("a", "b"), paths=("x",)),))
    working = (road("a", Status.RUNNING, "1"), road("b", Status.RUNNING, "2"))
    state = told(run_started("a", "b"), FOUNDATIONS, *working, pair)
    assert news(state) == [("forecast", "a and b conflict in x")]
    assert not untold(told(e.ConflictsForecast(), pair, after=heard(state)))


def test_a_command_reads_json_with_all_it_needs() -> None:
    state = told(FOUNDATIONS, asks("a", 'asks: "漢字"\n#(touch bad)'))
    read = json.loads(json.dumps(as_record(untold(state)[0], state, second(60))))
    assert read == {
        "event": "attention", "words": 'a needs you: asks: "漢字"\n#(touch bad)', "tasks": ["a"],
        "command": "tmux-orchestra attach a", "run": "r1", "repository": "/repo", "session": "shop-r1",
        "at": "2026-01-01T00:01:00+00:00",
    }  # fmt: skip


def test_the_command_is_words_however_it_is_written() -> None:
    assert Settings.model_validate({"notify_command": "notify-send 'tmux orchestra' -u low"}).notify_command == (
        "notify-send", "tmux orchestra", "-u", "low",
    )  # fmt: skip
    assert Settings.model_validate({"notify_command": ["a b", "c"]}).notify_command == ("a b", "c")
    assert Settings.model_validate({"notify_command": ""}).notify_command == ()
    with pytest.raises(ValueError, match="No closing quotation"):
        Settings.model_validate({"notify_command": "notify-send 'open"})
