"""Compiled loops over the records: trades into ledger, ring and bars. Exact IEEE arithmetic."""

import numpy as np

from quant.domain import BoolArray, ByteArray, FloatArray, IntArray
from quant.kernel import jit
from quant.market.bar_kernels import (
    BACKFILLED,
    COMPLETE,
    GAP,
    KLINE,
    PARTIAL,
    QUIET,
    STEP_BACK_NS,
    UNITS,
    begin,
    carry,
    mark_gap,
    note_change,
    revise,
    set_prices,
    sound_quality,
)
from quant.market.columns import Record, Records


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
    ticks: Records,
    ledger: Records,
    bars: Records,
    heads: Records,
    widths: IntArray,
    holes: IntArray,
    fresh: BoolArray,
    healed: int,
) -> tuple[int, int]:
    """Append trades in arrival order, from position `start` up to one that may fill a hole.

    `healed` is BACKFILLED for trades that were fetched, else COMPLETE. `fresh` becomes False for doublets.
    Returns that position (the batch's length when there is none) and how many lines of `holes` were written:
    (row, first missing id, last missing id, earliest time, latest time, time received).
    """
    n_holes = 0
    stop = rows.size
    slots = np.empty(rows.size, np.int64)
    for i in range(start, rows.size):
        s = rows[i]
        book = ledger[s]
        last = book.last_id
        if ids[i] <= last:
            if book.missing_from <= ids[i] <= book.missing_to:
                stop = i
                break
            book.duplicates += 1
            fresh[i] = False
            continue
        quality = PARTIAL if last < 0 else healed  # listening begins with the first trade
        torn = False
        if ids[i] > last + 1 and quality != PARTIAL:
            holes[n_holes, 0] = s
            holes[n_holes, 1] = last + 1
            holes[n_holes, 2] = ids[i] - 1
            holes[n_holes, 3] = min(book.last_ts, ts_event[i])  # event time may go backwards
            holes[n_holes, 4] = max(book.last_ts, ts_event[i])
            holes[n_holes, 5] = ts_recv[i]
            if book.missing_to < 0:
                book.missing_from = last + 1
            book.missing_to = ids[i] - 1
            torn = True
        book.last_id = ids[i]
        book.last_ts = max(book.last_ts, ts_event[i])
        book.last_price = prices[i]
        slots[i] = book.written % ticks.shape[1]
        book.written += 1
        book.accepted += 1
        put_in_bars(
            s, ids[i], ts_event[i], prices[i], sizes[i], counts[i], ledger, bars, heads, widths, quality
        )
        if torn:  # at once: what comes next must find the gap, however the batch was cut
            for f in range(widths.size):
                since = holes[n_holes, 3] - STEP_BACK_NS
                mark_gap(s, f, widths[f], since, holes[n_holes, 4], bars, heads)
            n_holes += 1
    # Rings are as large as they are many, so nearly every tick waits for memory. A short loop of its own waits for
    # many of them at once.
    for i in range(start, stop):
        if fresh[i]:
            write_tick(
                ticks[rows[i], slots[i]],
                ids[i],
                ts_event[i],
                ts_recv[i],
                prices[i],
                sizes[i],
                sells[i],
                counts[i],
                healed != BACKFILLED,
            )
    return stop, n_holes


@jit
def write_tick(
    tick: Record,
    trade_id: int,
    ts_event: int,
    ts_recv: int,
    price: float,
    size: float,
    sell: np.uint8,
    count: int,
    heard: bool,  # noqa: FBT001  kernels take every argument by place
) -> None:
    """Write one trade to its place in the ring."""
    tick.id = trade_id
    tick.ts_event = ts_event
    tick.ts_recv = ts_recv
    tick.price = price
    tick.size = size
    tick.count = count
    tick.sell = sell
    tick.heard = heard


@jit
def put_late(
    s: int,
    trade_id: int,
    ts_event: int,
    ts_recv: int,
    price: float,
    size: float,
    sell: np.uint8,
    count: int,
    ticks: Records,
    ledger: Records,
    bars: Records,
    heads: Records,
    widths: IntArray,
    quality: int,
) -> None:
    """Put one trade that was missing into ring and bars of row `s`; into the ring only if it is not too old for it."""
    book = ledger[s]
    tick = ticks[s, book.written % ticks.shape[1]]
    if trade_id > tick.id or book.written < ticks.shape[1]:
        heard = quality != BACKFILLED
        write_tick(tick, trade_id, ts_event, ts_recv, price, size, sell, count, heard)
        book.written += 1
    book.accepted += 1
    put_in_bars(s, trade_id, ts_event, price, size, count, ledger, bars, heads, widths, quality)


@jit
def put_in_bars(
    s: int,
    trade_id: int,
    ts_event: int,
    price: float,
    size: float,
    count: int,
    ledger: Records,
    bars: Records,
    heads: Records,
    widths: IntArray,
    quality: int,
) -> None:
    """Add one trade to the bars of row `s`.

    PARTIAL says that we listen from it on, BACKFILLED that it was fetched, COMPLETE neither.
    """
    volume = int(np.rint(size * UNITS))
    quote = int(np.rint(price * size * UNITS))
    if quality == PARTIAL:
        for f in range(widths.size):
            begin(s, f, widths[f], ts_event, bars, heads)
    for f in range(widths.size):
        if not put_in_bar(
            s, f, widths[f], trade_id, ts_event, price, volume, quote, count, quality, bars, heads
        ):
            ledger[s].too_late += 1


@jit
def put_in_bar(
    s: int,
    f: int,
    width: int,
    trade_id: int,
    ts_event: int,
    price: float,
    volume: int,
    quote: int,
    count: int,
    quality: int,
    bars: Records,
    heads: Records,
) -> bool:
    """Add one trade to its bar of one interval; return False where the ring no longer holds that bar."""
    head = heads[s, f]
    if ts_event < head.at_time or ts_event >= head.at_time + width:
        head.at_time = ts_event - ts_event % width
        head.at_slot = (head.at_time // width) % bars.shape[2]
    bar = bars[s, f, head.at_slot]
    opened = head.at_time
    if bar.time > opened:
        return False
    known = bar.time == opened
    if not known:
        start_bar(bar, head, opened)
    elif bar.quality == KLINE:
        return True  # the exchange's own bar already counts this trade
    if quality == PARTIAL:
        bar.cut = 1
    elif quality == BACKFILLED:
        bar.fetched = 1
    add_to_bar(bar, trade_id, price, volume, quote, count)
    if known:
        revise(bar, head)
    else:
        note_change(bar, head)
    if opened < head.newest:
        carry(s, f, width, opened, bars, heads)
    head.newest = max(head.newest, opened)
    head.version += 1
    return True


@jit
def refill(
    s: int,
    f: int,
    width: int,
    ids: IntArray,
    ts_event: IntArray,
    prices: FloatArray,
    sizes: FloatArray,
    counts: IntArray,
    since: int,
    begins: bool,  # noqa: FBT001  kernels take every argument by place
    bars: Records,
    heads: Records,
) -> None:
    """Put the trades of one symbol since `since` into the bars of one interval, which were restored up to there.

    Where no bar was, or where it `begins` with the first of them, listening begins there.
    """
    for i in range(ids.size):
        if ts_event[i] < since:
            continue
        quality = COMPLETE
        if heads[s, f].close_from == 0 or (begins and i == 0):
            quality = PARTIAL
            begin(s, f, width, ts_event[i], bars, heads)
        volume = int(np.rint(sizes[i] * UNITS))
        quote = int(np.rint(prices[i] * sizes[i] * UNITS))
        put_in_bar(
            s, f, width, ids[i], ts_event[i], prices[i], volume, quote, counts[i], quality, bars, heads
        )


@jit
def start_bar(bar: Record, head: Record, opened: int) -> None:
    """Make the slot the bar that opens at `opened`, still without trades."""
    # What opens before the oldest open bar and is not there was not listened to from its start.
    bar.cut = 1 if opened < head.close_from else 0
    bar.fetched = 0
    bar.changed = 0
    bar.time = opened
    bar.quality = QUIET
    bar.revision = 0
    bar.volume = 0
    bar.quote_volume = 0
    bar.trades = 0


@jit
def add_to_bar(bar: Record, trade_id: int, price: float, volume: int, quote: int, count: int) -> None:
    """Add one trade to its bar; open and close follow trade ids, so order does not matter."""
    if bar.quality != GAP:
        bar.quality = sound_quality(bar)
    if bar.trades == 0:
        set_prices(bar, price)
        bar.first_id = trade_id
        bar.last_id = trade_id
    bar.high = max(bar.high, price)
    bar.low = min(bar.low, price)
    if trade_id < bar.first_id:
        bar.first_id = trade_id
        bar.open = price
    if trade_id > bar.last_id:
        bar.last_id = trade_id
        bar.close = price
    bar.volume += volume
    bar.quote_volume += quote
    bar.trades += count
