"""Clients: a person gets in from wherever they are, and sees what is said to them."""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.effects.tmux_fixtures import end_server, one_window, raw_tmux, session, tmux  # noqa: F401
from tests.waiting import retry_until
from tmux_orchestra.core.errors import EnvironmentLacks
from tmux_orchestra.effects.tmux import Client, Session, Tmux

PLAIN = {"TERM": "screen-256color"}


class Terminal:
    """A person's terminal: a pane of another tmux server, in which programs run as if it were a screen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tmux = Tmux("terminal")
        self.session = self.tmux.open_session("terminal", folder, dict(os.environ))
        self.pane = self.session.status_pane

    def run(self, argv: list[str]) -> None:
        self.tmux.respawn(self.pane, ["env", "-u", "TMUX", "-u", "TMUX_PANE", *argv], self.folder)

    def shows(self, text: str, pane: str = "") -> None:
        retry_until(lambda: text in (self.tmux.capture(pane or self.pane) or ""), what=f"the screen shows {text!r}")

    def env(self) -> Mapping[str, str]:
        """What a program in this terminal's tmux finds in its environment."""
        place = f"{self.session.socket_path},{self.session.server_pid},{self.session.id[1:]}"
        return {**PLAIN, "TMUX": place, "TMUX_PANE": self.pane}


@pytest.fixture
def terminal(home: Path, tmp_path: Path) -> Iterator[Terminal]:
    screen = Terminal(tmp_path)
    yield screen
    end_server(screen.tmux)


def attached(tmux: Tmux, session: Session) -> Client:
    return retry_until(lambda: tmux.clients(session.id))[0]


def test_a_plain_terminal_is_attached_to_the_window_asked_for(
    tmux: Tmux, session: Session, terminal: Terminal, tmp_path: Path
) -> None:
    ids = one_window(tmux, session, tmp_path)
    terminal.run(tmux.attach_argv(session, ids.window, env=PLAIN))
    client = attached(tmux, session)
    assert client.window == ids.window
    assert abs(client.active_at - time.time()) < 60
    tmux.select_window(session.id, session.status_window)
    assert attached(tmux, session).window == session.status_window


def test_inside_the_same_server_the_terminal_is_switched_over(
    tmux: Tmux, session: Session, terminal: Terminal, tmp_path: Path
) -> None:
    other = tmux.open_session("other", tmp_path, dict(os.environ))
    terminal.run(tmux.attach_argv(other, env=PLAIN))
    attached(tmux, other)
    env = {**PLAIN, "TMUX": f"{other.socket_path},{other.server_pid},{other.id[1:]}", "TMUX_PANE": other.status_pane}
    argv = tmux.attach_argv(session, session.status_window, env=env)
    tmux.respawn(other.status_pane, [*argv], tmp_path)
    assert attached(tmux, session)
    assert not tmux.clients(other.id)


def test_inside_another_server_a_window_opens_there_with_a_nested_client(
    tmux: Tmux, session: Session, terminal: Terminal, tmp_path: Path
) -> None:
    argv = tmux.attach_argv(session, session.status_window, env=terminal.env())
    terminal.tmux.respawn(terminal.pane, argv, tmp_path)
    client = attached(tmux, session)
    windows = raw_tmux("terminal", "list-windows", "-a", "-F", "#{window_name}").split()
    assert windows == ["status", session.name]
    assert client.window == session.status_window


def test_a_terminal_that_cannot_show_tmux_is_told_so(tmux: Tmux, session: Session) -> None:
    for env in ({}, {"TERM": "dumb"}):
        with pytest.raises(EnvironmentLacks, match="TERM"):
            tmux.attach_argv(session, env=env)


def test_a_notice_is_shown_as_written_on_every_terminal(tmux: Tmux, session: Session, terminal: Terminal) -> None:
    assert tmux.notify(session.id, "nobody looks") == 0
    terminal.run(tmux.attach_argv(session, env=PLAIN))
    attached(tmux, session)
    words = "api asks: 100% #{pid} #[fg=red] #(touch bad) %H 漢字;"
    assert tmux.notify(session.id, words) == 1
    terminal.shows(words)
    assert not list(terminal.folder.glob("bad"))


def test_a_notice_rings_the_bell(tmux: Tmux, session: Session, terminal: Terminal, tmp_path: Path) -> None:
    ids = one_window(tmux, session, tmp_path)
    terminal.run(tmux.attach_argv(session, ids.window, env=PLAIN))
    attached(tmux, session)
    tmux.notify(session.id, "api asks")
    flag = ("display-message", "-p", "-t", session.status_window, "#{window_bell_flag}")
    retry_until(lambda: raw_tmux(tmux.socket_name, *flag) == "1\n")


def test_what_is_typed_while_a_notice_is_shown_is_not_lost(
    tmux: Tmux, session: Session, terminal: Terminal, tmp_path: Path
) -> None:
    ids = one_window(tmux, session, tmp_path)
    tmux.respawn(ids.pane, ["cat"], tmp_path)
    terminal.run(tmux.attach_argv(session, ids.window, env=PLAIN))
    attached(tmux, session)
    tmux.notify(session.id, "api asks")
    terminal.shows("api asks")
    raw_tmux("terminal", "send-keys", "-t", terminal.pane, "-l", "hello")
    retry_until(lambda: "hello" in (tmux.capture(ids.pane) or ""))


def test_a_border_shows_its_text_as_written_until_it_is_emptied(
    tmux: Tmux, session: Session, terminal: Terminal, tmp_path: Path
) -> None:
    ids = one_window(tmux, session, tmp_path)
    terminal.run(tmux.attach_argv(session, ids.window, env=PLAIN))
    words = "paused by you, 100% #{pid} #[fg=red] ##[x] #(touch bad) } %H 漢字;"
    tmux.set_border(ids.pane, f"{words}\nsecond")
    terminal.shows(f"{words} second")
    tmux.set_border(ids.pane, "")
    retry_until(lambda: "paused" not in (terminal.tmux.capture(terminal.pane) or ""))
    assert not list(tmp_path.glob("bad"))


def test_a_small_terminal_sees_its_windows_whole(
    tmux: Tmux, session: Session, terminal: Terminal, tmp_path: Path
) -> None:
    raw_tmux("terminal", "set-option", "-w", "-t", terminal.session.status_window, "window-size", "manual")
    raw_tmux("terminal", "resize-window", "-t", terminal.session.status_window, "-x", "80", "-y", "24")
    terminal.run(tmux.attach_argv(session, env=PLAIN))
    attached(tmux, session)
    ids = one_window(tmux, session, tmp_path)
    width = ("display-message", "-p", "-t", ids.window, "#{window_width}")
    assert raw_tmux(tmux.socket_name, *width) == "80\n"
