"""Bars by trades and by volume of any past span, from stored trades: the grid of the live ones, so that both fit."""

import asyncio

import numpy as np

from quant.domain import Bars, BoolArray, EventInterval
from quant.engine.event_desk import event_ticks, missing_of
from quant.engine.past import EDGE_NS, as_hole
from quant.engine.reading import Span
from quant.errors import TooLarge
from quant.market.event_bars import DAY_NS, EventBars
from quant.market.ledger import Hole
from quant.market.state import MarketState
from quant.storage.records import StoredTicks, join_ticks, no_ticks
from quant.storage.store import Store

MAX_TRADES = 5_000_000
"""Read for one answer: a busy day, 300 MB in memory for some seconds."""


class EventPast:
    """Reads what lies before the live series."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def before(
        self, state: MarketState, symbol: str, interval: EventInterval, live: Bars, span: Span
    ) -> Bars:
        """Return `live`, by rising id, with the bars of the span before them.

        Raises TooLarge where more trades than MAX_TRADES would have to be read.
        """
        newest = state.counters(symbol).last_ts
        # The live bars are made of one day's trades, so that an older one is only the end of a bar.
        whole = live if newest is None else _rows(live, live.times >= newest - newest % DAY_NS)
        if not _reaches_back(whole, span):
            return live
        live = whole
        end = int(live.times[0]) if len(live) else None
        if span.end is not None:
            end = span.end if end is None else min(span.end, end)
        holes = state.holes(symbol)
        past = await asyncio.to_thread(self._read, state.market, symbol, interval, holes, span, end)
        if len(live):
            past = _rows(past, past.first_ids < live.first_ids[0])
        names = Bars.__dataclass_fields__
        return Bars(*(np.concatenate((getattr(past, name), getattr(live, name))) for name in names))

    def _read(
        self,
        market: str,
        symbol: str,
        interval: EventInterval,
        holes: tuple[Hole, ...],
        span: Span,
        end: int | None,
    ) -> Bars:
        extent = self._store.extent(market, symbol)
        if not holes:
            holes = tuple(as_hole(each) for each in self._store.holes(market, symbol))
        missing = missing_of(holes)
        if extent is None:
            return EventBars(interval).bars(missing)
        upto = extent.last_ts + 1 if end is None else min(end, extent.last_ts + 1)
        first = upto if span.start is None else max(span.start, extent.first_ts)
        found = EventBars(interval).bars(missing)
        while True:
            day = (
                first // DAY_NS * DAY_NS
                if span.start is not None
                else self._day_before(market, symbol, first)
            )
            if day is None or day >= upto:
                return found
            bars = EventBars(interval, depth=MAX_TRADES)
            bars.extend(event_ticks(self._ticks(market, symbol, interval, day, upto)))
            found = bars.bars(missing)
            inside = np.count_nonzero((found.times >= day) & (found.times < upto))
            if span.start is not None or inside > span.limit:
                return found
            first = day

    def _day_before(self, market: str, symbol: str, ts: int) -> int | None:
        last = self._store.last_ticks(market, symbol, n=1, end_ns=ts)
        return int(last.ts_event[0] // DAY_NS * DAY_NS) if len(last) else None

    def _ticks(self, market: str, symbol: str, interval: EventInterval, day: int, upto: int) -> StoredTicks:
        """Return the trades of whole days from `day` on, and those beside them that their bars need."""
        end = -(-upto // DAY_NS) * DAY_NS  # a bar that begins before `upto` may end much later
        span = {"start_ns": day - EDGE_NS, "end_ns": end + EDGE_NS}
        ticks = self._store.ticks(market, symbol, **span, limit=MAX_TRADES + 1)
        if len(ticks) > MAX_TRADES:
            raise TooLarge(
                f"{interval} bars of {symbol} in this span are made of more than {MAX_TRADES:,} trades: ask for a"
                " shorter one, the days of which are read as a whole",
                interval=interval.name,
            )
        begun = ticks.ids[ticks.ts_event >= day]
        if not len(begun):
            return no_ticks()
        first_id, last_id, by_trades = int(begun[0]), int(ticks.ids[-1]), interval.kind == "trades"
        # By trades the first bar begins on its grid; by volume the trade before tells that none lacks.
        lead_id = min(first_id - 1, first_id // interval.size * interval.size) if by_trades else first_id - 1
        lead = self._store.ticks(market, symbol, after_id=lead_id - 1, limit=first_id - lead_id)
        tail = self._store.ticks(market, symbol, after_id=last_id, limit=interval.size if by_trades else 1)
        return join_ticks([lead.at(lead.ids < first_id), ticks.at(ticks.ids >= first_id), tail])


def _reaches_back(live: Bars, span: Span) -> bool:
    """Tell whether the page that is asked for has bars from before the live ones."""
    if not len(live):
        return True
    if span.start is not None:
        return span.start < int(live.times[0])
    return span.end is not None and int(np.count_nonzero(live.times < span.end)) <= span.limit


def _rows(bars: Bars, rows: BoolArray) -> Bars:
    return Bars(*(getattr(bars, name)[rows] for name in Bars.__dataclass_fields__))
