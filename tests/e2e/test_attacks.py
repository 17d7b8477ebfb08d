"""Bad luck and bad company: what a hostile or careless world does to a run, and what must hold nevertheless."""

import shutil
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.orchestra import Orchestra, Run, await_end, end_servers, git, kill, marked, plan, tmux
from tests.waiting import retry_until

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX_ORCHESTRA_RESTART_DELAY", "0.05")


def assert_ends_well(orchestra: Orchestra) -> None:
    orchestra("wait")
    orchestra("merge")
    orchestra("cleanup")
    orchestra.assert_clean()


def all_stopped(run: Run, task: str) -> bool:
    return {process.status() for process in run.processes(task)} == {psutil.STATUS_STOPPED}


def checks(run: Run, task: str) -> list[psutil.Process]:
    return marked({"TMUX_ORCHESTRA_CHECK": f"{run.id}/{task}"})


def test_everything_is_killed_at_once_and_recover_carries_on(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(
        first="rehearse: fork 2\nrehearse: daemon\nrehearse: slow 1\nrehearse: write a.txt one",
        second=("rehearse: write b.txt two", "first"),
    )
    run.until("agent.tool_used", "first")
    supervisor, started = run.supervisor(), run.events("instance.started", "first")[0]
    server = int(tmux("display-message", "-p", "#{pid}"))
    kill([server, supervisor.ppid(), supervisor.pid, started["launcher_pid"], started["pid"]])
    assert orchestra.status()["run"]["state"] == "unknown"
    orchestra("recover")
    assert_ends_well(orchestra)
    assert len({e["session_id"] for e in run.events("instance.launched", "first")}) == 1


def test_a_pause_outlives_the_supervisor_and_resume_needs_none(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(api="rehearse: slow 10\nrehearse: write a.txt one")
    run.until("agent.tool_used", "api")
    orchestra("pause")
    supervisor = run.supervisor()
    kill([supervisor.ppid(), supervisor.pid])
    assert all_stopped(run, "api")
    orchestra("resume")
    assert not all_stopped(run, "api")
    orchestra("pause")
    assert all_stopped(run, "api")
    orchestra("recover")
    run.until("supervisor.started", times=4)
    assert all_stopped(run, "api")
    orchestra("resume")
    assert_ends_well(orchestra)


def test_cancel_and_cleanup_work_when_tmux_and_supervisor_are_gone(orchestra: Orchestra) -> None:
    run = orchestra.start_plan("--max-instances", "1", busy="rehearse: daemon\nrehearse: hang", waits="a small edit")
    run.until("agent.todo_changed", "busy", times=2)
    end_servers()
    retry_until(lambda: orchestra.status()["run"]["state"] == "unknown", what="the end of the supervisor")
    orchestra("cancel")
    assert run.processes("busy") == []
    assert run.events("run.ended")[0]["outcome"] == "cancelled"
    orchestra("cleanup", "all", "--yes")
    orchestra.assert_clean()


def test_closed_status_and_supervisor_windows_cost_nothing(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(api="rehearse: slow 1\nrehearse: write a.txt one")
    run.until("agent.tool_used", "api")
    supervisor = run.supervisor()
    for line in tmux("list-windows", "-a", "-F", "#{window_name} #{window_id}").splitlines():
        name, _, window = line.rpartition(" ")
        if name in {"status", "supervisor"}:
            tmux("kill-window", "-t", window)
    await_end([supervisor.pid])
    orchestra("recover")
    assert_ends_well(orchestra)
    assert len(run.events("agent.prompt_received", "api")) == 1


def test_three_runs_started_in_the_same_moment_all_reach_the_target(orchestra: Orchestra) -> None:
    def start(number: int) -> None:
        written = plan(api=f"rehearse: write f{number}.txt x", other=f"rehearse: write g{number}.txt x")
        orchestra(
            "start", "--plan", written, "--no-checks", *("--agent", "rehearsal", "--yes", "--detach", "--merge", "auto")
        )

    threads = [threading.Thread(target=start, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs = orchestra.runs()
    assert len(runs) == 3
    for run in runs:
        orchestra("wait", "--run", run.id)
    assert runs[0].merged_tasks("main") == ["api"] * 3 + ["other"] * 3
    for run in runs:
        orchestra("cleanup", "--run", run.id)
    orchestra.assert_clean()


def test_twelve_tasks_at_once_are_merged_once_each(orchestra: Orchestra) -> None:
    tasks = {f"task{number}": "a small edit" for number in range(12)}
    run = orchestra.start_plan("--max-instances", "12", "--merge", "auto", "--check", "test -f README.md", **tasks)
    orchestra("wait")
    assert run.merged_tasks("main") == sorted(tasks)
    orchestra("cleanup")
    orchestra.assert_clean()


def test_garbage_in_the_journal_and_in_the_inbox_is_passed_over(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(api="rehearse: slow 1\nrehearse: write a.txt one")
    run.until("agent.tool_used", "api")
    inbox = run.folder / "tasks" / "api" / "inbox"
    (inbox / "junk.json").write_text("{")
    (inbox / "hook-1-1.json").write_text('{"event": "agent.stopped", "message": 5}')
    (inbox / "fact-99-started.json").write_text('{"event": "instance.started"}')
    with (run.folder / "events.jsonl").open("ab") as journal:
        journal.write(b'\x00\xff\xfe\n{"event": "future.thing", "x": 1}\n[]\n{"event": "task.merged"}\n{}\n"x"\n{"ev')
    assert_ends_well(orchestra)


def test_a_deleted_integration_worktree_asks_for_a_person_and_loses_nothing(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(first="rehearse: slow 1\nrehearse: write a.txt one", second=("a small edit", "first"))
    run.until("agent.tool_used", "first")
    shutil.rmtree(run.events("worktree.created", "_integration")[0]["path"])
    assert "integration" in orchestra.says("wait", code=1)
    assert git(orchestra.repo, "show", f"orchestra/{run.id}/first:a.txt") == "one"


def test_an_agents_folder_may_be_deleted_under_it_and_retry_begins_again(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(vandal="rehearse: slow 1\nrehearse: write a.txt one", fine="a small edit")
    run.until("agent.tool_used", "vandal")
    shutil.rmtree(run.events("worktree.created", "vandal")[0]["path"])
    assert "vandal needs you" in orchestra.says("wait", code=1)
    assert run.statuses()["fine"] == "merged"
    orchestra("retry", "vandal")
    assert_ends_well(orchestra)


def test_the_target_may_be_left_or_deleted_meanwhile(orchestra: Orchestra) -> None:
    run = orchestra.start_plan("--merge", "auto", api="rehearse: slow 1\nrehearse: write a.txt one")
    run.until("agent.tool_used", "api")
    git(orchestra.repo, "switch", "--quiet", "--create", "elsewhere")
    orchestra("wait")
    assert run.merged_tasks("main") == ["api"]
    assert run.merged_tasks("elsewhere") == []
    assert not (orchestra.repo / "a.txt").exists()
    again = orchestra.start_plan("--merge", "auto", api="rehearse: slow 1\nrehearse: write b.txt two")
    again.until("agent.tool_used", "api")
    git(orchestra.repo, "switch", "--quiet", "main")
    git(orchestra.repo, "branch", "-D", "elsewhere")
    assert "no branch elsewhere" in orchestra.says("wait", code=1)
    assert "no branch elsewhere" in orchestra.says("merge", code=1)


def test_a_run_without_a_branch_keeps_its_result_on_the_integration_branch(orchestra: Orchestra) -> None:
    git(orchestra.repo, "checkout", "--quiet", "--detach")
    run = orchestra.start_plan("--merge", "auto", api="a small edit")
    orchestra("wait")
    assert run.merged_tasks(f"orchestra/{run.id}/_integration") == ["api"]
    assert "detached" in orchestra.says("merge", code=1)
    assert Path(run.events("worktree.created", "_integration")[0]["path"]).exists()
    orchestra("cleanup", code=1)
    assert run.merged_tasks(f"orchestra/{run.id}/_integration") == ["api"]


def test_cancel_ends_a_set_up_that_is_under_way(orchestra: Orchestra) -> None:
    run = orchestra.start_plan("--setup", "case $PWD in *integration*) ;; *) sleep 1000 ;; esac", api="a small edit")
    retry_until(lambda: checks(run, "api"), what="the set-up")
    begun = time.monotonic()
    orchestra("cancel")
    run.until("supervisor.stopped")
    assert time.monotonic() - begun < 60
    assert checks(run, "api") == []


def test_a_check_that_never_ends_is_ended_with_all_it_started(
    orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX_ORCHESTRA_CHECK_TIMEOUT", "1")
    monkeypatch.setenv("TMUX_ORCHESTRA_MAX_ATTEMPTS", "1")
    run = orchestra.start_plan("--check", "test ! -e slow || { sleep 1000 & wait; }", api="rehearse: write slow yes")
    orchestra("wait", code=1)
    assert "exit_code" not in run.events("check.failed", "api")[0]
    assert checks(run, "api") == []


def test_a_paused_task_in_its_check_does_not_hold_the_others_up(orchestra: Orchestra) -> None:
    go = orchestra.repo / ".git" / "go"
    check = f"test ! -e slow || until test -e {go}; do sleep 0.1; done"
    run = orchestra.start_plan("--check", check, slow="rehearse: write slow yes", other="rehearse: slow 0.5")
    retry_until(lambda: checks(run, "slow"), what="the check")
    orchestra("pause", "slow")
    go.touch()
    run.until("task.merged", "other")
    assert run.statuses()["slow"] == "checking"
    orchestra("resume", "slow")
    assert_ends_well(orchestra)
