"""The supervisor's loop, in this process: it carries what was asked for, and refuses to write down what cannot be."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.effects.conftest import CommitFile, commit_file, git_home, repo, repo_path, sh  # noqa: F401
from tests.effects.run_fixtures import OpenRun, Run, open_run  # noqa: F401
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import ImpossibleEvent, RunState, Status
from tmux_orchestra.effects import instances, processes, working
from tmux_orchestra.effects.journal import Journal, supervisor_lock
from tmux_orchestra.supervisor import Supervisor


@pytest.fixture
def over(open_run: OpenRun, commit_file: CommitFile) -> Run:
    """A run of which all is merged, by hand, and that is over; nobody carries it, and there is no tmux."""
    run = open_run("a", merge="manual")
    run.stand("a")
    commit_file(run.worktree(), "a.txt", "1\n")
    run.tell(e.TaskPreparing(task="a"), e.TaskRunning(task="a"), e.TaskChecking(task="a"))
    commit = run.collect().commit
    run.tell(e.TaskFinished(task="a"), e.TaskMerging(task="a"), e.MergeStarted(task="a", commit=commit))
    run.carry(lambda site, state: working.merge_task(site, a.Merge(task="a", commit=commit), state))
    run.tell(e.TaskMerged(task="a"), e.RunEnded(outcome="done", summary="1 of 1 tasks merged"))
    return run


def ask(run: Run, wish: e.Event) -> None:
    """Append a wish, as any process may."""
    Journal(run.site.folder.journal).append(wish)


def names(run: Run) -> list[str]:
    return [event.event for event in Journal(run.site.folder.journal).read_new()]


def test_a_merge_and_a_cleanup_after_the_end_are_answered_without_tmux(over: Run, repo_path: Path) -> None:
    ask(over, e.MergeRequested(id="7"))
    with supervisor_lock(over.site.folder.lock) as mine:
        assert mine
        state = Supervisor(over.site.folder).run(lambda state: state.merge_wish is None)
    assert state.moved is not None
    assert (state.moved.target, state.moved.request) == ("main", "7")
    assert (repo_path / "a.txt").read_text() == "1\n"

    worktrees = [over.worktree(), over.worktree(e.INTEGRATION)]
    ask(over, e.CleanupRequested(id="8"))
    with supervisor_lock(over.site.folder.lock):
        state = Supervisor(over.site.folder).run(lambda state: state.cleanup_wish is None)
    assert state.cleanup is not None
    assert (state.cleanup.request, dict(state.cleanup.kept)) == ("8", {})
    assert not [place for place in worktrees if place.exists()]
    assert state == over.state, "what it returns is what the journal tells"
    told = names(over)
    assert told.count("supervisor.started") == told.count("supervisor.stopped") == 2
    assert not over.site.tmux.server_pid()


def test_it_returns_at_its_deadline_although_nothing_happened(over: Run) -> None:
    begun = time.monotonic()
    deadline = begun + 0.2
    Supervisor(over.site.folder).run(lambda _: time.monotonic() >= deadline, deadline)
    assert 0.2 <= time.monotonic() - begun < 30


def test_a_run_without_anything_to_do_is_not_looked_at_again_and_again(over: Run) -> None:
    asked: list[RunState] = []
    deadline = time.monotonic() + 0.5

    def until(state: RunState) -> bool:
        asked.append(state)
        return time.monotonic() >= deadline

    Supervisor(over.site.folder).run(until, deadline)
    assert len(asked) <= 4


def test_an_impossible_fact_is_refused_before_it_is_written(over: Run) -> None:
    before = over.site.folder.journal.read_bytes()

    def wrong(*_: object) -> list[a.Action]:
        return [a.Record(event=e.TaskRunning(task="a"))]

    with pytest.raises(ImpossibleEvent, match=r"task\.running: a is merged"):
        Supervisor(over.site.folder, decide=wrong).run(lambda _: True)
    written = over.site.folder.journal.read_bytes().removeprefix(before)
    assert [json.loads(line)["event"] for line in written.splitlines()] == ["supervisor.started", "supervisor.stopped"]


def test_a_journal_that_does_not_begin_with_a_start_carries_nothing(over: Run) -> None:
    over.site.folder.journal.write_text('{"event": "moon.landed"}\n')
    with pytest.raises((RuntimeError, ImpossibleEvent), match=r"run\.started"):
        Supervisor(over.site.folder)


def test_conclusions_without_an_effect_do_not_spin_for_ever(open_run: OpenRun) -> None:
    run = open_run("a")

    def endless(*_: object) -> list[a.Action]:
        return [a.Record(event=e.AgentAsked(task="a", question="again?"))]

    with pytest.raises(RuntimeError, match="conclusions without an effect"):
        Supervisor(run.site.folder, decide=endless).run(lambda _: False)


def test_what_was_dropped_while_nobody_looked_is_heard_and_taken_away(open_run: OpenRun) -> None:
    run = open_run("a")
    inbox = run.site.folder.inbox("a")
    (inbox / "hook-1.json").write_text(json.dumps({"event": "agent.asked", "question": "may I?"}))
    (inbox / "hook-2.json").write_text("no JSON at all")
    Supervisor(run.site.folder, decide=lambda *_: []).run(lambda state: state.tasks["a"].asked != "")
    assert list(inbox.iterdir()) == []
    assert run.task().asked == "may I?"


def test_what_is_in_the_journal_already_is_not_told_a_second_time(open_run: OpenRun) -> None:
    run = open_run("a")
    dropped = run.site.folder.inbox("a") / "hook-1.json"
    dropped.write_text(json.dumps({"event": "agent.tool_denied", "tool": "Bash"}))
    stamp = dropped.stat()
    Supervisor(run.site.folder, decide=lambda *_: []).run(lambda state: bool(state.tasks["a"].denied))
    # The supervisor dies after writing it down, before taking the file away.
    dropped.write_text(json.dumps({"event": "agent.tool_denied", "tool": "Bash"}))
    os.utime(dropped, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    Supervisor(run.site.folder, decide=lambda *_: []).run(lambda _: True)
    assert not dropped.exists()
    assert len(run.task().denied) == 1


def test_a_launcher_that_is_gone_without_a_word_is_noticed(open_run: OpenRun) -> None:
    run = open_run("a")
    launcher = subprocess.Popen(["sleep", "600"])
    started = processes.start_time(launcher.pid)
    run.tell(
        e.TaskPreparing(task="a"),
        e.InstanceLaunched(
            task="a", attempt=1, launcher_pid=launcher.pid, launcher_start_time=started, session_id="s"
        ),
        e.InstanceStarted(
            task="a", attempt=1, pid=launcher.pid, start_time=started, launcher_pid=launcher.pid,
            launcher_start_time=started,
        ),
    )  # fmt: skip
    deadline = time.monotonic() + 0.3
    state = Supervisor(run.site.folder, decide=lambda *_: []).run(lambda _: time.monotonic() > deadline, deadline)
    assert state.tasks["a"].alive, "as long as it lives, it is believed to"
    launcher.kill()
    launcher.wait()
    state = Supervisor(run.site.folder, decide=lambda *_: []).run(lambda state: not state.tasks["a"].alive)
    instance = state.tasks["a"].instance
    assert instance is not None
    assert instance.exit is not None
    assert (instance.exit.exit_code, instance.exit.reason) == (None, "the launcher is gone")


def test_after_a_restart_of_the_machine_a_stranger_with_the_same_pid_and_start_time_is_let_be(
    open_run: OpenRun,
) -> None:
    run = open_run("a")
    stranger = subprocess.Popen(["sleep", "600"])
    started = processes.start_time(stranger.pid)
    identity = {"launcher_pid": stranger.pid, "launcher_start_time": started}
    run.tell(
        e.SupervisorStarted(pid=1, start_time=1, boot="the one before"),
        e.TaskPreparing(task="a"),
        e.InstanceLaunched.model_validate({"task": "a", "attempt": 1, "session_id": "s", **identity}),
        e.InstanceStarted.model_validate(
            {"task": "a", "attempt": 1, "pid": stranger.pid, "start_time": started, **identity}
        ),
    )
    try:
        state = Supervisor(run.site.folder, decide=lambda *_: []).run(lambda state: not state.tasks["a"].alive)
        instance = state.tasks["a"].instance
        assert instance is not None
        assert instance.exit is not None
        assert instance.exit.reason == "the launcher is gone"
        run.carry(lambda site, state: instances.end(site, a.EndInstance(task="a"), state))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_time_comes_from_the_clock_and_wakes_it(open_run: OpenRun) -> None:
    run = open_run("a", restart_delay=0.6)
    run.tell(e.TaskPreparing(task="a"), e.TaskWaiting(task="a", cause="crash"))
    seen = []

    def decide(state: RunState, _settings: object, now) -> list[a.Action]:
        since = state.tasks["a"].since
        assert since is not None
        seen.append((now - since).total_seconds())
        return []

    Supervisor(run.site.folder, decide=decide).run(lambda _: seen[-1] >= 0.4)
    assert run.task().status is Status.WAITING
    assert 2 <= len(seen) <= 5, seen
