"""Panes: what runs in them is exactly what was asked, and what is typed arrives as it was written."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.effects.tmux_fixtures import is_gone, one_window, raw_tmux, session, text_of, tmux  # noqa: F401
from tests.waiting import retry_until
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.tmux import Session, Tmux, WindowIds

AWFUL_WORDS = [
    *("", " ", "a b", "$HOME", "#{pid}", "#(touch bad)", "`touch bad`", "'", '"', "\\"),
    *("x;", ";", "~", "é漢", "%1", "--", "{", "a\nb", "\t"),
]

TELL_WORDS = "import sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:]) + '\\n'); import time; time.sleep(1000)"

READ_PASTE = """
import os, sys, tty
tty.setraw(0)
if sys.argv[2] == "bracketed":
    os.write(1, b"\\x1b[?2004h")
os.write(1, b"ready")
end = b"\\x1b[201~\\r" if sys.argv[2] == "bracketed" else b"\\r"
seen = b""
while not seen.endswith(end):
    seen += os.read(0, 65536)
with open(sys.argv[1] + ".part", "wb") as file:
    file.write(seen)
os.rename(sys.argv[1] + ".part", sys.argv[1])
os.read(0, 1)
"""


@pytest.fixture
def window(tmux: Tmux, session: Session, tmp_path: Path) -> WindowIds:
    return one_window(tmux, session, tmp_path)


def reader(tmux: Tmux, pane: str, folder: Path, mode: str = "bracketed") -> Path:
    """Start a program that reads one paste in raw mode, and return the file it will write."""
    tmux.respawn(pane, [sys.executable, "-I", "-c", READ_PASTE, str(folder / "pasted"), mode], folder)
    retry_until(lambda: "ready" in (tmux.capture(pane) or ""))
    return folder / "pasted"


def test_a_program_gets_its_words_as_they_are(tmux: Tmux, window: WindowIds, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    pid = tmux.respawn(window.pane, [sys.executable, "-I", "-c", TELL_WORDS, str(seen), *AWFUL_WORDS], tmp_path)
    assert text_of(seen) == f"{AWFUL_WORDS!r}\n"
    assert Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:3] == [os.fsencode(sys.executable), b"-I", b"-c"]
    assert not list(tmp_path.glob("bad"))


def test_a_program_without_arguments_is_not_read_by_a_shell(tmux: Tmux, window: WindowIds, tmp_path: Path) -> None:
    program = tmp_path / "it's $HOME; touch bad"
    program.write_text('#!/bin/sh\necho "ran as $0"\nexec sleep 1000\n')
    program.chmod(0o755)
    tmux.respawn(window.pane, [str(program)], tmp_path)
    retry_until(lambda: "ran as" in (tmux.capture(window.pane) or ""))
    assert not list(tmp_path.glob("bad"))


def test_a_program_of_more_words_than_one_call_takes_is_started(tmux: Tmux, window: WindowIds, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    tmux.respawn(window.pane, ["sh", "-c", 'echo ${#1} > "$0"; exec sleep 1000', str(seen), "x" * 100_000], tmp_path)
    assert text_of(seen) == "100000\n"


def test_a_pane_gets_variables_of_its_own(tmux: Tmux, window: WindowIds, tmp_path: Path) -> None:
    env = {"MARK": "run/task; $x #{pid}"}
    tmux.respawn(window.pane, ["sh", "-c", 'echo "$MARK" > seen; exec sleep 1000'], tmp_path, env)
    assert text_of(tmp_path / "seen") == "run/task; $x #{pid}\n"


def test_respawning_a_pane_that_is_gone_says_so_and_touches_no_other(
    tmux: Tmux, session: Session, window: WindowIds, tmp_path: Path
) -> None:
    before = tmux.panes(session.id)
    with pytest.raises(OrchestraError, match="%99"):
        tmux.respawn("%99", ["sleep", "1000"], tmp_path)
    assert tmux.panes(session.id) == before


def test_a_pane_is_there_until_its_window_is_killed(tmux: Tmux, window: WindowIds) -> None:
    assert tmux.exists(window.pane)
    assert not tmux.exists("%99")
    tmux.kill_windows([window.window])
    assert not tmux.exists(window.pane)
    assert tmux.capture(window.pane) is None
    assert not tmux.paste(window.pane, "text")
    tmux.set_border(window.pane, "text")
    tmux.block_input(window.pane, blocked=True)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_pane_whose_process_was_killed_is_dead_stays_and_can_be_used_again(
    tmux: Tmux, session: Session, window: WindowIds, tmp_path: Path, end: signal.Signals
) -> None:
    def seen() -> tuple[bool, int]:
        tmux.nudge()
        return next((pane.dead, pane.pid) for pane in tmux.panes(session.id) if pane.pane == window.pane)

    pid = tmux.respawn(window.pane, ["sleep", "1000"], tmp_path)
    assert seen() == (False, pid)
    os.kill(pid, end)
    retry_until(lambda: seen()[0])
    retry_until(lambda: is_gone(pid))
    again = tmux.respawn(window.pane, ["sleep", "1000"], tmp_path)
    assert again != pid
    assert seen() == (False, again)


def test_a_program_that_ends_at_once_leaves_its_last_words(tmux: Tmux, window: WindowIds, tmp_path: Path) -> None:
    tmux.respawn(window.pane, ["sh", "-c", "echo last words; exit 3"], tmp_path)
    retry_until(lambda: "last words" in (tmux.capture(window.pane) or ""))
    assert tmux.exists(window.pane)


def test_a_capture_holds_the_history_and_on_request_the_colours(tmux: Tmux, window: WindowIds, tmp_path: Path) -> None:
    script = (
        "i=0; while [ $i -lt 200 ]; do echo line-$i; i=$((i+1)); done; printf '\\033[31mred é\\033[0m'; exec sleep 1000"
    )
    tmux.respawn(window.pane, ["sh", "-c", script], tmp_path)
    retry_until(lambda: "red é" in (tmux.capture(window.pane) or ""))
    assert "line-0\n" in (tmux.capture(window.pane) or "")
    assert "line-0\n" not in (tmux.capture(window.pane, history=False) or "")
    assert "\x1b[31mred" in (tmux.capture(window.pane, escapes=True) or "")
    assert "\x1b" not in (tmux.capture(window.pane) or "")


@pytest.mark.parametrize(
    "text",
    [
        "ls;",
        "x\\;",
        "Enter",
        "-l",
        "first\nsecond\n\n  indented\n",
        "ветка 漢字 🙂",
        "#{pid} $HOME `x` 'y' \"z\" %H \\",
        "\ttab",
        "".join(f"line {n} {'x' * 60}\n" for n in range(1500)),
    ],
    ids=lambda text: text[:12],
)
def test_a_paste_arrives_exactly_as_one_bracketed_piece_and_then_enter(
    tmux: Tmux, window: WindowIds, tmp_path: Path, text: str
) -> None:
    pasted = reader(tmux, window.pane, tmp_path)
    assert tmux.paste(window.pane, text)
    retry_until(pasted.exists)
    assert pasted.read_bytes().decode() == f"\x1b[200~{text}\x1b[201~\r"
    assert raw_tmux(tmux.socket_name, "list-buffers") == ""


def test_a_paste_cannot_end_itself_early(tmux: Tmux, window: WindowIds, tmp_path: Path) -> None:
    pasted = reader(tmux, window.pane, tmp_path)
    tmux.paste(window.pane, "a\x1b[201~\rrm -rf\x03\x7f\r\nb")
    retry_until(pasted.exists)
    assert pasted.read_bytes() == b"\x1b[200~a[201~rm -rf\nb\x1b[201~\r"


def test_a_paste_leaves_copy_mode_first(tmux: Tmux, window: WindowIds, tmp_path: Path) -> None:
    pasted = reader(tmux, window.pane, tmp_path)
    raw_tmux(tmux.socket_name, "copy-mode", "-t", window.pane)
    tmux.paste(window.pane, "text")
    retry_until(pasted.exists)


def test_without_submit_nothing_is_entered_and_enter_alone_can_follow(
    tmux: Tmux, window: WindowIds, tmp_path: Path
) -> None:
    pasted = reader(tmux, window.pane, tmp_path, "plain")
    assert tmux.paste(window.pane, "text", submit=False)
    assert tmux.paste(window.pane, " more", submit=False)
    assert tmux.paste(window.pane, "", submit=False)
    assert not pasted.exists()
    assert tmux.paste(window.pane, "")
    retry_until(pasted.exists)
    assert pasted.read_bytes() == b"text more\r"


def test_blocked_keys_are_dropped_until_the_pane_takes_them_again(
    tmux: Tmux, window: WindowIds, tmp_path: Path
) -> None:
    pasted = reader(tmux, window.pane, tmp_path, "plain")
    tmux.block_input(window.pane, blocked=True)
    tmux.block_input(window.pane, blocked=True)
    raw_tmux(tmux.socket_name, "send-keys", "-t", window.pane, "dropped")
    tmux.block_input(window.pane, blocked=False)
    raw_tmux(tmux.socket_name, "send-keys", "-t", window.pane, "taken", "Enter")
    retry_until(pasted.exists)
    assert pasted.read_bytes() == b"taken\r"
