"""Exports: pages of rows, oldest first, and the spans that are stored."""

from dataclasses import dataclass

from quant.domain import Bars, ByteArray, FloatArray, IntArray
from quant.engine.protocol.pair_views import PairKey, PairSeriesView


@dataclass(frozen=True, slots=True)
class BarRowsView:
    """A page of bars; `next_start` is where the next one starts, None at the end."""

    market: str
    as_of: int | None
    symbol: str
    interval: str
    bars: Bars
    next_start: int | None


@dataclass(frozen=True, slots=True)
class TickRowsView:
    """A page of trades by rising id; the next one is that of `next_start` after the last id, None at the end."""

    market: str
    as_of: int | None
    symbol: str
    ids: IntArray
    times: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: ByteArray
    next_start: int | None


@dataclass(frozen=True, slots=True)
class PairRowsView:
    """A page of a pair's rolling values, of bars that both legs have; `qualities` are the worse leg's.

    `have` bars were there to compute them from, `need` make one row complete.
    """

    market: str
    as_of: int | None
    key: PairKey
    series: PairSeriesView
    qualities: IntArray
    have: int
    need: int
    next_start: int | None


@dataclass(frozen=True, slots=True)
class StoredSpanView:
    """Between which times (ns, both included) trades are held, or bars of an interval."""

    interval: str | None
    first_time: int
    last_time: int


@dataclass(frozen=True, slots=True)
class StoredView:
    market: str
    as_of: int | None
    symbol: str
    items: tuple[StoredSpanView, ...]


@dataclass(frozen=True, slots=True)
class ImportedSpanView:
    """What a file gave to a market; of bars, `first`, `last` and holes are open times (ns), of trades ids."""

    name: str
    market: str
    symbol: str
    interval: str | None
    rows: int
    is_whole: bool
    first: int | None
    last: int | None
    holes: tuple[tuple[int, int], ...]  # the first few, both ends included
    hole_count: int
    missing: int
