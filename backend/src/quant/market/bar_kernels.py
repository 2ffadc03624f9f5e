"""Compiled loops over bars: close them, mark and heal gaps, take the exchange's own. Exact IEEE arithmetic.

Once no hole is open, a bar depends only on which trades are in it, where listening began and stopped, and how far
bars were closed: never on the order of arrival.

- A bar is there if it has a trade, if an open hole touches it, or if it was closed after listening to it. What was
  not listened to and has no trade is no bar, not even where a hole touches it; a gap that turns out to be without
  trades is no bar either until it is closed, and then it is quiet.
- It is partial if listening began in it, or if it opens before listening began; else backfilled if one of its
  trades was fetched; else complete.
- Listening begins once, with the first trade of the symbol. What is not heard later is a hole.

The exchange's own bar stands outside of this: once taken, it stays.
"""

import numpy as np

from quant.clock import NS_PER_MS
from quant.domain import FloatArray, IntArray
from quant.kernel import jit
from quant.market.columns import Record, Records

# Quality codes as the kernels see them; equal to domain.Quality (a test holds them together).
COMPLETE, PARTIAL, QUIET, GAP, BACKFILLED, KLINE = 1, 2, 3, 4, 5, 6
UNITS = 1e7  # 1 / QUANTUM

STEP_BACK_NS = 100 * NS_PER_MS
"""By how much a trade may have happened before the trade with the id before it: aggregates span so much.

A hole reaches so far back. The same for every hole, so that bars built live and from what was stored agree on it.
"""


@jit
def close_bars(s: int, f: int, width: int, until: int, bars: Records, heads: Records) -> int:
    """Close every bar of one row that ends at or before `until`; bars nobody traded in become quiet.

    Returns how many bars of the ring were closed.
    """
    head = heads[s, f]
    depth = bars.shape[2]
    opened = head.close_from
    end = until - until % width
    if opened == 0 or end <= opened:
        return 0
    price = close_before(s, f, width, opened, bars)
    if opened < end - depth * width:  # older bars have no place in the ring any more
        opened = end - depth * width
        price = newest_close_before(s, f, opened, bars)
    closed = (end - opened) // width
    head.close_from = end
    while opened < end:
        bar = bars[s, f, (opened // width) % depth]
        if bar.time < opened:
            write_empty(bar, opened, price, QUIET)
        elif bar.time == opened:
            price = bar.close
        if bar.time == opened:
            note_change(bar, head)
        opened += width
    head.newest = max(head.newest, end - width)
    head.version += 1
    return int(closed)


@jit
def begin(s: int, f: int, width: int, ts: int, bars: Records, heads: Records) -> None:
    """Listen from time `ts` on; what was heard before ends with the newest bar."""
    head = heads[s, f]
    close_bars(s, f, width, head.newest, bars, heads)
    closed_from = head.close_from
    head.close_from = max(closed_from, ts - ts % width)
    note_closed(s, f, width, closed_from, bars, heads)


@jit
def close_before(s: int, f: int, width: int, opened: int, bars: Records) -> float:
    """Return the close of the bar before `opened`, NaN where there is none: never a later price."""
    before = opened - width
    bar = bars[s, f, (before // width) % bars.shape[2]]
    return float(bar.close) if bar.time == before else np.nan


@jit
def newest_close_before(s: int, f: int, opened: int, bars: Records) -> float:
    """Return the close of the newest bar of the ring before `opened`, NaN where there is none."""
    newest = 0
    price = np.nan
    for k in range(bars.shape[2]):
        bar = bars[s, f, k]
        if newest < bar.time < opened:
            newest = bar.time
            price = bar.close
    return price


@jit
def set_prices(bar: Record, price: float) -> None:
    """Give all four prices of a bar one value."""
    bar.open = price
    bar.high = price
    bar.low = price
    bar.close = price


@jit
def write_empty(bar: Record, opened: int, price: float, quality: int) -> None:
    """Write a new bar without trades."""
    bar.time = opened
    set_prices(bar, price)
    bar.volume = 0
    bar.quote_volume = 0
    bar.trades = 0
    bar.first_id = 0
    bar.last_id = -1
    bar.quality = quality
    bar.revision = 0
    bar.cut = 0
    bar.fetched = 0
    bar.changed = 0


@jit
def sound_quality(bar: Record) -> int:
    """Return the quality of a bar with trades that lacks none of those we could have."""
    if bar.cut:
        return PARTIAL
    return BACKFILLED if bar.fetched else COMPLETE


@jit
def note_change(bar: Record, head: Record) -> None:
    """Note that a bar is to be stored, if it has been closed."""
    if bar.time < head.close_from:
        bar.changed = 1
        if head.changed_from == 0 or bar.time < head.changed_from:
            head.changed_from = bar.time


@jit
def note_closed(s: int, f: int, width: int, closed_from: int, bars: Records, heads: Records) -> None:
    """Note that the bars from `closed_from` on are closed now, and so to be stored; 0 where none was open."""
    if closed_from == 0:
        return  # looking for them all the same would take every page of a new symbol's ring
    head = heads[s, f]
    depth = bars.shape[2]
    opened = max(closed_from, head.close_from - depth * width)
    while 0 < opened < head.close_from:
        bar = bars[s, f, (opened // width) % depth]
        if bar.time == opened:
            note_change(bar, head)
        opened += width


@jit
def revise(bar: Record, head: Record) -> None:
    """Count a change to a bar, if it has been closed."""
    if bar.time < head.close_from:
        bar.revision += 1
        note_change(bar, head)


@jit
def carry(s: int, f: int, width: int, opened: int, bars: Records, heads: Records) -> None:
    """Repeat the close of the bar at `opened` in the quiet bars after it, where it has changed."""
    depth = bars.shape[2]
    price = bars[s, f, (opened // width) % depth].close
    opened += width
    bar = bars[s, f, (opened // width) % depth]
    while bar.time == opened and bar.quality == QUIET and bar.close != price:
        set_prices(bar, price)
        revise(bar, heads[s, f])
        opened += width
        bar = bars[s, f, (opened // width) % depth]


@jit
def mark_gap(s: int, f: int, width: int, first_ts: int, last_ts: int, bars: Records, heads: Records) -> None:
    """Mark every bar that touches [first_ts, last_ts] as a gap; one without trades gets no price."""
    head = heads[s, f]
    depth = bars.shape[2]
    opened = first_ts - first_ts % width
    newest = last_ts - last_ts % width
    opened = max(opened, newest - (depth - 1) * width)
    while opened <= newest:
        bar = bars[s, f, (opened // width) % depth]
        if bar.time < opened:
            if opened >= head.close_from:  # else it was not listened to
                write_empty(bar, opened, np.nan, GAP)
        elif bar.time == opened and bar.quality not in (KLINE, GAP):
            if bar.trades == 0:
                set_prices(bar, np.nan)
            bar.quality = GAP
            revise(bar, head)
        opened += width
    head.newest = max(head.newest, newest)
    head.version += 1


@jit
def heal_gap(
    s: int,
    f: int,
    width: int,
    first_ts: int,
    last_ts: int,
    open_spans: IntArray,
    bars: Records,
    heads: Records,
) -> None:
    """Give the gap bars that touch [first_ts, last_ts] a sound quality: all their trades are in now.

    `open_spans` holds (first_ts, last_ts) of the holes that are still open; what touches one stays a gap.
    """
    depth = bars.shape[2]
    newest = last_ts - last_ts % width
    opened = max(first_ts - first_ts % width, newest - (depth - 1) * width)
    while opened <= newest:
        bar = bars[s, f, (opened // width) % depth]
        is_gap = bar.time == opened and bar.quality == GAP
        if is_gap and not touches(opened, opened + width, open_spans):
            if bar.trades:
                bar.quality = sound_quality(bar)
                revise(bar, heads[s, f])
            elif opened < heads[s, f].close_from:
                set_prices(bar, close_before(s, f, width, opened, bars))
                bar.quality = QUIET
                revise(bar, heads[s, f])
            else:
                bar.time = 0  # nothing traded so far: there is no such bar yet
        opened += width
    heads[s, f].version += 1


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
    bars: Records,
    heads: Records,
) -> int:
    """Write the exchange's closed bars where we hold nothing better; return how many were written.

    `prices` is (n, 4): open, high, low, close. A bar that we built from every trade stays as it is.
    """
    head = heads[s, f]
    depth = bars.shape[2]
    closed_from = head.close_from
    written = 0
    for i in range(times.size):
        opened = times[i]
        bar = bars[s, f, (opened // width) % depth]
        if bar.time > opened or opened % width:
            continue
        revision = 0
        if bar.time == opened:
            if bar.quality in (COMPLETE, QUIET, BACKFILLED, KLINE):
                continue
            if opened < head.close_from:
                revision = bar.revision + 1
        write_empty(bar, opened, 0.0, KLINE)
        bar.open = prices[i, 0]
        bar.high = prices[i, 1]
        bar.low = prices[i, 2]
        bar.close = prices[i, 3]
        bar.volume = np.int64(np.rint(volumes[i] * UNITS))
        bar.quote_volume = np.int64(np.rint(quote_volumes[i] * UNITS))
        bar.trades = trades[i]
        bar.revision = revision
        head.close_from = max(head.close_from, opened + width)
        head.newest = max(head.newest, opened)
        note_change(bar, head)
        carry(s, f, width, opened, bars, heads)
        written += 1
    note_closed(s, f, width, closed_from, bars, heads)
    if written:
        head.version += 1
    return written
