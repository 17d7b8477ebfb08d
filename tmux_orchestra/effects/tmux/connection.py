"""The way to one tmux server: single questions through libtmux, batches of commands through stdin.

A batch is one process however many commands it holds, has no limit on its size (an argv has: 16 KB), and shows
nothing in `ps`. Everything here speaks of ids; names are never looked up.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import libtmux
from libtmux.common import get_version
from libtmux.exc import LibTmuxException, TmuxCommandNotFound

from tmux_orchestra.core.errors import EnvironmentLacks, OrchestraError

NEEDED = (3, 2)
"""The oldest tmux that has what we use (`pane-border-format` per pane, `copy-mode -q`, `display-message -d`)."""

CONFIGURATION = Path(__file__).with_name("orchestra.conf")
PERSONS_OWN = "default"
"""The name of the socket of a person's own server: it is started, if at all, with their configuration."""

_TIME_LIMIT = 60.0
_NO_SERVER = re.compile(r"no server running|error connecting to|server exited|lost server|no sessions")
_NO_TARGET = re.compile(
    r"can't find (pane|window|session|client)|no current (client|target|session)|no such (pane|window|session|client)"
)
_SERVER_KEEPS = re.compile(r"(PATH|HOME|USER|LOGNAME|SHELL|TERM|LANG|TZ|TMUX_TMPDIR|(LC|XDG)_\w+)\Z")


@dataclass(frozen=True)
class Reply:
    """What a batch printed, and what it complained about. A failed command does not stop the lines after it."""

    lines: tuple[str, ...]
    complaints: tuple[str, ...]

    @property
    def no_server(self) -> bool:
        """Whether there was nobody to talk to."""
        return any(_NO_SERVER.search(line) for line in self.complaints)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The complaints that are not about something being gone."""
        return tuple(c for c in self.complaints if not _NO_SERVER.search(c) and not _NO_TARGET.search(c))


class Connection:
    """Talks to the server behind one socket; says typed "nobody there" instead of raising when it is gone."""

    def __init__(self, socket_name: str = "tmux-orchestra", socket_path: Path | None = None) -> None:
        """Name the server; nothing is started. `socket_path`, when given, is what counts."""
        self.socket_name = socket_name
        self._server = libtmux.Server(
            socket_name=None if socket_path else socket_name, socket_path=socket_path and str(socket_path)
        )
        self._reach = ("-S", str(socket_path)) if socket_path else ("-L", socket_name)

    def check_version(self) -> str:
        """Return tmux's version; raises EnvironmentLacks if it is missing or too old."""
        hint = "install tmux {}.{} or newer, then run: tmux-orchestra doctor".format(*NEEDED)
        try:
            version = str(get_version(shutil.which("tmux")))
        except TmuxCommandNotFound:
            raise EnvironmentLacks("tmux is not installed", safe="nothing was started", hint=hint) from None
        except LibTmuxException as error:
            raise EnvironmentLacks(f"tmux cannot be used: {error}", safe="nothing was started", hint=hint) from error
        numbers = re.search(r"(\d+)\.(\d+)", version)
        if numbers and (int(numbers[1]), int(numbers[2])) < NEEDED:
            raise EnvironmentLacks(f"tmux {version} is too old", safe="nothing was started", hint=hint)
        return version

    def ask(self, *words: str) -> list[str] | None:
        """Return the lines that one tmux command prints; None if the server or the target is gone.

        Raises OrchestraError for any other refusal.
        """
        try:
            # Without -u, a client under LC_ALL=C prints an underscore for every letter beyond ASCII.
            answer = self._server.cmd("-u", *words)
        except TmuxCommandNotFound:
            raise EnvironmentLacks("tmux is not installed", hint="install tmux") from None
        complaints = "; ".join(answer.stderr)
        if _NO_SERVER.search(complaints) or _NO_TARGET.search(complaints):
            return None
        if answer.returncode != 0:
            raise _refused(words[0], complaints)
        return list(answer.stdout)

    def batch(self, lines: Iterable[str]) -> Reply:
        """Run command lines in one tmux process, through stdin. A line that tmux cannot parse voids them all."""
        return self._run(("source-file", "-"), "".join(f"{line}\n" for line in lines).encode("ascii"))

    def batch_starting(self, lines: Iterable[str]) -> Reply:
        """Like `batch`, but starts the server first if there is none.

        A new server gets nearly no environment: it would hand on what it has to every run that comes after.
        """
        configuration = () if self.socket_name == PERSONS_OWN else ("-f", str(CONFIGURATION))
        kept = {name: value for name, value in os.environ.items() if _SERVER_KEEPS.match(name)}
        words = (*configuration, "start-server", ";", "source-file", "-")
        return self._run(words, "".join(f"{line}\n" for line in lines).encode("ascii"), env=kept)

    def feed(self, stdin: bytes, commands: Sequence[tuple[str, ...]]) -> Reply:
        """Run a few commands in one tmux process, one of which reads `stdin`; the first failure ends them."""
        words = [word for command in commands for word in (";", *command)]
        return self._run(tuple(words[1:]), stdin)

    def _run(self, words: tuple[str, ...], stdin: bytes, env: Mapping[str, str] | None = None) -> Reply:
        try:
            done = subprocess.run(
                ("tmux", "-u", *self._reach, *words),
                input=stdin,
                capture_output=True,
                env=env,
                cwd="/",  # a server keeps the folder it was started in busy for its whole life
                timeout=_TIME_LIMIT,
                check=False,
            )
        except FileNotFoundError:
            raise EnvironmentLacks("tmux is not installed", hint="install tmux") from None
        except subprocess.TimeoutExpired as error:
            raise OrchestraError(
                f"tmux did not answer within {_TIME_LIMIT:.0f} s",
                safe="its windows and what runs in them were left alone",
                hint="tmux-orchestra doctor",
            ) from error
        lines, complaints = (output.decode(errors="replace").splitlines() for output in (done.stdout, done.stderr))
        return Reply(tuple(lines), tuple(complaints))

    def socket_path(self) -> Path:
        """Return the socket's path, as the running server knows it, else as tmux would choose it."""
        if self._reach[0] == "-S":
            return Path(self._reach[1])
        answer = self.ask("display-message", "-p", "#{socket_path}")
        if answer and answer[0]:
            return Path(answer[0])
        return Path(os.environ.get("TMUX_TMPDIR") or "/tmp").resolve() / f"tmux-{os.getuid()}" / self.socket_name  # noqa: S108 - tmux's own default

    def server_pid(self) -> int | None:
        """Return the server's process id; None if no server runs."""
        answer = self.ask("display-message", "-p", "#{pid}")
        return int(answer[0]) if answer and answer[0] else None

    def nudge(self) -> None:
        """Make the server look for dead children again.

        Some builds of tmux lose the SIGCHLD of a pane's process; the pane then never shows how it ended.
        """
        if pid := self.server_pid():
            os.kill(pid, signal.SIGCHLD)


def raise_refusals(action: str, reply: Reply) -> None:
    """Raise OrchestraError if tmux refused anything for another reason than its being gone."""
    if reply.refusals:
        raise _refused(action, "; ".join(reply.refusals))


def _refused(action: str, complaints: str) -> OrchestraError:
    return OrchestraError(
        f"tmux refused {action}: {complaints or 'without a reason'}",
        safe="windows that stand and what runs in them were left alone",
        hint="tmux-orchestra doctor",
    )
