"""Real tmux servers in the test's private TMUX_TMPDIR, gone when the test ends."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.waiting import retry_until
from tmux_orchestra.effects.tmux import Session, Tmux, WindowIds, WindowSpec

HOSTILE = """
set-option -g base-index 1
set-option -g renumber-windows on
set-option -g destroy-unattached on
set-option -g detach-on-destroy off
set-option -g default-command "exec false"
set-option -s exit-empty off
set-window-option -g pane-base-index 1
set-window-option -g allow-rename on
set-window-option -g automatic-rename on
set-window-option -g remain-on-exit off
set-window-option -g aggressive-resize on
set-hook -g after-new-session "new-window -d -n intruder sleep 1000"
set-hook -g after-new-window "split-window -d sleep 1000"
set-hook -g after-split-window "kill-pane"
set-hook -g window-linked "rename-window linked-by-hook"
set-hook -g after-rename-window "rename-window renamed-by-hook"
set-hook -g pane-died "kill-pane"
"""
"""A configuration that breaks every program which trusts tmux's defaults."""


def raw_tmux(socket: str, *words: str) -> str:
    """Run tmux as a person would, beside the program under test."""
    done = subprocess.run(["tmux", "-u", "-L", socket, *words], capture_output=True, text=True, check=False)
    return done.stdout


def end_server(tmux: Tmux) -> None:
    """Kill the server behind this socket, if there is one, and wait until its process is gone."""
    if pid := tmux.server_pid():
        raw_tmux(tmux.socket_name, "kill-server")
        retry_until(lambda: is_gone(pid))


def is_gone(pid: int) -> bool:
    """Whether the process has ended. A zombie has: whoever adopted it may take seconds to collect it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def one_window(tmux: Tmux, session: Session, cwd: Path) -> WindowIds:
    """Open a window for a task called `api`."""
    return tmux.open_windows(session.id, [WindowSpec(name="api", tag=f"{session.run}/api", cwd=cwd)])[0]


def text_of(path: Path) -> str:
    """Wait until a program in a pane has written the file (and closed its last line), and return its text."""
    return retry_until(lambda: path.exists() and path.read_text().endswith("\n") and path.read_text(), what=str(path))


@pytest.fixture
def tmux(home: Path) -> Iterator[Tmux]:
    """Our own server, not started yet."""
    server = Tmux()
    yield server
    end_server(server)


@pytest.fixture
def persons(home: Path) -> Iterator[Tmux]:
    """A person's own server, with a session `mine` and a hostile configuration."""
    configuration = home / "hostile.conf"
    configuration.write_text(HOSTILE + "set-option -g destroy-unattached off")
    raw_tmux("default", "-f", str(configuration), "new-session", "-d", "-s", "mine", "sleep", "1000")
    raw_tmux("default", "set-option", "-t", "=mine:", "destroy-unattached", "off")
    raw_tmux("default", "set-option", "-g", "destroy-unattached", "on")
    server = Tmux("default")
    assert server.server_pid()
    yield server
    end_server(server)


@pytest.fixture
def session(tmux: Tmux, tmp_path: Path) -> Session:
    """An open session on our own server."""
    return tmux.open_session("shop-1", tmp_path, {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"})
