"""Bars of a past day from its stored trades: the live market's kernels, run over the day in one go."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from quant.clock import NS_PER_S
from quant.domain import BarFlag, Bars, BoolArray, IntArray, Interval, Quality, TradeBatch
from quant.market.ledger import HoleState
from quant.market.state import MarketState
from quant.storage.history import History
from quant.storage.history_ledger import HistoryLedger, OwedDay
from quant.storage.history_paths import DAY_NS, HOUR_NS
from quant.storage.records import STANDS, StoredHole, StoredTicks, pick_bars
from quant.storage.store import Store

EDGE_NS = 60 * NS_PER_S
"""How much of the neighbouring days is read along: event times step back by less while ids rise."""

NUMBERS = ("opens", "highs", "lows", "closes", "volumes", "quote_volumes", "trades")


@dataclass(frozen=True, slots=True)
class BuiltDay:
    """The bars of one day by interval, and the holes in its ids."""

    bars: dict[str, Bars]
    holes: tuple[StoredHole, ...]


def owed_days(store: Store, ledger: HistoryLedger) -> list[OwedDay]:
    """Return the owed days that have trades; days without any are settled at once."""
    days = []
    for day in ledger.owed():
        if len(store.ticks(day.market, day.symbol, start_ns=_start(day), end_ns=_end(day), limit=1)):
            days.append(day)
        else:
            ledger.settle(day, ())
    return days


def build_owed(
    store: Store,
    history: History,
    ledger: HistoryLedger,
    *,
    days: Iterable[OwedDay],
    intervals: Sequence[Interval],
) -> Iterator[OwedDay]:
    """Build and store the bars of `days`, and yield each when that is done.

    Raises DamagedData where trades cannot be read, StorageError or OSError when the disk refuses; what was yielded
    stays done.
    """
    for day in days:
        built = build_day(store, day, intervals=intervals)
        for name, bars in built.bars.items():
            changed = _better(
                bars, store.bars(day.market, day.symbol, name, start=_start(day), end=_end(day))
            )
            if len(changed):
                history.add_bars(day.market, day.symbol, name, changed)
        ledger.settle(day, built.holes)
        yield day


def with_neighbours(market: str, symbol: str, days: Iterable[int]) -> set[OwedDay]:
    """Return the days whose bars change with the trades of `days`: the edges of the days beside become whole."""
    return {OwedDay(market, symbol, day + step) for day in days for step in (-1, 0, 1)}


def build_day(store: Store, day: OwedDay, *, intervals: Sequence[Interval]) -> BuiltDay:
    """Return the bars of a day with trades, as these make them.

    Bars where ids are missing are gaps. Where nothing is stored before the first trade or after the last one, the
    bars that hold them are partial, and what lies beyond is not made.
    """
    start, end = _start(day), _end(day)
    widths = [interval.ns for interval in intervals]
    depth = (DAY_NS + 2 * EDGE_NS) // min(widths) + 2
    state = MarketState(day.market, intervals=intervals, tick_capacity=1, bar_depth=depth, rows=1)
    state.apply(_batch(day.symbol, _lead(store, day)))
    for ticks in _hours(store, day):
        state.apply(_batch(day.symbol, ticks))
    last_id = state.counters(day.symbol).last_id or 0
    tail = _tail(store, day)
    state.apply(_batch(day.symbol, tail))
    for hole in store.holes(day.market, day.symbol):
        if hole.state == HoleState.CONFIRMED:
            state.confirm_missing(day.symbol, first_id=hole.first_id, last_id=hole.last_id)
    goes_on = bool(len(tail)) and int(tail.ids.max()) > last_id
    if goes_on:
        state.close_until(end, symbols=[day.symbol])
    else:
        state.close_until(state.counters(day.symbol).last_ts or 0, symbols=[day.symbol])
    bars = {
        interval.name: _closed(state.bars(day.symbol, interval.name, limit=depth, start=start, end=end))
        for interval in intervals
    }
    return BuiltDay(bars, tuple(_holes(state, day)))


def _start(day: OwedDay) -> int:
    return day.day * DAY_NS


def _end(day: OwedDay) -> int:
    return (day.day + 1) * DAY_NS


def _hours(store: Store, day: OwedDay) -> Iterator[StoredTicks]:
    """Yield the trades of each hour; the next one is read meanwhile, as reading takes about as long as building."""

    def read(first: int) -> StoredTicks:
        return store.ticks(day.market, day.symbol, start_ns=first, end_ns=first + HOUR_NS)

    with ThreadPoolExecutor(1, thread_name_prefix="bars") as pool:
        coming = pool.submit(read, _start(day))
        for following in range(_start(day) + HOUR_NS, _end(day), HOUR_NS):
            ticks, coming = coming.result(), pool.submit(read, following)
            yield ticks
        yield coming.result()


def _lead(store: Store, day: OwedDay) -> StoredTicks:
    """Return trades before the day, which tell whether its first one is the next; older ones moved to its edge."""
    start = _start(day)
    near = store.ticks(day.market, day.symbol, start_ns=start - EDGE_NS, end_ns=start)
    if len(near):
        return near
    last = store.last_ticks(day.market, day.symbol, n=1, end_ns=start)
    return replace(last, ts_event=np.maximum(last.ts_event, start - EDGE_NS))


def _tail(store: Store, day: OwedDay) -> StoredTicks:
    """Return trades after the day, which tell whether its last one was the last; later ones moved to its edge."""
    end = _end(day)
    near = store.ticks(day.market, day.symbol, start_ns=end, end_ns=end + EDGE_NS)
    if len(near):
        return near
    next_one = store.ticks(day.market, day.symbol, start_ns=end, limit=1)
    return replace(next_one, ts_event=np.minimum(next_one.ts_event, end + EDGE_NS))


def _batch(symbol: str, ticks: StoredTicks) -> TradeBatch:
    codes = np.zeros(len(ticks), np.int32)
    rest = (ticks.prices, ticks.sizes, ticks.sells, ticks.counts)
    return TradeBatch((symbol,), codes, ticks.ids, ticks.ts_event, ticks.ts_recv, *rest)


def _closed(bars: Bars) -> Bars:
    """Return the bars as closed ones; those that still stood open lack what came after the last trade stored."""
    whole = np.isin(bars.qualities, (Quality.COMPLETE, Quality.BACKFILLED))
    cut = ~bars.closed & whole
    return replace(
        bars,
        qualities=np.where(cut, Quality.PARTIAL, bars.qualities).astype(np.uint8),
        flags=np.where(cut, bars.flags | BarFlag.CUT, bars.flags).astype(np.uint8),
        closed=np.ones(len(bars), np.bool_),
        # A trade that steps back in time counts as a change to a closed bar; nothing was ever shown before.
        revisions=np.zeros(len(bars), np.int64),
    )


def _holes(state: MarketState, day: OwedDay) -> Iterator[StoredHole]:
    for hole in state.holes(day.symbol):
        touches = hole.ts_after >= _start(day) and hole.ts_before < _end(day)
        if touches and hole.state is not HoleState.FILLED:
            yield StoredHole(hole.first_id, hole.last_id, hole.ts_before, hole.ts_after, hole.state.value)


def _better(built: Bars, held: Bars) -> Bars:
    """Return the built bars that say more than those held, each with a newer revision than the one it replaces.

    A whole bar stays where the built one is not whole: its trades may have been retired since.
    """
    at = np.searchsorted(held.times, built.times)
    there = at < len(held)
    there[there] = held.times[at[there]] == built.times[there]
    at = at[there]
    same = _same_numbers(built, there, held, at)
    was_whole, is_whole = np.isin(held.qualities[at], STANDS), np.isin(built.qualities[there], STANDS)
    same_quality = held.qualities[at] == built.qualities[there]
    wanted = np.ones(len(built), np.bool_)
    wanted[there] = np.where(was_whole, is_whole & ~same, ~(same & same_quality))
    revisions = built.revisions.copy()
    revisions[there] = held.revisions[at] + 1
    return pick_bars(replace(built, revisions=revisions), wanted)


def _same_numbers(built: Bars, there: BoolArray, held: Bars, at: IntArray) -> BoolArray:
    same = np.ones(len(at), np.bool_)
    for name in NUMBERS:
        was, now = getattr(held, name)[at], getattr(built, name)[there]
        same &= (was == now) | ((was != was) & (now != now))
    return same
