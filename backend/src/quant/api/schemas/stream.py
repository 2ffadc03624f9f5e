"""Streams: start, stop, status, symbols; and the replay of a recording."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from quant.api.given import TimeGiven
from quant.api.schemas.shared import MarketHeader, Milliseconds, StreamState, Wire
from quant.settings import MAX_SPEED

MAX_SYMBOLS = 2000
"""Names in one order: more than any exchange lists."""


class StreamStart(Wire):
    symbols: Annotated[
        list[str] | None,
        Field(
            description="symbols to add; none = AVAILABLE_SYMBOLS",
            examples=[["BTCUSDT", "ETHUSDT"]],
            max_length=MAX_SYMBOLS,
        ),
    ] = None
    source: Annotated[
        str | None, Field(description="switch to this source first", examples=["sim:7", "binance"])
    ] = None


class StreamStop(Wire):
    symbols: Annotated[
        list[str] | None, Field(description="symbols to stop; none = all", max_length=MAX_SYMBOLS)
    ] = None


class Replay(MarketHeader):
    """How a recording is being played. All times are market time."""

    begin: Annotated[Milliseconds, Field(description="time of its first trade")]
    end: Annotated[Milliseconds, Field(description="time of its last trade")]
    position: Annotated[
        Milliseconds, Field(description="where it is: what is shown is all that happened up to then")
    ]
    seeking_to: Annotated[
        Milliseconds | None, Field(description="it is on its way to this position; null once it is there")
    ]
    speed: Annotated[float, Field(description="market seconds per second; 0 = without waiting")]
    paused: bool
    finished: Annotated[bool, Field(description="it has been played to its end")]


class ReplayChange(Wire):
    """What to change; what is left out stays as it is."""

    position: Annotated[
        TimeGiven,
        Field(description="go there: ms or ISO-8601, between begin and end", examples=[1763819520000]),
    ] = None
    speed: Annotated[
        float | None,
        Field(
            ge=0,
            le=MAX_SPEED,
            strict=True,
            description="market seconds per second; 0 = without waiting",
            examples=[10],
        ),
    ] = None
    paused: StrictBool | None = None


class Connection(Wire):
    id: str
    state: Literal["connecting", "open", "waiting", "closed"]
    since: Milliseconds
    streams: int
    messages: int
    reconnects: int
    retry_at: Annotated[Milliseconds | None, Field(description="wall time of the next attempt")]
    last_error: str | None


class Gaps(Wire):
    open: int
    filled: int
    confirmed: int


class SymbolStatus(Wire):
    symbol: str
    state: StreamState
    reason: str | None
    last_id: int | None
    last_time: Milliseconds | None
    last_price: float | None
    ticks: Annotated[int, Field(description="trades taken in since the start of the stream")]
    rate: Annotated[float, Field(description="trades per second over the last minute of market time")]
    latency_ms: Annotated[float | None, Field(description="receive time minus exchange time, median")]
    gaps: Gaps
    duplicates: int
    out_of_order: int
    quarantined: int


class Journal(Wire):
    state: Annotated[
        Literal["off", "ok", "behind", "failing"],
        Field(description="off: this market is not stored; failing: the disk refuses, see the reason"),
    ]
    reason: str | None
    lag_ms: Annotated[float | None, Field(description="age of the oldest trade that is not on the disk")]
    pending_rows: int
    committed_rows: int
    dropped_rows: Annotated[int, Field(description="did not fit into memory; their ids are listed as holes")]


class AnalyticsStatus(Wire):
    """How the refreshing of pairs keeps up with those who look at them."""

    pairs: Annotated[int, Field(description="pairs that somebody looks at")]
    stale: Annotated[int, Field(description="of these, pairs whose refresh did not fit into the cadence")]
    refreshed: Annotated[int, Field(description="refreshes since the market was chosen")]
    shed: Annotated[int, Field(description="refreshes that were put off because there was no time for them")]


class StreamStatus(MarketHeader):
    seq: int
    running: bool
    source: str
    source_state: Literal["starting", "ready", "unreachable", "failed", "stopped"]
    reason: Annotated[str | None, Field(description="why the source is not ready, in one sentence")]
    finished: Annotated[bool, Field(description="a recording has come to its end")]
    speed: Annotated[float, Field(description="market seconds per wall second")]
    connections: list[Connection]
    symbols: list[SymbolStatus]
    journal: Journal
    analytics: AnalyticsStatus


class SymbolOut(Wire):
    symbol: str
    base: str
    quote: str
    status: Annotated[str, Field(description="the exchange's own word, such as TRADING")]
    tick_size: float
    step_size: float
    streaming: bool


class SymbolList(MarketHeader):
    items: list[SymbolOut]
    next: str | None
