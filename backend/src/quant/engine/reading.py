"""Memory and store read as one: what memory lacks of a span comes from the disk, on a thread, bounded by a limit.

Memory is the newer of the two and wins wherever both have a bar or a trade.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quant.domain import Bars
from quant.engine.closes import Stretch
from quant.engine.merging import merged_bars
from quant.engine.past import around
from quant.engine.protocol import GapView, PairKey
from quant.engine.running import RunningMarket
from quant.market.align import AlignedLegs, align, align_bars
from quant.market.ledger import Hole, HoleState
from quant.market.state import Ticks
from quant.storage.history_ledger import HistoryLedger
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.records import StoredHole, StoredTicks
from quant.storage.store import Store

SLACK_TICKS = 1000
"""Read beyond a page: event times step back by less than so many trades while ids rise."""


@dataclass(frozen=True, slots=True)
class Span:
    """The newest `limit` rows with start ≤ time < end (ns)."""

    limit: int
    start: int | None
    end: int | None

    @property
    def is_newest(self) -> bool:
        return self.start is None and self.end is None


class Reading:
    """Answers from the store for a running market. What it returns is as of the read: check that the market is still
    the same before it is shown."""

    def __init__(self, store: Store, ledger: HistoryLedger) -> None:
        self._store = store
        self._ledger = ledger

    async def know(self, running: RunningMarket, symbols: Iterable[str]) -> None:
        """Have the market know those of the symbols of which something is stored."""
        names = {symbol.strip().upper() for symbol in symbols}
        unknown = names - running.market.specs.keys() - set(running.state.symbols) - running.stored
        if unknown:
            stored = await asyncio.to_thread(self._store.symbols, running.state.market)
            running.stored |= unknown & set(stored)

    async def bars(
        self, running: RunningMarket, symbol: str, interval: str, span: Span
    ) -> tuple[Bars | None, bool]:
        """Return stored bars of the span, None where memory has them all, and whether older ones are stored."""
        state, width = running.state, _width(running, interval)
        held = state.bars(symbol, interval, limit=span.limit + 1, start=span.start, end=span.end)
        if _is_covered(held, span, width=width, newest=state.bars(symbol, interval, limit=1)):
            return None, False
        market = state.market
        if span.is_newest and len(held):
            first = int(held.times[0])
            older = await asyncio.to_thread(self._store.bars, market, symbol, interval, limit=1, end=first)
            return None, len(older) > 0
        stored = await asyncio.to_thread(
            self._store.bars, market, symbol, interval, limit=span.limit + 1, start=span.start, end=span.end
        )
        return stored, False

    async def ticks(self, running: RunningMarket, symbol: str, span: Span) -> tuple[Ticks | None, bool]:
        """Return stored trades of the span, None where memory has them all, and whether older ones are stored."""
        held = running.state.ticks(symbol)
        market = running.state.market
        if _are_covered(held, span):
            return None, False
        if span.is_newest and len(held):
            before = int(held.ts_event.min())
            older = await asyncio.to_thread(self._store.last_ticks, market, symbol, n=1, end_ns=before)
            return None, len(older) > 0
        stored = await asyncio.to_thread(self._page_of_ticks, market, symbol, span)
        return stored_as_ticks(stored), False

    async def gaps(
        self, running: RunningMarket, symbol: str, *, start: int | None, end: int | None
    ) -> tuple[GapView, ...]:
        """Return the holes in memory and in what is stored that touch start ≤ time < end, oldest first."""
        market = running.state.market
        stored = await asyncio.to_thread(self._holes, market, symbol, start, end)
        dropped = await asyncio.to_thread(self._dropped, market, symbol, running.lost(symbol), running.as_of)
        known = [hole for hole in running.state.holes(symbol) if _touches(hole, start, end)]
        lasts = {hole.last_id: hole.first_id for hole in known}
        ends = np.array(sorted(lasts), np.int64)
        items = [GapView(hole.first_id, hole.last_id, hole.state.value, hole.ts_after) for hole in known]
        for hole in stored:
            at = int(np.searchsorted(ends, hole.first_id))
            if at == len(ends) or lasts[int(ends[at])] > hole.last_id:  # memory knows nothing of these ids
                items.append(GapView(hole.first_id, hole.last_id, _word(hole), hole.ts_after))
        listed = IdRanges(IdRange(item.first_id, item.last_id) for item in items if item.state != "filled")
        for lost in dropped:
            if _touches(lost, start, end):
                lacking = IdRanges([IdRange(lost.first_id, lost.last_id)]).without(listed)
                items += [GapView(*ids, lost.state.value, lost.ts_after) for ids in lacking.ranges]
        return tuple(sorted(items, key=lambda item: item.first_id))

    async def legs(self, running: RunningMarket, key: PairKey, *, rows: int, end: int) -> AlignedLegs | None:
        """Return both legs' closed bars before `end` from memory and store; None where memory has them all."""
        state, width = running.state, _width(running, key.interval)
        if len(align(state, key.pair, key.interval, rows=rows, end=end)) >= rows:
            return None
        upto = end - end % width
        span = Span(rows, upto - rows * width, upto)
        y, x = await asyncio.gather(
            self._whole(running, key.pair.a, key.interval, span),
            self._whole(running, key.pair.b, key.interval, span),
        )
        return align_bars(y, x, width=width, rows=rows, end=upto)

    async def stretch(
        self,
        running: RunningMarket,
        symbols: Sequence[str],
        interval: str,
        *,
        rows: int,
        end: int | None,
    ) -> Stretch:
        """Return the bars of the symbols' newest `rows` closed closes (before `end`) from memory and store."""
        state, width = running.state, _width(running, interval)
        if end is None:
            end = max((state.close_from(symbol, interval) for symbol in symbols), default=0)
            if not end:
                end = await asyncio.to_thread(self._newest, state.market, symbols, interval, width)
        upto = end - end % width
        span = Span(rows, max(upto - rows * width, 0), upto)
        parts = [await self._parts(running, symbol, interval, span) for symbol in symbols]
        held, stored = tuple(part[0] for part in parts), tuple(part[1] for part in parts)
        return Stretch(tuple(symbols), held, stored, width, rows, upto)

    async def stored_symbols(self, running: RunningMarket, interval: str) -> tuple[str, ...]:
        """Return the symbols of the running market of which bars of the interval are stored."""
        return await asyncio.to_thread(self._with_bars, running.state.market, interval)

    async def _whole(self, running: RunningMarket, symbol: str, interval: str, span: Span) -> Bars:
        return merged_bars(*await self._parts(running, symbol, interval, span))

    async def _parts(
        self, running: RunningMarket, symbol: str, interval: str, span: Span
    ) -> tuple[Bars, Bars | None]:
        """Return the bars in memory, and those of the store where memory lacks some."""
        stored, _ = await self.bars(running, symbol, interval, span)
        held = running.state.bars(symbol, interval, limit=span.limit, start=span.start, end=span.end)
        return held, stored

    # --- on the thread ---

    def _newest(self, market: str, symbols: Sequence[str], interval: str, width: int) -> int:
        newest = [self._store.bars(market, symbol, interval, limit=1) for symbol in symbols]
        return max((int(bars.times[-1]) + width for bars in newest if len(bars)), default=0)

    def _with_bars(self, market: str, interval: str) -> tuple[str, ...]:
        symbols = self._store.symbols(market)
        return tuple(symbol for symbol in symbols if interval in self._store.intervals(market, symbol))

    def _page_of_ticks(self, market: str, symbol: str, span: Span) -> StoredTicks:
        n = span.limit + SLACK_TICKS
        while True:
            ticks = self._store.last_ticks(market, symbol, n=n, end_ns=span.end)
            short = len(ticks) < n  # that is all there is
            if span.start is not None:
                reached = len(ticks) > 0 and int(ticks.ts_event[:SLACK_TICKS].max()) < span.start
                ticks = ticks.at(ticks.ts_event >= span.start)
                short = short or reached
            # A page ends between two instants: as many trades as share one have to be looked through.
            if short or len(np.unique(ticks.ts_event[-span.limit - SLACK_TICKS :])) > 1:
                return ticks
            n *= 4

    def _dropped(self, market: str, symbol: str, lost: IdRanges, as_of: int | None) -> list[Hole]:
        """Return what came and could not be stored: of this run, or listed on disk."""
        ids = IdRanges((*lost.ranges, *self._store.unstored(market, symbol)))
        return [around(self._store, market, symbol, each, until=as_of or 0) for each in ids.ranges]

    def _holes(self, market: str, symbol: str, start: int | None, end: int | None) -> list[StoredHole]:
        journal = [hole for hole in self._store.holes(market, symbol) if _touches(hole, start, end)]
        known = {(hole.first_id, hole.last_id) for hole in journal}
        built = self._ledger.holes(market, symbol, start_ns=start, end_ns=end)
        return journal + [hole for hole in built if (hole.first_id, hole.last_id) not in known]


def _width(running: RunningMarket, interval: str) -> int:
    return next(each.ns for each in running.state.intervals if each.name == interval)


def _is_covered(held: Bars, span: Span, *, width: int, newest: Bars) -> bool:
    """Tell whether memory's bars are all there are of the span."""
    if not len(held):
        return False
    last = int(newest.times[-1])
    if span.end is not None:
        last = min(last, (span.end - 1) // width * width)
    first = int(held.times[0])
    is_dense = len(held) == (last - first) // width + 1
    reaches = span.start is not None and first - width < span.start
    return is_dense and (len(held) > span.limit or reaches)


def _are_covered(held: Ticks, span: Span) -> bool:
    """Tell whether memory's trades are all there are of the span: no id is missing between them."""
    inside = np.ones(len(held), np.bool_)
    if span.start is not None:
        inside &= held.ts_event >= span.start
    if span.end is not None:
        inside &= held.ts_event < span.end
    ids = np.sort(held.ids[inside])[-span.limit - 1 :]
    if not len(ids) or ids[-1] - ids[0] != len(ids) - 1:
        return False
    if span.end is not None and not (ids[-1] + 1 == held.ids).any() and ids[-1] != held.ids.max():
        return False
    return len(ids) > span.limit or bool((held.ids == ids[0] - 1).any())


def stored_as_ticks(stored: StoredTicks) -> Ticks:
    """Return stored trades in the form of those in memory."""
    return Ticks(**{name: getattr(stored, name) for name in Ticks.__dataclass_fields__})


def _touches(hole: Hole | StoredHole, start: int | None, end: int | None) -> bool:
    return (start is None or hole.ts_after >= start) and (end is None or hole.ts_before < end)


def _word(hole: StoredHole) -> Literal["open", "filled", "confirmed"]:
    return HoleState(hole.state).value
