"""How many trades a second there are of late, counted once each."""

import numpy as np

from quant.clock import NS_PER_S
from quant.domain import IntArray

OVER_S = 60
_SLOTS = 64  # seconds that are counted: the minute, the one under way, and some that are ahead of the clock


class RateMeter:
    """Counts the trades of each second of market time; what it is given once is never read again."""

    def __init__(self) -> None:
        self._counts = np.zeros(_SLOTS, np.int64)
        self._newest_s = 0
        self._since_ns = 0
        self.seen = 0
        """How many trades it has been given, or was told to have missed."""

    def restart(self, since_ns: int) -> None:
        """Begin again: of what came before `since_ns` not all is known."""
        self._counts[:] = 0
        self._newest_s = 0
        self._since_ns = since_ns

    def add(self, times: IntArray) -> None:
        """Count trades by their event times (ns), in any order."""
        if not len(times):
            return
        seconds = times // NS_PER_S
        newest_s = max(int(seconds.max()), self._newest_s)
        passed = min(newest_s - self._newest_s, _SLOTS)
        self._counts[np.arange(newest_s - passed + 1, newest_s + 1) % _SLOTS] = 0
        self._newest_s = newest_s
        kept = seconds[seconds > newest_s - _SLOTS]
        self._counts += np.bincount(kept % _SLOTS, minlength=_SLOTS)

    def per_second(self, now: int) -> float:
        """Return the trades a second of the last minute and of the second under way at `now` (ns)."""
        now_s, part_ns = divmod(now, NS_PER_S)
        seconds = np.arange(self._newest_s - _SLOTS + 1, self._newest_s + 1)
        count = int(self._counts[seconds[seconds >= now_s - OVER_S] % _SLOTS].sum())
        span_s = OVER_S + part_ns / NS_PER_S
        if self._since_ns:
            span_s = min(span_s, max((now - self._since_ns) / NS_PER_S, 1e-3))
        return count / span_s
