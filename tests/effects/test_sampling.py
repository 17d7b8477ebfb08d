"""What instances use: every process of theirs counts, and nobody else's."""

import os
import subprocess
import sys

import pytest

from tests.effects.run_fixtures import OpenRun, Run, open_run  # noqa: F401
from tests.waiting import retry_until
from tmux_orchestra.core import events as e
from tmux_orchestra.effects import processes
from tmux_orchestra.effects.sampling import sample

BUSY = "import os\nos.fork()\nwhile True: pass"


@pytest.fixture
def busy(open_run: OpenRun):
    """A run of `a` and `b`: `a` has an instance of two processes that use all the CPU they get, `b` has none."""
    run = open_run("a", "b")
    mark = {processes.MARK: f"{run.site.folder.id}/a"}
    agent = subprocess.Popen([sys.executable, "-c", BUSY], env={**os.environ, **mark}, start_new_session=True)
    run.tell(
        e.TaskPreparing(task="a"),
        e.InstanceStarted(
            task="a", attempt=1, pid=agent.pid, start_time=processes.start_time(agent.pid),
            launcher_pid=1, launcher_start_time=1,
        ),
    )  # fmt: skip
    retry_until(lambda: len(run.site.kin(run.task(), everywhere=True).find()) == 2, what="both processes")
    yield run
    processes.end(run.site.kin(run.task(), everywhere=True), grace=0)
    agent.wait()


def test_only_live_instances_are_looked_at_and_all_of_their_processes_count(busy: Run) -> None:
    used = sample(busy.site, busy.state)
    assert set(used) == {"a"}
    assert used["a"].processes == 2
    assert used["a"].rss_bytes > 4_000_000
    assert used["a"].cpu_percent is None, "one look says nothing of a rate"


def test_with_a_pause_the_processor_time_is_measured(busy: Run) -> None:
    used = sample(busy.site, busy.state, pause=0.3)["a"]
    assert used.cpu_percent is not None
    assert 5 < used.cpu_percent < 100 * (os.cpu_count() or 1) + 50


def test_where_nothing_runs_nothing_is_used(open_run: OpenRun) -> None:
    run = open_run("a")
    assert sample(run.site, run.state) == {}
    assert sample(run.site, run.state, pause=0.01) == {}
