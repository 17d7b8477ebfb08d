"""What a forecast is asked for, and what follows from it: the order of merges, and what a person is told once."""

from tests.core.stories import BASE, FOUNDATIONS, ordered, recorded, road, run_started, second, told, worktree
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.forecast import conflicts_with, told_overlaps
from tmux_orchestra.core.state import RunState, Status


def run(*further: e.Event, status: Status = Status.FINISHED) -> RunState:
    """Tasks a, b and c have taken the road to this status."""
    roads = [road(task, status, mark) for task, mark in (("a", "1"), ("b", "2"), ("c", "3"))]
    return told(run_started("a", "b", "c"), FOUNDATIONS, *roads, further)


def forecast(*pairs: tuple[str, str], path: str = "x") -> e.ConflictsForecast:
    return e.ConflictsForecast(pairs=tuple(e.Overlap(tasks=pair, paths=(path,)) for pair in pairs))


def wanted(state: RunState) -> list[a.Forecast]:
    return [action for action in ordered(state) if isinstance(action, a.Forecast)]


def next_merge(state: RunState) -> list[str]:
    return [event.task for event in recorded(state, e.TaskMerging)]


def test_the_next_merge_is_the_first_of_the_order_with_the_fewest_conflicts() -> None:
    assert next_merge(run()) == ["a"]
    assert next_merge(run(forecast(("a", "b")))) == ["a"]
    assert next_merge(run(forecast(("a", "b"), ("a", "c")))) == ["b"], "a conflicts with both: it comes last"
    assert next_merge(run(forecast((e.INTEGRATION, "a"), ("a", "b")))) == ["b"], "a is sent back in any case"
    assert next_merge(run(forecast(("a", "b"), ("a", "c")), forecast())) == ["a"], "only the last picture counts"


def test_nobody_waits_for_a_task_that_is_not_finished() -> None:
    state = told(
        run_started("a", "b", "c"), FOUNDATIONS, road("a", Status.FINISHED), road("b", Status.RUNNING),
        road("c", Status.RUNNING), forecast(("a", "b"), ("a", "c")),
    )  # fmt: skip
    assert next_merge(state) == ["a"]


def test_a_forecast_is_wanted_anew_when_files_may_have_changed_or_the_tip_has() -> None:
    state = told(run_started("a", "b"), FOUNDATIONS, road("a", Status.RUNNING), worktree("b"))
    first = wanted(state)
    assert [(action.tip, {task for task, _ in action.looks}) for action in first] == [(BASE, {"a", "b"})]
    begun = e.AgentToolUsed(task="a", tool="Edit", call="1", phase="started")
    assert wanted(told(begun, e.AgentAsked(task="a", question="?"), after=state)) == first
    for fact in (
        e.AgentToolUsed(task="a", tool="Edit", call="1"),
        e.AgentStopped(task="a"),
        e.InstanceExited(task="a", attempt=1),
        e.MergeFinished(task="b", commit="m1", tree="t", before=BASE),
    ):
        assert wanted(told(fact, after=state)) != first, fact.event


def test_where_nothing_is_in_flight_nothing_is_wanted_and_the_picture_is_wiped() -> None:
    assert wanted(told(run_started("a", "b"), FOUNDATIONS)) == []
    overlap = forecast(("a", "b"))
    cancelled = (e.TaskCancelled(task="a"), e.TaskCancelled(task="b"), e.TaskCancelled(task="c"))
    gone = run(overlap, *cancelled)
    assert wanted(gone) == []
    assert recorded(gone, e.ConflictsForecast) == [], "who is called off conflicts with nobody"
    assert conflicts_with(gone, "a") == {}


def test_a_forecast_that_could_not_be_made_is_nobodys_problem() -> None:
    state = run(status=Status.RUNNING)
    after = told(e.ActionFailed(action="Forecast", reason="a bug"), after=state)
    assert after.model_copy(update={"last_at": state.last_at}) == state


def test_a_person_is_told_of_overlaps_between_tasks_and_with_the_target() -> None:
    state = run(forecast(("a", "b"), (e.INTEGRATION, "a"), (e.TARGET, "c")))
    assert list(told_overlaps(state).values()) == ["a and b conflict in x", "main and c conflict in x"]
    assert set(conflicts_with(state, "a")) == {"b", e.INTEGRATION}
    assert state.last_at
    assert state.last_at > second(0)
