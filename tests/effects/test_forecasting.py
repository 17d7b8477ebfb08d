"""A run's forecasts: only where something may have happened, seldom, and told only when the picture has changed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.effects.run_fixtures import OpenRun, Run, open_run  # noqa: F401
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.forecast import look_ahead
from tmux_orchestra.effects import forecasting
from tmux_orchestra.effects.forecasting import Forecasts
from tmux_orchestra.effects.git import Place


class Forecasting:
    """The forecasts of a run whose supervisor is the test."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.forecasts = Forecasts(run.site)

    def wanted(self) -> a.Forecast:
        (action,) = look_ahead(self.run.state)
        assert isinstance(action, a.Forecast)
        return action

    def made(self) -> list[e.Event]:
        """Make the forecast that is wanted now, and write down what it tells."""
        action = self.wanted()
        return self.run.carry(lambda _, state: self.forecasts.carry_out(action, state))

    def edit(self, task: str, text: str, path: str = "README") -> None:
        """Let a task's agent edit a file, and let that be known."""
        (self.run.worktree(task) / path).write_text(text)
        self.run.tell(e.AgentToolUsed(task=task, tool="Edit"))


@pytest.fixture
def forecasting_run(open_run: OpenRun) -> Iterator[Forecasting]:
    run = open_run("a", "b", "c")
    run.stand("a", "b", "c")
    made = Forecasting(run)
    yield made
    made.forecasts.close()
    assert not (run.site.folder.path / "forecast").exists()


def told(events: list[e.Event]) -> dict[tuple[str, str], tuple[str, ...]]:
    (forecast,) = events
    assert isinstance(forecast, e.ConflictsForecast)
    return {pair.tasks: pair.paths for pair in forecast.pairs}


def test_only_a_changed_picture_is_told(forecasting_run: Forecasting) -> None:
    f = forecasting_run
    f.edit("a", "from a\n")
    assert f.made() == [], "nobody else has touched it"
    f.edit("b", "from b\n")
    assert told(f.made()) == {("a", "b"): ("README",)}
    assert f.run.state.forecast is not None
    (pair,) = f.run.state.forecast.pairs
    assert [(h.path, h.line, h.ours, h.theirs) for h in pair.hunks] == [("README", 1, "from a", "from b")]
    f.edit("c", "x\n", "elsewhere")
    assert f.made() == []
    f.edit("b", "hello\n")
    assert told(f.made()) == {}


def test_only_what_stirred_is_looked_at(forecasting_run: Forecasting, monkeypatch: pytest.MonkeyPatch) -> None:
    f = forecasting_run
    looked: list[set[str]] = []
    look = f.forecasts._forecaster.look

    def noted(places: Mapping[str, Place]) -> dict[str, str]:
        looked.append(set(places))
        return look(places)

    monkeypatch.setattr(f.forecasts._forecaster, "look", noted)
    f.made()
    f.edit("b", "x\n")
    f.made()
    assert looked == [{"a", "b", "c"}, {"b"}]


def test_a_forecast_that_was_made_is_not_due_and_a_new_one_not_yet(forecasting_run: Forecasting) -> None:
    f = forecasting_run
    assert f.forecasts.due(f.wanted())
    f.made()
    assert not f.forecasts.due(f.wanted())
    assert f.forecasts.next_try is None, "nobody wakes up for nothing"
    f.edit("a", "x\n")
    assert not f.forecasts.due(f.wanted())
    assert f.forecasts.next_try is not None
    assert 0 < f.forecasts.next_try <= forecasting.PAUSE
    f.forecasts._not_before = 0.0
    assert f.forecasts.due(f.wanted())


def test_finished_work_is_the_commit_that_was_checked(forecasting_run: Forecasting) -> None:
    f = forecasting_run
    for task in "ab":
        f.edit(task, f"from {task}\n")
    f.run.tell(e.TaskPreparing(task="a"), e.TaskRunning(task="a"), e.TaskChecking(task="a"))
    f.run.collect("a")
    f.run.tell(e.TaskFinished(task="a"))
    f.edit("a", "hello\n")  # too late: what is merged is what was checked
    assert told(f.made()) == {("a", "b"): ("README",)}


def test_what_is_merged_already_and_a_target_that_moved_count(forecasting_run: Forecasting, sh, commit_file) -> None:
    f = forecasting_run
    before = f.run.state.tip
    merged = commit_file(Path(f.run.state.integration_worktree), "README", "merged\n")
    tree = sh(f.run.site.repository.root, "rev-parse", f"{merged}^{{tree}}")
    f.run.tell(
        e.TaskPreparing(task="c"), e.TaskRunning(task="c"), e.TaskChecking(task="c"), e.TaskFinished(task="c"),
        e.TaskMerging(task="c"), e.MergeFinished(task="c", commit=merged, tree=tree, before=before),
        e.TaskMerged(task="c"),
    )  # fmt: skip
    commit_file(f.run.site.repository.root, "src/app.py", "of the person\n")
    f.edit("a", "from a\n")
    f.edit("b", "from b\n", "src/app.py")
    assert told(f.made()) == {(e.INTEGRATION, "a"): ("README",), (e.TARGET, "b"): ("src/app.py",)}


def test_a_forecast_that_cannot_be_made_is_no_event_and_waits_longer(forecasting_run: Forecasting, sh) -> None:
    f = forecasting_run
    f.edit("a", "from a\n")
    f.edit("b", "from b\n")
    moved = Path(f.run.state.integration_worktree)
    moved.rename(moved.with_name("elsewhere"))
    assert f.made() == []
    assert f.run.state.forecast is None
    assert not f.forecasts.due(f.wanted())
    assert (f.forecasts.next_try or 0) > forecasting.PAUSE
    moved.with_name("elsewhere").rename(moved)
    assert told(f.made()) == {("a", "b"): ("README",)}


def test_the_journal_is_told_a_bounded_part(forecasting_run: Forecasting) -> None:
    f = forecasting_run
    for task in "ab":
        for number in range(60):
            (f.run.worktree(task) / f"new{number:02}").write_text(f"{task}\n" * 50)
        f.run.tell(e.AgentToolUsed(task=task, tool="Bash", at=datetime.now(UTC)))
    (forecast,) = f.made()
    assert isinstance(forecast, e.ConflictsForecast)
    (pair,) = forecast.pairs
    assert (len(pair.paths), pair.more, len(pair.hunks)) == (50, 10, 4)
    assert len(forecast.model_dump_json()) < 8000
