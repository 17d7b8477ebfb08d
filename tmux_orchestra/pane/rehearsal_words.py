"""The words of a rehearsal: what `rehearse: <word> [argument]` lines of a prompt make the agent do.

To add one: write its function and a line in `ACTS`. An act returns what it did, in words, or raises to end the turn.
"""

import os
import re
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tmux_orchestra.pane.rehearsal_breakage import broken_files
from tmux_orchestra.pane.rehearsal_stage import Stage

Word = tuple[str, str]
"""A word and its argument."""

_LINE = re.compile(r"^\s*(?:[-*]\s+)?rehearse:\s*(\S+)\s*(.*)$")
_PATH_AND_TEXT = re.compile(r'^(?:"([^"]+)"|(\S+))\s*(.*)$')

DAEMON_AFTERLIFE = 600.0
"""Seconds for which a daemon outlives its agent where nobody ends it and its worktree stays."""


class TurnOver(Exception):
    """The turn ends here, with this report; what is left to do waits for the next prompt."""

    def __init__(self, event: str, **fields: object) -> None:
        """Keep the report."""
        super().__init__(event)
        self.event = event
        self.fields = fields


class Crashed(Exception):
    """The program is to break down here; `again`: each time that this conversation gets to this point."""

    def __init__(self, *, again: bool) -> None:
        """Keep whether the word is done with."""
        super().__init__("crashed")
        self.again = again


def words_of(prompt: str) -> list[Word]:
    """Return the rehearsal lines of a prompt in order; quoted ones (`> rehearse: ...`) are background."""
    return [(match[1], match[2].strip()) for line in prompt.splitlines() if (match := _LINE.match(line))]


def perform(stage: Stage, word: str, argument: str) -> str:
    """Do what the word says and return it in words; an unknown word is only remarked upon."""
    act = ACTS.get(word)
    if act is None:
        stage.say(f"  unknown word {word!r}; known: {', '.join(ACTS)}")
        return f"did not know what {word!r} means"
    return act(stage, argument)


def _seconds(argument: str) -> float:
    try:
        return max(0.0, float(argument.partition(" ")[0]))
    except ValueError:
        return 1.0


def _edit(stage: Stage, _: str) -> str:
    """Append to a file of the task's own, so that tasks do not conflict."""
    path = Path(f"REHEARSAL-{stage.task}.md")
    with stage.use_tool("Edit", str(path)):
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else [f"# Rehearsal of {stage.task}", ""]
        lines.append(f"- small edit {len(lines) - 1}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    committed = stage.commit([str(path)], f"Rehearse {stage.task}")
    return f"made a small edit to {path}" + ("" if committed else ", which could not be committed")


def _write(stage: Stage, argument: str) -> str:
    match = _PATH_AND_TEXT.match(argument)
    if match is None:
        return "was not told what to write"
    path, text = Path(match[1] or match[2]), match[3].replace("\\n", "\n")
    if not path.resolve().is_relative_to(Path.cwd()):
        stage.report("agent.tool_denied", tool="Write", detail=str(path), rule=f"Edit({path})")
        return f"was not allowed to write {path}, which is outside of the worktree"
    with stage.use_tool("Write", str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    committed = stage.commit([str(path)], f"Write {path}")
    return f"wrote {path}" + ("" if committed else ", which could not be committed")


def _slow(stage: Stage, argument: str) -> str:
    """Take that many seconds of real time, whatever the pace: they are what is asked for."""
    seconds = _seconds(argument)
    deadline = time.monotonic() + seconds
    with stage.use_tool("Bash", f"sleep {seconds:g}"):
        while (left := deadline - time.monotonic()) > 0:
            stage.say(f"  still at it, {left:.0f} s to go")
            stage.wait(min(left, 1.0))
    return f"took {seconds:g} seconds"


def _noop(_: Stage, __: str) -> str:
    return "found nothing to change"


def _crash(_: Stage, __: str) -> str:
    raise Crashed(again=True)


def _crash_once(_: Stage, __: str) -> str:
    raise Crashed(again=False)


def _hang(stage: Stage, _: str) -> str:
    stage.wait(None)
    return "cannot happen: nothing ends the wait but a signal"


def _ask(_: Stage, argument: str) -> str:
    raise TurnOver("agent.stopped", message=f"QUESTION: {argument or 'Which way is wanted?'}", background_tasks=0)


def _limit(_: Stage, argument: str) -> str:
    seconds = _seconds(argument)
    raise TurnOver(
        "agent.failed",
        error="rate_limit",
        message=f"usage limit reached, resets in {seconds:g} s",
        transient=True,
        retry_at=(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(),
    )


def _dirty(stage: Stage, _: str) -> str:
    """Leave a changed (or staged) file, an untracked one and an untracked folder behind, and commit nothing."""
    tracked = [name for name in stage.git("ls-files", "-z", "*.md", "*.txt", "*.rst").stdout.split("\0") if name]
    edited = Path(tracked[0] if tracked else f"REHEARSAL-{stage.task}.md")
    with stage.use_tool("Edit", str(edited)):
        with edited.open("a", encoding="utf-8") as file:
            file.write(f"An edit of {stage.task} that is not committed.\n")
        if not tracked:
            stage.git("add", "--", str(edited))
        untracked = Path(f"rehearsal-{stage.task}")
        untracked.mkdir(exist_ok=True)
        (untracked / "draft.txt").write_text("untracked, in a folder of its own\n", encoding="utf-8")
        Path(f"rehearsal-{stage.task}.txt").write_text("untracked\n", encoding="utf-8")
    return f"left {edited} and untracked files uncommitted"


def _break_check(stage: Stage, _: str) -> str:
    tracked = [name for name in stage.git("ls-files", "-z").stdout.split("\0") if name]
    files = broken_files(tracked, stage.task)
    with stage.use_tool("Write", ", ".join(files)):
        for name, text in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
    stage.commit(list(files), f"Break a check in {stage.task}")
    return f"added {', '.join(files)}"


def _ignore_term(_: Stage, __: str) -> str:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return "does not listen to TERM any more"


def _fork(stage: Stage, argument: str) -> str:
    count = int(_seconds(argument))
    agent = os.getpid()
    for _ in range(count):
        if os.fork() == 0:
            _live_on(lambda: os.getppid() == agent)
    stage.say(f"  {count} processes in the background")
    return f"started {count} processes"


def _daemon(stage: Stage, _: str) -> str:
    """Start a process that escapes the agent's group and session, as a carelessly started server does."""
    agent, last_seen = os.getpid(), time.monotonic()

    def wanted() -> bool:
        nonlocal last_seen
        try:
            os.kill(agent, 0)
            last_seen = time.monotonic()
        except ProcessLookupError:
            pass
        return os.stat(".").st_nlink > 0 and time.monotonic() - last_seen < DAEMON_AFTERLIFE

    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            _live_on(wanted)
        os._exit(0)
    os.waitpid(child, 0)
    stage.say("  a daemon in the background")
    return "started a daemon"


def _live_on(wanted: Callable[[], bool]) -> None:
    """Never returns: burns a little CPU while it is wanted, in a forked child."""
    try:
        signal.set_wakeup_fd(-1)  # the pipe is shared with the agent, which this child's signals do not concern
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        while wanted():
            enough = time.process_time() + 0.002
            while time.process_time() < enough:
                pass
            time.sleep(0.1)
    finally:
        os._exit(0)


ACTS: dict[str, Callable[[Stage, str], str]] = {
    "edit": _edit,
    "write": _write,
    "slow": _slow,
    "noop": _noop,
    "crash": _crash,
    "crash-once": _crash_once,
    "hang": _hang,
    "ask": _ask,
    "dirty": _dirty,
    "fork": _fork,
    "daemon": _daemon,
    "ignore-term": _ignore_term,
    "limit": _limit,
    "break-check": _break_check,
}
"""Word -> what it does."""

ACCOMPANYING = frozenset({"slow", "fork", "daemon", "ignore-term", "crash-once", "limit"})
"""Words that say how the work is done, not what it is: a prompt with no other word gets the small edit as well."""
