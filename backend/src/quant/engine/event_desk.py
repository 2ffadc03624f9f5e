"""Bars by trades and by volume for those who ask, built from stored trades and the ring, kept while asked for."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from quant.domain import Bars, EventInterval
from quant.market.event_bars import DAY_NS, EventBars, EventTicks, IdRanges, Missing, join_ticks, no_ticks
from quant.market.ledger import Hole, HoleState
from quant.market.state import MarketState
from quant.storage.records import StoredTicks
from quant.storage.store import Store

ReadStored = Callable[[str, str, int], EventTicks]
"""Returns a symbol's stored trades of a market from a time (ns) on, with the one before; blocks."""

KEPT = 16
"""How many series nobody listens to are kept, so that who asks again and again does not have them built each time."""

STORED_WITHIN_S = 1.0
"""How long a trade that came too late for the ring may take to be stored."""


def stored_in(store: Store) -> ReadStored:
    """Return the reader of a data directory's trades."""

    def read(market: str, symbol: str, start_ns: int) -> EventTicks:
        last_before = store.last_ticks(market, symbol, n=1, end_ns=start_ns)
        return join_ticks(
            *(event_ticks(each) for each in (last_before, store.ticks(market, symbol, start_ns=start_ns)))
        )

    return read


def event_ticks(ticks: StoredTicks) -> EventTicks:
    """Return stored trades as bars of trades and volume take them."""
    return EventTicks(ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, ticks.counts)


@dataclass(slots=True)
class _Series:
    """The bars of one symbol and interval, and how far of the state is in them."""

    state: MarketState
    bars: EventBars
    written: int = 0
    beyond_ring: int = 0  # trades that were taken in too late for the ring
    reload_at_s: float | None = None


class EventDesk:
    """Brings series of bars up to date when they are asked for."""

    def __init__(self, read_stored: ReadStored | None = None) -> None:
        self._read_stored = read_stored
        self._series: OrderedDict[tuple[str, str], _Series] = OrderedDict()
        self._loading = asyncio.Lock()

    async def bars(self, state: MarketState, symbol: str, interval: EventInterval) -> Bars:
        """Return the symbol's bars as of now, by rising id; raises StorageError where stored trades cannot be read."""
        async with self._loading:  # who waits for the same series finds it there
            key = (symbol, interval.name)
            held = self._series.get(key)
            if held is None or held.state is not state:
                held = self._series[key] = _Series(state, EventBars(interval))
                await self._load(held, symbol)
            self._series.move_to_end(key)
            if not self._catch_up(held, symbol):
                await self._load(held, symbol)
        return held.bars.bars(missing_of(state.holes(symbol)))

    def keep_only(self, wanted: set[tuple[str, str]]) -> None:
        """Forget series that nobody listens to, but for those asked for last."""
        others = [key for key in self._series if key not in wanted]
        for key in others[: max(len(others) - KEPT, 0)]:
            del self._series[key]

    async def _load(self, held: _Series, symbol: str) -> None:
        """Build the bars from all trades of the day that there are."""
        state, stored = held.state, no_ticks()
        newest = state.counters(symbol).last_ts
        if self._read_stored is not None and newest is not None:
            day = newest - newest % DAY_NS
            stored = await asyncio.to_thread(self._read_stored, state.market, symbol, day)
        bars = EventBars(held.bars.interval)
        await asyncio.to_thread(bars.extend, stored)  # a tenth of a second for a million trades
        ring, _ = _ring(state, symbol)  # after the wait: what came meanwhile is in it
        fresh = ring.at(~np.isin(ring.ids, stored.ids, assume_unique=True))

        def held_from(begin: int) -> EventTicks:
            return join_ticks(*(each.at(each.ids >= begin) for each in (stored, ring)))

        bars.take(fresh, held_from)
        bars.follow(held.bars)
        held.bars = bars
        held.written, held.reload_at_s = state.ticks_written(symbol), None
        held.beyond_ring = _beyond_ring(state, symbol)

    def _catch_up(self, held: _Series, symbol: str) -> bool:
        """Take in what is new in the ring; return False where that is not enough."""
        state, now_s = held.state, asyncio.get_running_loop().time()
        if self._read_stored is not None and _beyond_ring(state, symbol) != held.beyond_ring:
            held.beyond_ring, held.reload_at_s = _beyond_ring(state, symbol), now_s + STORED_WITHIN_S
        if held.reload_at_s is not None and now_s >= held.reload_at_s:
            return False
        new = state.ticks_written(symbol) - held.written
        if new > state.tick_capacity:
            return False
        if new:
            ring, arrived = _ring(state, symbol)
            fresh = ring.at(np.sort(np.argsort(arrived)[len(ring) - new :]))
            if not _take(held.bars, fresh, ring):
                return False
        held.written += new
        return True


def _take(bars: EventBars, fresh: EventTicks, ring: EventTicks) -> bool:
    """Have bars take in new trades; return False where the ring does not hold all that has to come again."""
    if fresh.ids[0] > bars.last_id:
        bars.extend(fresh)
        return True
    begin = bars.begin_of(int(fresh.ids[0]))
    again = ring.at(ring.ids >= begin)
    expected = bars.held_since(begin) + int(np.count_nonzero(fresh.ids >= begin))
    if not begin or len(again) != expected:
        return False
    bars.redo(begin, again)
    return True


def _ring(state: MarketState, symbol: str) -> tuple[EventTicks, "np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    """Return the ring's trades by rising id, and the place of each in the order of arrival."""
    ticks = state.ticks(symbol)
    order = np.argsort(ticks.ids, kind="stable")
    found = EventTicks(ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, ticks.counts)
    return found.at(order), order


def _beyond_ring(state: MarketState, symbol: str) -> int:
    return state.counters(symbol).accepted - state.ticks_written(symbol)


def missing_of(holes: Iterable[Hole]) -> Missing:
    """Return which ids these holes say what of."""
    ranges: dict[HoleState, list[tuple[int, int]]] = {each: [] for each in HoleState}
    for hole in holes:
        ranges[hole.state].append((hole.first_id, hole.last_id))
    return Missing(
        open=IdRanges(ranges[HoleState.OPEN]),
        confirmed=IdRanges(ranges[HoleState.CONFIRMED]),
        fetched=IdRanges(_apart(ranges[HoleState.FILLED])),
    )


def _apart(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges without overlap: a filled hole may lie around one that was filled before it."""
    apart: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if apart and first <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(last, apart[-1][1]))
        else:
            apart.append((first, last))
    return apart
