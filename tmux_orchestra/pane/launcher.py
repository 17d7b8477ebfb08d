"""The launcher: the process of a task's pane, and the parent of its agent. Run: `python -I -S launcher.py LAUNCH_JSON`.

Why an agent is never the pane's process itself: tmux continues the process of a pane, and that process's group,
as soon as it is stopped, so that it could not be frozen; a shell in its place would take the terminal
whenever the agent stops; and what tmux says about how a pane ended gets lost. So the launcher

- gives the agent a process group of its own and the terminal's foreground, and its own hands off the terminal;
- stays deaf to the keyboard, passes TERM, HUP and INT on, and lets a frozen agent wake up to die of them;
- undoes a stop by Ctrl-Z (there is no shell here to type `fg` into), but leaves a SIGSTOP alone: that is a hold;
- is a subreaper: what the agent's tools leave behind becomes its child, and so stays within sight of who
  freezes or ends the instance. It kills nothing by itself;
- waits for the agent by itself, writes down how it ended, and ends with the same exit code.

Facts are files `fact-<attempt>-started.json` and `-exited.json` in the task's inbox, one event each.

All signals it cares about stay blocked and are taken one at a time with `sigwait`: no code of ours runs in a
signal's handler, and no signal can slip in between looking and falling asleep.
"""

import ctypes
import json
import os
import signal
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

PASSED_ON = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
HEARD = PASSED_ON | {signal.SIGCHLD, signal.SIGALRM}
KEYBOARD_STOPS = frozenset({signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})

FACT_PATIENCE = 60.0
"""Seconds after the agent's end for which a full disk is given time to get room again."""

NOT_FOUND, NOT_EXECUTABLE, UNUSABLE = 127, 126, 2
"""Exit codes: of shells, for a program that cannot be run; ours, for a launch file that cannot be read."""

PR_SET_CHILD_SUBREAPER = 36

# The alternate screen stays: leaving it would hide the last thing that the agent showed. So does the cursor.
TERMINAL_RESET = (
    "\x1b[?2004l"  # bracketed paste off
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l"  # mouse and focus reports off
    "\x1b[>4;0m\x1b[?1l\x1b>"  # plain keys
    "\x1b(B\x0f\x1b[0m\x1b[?25h"  # ASCII, no colours, cursor shown
)


class Launch:
    """What to start, as the launch file says."""

    def __init__(self, path: str) -> None:
        """Read the file. Raises OSError, ValueError or KeyError if it is not there or not whole."""
        with open(path, encoding="utf-8") as file:
            fields = json.load(file)
        self.task: str = fields["task"]
        self.mark: str = f"{fields['run']}/{fields['task']}"
        self.attempt: int = fields["attempt"]
        self.session_id: str = fields["session_id"]
        self.argv: list[str] = fields["argv"]
        self.cwd: str = fields["cwd"]
        self.inbox: str = fields["inbox"]
        self.farewell: str = fields.get("farewell", "")
        self._added: dict[str, str] = fields.get("env", {})
        self._unset: list[str] = fields.get("unset", [])

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return the agent's environment: it bears the instance's mark and cannot reach our tmux server."""
        environment = {**inherited, **self._added, "PWD": self.cwd}
        for name in ("TMUX", "TMUX_PANE", *self._unset):
            environment.pop(name, None)
        environment["TMUX_ORCHESTRA_TASK"] = self.mark
        return environment


class NotStarted(Exception):
    """The agent's program could not be run; `exit_code` is the one shells use for it."""

    def __init__(self, reason: str, exit_code: int) -> None:
        """Keep both for the fact that tells it."""
        super().__init__(reason)
        self.reason = reason
        self.exit_code = exit_code


class Facts:
    """What the launcher has to tell: written in order, kept and tried again while the disk is full."""

    def __init__(self, launch: Launch) -> None:
        """Write into this launch's inbox."""
        self._launch = launch
        self._pending: list[tuple[str, dict[str, object]]] = []

    def tell(self, what: str, **fields: object) -> None:
        """Write the fact `instance.<what>`, now if possible."""
        launch = self._launch
        fact = {"event": f"instance.{what}", "task": launch.task, "attempt": launch.attempt, **fields}
        self._pending.append((what, fact))
        self.write_pending()

    def write_pending(self) -> None:
        """Write what is not written yet; if that fails, SIGALRM comes in a second to try again."""
        while self._pending:
            what, fact = self._pending[0]
            try:
                self._write(f"fact-{self._launch.attempt}-{what}.json", fact)
            except (FileNotFoundError, NotADirectoryError):
                pass  # the run's folder was removed: nobody is left to read it
            except OSError:
                signal.alarm(1)
                return
            del self._pending[0]

    def insist(self) -> None:
        """Return when everything is written, patience is at its end, or someone wants the launcher gone."""
        deadline = time.monotonic() + FACT_PATIENCE
        while self._pending and time.monotonic() < deadline and signal.sigwait(HEARD) not in PASSED_ON:
            self.write_pending()

    def _write(self, name: str, fact: Mapping[str, object]) -> None:
        beside = os.path.join(self._launch.inbox, f".{name}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(fact, file)
            file.flush()
            # The kernel stamps files with a clock that lags by some milliseconds. The exact time keeps
            # the fact of an exit behind everything that the agent itself reported.
            os.utime(descriptor, ns=(now := time.time_ns(), now))
        os.rename(beside, os.path.join(self._launch.inbox, name))


class Terminal:
    """The pane's terminal, or none (pipes): then every method does the harmless rest of its work."""

    def __init__(self) -> None:
        """Find the terminal that this process may control, and remember its modes."""
        self._descriptor = next((fd for fd in (0, 1, 2) if _controls(fd)), None)
        self._modes = None if self._descriptor is None else termios.tcgetattr(self._descriptor)

    def give_to(self, group: int) -> None:
        """Make this process group the one that reads the keyboard. SIGTTOU must be ignored."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.tcsetpgrp(self._descriptor, group)

    def take_back(self, farewell: str) -> None:
        """Undo what an agent may have left of its modes, and print one last line below its output."""
        self.give_to(os.getpgrp())
        reset = ""
        if self._descriptor is not None and self._modes is not None:
            reset = TERMINAL_RESET
            with suppress(OSError, termios.error):
                termios.tcflow(self._descriptor, termios.TCOON)  # a Ctrl-S must not block the last line
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._modes)
        with suppress(OSError):
            os.write(1, f"{reset}\r\n\x1b[K{farewell}\r\n".encode() if reset else f"\n{farewell}\n".encode())


def _controls(descriptor: int) -> bool:
    try:
        os.tcgetpgrp(descriptor)
    except OSError:
        return False
    return True


def start(launch: Launch, terminal: Terminal) -> int:
    """Return the agent's pid once its program runs, in its own group and in the foreground. Raises NotStarted."""
    complaints, complain = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become_agent(launch, terminal, complain)
    os.close(complain)
    with os.fdopen(complaints, "rb") as pipe:
        complaint = pipe.read()  # ends when the program is executed: group and foreground are settled by then
    if complaint:
        os.waitpid(pid, 0)
        code, _, reason = complaint.decode(errors="replace").partition(" ")
        raise NotStarted(reason, int(code))
    return pid


def _become_agent(launch: Launch, terminal: Terminal, complain: int) -> None:
    """Never returns: becomes the agent's program, or says why it cannot, in the forked child."""
    exit_code, what = NOT_EXECUTABLE, f"cannot enter {launch.cwd}"
    try:
        os.setpgid(0, 0)
        terminal.give_to(os.getpid())  # by the child itself, so that it cannot read before it may
        os.chdir(launch.cwd)
        environment = launch.environment(os.environ)
        what = f"cannot run {launch.argv[0]}"
        for number in signal.valid_signals():
            with suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvpe(launch.argv[0], launch.argv, environment)  # noqa: S606 - no shell is the point
    except FileNotFoundError as error:
        exit_code, what = (NOT_FOUND if what.startswith("cannot run") else exit_code), f"{what}: {error.strerror}"
    except OSError as error:
        what = f"{what}: {error.strerror}"
    except BaseException as error:  # noqa: BLE001 - whatever it is, two launchers must not go on
        what = f"{what}: {error}"
    finally:
        with suppress(OSError):
            os.write(complain, f"{exit_code} {what}".encode())
        os._exit(exit_code)


def attend(agent: int, terminal: Terminal, facts: Facts) -> tuple[int, object]:
    """Return the agent's wait status and its `usage` once it ended, having served it and its orphans until then."""
    while True:
        heard = signal.sigwait(HEARD)
        if heard in PASSED_ON:
            _signal_group(agent, heard)
            _signal_group(agent, signal.SIGCONT)
        facts.write_pending()
        for pid, status, usage in _changed_children():
            if pid != agent:
                continue  # an orphan that was adopted, and is reaped now
            if not os.WIFSTOPPED(status):
                return status, usage
            if os.WSTOPSIG(status) in KEYBOARD_STOPS:
                terminal.give_to(agent)
                _signal_group(agent, signal.SIGCONT)


def _changed_children() -> Iterator[tuple[int, int, dict[str, float]]]:
    while True:
        try:
            pid, status, used = os.wait4(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return
        if pid == 0:
            return
        max_rss = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        yield pid, status, {"user_seconds": used.ru_utime, "system_seconds": used.ru_stime, "max_rss_bytes": max_rss}


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def start_time(pid: int) -> int:
    """Return when the process started, in clock ticks after boot; 0 where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The second field is a name in parentheses and may hold anything; field 22 is the 20th after it.
            return int(file.read().rpartition(b")")[2].split()[19])
    except OSError:
        return 0


def boot() -> str:
    """Return which start of the machine this is; "" where the system does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends; does nothing where the system has no such thing."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def signal_name(number: int) -> str:
    """Return `SIGKILL` and the like."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def run(launch: Launch) -> int:
    """Carry one instance through, and return the exit code to end with."""
    facts, terminal = Facts(launch), Terminal()
    try:
        agent = start(launch, terminal)
    except NotStarted as failure:
        facts.tell("exited", exit_code=failure.exit_code, reason=failure.reason)
        terminal.take_back(f"{failure.reason}. {launch.farewell}".rstrip())
        facts.insist()
        return failure.exit_code
    facts.tell(
        "started",
        pid=agent,
        start_time=start_time(agent),
        launcher_pid=os.getpid(),
        launcher_start_time=start_time(os.getpid()),
        boot=boot(),
        pane=os.environ.get("TMUX_PANE", ""),
        session_id=launch.session_id,
    )
    status, usage = attend(agent, terminal, facts)
    killer = signal_name(os.WTERMSIG(status)) if os.WIFSIGNALED(status) else None
    exit_code = 128 + os.WTERMSIG(status) if killer else os.WEXITSTATUS(status)
    facts.tell("exited", exit_code=exit_code, signal=killer, usage=usage)
    terminal.take_back(f"{launch.farewell} ({f'ended by {killer}' if killer else f'exit code {exit_code}'})".lstrip())
    facts.insist()
    return exit_code


def main(arguments: list[str]) -> int:
    """Run the launch file named in the arguments."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    for number in (signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, lambda *_: None)  # some systems drop a blocked signal that has no handler
    for number in (*KEYBOARD_STOPS, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    try:
        launch = Launch(arguments[0])
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(f"the launcher cannot use its launch file: {error!r}", file=sys.stderr)
        return UNUSABLE
    adopt_orphans()
    return run(launch)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
