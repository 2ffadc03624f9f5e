"""Compiled loops over the columns: trades into ledger, ring and bars. Exact IEEE arithmetic."""

import numpy as np

from quant.domain import ByteArray, FloatArray, IntArray
from quant.kernel import jit
from quant.market.bar_kernels import COMPLETE, KLINE, PARTIAL, QUIET, UNITS, carry, set_prices
from quant.market.columns import BarColumns, LedgerColumns, TickColumns


@jit
def take_in(
    start: int,
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
) -> tuple[int, int]:
    """Append trades in arrival order, from position `start` up to one that may fill a hole.

    Returns that position (the batch's length when there is none) and how many lines of `holes` were written:
    (row, first missing id, last missing id, earliest time, latest time).
    """
    n_holes = 0
    for i in range(start, rows.size):
        s = rows[i]
        last = ledger.last_ids[s]
        if ids[i] <= last:
            if ledger.missing_from[s] <= ids[i] <= ledger.missing_to[s]:
                return i, n_holes
            ledger.duplicates[s] += 1
            continue
        quality = PARTIAL if ledger.afresh[s] else COMPLETE
        if ids[i] > last + 1 and quality == COMPLETE:
            holes[n_holes, 0] = s
            holes[n_holes, 1] = last + 1
            holes[n_holes, 2] = ids[i] - 1
            holes[n_holes, 3] = min(ledger.last_ts[s], ts_event[i])  # event time may go backwards
            holes[n_holes, 4] = max(ledger.last_ts[s], ts_event[i])
            n_holes += 1
            if ledger.missing_to[s] < 0:
                ledger.missing_from[s] = last + 1
            ledger.missing_to[s] = ids[i] - 1
        ledger.afresh[s] = 0
        ledger.last_ids[s] = ids[i]
        ledger.last_ts[s] = max(ledger.last_ts[s], ts_event[i])
        ledger.last_prices[s] = prices[i]
        put(s, i, ids, ts_event, ts_recv, prices, sizes, sells, counts, ticks, ledger, bars, widths, quality)
    return rows.size, n_holes


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
    """Append the trade at batch position `i` to ring and bars of row `s`; PARTIAL says that we listen from it on."""
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
        # What opens before the oldest open bar and is not there was not listened to from its start.
        cut = quality == PARTIAL or opened < bars.close_from[s, f]
        if bars.close_from[s, f] == 0 or (quality == PARTIAL and bars.close_from[s, f] < opened):
            bars.close_from[s, f] = opened
        bars.times[s, f, k] = opened
        bars.qualities[s, f, k] = PARTIAL if cut else COMPLETE
        bars.cut[s, f, k] = cut
        bars.revisions[s, f, k] = 0
        begin(s, f, k, trade_id, price, bars)
        bars.volumes[s, f, k] = volume
        bars.quote_volumes[s, f, k] = quote
        bars.trades[s, f, k] = count
    else:
        held_quality = bars.qualities[s, f, k]
        if held_quality == KLINE:
            return  # the exchange's own bar already counts this trade
        if quality == PARTIAL:
            bars.cut[s, f, k] = 1
        if held_quality in (QUIET, COMPLETE):
            bars.qualities[s, f, k] = PARTIAL if bars.cut[s, f, k] else COMPLETE
        if bars.trades[s, f, k] == 0:
            begin(s, f, k, trade_id, price, bars)
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
    if opened < bars.newest[s, f]:
        carry(s, f, width, opened, bars)
    bars.newest[s, f] = max(bars.newest[s, f], opened)
    bars.versions[s, f] += 1


@jit
def begin(s: int, f: int, k: int, trade_id: int, price: float, bars: BarColumns) -> None:
    """Make a trade the bar's first."""
    set_prices(s, f, k, price, bars)
    bars.first_ids[s, f, k] = trade_id
    bars.last_ids[s, f, k] = trade_id
