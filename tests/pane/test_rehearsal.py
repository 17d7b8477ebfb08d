"""The rehearsed agent as a program: reports, memory, prompts, ends. Its words are in the next file."""

import hashlib
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.pane.instances import SESSION_ID, Instance, isolated
from tests.pane.rehearsing import ENVIRONMENT, agent_command, git, rehearse, rehearsing
from tests.waiting import retry_until
from tmux_orchestra.core import events

if TYPE_CHECKING:
    from tests.pane.conftest import Tmux

pytestmark = pytest.mark.usefixtures("repository")


def names(instance: Instance) -> list[str]:
    return [event.event.removeprefix("agent.") for event in instance.reports()]


def test_reports_a_turn_from_its_start_to_its_end(instance: Instance):
    prompt = "  rehearse: write a.txt text\n\n"
    rehearse(instance, prompt)
    assert names(instance) == [
        *("session_started", "prompt_received", "todo_changed"),
        *("tool_used", "tool_used", "tool_used", "tool_used"),
        *("todo_changed", "stopped", "session_ended"),
    ]
    started, received, todo, *calls, done, _, _ = instance.reports()
    assert isinstance(started, events.AgentSessionStarted)
    assert (started.session_id, started.source) == (SESSION_ID, "startup")
    assert isinstance(received, events.AgentPromptReceived)
    assert received.digest == hashlib.sha256(prompt.strip().encode()).hexdigest()[:16]
    assert isinstance(todo, events.AgentTodoChanged)
    assert todo.items == (("write a.txt text", "in_progress"),)
    assert isinstance(done, events.AgentTodoChanged)
    assert done.items == (("write a.txt text", "completed"),)
    phases = [(call.call, call.phase) for call in calls if isinstance(call, events.AgentToolUsed)]
    assert [phase for _, phase in phases] == ["started", "finished", "started", "finished"]
    assert phases[0][0] == phases[1][0] != phases[2][0]


def test_a_long_prompt_is_reported_by_its_beginning_and_its_whole_digest(instance: Instance):
    prompt = "é" * 500
    rehearse(instance, prompt)
    received = instance.reported("agent.prompt_received")
    assert isinstance(received, events.AgentPromptReceived)
    assert received.text == "é" * 200
    assert received.digest == hashlib.sha256(prompt.encode()).hexdigest()[:16]


def test_typed_lines_and_pastes_are_new_prompts(instance: Instance):
    pasted = "\x1b[200~rehearse: write b.txt b\rrehearse: write c.txt c\x1b[201~\n"
    typed = f"rehearse: nooo\x7f\x7fop\nthrown away\x15rehearse: write a.txt a\n\n{pasted}/exit\nnever read\n"
    done = rehearse(instance, "rehearse: noop", typed=typed)
    assert done.returncode == 0
    received = [event.text for event in instance.reports() if isinstance(event, events.AgentPromptReceived)]
    assert received == [
        *("rehearse: noop", "rehearse: noop", "rehearse: write a.txt a"),
        "rehearse: write b.txt b\nrehearse: write c.txt c",
    ]
    assert git(instance, "ls-files").split() == ["a.txt", "b.txt", "c.txt"]


def test_a_resumed_conversation_looks_again_when_all_is_done(instance: Instance):
    rehearse(instance, "rehearse: write a.txt text")
    rehearse(instance, "> rehearse: write b.txt quoted\nThe check failed.", resume=True)
    sessions = [event.source for event in instance.reports() if isinstance(event, events.AgentSessionStarted)]
    assert sessions == ["startup", "resume"]
    stopped = instance.reported("agent.stopped", times=2)
    assert isinstance(stopped, events.AgentStopped)
    assert stopped.message == "I looked again; there is nothing left that I would change."
    assert git(instance, "rev-list", "--count", "HEAD") == "2"


def test_a_resumed_conversation_obeys_a_prompt_with_words_of_its_own(instance: Instance):
    rehearse(instance, "rehearse: write a.txt text")
    rehearse(instance, "rehearse: write b.txt more", resume=True)
    assert git(instance, "ls-files").split() == ["a.txt", "b.txt"]


def test_a_killed_conversation_goes_on_where_it_was_cut_off(instance: Instance):
    with rehearsing(instance, "rehearse: write a.txt 1\nrehearse: hang\nrehearse: write b.txt 2") as agent:
        retry_until(lambda: names(instance).count("todo_changed") == 2)
        agent.kill()
    rehearse(instance, "rehearse: noop", resume=True)
    assert git(instance, "ls-files") == "a.txt"
    kept = json.loads((instance.folder / f"rehearsal-{SESSION_ID}.json").read_text())
    assert kept == {"words": [["noop", ""]], "done": 1}


def test_resuming_what_never_began_fails_as_it_does_with_claude(instance: Instance):
    done = rehearse(instance, "go on", resume=True)
    assert (done.returncode, done.stdout) == (1, f"No conversation found with session ID: {SESSION_ID}\n")


def test_beginning_a_conversation_twice_fails_as_it_does_with_claude(instance: Instance):
    rehearse(instance, "rehearse: noop")
    done = rehearse(instance, "rehearse: noop")
    assert (done.returncode, done.stdout) == (1, f"Error: Session ID {SESSION_ID} is already in use.\n")


@pytest.mark.parametrize(("name", "exit_code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 0)])
def test_a_signal_at_the_prompt_ends_it_with_a_last_report(instance: Instance, name: str, exit_code: int):
    with rehearsing(instance, "rehearse: noop") as agent:
        instance.reported("agent.stopped")
        os.killpg(agent.pid, signal.Signals[name])
        os.killpg(agent.pid, signal.Signals[name])
        agent.communicate(timeout=60)
    assert agent.returncode == exit_code
    assert names(instance)[-1] == "session_ended"


def test_one_ctrl_c_during_a_turn_is_a_warning_and_the_second_ends_it(instance: Instance):
    with rehearsing(instance, "rehearse: slow 600") as agent:
        instance.reported("agent.tool_used")
        agent.send_signal(signal.SIGINT)
        assert agent.stdout is not None
        while "again" not in agent.stdout.readline():
            pass
        agent.send_signal(signal.SIGINT)
        agent.communicate(timeout=60)
    assert agent.returncode == 0


def test_an_agent_that_is_told_to_end_never_leaves_half_a_commit(instance: Instance):
    hook = instance.worktree / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho > ../reached; sleep 0.2\n")
    hook.chmod(0o755)
    with rehearsing(instance, "rehearse: write a.txt 1") as agent:
        retry_until((instance.worktree.parent / "reached").exists)
        agent.terminate()
        agent.communicate(timeout=60)
    assert agent.returncode == 143
    assert not (instance.worktree / ".git/index.lock").exists()
    assert git(instance, "log", "--format=%s") == "Write a.txt\nbase"


def test_nothing_is_imported_from_the_worktree(instance: Instance):
    (instance.worktree / "json.py").write_text("raise SystemExit('imported from the worktree')\n")
    assert rehearse(instance, "rehearse: noop").returncode == 0


def test_a_wrong_command_line_is_a_usage_error():
    done = subprocess.run(isolated("rehearsal.py", "--resume"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage: rehearsal" in done.stderr


def test_takes_a_long_paste_in_a_pane_and_ends_by_ctrl_d(instance: Instance, tmux: "Tmux"):
    text = "\n".join(f"line {number} of a long prompt: {'x' * 80}" for number in range(100)) + "\nrehearse: noop"
    pane = tmux.open(instance.command(agent_command(instance, "rehearse: noop"), env=ENVIRONMENT))
    instance.reported("agent.stopped")
    tmux.command("load-buffer", "-", stdin=text)
    tmux.command("paste-buffer", "-p", "-t", pane)
    tmux.press(pane, "Enter")
    instance.reported("agent.stopped", times=2)
    received = instance.reported("agent.prompt_received", times=2)
    assert isinstance(received, events.AgentPromptReceived)
    assert received.digest == hashlib.sha256(text.encode()).hexdigest()[:16]
    tmux.press(pane, "C-d")
    assert instance.exited().exit_code == 0
    assert names(instance)[-1] == "session_ended"


@pytest.mark.parametrize(("keys", "exit_code"), [(["C-c"], 0), (["/exit", "Enter"], 0)])
def test_ends_in_a_pane_as_a_person_ends_it(instance: Instance, tmux: "Tmux", keys: list[str], exit_code: int):
    pane = tmux.open(instance.command(agent_command(instance, "rehearse: noop"), env=ENVIRONMENT))
    tmux.shows(pane, "\n>")
    tmux.press(pane, *keys)
    assert instance.exited().exit_code == exit_code


def test_kill_pane_ends_it_with_a_last_report(instance: Instance, tmux: "Tmux"):
    pane = tmux.open(instance.command(agent_command(instance, "rehearse: noop"), env=ENVIRONMENT))
    instance.reported("agent.stopped")
    tmux.command("kill-pane", "-t", pane)
    assert instance.exited().exit_code == 129
    assert names(instance)[-1] == "session_ended"
