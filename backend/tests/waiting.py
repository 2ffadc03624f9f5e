"""Waiting for a condition instead of for time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 60.0  # a bound for what hangs, never waited for
POLL_S = 0.02


def eventually(look: Callable[[], T], *, what: str, within_s: float = PATIENCE_S) -> T:
    """Return the first truthy value of `look`; an AssertionError or a false value means "not yet"."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            value = look()
            if value:
                return value
            seen: object = value
        except AssertionError as error:
            seen = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:.0f} s: {what}; last seen: {seen!r}")
        time.sleep(POLL_S)
