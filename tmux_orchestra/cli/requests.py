"""Asking for something: append the request, then wait until the journal holds the answer.

Where nobody carries the run, the same loop runs here, under the lock, until the answer is there. So a
command works after the run is over, after a crash, and without tmux.
"""

import time
from collections import deque
from collections.abc import Callable

from tmux_orchestra.cli.options import Chosen
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.events import ActionFailed, Event
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects.journal import Follower, Journal, supervisor_lock
from tmux_orchestra.effects.observe import Watch
from tmux_orchestra.supervisor import Supervisor

Answered = Callable[[RunState], bool]

Outstanding = Callable[[RunState], str]
"""Says what a state still lacks."""

LOOK_AGAIN = 1.0
"""Seconds after which a waiting command looks whether the run's carrier has died meanwhile."""


def ask(chosen: Chosen, request: Event, answered: Answered, seconds: float, outstanding: Outstanding) -> RunState:
    """Append the request and return the state in which it is answered.

    Raises OrchestraError, saying what is outstanding, if there is no answer in time.
    """
    Journal(chosen.folder.journal).append(request)
    return await_answer(chosen, answered, seconds, outstanding)


def await_answer(chosen: Chosen, answered: Answered, seconds: float, outstanding: Outstanding) -> RunState:
    """Wait for the answer; carry the run meanwhile if nobody else does."""
    deadline = time.monotonic() + seconds
    journal = Journal(chosen.folder.journal)
    deque(journal.read_new(), maxlen=0)  # what failed before is no news
    watch, follower = Watch(), Follower(chosen.folder.journal)
    watch.file(chosen.folder.journal)
    try:
        while True:
            with supervisor_lock(chosen.folder.lock) as ours:
                if ours:
                    Supervisor(chosen.folder).run(lambda s: answered(s) or time.monotonic() > deadline, deadline)
            state = follower.catch_up()
            if state is not None and answered(state):
                return state
            left = deadline - time.monotonic()
            if left <= 0:
                raise OrchestraError(
                    f"no answer after {seconds:g} s: {outstanding(state or chosen.state)}{_trouble(journal)}",
                    safe="the request stays in the journal and will be carried out",
                    hint="tmux-orchestra status",
                )
            watch.wait(min(left, LOOK_AGAIN))
    finally:
        watch.close()


def _trouble(journal: Journal) -> str:
    """Say what failed last since this journal was read, as far as it tells."""
    failed = [event for event in journal.read_new() if isinstance(event, ActionFailed)]
    return f" ({failed[-1].reason})" if failed else ""
