"""Instances: launching, freezing, waking, ending and talking to a real agent in a real window."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.effects.run_fixtures import OpenRun, Run, launch, open_run, open_windows  # noqa: F401
from tests.effects.tmux_fixtures import raw_tmux
from tests.waiting import retry_until
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects import instances, processes

Prepare = Callable[..., Run]


@pytest.fixture
def prepared(open_run: OpenRun, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    """Begin a run whose tasks have a worktree and a window, and are being prepared."""
    monkeypatch.setenv("REHEARSAL_PACE", "0")

    def prepare(*tasks: str, **settings: object) -> Run:
        tasks = tasks or ("a",)
        run = open_run(*tasks, **settings)
        run.stand(*tasks)
        open_windows(run, *tasks)
        run.tell(*(e.TaskPreparing(task=task) for task in tasks))
        return run

    return prepare


def running(run: Run, prompt: str, task: str = "a") -> e.InstanceStarted:
    """Launch, and wait until the agent has taken its prompt."""
    launch(run, prompt, task)
    started = run.hear("instance.started", task)
    assert isinstance(started, e.InstanceStarted)
    run.tell(e.TaskRunning(task=task))
    if not run.task(task).conversation:
        run.hear("agent.prompt_received", task)
    return started


def end(run: Run, task: str = "a") -> list[e.Event]:
    return run.carry(lambda site, state: instances.end(site, a.EndInstance(task=task), state))


def freeze(run: Run, hold: str = "person") -> e.InstanceFrozen:
    action = a.Freeze.model_validate({"task": "a", "hold": hold})
    (told,) = run.carry(lambda site, state: instances.freeze(site, action, state))
    assert isinstance(told, e.InstanceFrozen)
    return told


def thaw(run: Run, hold: str = "person") -> e.InstanceThawed:
    action = a.Thaw.model_validate({"task": "a", "hold": hold})
    (told,) = run.carry(lambda site, state: instances.thaw(site, action, state))
    assert isinstance(told, e.InstanceThawed)
    return told


STANDING_STILL = {"T", "D"}
"""A parent whose child was stopped between vfork and exec shows `D`, and runs no more than the others."""


def states(run: Run) -> set[str]:
    return {row.state for row in run.site.kin(run.task(), everywhere=True).find().values()}


# --- windows and launches --------------------------------------------------------------------------------


def test_windows_are_named_after_their_tasks_and_opened_once(prepared: Prepare) -> None:
    run = prepared("a", "b")
    before = {task.id: (task.window, task.pane) for task in run.state.tasks.values()}
    run.carry(lambda site, state: instances.open_windows(site, a.OpenWindows(tasks=("a", "b")), state))
    assert {task.id: (task.window, task.pane) for task in run.state.tasks.values()} == before
    names = raw_tmux(run.site.tmux.socket_name, "list-windows", "-a", "-F", "#{window_id} #{window_name}").splitlines()
    assert {f"{before['a'][0]} a (waiting)", f"{before['b'][0]} b (waiting)"} <= set(names)


def test_an_agent_is_launched_in_its_window_and_worktree_and_tells_how_it_goes(prepared: Prepare) -> None:
    run = prepared()
    launched = launch(run, "rehearse: write made.txt hello")
    assert processes.start_time(launched.launcher_pid) == launched.launcher_start_time
    started = run.hear("instance.started")
    assert isinstance(started, e.InstanceStarted)
    assert (started.attempt, started.launcher_pid) == (1, launched.launcher_pid)
    run.hear("agent.stopped")
    assert (run.worktree() / "made.txt").read_text() == "hello\n"
    assert run.task().session_id == launched.session_id
    assert (run.site.folder.task("a") / "prompt.md").read_text() == "rehearse: write made.txt hello\n"
    end(run)


def test_what_the_agent_is_started_with_is_for_its_owner_alone_and_outside_of_the_worktree(prepared: Prepare) -> None:
    run = prepared()
    launched = launch(run, "rehearse: hang")
    folder = run.site.folder.task("a")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o077 for path in [*files, folder]} == {0}
    told = json.loads((folder / "launch.json").read_text())
    assert (told["subagent"], told["argv"][told["argv"].index("--subagent") + 1]) == ("feature-development",) * 2
    assert launched.subagent == "feature-development"
    assert sorted(path.name for path in run.worktree().iterdir()) == [".git", ".gitignore", "README", "src"]
    end(run)


def test_what_a_person_wrote_before_the_launch_is_told_and_told_again_if_nobody_took_it(prepared: Prepare) -> None:
    run = prepared()
    file = run.site.folder.task("a") / "prompt.md"
    assert file.read_text().startswith("a\n\nWork only inside this worktree.")
    file.write_text("Mine.\nrehearse: hang\n")
    for attempt in (1, 2):
        launched = launch(run, "composed", attempt=attempt)
        assert (launched.attempt, launched.prompt_edited) == (attempt, True)
        assert (file.parent / f"prompt-{attempt}.txt").read_text() == "Mine.\nrehearse: hang"
    run.hear("agent.prompt_received")
    told = launch(run, "go on", attempt=3, resume=True, session_id=launched.session_id)
    assert not told.prompt_edited
    assert file.read_text() == "Mine.\nrehearse: hang\n"
    end(run)


def test_a_window_that_a_person_closed_is_opened_again_for_the_launch(prepared: Prepare) -> None:
    run = prepared()
    closed = run.task().window
    run.site.tmux.kill_windows([closed])
    launch(run, "rehearse: noop")
    run.hear("agent.stopped")
    assert run.task().window != closed
    end(run)


def test_no_attempt_has_the_number_of_one_that_the_journal_does_not_know(prepared: Prepare) -> None:
    run = prepared()
    # The supervisor died between launching and telling so.
    action = a.Launch(task="a", attempt=1, session_id="", resume=False, prompt="rehearse: hang")
    instances.launch(run.site, action, run.state)
    lost = retry_until(lambda: run.site.kin(run.task()).find(), what="the agent that nobody knows of")
    again = launch(run, "rehearse: hang")
    assert again.attempt == 2
    assert not [row for row in lost.values() if processes.is_alive(row.pid, row.start_time)], "two at once"
    retry_until(lambda: run.listen() or run.task().alive, what="the second one's start")
    assert json.loads((run.site.folder.task("a") / "launch.json").read_text())["attempt"] == 2
    end(run)


def test_without_a_session_nothing_is_launched(open_run: OpenRun) -> None:
    run = open_run("a")
    run.stand("a")
    for effect in (
        lambda site, state: instances.open_windows(site, a.OpenWindows(tasks=("a",)), state),
        lambda site, state: instances.launch(
            site, a.Launch(task="a", attempt=1, session_id="", resume=False, prompt="x"), state
        ),
    ):
        with pytest.raises(OrchestraError, match="no tmux session") as told:
            run.carry(effect)
        assert "recover" in told.value.hint


# --- ending ----------------------------------------------------------------------------------------------


def test_ending_takes_children_and_daemons_along_and_the_launcher_tells_how(prepared: Prepare) -> None:
    run = prepared()
    running(run, "rehearse: fork 2\nrehearse: daemon\nrehearse: hang")
    retry_until(lambda: len(run.site.kin(run.task()).find()) >= 4, what="agent, children and daemon")
    assert end(run) == [e.InstanceCleared(task="a", attempt=1)]
    exited = run.hear("instance.exited")
    assert isinstance(exited, e.InstanceExited)
    assert exited.attempt == 1
    assert run.site.kin(run.task(), everywhere=True).find() == {}
    assert run.site.tmux.exists(run.task().pane), "the window stays"
    assert "2 processes in the background" in (run.site.folder.task("a") / "output.log").read_text()
    assert end(run) == [e.InstanceCleared(task="a", attempt=1)], "done twice is done once"


def test_an_agent_that_does_not_listen_is_killed(prepared: Prepare) -> None:
    run = prepared(end_timeout=0.3)
    running(run, "rehearse: ignore-term\nrehearse: fork 1\nrehearse: hang")
    retry_until(lambda: "1 processes" in (run.site.tmux.capture(run.task().pane) or ""), what="it does not listen")
    end(run)
    exited = run.hear("instance.exited")
    assert isinstance(exited, e.InstanceExited)
    assert exited.signal == "SIGKILL"


# --- freezing --------------------------------------------------------------------------------------------


def test_freezing_stops_everything_of_the_instance_and_thawing_lets_it_go_on(prepared: Prepare) -> None:
    run = prepared()
    running(run, "rehearse: fork 2\nrehearse: daemon\nrehearse: hang")
    retry_until(lambda: len(run.site.kin(run.task()).find()) >= 4, what="agent, children and daemon")
    told = freeze(run)
    assert told.processes >= 4
    assert told.attempt == 1
    assert states(run) <= STANDING_STILL
    assert run.task().holds == {"person"}
    thaw(run)
    retry_until(lambda: "T" not in states(run), what="all awake")
    assert run.task().holds == frozenset()
    end(run)


def test_an_instance_that_two_hold_goes_on_only_when_both_have_let_go(prepared: Prepare) -> None:
    run = prepared()
    running(run, "rehearse: hang")
    freeze(run, "person")
    freeze(run, "memory")
    thaw(run, "person")
    assert states(run) <= STANDING_STILL
    thaw(run, "memory")
    retry_until(lambda: "T" not in states(run), what="awake")
    end(run)


def test_keys_that_are_typed_into_a_frozen_agent_do_not_kill_it_on_waking(prepared: Prepare) -> None:
    run = prepared()
    started = running(run, "rehearse: hang")
    freeze(run)
    raw_tmux(run.site.tmux.socket_name, "send-keys", "-t", run.task().pane, "C-c")
    thaw(run)
    retry_until(lambda: "T" not in states(run), what="awake")
    time.sleep(0.2)  # the moment in which a queued ^C would end it
    assert processes.is_alive(started.pid, started.start_time)
    end(run)


def test_a_task_without_an_agent_can_be_held_too(prepared: Prepare) -> None:
    run = prepared()
    assert freeze(run).processes == 0
    assert run.task().holds == {"person"}
    assert thaw(run).processes == 0


def test_a_frozen_agent_can_be_ended(prepared: Prepare) -> None:
    run = prepared()
    running(run, "rehearse: hang")
    freeze(run)
    end(run)
    assert isinstance(run.hear("instance.exited"), e.InstanceExited)


# --- talking ---------------------------------------------------------------------------------------------


def send(run: Run, text: str) -> e.Event:
    action = a.Send(id="5", task="a", text=text)
    (told,) = run.carry(lambda site, state: instances.send(site, action, state))
    return told


@pytest.mark.parametrize("text", ["also do x;", "two\nlines 'q' $(d) `e` #{x}"])
def test_a_text_is_typed_and_the_agent_confirms_it_word_by_word(prepared: Prepare, text: str) -> None:
    run = prepared()
    running(run, "rehearse: noop")
    if run.task().stopped is None:
        run.hear("agent.stopped")
    assert isinstance(send(run, text), e.SendPasted)
    taken = run.hear("agent.prompt_received")
    assert isinstance(taken, e.AgentPromptReceived)
    assert taken.digest == e.prompt_digest(text)
    assert run.task().with_person
    end(run)


def test_a_text_for_a_window_that_is_gone_is_told_as_undelivered(prepared: Prepare) -> None:
    run = prepared()
    run.site.tmux.kill_windows([run.task().window])
    told = send(run, "x")
    assert isinstance(told, e.SendFinished)
    assert not told.delivered
    assert Path(run.site.folder.path).exists()
