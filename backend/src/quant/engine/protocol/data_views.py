"""Bars, trades, quotes and mark prices, and what is held of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from quant.domain import Bars, ByteArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class BarsView:
    market: str
    as_of: int | None
    seq: int
    symbol: str
    interval: str
    bars: Bars
    next_end: int | None  # pass as `end` for the page before


@dataclass(frozen=True, slots=True)
class TicksView:
    market: str
    as_of: int | None
    seq: int
    symbol: str
    ids: IntArray
    times: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: ByteArray
    next_end: int | None


@dataclass(frozen=True, slots=True)
class GapView:
    first_id: int
    last_id: int
    state: Literal["open", "filled", "confirmed"]
    found_at: int


@dataclass(frozen=True, slots=True)
class GapsView:
    market: str
    as_of: int | None
    symbol: str
    items: tuple[GapView, ...]


@dataclass(frozen=True, slots=True)
class SecondsView:
    """The last value of each second, oldest first: `values` is (n, columns).

    Quotes: bid, bid size, ask, ask size. Funding: mark, index, funding rate, next funding (ns).
    """

    market: str
    as_of: int | None
    seq: int
    kind: Literal["quote", "funding"]
    symbol: str
    times: IntArray
    values: FloatArray
    latest: tuple[int, tuple[float, ...]] | None
    """Time and values of the newest, whatever part of the series this is; None before the first."""
    stale_reason: str = ""
    """Why the newest may be out of date, empty while the stream brings what it usually does."""


@dataclass(frozen=True, slots=True)
class SymbolStatsView:
    symbol: str
    ticks: int
    capacity: int
    bytes: int
    rate: float
    first_time: int | None
    last_time: int | None
    bars: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StatsView:
    market: str
    as_of: int | None
    symbols: tuple[SymbolStatsView, ...]
