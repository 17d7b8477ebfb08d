"""What a person is told when something cannot be done, and the exit codes that go with it.

Every expected failure is an `OrchestraError` with three parts: what failed, what is safe, what to run
next. One handler at the edge of the program (`cli`) prints them; nothing else catches them to print.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The program's exit codes; each verb uses the same ones."""

    DONE = 0
    FAILED = 1
    """A task or a check failed, or a person is needed."""
    USAGE = 2
    """The command line is wrong, or the request holds no task."""
    BUG = 3
    """Our own bug; the log's path is printed."""
    ENVIRONMENT = 4
    """The machine lacks something; `doctor` says what."""
    INTERRUPTED = 130


class OrchestraError(Exception):
    """An expected failure, told in three lines.

    `message` says what failed, `safe` what was not harmed, `hint` what to run next.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, safe: str = "", hint: str = "") -> None:
        """Keep the three lines apart, so that the edge decides how to print them."""
        super().__init__(message)
        self.message = message
        self.safe = safe
        self.hint = hint


class UsageError(OrchestraError):
    """The person asked for something that cannot be asked for."""

    exit_code = ExitCode.USAGE


class EnvironmentLacks(OrchestraError):
    """A program, a right or an identity is missing on this machine."""

    exit_code = ExitCode.ENVIRONMENT
