"""The clocks that callers inject: wall time for logs and tokens, monotonic time for time-outs.

Market time is the third clock; it comes from the stream itself (`market.clock`).
"""

import time
from typing import Protocol

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """Where time comes from; a test or a replay hands in its own."""

    def wall_ns(self) -> int:
        """Return nanoseconds since the epoch, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never go backwards."""
        ...


class SystemClock:
    """The machine's clocks."""

    def wall_ns(self) -> int:
        return time.time_ns()

    def monotonic_s(self) -> float:
        return time.monotonic()
