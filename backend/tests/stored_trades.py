"""Trades and bars whose every column follows from id or time, so that a reader's answer can be checked row by row."""

from collections.abc import Iterable

import numpy as np

from quant.domain import Bars, Quality, TradeBatch
from quant.storage.records import StoredTicks

MARKET = "binance-um"
HOUR_NS = 3600 * 10**9
EPOCH_NS = 1_700_000_000 * 10**9 // HOUR_NS * HOUR_NS
"""A full hour, at which trade 0 happened."""

STEP_NS = 250 * 10**6
"""Time from one id to the next."""


def event_time(trade_id: int) -> int:
    return EPOCH_NS + trade_id * STEP_NS


def row(trade_id: int) -> tuple[int, int, int, float, float, int, int]:
    """Return what every copy of this trade has to hold, in the order of StoredTicks."""
    ts = event_time(trade_id)
    price, size = 100 + trade_id % 997 / 8, (trade_id % 13 + 1) / 1000
    return trade_id, ts, ts + 1_234_567 + trade_id % 7, price, size, trade_id % 2, 1 + trade_id % 5


def batch(ids: Iterable[int], *, symbol: str = "BTCUSDT") -> TradeBatch:
    rows = [row(trade_id) for trade_id in ids]
    columns = list(zip(*rows, strict=True)) or [()] * 7
    kinds = (np.int64, np.int64, np.int64, np.float64, np.float64, np.uint8, np.int64)
    arrays = [np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return TradeBatch((symbol,), np.zeros(len(rows), np.int32), *arrays)


def mixed(rows: Iterable[tuple[str, int]]) -> TradeBatch:
    """Return a batch of several symbols in the given order."""
    rows = list(rows)
    plain = batch(trade_id for _, trade_id in rows)
    names = tuple(sorted({symbol for symbol, _ in rows}))
    codes = np.array([names.index(symbol) for symbol, _ in rows], np.int32)
    return TradeBatch(names, codes, *(getattr(plain, name) for name in TradeBatch.__slots__[2:]))


def columns(ids: Iterable[int]) -> StoredTicks:
    plain = batch(ids)
    names = ("ids", "ts_event", "ts_recv", "prices", "sizes", "sells", "counts")
    return StoredTicks(*(getattr(plain, name) for name in names))


def rows_of(ticks: StoredTicks) -> list[tuple[int, int, int, float, float, int, int]]:
    names = ("ids", "ts_event", "ts_recv", "prices", "sizes", "sells", "counts")
    return list(zip(*(getattr(ticks, name).tolist() for name in names), strict=True))


def expect(ticks: StoredTicks, ids: Iterable[int]) -> None:
    """Assert that exactly these trades are there, each once, by rising id, every column as it was."""
    wanted = sorted(set(ids))
    assert ticks.ids.tolist() == wanted
    assert rows_of(ticks) == [row(trade_id) for trade_id in wanted]


def bars(
    times: Iterable[int], *, revision: int = 0, quality: Quality = Quality.COMPLETE, base: float = 100.0
) -> Bars:
    """Return closed bars; `base` tells one generation from another."""
    at = np.array(list(times), np.int64)
    n = len(at)
    return Bars(
        times=at,
        opens=np.full(n, base),
        highs=np.full(n, base + 2),
        lows=np.full(n, base - 2),
        closes=base + at % 1000 / 1000,
        volumes=np.full(n, 3.5),
        quote_volumes=np.full(n, 350.25),
        trades=np.full(n, 7),
        qualities=np.full(n, quality, np.uint8),
        revisions=np.full(n, revision),
        closed=np.ones(n, np.bool_),
        first_ids=at // 1_000_000,
        last_ids=at // 1_000_000 + 6,
        flags=np.full(n, int(revision % 4), np.uint8),
    )
