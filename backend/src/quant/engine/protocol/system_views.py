"""What the process takes and how fast it is, and how it is configured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from quant.engine.protocol.status_views import JournalView


@dataclass(frozen=True, slots=True)
class BuffersView:
    """What all symbols together hold in memory; quiet bars count as any other."""

    symbols: int
    ticks: int
    tick_capacity: int
    tick_bytes: int
    bars: int
    bar_bytes: int


@dataclass(frozen=True, slots=True)
class DelaysView:
    """How late trades came: `counts[k]` by at most the k-th bound and more than the one before, the last by more than
    all; percentiles are None where no trade came."""

    trades: int
    counts: tuple[int, ...]
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None


@dataclass(frozen=True, slots=True)
class LatencyView:
    """Receive time minus exchange time of the newest trades, `most` a symbol, of the last `over_s` of market time."""

    status: Literal["ok", "no_trades", "not_comparable"]
    reason: str | None
    over_s: int
    most: int
    bounds_ms: tuple[int, ...]
    total: DelaysView
    symbols: Mapping[str, DelaysView]


@dataclass(frozen=True, slots=True)
class SystemView:
    market: str
    as_of: int | None
    buffers: BuffersView
    journal: JournalView
    latency: LatencyView


@dataclass(frozen=True, slots=True)
class ConfigView:
    market: str
    source: str
    sources: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    status: Literal["ok", "starting", "degraded"]
    reason: str | None
