"""Bars, trades, quotes, mark prices, their gaps, and what is stored of them."""

from typing import Annotated, Literal

from pydantic import Field

from quant.api.schemas.shared import BarQuality, MarketHeader, Milliseconds, Wire


class Bar(Wire):
    """`time` is the open time. A bar without trades repeats the last close (quiet) or has null prices (gap)."""

    time: Milliseconds
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    quote_volume: float
    trades: int
    vwap: float | None
    closed: bool
    quality: BarQuality
    revision: int


class EventBar(Bar):
    """A bar of a number of trades or of a volume; `time` is that of its first trade, and two may share one."""

    first_id: int
    last_id: int


class BarList(MarketHeader):
    seq: int
    symbol: str
    interval: str
    items: list[EventBar | Bar]
    next: Annotated[str | None, Field(description="pass as `end` to read the page before this one")]


class Tick(Wire):
    id: int
    time: Milliseconds
    price: float
    size: float
    side: Literal["buy", "sell"]


class TickList(MarketHeader):
    seq: int
    symbol: str
    items: list[Tick]
    next: str | None


class Gap(Wire):
    first_id: int
    last_id: int
    state: Literal["open", "filled", "confirmed"]
    found_at: Milliseconds


class GapList(MarketHeader):
    symbol: str
    items: list[Gap]
    next: str | None


class StoredSpan(Wire):
    """Between which times something is held, on the disk or in memory; holes between are in `/data/{symbol}/gaps`."""

    interval: Annotated[str | None, Field(description="of bars; null for trades")]
    first_time: Milliseconds
    last_time: Milliseconds


class StoredSpanList(MarketHeader):
    symbol: str
    items: list[StoredSpan]
    next: None


class Quote(Wire):
    """Best bid and ask, with what stands there."""

    time: Milliseconds
    bid: float
    bid_size: float
    ask: float
    ask_size: float


Stale = Annotated[bool, Field(description="true while the stream does not bring what it usually does")]


class QuoteList(MarketHeader):
    """`latest` and the last quote of each second, oldest first; null and empty where none has come."""

    seq: int
    symbol: str
    stale: Stale
    stale_reason: str | None
    latest: Quote | None
    items: list[Quote]
    next: str | None


class Funding(Wire):
    """Mark and index price, and the funding rate to be paid at `next_funding_time`."""

    time: Milliseconds
    mark: float
    index: float
    funding_rate: float
    next_funding_time: Milliseconds


class FundingList(MarketHeader):
    """`latest` and the last value of each second, oldest first; null and empty where none has come."""

    seq: int
    symbol: str
    stale: Stale
    stale_reason: str | None
    latest: Funding | None
    items: list[Funding]
    next: str | None


class SymbolStats(Wire):
    symbol: str
    ticks: int
    capacity: int
    bytes: int
    rate: float
    first_time: Milliseconds | None
    last_time: Milliseconds | None
    bars: dict[str, int]


class TotalStats(Wire):
    symbols: int
    ticks: int
    bytes: int
    rate: float


class DataStats(MarketHeader):
    symbols: list[SymbolStats]
    total: TotalStats
