"""Telling the person: a line and a bell on every terminal that shows the run, and the person's own command.

That command (`notify_command`) is somebody else's program: it may hang, fail, flood or leave something running. It runs
beside everything else, reads one JSON object from its stdin or does not, and has `SECONDS`.
"""

import json
import os
import select
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from textwrap import shorten
from typing import IO, cast

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.events import News
from tmux_orchestra.core.state import RunState
from tmux_orchestra.core.telling import as_record
from tmux_orchestra.effects import processes
from tmux_orchestra.effects.commands import CHECK_MARK
from tmux_orchestra.effects.site import Site

SECONDS = 10.0
"""What the person's own command has, together with all that it starts; the rest is ended."""

WORDS = 200
"""Characters of its last line that are kept to tell why it failed."""

SHOWN = 80
"""Columns that a line on a terminal may take where it has to say that there is more."""


def tell(site: Site, action: a.Tell, state: RunState) -> list[e.Event]:
    """Tell all of it at once on the terminals, then one by one to the command; a failure is told, never raised."""
    terminals = _on_terminals(site, action.news)
    problems = dict(_by_command(site, action.news, state))
    return [
        e.PersonTold(
            keys=news.keys, kind=news.kind, words=news.words, tasks=news.tasks, terminals=terminals,
            problem=problems.get(news.keys, ""),
        )
        for news in action.news
    ]  # fmt: skip


def _on_terminals(site: Site, told: Sequence[News]) -> int:
    """Show the first of the news, and how many more there are: a terminal has one line for it."""
    line = told[0].words
    if len(told) > 1:
        line = shorten(line, SHOWN, placeholder=" …") + f" (and {len(told) - 1} more; see: tmux-orchestra status)"
    try:
        session = site.tmux.find_session(site.folder.id)
        return site.tmux.notify(session.id, line) if session else 0
    except OrchestraError:
        return 0  # it is just being closed; nobody looks


def _by_command(site: Site, told: Sequence[News], state: RunState) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield why the command was in vain for which news. One that had to be ended is not begun for the rest of them."""
    argv = state.settings.notify_command
    for news in told if argv else ():
        if news.leaves_the_terminal:
            record = json.dumps(as_record(news, state, datetime.now(UTC)), ensure_ascii=False)
            mark = f"{CHECK_MARK}={site.folder.id}/_notify"
            given = record.encode(errors="replace") + b"\n"
            ended, problem = run(argv, given, Path(state.start.repository), mark, SECONDS)
            yield news.keys, problem
            if not ended:
                return


def run(argv: Sequence[str], given: bytes, cwd: Path, mark: str, seconds: float) -> tuple[bool, str]:
    """Run a program with `given` on its stdin; return whether it ended in time, and what went wrong ("": nothing).

    `mark` is `NAME=value` of a variable by which all that it starts is found, and ended with it.
    """
    name, _, value = mark.partition("=")
    environment = {k: v for k, v in os.environ.items() if k not in {"TMUX", "TMUX_PANE"}} | {name: value}
    with TemporaryFile() as stdin:  # a pipe would fill up for who does not read it
        stdin.write(given)
        stdin.seek(0)
        try:
            child = subprocess.Popen(
                [os.path.expanduser(argv[0]), *argv[1:]],  # noqa: PTH111 - a bare name must stay one
                cwd=cwd, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            return True, f"{argv[0]} cannot be run: {getattr(error, 'strerror', None) or error}"
    kin = processes.Kin(mark, roots=((child.pid, processes.start_time(child.pid)),))
    with cast("IO[bytes]", child.stdout) as output:
        ended, said = _listen(child.pid, output, time.monotonic() + seconds)
        processes.end(kin, grace=0.0 if ended else 1.0)
    child.wait()
    last = said.decode(errors="replace").strip().rpartition("\n")[2][-WORDS:]
    if not ended:
        return False, f"{argv[0]} had not ended after {seconds:g} s" + (f": {last}" if last else "")
    if child.returncode:
        return True, f"{argv[0]} failed (exit code {child.returncode})" + (f": {last}" if last else "")
    return True, ""


def _listen(pid: int, output: IO[bytes], deadline: float) -> tuple[bool, bytes]:
    """Read what a child prints until it ends or its time is over; return whether it ended, and the last of it."""
    said = b""
    handle = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(output, select.POLLIN)
    try:
        while (left := deadline - time.monotonic()) > 0:
            ready = {descriptor for descriptor, _ in poll.poll(left * 1000)}
            if output.fileno() in ready:
                read = os.read(output.fileno(), 65536)
                said = (said + read)[-4 * WORDS :]
                if not read:
                    poll.unregister(output)
            elif handle in ready:  # and all that it had printed is read
                return True, said
        return False, said
    finally:
        os.close(handle)
