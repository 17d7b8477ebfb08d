"""Why a request cannot become a plan. Every planner raises these two and no others of its own."""

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
