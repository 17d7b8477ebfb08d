"""A run's session: found by our mark, opened with an environment of its own, closed without touching others."""

import re
import time
from collections.abc import Mapping
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.tmux import text
from tmux_orchestra.effects.tmux.connection import raise_refusals
from tmux_orchestra.effects.tmux.values import Session, WindowSpec
from tmux_orchestra.effects.tmux.windows import PLACEHOLDER, WindowCalls, marking

STATUS_TASK = "_status"
"""Stands for the status window where a tag names a task; `_` cannot begin a task's id."""

_STARTING_LIMIT = 10.0
_FIELDS = "#{session_id}\t#{@orchestra-run}\t#{session_name}\t#{pid}\t#{start_time}\t#{socket_path}"
_VARIABLE = re.compile(r"-?([A-Za-z_][\w()%]*)(=|\Z)")

SILENCED_HOOKS = (
    "after-new-window",
    "after-split-window",
    "after-select-layout",
    "after-rename-window",
    "window-linked",
    "window-renamed",
)
"""Hooks by which a person's configuration may rebuild our windows while we build them."""


class SessionCalls(WindowCalls):
    """Everything about whole sessions."""

    def open_session(
        self,
        name: str,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        *,
        run: str = "",
        size: tuple[int, int] = (200, 50),
    ) -> Session:
        """Make sure that the run's session stands, with a window `status` at place 0, and return it.

        `env` becomes the session's environment, for all panes opened or respawned from now on; with None a session
        that stands keeps what it has. The session is known by `run` (default: `name`), whatever its name is by now.
        """
        run = run or name
        session = self.find_session(run) or self._new_session(text.session_name(name), run, cwd, size)
        if env is not None:
            self._put_environment(session.id, env)
        if not session.status_window:
            tag = f"{run}/{STATUS_TASK}"
            self.open_windows(session.id, [WindowSpec(name="status", tag=tag, cwd=cwd, index=0)])
        return self.find_session(run) or _gone(run)

    def find_session(self, run: str) -> Session | None:
        """Return the session that carries our mark for this run; None if there is none."""
        for line in self.ask("list-sessions", "-F", _FIELDS) or ():
            session_id, marked, name, pid, started, socket_path = line.split("\t", 5)
            if marked == run:
                tag = f"{run}/{STATUS_TASK}"
                status = next((p for p in self.panes(session_id) if p.main and p.tag == tag), None)
                return Session(
                    id=session_id,
                    name=name,
                    run=run,
                    socket_path=Path(socket_path),
                    server_pid=int(pid),
                    server_started=int(started),
                    status_window=status.window if status else "",
                    status_pane=status.pane if status else "",
                )
        return None

    def kill_session(self, session_id: str) -> bool:
        """End the session if it is one of ours, and return whether it was. Other sessions are left alone.

        Our own server leaves with its last session.
        """
        reply = self.batch(
            [
                text.command(
                    *("if-shell", "-F", "-t", f"{session_id}:", "#{@orchestra-run}"),
                    f"display-message -p ours ; kill-session -t '{session_id}'",
                )
            ]
        )
        raise_refusals("kill-session", reply)
        return "ours" in reply.lines

    def _new_session(self, name: str, run: str, cwd: Path, size: tuple[int, int]) -> Session:
        line = _opening(name, run, cwd, size)
        deadline = time.monotonic() + _STARTING_LIMIT
        # A server that is just leaving still holds the socket, and whoever connects is thrown out with it.
        while (reply := self.batch_starting([line])).no_server and time.monotonic() < deadline:
            time.sleep(0.05)
        if session := self.find_session(run):
            return session
        if any("duplicate session" in complaint for complaint in reply.complaints):
            raise OrchestraError(
                f"tmux already has a session {name!r} that is not this run's",
                safe="that session was left alone",
                hint=f"tmux -L {self.socket_name} rename-session -t ={name} another-name",
            )
        raise OrchestraError(
            f"tmux could not open a session: {'; '.join(reply.complaints) or 'without a reason'}",
            safe="nothing was started",
            hint="tmux-orchestra doctor",
        )

    def _put_environment(self, session_id: str, env: Mapping[str, str]) -> None:
        shown = [self.ask("show-environment", *of) or [] for of in (("-g",), ("-t", session_id))]
        known = {match[1] for lines in shown for line in lines if (match := _VARIABLE.match(line))}
        reply = self.batch(text.environment_commands(session_id, env, known))
        # The complaints could quote a value, and values are secrets.
        if reply.complaints:
            raise OrchestraError(
                f"tmux did not take the environment of session {session_id}",
                safe="nothing runs in it yet that would need it",
                hint="tmux-orchestra doctor",
            )


def _opening(name: str, run: str, cwd: Path, size: tuple[int, int]) -> str:
    """Write the line that opens a session and makes it safe from a hostile configuration before anything else runs."""
    target = f"={name}:"
    status = f"={name}:0"
    width, height = (str(cells) for cells in size)
    return text.sequence(
        [
            text.command(
                *("new-session", "-d", "-s", name, "-x", width, "-y", height, "-c", text.literal(str(cwd))),
                *("--", *PLACEHOLDER, ""),
            ),
            text.command("set-option", "-t", target, "@orchestra-run", run),
            text.command("set-option", "-t", target, "destroy-unattached", "off"),
            # Only on a server of our own: its user's configuration may have told it to stay for ever.
            text.command("if-shell", "-F", "#{@orchestra-server}", "set-option -s exit-empty on"),
            text.command("set-option", "-t", target, "base-index", "0"),
            *(text.command("set-hook", "-t", target, hook, "") for hook in SILENCED_HOOKS),
            text.command("move-window", "-r", "-t", target),
            *marking(status, status, f"{run}/{STATUS_TASK}", "status"),
        ]
    )


def _gone(run: str) -> Session:
    raise OrchestraError(
        f"the tmux session of {run} went away while it was being opened",
        safe="the run's journal and worktrees are untouched",
        hint="tmux-orchestra recover",
    )
