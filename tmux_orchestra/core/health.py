"""Health: every way in which an agent, or what is done for it, can fail; how each is told, and what follows.

How a failure is told apart
---------------------------
An agent's own word comes first: a turn that ended ill is an `agent.failed`, whose `kind` the adapter reads from the
hook's payload (`of_turn`, where it could not). Then how its process ended, as its launcher saw it: exit code, signal,
and whether it had begun with its prompt (`of_exit`). What neither can know is looked up once, after such an end or
where nothing begins: whether its pane, its window, tmux and its worktree are still there, and what the screen shows
(`instance.examined`). What we could not do for it is an `action.failed` with its `kind` (`of_problem`). The screen is
asked only where no other sign exists: a dialog that opens before the first prompt.

What follows is a row of `TABLE`, and nothing else decides it. The kind stands in the journal, in the `task.<status>`
that is drawn from it.

How long is waited
------------------
`restart_delay` (times the kind's `pace`: a service needs longer than a program) before the first try, twice as long
before each one after it, five minutes at most; then up to a quarter more or less, so that tasks which were thrown out
together do not come back together. That quarter is no dice but a digest of run, task and try: the same journal always
gives the same moments.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from tmux_orchestra.core import events as e

LONGEST_DELAY = 300.0
"""Seconds between two tries, at most (but for the quarter)."""

LAST_WORDS = 240
"""Characters of an agent's last lines that are told with its failure; the journal holds more."""

_HUNG_UP = frozenset({129, -1})
"""Exit codes after SIGHUP: a shell's, and that of whoever counts signals below zero."""

_NOTHING_TO_RUN = frozenset({126, 127})


class Policy(StrEnum):
    """What follows from a failure."""

    AGAIN = "again"
    """The same conversation once more, after a while, `max_restarts` times; then a person is asked."""
    AT_RESET = "at its reset time"
    """As soon as the service says; nothing else of the run is begun before. It does not count as a restart."""
    WITH_ROOM = "when there is room"
    """A person is asked, and it goes on by itself as soon as the cause is gone."""
    ASK = "ask"
    """A person is asked at once: another try would end in the same way, or would go against what they did."""


class Kind(StrEnum):
    """The ways to fail."""

    OVERLOAD = "overload"
    NETWORK = "network"
    SERVICE = "service"
    RATE_LIMIT = "rate-limit"
    USAGE_LIMIT = "usage-limit"
    AUTHENTICATION = "authentication"
    BILLING = "billing"
    BUDGET = "budget"
    BAD_MODEL = "bad-model"
    TOO_LONG = "context-overflow"
    REFUSED = "refused"
    CRASH = "crash"
    KILLED = "killed"
    VANISHED = "vanished"
    CRASH_AT_START = "crash-at-start"
    CANNOT_START = "cannot-start"
    HANG = "hang"
    CLOSED = "closed"
    PANE_CLOSED = "pane-closed"
    WINDOW_CLOSED = "window-closed"
    TMUX_GONE = "tmux-gone"
    NOT_BEGUN = "not-begun"
    TRUST = "trust-dialog"
    SIGN_IN = "sign-in"
    PERMISSION = "permission"
    QUESTION = "question"
    DISK_FULL = "disk-full"
    WORKTREE_GONE = "worktree-gone"
    SETUP = "setup-failed"
    UNDONE = "could-not-be-done"


@dataclass(frozen=True)
class Row:
    """One kind of failure. In `words` and `fix`, `{detail}` is what was seen of this very one, `{task}` its task."""

    known_by: str
    policy: Policy
    words: str
    """What happened, as a clause."""
    fix: str = ""
    """The one thing that a person can do about it; "": to look and to retry, which stand beside every question."""
    pace: float = 1.0
    counts: bool = True
    """Whether trying again uses up one of `max_restarts`: not where nothing is wrong with the agent."""
    most: int | None = None
    """Fewer tries than `max_restarts` allows; None: just as many."""


_LOGS = "see: tmux-orchestra logs {task}"
_SLOW = 5.0

TABLE: Mapping[Kind, Row] = {
    # --- the service, as the hook of a failed turn tells it ---
    Kind.OVERLOAD: Row(
        "a failed turn: 529, or the word overloaded", Policy.AGAIN, "the service is overloaded ({detail})", pace=_SLOW
    ),
    Kind.NETWORK: Row(
        "a failed turn that no answer came to: refused, dropped, cut off, timed out",
        Policy.AGAIN,
        "the service cannot be reached ({detail})",
        "see to the network",
        pace=_SLOW,
    ),
    Kind.SERVICE: Row(
        "a failed turn: any other error of the service", Policy.AGAIN, "the service failed ({detail})", pace=_SLOW
    ),
    Kind.RATE_LIMIT: Row(
        "a failed turn: 429 that names no time", Policy.AGAIN, "too many requests at once ({detail})", pace=_SLOW
    ),
    Kind.USAGE_LIMIT: Row(
        "a failed turn: 429 that names the time at which it is over", Policy.AT_RESET, "usage limit until {detail}"
    ),
    Kind.AUTHENTICATION: Row(
        "a failed turn: 401, 403",
        Policy.ASK,
        "the agent is not signed in ({detail})",
        "sign in with its own program, then: tmux-orchestra retry {task}",
    ),
    Kind.BILLING: Row(
        "a failed turn: the account cannot pay",
        Policy.ASK,
        "the account has no credit ({detail})",
        "add funds, then: tmux-orchestra retry {task}",
    ),
    Kind.BUDGET: Row("a failed turn: what it may spend is spent", Policy.ASK, "its budget is used up ({detail})"),
    Kind.BAD_MODEL: Row(
        "a failed turn: 404",
        Policy.ASK,
        "its model cannot be used ({detail})",
        "choose another one (/model) in: tmux-orchestra attach {task}",
    ),
    Kind.TOO_LONG: Row(
        "a failed turn: the prompt is too long, 413",
        Policy.ASK,
        "its conversation has become too long ({detail})",
        "make it shorter (/compact) in: tmux-orchestra attach {task}",
    ),
    Kind.REFUSED: Row(
        "a failed turn: another error in 400 to 499", Policy.ASK, "the service refused its request ({detail})"
    ),
    # --- its process, as the launcher saw it end ---
    Kind.CRASH: Row("an exit code other than 0, in a turn", Policy.AGAIN, "the agent ended {detail}", _LOGS),
    Kind.KILLED: Row("a signal ended it, in a turn", Policy.AGAIN, "the agent ended {detail}", _LOGS),
    Kind.VANISHED: Row(
        "launcher and agent are gone without a word", Policy.AGAIN, "the agent ended without a word", _LOGS
    ),
    Kind.CRASH_AT_START: Row(
        "an end before it had begun with its prompt",
        Policy.AGAIN,
        "the agent ended {detail} before it had begun",
        _LOGS,
    ),
    Kind.CANNOT_START: Row("exit code 126 or 127, with the launcher's reason", Policy.ASK, "cannot start: {detail}"),
    Kind.HANG: Row(
        "no output, no hook and no work of its processes for too long",
        Policy.AGAIN,
        "the agent hangs ({detail})",
        most=1,
    ),
    # --- what a person did ---
    Kind.CLOSED: Row("exit code 0 in a turn", Policy.ASK, "the agent was closed before it said that it is done"),
    Kind.PANE_CLOSED: Row("SIGHUP, and its pane is gone, its window not", Policy.ASK, "its pane was closed"),
    Kind.WINDOW_CLOSED: Row("SIGHUP or no word, and its window is gone, tmux not", Policy.ASK, "its window was closed"),
    Kind.TMUX_GONE: Row(
        "an end of any kind, and the tmux session is gone",
        Policy.ASK,
        "its tmux session ended",
        "run: tmux-orchestra recover",
        counts=False,
    ),
    # --- a person is waited for ---
    Kind.NOT_BEGUN: Row(
        "no prompt taken for a minute",
        Policy.ASK,
        "it has not begun with its prompt; a dialog may be open in its window",
    ),
    Kind.TRUST: Row("no prompt taken; the screen asks for trust", Policy.ASK, "it asks whether to trust this folder"),
    Kind.SIGN_IN: Row("no prompt taken; the screen asks to sign in", Policy.ASK, "it asks you to sign in"),
    Kind.PERMISSION: Row("the hook of a permission", Policy.ASK, "{detail}"),
    Kind.QUESTION: Row("the hook of a question or a form, or a turn that ended with one", Policy.ASK, "asks: {detail}"),
    # --- what could not be done for it ---
    Kind.DISK_FULL: Row(
        "ENOSPC or EDQUOT, of ours or in git's words",
        Policy.WITH_ROOM,
        "the disk is full: {detail}",
        "make room; it goes on by itself",
    ),
    Kind.WORKTREE_GONE: Row(
        "an end or an effect that failed, and its folder is not there",
        Policy.ASK,
        "its worktree is gone ({detail})",
        "to have it made again from its branch: tmux-orchestra retry {task}",
    ),
    Kind.SETUP: Row("the setup command's exit code", Policy.ASK, "the setup command failed ({detail})"),
    Kind.UNDONE: Row("any other effect that failed", Policy.ASK, "{detail}"),
}
"""Every kind, by who tells of it."""


def row(kind: str) -> Row:
    """Return what is to be known of a kind; of one that a newer version has named, as little as that is."""
    return TABLE[Kind(kind)] if kind in set(Kind) else TABLE[Kind.UNDONE]


def told(kind: Kind, task: str, detail: str) -> str:
    """Say what happened, without what can be done about it."""
    return TABLE[kind].words.format(task=task, detail=detail)


def asked(kind: Kind, task: str, what: str) -> str:
    """Say what happened and what can be done about it."""
    fix = TABLE[kind].fix.format(task=task)
    return f"{what}; {fix}" if fix else what


def delay(run: str, task: str, restart: int, first: float, kind: str = "") -> float:
    """Return the seconds to wait before this restart (the first is 1); see above for how long and why so oddly."""
    longest = max(LONGEST_DELAY, first)
    plain = min(longest, first * row(kind).pace * 2.0 ** min(restart - 1, 30))
    digest = sha256(f"{run}/{task}/{restart}".encode()).digest()
    return plain * (0.75 + 0.5 * int.from_bytes(digest[:4], "big") / 2**32)


def of_turn(failure: e.AgentFailed) -> Kind:
    """Return the kind of a failed turn: what its adapter read, or what an older journal tells."""
    if failure.kind in set(Kind):
        return Kind(failure.kind)
    if failure.error == "rate_limit":
        return Kind.USAGE_LIMIT if failure.retry_at else Kind.RATE_LIMIT
    words: Mapping[str, Kind] = {"billing_error": Kind.BILLING, "authentication_failed": Kind.AUTHENTICATION}
    return words.get(failure.error, Kind.SERVICE if failure.transient else Kind.REFUSED)


def of_exit(
    ended: e.InstanceExited, *, begun: bool, gone: Collection[str] = frozenset(), session_lost: bool = False
) -> Kind:
    """Return the kind of an end that no turn in good order came before.

    `begun`: it had taken its prompt. `gone`: what was not there any more when it was looked for. `session_lost`: its
    tmux session is not the run's any more.
    """
    if "worktree" in gone:
        return Kind.WORKTREE_GONE
    if ended.reason and ended.exit_code in _NOTHING_TO_RUN:
        return Kind.CANNOT_START
    silent = ended.exit_code is None and not ended.signal
    if hung_up(ended) or silent:
        if session_lost or "session" in gone:
            return Kind.TMUX_GONE
        if "window" in gone:
            return Kind.WINDOW_CLOSED
        if "pane" in gone:
            return Kind.PANE_CLOSED
    if silent:
        return Kind.VANISHED
    if ended.exit_code == 0:
        return Kind.CLOSED
    if not begun:
        return Kind.CRASH_AT_START
    return Kind.KILLED if ended.signal else Kind.CRASH


def hung_up(ended: e.InstanceExited) -> bool:
    """Whether the agent ended because its terminal went away."""
    return ended.exit_code in _HUNG_UP or ended.signal == "SIGHUP"


def how(ended: e.InstanceExited) -> str:
    """Say how a process ended: "by SIGKILL", "with exit code 1"."""
    return f"by {ended.signal}" if ended.signal else f"with exit code {ended.exit_code}"


def of_problem(problem: e.ActionFailed) -> Kind:
    """Return the kind of what could not be done."""
    return Kind(problem.kind) if problem.kind in set(Kind) else Kind.UNDONE


def last_words(lines: str) -> str:
    """Return the last of an agent's lines in one, shortened from the front; "" if it said nothing."""
    said = " / ".join(line.strip() for line in lines.splitlines()[-3:] if line.strip())
    return said if len(said) <= LAST_WORDS else f"…{said[-LAST_WORDS:]}"
