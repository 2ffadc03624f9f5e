"""Pair statistics at a cadence: each wanted pair once, in a worker thread, for all who look at it."""

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from quant.analytics import analyse_pair
from quant.analytics.results import PairAnalysis, Signal
from quant.domain import FloatArray, IntArray, Quality, Scale
from quant.engine.protocol import LiveValues, PairKey, PairSeriesView, PairView
from quant.engine.running import RunningMarket
from quant.engine.symbol_state import symbol_state
from quant.market.align import AlignedLegs, align

SERIES_ROWS = 1500
"""How many bars of rolling values a pair carries: as many as a bars topic, so that charts line up."""

LIVE_STATES = ("live", "quiet")


@dataclass(frozen=True, slots=True)
class PairInputs:
    """Copies of all that one analysis needs, taken between two awaits."""

    key: PairKey
    market: str
    as_of: int | None
    interval_s: int
    legs: AlignedLegs
    rows: int
    last_a: float
    last_b: float
    not_live: str  # why a leg gives no signal, empty when both are live


def rows_needed(key: PairKey, *, rows: int) -> int:
    """Return how many bars of both legs make `rows` rows of the pair's rolling values."""
    return rows + 2 * key.window


def pair_inputs(
    running: RunningMarket,
    key: PairKey,
    *,
    rows: int = SERIES_ROWS,
    end: int | None = None,
    legs: AlignedLegs | None = None,
) -> PairInputs:
    """Return the inputs of `key` as the market stands now, or as its closed bars stood before `end`.

    `legs` stand in for those in memory, where these do not reach back far enough.
    """
    state = running.state
    interval = next(each for each in state.intervals if each.name == key.interval)
    depth = key.window + 1 + rows
    if legs is None:
        legs = align(state, key.pair, key.interval, rows=rows_needed(key, rows=rows), end=end)
    legs = _from_whole_window(legs, depth=depth, span_ns=key.window * interval.ns)
    prices = [state.counters(symbol).last_price for symbol in (key.pair.a, key.pair.b)]
    last_a, last_b = (math.nan if price is None or end is not None else price for price in prices)
    not_live = ""
    for symbol in (key.pair.a, key.pair.b) if end is None else ():
        name, reason = symbol_state(running, symbol)
        if name not in LIVE_STATES and not not_live:
            not_live = f"{symbol} is {name}" + (f": {reason}" if reason else "")
    return PairInputs(
        key, state.market, running.as_of, interval.seconds, legs, rows, last_a, last_b, not_live
    )


def _from_whole_window(legs: AlignedLegs, *, depth: int, span_ns: int) -> AlignedLegs:
    """Return `legs` from the first multiple of a window on, where `depth` rows are left.

    Rolling values are rounded by where their blocks of one window begin. With beginnings that stay where they are,
    a new bar changes no row before it, not even in the last digit, and an update carries one row instead of all.
    """
    whole = np.flatnonzero(legs.times % span_ns == 0)
    first = int(whole[0]) if whole.size and len(legs) - whole[0] >= depth else 0
    return AlignedLegs(legs.times[first:], legs.y[first:], legs.x[first:], legs.qualities[first:])


def compute(inputs: PairInputs, *, known: PairAnalysis | None = None) -> PairView:
    """Return the pair's view; `known` is the analysis of the same closed bars, when it is at hand."""
    key, legs = inputs.key, inputs.legs
    analysis = known or analyse_pair(
        legs.y,
        legs.x,
        window=key.window,
        method=key.method,
        scale=key.scale,
        series_from=min(key.window, max(0, len(legs) - inputs.rows)),
    )
    signal, reason = analysis.signal, analysis.signal_reason
    if inputs.not_live:
        signal, reason = Signal.NONE, inputs.not_live
    fit = slice(max(0, len(legs) - 1 - key.window), max(0, len(legs) - 1))
    fitted = legs.times[fit]
    return PairView(
        market=inputs.market,
        as_of=inputs.as_of,
        seq=0,
        key=key,
        interval_s=inputs.interval_s,
        analysis=analysis,
        signal=signal,
        signal_reason=reason,
        first_time=int(fitted[0]) if len(fitted) else None,
        last_time=int(legs.times[-1]) if len(legs) else None,
        qualities=_count(legs.qualities[fit]),
        live=_live(inputs, analysis),
        series=_series(legs, analysis, rows=inputs.rows),
    )


def _count(qualities: IntArray) -> dict[str, int]:
    """Return how many bars are of each quality; a bar that is not there counts as a gap."""
    counts = np.bincount(qualities, minlength=len(Quality))
    named = {quality.label: int(counts[quality]) for quality in Quality if quality is not Quality.NONE}
    named[Quality.GAP.label] += int(counts[Quality.NONE])
    return named


def _live(inputs: PairInputs, analysis: PairAnalysis) -> LiveValues:
    fit, y, x = analysis.next_fit, inputs.last_a, inputs.last_b
    if inputs.key.scale is Scale.LOG:
        y, x = (math.log(price) if price > 0 else math.nan for price in (y, x))
    spread = y - fit.beta * x
    zscore = (spread - fit.alpha) / fit.sd if fit.sd > 0 else math.nan
    return LiveValues(spread, zscore, None if math.isnan(spread) else inputs.as_of)


def _series(legs: AlignedLegs, analysis: PairAnalysis, *, rows: int) -> PairSeriesView:
    rolling, first = analysis.series, analysis.series.first_row
    newest = slice(-rows, None)
    return PairSeriesView(
        legs.times[first:][newest],
        legs.y[first:][newest],
        legs.x[first:][newest],
        rolling.alpha[newest],
        rolling.beta[newest],
        rolling.sd[newest],
        rolling.spread[newest],
        rolling.zscore[newest],
        rolling.correlation[newest],
    )


def changed_rows(old: PairView, new: PairView) -> PairView | None:
    """Return `new` with only those rows of its series that a holder of `old` lacks; None across markets."""
    if old.market != new.market:
        return None
    at = np.searchsorted(old.series.times, new.series.times)
    inside = at < len(old.series.times)
    same = np.zeros(len(at), np.bool_)
    same[inside] = old.series.times[at[inside]] == new.series.times[inside]
    for name in PairSeriesView.__dataclass_fields__:
        was, now = getattr(old.series, name), getattr(new.series, name)
        equal = was[at[same]] == now[same]
        equal |= (was[at[same]] != was[at[same]]) & (now[same] != now[same])  # NaN equals NaN here
        same[np.flatnonzero(same)[~equal]] = False
    rows = {name: getattr(new.series, name)[~same] for name in PairSeriesView.__dataclass_fields__}
    return replace(new, series=PairSeriesView(**rows))


class PairDesk:
    """Remembers the last analysis of each pair, so that only new closed bars cost a computation."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="analysis")
        self._known: dict[PairKey, tuple[PairInputs, PairAnalysis]] = {}

    async def views(self, wanted: list[PairInputs]) -> list[PairView]:
        """Return one view an input, computed off the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._compute_all, wanted)

    def keep_only(self, keys: set[PairKey]) -> None:
        """Forget pairs that nobody looks at any more."""
        self._known = {key: known for key, known in self._known.items() if key in keys}

    def close(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _compute_all(self, wanted: list[PairInputs]) -> list[PairView]:
        return [self._one(inputs) for inputs in wanted]

    def _one(self, inputs: PairInputs) -> PairView:
        held = self._known.get(inputs.key)
        known = held[1] if held and _same_bars(held[0], inputs) else None
        view = compute(inputs, known=known)
        self._known[inputs.key] = (inputs, view.analysis)
        return view


def _same_bars(old: PairInputs, new: PairInputs) -> bool:
    return (
        old.market == new.market
        and old.rows == new.rows
        and np.array_equal(old.legs.times, new.legs.times)
        and _equal(old.legs.y, new.legs.y)
        and _equal(old.legs.x, new.legs.x)
    )


def _equal(a: FloatArray, b: FloatArray) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))
