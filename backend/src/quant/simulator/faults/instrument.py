"""One symbol under a plan: trades that never happened, ids the exchange denies, times that go back.

A halt takes trades out and closes the gap in the ids, so an id told here is the plain market's id less the
trades that halts before it took. A denied id keeps its number: the exchange knows no such trade, neither on a
stream nor by REST, though its bars count it.
"""

import numpy as np

from quant.domain import BoolArray, IntArray
from quant.simulator.faults.edits import Edits, Window
from quant.simulator.faults.injector import Injector
from quant.simulator.faults.quiet import bar_of, quiet_bars
from quant.simulator.instrument import EPOCH_MS, MINUTE_MS, Instrument
from quant.simulator.klines import Klines, fold
from quant.simulator.paths import PricePath
from quant.simulator.symbols import Listing
from quant.simulator.trades import Trades, join

_ID, _T = 0, 3  # columns of a trade
_PAGE = 500  # rows read at a time, or a long hole would be walked trade by trade


class AlteredInstrument(Instrument):
    """The plain instrument until `edit` is called."""

    def __init__(self, seed: int, listing: Listing, path: PricePath, injector: Injector) -> None:
        super().__init__(seed, listing, path)
        self._injector = injector
        self._edits = Edits()
        self._cuts: tuple[tuple[int, int], ...] = ()  # plain ids that halts took, [from, to)

    @property
    def edits(self) -> Edits:
        return self._edits

    @property
    def open_ms(self) -> int:
        return max(super().open_ms, self._edits.open_ms)

    @property
    def end_ms(self) -> int:
        return min(super().end_ms, self._edits.end_ms)

    def edit(self, edits: Edits) -> None:
        """Take a new set of changes; those that were there before must be among them."""
        if edits != self._edits:
            self._edits = edits
            self._cuts = tuple(
                (self._plain_next(halt.start_ms), self._plain_next(halt.end_ms)) for halt in edits.halts
            )

    def trades(self, start_ms: int, end_ms: int) -> Trades:
        """Return the trades with start_ms <= T < end_ms, `T` as it was before any rewind."""
        self._count_closed_time(start_ms, end_ms)
        return Trades(self._told(super().trades(max(start_ms, self.open_ms), end_ms).rows))

    def trades_from_id(self, first: int, *, limit: int, until_ms: int) -> Trades:
        """Return up to `limit` trades with id >= `first` and T < `until_ms`."""
        return Trades(self._from_id(first, limit, until_ms, count=True))

    def next_id(self, at_ms: int) -> int:
        """Return the id that the first trade with T >= `at_ms` has or would have."""
        return self._shrink(self._plain_next(max(at_ms, self.open_ms)))

    def denied(self, start_ms: int, end_ms: int) -> IntArray:
        """Return the ids of [start_ms, end_ms) that exist and are never given."""
        parts = [np.empty(0, dtype=np.int64)]
        for hole in self._edits.holes:
            start, end = max(start_ms, hole.start_ms, self.open_ms), min(end_ms, hole.end_ms)
            if start < end:
                rows = self._without_halts(super().trades(start, end).rows, count=False)
                parts.append(self._shrunk(rows[self._chosen(hole, rows), _ID]))
        return np.unique(np.concatenate(parts))

    def klines(self, interval_ms: int, start_ms: int, end_ms: int) -> Klines:
        """Return the bars that open in [start_ms, end_ms); quiet while trading is halted.

        A symbol that was listed inside a bar has its first bar after it.
        """
        if start_ms < self.open_ms > EPOCH_MS:
            start_ms = -(-self.open_ms // interval_ms) * interval_ms
        if not any(halt.start_ms < end_ms for halt in self._edits.halts):
            return super().klines(interval_ms, start_ms, end_ms)
        row_ms = MINUTE_MS if interval_ms % MINUTE_MS == 0 else interval_ms
        rows = super().klines(row_ms, start_ms - start_ms % interval_ms, end_ms)
        table = rows.table.copy()
        for halt in self._edits.halts:
            self._quieten(halt, rows.times_ms, table, row_ms, min(end_ms, self.end_ms))
        return Klines(
            interval_ms, rows.times_ms[:: interval_ms // row_ms], fold(table, interval_ms // row_ms)
        )

    def _quieten(self, halt: Window, times_ms: IntArray, table: IntArray, row_ms: int, end_ms: int) -> None:
        """Redo the rows from a halt's start to the first trade after it, from the trades that there were."""
        if not len(table) or halt.start_ms >= end_ms:
            return
        following = self._from_id(self.next_id(halt.end_ms), 1, end_ms)
        first = max(0, (halt.start_ms - int(times_ms[0])) // row_ms)
        resumed_ms = int(following[0, _T]) if len(following) else end_ms - 1
        last = min(len(table) - 1, (resumed_ms - int(times_ms[0])) // row_ms)
        before = self._from_id(self.next_id(halt.start_ms) - 1, 1, halt.start_ms)
        if last < first or not len(before):
            return
        table[first : last + 1] = quiet_bars(int(before[0, 5]), last + 1 - first)
        for row in {first, last}:
            open_ms = int(times_ms[row])
            traded = self._without_halts(
                super().trades(open_ms, min(open_ms + row_ms, end_ms)).rows, count=False
            )
            if len(traded):
                table[row] = bar_of(traded)

    def _from_id(self, first: int, limit: int, until_ms: int, *, count: bool = False) -> IntArray:
        """Return told rows by told id; without `count` the denied ones too, and times as they were."""
        plain = max(self._grow(first), self._plain_next(self.open_ms))
        parts: list[IntArray] = []
        missing = limit
        while missing > 0:
            page = super().trades_from_id(plain, limit=max(missing, _PAGE), until_ms=until_ms).rows
            if not len(page):
                break
            plain = self._past_cuts(int(page[-1, _ID]) + 1)
            kept = self._told(page) if count else self._without_halts(page, count=False)
            parts.append(kept[:missing])
            missing -= len(kept)
        return join(parts).rows

    def _told(self, rows: IntArray) -> IntArray:
        edits = self._edits
        if not len(rows) or not (edits.halts or edits.holes or edits.rewinds):
            return rows
        rows = self._without_halts(rows, count=True)
        for hole in edits.holes:
            chosen = self._chosen(hole, rows)
            self._bite(hole.number, int(chosen.sum()))
            rows = rows[~chosen]
        rewound = rows.copy()
        for window in edits.rewinds:
            chosen = self._chosen(window, rows)
            self._bite(window.number, int(chosen.sum()))
            rewound[chosen, _T] -= window.by_ms
        rewound[:, _ID] = self._shrunk(rows[:, _ID])
        return rewound

    def _without_halts(self, rows: IntArray, *, count: bool) -> IntArray:
        for halt in self._edits.halts:
            halted = (rows[:, _T] >= halt.start_ms) & (rows[:, _T] < halt.end_ms)
            if count:
                self._bite(halt.number, int(halted.sum()))
            rows = rows[~halted]
        return rows

    def _chosen(self, window: Window, rows: IntArray) -> BoolArray:
        """Return which plain rows a window and its probability fall on."""
        chosen: BoolArray = (rows[:, _T] >= window.start_ms) & (rows[:, _T] < window.end_ms)
        for at in np.flatnonzero(chosen):
            chosen[at] = self._injector.hits(window.number, self.listing.symbol, int(rows[at, _ID]))
        return chosen

    def _count_closed_time(self, start_ms: int, end_ms: int) -> None:
        edits = self._edits
        if edits.opened_by is not None and start_ms < edits.open_ms:
            self._bite(edits.opened_by, 1)
        if edits.ended_by is not None and end_ms > edits.end_ms:
            self._bite(edits.ended_by, 1)

    def _bite(self, number: int, times: int) -> None:
        if times:
            self._injector.bite(number, times)

    def _plain_next(self, at_ms: int) -> int:
        return super().next_id(at_ms)

    def _shrink(self, plain: int) -> int:
        return plain - sum(min(max(plain - start, 0), stop - start) for start, stop in self._cuts)

    def _shrunk(self, plain: IntArray) -> IntArray:
        told = plain.copy()
        for start, stop in self._cuts:
            told -= np.clip(plain - start, 0, stop - start)
        return told

    def _grow(self, told: int) -> int:
        for start, stop in self._cuts:
            if told >= start:
                told += stop - start
        return told

    def _past_cuts(self, plain: int) -> int:
        for start, stop in self._cuts:
            if start <= plain < stop:
                plain = stop
        return plain
