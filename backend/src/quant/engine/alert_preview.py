"""A rule over the past: its bars and trades in a market of their own, read as the running market is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from quant.alerts.conditions import conditions
from quant.alerts.metrics import MetricKey
from quant.alerts.preview import HORIZONS, PREVIEWED, Preview, followed_by, preview
from quant.alerts.readings import Reading
from quant.alerts.rules import Rule
from quant.clock import NS_PER_S
from quant.domain import Bars, BoolArray, Interval
from quant.engine.alert_readings import (
    RATE_S,
    STEP_NS,
    Completer,
    Moment,
    Observer,
    TradeColumns,
    pairs_of,
)
from quant.engine.merging import merged_bars, merged_ticks
from quant.engine.running import RunningMarket
from quant.errors import InvalidParameter, NotEnoughData
from quant.market.ledger import Hole
from quant.market.state import MarketState, Ticks
from quant.storage.store import Store

MOST_BARS = 50_000
USUAL_BARS = 5_000
MOST_LIVE_NS = 3 * 3600 * NS_PER_S
MOST_TICKS = 2_000_000

Rows = Iterator[tuple[int, Mapping[MetricKey, Reading]]]


@dataclass(frozen=True, slots=True)
class _Held:
    """What memory has of the rule's symbols, copied between two awaits."""

    market: str
    intervals: tuple[Interval, ...]
    bars: Mapping[tuple[str, str], Bars]
    ticks: Mapping[str, Ticks]
    tick_capacity: int
    holes: Mapping[str, tuple[Hole, ...]]


class _Trades:
    """The trades of the span."""

    def __init__(self, columns: Mapping[str, TradeColumns]) -> None:
        self._columns = columns

    def at(self, symbol: str, time: int) -> Moment | None:
        columns = self._columns.get(symbol)
        return None if columns is None else columns.at(time)

    def volume(self, symbol: str, start: int, time: int) -> float | None:
        columns = self._columns.get(symbol)
        return None if columns is None else columns.volume(start, time)


class _PastState(MarketState):
    """A market's past: its holes are known, no trades come."""

    past_holes: Mapping[str, tuple[Hole, ...]] = {}

    def open_holes(self, symbol: str) -> tuple[Hole, ...]:
        return self.past_holes.get(symbol, ())


def previewed(
    running: RunningMarket,
    store: Store | None,
    rule: Rule,
    *,
    rule_id: str | None,
    revision: int,
    start: int | None,
    end: int | None,
) -> Callable[[], Preview]:
    """Return the work, which reads the disk and computes: not for the event loop. `store` is None where memory is all.

    Raises InvalidParameter for a span that is too long, at once or by the work.
    """
    followed = followed_by(rule)
    keys = {condition.key for _, condition in conditions(rule.when)} | ({followed} if followed else set())
    names = {key.interval for key in keys if key.interval is not None}
    intervals = tuple(each for each in running.state.intervals if each.name in names)
    symbols = sorted({symbol for key in keys for symbol in _symbols(key)})
    is_live = any(key.live for key in keys)
    state = running.state
    held = _Held(
        state.market,
        intervals or state.intervals[:1],
        {
            (symbol, each.name): state.bars(symbol, each.name, limit=state.bar_depth)
            for symbol in symbols
            for each in intervals or state.intervals[:1]
        },
        {symbol: state.ticks(symbol) for symbol in symbols} if is_live else {},
        state.tick_capacity,
        {symbol: state.open_holes(symbol) for symbol in symbols},
    )

    def work() -> Preview:
        past = _Past(held, store, keys, symbols, start=start, end=end)
        return preview(
            rule,
            past.rows(),
            market=held.market,
            rule_id=rule_id or PREVIEWED,
            revision=revision,
            followed=followed,
            horizons=HORIZONS,
        )

    return work


class _Past:
    def __init__(
        self,
        held: _Held,
        store: Store | None,
        keys: set[MetricKey],
        symbols: list[str],
        *,
        start: int | None,
        end: int | None,
    ) -> None:
        self._held, self._store = held, store
        self._keys, self._symbols = keys, symbols
        self._is_live = any(key.live for key in keys)
        self._ticks = (
            {symbol: self._read_ticks(symbol, start, end) for symbol in symbols} if self._is_live else {}
        )
        width = min(each.ns for each in held.intervals)
        newest = self._newest()
        if newest is None:
            raise NotEnoughData(f"stored bars or trades of {', '.join(symbols)}", have=0, need=1)
        self._end = newest if end is None else min(end, newest)
        oldest = self._oldest()
        usual = MOST_LIVE_NS if self._is_live else USUAL_BARS * width
        first = self._end - usual if start is None else start
        self._start = max(first, oldest if oldest is not None else first)
        if self._is_live and self._end - self._start > MOST_LIVE_NS:
            raise InvalidParameter("start", "a rule with live conditions is run over at most 3 hours")
        if (self._end - self._start) // width > MOST_BARS:
            raise InvalidParameter("start", f"the span has more than {MOST_BARS} bars: choose a shorter one")

    def rows(self) -> Rows:
        """Yield what live evaluation would have observed, each where it is new."""
        state = self._state()
        trades = _Trades(
            {
                symbol: TradeColumns(ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, is_whole=is_whole)
                for symbol, (ticks, is_whole) in self._ticks.items()
                if len(ticks)
            }
        )
        observer, completer = Observer(state, trades), Completer()
        observer.watch(self._keys)
        pairs = pairs_of(self._keys)
        first = self._start - self._start % STEP_NS
        everything = True
        for time in (first, *observer.moments(first, self._end)):
            observed = observer.observe(time, everything=everything)
            everything = False
            readings = completer.complete(observed, pairs)
            if readings:
                yield time, readings

    def _state(self) -> MarketState:
        needed = 2 * max((key.window or 1 for key in self._keys), default=1) + 2
        bars: dict[tuple[str, str], Bars] = {}
        for symbol in self._symbols:
            for interval in self._held.intervals:
                start = self._start - needed * interval.ns
                bars[symbol, interval.name] = self._read_bars(symbol, interval, start)
        depth = needed + 2 + (self._end - self._start) // min(each.ns for each in self._held.intervals)
        state = _PastState(
            self._held.market,
            intervals=self._held.intervals,
            tick_capacity=1,
            bar_depth=max(depth, 16),
            rows=max(len(self._symbols), 1),
        )
        state.past_holes = self._held.holes
        for symbol in self._symbols:
            state.restore_bars(
                symbol, {name: held for (owner, name), held in bars.items() if owner == symbol and len(held)}
            )
        return state

    def _read_bars(self, symbol: str, interval: Interval, start: int) -> Bars:
        bars = self._held.bars[symbol, interval.name]
        if self._store is not None:
            stored = self._store.bars(self._held.market, symbol, interval.name, start=start, end=self._end)
            bars = merged_bars(bars, stored)
        return _rows(bars, bars.closed & (bars.times >= start) & (bars.times + interval.ns <= self._end))

    def _read_ticks(self, symbol: str, start: int | None, end: int | None) -> tuple[Ticks, bool]:
        """Return the trades of the span, and whether there are none before them."""
        held = self._held.ticks[symbol]
        if self._store is None:
            return held, len(held) < self._held.tick_capacity
        extent = self._store.extent(self._held.market, symbol)
        if extent is None:
            return held, len(held) < self._held.tick_capacity
        newest = max(extent.last_ts, int(held.ts_event.max()) if len(held) else 0)
        until = newest + 1 if end is None else end
        since = (until - MOST_LIVE_NS if start is None else start) - RATE_S * NS_PER_S
        stored = self._store.ticks(self._held.market, symbol, start_ns=since, end_ns=until, limit=MOST_TICKS)
        if len(stored) == MOST_TICKS:
            raise InvalidParameter(
                "start", f"the span has more than {MOST_TICKS} trades: choose a shorter one"
            )
        columns = {name: getattr(stored, name) for name in Ticks.__dataclass_fields__}
        merged = merged_ticks(held, Ticks(**columns))
        kept = (merged.ts_event >= since) & (merged.ts_event < until)
        return Ticks(**{name: getattr(merged, name)[kept] for name in columns}), since <= extent.first_ts

    def _newest(self) -> int | None:
        ends = [int(ticks.ts_event.max()) for ticks, _ in self._ticks.values() if len(ticks)]
        for symbol in self._symbols:
            for interval in self._held.intervals:
                bars = self._edge(symbol, interval)
                if len(bars):
                    ends.append(int(bars.times[-1]) + interval.ns)
        return max(ends, default=None)

    def _oldest(self) -> int | None:
        """Return where memory begins, None where there is a store that may know more."""
        starts = [int(ticks.ts_event.min()) for ticks, _ in self._ticks.values() if len(ticks)]
        if self._store is None:
            starts += [int(bars.times[0]) for bars in self._held.bars.values() if len(bars)]
        return min(starts, default=None)

    def _edge(self, symbol: str, interval: Interval) -> Bars:
        """Return the newest closed bar, or more."""
        held = self._held.bars[symbol, interval.name]
        if held.closed.any():
            return _rows(held, held.closed)
        if self._store is None:
            return _rows(held, held.closed)
        return self._store.bars(self._held.market, symbol, interval.name, limit=1)


def _symbols(key: MetricKey) -> tuple[str, ...]:
    if key.pair is not None:
        return key.pair.a, key.pair.b
    return () if key.symbol is None else (key.symbol,)


def _rows(bars: Bars, wanted: BoolArray) -> Bars:
    return Bars(**{name: getattr(bars, name)[wanted] for name in Bars.__dataclass_fields__})
