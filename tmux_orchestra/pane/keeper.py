"""The keeper: keeps a run's supervisor alive. Run: `python -I -S keeper.py -- COMMAND...`.

It is the process of the window `supervisor`. It starts the command again whenever it dies, at once at first,
and with growing pauses when it keeps dying quickly. It ends

- with 0 when the command ended with 0 (the run is over) or with 75 (another supervisor holds the lock);
- when told to by TERM or HUP (the window was closed): the command is told TERM, and waited for.

A Ctrl-C typed into the window ends the supervisor, not the keeper: work must not hang on a stray key, and a
fresh supervisor carries on from the journal.

It sleeps in `sigwait`, with its signals blocked: nothing polls, and no signal gets lost on the way to sleep.
"""

import os
import signal
import sys
import time
from contextlib import suppress

RUN_IS_OVER = 0
LOCK_IS_HELD = 75
"""EX_TEMPFAIL of sysexits.h."""

QUICK_DEATHS, QUICK = 5, 10.0
"""So many deaths within so many seconds: something is wrong that an immediate restart does not cure."""
LONGEST_PAUSE = 60.0
END_PATIENCE = 10
"""Seconds for which the keeper waits for a command that was told to end."""

ENDING = frozenset({signal.SIGTERM, signal.SIGHUP})
HEARD = ENDING | {signal.SIGCHLD, signal.SIGALRM}
REFUSABLE = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
"""What a process may ignore, and its children with it: a shell's background job is born deaf to INT and QUIT."""


class Backoff:
    """How long to pause before the next start, from how the last ones went."""

    def __init__(self) -> None:
        """Begin without a pause."""
        self._deaths: list[float] = []
        self._level = 0

    def after_death(self, born: float, died: float) -> float:
        """Return the pause in seconds: none until deaths come quickly, then 1, 2, 4 ... 60 until one life lasted."""
        if died - born >= QUICK:
            self._level = 0
        self._deaths = [*(moment for moment in self._deaths if died - moment < QUICK), died]
        if self._level == 0 and len(self._deaths) < QUICK_DEATHS:
            return 0.0
        self._level += 1
        return float(min(LONGEST_PAUSE, 2.0 ** (self._level - 1)))


def say(text: str) -> None:
    """Tell whoever looks at the window; a closed window is no reason to fail."""
    with suppress(OSError):
        os.write(2, f"keeper: {text}\n".encode())


def start(command: list[str]) -> int | None:
    """Return the pid of the started command, which hears all signals again; None if it could not be run."""
    try:
        return os.posix_spawnp(command[0], command, os.environ, setsigmask=(), setsigdef=REFUSABLE)
    except OSError as error:
        say(f"cannot run {command[0]}: {error.strerror}")
        return None


def wait_for(pid: int) -> tuple[int, signal.Signals | None]:
    """Return the command's exit code (negative for a signal) and the signal that told the keeper to end, if any."""
    told: signal.Signals | None = None
    while True:
        heard = signal.Signals(signal.sigwait(HEARD))
        if heard in ENDING:
            told = heard
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            signal.alarm(END_PATIENCE)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended or (told and heard == signal.SIGALRM):
            signal.alarm(0)
            return (os.waitstatus_to_exitcode(status) if ended else 0), told


def pause(seconds: float) -> signal.Signals | None:
    """Sleep that long; return early with the signal that told the keeper to end, if one did."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    while (heard := signal.Signals(signal.sigwait(HEARD))) == signal.SIGCHLD:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    return heard if heard in ENDING else None


def describe(exit_code: int) -> str:
    """Return an end in words."""
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        return f"was ended by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was ended by signal {-exit_code}"


def keep(command: list[str]) -> int:
    """Run the command until the run is over; return the exit code to end with."""
    backoff = Backoff()
    while True:
        born = time.monotonic()
        pid = start(command)
        exit_code, told = (127, None) if pid is None else wait_for(pid)
        if told is None and exit_code == RUN_IS_OVER:
            say("the run is over")
            return 0
        if told is None and exit_code == LOCK_IS_HELD:
            say("another supervisor carries this run; nothing to do here")
            return 0
        delay = 0.0
        if told is None:
            delay = backoff.after_death(born, time.monotonic())
            when = f"in {delay:.0f} s" if delay else "now"
            say(f"the supervisor {describe(exit_code)}; starting it again {when}")
            told = pause(delay) if delay else None
        if told is not None:
            say(f"ending, as told by {told.name}")
            return 128 + told


def main(arguments: list[str]) -> int:
    """Keep the command after `--` alive."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        say("usage: keeper.py -- COMMAND...")
        return 2
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    for number in (signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, lambda *_: None)  # some systems drop a blocked signal that has no handler
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return keep(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
