"""A recording as a feed: the same decoder, on the recording's own clock."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

import numpy as np

from quant.feed.exchange import Decoded, TradeDecoder
from quant.feed.listener import OnBatch, OnViews, ignore_views
from quant.feed.playhead import SLICE_NS, Playhead
from quant.feed.recording import Line, merge_lines

SLICES_READ_AHEAD = 64


class ReplayFeed:
    """Plays files, merged by receive time, from their beginning, as the playhead lets them."""

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        decoder: TradeDecoder,
        on_batch: OnBatch,
        playhead: Playhead,
        on_views: OnViews = ignore_views,
    ) -> None:
        self.decoder = decoder
        self.lines = 0
        self._paths = paths
        self._on_batch = on_batch
        self._on_views = on_views
        self._playhead = playhead

    async def run(self) -> None:
        """Play to the end; raises RecordingError where a file turns out torn."""
        slices = _slices(merge_lines(self._paths))
        self._playhead.rewind()
        while ahead := await asyncio.to_thread(lambda: list(islice(slices, SLICES_READ_AHEAD))):
            for number, lines in ahead:
                stamps = np.array([stamp for stamp, _ in lines], np.int64)
                decoded = self.decoder.decode([payload for _, payload in lines], ts_recv=stamps)
                await self._playhead.turn(number, _newest(decoded))
                self.lines += len(lines)
                self._hand_on(decoded)
            await asyncio.sleep(0)
        self._playhead.finish()

    def _hand_on(self, decoded: Decoded) -> None:
        trades, views = decoded
        if trades is not None:
            self._on_batch(trades)
        if views:
            self._on_views(views)


def _newest(decoded: Decoded) -> int | None:
    """Return the newest event time, None where there is no event."""
    trades, views = decoded
    times = [view.ts_event for view in views]
    if trades is not None:
        times.append(int(trades.ts_event.max()))
    return max(times, default=None)


def _slices(lines: Iterator[Line]) -> Iterator[tuple[int, list[Line]]]:
    for number, group in groupby(lines, key=lambda line: line[0] // SLICE_NS):
        yield number, list(group)
