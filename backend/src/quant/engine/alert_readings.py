"""What alert rules watch, read from a market's state at one moment: the same data, the same numbers.

A moment is market time up to which bars are closed. What is read there are bars that end and trades that happened at
or before it, so that it makes no difference how much later it is read.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from quant.alerts.metrics import Metric, MetricKey
from quant.alerts.readings import Reading, TradeSpan
from quant.analytics import analyse_pair
from quant.analytics.results import HedgeStep, PairAnalysis, Status
from quant.clock import NS_PER_MS, NS_PER_S
from quant.domain import Bars, FloatArray, HedgeMethod, IntArray, Scale
from quant.engine.analysis import SERIES_ROWS, count_qualities
from quant.engine.protocol import PairKey
from quant.market.align import AlignedLegs, align
from quant.market.state import MASKED, MarketState

STEP_NS = 100 * NS_PER_MS
RATE_S = 60
GAP_SHOWN_NS = 60 * NS_PER_S

NOT_CLOSED = "its newest bar has not closed"
GAP = "trades are missing in its bars"
NO_BARS = "warming up: there are no bars yet"
NO_TRADE = "no trade yet"
SHORT_RING = "the trades in memory do not reach back far enough"

Readings = dict[MetricKey, Reading]
Prices = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Moment:
    """The trades of one symbol up to a moment."""

    price: float
    last_ts: int
    last_id: int
    recent: int | None
    """How many trades of the last minute; None where memory is shorter."""


class TradesUpTo(Protocol):
    """Trades of a market by time."""

    def at(self, symbol: str, time: int) -> Moment | None:
        """Return what was known of the symbol at `time`, None before its first trade."""
        ...

    def volume(self, symbol: str, start: int, time: int) -> float | None:
        """Return the volume of start ≤ event time ≤ `time`, None where memory is shorter."""
        ...


class TradeColumns:
    """Trades of one symbol by time; `is_whole` tells that none are missing before the first."""

    def __init__(
        self, ids: IntArray, times: IntArray, prices: FloatArray, sizes: FloatArray, *, is_whole: bool
    ) -> None:
        steps = np.diff(times)
        if (steps < 0).any() or (np.diff(ids)[steps == 0] < 0).any():
            order = np.lexsort((ids, times))
            ids, times, prices, sizes = ids[order], times[order], prices[order], sizes[order]
        self._ids, self._times, self._prices, self._sizes = ids, times, prices, sizes
        self._is_whole = is_whole

    def followed(
        self, ids: IntArray, times: IntArray, prices: FloatArray, sizes: FloatArray, *, most: int
    ) -> "TradeColumns":
        """Return these trades and newer ones, at most the newest `most`."""
        kept = slice(max(0, len(self._ids) + len(ids) - most), None)
        return TradeColumns(
            np.concatenate((self._ids[kept], ids)),
            np.concatenate((self._times[kept], times)),
            np.concatenate((self._prices[kept], prices)),
            np.concatenate((self._sizes[kept], sizes)),
            is_whole=self._is_whole and not kept.start,
        )

    def at(self, time: int) -> Moment | None:
        until = int(np.searchsorted(self._times, time, side="right"))
        if not until:
            return None
        since = int(np.searchsorted(self._times, time - RATE_S * NS_PER_S, side="right"))
        return Moment(
            float(self._prices[until - 1]),
            int(self._times[until - 1]),
            int(self._ids[until - 1]),
            until - since if since or self._is_whole else None,
        )

    def volume(self, start: int, time: int) -> float | None:
        first, until = np.searchsorted(self._times, start), np.searchsorted(self._times, time, side="right")
        if not first and not self._is_whole:
            return None
        return round(math.fsum(self._sizes[first:until].tolist()), 7)


class RingTrades:
    """The trades of a running market; of each symbol's ring only what is new is read."""

    def __init__(self, state: MarketState) -> None:
        self._state = state
        self._held: dict[str, tuple[int, TradeColumns]] = {}

    def at(self, symbol: str, time: int) -> Moment | None:
        columns = self._columns(symbol)
        return None if columns is None else columns.at(time)

    def volume(self, symbol: str, start: int, time: int) -> float | None:
        columns = self._columns(symbol)
        return None if columns is None else columns.volume(start, time)

    def _columns(self, symbol: str) -> TradeColumns | None:
        written = self._state.ticks_written(symbol)
        held = self._held.get(symbol)
        if held is not None and held[0] == written:
            return held[1]
        more = self._state.tick_capacity if held is None else written - held[0]
        ticks = self._state.ticks(symbol, limit=more)
        if not len(ticks):
            return None
        capacity = self._state.tick_capacity
        if held is None or more >= capacity:
            columns = TradeColumns(
                ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, is_whole=len(ticks) < capacity
            )
        else:
            columns = held[1].followed(ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, most=capacity)
        self._held[symbol] = (written, columns)
        return columns


@dataclass(frozen=True, slots=True)
class PairBars:
    """A pair's closed bars at a moment, to be analysed off the event loop."""

    key: PairKey
    legs: AlignedLegs
    end: int  # of its newest bar
    trades: tuple[TradeSpan, ...]
    revision: int
    suspended: str


@dataclass(frozen=True, slots=True)
class LivePair:
    """The last prices of a pair's legs at a moment, with their trades; `suspended` says why they are of no use."""

    key: MetricKey
    price_a: float
    price_b: float
    trades: tuple[TradeSpan, ...]
    suspended: str


@dataclass(frozen=True, slots=True)
class Observed:
    """What was read at one moment: readings, and what has to be computed for the rest of them."""

    time: int
    readings: Readings
    pairs: tuple[PairBars, ...]
    live: tuple["LivePair", ...]

    def __bool__(self) -> bool:
        return bool(self.readings or self.pairs or self.live)


def no_hindrance(_symbol: str) -> str:
    return ""


class Observer:
    """Reads watched metrics from a market's state."""

    def __init__(
        self,
        state: MarketState,
        trades: TradesUpTo,
        *,
        hindrance: Callable[[str], str] = no_hindrance,
    ) -> None:
        """`hindrance` says why nothing of a symbol can be used now, empty where it can."""
        self._state = state
        self._trades = trades
        self._hindrance = hindrance
        self._widths = {interval.name: interval.ns for interval in state.intervals}
        self._bar_keys: dict[str, list[MetricKey]] = {}
        self._pair_keys: dict[PairKey, list[MetricKey]] = {}
        self._live_keys: list[MetricKey] = []
        self._told: Readings = {}
        self._keys: frozenset[MetricKey] = frozenset()

    # --- what is watched ---

    def watch(self, keys: Iterable[MetricKey]) -> None:
        """Watch these and nothing else."""
        self._keys = frozenset(keys)
        self._bar_keys, self._pair_keys, self._live_keys = {}, {}, []
        for key in sorted(self._keys, key=str):
            if key.live:
                self._live_keys.append(key)
            elif key.pair is None and key.interval is not None:
                self._bar_keys.setdefault(key.interval, []).append(key)
            if key.pair is not None and key.interval in self._widths:
                self._pair_keys.setdefault(pair_key(key), []).append(key)
        self._told = {key: reading for key, reading in self._told.items() if key in self._keys}

    @property
    def pairs(self) -> int:
        return len(self._pair_keys)

    @property
    def symbols(self) -> frozenset[str]:
        """Return the symbols that are watched, alone or in pairs."""
        found: set[str] = set()
        for key in self._keys:
            found.update(_legs(key))
        return frozenset(found)

    @property
    def intervals(self) -> frozenset[str]:
        names = {*self._bar_keys, *(key.interval for key in self._pair_keys)}
        return frozenset(names & self._widths.keys())

    def moments(self, after: int, until: int) -> list[int]:
        """Return the moments at which something is due to be read, after < time ≤ until."""
        widths = {STEP_NS} if self._live_keys else {self._widths[name] for name in self.intervals}
        found: set[int] = set()
        for width in widths:
            found.update(range(after - after % width + width, until + 1, width))
        return sorted(found)

    # --- reading ---

    def observe(
        self, time: int, *, everything: bool = False, changed: frozenset[tuple[str, str]] = frozenset()
    ) -> Observed:
        """Read what is due at `time`: bars that end there, those of `changed` (symbol, interval), what is live."""
        readings: Readings = {}
        bars: dict[tuple[str, str], Bars] = {}
        for interval, keys in self._bar_keys.items():
            if interval not in self._widths:
                if everything:
                    readings |= {key: _suspended(f"{interval} bars are not built") for key in keys}
                continue
            ends = everything or time % self._widths[interval] == 0
            for key in keys:
                if ends or (key.symbol, interval) in changed:
                    readings[key] = self._of_bars(key, time)
        pairs = tuple(
            self._pair_bars(key, time, bars)
            for key in self._pair_keys
            if everything
            or time % self._widths[key.interval] == 0
            or (key.pair.a, key.interval) in changed
            or (key.pair.b, key.interval) in changed
        )
        if everything:
            for key in self._keys:
                if key.pair is not None and key.interval not in self._widths:
                    readings[key] = _suspended(f"{key.interval} bars are not built")
        live: list[LivePair] = []
        moments: dict[str, Moment | None] = {}
        for key in self._live_keys:
            if key.pair is None:
                self._put(readings, key, self._live(key, time, moments), everything=everything)
            elif key.interval in self._widths:
                live.append(self._live_pair(key, time, moments))
        return Observed(time, readings, pairs, tuple(live))

    def _put(self, readings: Readings, key: MetricKey, reading: Reading, *, everything: bool) -> None:
        """Keep a live reading where it differs from the last."""
        last = self._told.get(key)
        if everything or last is None or (last.value, last.suspended) != (reading.value, reading.suspended):
            self._told[key] = readings[key] = reading

    # --- bars of one symbol ---

    def _of_bars(self, key: MetricKey, time: int) -> Reading:
        assert key.symbol is not None and key.interval is not None  # noqa: PT018,S101  by its metric
        symbol, width = key.symbol, self._widths[key.interval]
        hindered = self._hindrance(symbol)
        if hindered:
            return _suspended(hindered)
        window = key.window or 1
        more = 1 if key.metric in (Metric.RETURN, Metric.VOLATILITY) else 0
        bars = self._newest_bars(symbol, key.interval, time, rows=window + more)
        end = time - time % width
        reason = _unusable(bars, end=end, width=width, rows=window + more)
        if not len(bars):
            return _suspended(reason)
        value = math.nan if reason else _value(key.metric, bars)
        ids = bars.first_ids <= bars.last_ids
        trades = (
            (TradeSpan(symbol, int(bars.first_ids[ids].min()), int(bars.last_ids[ids].max())),)
            if ids.any()
            else ()
        )
        return Reading(
            value,
            int(bars.times[-1]),
            int(bars.revisions[-1]),
            reason,
            _counts(bars.qualities.astype(np.int64)),
            trades,
        )

    def _newest_bars(self, symbol: str, interval: str, time: int, *, rows: int) -> Bars:
        """Return the last `rows` closed bars that end at or before `time`; bars that are not there are left out."""
        width = self._widths[interval]
        end = min(time - time % width, self._state.close_from(symbol, interval))
        if end <= 0:
            return self._state.bars(symbol, interval, limit=0)
        return self._state.bars(symbol, interval, limit=rows, start=end - rows * width, end=end)

    # --- live ---

    def _live(self, key: MetricKey, time: int, moments: dict[str, Moment | None]) -> Reading:
        assert key.symbol is not None  # noqa: S101  by its metric
        symbol = key.symbol
        moment = self._moment(symbol, time, moments)
        if moment is None:
            return _suspended(NO_TRADE)
        if key.metric is Metric.STALENESS:
            return Reading((time - moment.last_ts) / NS_PER_S, trades=_last(symbol, moment))
        reason = self._hindrance(symbol) or self._gap(symbol, time)
        if reason:
            return _suspended(reason)
        match key.metric:
            case Metric.PRICE:
                return Reading(moment.price, trades=_last(symbol, moment))
            case Metric.TICK_RATE:
                if moment.recent is None:
                    return _suspended(SHORT_RING)
                return Reading(moment.recent / RATE_S, trades=_last(symbol, moment))
        return self._live_of_bars(key, time, moment)

    def _live_of_bars(self, key: MetricKey, time: int, moment: Moment) -> Reading:
        """Return the return or the volume with the bar that forms at `time`."""
        assert key.symbol is not None and key.interval is not None  # noqa: PT018,S101  by its metric
        if key.interval not in self._widths:
            return _suspended(f"{key.interval} bars are not built")
        width, window = self._widths[key.interval], key.window or 1
        opened = time - time % width
        rows = window if key.metric is Metric.RETURN else window - 1
        bars = self._newest_bars(key.symbol, key.interval, time, rows=rows)
        if rows and (reason := _unusable(bars, end=opened, width=width, rows=rows)):
            return _suspended(reason)
        if key.metric is Metric.RETURN:
            return Reading(moment.price / float(bars.closes[0]) - 1, trades=_last(key.symbol, moment))
        forming = self._trades.volume(key.symbol, opened, time)
        if forming is None:
            return _suspended(SHORT_RING)
        volumes = [*bars.volumes.tolist(), forming]
        return Reading(round(math.fsum(volumes), 7), trades=_last(key.symbol, moment))

    def _live_pair(self, key: MetricKey, time: int, moments: dict[str, Moment | None]) -> LivePair:
        prices: list[float] = []
        trades: tuple[TradeSpan, ...] = ()
        reason = ""
        for symbol in _legs(key):
            moment = self._moment(symbol, time, moments)
            prices.append(math.nan if moment is None else moment.price)
            if moment is None:
                reason = reason or f"{symbol}: {NO_TRADE}"
            else:
                trades += _last(symbol, moment)
                reason = reason or self._hindrance(symbol) or self._gap(symbol, time)
        return LivePair(key, prices[0], prices[1], trades, reason)

    def _moment(self, symbol: str, time: int, moments: dict[str, Moment | None]) -> Moment | None:
        if symbol not in moments:
            moments[symbol] = self._trades.at(symbol, time)
        return moments[symbol]

    def _gap(self, symbol: str, time: int) -> str:
        for hole in reversed(self._state.open_holes(symbol)):
            if hole.ts_before <= time and time - hole.ts_after < GAP_SHOWN_NS:
                return f"{symbol}: trades are missing"
            if time - hole.ts_after >= GAP_SHOWN_NS:
                break
        return ""

    # --- pairs ---

    def _pair_bars(self, key: PairKey, time: int, bars: dict[tuple[str, str], Bars]) -> PairBars:
        width = self._widths[key.interval]
        end = time - time % width
        rows = 2 * key.window + (SERIES_ROWS if key.method is HedgeMethod.KALMAN else 1)
        legs = align(self._state, key.pair, key.interval, rows=rows, end=end)
        trades: list[TradeSpan] = []
        revision = 0
        reason = ""
        for symbol in (key.pair.a, key.pair.b):
            reason = reason or self._hindrance(symbol)
            at = symbol, key.interval
            if at not in bars:
                bars[at] = self._newest_bars(symbol, key.interval, time, rows=1)
            newest = bars[at]
            if len(newest):
                revision = max(revision, int(newest.revisions[-1]))
                if newest.first_ids[-1] <= newest.last_ids[-1]:
                    trades.append(TradeSpan(symbol, int(newest.first_ids[-1]), int(newest.last_ids[-1])))
        if not reason and not len(legs):
            reason = NO_BARS
        if not reason and int(legs.times[-1]) + width < end:
            reason = NOT_CLOSED
        return PairBars(key, legs, end, tuple(trades), revision, reason)


@dataclass(frozen=True, slots=True)
class _Fit:
    """What live numbers of a pair are measured against until its next bar closes."""

    step: HedgeStep
    suspended: str
    quality: Mapping[str, int]


class Completer:
    """Makes readings of what was observed, moment after moment; holds the last fit of each pair."""

    def __init__(self) -> None:
        self._fits: dict[PairKey, _Fit] = {}
        self._told: Readings = {}

    def complete(self, observed: Observed, keys: Mapping[PairKey, Iterable[MetricKey]]) -> Readings:
        """Return all readings of a moment; takes milliseconds a pair, to be called by one thread at a time."""
        readings = dict(observed.readings)
        for bars in observed.pairs:
            wanted = keys.get(bars.key, ())
            self._of_pair(bars, wanted, readings)
        for legs in observed.live:
            key, reading = legs.key, self._live(legs)
            last = self._told.get(key)
            if last is None or (last.value, last.suspended) != (reading.value, reading.suspended):
                self._told[key] = readings[key] = reading
        return readings

    def forget(self) -> None:
        """Tell live readings anew."""
        self._told.clear()

    def _of_pair(self, bars: PairBars, wanted: Iterable[MetricKey], readings: Readings) -> None:
        key, legs = bars.key, bars.legs
        if not len(legs):
            self._fits[key] = _Fit(HedgeStep(math.nan, math.nan, math.nan), bars.suspended or NO_BARS, {})
            readings |= {each: _suspended(bars.suspended) for each in wanted if not each.live}
            return
        analysis = analyse_pair(
            legs.y,
            legs.x,
            window=key.window,
            method=key.method,
            scale=key.scale,
            series_from=min(key.window, max(0, len(legs) - 1)),
        )
        reason = bars.suspended
        if not reason and analysis.status is Status.TOO_SHORT:
            reason = f"warming up: {analysis.have} of {analysis.need} bars"
        last = len(legs) - 1
        quality = _counts(legs.qualities[max(0, last - key.window) :])
        next_fitted = _counts(legs.qualities[max(0, last + 1 - key.window) :])
        self._fits[key] = _Fit(analysis.next_fit, reason, next_fitted)
        for each in wanted:
            if each.live:
                continue
            value, why = _of_analysis(each.metric, analysis)
            why = reason or ("" if math.isfinite(value) else why or "it cannot be computed")
            readings[each] = Reading(
                math.nan if why else value, int(legs.times[-1]), bars.revision, why, quality, bars.trades
            )

    def _live(self, legs: LivePair) -> Reading:
        key = legs.key
        found = self._fits.get(pair_key(key))
        if legs.suspended:
            return _suspended(legs.suspended)
        if found is None:
            return _suspended(NO_BARS)
        if found.suspended:
            return _suspended(found.suspended)
        fit, y, x = found.step, legs.price_a, legs.price_b
        if key.scale is Scale.LOG:
            y, x = (math.log(price) if price > 0 else math.nan for price in (y, x))
        value = y - fit.beta * x
        if key.metric is Metric.ZSCORE:
            value = (value - fit.alpha) / fit.sd if fit.sd > 0 else math.nan
        if not math.isfinite(value):
            return _suspended("it cannot be computed")
        return Reading(value, quality=found.quality, trades=legs.trades)


def pair_key(key: MetricKey) -> PairKey:
    """Return the analysis that a pair's metric belongs to."""
    pair, interval, window = key.pair, key.interval, key.window
    method, scale = key.method, key.scale
    assert pair is not None and interval is not None  # noqa: PT018,S101  by its metric
    assert window is not None and method is not None and scale is not None  # noqa: PT018,S101
    return PairKey(pair, interval, window, method, scale)


def pairs_of(keys: Iterable[MetricKey]) -> dict[PairKey, tuple[MetricKey, ...]]:
    """Return the watched metrics of each analysis."""
    found: dict[PairKey, tuple[MetricKey, ...]] = {}
    for key in keys:
        if key.pair is not None:
            name = pair_key(key)
            found[name] = (*found.get(name, ()), key)
    return found


def _legs(key: MetricKey) -> tuple[str, ...]:
    if key.pair is not None:
        return key.pair.a, key.pair.b
    return () if key.symbol is None else (key.symbol,)


def _suspended(reason: str) -> Reading:
    return Reading(math.nan, suspended=reason)


def _last(symbol: str, moment: Moment) -> tuple[TradeSpan, ...]:
    return (TradeSpan(symbol, moment.last_id, moment.last_id),)


def _counts(qualities: IntArray) -> dict[str, int]:
    return {name: count for name, count in count_qualities(qualities).items() if count}


def _unusable(bars: Bars, *, end: int, width: int, rows: int) -> str:
    """Return why not all of the `rows` bars before `end` can be used, empty where they can."""
    if not len(bars):
        return NO_BARS
    if int(bars.times[-1]) + width < end:
        return NOT_CLOSED
    if len(bars) < rows:
        return f"warming up: {len(bars)} of {rows} bars"
    return GAP if np.isin(bars.qualities, MASKED).any() else ""


def _value(metric: Metric, bars: Bars) -> float:
    match metric:
        case Metric.PRICE:
            return float(bars.closes[-1])
        case Metric.RETURN:
            return float(bars.closes[-1] / bars.closes[0] - 1)
        case Metric.VOLUME:
            return round(math.fsum(bars.volumes.tolist()), 7)
        case Metric.VOLATILITY:
            return float(np.diff(np.log(bars.closes)).std(ddof=1))
    raise TypeError(f"{metric} is not of bars")


def _of_analysis(metric: Metric, analysis: PairAnalysis) -> tuple[float, str]:
    """Return the metric, and why it is not known where it is not."""
    match metric:
        case Metric.SPREAD:
            return analysis.spread, analysis.reason
        case Metric.ZSCORE:
            return analysis.zscore, analysis.reason
        case Metric.CORRELATION:
            return analysis.correlation, analysis.reason
        case Metric.HEDGE_RATIO:
            return analysis.fit.beta, analysis.fit.reason
        case Metric.ADF_PVALUE:
            return analysis.adf.p_value, analysis.adf.reason
        case Metric.COINT_PVALUE:
            return analysis.cointegration.p_value, analysis.cointegration.reason
        case Metric.HALF_LIFE:
            return analysis.half_life.bars, analysis.half_life.reason
    raise TypeError(f"{metric} is not of pairs")


__all__ = [
    "STEP_NS",
    "Completer",
    "Observed",
    "Observer",
    "RingTrades",
    "TradeColumns",
    "pairs_of",
]
