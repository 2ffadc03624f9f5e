"""What storage gives back: ticks as columns, holes, extents, and what was found damaged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

import numpy as np

from quant.domain import Bars, ByteArray, FloatArray, IntArray, Quality


@dataclass(frozen=True, slots=True, eq=False)
class StoredTicks:
    """Trades of one symbol by rising id, each id once, as equal-length columns."""

    ids: IntArray
    ts_event: IntArray
    ts_recv: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: ByteArray
    counts: IntArray  # exchange trades behind each row

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, rows: slice | IntArray | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> "StoredTicks":
        """Return the rows that an index, a mask or a slice picks."""
        return StoredTicks(*(getattr(self, name)[rows] for name in TICK_NAMES))


TICK_NAMES = tuple(field.name for field in fields(StoredTicks))
TICK_DTYPES = {"prices": np.float64, "sizes": np.float64, "sells": np.uint8}
BAR_NAMES = tuple(field.name for field in fields(Bars))


class StoredHole(NamedTuple):
    """Missing ids first..last between trades at `ts_before` and `ts_after` (ns); `state` is the ledger's word."""

    first_id: int
    last_id: int
    ts_before: int
    ts_after: int
    state: str


class Extent(NamedTuple):
    """The ids and event times (ns) between which ticks of a symbol are stored, all included."""

    first_id: int
    last_id: int
    first_ts: int
    last_ts: int

    def joined(self, other: "Extent | None") -> "Extent":
        """Return the extent that covers both."""
        if other is None:
            return self
        return Extent(
            min(self.first_id, other.first_id),
            max(self.last_id, other.last_id),
            min(self.first_ts, other.first_ts),
            max(self.last_ts, other.last_ts),
        )


class Damage(NamedTuple):
    """A chunk or file that cannot be read, and the ids (or open times of bars) that were in it."""

    where: str
    holds: Literal["tick chunk", "bar chunk", "hour", "day"]  # the last two: a file of trades, of bars
    number: int  # of the chunk; 0 for a file
    market: str
    symbol: str
    first: int
    last: int
    reason: str


def no_ticks() -> StoredTicks:
    """Return ticks of no rows."""
    return join_ticks([])


def join_ticks(parts: Sequence[StoredTicks]) -> StoredTicks:
    """Return all rows by rising id; of rows with one id the first part's stays."""
    parts = [part for part in parts if len(part)]
    if len(parts) == 1:
        return distinct(parts[0])
    columns = []
    for name in TICK_NAMES:
        kind = TICK_DTYPES.get(name, np.int64)
        columns.append(np.concatenate([np.empty(0, kind), *(getattr(part, name) for part in parts)]))
    return distinct(StoredTicks(*columns))


def collect_ticks(parts: Iterable[StoredTicks], *, rows: int) -> StoredTicks:
    """Return what `join_ticks` does of parts with up to `rows` rows together, holding one part at a time."""
    whole = StoredTicks(*(np.empty(rows, TICK_DTYPES.get(name, np.int64)) for name in TICK_NAMES))
    at = 0
    for part in parts:
        for name in TICK_NAMES:
            getattr(whole, name)[at : at + len(part)] = getattr(part, name)
        at += len(part)
    return distinct(whole if at == rows else whole.at(slice(at)))


def gather(
    parts: Iterable[tuple[int, Callable[[], StoredTicks]]],
    limit: int,
    beyond: Callable[[StoredTicks, int], bool],
) -> StoredTicks:
    """Return at least `limit` ticks, if there are, loading parts until one's edge lies `beyond` what is needed."""
    held: list[StoredTicks] = []
    rows = 0
    for edge, load in parts:
        if rows >= limit:
            held = [join_ticks(held)]  # doublets gone, the count is true
            rows = len(held[0])
            if rows >= limit and beyond(held[0], edge):
                break
        part = load()
        held.append(part)
        rows += len(part)
    return join_ticks(held)


def within(
    ticks: StoredTicks, *, start_ns: int | None, end_ns: int | None, after_id: int | None
) -> StoredTicks:
    """Return the rows with start ≤ event time < end and an id above `after_id`."""
    if after_id is not None and len(ticks):
        ticks = ticks.at(ticks.ids > after_id)
    return between(ticks, start_ns=start_ns, end_ns=end_ns)


def newest_bars(bars: Bars, *, limit: int | None, start: int | None, end: int | None) -> Bars:
    """Return the newest `limit` of the sorted bars with start ≤ open time < end, as views."""
    low = 0 if start is None else int(np.searchsorted(bars.times, start))
    high = len(bars) if end is None else max(low, int(np.searchsorted(bars.times, end)))
    return pick_bars(bars, slice(low if limit is None else max(low, high - limit), high))


def oldest_bars(bars: Bars, *, limit: int, start: int | None, end: int | None) -> Bars:
    """Return the oldest `limit` of the sorted bars with start ≤ open time < end, as views."""
    within_span = newest_bars(bars, limit=None, start=start, end=end)
    return pick_bars(within_span, slice(limit))


def distinct(ticks: StoredTicks) -> StoredTicks:
    """Return the rows by rising id, the first of those with one id."""
    if len(ticks) < 2 or bool(np.all(ticks.ids[1:] > ticks.ids[:-1])):
        return ticks
    order = np.argsort(ticks.ids, kind="stable")
    ids = ticks.ids[order]
    return ticks.at(order[np.concatenate(([True], ids[1:] != ids[:-1]))])


def between(ticks: StoredTicks, *, start_ns: int | None, end_ns: int | None) -> StoredTicks:
    """Return the rows with start ≤ event time < end."""
    if not len(ticks) or (start_ns is None and end_ns is None):
        return ticks
    inside = np.ones(len(ticks), np.bool_)
    if start_ns is not None:
        inside &= ticks.ts_event >= start_ns
    if end_ns is not None:
        inside &= ticks.ts_event < end_ns
    return ticks if inside.all() else ticks.at(inside)


def pick_bars(bars: Bars, rows: slice | IntArray | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Bars:
    """Return the bars that an index, a mask or a slice picks."""
    return Bars(*(getattr(bars, name)[rows] for name in BAR_NAMES))


BAR_DTYPES = {
    "times": np.int64,
    "trades": np.int64,
    "qualities": np.uint8,
    "revisions": np.int64,
    "closed": np.bool_,
    "first_ids": np.int64,
    "last_ids": np.int64,
    "flags": np.uint8,
}

STANDS = (Quality.COMPLETE, Quality.QUIET, Quality.BACKFILLED)
"""Bars that we made and that the exchange's own bar does not replace."""


def join_bars(parts: Sequence[Bars]) -> Bars:
    """Return one bar per open time, oldest first.

    Of our own bars the newest revision is taken, of equal revisions the last given. A bar of the exchange
    (quality `kline`) yields to one of ours that is whole, unless its revision is newer: then a trade came to be
    missed after ours was told. It stands before one of ours that lacks trades.
    """
    parts = [part for part in parts if len(part)]
    bars = parts[0] if len(parts) == 1 else _stacked_bars(parts)
    if len(bars) < 2 or bool(np.all(bars.times[1:] > bars.times[:-1])):
        return bars
    kline = bars.qualities == Quality.KLINE
    own = _newest(bars, np.flatnonzero(~kline))
    foreign = _newest(bars, np.flatnonzero(kline))
    rows = np.concatenate((own, foreign))
    whole = np.isin(bars.qualities[rows], STANDS)
    _, mine, theirs = np.intersect1d(bars.times[own], bars.times[foreign], return_indices=True)
    whole[mine] &= bars.revisions[own[mine]] >= bars.revisions[foreign[theirs]]
    rank = np.where(kline[rows], 1, np.where(whole, 2, 0))
    order = np.lexsort((rank, bars.times[rows]))
    return pick_bars(bars, _last_of_each(rows[order], bars.times))


def _stacked_bars(parts: Sequence[Bars]) -> Bars:
    columns = []
    for name in BAR_NAMES:
        kind = BAR_DTYPES.get(name, np.float64)
        columns.append(np.concatenate([np.empty(0, kind), *(getattr(part, name) for part in parts)]))
    return Bars(*columns)


def _newest(bars: Bars, rows: IntArray) -> IntArray:
    order = np.lexsort((rows, bars.revisions[rows], bars.times[rows]))
    return _last_of_each(rows[order], bars.times)


def _last_of_each(rows: IntArray, times: IntArray) -> IntArray:
    if not rows.size:
        return rows
    ordered = times[rows]
    return rows[np.concatenate((ordered[1:] != ordered[:-1], [True]))]
