"""Compiled loops over the columns: take in trades, close bars, mark holes. Exact IEEE arithmetic."""

import numpy as np

from quant.domain import ByteArray, FloatArray, IntArray
from quant.kernel import jit
from quant.market.columns import BarColumns, LedgerColumns, TickColumns

# Quality codes as the kernels see them; equal to domain.Quality (a test holds them together).
COMPLETE, PARTIAL, QUIET, GAP, BACKFILLED, KLINE = 1, 2, 3, 4, 5, 6
UNITS = 1e7  # 1 / QUANTUM


@jit
def take_in(
    rows: IntArray,
    ids: IntArray,
    ts_event: IntArray,
    ts_recv: IntArray,
    prices: FloatArray,
    sizes: FloatArray,
    sells: ByteArray,
    counts: IntArray,
    ticks: TickColumns,
    ledger: LedgerColumns,
    bars: BarColumns,
    widths: IntArray,
    holes: IntArray,
    late: IntArray,
) -> tuple[int, int]:
    """Append trades in id order to rings and bars; return how many holes and late rows were found.

    `holes` gets (row, first missing id, last missing id, time before, time after) a line; `late` gets the
    batch positions of trades whose id is not above the newest one: the caller knows which fill a hole.
    """
    n_holes = 0
    n_late = 0
    for i in range(rows.size):
        s = rows[i]
        last = ledger.last_ids[s]
        if last >= 0 and ids[i] <= last:
            late[n_late] = i
            n_late += 1
            continue
        if last >= 0 and ids[i] > last + 1:
            holes[n_holes, 0] = s
            holes[n_holes, 1] = last + 1
            holes[n_holes, 2] = ids[i] - 1
            holes[n_holes, 3] = ledger.last_ts[s]
            holes[n_holes, 4] = ts_event[i]
            n_holes += 1
        quality = PARTIAL if last < 0 else COMPLETE
        ledger.last_ids[s] = ids[i]
        ledger.last_ts[s] = max(ledger.last_ts[s], ts_event[i])
        ledger.last_prices[s] = prices[i]
        put(s, i, ids, ts_event, ts_recv, prices, sizes, sells, counts, ticks, ledger, bars, widths, quality)
    return n_holes, n_late


@jit
def put(
    s: int,
    i: int,
    ids: IntArray,
    ts_event: IntArray,
    ts_recv: IntArray,
    prices: FloatArray,
    sizes: FloatArray,
    sells: ByteArray,
    counts: IntArray,
    ticks: TickColumns,
    ledger: LedgerColumns,
    bars: BarColumns,
    widths: IntArray,
    quality: int,
) -> None:
    """Append the trade at batch position `i` to ring and bars of row `s`; a new bar starts with `quality`."""
    at = ticks.written[s] % ticks.ids.shape[1]
    ticks.ids[s, at] = ids[i]
    ticks.ts_event[s, at] = ts_event[i]
    ticks.ts_recv[s, at] = ts_recv[i]
    ticks.prices[s, at] = prices[i]
    ticks.sizes[s, at] = sizes[i]
    ticks.sells[s, at] = sells[i]
    ticks.written[s] += 1
    ledger.accepted[s] += 1
    volume = np.int64(np.rint(sizes[i] * UNITS))
    quote = np.int64(np.rint(prices[i] * sizes[i] * UNITS))
    for f in range(widths.size):
        add_to_bar(
            s, f, widths[f], ids[i], ts_event[i], prices[i], volume, quote, counts[i], ledger, bars, quality
        )


@jit
def add_to_bar(
    s: int,
    f: int,
    width: int,
    trade_id: int,
    ts: int,
    price: float,
    volume: np.int64,
    quote: np.int64,
    count: int,
    ledger: LedgerColumns,
    bars: BarColumns,
    quality: int,
) -> None:
    """Add one trade to the bar of its time; open and close follow trade ids, so order does not matter."""
    opened = ts - ts % width
    k = (opened // width) % bars.times.shape[2]
    held = bars.times[s, f, k]
    if held > opened:
        ledger.too_late[s] += 1
        return
    if held < opened:
        bars.times[s, f, k] = opened
        bars.opens[s, f, k] = price
        bars.highs[s, f, k] = price
        bars.lows[s, f, k] = price
        bars.closes[s, f, k] = price
        bars.volumes[s, f, k] = volume
        bars.quote_volumes[s, f, k] = quote
        bars.trades[s, f, k] = count
        bars.first_ids[s, f, k] = trade_id
        bars.last_ids[s, f, k] = trade_id
        bars.qualities[s, f, k] = quality
        bars.revisions[s, f, k] = 0
        afresh = quality == PARTIAL and bars.close_from[s, f] < opened
        if bars.close_from[s, f] == 0 or afresh:
            bars.close_from[s, f] = opened
    else:
        held_quality = bars.qualities[s, f, k]
        if held_quality == KLINE:
            return  # the exchange's own bar already counts this trade
        empty = bars.trades[s, f, k] == 0
        if empty:
            bars.opens[s, f, k] = price
            bars.highs[s, f, k] = price
            bars.lows[s, f, k] = price
            bars.closes[s, f, k] = price
            bars.first_ids[s, f, k] = trade_id
            bars.last_ids[s, f, k] = trade_id
            if held_quality == QUIET:
                bars.qualities[s, f, k] = COMPLETE
        bars.highs[s, f, k] = max(bars.highs[s, f, k], price)
        bars.lows[s, f, k] = min(bars.lows[s, f, k], price)
        if trade_id < bars.first_ids[s, f, k]:
            bars.first_ids[s, f, k] = trade_id
            bars.opens[s, f, k] = price
        if trade_id > bars.last_ids[s, f, k]:
            bars.last_ids[s, f, k] = trade_id
            bars.closes[s, f, k] = price
        bars.volumes[s, f, k] += volume
        bars.quote_volumes[s, f, k] += quote
        bars.trades[s, f, k] += count
        if opened < bars.close_from[s, f]:
            bars.revisions[s, f, k] += 1
    bars.newest[s, f] = max(bars.newest[s, f], opened)
    bars.versions[s, f] += 1


@jit
def close_bars(s: int, f: int, width: int, until: int, bars: BarColumns) -> int:
    """Close every bar of one row that ends at or before `until`; bars nobody traded in become quiet."""
    depth = bars.times.shape[2]
    start = bars.close_from[s, f]
    if start == 0:
        return 0
    end = until - until % width
    if end - start > depth * width:
        start = end - depth * width
    closed = 0
    opened = start
    while opened + width <= end:
        k = (opened // width) % depth
        if bars.times[s, f, k] != opened:
            write_empty(s, f, k, opened, close_before(s, f, width, opened, bars), QUIET, bars)
        closed += 1
        opened += width
    if closed:
        bars.close_from[s, f] = opened
        bars.newest[s, f] = max(bars.newest[s, f], opened - width)
        bars.versions[s, f] += 1
    return closed


@jit
def close_before(s: int, f: int, width: int, opened: int, bars: BarColumns) -> float:
    """Return the close of the bar before `opened`, NaN where there is none: never a later price."""
    before = opened - width
    k = (before // width) % bars.times.shape[2]
    return float(bars.closes[s, f, k]) if bars.times[s, f, k] == before else np.nan


@jit
def write_empty(s: int, f: int, k: int, opened: int, price: float, quality: int, bars: BarColumns) -> None:
    """Write a bar without trades."""
    bars.times[s, f, k] = opened
    bars.opens[s, f, k] = price
    bars.highs[s, f, k] = price
    bars.lows[s, f, k] = price
    bars.closes[s, f, k] = price
    bars.volumes[s, f, k] = 0
    bars.quote_volumes[s, f, k] = 0
    bars.trades[s, f, k] = 0
    bars.first_ids[s, f, k] = 0
    bars.last_ids[s, f, k] = -1
    bars.qualities[s, f, k] = quality
    bars.revisions[s, f, k] = 0


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
        elif bars.times[s, f, k] == opened and bars.qualities[s, f, k] != KLINE:
            if bars.trades[s, f, k] == 0:
                write_empty(s, f, k, opened, np.nan, GAP, bars)
            bars.qualities[s, f, k] = GAP
            if opened < bars.close_from[s, f]:
                bars.revisions[s, f, k] += 1
        opened += width
    bars.newest[s, f] = max(bars.newest[s, f], newest)
    bars.versions[s, f] += 1


@jit
def heal_gap(s: int, f: int, width: int, first_ts: int, last_ts: int, quality: int, bars: BarColumns) -> None:
    """Give the gap bars that touch [first_ts, last_ts] their quality back: all their trades are in now."""
    depth = bars.times.shape[2]
    newest = last_ts - last_ts % width
    opened = max(first_ts - first_ts % width, newest - (depth - 1) * width)
    while opened <= newest:
        k = (opened // width) % depth
        if bars.times[s, f, k] == opened and bars.qualities[s, f, k] == GAP:
            if bars.trades[s, f, k] == 0:
                write_empty(s, f, k, opened, close_before(s, f, width, opened, bars), QUIET, bars)
            else:
                bars.qualities[s, f, k] = quality
            if opened < bars.close_from[s, f]:
                bars.revisions[s, f, k] += 1
        opened += width
    bars.versions[s, f] += 1


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
        if held > opened:
            continue
        revision = 0
        if held == opened:
            quality = bars.qualities[s, f, k]
            if quality in (COMPLETE, QUIET, BACKFILLED, KLINE):
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
        written += 1
    if written:
        bars.versions[s, f] += 1
    return written
