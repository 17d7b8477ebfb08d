"""Sessions: opened once, with an environment of their own, on whatever server; closed without touching others."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.effects.tmux_fixtures import HOSTILE, is_gone, one_window, persons, raw_tmux, session, tmux  # noqa: F401
from tests.waiting import retry_until
from tmux_orchestra.core.errors import EnvironmentLacks, OrchestraError
from tmux_orchestra.effects.tmux import Session, Tmux

AWFUL = {
    "QUOTES": """a'b"c`d`""",
    "DOLLARS": "$HOME ${HOME} $(touch bad) #{pid} #(touch bad) %H %%",
    "LINES_OF_TEXT": "first\nsecond\n\n  indented\nFAKE=1\n",
    "SEPARATORS": "a;b; c \\; d;",
    "TILDE": "~/x",
    "BACKSLASHES": r"\n \\ \101 \u0041 \\",
    "UNICODE": "ветка é 漢字 🙂",
    "BYTES": os.fsdecode(b"\xff\xfe\x80"),
    "CONTROLS": "\x01\x1b[31m\t\x7f",
    "EMPTY": "",
    "BLANKS": "  two  ",
    "LONG": "x" * 100_000,
    "BASH_FUNC_greet%%": "() {  echo hi\n}",
}

TELL_ENVIRONMENT = """
import os, sys
with open(sys.argv[1] + ".part", "wb") as file:
    file.write(b"\\0".join(name + b"=" + value for name, value in os.environb.items()))
os.rename(sys.argv[1] + ".part", sys.argv[1])
os.execlp("sleep", "sleep", "1000")
"""


def environment_of(tmux: Tmux, session: Session, folder: Path) -> dict[bytes, bytes]:
    """The environment of a program in a new pane of the session."""
    ids = one_window(tmux, session, folder)
    seen = folder / f"seen-{session.run}"
    tmux.respawn(ids.pane, [sys.executable, "-I", "-c", TELL_ENVIRONMENT, str(seen)], folder)
    retry_until(seen.exists)
    return dict(line.split(b"=", 1) for line in seen.read_bytes().split(b"\0") if line)


def test_a_session_is_opened_once_and_then_found(tmux: Tmux, tmp_path: Path) -> None:
    first = tmux.open_session("shop-1", tmp_path, {"PATH": "/usr/bin:/bin"})
    again = tmux.open_session("shop-1", tmp_path, {"PATH": "/usr/bin:/bin"})
    assert again == first
    assert tmux.find_session("shop-1") == first
    assert first.server_pid == tmux.server_pid()
    assert first.socket_path == tmux.socket_path()
    assert raw_tmux(tmux.socket_name, "list-windows", "-a", "-F", "#{window_index} #{window_name}") == "0 status\n"


def test_a_session_renamed_by_the_person_is_still_the_runs(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    raw_tmux(tmux.socket_name, "rename-session", "-t", session.id, "my favourite")
    assert tmux.open_session("shop-1", tmp_path).id == session.id


def test_a_status_window_that_was_closed_is_opened_anew_at_place_0(
    tmux: Tmux, session: Session, tmp_path: Path
) -> None:
    one_window(tmux, session, tmp_path)
    tmux.kill_windows([session.status_window])
    again = tmux.open_session("shop-1", tmp_path)
    assert again.status_window not in ("", session.status_window)
    answer = raw_tmux(tmux.socket_name, "display-message", "-p", "-t", again.status_window, "#{window_index}")
    assert answer == "0\n"


def test_many_processes_that_open_the_same_run_get_the_same_session(tmux: Tmux, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: Tmux().open_session("shop-1", tmp_path).id, range(4)))
    assert len(set(opened)) == 1


@pytest.mark.parametrize("name", ["a.b:c", "$1", "@2", "=x", "-v", "имя é", "#{pid} #(touch bad)", "x;", "", "a\nb"])
def test_any_name_makes_a_session_that_is_known_by_its_run(tmux: Tmux, tmp_path: Path, name: str) -> None:
    opened = tmux.open_session(name, tmp_path, run="the-run")
    assert tmux.find_session("the-run") == opened


def test_a_foreign_session_of_the_same_name_is_left_alone(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    raw_tmux(tmux.socket_name, "new-session", "-d", "-s", "taken", "sleep", "1000")
    with pytest.raises(OrchestraError, match="already has a session 'taken'"):
        tmux.open_session("taken", tmp_path)
    assert "taken" in raw_tmux(tmux.socket_name, "list-sessions", "-F", "#{session_name}")


def test_every_value_of_the_callers_environment_arrives_byte_for_byte(tmux: Tmux, tmp_path: Path) -> None:
    session = tmux.open_session("shop-1", tmp_path, {"PATH": os.environ["PATH"], "HOME": "/nowhere", **AWFUL})
    seen = environment_of(tmux, session, tmp_path)
    assert {name: seen.get(os.fsencode(name)) for name in AWFUL} == {n: os.fsencode(v) for n, v in AWFUL.items()}
    assert seen[b"HOME"] == b"/nowhere"
    assert b"FAKE" not in seen
    assert not list(tmp_path.glob("bad"))


def test_a_run_does_not_get_the_keys_of_the_run_before_it(tmux: Tmux, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRST_KEY", "sk-first")
        first = tmux.open_session("run-1", tmp_path, {**os.environ, "SHARED": "1"})
    second = tmux.open_session("run-2", tmp_path, {"PATH": os.environ["PATH"], "SHARED": "2"})
    seen = environment_of(tmux, second, tmp_path)
    assert b"FIRST_KEY" not in seen
    assert seen[b"SHARED"] == b"2"
    assert environment_of(tmux, first, tmp_path)[b"FIRST_KEY"] == b"sk-first"
    assert b"sk-first" not in Path(f"/proc/{tmux.server_pid()}/environ").read_bytes()


def test_on_a_persons_server_its_own_variables_do_not_reach_the_run(persons: Tmux, tmp_path: Path) -> None:
    raw_tmux("default", "set-environment", "-g", "OLD_KEY", "sk-old")
    raw_tmux("default", "set-environment", "-g", "LINES_TOO", "a\nSMUGGLED=1")
    session = persons.open_session("shop-1", tmp_path, {"PATH": os.environ["PATH"]})
    seen = environment_of(persons, session, tmp_path)
    assert not {b"OLD_KEY", b"LINES_TOO", b"SMUGGLED"} & seen.keys()
    assert b"TERM" in seen


def test_marks_of_where_the_caller_runs_are_not_handed_on(tmux: Tmux, tmp_path: Path) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "TMUX_ORCHESTRA_TASK": "old/task",
        "TMUX": "/x,1,0",
        "TERM": "alien",
        "SHLVL": "7",
    }
    seen = environment_of(tmux, tmux.open_session("shop-1", tmp_path, env), tmp_path)
    assert b"TMUX_ORCHESTRA_TASK" not in seen
    assert seen[b"TMUX"].startswith(os.fsencode(tmux.socket_path()))
    assert seen[b"TERM"] != b"alien"


def test_opening_again_renews_the_environment_only_if_one_is_given(tmux: Tmux, tmp_path: Path) -> None:
    path = {"PATH": os.environ["PATH"]}
    tmux.open_session("shop-1", tmp_path, {**path, "KEY": "old", "DROPPED": "1"})
    tmux.open_session("shop-1", tmp_path)
    assert "KEY=old" in raw_tmux(tmux.socket_name, "show-environment", "-t", "=shop-1")
    session = tmux.open_session("shop-1", tmp_path, {**path, "KEY": "new"})
    seen = environment_of(tmux, session, tmp_path)
    assert seen[b"KEY"] == b"new"
    assert b"DROPPED" not in seen


@pytest.mark.parametrize("place", ["xdg", "home"])
def test_the_persons_file_is_read_last_and_a_hostile_one_breaks_nothing(
    tmux: Tmux, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    settings = home / (".config" if place == "home" else "elsewhere")
    (settings / "tmux-orchestra").mkdir(parents=True)
    (settings / "tmux-orchestra" / "tmux.conf").write_text(HOSTILE + "set-option -g prefix C-a\n")
    if place == "home":
        monkeypatch.delenv("XDG_CONFIG_HOME")
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(settings))
    session = tmux.open_session("shop-1", tmp_path, {"PATH": os.environ["PATH"]})
    assert raw_tmux(tmux.socket_name, "show-options", "-gv", "prefix") == "C-a\n"
    _withstands(tmux, session, tmp_path)
    assert tmux.kill_session(session.id)
    retry_until(lambda: is_gone(session.server_pid))


def test_a_persons_server_with_a_hostile_configuration_breaks_nothing_and_is_left_as_it_was(
    persons: Tmux, tmp_path: Path
) -> None:
    before = _settings_of_server("default")
    session = persons.open_session("shop-1", tmp_path, {"PATH": os.environ["PATH"]})
    _withstands(persons, session, tmp_path)
    assert _settings_of_server("default") == before
    assert persons.kill_session(session.id)
    assert raw_tmux("default", "list-sessions", "-F", "#{session_name}") == "mine\n"
    assert _settings_of_server("default") == before


def _settings_of_server(socket: str) -> list[str]:
    shown = (["show-options", "-s"], ["show-options", "-g"], ["show-options", "-gw"], ["show-hooks", "-g"])
    return [raw_tmux(socket, *words) for words in (*shown, ["show-environment", "-g"])]


def _withstands(tmux: Tmux, session: Session, folder: Path) -> None:
    """Check what a hostile configuration attacks: places, names, panes, and panes that have ended."""
    ids = one_window(tmux, session, folder)
    tmux.respawn(ids.pane, ["sh", "-c", r"printf '\033krenamed-by-app\033\\'; exit 3"], folder)
    listed = ("list-windows", "-t", session.id, "-F", "#{window_index} #{window_id} #{window_name} #{window_panes}")

    def ended() -> bool:
        tmux.nudge()
        return next(pane.dead for pane in tmux.panes(session.id) if pane.pane == ids.pane)

    retry_until(ended)
    windows = raw_tmux(tmux.socket_name, *listed).splitlines()
    assert f"0 {session.status_window} status 1" in windows
    assert [w for w in windows if f"{ids.window} api 1" in w], windows
    assert len(windows) == 3, f"beside the hook's own window: {windows}"
    tmux.respawn(ids.pane, ["sleep", "1000"], folder)
    assert tmux.open_session("shop-1", folder).id == session.id


def test_only_a_session_of_ours_is_killed(tmux: Tmux, session: Session) -> None:
    raw_tmux(tmux.socket_name, "new-session", "-d", "-s", "foreign", "sleep", "1000")
    foreign = raw_tmux(tmux.socket_name, "display-message", "-p", "-t", "=foreign:", "#{session_id}").strip()
    assert not tmux.kill_session(foreign)
    assert not tmux.kill_session("$99")
    assert tmux.kill_session(session.id)
    assert not tmux.kill_session(session.id)
    assert raw_tmux(tmux.socket_name, "list-sessions", "-F", "#{session_name}") == "foreign\n"


def test_our_server_leaves_with_its_last_session_and_can_be_started_again_at_once(tmux: Tmux, tmp_path: Path) -> None:
    for number in range(5):
        session = tmux.open_session(f"run-{number}", tmp_path, {"PATH": os.environ["PATH"]})
        tmux.kill_session(session.id)
    retry_until(lambda: is_gone(session.server_pid))
    assert tmux.server_pid() is None


def test_readers_answer_for_a_server_that_is_not_there(tmux: Tmux) -> None:
    assert tmux.server_pid() is None
    assert tmux.find_session("shop-1") is None
    assert tmux.panes("$0") == []
    assert tmux.clients("$0") == []
    assert tmux.capture("%0") is None
    assert not tmux.exists("%0")
    assert not tmux.paste("%0", "text")
    assert not tmux.kill_session("$0")
    tmux.nudge()
    tmux.rename({"@1": "x"})
    tmux.kill_windows(["@1"])
    assert tmux.socket_path() == Path(os.environ["TMUX_TMPDIR"]) / f"tmux-{os.getuid()}" / "tmux-orchestra"


def test_a_server_is_reached_by_its_sockets_path(tmux: Tmux, session: Session) -> None:
    by_path = Tmux(socket_path=session.socket_path)
    assert by_path.server_pid() == session.server_pid
    assert by_path.find_session("shop-1") == session


def test_the_server_keeps_no_folder_busy_and_carries_no_mark(tmux: Tmux, session: Session) -> None:
    server = psutil.Process(session.server_pid)
    assert server.cwd() == "/"
    assert not {name for name in server.environ() if name.startswith("TMUX_ORCHESTRA")}


@pytest.mark.parametrize(("version", "accepted"), [("tmux 2.9a", False), ("tmux 3.1c", False), ("tmux next-3.6", True)])
def test_a_tmux_that_is_too_old_is_refused_with_the_version_that_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, accepted: bool
) -> None:
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    if accepted:
        assert Tmux().check_version()
    else:
        with pytest.raises(EnvironmentLacks, match="too old") as refused:
            Tmux().check_version()
        assert "3.2" in refused.value.hint


def test_a_missing_tmux_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for call in (Tmux().check_version, Tmux().server_pid, lambda: Tmux().rename({"@1": "x"})):
        with pytest.raises(EnvironmentLacks, match="tmux is not installed"):
            call()


def test_names_survive_a_caller_without_a_locale(tmp_path: Path, tmux: Tmux) -> None:
    program = """
import pathlib, sys
from tmux_orchestra.effects.tmux import *
tmux, folder = Tmux(), pathlib.Path(sys.argv[1])
session = tmux.open_session("ветка-é", folder, {"PATH": "/usr/bin:/bin"})
ids = tmux.open_windows(session.id, [WindowSpec(name="▶ ветка 漢字", tag="r/a", cwd=folder)])[0]
tmux.respawn(ids.pane, ["sh", "-c", "printf '%s\\n' 漢字-é; exec sleep 1000"], folder)
"""
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "1"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], env=env, check=True, cwd=Path(__file__).parents[2])
    assert "ветка-é ▶ ветка 漢字" in raw_tmux(
        tmux.socket_name, "list-windows", "-a", "-F", "#{session_name} #{window_name}"
    )
    session = tmux.find_session("ветка-é")
    assert session
    pane = next(pane.pane for pane in tmux.panes(session.id) if pane.tag == "r/a")
    retry_until(lambda: "漢字-é" in (tmux.capture(pane) or ""))
