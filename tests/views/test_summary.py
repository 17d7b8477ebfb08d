"""What people see of a run: the exact text at three widths, and nothing an agent could do to their terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.core.stories import FOUNDATIONS, at, collected, exited, road, run_started, second, told
from tests.views.showing import MOMENTS, WIDTHS, compare, moment, shown
from tmux_orchestra.core import events as e
from tmux_orchestra.core.measures import Measures, Stint
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.state import RunState, Status
from tmux_orchestra.views.summary import detailed, ending, summary


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", MOMENTS)
def test_the_summary_is_exactly_this(name: str, width: int) -> None:
    compare(f"{name}-{width}", shown(summary(*moment(name), width), width))


@pytest.mark.parametrize("name", ["working", "limited", "over"])
def test_the_details_are_exactly_these(name: str) -> None:
    compare(f"{name}-detailed-100", shown(detailed(*moment(name), 100), 100))


@pytest.mark.parametrize("name", ["working", "asking", "over"])
def test_what_nobody_carries_is_shown_as_unknown(name: str) -> None:
    compare(f"{name}-uncarried-80", shown(summary(*moment(name), 80, carried=False), 80))


@pytest.mark.parametrize("width", [40, *WIDTHS, 250])
@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("view", [summary, detailed])
def test_no_line_is_wider_than_the_terminal(name: str, width: int, view) -> None:
    assert max(cell_len(line) for line in shown(view(*moment(name), width), width).splitlines()) <= width


NASTY = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\r\x08\x9b31m\u202eevil\u2066 [bold]not markup[/] \U000e0041"


def nasty_run() -> RunState:
    """An agent and a request that try everything a terminal understands."""
    task = Task(id="a", title=NASTY, prompt="x")
    calls = e.AgentToolUsed(task="a", tool=NASTY, detail=NASTY, call="1", phase="started", rule=NASTY)
    steps = e.AgentTodoChanged(task="a", items=((NASTY, "in_progress"),))
    denied = e.AgentToolDenied(task="a", tool=NASTY, detail=NASTY, rule=NASTY)
    red = e.CheckFailed(task="a", command=NASTY, tree="t", exit_code=1, tail=NASTY)
    started = run_started(task, "b", request=NASTY, checks=(NASTY,))
    baseline = e.BaselineFinished(check=NASTY, exit_code=1, tail=NASTY)
    refused = e.TargetRefused(target="main", reason=NASTY, hint=NASTY, paths=(NASTY,))
    events = [calls, steps, denied, red, e.TaskAttention(task="a", reason=NASTY), refused]
    return told(started, FOUNDATIONS[:2], baseline, road("a", Status.RUNNING), events, collected(result=NASTY))


@pytest.mark.parametrize("view", [summary, detailed])
@pytest.mark.parametrize("ended", [False, True])
def test_nothing_that_an_agent_wrote_reaches_the_terminal_as_anything_but_text(view, ended: bool) -> None:
    state = nasty_run()
    if ended:
        state = told(e.TaskFailed(task="a", reason=NASTY), e.RunEnded(outcome="failed", summary="none"), after=state)
    text = shown(view(state, second(60), 100), 100)
    assert [c for c in text.replace("\n", "") if not c.isprintable()] == []
    assert "[bold]" in text, "it is not markup of ours either"


@given(st.text(st.characters(), max_size=60))
def test_whatever_an_agent_is_doing_the_table_stands(activity: str) -> None:
    state = at(Status.RUNNING, e.AgentToolUsed.model_construct(
        event="agent.tool_used", task="a", tool="Bash", detail=activity, call="1", phase="started", rule="", at=None,
    ))  # fmt: skip
    lines = shown(summary(state, second(60), 60), 60).splitlines()
    assert max(cell_len(line) for line in lines) <= 60
    assert sum(line.startswith("a ") for line in lines) == 1


def test_the_time_that_is_left_is_told_where_it_is_known() -> None:
    earlier = Measures(stints=(Stint(run="r0", agent="claude", kind="feature", seconds=600),))
    state = at(Status.RUNNING)
    assert "about 9 min left" in shown(summary(state, second(65), 80, earlier=earlier), 80)
    for picture in (summary(state, second(65), 80), summary(state, second(65), 80, earlier=earlier, carried=False)):
        assert " left" not in shown(picture, 80)


def test_the_same_state_at_the_same_time_looks_the_same() -> None:
    state, now = moment("asking")
    before = state.model_dump_json()
    assert shown(summary(state, now, 80), 80) == shown(summary(state, now, 80), 80)
    assert state.model_dump_json() == before


# --- conflicts that are forecast -----------------------------------------------------------------------


def overlapping(path: str = "src/app.py", words: str = "return 1") -> RunState:
    hunk = e.Hunk(path=path, line=12, ours=words, theirs="")
    pairs = (
        e.Overlap(tasks=("a", "b"), paths=(path, "docs/x.md"), kinds={"docs/x.md": "modify/delete"}, hunks=(hunk,)),
        e.Overlap(tasks=(e.TARGET, "b"), paths=(path,), more=3),
    )
    roads = [road(task, Status.RUNNING) for task in "ab"]
    return told(run_started("a", "b"), FOUNDATIONS, *roads, e.ConflictsForecast(pairs=pairs))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_forecast_is_one_line_of_the_summary(width: int) -> None:
    compare(f"overlapping-{width}", shown(summary(overlapping(), second(60), width), width))


def test_a_forecast_is_shown_in_detail_with_the_lines_of_both_sides() -> None:
    compare("overlapping-detailed-100", shown(detailed(overlapping(), second(60), 100), 100))


@pytest.mark.parametrize("view", [summary, detailed])
def test_a_forecast_is_text_and_fits(view) -> None:
    text = shown(view(overlapping(NASTY * 3, NASTY * 3), second(60), 60), 60)
    assert [c for c in text.replace("\n", "") if not c.isprintable()] == []
    assert max(cell_len(line) for line in text.splitlines()) <= 60


def test_what_is_merged_or_called_off_conflicts_with_nobody_any_more() -> None:
    state = told(e.TaskFailed(task="a", reason="boom"), after=overlapping())
    assert "a and b" not in shown(summary(state, second(60), 80), 80)
    assert "main and b" in shown(summary(state, second(60), 80), 80)


# --- the end -------------------------------------------------------------------------------------------

MOVED = e.TargetMoved(target="main", before="b" * 40, commit="m1" * 20)


def over(*events: e.Event) -> str:
    return "\n".join(ending(at(Status.MERGED, exited(), *events, e.RunEnded(outcome="done", summary="1 of 1"))))


def test_a_run_that_goes_on_has_no_ending() -> None:
    assert ending(at(Status.RUNNING)) == []


def test_the_ending_says_where_the_result_is_and_what_to_run_next() -> None:
    assert "main now holds the result" in over(MOVED)
    assert "tmux-orchestra cleanup" in over(MOVED)
    refused = over(e.TargetRefused(target="main", reason="local edits", hint="commit them", paths=("x.py",)))
    assert "main was left alone: local edits" in refused
    assert "x.py" in refused
    assert "tmux-orchestra merge" in refused
    by_hand = over()
    assert "orchestra/r1/_integration; main was not touched" in by_hand
    assert "tmux-orchestra merge" in by_hand


def test_a_cleaned_run_is_not_asked_to_be_cleaned() -> None:
    gone = e.WorktreeRemoved(task=e.INTEGRATION, path="/i", branch="i")
    assert "cleanup" not in over(MOVED, gone)


def test_what_is_not_in_the_result_is_named_with_the_reason() -> None:
    lost = at(Status.PREPARING, e.TaskFailed(task="a", reason="boom"), e.RunEnded(outcome="failed", summary="0 of 1"))
    assert "not in: a (failed: boom)" in ending(lost)
