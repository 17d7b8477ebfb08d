"""Why a request cannot become a plan. Planners raise these and no others of their own.

`NoTaskFound` and `DependencyCycle` are about the request, and end the command; `NoAnswer` is about a program that was
asked, and another planner may still do.
"""

from collections.abc import Sequence

from tmux_orchestra.core.errors import UsageError


class NoTaskFound(UsageError):
    """The request asks for nothing that could be done."""

    def __init__(self) -> None:
        """Say so, with an example of what would be understood."""
        super().__init__(
            "no task found in the request",
            safe="nothing was created",
            hint='say what to do, for example: tmux-orchestra start "fix the login bug, update the docs"',
        )


class DependencyCycle(UsageError):
    """The request says, in so many words, that tasks wait for each other in a circle."""

    def __init__(self, cycle: Sequence[str]) -> None:
        """Name the circle: `(a, b, a)` reads "a waits for b, which waits for a"."""
        super().__init__(
            f"dependency cycle: {' -> '.join(cycle)}",
            safe="nothing was created",
            hint="take one of these dependencies out of the request",
        )


class NoAnswer(Exception):
    """The program that was asked for a plan gave none that can be used. Its text goes on "claude made no plan: …"."""
