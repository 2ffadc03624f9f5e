"""When to look again though nothing was observed: moments on the grid of market time."""

import heapq
from collections.abc import Iterator
from typing import Protocol

from quant.clock import NS_PER_MS

GRID_NS = 100 * NS_PER_MS
"""The boundaries of market time at which clocks of rules come due."""


def on_grid(time: int) -> int:
    """Return the first boundary at or after `time`."""
    return -(-time // GRID_NS) * GRID_NS


class Target(Protocol):
    def ring(self, time: int) -> None:
        """Take note that a timer came due; it may be out of date."""
        ...


class Timers:
    """A heap of moments. Nothing is ever taken back: who is rung looks whether it still matters."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Target]] = []
        self._added = 0

    def add(self, due: int, target: Target) -> None:
        """Have the target rung at the first boundary at or after `due`."""
        self._added += 1
        heapq.heappush(self._heap, (on_grid(due), self._added, target))

    @property
    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def due(self, time: int) -> Iterator[Target]:
        """Yield the targets of timers up to `time`, those too that are added meanwhile."""
        while self._heap and self._heap[0][0] <= time:
            yield heapq.heappop(self._heap)[2]
