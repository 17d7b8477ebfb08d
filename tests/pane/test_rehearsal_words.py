"""What each word of a rehearsal does to the worktree, the processes and the reports."""

import os
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tests.pane.instances import Instance, gone, state_of
from tests.pane.rehearsing import git, rehearse, rehearsing
from tests.waiting import retry_until
from tmux_orchestra.core import events
from tmux_orchestra.pane.rehearsal_words import ACTS, words_of

pytestmark = pytest.mark.usefixtures("repository")


def last_message(instance: Instance) -> str:
    stopped = instance.reported("agent.stopped")
    assert isinstance(stopped, events.AgentStopped)
    return stopped.message


def test_words_are_read_in_order_and_quoted_ones_are_background():
    prompt = """Do it.
rehearse: write a.txt  some text
  - rehearse: slow 3
* rehearse: noop
> rehearse: crash
  > rehearse: crash
It is not: rehearse: crash
rehearse:ask"""
    assert words_of(prompt) == [("write", "a.txt  some text"), ("slow", "3"), ("noop", ""), ("ask", "")]


def test_without_a_word_it_makes_one_small_edit_and_commits(instance: Instance):
    rehearse(instance, "Add a login page")
    assert git(instance, "log", "--format=%s") == "Rehearse api\nbase"
    assert git(instance, "ls-files") == "REHEARSAL-api.md"
    assert git(instance, "status", "--short") == ""


@pytest.mark.parametrize("word", ["slow 0", "fork 1", "ignore-term"])
def test_words_that_only_accompany_the_work_do_not_replace_it(instance: Instance, word: str):
    rehearse(instance, f"rehearse: {word}")
    assert git(instance, "ls-files") == "REHEARSAL-api.md"


def test_write_commits_its_files_and_nothing_else(instance: Instance):
    (instance.worktree / "other").write_text("not the agent's")
    rehearse(instance, 'rehearse: write src/a.py print(1)\\nprint(2)\nrehearse: write "b c.txt" two words\n')
    assert (instance.worktree / "src/a.py").read_text() == "print(1)\nprint(2)\n"
    assert (instance.worktree / "b c.txt").read_text() == "two words\n"
    assert git(instance, "log", "--format=%s") == "Write b c.txt\nWrite src/a.py\nbase"
    assert git(instance, "status", "--short") == "?? other"


def test_write_runs_the_repository_s_hooks_and_shows_what_git_says(instance: Instance):
    hook = instance.worktree / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho 'the hook says no' >&2; exit 1\n")
    hook.chmod(0o755)
    done = rehearse(instance, "rehearse: write a.txt text")
    assert "the hook says no" in done.stdout
    assert "could not be committed" in last_message(instance)
    assert "failed" in [event.phase for event in instance.reports() if isinstance(event, events.AgentToolUsed)]


def test_write_stays_in_the_worktree(instance: Instance):
    rehearse(instance, "rehearse: write ../escaped.txt text")
    assert not (instance.worktree.parent / "escaped.txt").exists()
    instance.reported("agent.tool_denied")


def test_noop_changes_nothing(instance: Instance):
    rehearse(instance, "rehearse: noop")
    assert git(instance, "log", "--format=%s") == "base"
    assert "nothing to change" in last_message(instance)


def test_slow_takes_its_time_whatever_the_pace(instance: Instance):
    with rehearsing(instance, "rehearse: slow 600") as agent:
        instance.reported("agent.tool_used")
        agent.terminate()
        agent.communicate(timeout=60)
    assert agent.returncode == 143
    with pytest.raises(AssertionError):
        retry_until(lambda: "agent.stopped" in [event.event for event in instance.reports()], seconds=0.1)


def test_dirty_leaves_edits_and_untracked_files_uncommitted(instance: Instance):
    (instance.worktree / "README.md").write_text("read me\n")
    git(instance, "add", ".")
    git(instance, "commit", "-qm", "docs")
    rehearse(instance, "rehearse: dirty")
    status = git(instance, "status", "--short").splitlines()
    assert status == [" M README.md", "?? rehearsal-api.txt", "?? rehearsal-api/"]
    assert git(instance, "log", "--format=%s") == "docs\nbase"


def test_dirty_stages_a_file_where_there_is_none_to_edit(instance: Instance):
    rehearse(instance, "rehearse: dirty")
    assert git(instance, "status", "--short").splitlines()[0] == "A  REHEARSAL-api.md"


def test_ask_ends_with_a_question_and_goes_on_after_the_answer(instance: Instance):
    rehearse(instance, "rehearse: ask Which port?\nrehearse: write port.txt 80", typed="take 80\n")
    stops = [event.message for event in instance.reports() if isinstance(event, events.AgentStopped)]
    assert stops == ["QUESTION: Which port?", "Done: wrote port.txt."]


def test_limit_reports_when_it_is_over_and_goes_on_then(instance: Instance):
    rehearse(instance, "rehearse: limit 90\nrehearse: write a.txt after", typed="continue\n")
    failed = instance.reported("agent.failed")
    assert isinstance(failed, events.AgentFailed)
    assert (failed.error, failed.transient) == ("rate_limit", True)
    assert failed.retry_at is not None
    assert 0 < (failed.retry_at - datetime.now(UTC)).total_seconds() <= 90
    assert last_message(instance) == "Done: wrote a.txt."


def test_crash_ends_without_a_word_each_time(instance: Instance):
    for resume in (False, True):
        assert rehearse(instance, "rehearse: crash" if not resume else "go on", resume=resume).returncode == 1
    assert not [event for event in instance.reports() if event.event in ("agent.stopped", "agent.session_ended")]


@pytest.mark.parametrize("others", ["", "rehearse: write a.txt text\n"])
def test_crash_once_crashes_in_the_first_attempt_of_a_conversation_only(instance: Instance, others: str):
    assert rehearse(instance, f"rehearse: crash-once\n{others}").returncode == 1
    assert git(instance, "log", "--format=%s") == "base"
    assert rehearse(instance, "you were interrupted; go on", resume=True).returncode == 0
    assert git(instance, "rev-list", "--count", "HEAD") == "2"


def test_hang_prints_nothing_burns_nothing_and_still_ends_by_term(instance: Instance):
    with rehearsing(instance, "rehearse: hang") as agent:
        instance.reported("agent.todo_changed")
        retry_until(lambda: state_of(agent.pid) == "S")
        before, files = psutil.Process(agent.pid).cpu_times(), len(instance.reports())
        with pytest.raises(subprocess.TimeoutExpired):
            agent.wait(timeout=0.3)
        after = psutil.Process(agent.pid).cpu_times()
        assert (after.user + after.system) - (before.user + before.system) < 0.1
        assert len(instance.reports()) == files
        agent.terminate()
        agent.communicate(timeout=60)
    assert agent.returncode == 143


def test_fork_starts_children_that_burn_a_little_and_end_with_the_agent(instance: Instance):
    with rehearsing(instance, "rehearse: fork 3") as agent:
        instance.reported("agent.stopped")
        process = psutil.Process(agent.pid)
        retry_until(lambda: len(process.children()) == 3, what="three children, and no hook any more")
        children = process.children()
        assert [os.getpgid(child.pid) for child in children] == [agent.pid] * 3
        retry_until(lambda: all(sum(child.cpu_times()[:2]) > 0 for child in children), what="burnt CPU")
        agent.kill()
    for child in children:
        retry_until(gone(child.pid))


def test_daemon_escapes_group_and_session_but_keeps_mark_and_folder(instance: Instance):
    with rehearsing(instance, "rehearse: daemon") as agent:
        instance.reported("agent.stopped")
        retry_until(lambda: len(instance.processes()) == 2, what="no hook any more")
        (daemon,) = [process for process in instance.processes() if process.pid != agent.pid]
        assert os.getpgid(daemon.pid) not in (agent.pid, os.getpgid(agent.pid))
        assert os.getsid(daemon.pid) != agent.pid
        assert Path(daemon.cwd()) == instance.worktree
        agent.communicate("", timeout=60)
    assert state_of(daemon.pid) in ("S", "R")
    daemon.terminate()
    retry_until(gone(daemon.pid))


def test_a_daemon_ends_when_its_worktree_is_gone(instance: Instance):
    rehearse(instance, "rehearse: daemon\nrehearse: noop")
    (daemon,) = instance.processes()
    subprocess.run(["rm", "-rf", str(instance.worktree)], check=True)
    retry_until(gone(daemon.pid))


def test_ignore_term_takes_a_kill(instance: Instance):
    with rehearsing(instance, "rehearse: ignore-term\nrehearse: noop") as agent:
        instance.reported("agent.stopped")
        agent.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            agent.wait(timeout=0.3)
        agent.kill()
    assert agent.returncode == -signal.SIGKILL


def test_break_check_makes_the_usual_test_command_fail(instance: Instance):
    tests = instance.worktree / "tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    (tests / "test_x.py").write_text("")
    git(instance, "add", ".")
    git(instance, "commit", "-qm", "tests")
    rehearse(instance, "rehearse: break-check")
    check = subprocess.run(["python3", "-m", "unittest", "-q"], cwd=instance.worktree, capture_output=True, check=False)
    assert check.returncode == 1
    assert b"rehearsed failure" in check.stderr
    rehearse(instance, "The check failed. Please repair it.", resume=True)
    assert (instance.worktree / "BROKEN").exists()


def test_an_unknown_word_is_remarked_upon_and_the_next_one_obeyed(instance: Instance):
    done = rehearse(instance, "rehearse: frobnicate now\nrehearse: write a.txt text")
    assert "unknown word 'frobnicate'" in done.stdout
    assert git(instance, "ls-files") == "a.txt"


def test_every_word_is_tested_here():
    here = Path(__file__).read_text()
    assert [word for word in ACTS if f"rehearse: {word}" not in here and word != "edit"] == []
