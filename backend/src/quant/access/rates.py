"""How much a caller may ask in a while: counted by the library `limits`, in memory of bounded size."""

import math
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from quant.errors import TooManyRequests

if TYPE_CHECKING:
    from limits import RateLimitItemPerSecond
    from limits.strategies import FixedWindowRateLimiter

MAX_KEYS = 100_000
"""Callers remembered at once; where more come within one window the oldest are forgotten."""


class Rates:
    """An allowance for each key in each window of `seconds`, which begins with the key's first request.

    `what` names it in the refusal. An allowance of 0 is no limit.
    """

    def __init__(
        self, what: str, allowance: int, *, seconds: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._what = what
        self.allowance = allowance
        self._seconds = seconds
        self._clock = clock

    def take(self, key: str, cost: int = 1) -> None:
        """Count a request of this weight; raise TooManyRequests, counting nothing, where the allowance has no room."""
        self.check(key, cost)
        if self.allowance:
            self._limiter.hit(self._item, key, cost=cost)

    def check(self, key: str, cost: int = 1) -> None:
        """Raise TooManyRequests where the allowance has no room for this weight, counting nothing."""
        if self.allowance and not self._limiter.test(self._item, key, cost=cost):
            self._refuse(key)

    def _refuse(self, key: str) -> None:
        left_s = self._limiter.get_window_stats(self._item, key).reset_time - self._clock()
        wait_s = min(max(math.ceil(left_s), 1), self._seconds)
        raise TooManyRequests(
            f"{self._what}: at most {self.allowance} in {self._seconds} s; ask again in {wait_s} s",
            retry_after_s=wait_s,
            limit=self.allowance,
            window_s=self._seconds,
        )

    @cached_property
    def _limiter(self) -> "FixedWindowRateLimiter":
        from limits.strategies import FixedWindowRateLimiter  # takes 0.1 s to load: not at the start

        from quant.access.rate_memory import RateMemory

        return FixedWindowRateLimiter(RateMemory(self._clock, most=MAX_KEYS))

    @cached_property
    def _item(self) -> "RateLimitItemPerSecond":
        from limits import RateLimitItemPerSecond

        return RateLimitItemPerSecond(self.allowance, self._seconds)
