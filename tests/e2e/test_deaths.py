"""Whatever is killed, at whatever moment: nothing is lost, nothing is done twice, and the run can go on."""

import os
import pty
import signal
import subprocess
from contextlib import suppress
from functools import partial

import pytest

from tests.e2e.orchestra import PROGRAM, Orchestra, Run, Told, await_end, end_servers, git, kill, plan
from tests.waiting import retry_until

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX_ORCHESTRA_RESTART_DELAY", "0.05")


TWO: dict[str, Told] = {
    "first": "rehearse: slow 0.5\nrehearse: write a.txt one",
    "second": ("rehearse: write b.txt two", "first"),
}


def assert_done_once(orchestra: Orchestra, run: Run) -> None:
    """Each task is in the integration branch, by exactly one commit, and its agent was asked once."""
    names = sorted(run.statuses())
    assert run.statuses() == dict.fromkeys(names, "merged")
    assert run.merged_tasks(f"orchestra/{run.id}/_integration") == names
    assert git(orchestra.repo, "status", "--porcelain") == ""
    orchestra("merge")
    orchestra("cleanup")
    orchestra.assert_clean()


@pytest.mark.parametrize("moment", ["run.started", "session.opened", "supervisor.started", "task.running"])
def test_the_starting_terminal_may_die_at_any_moment(orchestra: Orchestra, moment: str) -> None:
    mine, theirs = pty.openpty()
    starter = subprocess.Popen(
        [*PROGRAM, "start", "--plan", plan(**TWO), "--no-checks", "--agent", "rehearsal", "--yes"],
        cwd=orchestra.repo, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        (run,) = retry_until(orchestra.runs, interval=0.005, what="the run")
        run.until(moment)
        if moment in {"run.started", "supervisor.started"}:
            kill([starter.pid])
    finally:
        os.close(mine)  # the terminal hangs up
    with suppress(ProcessLookupError):
        os.kill(starter.pid, signal.SIGHUP)
    starter.wait(30)
    if not run.events("supervisor.started"):
        orchestra("recover")
    orchestra("wait")
    assert_done_once(orchestra, run)


def has_told(run: Run, line: str) -> bool:
    return line in run.story()


MOMENTS = (
    ("worktree.created first", "instance.started first", "task.checking first", "merge.started first"),
    ("task.running first", "work.collected first", "merge.finished first", "task.finished second"),
)


@pytest.mark.parametrize("moments", MOMENTS)
def test_a_killed_supervisor_comes_back_and_redoes_nothing(orchestra: Orchestra, moments: tuple[str, ...]) -> None:
    run = orchestra.start_plan("--check", "sleep 0.2; test -f README.md", **TWO)
    killed: set[int] = set()
    for moment in moments:
        retry_until(partial(has_told, run, moment), seconds=60, interval=0.001, what=moment)
        pid = run.events("supervisor.started")[-1]["pid"]
        killed.add(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    orchestra("wait")
    assert len(killed) >= 2
    for task in TWO:
        assert len(run.events("agent.prompt_received", task)) == 1, "\n".join(run.story())
        assert len(run.events("task.merged", task)) == 1
    assert_done_once(orchestra, run)


def test_without_keeper_and_supervisor_the_state_is_unknown_until_recover(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(**TWO)
    run.until("task.running", "first")
    supervisor = run.supervisor()
    keeper = supervisor.parent()
    assert keeper is not None
    assert "keeper.py" in " ".join(keeper.cmdline())
    kill([keeper.pid, supervisor.pid])
    state = orchestra.status()
    assert state["run"]["state"] == "unknown"
    assert state["supervisor"]["alive"] is False
    assert {t["id"]: t["status"] for t in state["tasks"]} == {"first": "unknown", "second": "waiting"}
    assert "recover" in orchestra.says("status")
    orchestra("recover")
    orchestra("wait")
    assert len(run.events("agent.prompt_received", "first")) == 1
    assert_done_once(orchestra, run)


def test_after_the_death_of_the_tmux_server_recover_takes_the_same_conversation_up(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(
        first="rehearse: fork 2\nrehearse: daemon\nrehearse: slow 3\nrehearse: write a.txt one",
        second=("rehearse: write b.txt two", "first"),
    )
    run.until("agent.tool_used", "first")
    supervisor = run.supervisor()
    end_servers()
    await_end([supervisor.pid, run.events("instance.started", "first")[0]["pid"]])
    assert orchestra.status()["run"]["state"] == "unknown"
    orchestra("recover")
    orchestra("wait")
    assert len({e["session_id"] for e in run.events("instance.launched", "first")}) == 1
    assert_done_once(orchestra, run)


def test_an_agent_killed_at_work_goes_on_in_its_conversation(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(one="rehearse: slow 1\nrehearse: write a.txt one")
    run.until("agent.tool_used", "one")
    kill([run.events("instance.started", "one")[0]["pid"]])
    orchestra("wait")
    assert run.events("instance.exited", "one")[0]["signal"] == "SIGKILL"
    assert len({e["session_id"] for e in run.events("instance.launched", "one")}) == 1
    assert_done_once(orchestra, run)
