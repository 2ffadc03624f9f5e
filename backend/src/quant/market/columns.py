"""The arrays behind a market: one row a symbol, so that one kernel call takes a mixed batch.

Tick rings hold the newest `capacity` trades of each symbol in arrival order (41 bytes each). Bars lie on a
dense time grid: the bar that opens at t is at slot (t / width) mod depth, so two legs align by index.
Volumes are kept as whole multiples of QUANTUM, so that their sum does not depend on the order of trades.
"""

from typing import NamedTuple

import numpy as np

from quant.domain import ByteArray, FloatArray, IntArray

QUANTUM = 1e-7
"""Unit of volume and quote volume: as fine as any step size in use; a bar may hold 9.2e11 coins or dollars."""

BAR_DEPTH = 4096


class TickColumns(NamedTuple):
    """(symbols, capacity) each; `written` counts all trades ever appended to a row."""

    ids: IntArray
    ts_event: IntArray
    ts_recv: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: ByteArray
    written: IntArray


class BarColumns(NamedTuple):
    """(symbols, intervals, depth) each, the last three (symbols, intervals); slots with time 0 are empty."""

    times: IntArray
    opens: FloatArray
    highs: FloatArray
    lows: FloatArray
    closes: FloatArray
    volumes: IntArray
    quote_volumes: IntArray
    trades: IntArray
    first_ids: IntArray
    last_ids: IntArray
    qualities: ByteArray
    revisions: IntArray
    cut: ByteArray  # 1 where we did not listen through the whole bar
    close_from: IntArray  # open time of the oldest bar that is not closed; 0 = none yet
    newest: IntArray  # open time of the newest bar
    versions: IntArray  # rises with every change, closed or forming


class LedgerColumns(NamedTuple):
    """(symbols,) each: where a symbol's trade ids stand; -1 before the first."""

    last_ids: IntArray
    last_ts: IntArray
    last_prices: FloatArray
    accepted: IntArray
    duplicates: IntArray
    too_late: IntArray
    missing_from: IntArray  # lowest and highest id of the open holes; 0 and -1 without one
    missing_to: IntArray
    afresh: ByteArray  # 1 where listening begins with the next trade


def tick_columns(symbols: int, capacity: int) -> TickColumns:
    """Return empty rings; the pages are touched only as trades come in."""
    shape = (symbols, capacity)
    return TickColumns(
        ids=np.zeros(shape, np.int64),
        ts_event=np.zeros(shape, np.int64),
        ts_recv=np.zeros(shape, np.int64),
        prices=np.zeros(shape),
        sizes=np.zeros(shape),
        sells=np.zeros(shape, np.uint8),
        written=np.zeros(symbols, np.int64),
    )


def bar_columns(symbols: int, intervals: int, depth: int = BAR_DEPTH) -> BarColumns:
    """Return empty bars."""
    shape, heads = (symbols, intervals, depth), (symbols, intervals)
    return BarColumns(
        times=np.zeros(shape, np.int64),
        opens=np.zeros(shape),
        highs=np.zeros(shape),
        lows=np.zeros(shape),
        closes=np.zeros(shape),
        volumes=np.zeros(shape, np.int64),
        quote_volumes=np.zeros(shape, np.int64),
        trades=np.zeros(shape, np.int64),
        first_ids=np.zeros(shape, np.int64),
        last_ids=np.zeros(shape, np.int64),
        qualities=np.zeros(shape, np.uint8),
        revisions=np.zeros(shape, np.int64),
        cut=np.zeros(shape, np.uint8),
        close_from=np.zeros(heads, np.int64),
        newest=np.zeros(heads, np.int64),
        versions=np.zeros(heads, np.int64),
    )


def ledger_columns(symbols: int) -> LedgerColumns:
    """Return a ledger that has seen nothing."""
    return LedgerColumns(
        last_ids=np.full(symbols, -1, np.int64),
        last_ts=np.zeros(symbols, np.int64),
        last_prices=np.zeros(symbols),
        accepted=np.zeros(symbols, np.int64),
        duplicates=np.zeros(symbols, np.int64),
        too_late=np.zeros(symbols, np.int64),
        missing_from=np.zeros(symbols, np.int64),
        missing_to=np.full(symbols, -1, np.int64),
        afresh=np.ones(symbols, np.uint8),
    )
