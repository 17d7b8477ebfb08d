"""What a run has measured: merged tasks and ended instances, and nothing else."""

from tests.core.stories import FOUNDATIONS, exited, road, run_started, stamped
from tmux_orchestra.core import events as e
from tmux_orchestra.core.measures import Measures, Peak, Stint, measured, total
from tmux_orchestra.core.plan import Task
from tmux_orchestra.core.settings import Settings

DOCS = Task(id="b", kind="docs", agent="rehearsal")


def used(task: str, megabytes: int) -> e.InstanceExited:
    return exited(task, usage=e.Usage(max_rss_bytes=megabytes * 1_000_000))


def story(*further: e.Event) -> list[e.Event]:
    begin = run_started("a", DOCS, "c", settings=Settings(agent="claude"))
    return stamped([begin, *FOUNDATIONS, *road("a"), used("a", 300), *road("b", mark="2"), used("b", 20), *further])


def test_each_merged_task_tells_its_time_and_each_instance_its_memory() -> None:
    told = measured(story(e.TaskPreparing(task="c"), e.TaskFailed(task="c"), exited("c")))
    assert told == Measures(
        stints=(
            Stint(run="r1", agent="claude", kind="feature", seconds=15),
            Stint(run="r1", agent="rehearsal", kind="docs", seconds=15),
        ),
        peaks=(Peak(agent="claude", bytes=300_000_000), Peak(agent="rehearsal", bytes=20_000_000)),
    )


def test_what_comes_after_an_impossible_fact_is_not_believed() -> None:
    begin, *rest = story(e.TaskMerged(task="c"), used("c", 1))
    assert measured([begin, *rest]) == measured(story())
    assert measured(rest) == Measures()
    assert measured([]) == Measures()


def test_an_estimate_says_what_it_rests_on_or_what_is_missing() -> None:
    told = total([measured(story()), measured(story())])
    pairs = [("claude", "feature"), ("claude", "test"), ("claude", "docs"), ("claude", "docs")]
    assert told.lacks(pairs) == "claude finished no test or docs task here yet"
    assert told.lacks([*pairs, ("claude", "chore")]) == "claude finished no test, docs or chore task here yet"
    assert told.lacks(pairs[:1]) == ""
    assert told.told(pairs[:1], "earlier run") == "2 such tasks of 1 earlier run"
    assert told.seconds("claude", "feature") == [15, 15]
