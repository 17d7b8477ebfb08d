"""Waiting in tests: for what is promised, never for a while."""

import time
from collections.abc import Callable
from typing import Literal, TypeVar

T = TypeVar("T")


def retry_until(
    predicate: Callable[[], T | Literal[False] | None], *, seconds: float = 60.0, interval: float = 0.02, what: str = ""
) -> T:
    """Return the predicate's first true answer.

    Raises AssertionError with `what` and the last answer when `seconds` have passed. The predicate is asked once more
    after that, so that a machine which stood still for the whole time does not fail the test.
    """
    deadline = time.monotonic() + seconds
    while True:
        late = time.monotonic() >= deadline
        answer = predicate()
        if answer:
            return answer
        if late:
            asked = what or getattr(predicate, "__name__", repr(predicate))
            raise AssertionError(f"not within {seconds:g} s: {asked}; last answer: {answer!r}")
        time.sleep(interval)
