"""Imports and back-fills."""

from typing import Annotated, Literal

from pydantic import Field

from quant.api.given import TimeGiven, TradeId
from quant.api.schemas.shared import Milliseconds, Wire


class ImportPaths(Wire):
    """Files of the server's machine; only `quant import` beside the server may name them."""

    paths: Annotated[list[str], Field(min_length=1, max_length=10_000)]
    market: str = "binance-um"
    symbol: str | None = None
    interval: str | None = None
    again: bool = False


class Backfill(Wire):
    """Without times and ids: what is missing between the stored trades of the last 48 hours."""

    symbols: Annotated[list[str], Field(min_length=1, max_length=200, examples=[["BTCUSDT"]])]
    start: Annotated[TimeGiven, Field(description="from this time on: ms or ISO-8601")] = None
    end: Annotated[TimeGiven, Field(description="before this time: ms or ISO-8601")] = None
    from_id: Annotated[TradeId | None, Field(description="first trade id, of one symbol")] = None
    to_id: Annotated[TradeId | None, Field(description="last trade id, included")] = None


class ImportedFile(Wire):
    """What a file held and lacks; of bars, `first`, `last` and holes are open times and `missing` counts bars."""

    name: str
    market: str
    symbol: str
    interval: str | None
    checked: Annotated[bool, Field(description="against the .CHECKSUM beside it")]
    rows: int
    resumed_from: Annotated[int, Field(description="rows that earlier runs had stored")]
    first: int | None
    last: int | None
    duplicates: int
    out_of_order: int
    holes: Annotated[list[tuple[int, int]], Field(description="the first few, both ends included")]
    hole_count: int
    missing: int


class ImportedSpan(Wire):
    """What a file gave to a market; of bars, `first`, `last` and holes are open times, of trades ids."""

    name: str
    market: str
    symbol: str
    interval: str | None
    rows: int
    whole: Annotated[bool, Field(description="false where its import has not come to the end")]
    first: int | None
    last: int | None
    holes: Annotated[list[tuple[int, int]], Field(description="the first few, both ends included")]
    hole_count: int
    missing: int


class ImportedSpanList(Wire):
    items: list[ImportedSpan]
    next: None


class FilledSymbol(Wire):
    symbol: str
    missing: int
    received: int
    confirmed: Annotated[int, Field(description="ids that the exchange has no trade for")]
    left: Annotated[list[tuple[int, int]], Field(description="the first few ranges that are still missing")]
    left_count: int


class JobStatus(Wire):
    id: str
    kind: Literal["import", "backfill"]
    title: str
    state: Literal["waiting", "running", "done", "failed", "stopped"]
    phase: str
    rows: int
    bytes_done: int
    bytes_total: int
    days_done: int
    days_total: int
    created_at: Milliseconds
    finished_at: Milliseconds | None
    files: list[ImportedFile]
    fills: list[FilledSymbol]
    errors: list[str]


class JobList(Wire):
    items: list[JobStatus]
    next: None
