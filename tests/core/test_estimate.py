"""What a plan will take: from what was measured, or null with the reason."""

from typing import Any

from tmux_orchestra.core.estimate import Footprint, Resources, resources
from tmux_orchestra.core.measures import Measures, Peak, Stint
from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.timetable import Span

THREE = Plan(
    tasks=(Task(id="a"), Task(id="b", kind="bugfix"), Task(id="c", kind="docs", depends_on=("a", "b"))),
)
FOOTPRINTS = {"claude": Footprint(bytes=300, where="a test")}


def stints(**seconds: tuple[float, ...]) -> tuple[Stint, ...]:
    return tuple(
        Stint(run=f"r{n}", agent="claude", kind=kind, seconds=s) for kind, all_ in seconds.items()
        for n, s in enumerate(all_)
    )  # fmt: skip


def estimate(plan: Plan = THREE, measures: Measures | None = None, size: int | None = 10, **chosen: Any) -> Resources:
    return resources(plan, Settings(**chosen), measures or Measures(), FOOTPRINTS, size)


def test_a_worktree_for_each_task_and_for_the_whole_and_as_many_instances_as_can_work_at_once() -> None:
    told = estimate()
    assert (told.worktrees, told.instances, told.disk_bytes) == (4, 2, 40)
    assert told.basis["instances"] == "2 of 3 tasks could work side by side"
    assert estimate(max_instances=1).instances == 1
    assert estimate(max_instances=1).basis["instances"].endswith("max_instances is 1")
    assert estimate(Plan(tasks=(Task(id="a"),))).basis["instances"] == "one at a time"


def test_outside_of_a_repository_there_is_no_disk_to_speak_of() -> None:
    told = estimate(size=None)
    assert (told.disk_bytes, told.basis["disk_bytes"]) == (None, "outside of a repository")


def test_memory_is_what_instances_of_the_same_agent_took_here_before() -> None:
    peaks = tuple(Peak(agent="claude", bytes=n * 1_000_000) for n in (*range(1, 10), 4000))
    told = estimate(measures=Measures(peaks=(*peaks, Peak(agent="rehearsal", bytes=5))))
    assert told.memory_bytes == 18_000_000
    assert told.basis["memory_bytes"] == "9 MB each, from 10 earlier instances here"


def test_where_none_was_measured_the_authors_figure_is_named_as_such_and_without_one_it_is_unknown() -> None:
    told = estimate()
    assert told.memory_bytes == 600
    assert "measured for a test; none here yet" in told.basis["memory_bytes"]
    other = estimate(agent="rehearsal")
    assert (other.memory_bytes, other.basis["memory_bytes"]) == (None, "no instance was measured yet")


def test_of_several_agents_the_hungriest_count() -> None:
    plan = Plan(tasks=(Task(id="a"), Task(id="b", agent="rehearsal"), Task(id="c", agent="rehearsal")))
    peaks = (Peak(agent="rehearsal", bytes=7),)
    told = estimate(plan, Measures(peaks=peaks), max_instances=2)
    assert told.memory_bytes == 307
    assert told.basis["memory_bytes"].startswith("claude: ")
    assert "; rehearsal: " in told.basis["memory_bytes"]


def test_time_comes_from_tasks_of_the_same_kind_and_agent() -> None:
    took = stints(feature=(10, 20, 30, 40), bugfix=(5,), docs=(100, 200))
    told = estimate(measures=Measures(stints=took))
    assert told.duration_s == Span(low=110, high=230)
    assert told.basis["duration_s"] == "7 such tasks of 4 earlier runs"
    assert estimate(measures=Measures(stints=took), max_instances=1).duration_s == Span(low=115, high=235)


def test_a_kind_that_was_never_finished_makes_the_whole_unknown_and_is_named() -> None:
    rehearsed = Stint(run="r", agent="rehearsal", kind="docs", seconds=1)
    told = estimate(measures=Measures(stints=(*stints(feature=(10,), bugfix=(5,)), rehearsed)))
    assert told.duration_s is None
    assert told.basis["duration_s"] == "claude finished no docs task here yet"


def test_every_figure_has_its_basis() -> None:
    told = estimate().model_dump()
    assert set(told["basis"]) == set(told) - {"basis"}
    assert all(told["basis"].values())
