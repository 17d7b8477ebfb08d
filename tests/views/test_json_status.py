"""`status --json`: the agreed fields, unknown values as null, and the same words as the journal's."""

import json
from typing import Any

import pytest

from tests.core.stories import FOUNDATIONS, at, exited, road, run_started, second, told
from tests.views.showing import MOMENTS, moment
from tmux_orchestra.core import events as e
from tmux_orchestra.core.measures import Measures, Stint
from tmux_orchestra.core.state import Status
from tmux_orchestra.effects.sampling import Use
from tmux_orchestra.views.json_status import status_json

RUN = {"id", "state", "session", "socket", "target", "integration", "repo"}
TASK = {
    *("id", "title", "kind", "priority", "status", "paused", "held_by", "percent", "activity", "attention"),
    *("depends_on", "worktree", "branch", "window", "pane", "pid", "start_time", "session_id", "attempt", "restarts"),
    *("commits", "added", "removed", "cpu_percent", "rss_bytes", "cost_usd", "result", "started_at", "ended_at"),
    "conflicts_with",
}


def told_by(name: str, **fields: Any) -> dict[str, Any]:
    state, now = moment(name)
    fixed: dict[str, Any] = {"carried": True, "usage": {}}
    return status_json(state, now, **(fixed | fields))


@pytest.mark.parametrize("name", MOMENTS)
def test_the_agreed_fields_are_always_there_and_are_json(name: str) -> None:
    told = told_by(name)
    assert set(told) >= {"run", "supervisor", "tasks", "totals", "eta"}
    assert set(told["run"]) >= RUN
    assert set(told["supervisor"]) >= {"pid", "alive"}
    assert set(told["eta"]) >= {"low_s", "high_s", "basis"}
    assert told["tasks"]
    for task in told["tasks"]:
        assert set(task) >= TASK
    json.dumps(told, default=str)
    assert sum(told["totals"].values()) == len(told["tasks"])


def by_id(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {task["id"]: task for task in told["tasks"]}


def test_what_is_not_known_is_null_and_never_invented() -> None:
    waiting = by_id(told_by("begun"))["docs"]
    unknown = {
        *("percent", "activity", "attention", "worktree", "branch", "pid", "start_time", "session_id", "commits"),
        *("added", "removed", "cpu_percent", "rss_bytes", "cost_usd", "result", "started_at", "ended_at"),
    }
    assert {name for name in unknown if waiting[name] is not None} == set()
    assert waiting["depends_on"] == ["api"]


def test_a_running_task_tells_its_process_and_what_it_uses() -> None:
    told = told_by("working", usage={"api": Use(3, 1000, 12.5)})
    api = by_id(told)["api"]
    assert (api["status"], api["cpu_percent"], api["rss_bytes"]) == ("running", 12.5, 1000)
    assert api["pid"] > 0
    assert api["start_time"] > 0
    assert told["run"]["state"] == "attention"


def test_a_task_whose_agent_has_ended_has_no_process() -> None:
    state = at(Status.RUNNING, exited(exit_code=1))
    told = status_json(state, second(60), carried=True, usage={})
    assert (told["tasks"][0]["pid"], told["tasks"][0]["start_time"]) == (None, None)


def test_who_needs_a_person_says_what_for() -> None:
    asking = by_id(told_by("asking"))
    assert asking["colour"]["attention"] == "asks: QUESTION: red or blue?"
    assert asking["api"]["attention"] is None
    assert asking["api"]["percent"] == 100


def test_pausing_is_told_beside_the_status_with_who_holds_it() -> None:
    paused = by_id(told_by("paused"))["payments"]
    assert (paused["status"], paused["paused"], paused["held_by"]) == ("waiting", True, ["person"])


def test_without_a_supervisor_what_should_be_live_is_unknown_and_the_rest_is_not() -> None:
    told = told_by("working", carried=False)
    assert (told["run"]["state"], told["supervisor"]["alive"]) == ("unknown", False)
    tasks = by_id(told)
    assert tasks["api"]["status"] == "unknown"
    assert tasks["docs"]["status"] == "waiting"


def test_a_run_that_is_over_needs_no_supervisor_to_be_known() -> None:
    told = told_by("over", carried=False)
    assert told["run"]["state"] == "failed"
    assert told["supervisor"]["alive"] is False
    assert {task["id"]: task["status"] for task in told["tasks"]} == {
        "api": "merged", "docs": "merged", "colour": "cancelled", "broken": "failed", "after-broken": "skipped",
    }  # fmt: skip


def test_the_time_that_is_left_comes_from_earlier_runs_or_is_null_with_the_reason() -> None:
    earlier = Measures(stints=(Stint(run="r0", agent="claude", kind="feature", seconds=600),))
    known: dict[str, Any] = {"carried": True, "usage": {}, "earlier": earlier}
    state = at(Status.RUNNING)
    eta = status_json(state, second(65), **known)["eta"]
    assert eta == {"low_s": 540, "high_s": 540, "basis": "1 such task of 1 run"}
    eta = status_json(state, second(65), **{**known, "carried": False})["eta"]
    assert eta == {"low_s": None, "high_s": None, "basis": "nobody carries the run on"}
    assert told_by("asking")["eta"]["basis"] == "colour needs you"
    assert told_by("over")["eta"]["low_s"] == 0


def test_conflicts_that_are_forecast_name_the_other_side() -> None:
    pairs = (e.Overlap(tasks=("a", "b"), paths=("x",)), e.Overlap(tasks=(e.TARGET, "b"), paths=("x",)))
    state = told(run_started("a", "b"), FOUNDATIONS, road("a", Status.RUNNING), road("b", Status.RUNNING))
    state = told(e.ConflictsForecast(pairs=pairs), after=state)
    with_whom = {
        task["id"]: task["conflicts_with"] for task in status_json(state, second(60), carried=True, usage={})["tasks"]
    }
    assert with_whom == {"a": ["b"], "b": ["a", e.TARGET]}


def test_denied_calls_come_with_the_rule_that_would_allow_them() -> None:
    denied = e.AgentToolDenied(task="a", tool="Bash", detail="rm x", rule="Bash(rm:*)")
    told = status_json(at(Status.RUNNING, denied), second(60), carried=True, usage={})
    assert told["tasks"][0]["denied"] == [{"tool": "Bash", "detail": "rm x", "rule": "Bash(rm:*)"}]
