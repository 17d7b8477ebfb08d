"""Asking a program for a plan: the conversation, its limits, and that nothing of the program is ever left."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.orchestra import is_gone
from tests.waiting import retry_until
from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.effects import asking
from tmux_orchestra.effects.asking import Patience, ask
from tmux_orchestra.planners import Ask, NoAnswer, NoTaskFound, Sign, Talk

PLAN = Plan(tasks=(Task(id="a"),))
LONG = Patience(60, 60)
Heard = Plan | Talk | Sign | None


def question(program: str, hear: Callable[[str], Heard] = lambda _: None, says: str = "", **env: str) -> Ask:
    return Ask((sys.executable, "-c", program), Talk(says, hear), env)


def told(asked: Ask, folder: Path, patience: Patience = LONG, tell: Callable[[str], None] = lambda _: None) -> str:
    """Why there was no answer."""
    with pytest.raises(NoAnswer) as raised:
        ask(asked, folder, patience, tell)
    return str(raised.value)


def test_a_conversation_goes_back_and_forth_until_there_is_a_plan(tmp_path: Path) -> None:
    lines: list[str] = []
    doing: list[str] = []

    def second(line: str) -> Heard:
        lines.append(line)
        return PLAN

    def first(line: str) -> Heard:
        lines.append(line)
        return Talk("again\n", second) if line.startswith("hello") else Sign(line.strip())

    program = (
        "import os\nfor doing in ('reads', 'reads', '', 'writes'): print(doing, flush=True)\n"
        "print(input(), os.getcwd(), os.environ['EXTRA'], os.environ['HOME'], flush=True)\n"
        "print(input(), flush=True)\ninput()"
    )
    assert ask(question(program, first, "hello\n", EXTRA="x"), tmp_path, LONG, doing.append) == PLAN
    assert lines[-2:] == [f"hello {tmp_path} x {os.environ['HOME']}\n", "again\n"]
    assert doing == ["reads", "writes"]


def test_much_text_passes_both_ways(tmp_path: Path) -> None:
    much = "x" * 2_000_000
    program = "import sys, time; time.sleep(0.2); print(input())"
    assert ask(
        question(program, lambda line: PLAN if line == f"{much}\n" else None, f"{much}\n"), tmp_path, LONG, print
    )


def test_what_hearing_it_raises_ends_it(tmp_path: Path) -> None:
    def hear(_: str) -> Heard:
        raise NoTaskFound

    with pytest.raises(NoTaskFound):
        ask(question("print(flush=True); import time; time.sleep(600)", hear), tmp_path, LONG, print)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("pass", "it ended with exit code 0 and no answer"),
        ("import sys; print('garbage'); sys.exit('one\\nunknown option')", "exit code 1 and no answer: unknown option"),
        ("import os; os.close(0); os.close(1); os.kill(os.getpid(), 9)", "exit code -9"),
    ],
)
def test_a_program_that_ends_without_an_answer_says_why(program: str, words: str, tmp_path: Path) -> None:
    assert words in told(question(program, says="x" * 100_000), tmp_path)


def test_a_program_that_is_not_there_cannot_be_asked(tmp_path: Path) -> None:
    assert "cannot be started: No such file" in told(Ask(("no-such-program-anywhere",), Talk("", print)), tmp_path)


def test_a_line_without_an_end_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LONGEST_LINE", 1000)
    assert "endless line" in told(question("while True: print('x', end='')"), tmp_path)


@pytest.mark.parametrize(
    ("patience", "words"),
    [
        (Patience(1.0, 60), "no sign of life for 1 s (last seen: waits)"),
        (Patience(60, 1.0), "not done after 1 s (last seen: waits)"),
    ],
)
def test_patience_ends_and_says_what_was_seen_last(patience: Patience, words: str, tmp_path: Path) -> None:
    sign = Sign("waits", working=False)
    assert told(question("print(); input()", lambda _: sign), tmp_path, patience) == words


def test_signs_of_work_buy_further_time(tmp_path: Path) -> None:
    program = "import time\nfor doing in range(6): print(doing, flush=True); time.sleep(0.5)"
    patience = Patience(2.0, 60)
    assert ask(question(program, lambda line: PLAN if line == "5\n" else Sign()), tmp_path, patience, print) == PLAN


STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
open(sys.argv[1] + f"/{os.getpid()}", "w").close()
time.sleep(600)
"""


def pids_in(folder: Path) -> list[int]:
    """The program's own pid and that of the daemon it has started, once both are there."""
    return retry_until(lambda: len(found := [int(path.name) for path in folder.glob("[0-9]*")]) == 2 and found)


def test_nothing_is_left_even_of_what_hides_and_will_not_go(tmp_path: Path) -> None:
    asked = Ask((sys.executable, "-c", STUBBORN, str(tmp_path)), Talk("", print))
    assert "no sign of life" in told(asked, tmp_path, Patience(2.0, 60))
    assert all(map(is_gone, pids_in(tmp_path)))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_whoever_ends_us_ends_it_as_well(number: signal.Signals, code: int, tmp_path: Path) -> None:
    driver = (
        "import signal, sys; from pathlib import Path\n"
        "from tmux_orchestra.effects.asking import Patience, ask\nfrom tmux_orchestra.planners import Ask, Talk\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_DFL)\n"
        f"asked = Ask((sys.executable, '-c', {STUBBORN!r}, {str(tmp_path)!r}), Talk('', print))\n"
        "ask(asked, Path('/'), Patience(600, 600), print)"
    )
    us = subprocess.Popen([sys.executable, "-c", driver], stderr=subprocess.DEVNULL)
    pids = pids_in(tmp_path)
    us.send_signal(number)
    assert us.wait(30) == code
    assert all(map(is_gone, pids))


def test_what_somebody_chose_to_ignore_stays_ignored(tmp_path: Path) -> None:
    seen: list[object] = []

    def hear(_: str) -> Heard:
        seen.append(signal.getsignal(signal.SIGHUP))
        return PLAN

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        ask(question("print()", hear), tmp_path, LONG, print)
        seen.append(signal.getsignal(signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert seen == [signal.SIG_IGN] * 2
