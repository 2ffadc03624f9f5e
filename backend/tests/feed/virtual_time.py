"""Time that passes only when everybody waits for it: the earliest sleeper wakes next."""

import asyncio
import heapq
import itertools
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

START_NS = 1_740_830_400_000_000_000
ROUNDS = 30  # enough for a woken task to come to its next wait


class VirtualTime:
    """A clock with the sleep that belongs to it; works where nothing but sleeping takes time."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept_s: list[float] = []
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def wall_ns(self) -> int:
        return START_NS + round(self.now_s * 1e9)

    def monotonic_s(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_s + max(seconds, 0), next(self._order), wake))
        await wake

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, letting time pass for it."""
        return asyncio.run(self.drive(work))

    async def drive(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        try:
            while True:
                for _ in range(ROUNDS):
                    await asyncio.sleep(0)
                    if task.done():
                        return task.result()
                assert self._sleepers, "everybody waits for what never comes"
                self.now_s, _, wake = heapq.heappop(self._sleepers)
                if not wake.done():
                    wake.set_result(None)
        finally:
            task.cancel()
