"""Two legs on one clock grid. Bars that are missing or have holes are NaN: masked, never compressed or filled."""

from dataclasses import dataclass

import numpy as np

from quant.domain import Bars, FloatArray, IntArray, Pair, Quality
from quant.market.state import MASKED, MarketState

# Which of two qualities says more against a bar, from harmless to bad.
_CONCERN = np.zeros(len(Quality), np.int64)
for _rank, _quality in enumerate(
    (
        Quality.COMPLETE,
        Quality.KLINE,
        Quality.BACKFILLED,
        Quality.QUIET,
        Quality.PARTIAL,
        Quality.GAP,
        Quality.NONE,
    )
):
    _CONCERN[_quality] = _rank


@dataclass(frozen=True, slots=True)
class AlignedLegs:
    """Closed bars of both legs at `times`, the last being the newest bar closed on both; y = A, x = B."""

    times: IntArray
    y: FloatArray
    x: FloatArray
    qualities: IntArray  # the worse of the two

    def __len__(self) -> int:
        return len(self.times)


def align(state: MarketState, pair: Pair, interval: str, *, rows: int, end: int | None = None) -> AlignedLegs:
    """Return at most `rows` bars, without a lead-in in which either leg has no bar at all.

    With `end`, only bars that closed at or before it.
    """
    width = next(each.ns for each in state.intervals if each.name == interval)
    both_closed = min(state.close_from(pair.a, interval), state.close_from(pair.b, interval))
    end = both_closed if end is None else min(both_closed, end - end % width)
    rows = min(rows, state.bar_depth)
    if end <= 0:
        nothing = np.empty(0, np.int64)
        return AlignedLegs(nothing, nothing.astype(float), nothing.astype(float), nothing)
    times = np.arange(end - rows * width, end, width, dtype=np.int64)
    y, quality_y = state.closed_closes(pair.a, interval, times)
    x, quality_x = state.closed_closes(pair.b, interval, times)
    return _aligned(times, y, x, quality_y, quality_x)


def align_bars(y: Bars, x: Bars, *, width: int, rows: int, end: int) -> AlignedLegs:
    """Return at most `rows` bars that open before `end`, a multiple of `width`, of legs that lie outside memory."""
    both_closed = min(closed_until(y, width), closed_until(x, width), end)
    return align_span(y, x, width=width, start=both_closed - rows * width, end=both_closed)


def align_span(y: Bars, x: Bars, *, width: int, start: int, end: int) -> AlignedLegs:
    """Return every bar of the grid with start ≤ open time < end, both multiples of `width`, after the lead-in."""
    times = np.arange(start, end, width, dtype=np.int64)
    closes_y, quality_y = closes_of(y, times)
    closes_x, quality_x = closes_of(x, times)
    return _aligned(times, closes_y, closes_x, quality_y, quality_x)


def closed_until(bars: Bars, width: int) -> int:
    """Return the time until which bars are closed, 0 where none is."""
    closed = bars.times[bars.closed]
    return int(closed[-1]) + width if len(closed) else 0


def closes_of(bars: Bars, times: IntArray) -> tuple[FloatArray, IntArray]:
    """Return closes (NaN where missing or a gap) and qualities of the closed bars at `times`."""
    at = np.searchsorted(bars.times, times)
    known = at < len(bars)
    known[known] = (bars.times[at[known]] == times[known]) & bars.closed[at[known]]
    closes, qualities = np.full(len(times), np.nan), np.full(len(times), Quality.NONE, np.int64)
    closes[known], qualities[known] = bars.closes[at[known]], bars.qualities[at[known]]
    return np.where(np.isin(qualities, MASKED), np.nan, closes), qualities


def _aligned(
    times: IntArray, y: FloatArray, x: FloatArray, quality_y: IntArray, quality_x: IntArray
) -> AlignedLegs:
    """Return the legs without a lead-in in which either has no bar at all."""
    worse = np.where(_CONCERN[quality_y] >= _CONCERN[quality_x], quality_y, quality_x)
    known = np.flatnonzero(worse != Quality.NONE)
    first = int(known[0]) if known.size else len(times)
    return AlignedLegs(times[first:], y[first:], x[first:], worse[first:])
