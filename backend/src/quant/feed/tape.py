"""Past trades as a feed: tapes of several symbols merged on their own clock, a slice of market time at a time."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from quant.domain import IntArray, TradeBatch
from quant.feed.listener import OnBatch
from quant.feed.playhead import SLICE_NS, Playhead
from quant.feed.replay import SLICES_READ_AHEAD

Slice = tuple[int, TradeBatch]
"""Its number since the epoch, and its trades."""


class _Tape:
    """One symbol's trades by rising id, and when each is due: never before one of a lower id."""

    def __init__(self, batches: Iterable[TradeBatch]) -> None:
        self._batches = iter(batches)
        self._held: TradeBatch | None = None
        self._due: IntArray = np.empty(0, np.int64)
        self._last_due = -(2**63)
        self.ended = False

    def read(self) -> None:
        """Take in one more batch, if there is one."""
        for batch in self._batches:
            if len(batch):
                due = np.maximum(np.maximum.accumulate(batch.ts_event), self._last_due)
                self._last_due = int(due[-1])
                self._held = batch if self._held is None else join_batches([self._held, batch])
                self._due = np.concatenate((self._due, due))
                return
        self.ended = True

    @property
    def is_empty(self) -> bool:
        return not len(self._due)

    @property
    def last_due(self) -> int:
        return self._last_due

    def take(self, until: int) -> tuple[TradeBatch, IntArray] | None:
        """Return the trades that are due before `until`."""
        n = int(np.searchsorted(self._due, until))
        if self._held is None or not n:
            return None
        taken, due = self._held.at(slice(n)), self._due[:n]
        self._held, self._due = self._held.at(slice(n, None)), self._due[n:]
        return taken, due


def join_batches(batches: Sequence[TradeBatch]) -> TradeBatch:
    """Return the rows of all batches one after the other."""
    names = tuple(dict.fromkeys(name for batch in batches for name in batch.names))
    at = {name: code for code, name in enumerate(names)}
    codes = [np.array([at[name] for name in batch.names], np.int32)[batch.codes] for batch in batches]
    columns = ("ids", "ts_event", "ts_recv", "prices", "sizes", "sells", "counts")
    return TradeBatch(
        names,
        np.concatenate(codes),
        *(np.concatenate([getattr(batch, column) for batch in batches]) for column in columns),
    )


def merge_tapes(tapes: Sequence[Iterable[TradeBatch]]) -> Iterator[Slice]:
    """Yield the trades of all tapes by slices of market time; how the tapes were cut into batches changes nothing.

    Within a slice trades stand in the order of time, those of one time in the order of `tapes`.
    """
    running = [_Tape(tape) for tape in tapes]
    while running:
        for tape in running:
            if tape.is_empty and not tape.ended:
                tape.read()
        running = [tape for tape in running if not (tape.is_empty and tape.ended)]
        ends = [tape.last_due for tape in running if not tape.ended]
        # A slice is whole once every tape has been read beyond it.
        until = min(ends) // SLICE_NS * SLICE_NS if ends else 2**63 - 1
        taken = [part for tape in running if (part := tape.take(until)) is not None]
        if taken:
            yield from _slices(taken)
        else:
            for tape in running:
                if not tape.ended and tape.last_due // SLICE_NS * SLICE_NS == until:
                    tape.read()


def _slices(taken: Sequence[tuple[TradeBatch, IntArray]]) -> Iterator[Slice]:
    batch, due = join_batches([part for part, _ in taken]), np.concatenate([due for _, due in taken])
    order = np.argsort(due, kind="stable")
    batch, numbers = batch.at(order), due[order] // SLICE_NS
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    for first, end in zip(starts.tolist(), [*starts[1:].tolist(), len(numbers)], strict=True):
        yield int(numbers[first]), batch.at(slice(first, end))


class TapeFeed:
    """Plays tapes from their beginning, as the playhead lets them."""

    def __init__(
        self, tapes: Sequence[Iterable[TradeBatch]], *, on_batch: OnBatch, playhead: Playhead
    ) -> None:
        self._tapes = tapes
        self._on_batch = on_batch
        self._playhead = playhead

    async def run(self) -> None:
        """Play to the end; raises what the tapes do where they cannot be read."""
        slices = merge_tapes(self._tapes)
        self._playhead.rewind()
        while ahead := await asyncio.to_thread(lambda: list(islice(slices, SLICES_READ_AHEAD))):
            for number, batch in ahead:
                await self._playhead.turn(number, int(batch.ts_event.max()))
                self._on_batch(batch)
            await asyncio.sleep(0)
        self._playhead.finish()
