"""Imports and back-fills: what is asked for, and how far it is."""

from dataclasses import dataclass
from typing import Literal

JobKind = Literal["import", "backfill"]
JobState = Literal["waiting", "running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What is to be known of files to import, besides what they say themselves."""

    market: str = "binance-um"
    symbol: str | None = None
    interval: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class BackfillOrder:
    """Which missing trades to fetch: a range of one symbol's ids, or those between stored ids of a span (ns)."""

    symbols: tuple[str, ...]
    start: int | None = None
    end: int | None = None
    first_id: int | None = None
    last_id: int | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What an imported file held and lacks; of bars, `first`, `last` and holes are open times and `missing` bars."""

    name: str
    market: str
    symbol: str
    interval: str | None
    checked: bool  # against the checksum beside it
    rows: int
    resumed_from: int
    first: int | None
    last: int | None
    duplicates: int
    out_of_order: int
    holes: tuple[tuple[int, int], ...]  # the first few, both ends included
    hole_count: int
    missing: int


@dataclass(frozen=True, slots=True)
class FillReport:
    """What became of a symbol's missing ids; a confirmed one is an id that the exchange has no trade for."""

    symbol: str
    missing: int
    received: int
    confirmed: int
    left: tuple[tuple[int, int], ...]  # the first few ranges that are still open
    left_count: int


@dataclass(frozen=True, slots=True)
class JobView:
    """Where an import or a back-fill stands."""

    id: str
    kind: JobKind
    title: str
    state: JobState
    phase: str
    rows: int
    bytes_done: int
    bytes_total: int
    days_done: int
    days_total: int
    created_at: int
    finished_at: int | None
    files: tuple[FileReport, ...]
    fills: tuple[FillReport, ...]
    errors: tuple[str, ...]
