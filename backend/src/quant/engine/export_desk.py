"""Pages of rows for exports of the running market, and what there is to export."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import numpy as np

from quant.clock import NS_PER_S
from quant.domain import EventInterval, Interval
from quant.engine.checks import check_interval
from quant.engine.cost import check_export
from quant.engine.event_past import MAX_TRADES
from quant.engine.export_rows import PairRows, Series, bar_page, closed_only, legs_page, pair_rows, tick_page
from quant.engine.importer import HOLES_SHOWN
from quant.engine.lanes import Lanes
from quant.engine.protocol import (
    BarRowsView,
    BarsView,
    ImportedSpanView,
    PairKey,
    PairRowsView,
    PairSeriesView,
    StoredSpanView,
    StoredView,
    TickRowsView,
)
from quant.engine.reading import Span
from quant.engine.running import RunningMarket
from quant.storage.import_ledger import ImportedSeries, ImportLedger
from quant.storage.store import Store

DAY_NS = 86_400 * NS_PER_S

EventBarsOf = Callable[[RunningMarket, str, EventInterval, Span], Awaitable[BarsView]]


class ExportDesk:
    """Answers pages. What it returns is as of the read: check that the market is still the same."""

    def __init__(self, store: Store, imports: ImportLedger, lanes: Lanes, *, event_bars: EventBarsOf) -> None:
        self._store = store
        self._imports = imports
        self._lanes = lanes
        self._event_bars = event_bars

    async def bars(
        self, running: RunningMarket, symbol: str, interval: str, *, start: int | None, end: int | None
    ) -> BarRowsView:
        """Return a page of bars."""
        of_events = check_interval(running, interval)
        if of_events is not None:
            return await self._day_of_events(running, symbol, of_events, start=start, end=end)
        series = self._series(running, symbol, interval)
        bars, following = await asyncio.to_thread(bar_page, series, start=start, end=end)
        return BarRowsView(running.state.market, running.as_of, symbol, interval, bars, following)

    async def _day_of_events(
        self,
        running: RunningMarket,
        symbol: str,
        interval: EventInterval,
        *,
        start: int | None,
        end: int | None,
    ) -> BarRowsView:
        """Return the bars by trades or by volume that begin on the first day from `start` on that has a trade."""
        first = await self._first_trade(running, symbol, start, end)
        begin = (start or 0) if first is None else max(start or 0, first - first % DAY_NS)
        upto = begin - begin % DAY_NS + DAY_NS
        if end is not None:
            upto = min(upto, end)
        view = await self._event_bars(running, symbol, interval, Span(MAX_TRADES, begin, upto))
        following = None
        if end is None or upto < end:
            following = await self._first_trade(running, symbol, upto, end)
        return BarRowsView(view.market, view.as_of, symbol, interval.name, view.bars, following)

    async def _first_trade(
        self, running: RunningMarket, symbol: str, start: int | None, end: int | None
    ) -> int | None:
        held = running.state.ticks(symbol).ts_event
        held = held[(held >= (start or 0)) & (held < (end or np.iinfo(np.int64).max))]
        stored = await asyncio.to_thread(
            self._store.ticks, running.state.market, symbol, start_ns=start, end_ns=end, limit=1
        )
        times = np.concatenate((held, stored.ts_event))
        return int(times.min()) if times.size else None

    async def ticks(
        self,
        running: RunningMarket,
        symbol: str,
        *,
        start: int | None,
        end: int | None,
        after_id: int | None,
    ) -> TickRowsView:
        """Return a page of trades."""
        market, as_of = running.state.market, running.as_of
        held = running.state.ticks(symbol)
        ticks, following = await asyncio.to_thread(
            tick_page, self._store, market, symbol, held=held, start=start, end=end, after_id=after_id
        )
        columns = (ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, ticks.sells)
        return TickRowsView(market, as_of, symbol, *columns, following)

    async def pair(
        self, running: RunningMarket, key: PairKey, *, start: int | None, end: int | None
    ) -> PairRowsView:
        """Return a page of a pair's rolling values."""
        market, as_of = running.state.market, running.as_of
        y, x = (self._series(running, name, key.interval, closed=True) for name in (key.pair.a, key.pair.b))
        page = await asyncio.to_thread(legs_page, y, x, key, start=start, end=end)
        if page is None:
            return PairRowsView(
                market, as_of, key, _no_series(), np.empty(0, np.int64), 0, key.window + 1, None
            )
        last = await asyncio.to_thread(y.last_time, end)
        rows = ((last or page.first) - page.first) // y.interval.ns + 1
        check_export(key.method, window=key.window, rows=rows)
        work = partial(pair_rows, page, key, interval=y.interval)
        found: PairRows = await self._lanes.long.run(work)
        return PairRowsView(
            market, as_of, key, found.series, found.qualities, found.have, key.window + 1, page.next_start
        )

    def _series(self, running: RunningMarket, symbol: str, interval: str, *, closed: bool = False) -> Series:
        state = running.state
        held = state.bars(symbol, interval, limit=state.bar_depth)
        width: Interval = next(each for each in state.intervals if each.name == interval)
        return Series(self._store, state.market, symbol, width, closed_only(held) if closed else held)

    async def stored(self, running: RunningMarket, symbol: str) -> StoredView:
        """Return which spans of a symbol's trades and bars are held, trades first."""
        names = [interval.name for interval in running.state.intervals]
        held = {name: self._series(running, symbol, name) for name in names}
        ends = running.state.tick_extent(symbol)
        market, as_of = running.state.market, running.as_of
        items = await asyncio.to_thread(self._spans, market, symbol, ends, held)
        return StoredView(market, as_of, symbol, items)

    async def imported(self) -> tuple[ImportedSpanView, ...]:
        """Return what every file that was ever imported gave."""
        return tuple(_imported(each) for each in await asyncio.to_thread(self._imports.files))

    # --- on the thread ---

    def _spans(
        self, market: str, symbol: str, ring: tuple[int, int] | None, held: dict[str, Series]
    ) -> tuple[StoredSpanView, ...]:
        found = []
        extent = self._store.extent(market, symbol)
        ends = [ring] if ring is not None else []
        if extent is not None:
            ends.append((extent.first_ts, extent.last_ts))
        if ends:
            found.append(StoredSpanView(None, min(first for first, _ in ends), max(last for _, last in ends)))
        for name, series in held.items():
            first, last = series.first(limit=1, start=None, end=None).times, series.last_time(None)
            if len(first) and last is not None:
                found.append(StoredSpanView(name, int(first[0]), last))
        return tuple(found)


def _no_series() -> PairSeriesView:
    nothing = np.empty(0)
    return PairSeriesView(np.empty(0, np.int64), *[nothing] * (len(PairSeriesView.__dataclass_fields__) - 1))


def _imported(found: ImportedSeries) -> ImportedSpanView:
    symbol, _, interval = found.series.partition(" ")
    audit = found.state.audit
    unit = Interval.parse(interval).ns if interval else 1
    holes = audit.holes
    return ImportedSpanView(
        name=found.name,
        market=found.market,
        symbol=symbol,
        interval=interval or None,
        rows=found.state.rows,
        is_whole=found.state.finished,
        first=None if audit.span is None else audit.span.first_id * unit,
        last=None if audit.span is None else audit.span.last_id * unit,
        holes=tuple((hole.first_id * unit, hole.last_id * unit) for hole in holes[:HOLES_SHOWN]),
        hole_count=len(holes),
        missing=sum(hole.size for hole in holes),
    )
