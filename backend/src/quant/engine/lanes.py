"""Threads that compute, each with one kind of work, so that nothing waits behind what is longer than itself."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from quant.engine.protocol import Spend, freely
from quant.errors import Unavailable

T = TypeVar("T")
MOST_WAITING = 16
LONG_S = 0.05
"""Expected seconds from which on a computation is long: others must not wait for it."""


class Lane:
    """One thread: what is handed to it is done in the order of its coming."""

    def __init__(self, name: str) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"analysis-{name}")
        self._waiting = 0

    def check_room(self, most_waiting: int) -> None:
        """Raise Unavailable where more than so many are waiting."""
        if self._waiting > most_waiting:
            raise Unavailable(
                f"{self._waiting} computations are waiting already: ask again in a moment", limit=most_waiting
            )

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` does."""
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)


class Lanes:
    """Two lanes for the cadence and two for what is asked for, one of each for what is long; one for the matrix."""

    def __init__(self) -> None:
        self.refresh = Lane("refresh")
        self.refresh_long = Lane("refresh-long")
        self.request = Lane("request")
        self.matrix = Lane("matrix")
        self.long = Lane("long")

    async def answer(self, work: Callable[[], T], *, seconds: float, spend: Spend = freely) -> T:
        """Return what a client asked for and pays for, computed in the lane that its expected `seconds` belong to.

        Raises Unavailable where too much waits there already, and what `spend` raises.
        """
        lane = self.long if seconds > LONG_S else self.request
        lane.check_room(MOST_WAITING)
        spend(seconds)
        return await lane.run(work)

    def close(self) -> None:
        """Take nothing more; what is being computed ends by itself."""
        for lane in (self.refresh, self.refresh_long, self.request, self.matrix, self.long):
            lane.close()
