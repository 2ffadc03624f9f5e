"""Compiled loops over bars: close them, mark and heal gaps, take the exchange's own. Exact IEEE arithmetic."""

import numpy as np

from quant.domain import FloatArray, IntArray
from quant.kernel import jit
from quant.market.columns import BarColumns

# Quality codes as the kernels see them; equal to domain.Quality (a test holds them together).
COMPLETE, PARTIAL, QUIET, GAP, BACKFILLED, KLINE = 1, 2, 3, 4, 5, 6
UNITS = 1e7  # 1 / QUANTUM


@jit
def close_bars(s: int, f: int, width: int, until: int, bars: BarColumns) -> int:
    """Close every bar of one row that ends at or before `until`; bars nobody traded in become quiet.

    Returns how many bars of the ring were closed.
    """
    depth = bars.times.shape[2]
    opened = bars.close_from[s, f]
    end = until - until % width
    if opened == 0 or end <= opened:
        return 0
    price = close_before(s, f, width, opened, bars)
    if opened < end - depth * width:  # older bars have no place in the ring any more
        opened = end - depth * width
        price = newest_close_before(s, f, opened, bars)
    closed = (end - opened) // width
    while opened < end:
        k = (opened // width) % depth
        if bars.times[s, f, k] < opened:
            write_empty(s, f, k, opened, price, QUIET, bars)
        elif bars.times[s, f, k] == opened:
            price = bars.closes[s, f, k]
        opened += width
    bars.close_from[s, f] = end
    bars.newest[s, f] = max(bars.newest[s, f], end - width)
    bars.versions[s, f] += 1
    return int(closed)


@jit
def close_before(s: int, f: int, width: int, opened: int, bars: BarColumns) -> float:
    """Return the close of the bar before `opened`, NaN where there is none: never a later price."""
    before = opened - width
    k = (before // width) % bars.times.shape[2]
    return float(bars.closes[s, f, k]) if bars.times[s, f, k] == before else np.nan


@jit
def newest_close_before(s: int, f: int, opened: int, bars: BarColumns) -> float:
    """Return the close of the newest bar of the ring before `opened`, NaN where there is none."""
    newest = 0
    price = np.nan
    for k in range(bars.times.shape[2]):
        if newest < bars.times[s, f, k] < opened:
            newest = bars.times[s, f, k]
            price = bars.closes[s, f, k]
    return price


@jit
def set_prices(s: int, f: int, k: int, price: float, bars: BarColumns) -> None:
    """Give all four prices of a bar one value."""
    bars.opens[s, f, k] = price
    bars.highs[s, f, k] = price
    bars.lows[s, f, k] = price
    bars.closes[s, f, k] = price


@jit
def write_empty(s: int, f: int, k: int, opened: int, price: float, quality: int, bars: BarColumns) -> None:
    """Write a new bar without trades."""
    bars.times[s, f, k] = opened
    set_prices(s, f, k, price, bars)
    bars.volumes[s, f, k] = 0
    bars.quote_volumes[s, f, k] = 0
    bars.trades[s, f, k] = 0
    bars.first_ids[s, f, k] = 0
    bars.last_ids[s, f, k] = -1
    bars.qualities[s, f, k] = quality
    bars.revisions[s, f, k] = 0
    bars.cut[s, f, k] = 0


@jit
def revise(s: int, f: int, k: int, bars: BarColumns) -> None:
    """Count a change to a bar, if it has been closed."""
    if bars.times[s, f, k] < bars.close_from[s, f]:
        bars.revisions[s, f, k] += 1


@jit
def carry(s: int, f: int, width: int, opened: int, bars: BarColumns) -> None:
    """Repeat the close of the bar at `opened` in the quiet bars after it, where it has changed."""
    depth = bars.times.shape[2]
    price = bars.closes[s, f, (opened // width) % depth]
    opened += width
    k = (opened // width) % depth
    while (
        bars.times[s, f, k] == opened and bars.qualities[s, f, k] == QUIET and bars.closes[s, f, k] != price
    ):
        set_prices(s, f, k, price, bars)
        revise(s, f, k, bars)
        opened += width
        k = (opened // width) % depth


@jit
def mark_gap(s: int, f: int, width: int, first_ts: int, last_ts: int, bars: BarColumns) -> None:
    """Mark every bar that touches [first_ts, last_ts] as a gap; one without trades gets no price."""
    depth = bars.times.shape[2]
    opened = first_ts - first_ts % width
    newest = last_ts - last_ts % width
    opened = max(opened, newest - (depth - 1) * width)
    while opened <= newest:
        k = (opened // width) % depth
        if bars.times[s, f, k] < opened:
            write_empty(s, f, k, opened, np.nan, GAP, bars)
        elif bars.times[s, f, k] == opened and bars.qualities[s, f, k] not in (KLINE, GAP):
            if bars.trades[s, f, k] == 0:
                set_prices(s, f, k, np.nan, bars)
            bars.qualities[s, f, k] = GAP
            revise(s, f, k, bars)
        opened += width
    bars.newest[s, f] = max(bars.newest[s, f], newest)
    bars.versions[s, f] += 1


@jit
def heal_gap(
    s: int, f: int, width: int, first_ts: int, last_ts: int, open_spans: IntArray, bars: BarColumns
) -> None:
    """Give the gap bars that touch [first_ts, last_ts] their quality back: all their trades are in now.

    `open_spans` holds (first_ts, last_ts) of the holes that are still open; what touches one stays a gap.
    """
    depth = bars.times.shape[2]
    newest = last_ts - last_ts % width
    opened = max(first_ts - first_ts % width, newest - (depth - 1) * width)
    while opened <= newest:
        k = (opened // width) % depth
        is_gap = bars.times[s, f, k] == opened and bars.qualities[s, f, k] == GAP
        if is_gap and not touches(opened, opened + width, open_spans):
            if bars.trades[s, f, k] == 0:
                set_prices(s, f, k, close_before(s, f, width, opened, bars), bars)
                bars.qualities[s, f, k] = QUIET
            else:
                bars.qualities[s, f, k] = PARTIAL if bars.cut[s, f, k] else COMPLETE
            revise(s, f, k, bars)
        opened += width
    bars.versions[s, f] += 1


@jit
def touches(start: int, end: int, spans: IntArray) -> bool:
    """Tell whether a bar [start, end) shares a moment with any closed span."""
    return bool(np.any((spans[:, 0] < end) & (spans[:, 1] >= start)))


@jit
def load_klines(
    s: int,
    f: int,
    width: int,
    times: IntArray,
    prices: FloatArray,
    volumes: FloatArray,
    quote_volumes: FloatArray,
    trades: IntArray,
    bars: BarColumns,
) -> int:
    """Write the exchange's closed bars where we hold nothing better; return how many were written.

    `prices` is (n, 4): open, high, low, close. A bar that we built from every trade stays as it is.
    """
    depth = bars.times.shape[2]
    written = 0
    for i in range(times.size):
        opened = times[i]
        k = (opened // width) % depth
        held = bars.times[s, f, k]
        if held > opened or opened % width:
            continue
        revision = 0
        if held == opened:
            if bars.qualities[s, f, k] in (COMPLETE, QUIET, BACKFILLED, KLINE):
                continue
            if opened < bars.close_from[s, f]:
                revision = bars.revisions[s, f, k] + 1
        write_empty(s, f, k, opened, 0.0, KLINE, bars)
        bars.opens[s, f, k] = prices[i, 0]
        bars.highs[s, f, k] = prices[i, 1]
        bars.lows[s, f, k] = prices[i, 2]
        bars.closes[s, f, k] = prices[i, 3]
        bars.volumes[s, f, k] = np.int64(np.rint(volumes[i] * UNITS))
        bars.quote_volumes[s, f, k] = np.int64(np.rint(quote_volumes[i] * UNITS))
        bars.trades[s, f, k] = trades[i]
        bars.revisions[s, f, k] = revision
        bars.close_from[s, f] = max(bars.close_from[s, f], opened + width)
        bars.newest[s, f] = max(bars.newest[s, f], opened)
        carry(s, f, width, opened, bars)
        written += 1
    if written:
        bars.versions[s, f] += 1
    return written
