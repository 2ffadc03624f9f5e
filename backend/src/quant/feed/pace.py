"""How fast the market runs: time-outs and waits count market seconds, whatever the speed of a simulation."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quant.clock import Clock

Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Pace:
    """A clock whose monotonic seconds are market seconds; the wall clock stays the machine's."""

    clock: Clock
    speed: float = 1.0
    pause: Sleep = asyncio.sleep
    """Sleeps for real seconds."""

    def wall_ns(self) -> int:
        return self.clock.wall_ns()

    def monotonic_s(self) -> float:
        """Return market seconds that never go backwards."""
        return self.clock.monotonic_s() * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for market seconds."""
        await self.pause(seconds / self.speed)

    def real_s(self, seconds: float, *, floor_s: float = 0.0) -> float:
        """Return how many real seconds that is; speed shortens it to `floor_s`, the machine's own work, at most."""
        return max(seconds / self.speed, min(seconds, floor_s))


class Turnstile:
    """Lets one pass at a time, `every_s` market seconds apart, in the order of arrival."""

    def __init__(self, *, every_s: float, pace: Pace) -> None:
        self._every_s = every_s
        self._pace = pace
        self._free_s = -float("inf")

    async def turn(self) -> None:
        """Return when it is the caller's turn."""
        now_s = self._pace.monotonic_s()
        turn_s = max(now_s, self._free_s)
        self._free_s = turn_s + self._every_s
        if turn_s > now_s:
            await self._pace.sleep(turn_s - now_s)
