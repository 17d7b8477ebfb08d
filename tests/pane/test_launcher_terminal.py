"""The launcher as the process of a real tmux pane."""

import os
import shlex
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.pane.instances import Instance, gone, state_of
from tests.waiting import retry_until

if TYPE_CHECKING:
    from tests.pane.conftest import Tmux


def test_the_agent_has_the_foreground_and_the_launcher_is_the_pane(instance: Instance, tmux: "Tmux"):
    pane = tmux.open(instance.command(["sleep", "600"]))
    started = instance.started()
    assert started.pane == pane
    retry_until(lambda: tmux.ask(pane, "#{pane_current_command}") == "sleep")
    assert tmux.ask(pane, "#{pane_pid}") == str(started.launcher_pid)


def test_sigstop_holds_in_a_pane_and_typed_text_waits(instance: Instance, tmux: "Tmux"):
    pane = tmux.open(instance.command(["cat"]))
    agent = instance.started().pid
    os.killpg(agent, signal.SIGSTOP)
    retry_until(lambda: state_of(agent) == "T")
    tmux.press(pane, "patience", "Enter")
    deadline = time.monotonic() + 0.3
    while time.monotonic() < deadline:
        assert state_of(agent) == "T"
    assert tmux.screen(pane).count("patience") == 1  # the terminal's own echo
    os.killpg(agent, signal.SIGCONT)
    tmux.shows(pane, "patience", times=2)


def test_ctrl_z_does_not_leave_the_pane_dead(instance: Instance, tmux: "Tmux"):
    pane = tmux.open(instance.command(["cat"]))
    instance.started()
    tmux.press(pane, "C-z")
    tmux.press(pane, "still here", "Enter")
    tmux.shows(pane, "still here", times=2)


def test_ctrl_c_ends_the_agent_and_the_launcher_tells_it(instance: Instance, tmux: "Tmux"):
    pane = tmux.open(instance.command(["sleep", "600"]))
    instance.started()
    tmux.press(pane, "C-c")
    assert instance.exited().signal == "SIGINT"
    tmux.shows(pane, "the agent is gone (ended by SIGINT)")


def test_the_agent_hears_of_the_pane_s_size(instance: Instance, tmux: "Tmux"):
    pane = tmux.open(instance.command(["sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do sleep 0.01; done"]))
    tmux.shows(pane, "ready")
    tmux.command("resize-window", "-t", pane, "-x", "77", "-y", "22")
    tmux.shows(pane, "22 77")


@pytest.mark.parametrize("frozen", [False, True])
def test_kill_pane_leaves_nothing_of_the_agent_s_group(instance: Instance, tmux: "Tmux", frozen: bool):
    pane = tmux.open(instance.command(["sh", "-c", "sleep 600 & sleep 600 & wait"]))
    started = instance.started()
    retry_until(lambda: len(instance.processes()) == 3)
    if frozen:
        os.killpg(started.pid, signal.SIGSTOP)
        retry_until(lambda: state_of(started.pid) == "T")
    tmux.command("kill-pane", "-t", pane)
    retry_until(lambda: not instance.processes())
    assert instance.exited().signal == "SIGHUP"
    retry_until(gone(started.launcher_pid))


def test_a_crash_in_full_screen_leaves_a_usable_terminal_and_its_last_words(instance: Instance, tmux: "Tmux"):
    crash = (
        "import os, tty; tty.setraw(0);"
        r"os.write(1, b'\x1b[?1049h\x1b[2J\x1b[H\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[?25l\x1b[31mlast words');"
        "os.abort()"
    )
    # A second program keeps the pane alive: for a dead one, tmux scrolls by a line and hides the cursor.
    pane = tmux.open(["sh", "-c", f"{shlex.join(instance.command([sys.executable, '-c', crash]))}; read line"])
    tmux.shows(pane, "the agent is gone (ended by SIGABRT)")
    assert "last words" in tmux.screen(pane)
    assert tmux.ask(pane, "#{mouse_any_flag} #{cursor_flag}") == "0 1"
    tmux.command("set-buffer", "pasted")
    tmux.command("paste-buffer", "-p", "-t", pane)
    tmux.shows(pane, "pasted")
    assert "200~" not in tmux.screen(pane)
    assert instance.exited().exit_code == 134


def test_the_terminal_is_sane_again_for_who_comes_next(instance: Instance, tmux: "Tmux"):
    launch = instance.command([sys.executable, "-c", "import tty; tty.setraw(0)"])
    pane = tmux.open(["sh", "-c", f"{shlex.join(launch)}; stty -a; read line"])
    tmux.shows(pane, "the agent is gone (exit code 0)")
    tmux.shows(pane, " icanon")
    assert " -icanon" not in tmux.screen(pane)


def test_an_agent_whose_tool_took_the_terminal_gets_it_back(instance: Instance, tmux: "Tmux"):
    steal = (
        "import os, signal, sys; signal.signal(signal.SIGTTOU, signal.SIG_IGN); child = os.fork()\n"
        "if child == 0: os.setpgid(0, 0); os.tcsetpgrp(0, os.getpid()); os._exit(0)\n"
        "os.waitpid(child, 0); print('stolen', flush=True); print('read', sys.stdin.readline(), flush=True)"
    )
    pane = tmux.open(instance.command([sys.executable, "-c", steal]))
    tmux.shows(pane, "stolen")
    tmux.press(pane, "back", "Enter")
    tmux.shows(pane, "read back")
