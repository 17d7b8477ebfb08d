"""The people who look: which terminals show a session, how they are told something, how one more gets in."""

import os
from collections.abc import Mapping
from pathlib import Path

from tmux_orchestra.core.errors import EnvironmentLacks
from tmux_orchestra.effects.tmux import text
from tmux_orchestra.effects.tmux.connection import Connection, raise_refusals
from tmux_orchestra.effects.tmux.values import Client, Session

_FIELDS = "#{client_name}\t#{window_id}\t#{client_activity}\t#{client_pid}"
_NOTICE_SECONDS = 6


class ClientCalls(Connection):
    """Everything about attached terminals."""

    def clients(self, session_id: str) -> list[Client]:
        """Return the terminals that show the session; none if it or the server is gone."""
        lines = self.ask("list-clients", "-t", session_id, "-F", _FIELDS) or ()
        fields = (line.split("\t") for line in lines)
        return [Client(name, window, float(active), int(pid)) for name, window, active, pid in fields]

    def notify(self, session_id: str, words: str) -> int:
        """Show a line on every terminal that shows the session, ring its bell, and return how many there were."""
        shown = text.literal_timed(text.one_line(words))
        clients = self.clients(session_id)
        for client in clients:
            # One by one: a terminal that has just left must not keep the others from being told.
            delay = str(_NOTICE_SECONDS * 1000)
            raise_refusals(
                "the notice", self.batch([text.command("display-message", "-c", client.name, "-d", delay, shown)])
            )
        if clients:
            self._ring(session_id)
        return len(clients)

    def select_window(self, session_id: str, window: str) -> None:
        """Make the window the session's current one, on every terminal that shows it."""
        raise_refusals("select-window", self.batch([text.command("select-window", "-t", f"{session_id}:{window}")]))

    def attach_argv(self, session: Session, window: str = "", *, env: Mapping[str, str]) -> list[str]:
        """Return the program that takes the person who has this environment to the session (and the window).

        Outside tmux it attaches this terminal. Inside the same server it switches the terminal over. Inside another
        server it opens a window there, in which a nested tmux shows the session. Raises EnvironmentLacks for a
        terminal that cannot show tmux.
        """
        target = f"{session.id}:{window}"
        reach = ["tmux", "-u", "-S", str(session.socket_path)]
        outer, _, _ = env.get("TMUX", "").rpartition(",")[0].rpartition(",")
        if outer and _same_file(Path(outer), session.socket_path):
            return [*reach, "switch-client", "-t", target]
        if outer:
            nested = ["env", "-u", "TMUX", "-u", "TMUX_PANE", *reach, "attach-session", "-t", target]
            return ["tmux", "-u", "-S", outer, "new-window", "-n", text.literal(session.name), "--", *nested]
        if env.get("TERM", "") in ("", "dumb"):
            raise EnvironmentLacks(
                "this terminal cannot show tmux (TERM is empty or dumb)",
                safe="the run goes on",
                hint="from a full terminal run: tmux-orchestra attach",
            )
        return [*reach, "attach-session", "-t", target]

    def _ring(self, session_id: str) -> None:
        """Let the first window ring: tmux passes a bell from any pane on to who looks."""
        ttys = self.ask("list-panes", "-s", "-t", session_id, "-F", "#{?pane_dead,,#{pane_tty}}") or []
        for tty in filter(None, ttys):
            try:
                descriptor = os.open(tty, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            except OSError:
                continue  # that pane has just gone; another one rings as well
            try:
                os.write(descriptor, b"\a")
            except BlockingIOError:
                continue
            finally:
                os.close(descriptor)
            return


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return one == other
