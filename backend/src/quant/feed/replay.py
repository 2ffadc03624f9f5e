"""A recording as a feed: the same decoder, on the recording's own clock."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

import numpy as np

from quant.clock import NS_PER_MS, NS_PER_S, Clock
from quant.feed.exchange import TradeDecoder
from quant.feed.listener import OnBatch, OnViews, ignore_views
from quant.feed.recording import Line, merge_lines

SLICE_NS = 100 * NS_PER_MS
"""Trades leave in slices of recorded time, so that what follows does not depend on the speed of reading."""

SLICES_READ_AHEAD = 64


class ReplayFeed:
    """Plays files once, merged by receive time, at `speed` recorded seconds a second (0 = without waiting)."""

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        decoder: TradeDecoder,
        on_batch: OnBatch,
        clock: Clock,
        speed: float,
        on_views: OnViews = ignore_views,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.decoder = decoder
        self.lines = 0
        self._paths = paths
        self._on_batch = on_batch
        self._on_views = on_views
        self._clock = clock
        self._speed = speed
        self._sleep = sleep

    async def run(self) -> None:
        """Play to the end; raises RecordingError where a file turns out torn."""
        slices = _slices(merge_lines(self._paths))
        first: int | None = None
        started_s = self._clock.monotonic_s()
        while ahead := await asyncio.to_thread(lambda: list(islice(slices, SLICES_READ_AHEAD))):
            for number, lines in ahead:
                first = number if first is None else first
                if self._speed:
                    due_s = started_s + (number + 1 - first) * SLICE_NS / NS_PER_S / self._speed
                    await self._sleep(max(0.0, due_s - self._clock.monotonic_s()))
                self._play(lines)
            await asyncio.sleep(0)

    def _play(self, lines: list[Line]) -> None:
        stamps = np.array([stamp for stamp, _ in lines], np.int64)
        trades, views = self.decoder.decode([payload for _, payload in lines], ts_recv=stamps)
        self.lines += len(lines)
        if trades is not None:
            self._on_batch(trades)
        if views:
            self._on_views(views)


def _slices(lines: Iterator[Line]) -> Iterator[tuple[int, list[Line]]]:
    for number, group in groupby(lines, key=lambda line: line[0] // SLICE_NS):
        yield number, list(group)
