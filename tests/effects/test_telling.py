"""The person's own command: whatever it does, the run goes on, and what it left running is gone."""

import json
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.terminal import SOCKET, Terminal, terminal
from tests.core.stories import road
from tests.effects.run_fixtures import OpenRun, Run, open_run, open_windows  # noqa: F401
from tests.effects.tmux_fixtures import end_server, raw_tmux
from tests.waiting import retry_until
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import Status
from tmux_orchestra.core.telling import untold
from tmux_orchestra.effects import processes
from tmux_orchestra.effects.commands import CHECK_MARK
from tmux_orchestra.effects.executor import Executor
from tmux_orchestra.effects.telling import run, tell
from tmux_orchestra.effects.tmux import Tmux

MEGABYTE = b"x" * 1_000_000
DAEMON = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\n"


@pytest.fixture
def mark(tmp_path: Path) -> str:
    return f"{CHECK_MARK}={tmp_path}"


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


@pytest.mark.parametrize(
    ("argv", "ended", "words"),
    [
        (("sh", "-c", "exit 0"), True, ""),
        (("no-such-program",), True, "no-such-program cannot be run: No such file or directory"),
        (("/",), True, "/ cannot be run: Permission denied"),
        (("sh", "-c", "echo one; echo >&2 'no bus'; exit 3"), True, "sh failed (exit code 3): no bus"),
        (("sh", "-c", "kill -9 $$"), True, "sh failed (exit code -9)"),
        (("sh", "-c", r"head -c 3000000 /dev/zero; printf '\377\033[2J'; exit 1"), True, "sh failed (exit code 1)"),
        (python(DAEMON), True, ""),
    ],
)
def test_a_command_ends_somehow_and_is_told_of_in_words(
    tmp_path: Path, mark: str, argv: tuple[str, ...], ended: bool, words: str
) -> None:
    done, problem = run(argv, MEGABYTE, tmp_path, mark, seconds=30)
    assert (done, problem.startswith(words), bool(problem)) == (ended, True, bool(words)), problem
    assert len(problem) < 400
    assert not processes.marked([mark])[mark], "something of it was left running"


@pytest.mark.parametrize("how", ["trap '' TERM; echo waits; sleep 600 & sleep 600", "yes"])
def test_a_command_that_does_not_end_is_ended_with_all_it_started(tmp_path: Path, mark: str, how: str) -> None:
    begun = time.monotonic()
    ended, problem = run(("sh", "-c", how), b"{}", tmp_path, mark, seconds=0.5)
    assert not ended
    assert problem.startswith("sh had not ended after 0.5 s")
    assert time.monotonic() - begun < 30
    assert not processes.marked([mark])[mark]


@contextmanager
def looking(socket: str, folder: Path) -> Iterator[Terminal]:
    """Have somebody look at the first session of this server."""
    line = shlex.join(["env", "-u", "TMUX", "tmux", "-u", "-L", socket, "attach-session"])
    with terminal(line, folder) as screen:
        retry_until(lambda: raw_tmux(socket, "list-clients"), seconds=60, what="somebody looks")
        yield screen
    end_server(Tmux(SOCKET))


def needy(open_run: OpenRun, **settings: object) -> Run:
    """A run of `a` and `b` in a tmux session, in which `a` needs a person."""
    run = open_run("a", "b", **settings)
    run.stand("a", "b")
    open_windows(run, "a", "b")
    on_its_way = [
        event for event in road("a", Status.RUNNING) if not isinstance(event, e.WindowOpened | e.WorktreeCreated)
    ]
    run.tell(*on_its_way, e.TaskAttention(task="a", reason="asks: #(touch bad) $(touch bad)"))
    return run


def test_one_object_for_each_of_the_news_is_read_from_stdin(open_run: OpenRun, tmp_path: Path) -> None:
    told = tmp_path / "told"
    run = needy(open_run, notify_command=("sh", "-c", f"cat >>{told}; exit 1"))
    overlap = e.News(keys=("overlap",), kind="forecast", words="a and b conflict in x")
    action = a.Tell(news=(*untold(run.state), overlap))
    events = run.carry(lambda site, state: tell(site, action, state))
    (line,) = told.read_text().splitlines()
    assert json.loads(line)["words"] == "a needs you: asks: #(touch bad) $(touch bad)"
    assert [event.problem[:10] for event in events if isinstance(event, e.PersonTold)] == ["sh failed ", ""]
    assert [n.kind for n in untold(run.state)] == ["trouble"], "and nothing else is left to tell"
    assert not list(run.site.repository.here.glob("bad"))


def test_a_terminal_shows_the_first_of_the_news_and_how_many_more_there_are(open_run: OpenRun, tmp_path: Path) -> None:
    run = needy(open_run)
    long = e.News(keys=("1",), kind="attention", words=f"a needs you: {'very ' * 40}long", tasks=("a",))
    with looking(run.site.tmux.socket_name, tmp_path) as seen:
        action = a.Tell(news=(long, *untold(run.state), *untold(run.state)))
        events = run.carry(lambda site, state: tell(site, action, state))
        seen.until("a needs you: very very", "… (and 2 more;")
    assert [event.terminals for event in events if isinstance(event, e.PersonTold)] == [1, 1, 1]


def test_a_command_that_hangs_is_not_begun_again_for_the_rest_of_the_news(
    open_run: OpenRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tmux_orchestra.effects.telling.SECONDS", 0.2)
    run = needy(open_run, notify_command=("sh", "-c", f"echo >>{tmp_path}/begun; sleep 600"))
    (news,) = untold(run.state)
    other = news.model_copy(update={"keys": ("another",)})
    run.carry(lambda site, state: tell(site, a.Tell(news=(news, other)), state))
    assert (tmp_path / "begun").read_text() == "\n"
    assert run.state.told >= {*news.keys, "another"}


def test_nothing_is_told_or_named_in_somebody_elses_session(open_run: OpenRun, tmp_path: Path) -> None:
    run = needy(open_run)
    mine = run.state.session
    assert mine
    end_server(run.site.tmux)
    socket = run.site.tmux.socket_name
    raw_tmux(socket, "-f", "/dev/null", "new-session", "-d", "-n", "one", "sleep 600")
    for name in ("two", "three", "four"):
        raw_tmux(socket, "new-window", "-d", "-n", name, "sleep 600")
    assert mine.session_id in raw_tmux(socket, "list-sessions", "-F", "#{session_id}").split()
    with looking(socket, tmp_path):
        executor = Executor(run.site.folder, run.state, lambda: None)
        executor.show(run.state)
        executor.close()
        (event,) = executor.finished()
        assert isinstance(event, e.PersonTold)
        assert event.terminals == 0
    assert raw_tmux(socket, "list-windows", "-a", "-F", "#{window_name}").split() == ["one", "two", "three", "four"]


def test_a_command_that_hangs_keeps_nothing_waiting(open_run: OpenRun, tmp_path: Path) -> None:
    let_go = tmp_path / "let-go"
    waits = f"touch {tmp_path}/begun; until test -e {let_go}; do sleep 0.05; done"
    run = needy(open_run, notify_command=shlex.join(("sh", "-c", waits)))
    awake = threading.Semaphore(0)
    executor = Executor(run.site.folder, run.state, awake.release)
    try:
        executor.show(run.state)
        executor.show(run.state)  # it is under way
        retry_until((tmp_path / "begun").exists)
        assert executor.start(a.Collect(task="b"), run.state)
        assert awake.acquire(timeout=30)
        assert [type(event) for event in executor.finished()] == [e.WorkCollected]
        assert executor.busy
        let_go.touch()
        assert awake.acquire(timeout=30)
        (event,) = executor.finished()
        assert isinstance(event, e.PersonTold)
        assert event.problem == ""
    finally:
        let_go.touch()
        executor.close()
