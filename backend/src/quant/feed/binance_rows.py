"""Rows of `aggTrades` answers, one by one: what is broken in one row leaves only that row's id unknown."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import numpy as np

from quant.clock import NS_PER_MS
from quant.domain import TradeBatch
from quant.feed.binance_messages import (
    MAX_AHEAD_MS,
    MAX_COUNT,
    MAX_NUMBER,
    NOT_READABLE,
    Id,
    Ms,
    plain_number,
)
from quant.feed.exchange import Fetched

OnBadRow = Callable[[str, bytes], None]
"""Takes why a row breaks the protocol, and the row."""

NO_TRADE = -1
"""First and last exchange trade of a row for an id that has no trade (any more)."""


class _AggTrade(msgspec.Struct, gc=False):
    """a id, p price, q quantity, f/l first and last trade id, T trade time, m buyer is the maker."""

    a: Id
    p: str
    q: str
    f: Id
    l: Id  # noqa: E741  Binance's own name
    T: Ms
    m: bool


class _Place(msgspec.Struct, gc=False):
    """What can be told of a row that is no trade."""

    a: Id
    f: int | str | float | bool | None = None
    l: int | str | float | bool | None = None  # noqa: E741


_decode_trade = msgspec.json.Decoder(_AggTrade).decode
_decode_place = msgspec.json.Decoder(_Place).decode


@dataclass(slots=True)
class _Row:
    """One good row, and as it came."""

    text: bytes
    id: int
    ts_event: int
    price: float
    size: float
    sell: bool
    count: int


@dataclass(slots=True)
class _Reading:
    """How far the rows of one answer have been read."""

    from_id: int
    rows: list[_Row] = field(default_factory=list)
    first_id: int | None = None
    last_id: int | None = None
    unread: list[tuple[int, int]] = field(default_factory=list)
    lost: bool = False  # a row whose id cannot be told came since the last good one

    @property
    def next_id(self) -> int:
        return self.from_id if self.last_id is None else self.last_id + 1

    def reach(self, row_id: int) -> None:
        """Take note that the answer goes on to `row_id`; raise ValueError when ids do not rise to it."""
        if row_id < self.next_id:
            raise ValueError(f"the id {row_id} does not rise from {self.next_id}")
        if self.lost and row_id > self.next_id:
            self.unread.append((self.next_id, row_id - 1))
        self.lost = False
        self.first_id = row_id if self.first_id is None else self.first_id
        self.last_id = row_id


def read_rows(
    content: bytes, *, symbol: str, from_id: int, limit: int, ts_recv: int, on_bad_row: OnBadRow
) -> Fetched:
    """Return what an answer of `aggTrades` says from `from_id` on; bad rows are shown to `on_bad_row`.

    Raises ValueError or RecursionError where there are rows and none of them tells an id.
    """
    raws = msgspec.json.decode(content, type=list[msgspec.Raw])
    reading = _Reading(from_id)
    for raw in raws:
        row = bytes(raw)
        try:
            _read(row, reading)
        except NOT_READABLE as error:
            on_bad_row(str(error), row)
            _note_bad(row, reading)
    _set_apart_the_future(reading, on_bad_row)
    placed = [first for first, last in reading.unread if first == last]
    if raws and reading.last_id is None and not placed:
        raise ValueError(f"no row of {len(raws)} tells an id from {from_id} on")
    if reading.lost:
        reading.unread.append((reading.next_id, max(reading.next_id, from_id + limit - 1)))
    lowest = [each for each in (reading.first_id, *placed) if each is not None]
    return Fetched(
        _batch(symbol, reading.rows, ts_recv),
        min(lowest, default=None),
        reading.last_id,
        tuple(reading.unread),
    )


def _read(row: bytes, reading: _Reading) -> None:
    """Take a good row; raise ValueError for a bad one."""
    try:
        trade = _decode_trade(row)
    except NOT_READABLE:
        place = _decode_place(row)
        if not (place.f == place.l == NO_TRADE):
            raise
        reading.reach(place.a)
        return
    price, size = plain_number(trade.p), plain_number(trade.q)
    if min(price, size) <= 0 or price * size >= MAX_NUMBER:
        raise ValueError(f"no trade has the price {trade.p[:40]} and the size {trade.q[:40]}")
    if not 0 <= trade.l - trade.f < MAX_COUNT:
        raise ValueError(f"no aggregate is made of the trades {trade.f} to {trade.l}")
    reading.reach(trade.a)
    count = trade.l - trade.f + 1
    reading.rows.append(_Row(row, trade.a, trade.T * NS_PER_MS, price, size, trade.m, count))


def _set_apart_the_future(reading: _Reading, on_bad_row: OnBadRow) -> None:
    """Take out trades that are much later than one which follows them: their times are wrong."""
    kept: list[_Row] = []
    earliest = reading.rows[-1].ts_event if reading.rows else 0
    for row in reversed(reading.rows):
        if row.ts_event > earliest + MAX_AHEAD_MS * NS_PER_MS:
            on_bad_row("the trade's time is after that of its successors", row.text)
            reading.unread.append((row.id, row.id))
        else:
            kept.append(row)
            earliest = min(earliest, row.ts_event)
    reading.rows = kept[::-1]


def _note_bad(row: bytes, reading: _Reading) -> None:
    """Take note of the id whose row is bad; where it cannot be told, of any up to the next good row."""
    try:
        row_id = _decode_place(row).a
    except NOT_READABLE:
        reading.lost = True
        return
    if row_id >= reading.from_id and all(row_id != good.id for good in reading.rows):
        reading.unread.append((row_id, row_id))


def _batch(symbol: str, rows: list[_Row], ts_recv: int) -> TradeBatch:
    n = len(rows)
    return TradeBatch(
        names=(symbol,),
        codes=np.zeros(n, np.int32),
        ids=np.fromiter((row.id for row in rows), np.int64, n),
        ts_event=np.fromiter((row.ts_event for row in rows), np.int64, n),
        ts_recv=np.full(n, ts_recv, np.int64),
        prices=np.fromiter((row.price for row in rows), np.float64, n),
        sizes=np.fromiter((row.size for row in rows), np.float64, n),
        sells=np.fromiter((row.sell for row in rows), np.uint8, n),
        counts=np.fromiter((row.count for row in rows), np.int64, n),
    )
