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

    def real_s(self, seconds: float, *, at_least: float = 0.0) -> float:
        """Return how many real seconds that is; `at_least` where the machine's own work has to fit in."""
        return max(seconds / self.speed, at_least)
