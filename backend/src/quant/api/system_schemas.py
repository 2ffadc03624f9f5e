"""What /system/status says: versions, process, memory, disk, and how late trades come."""

from typing import Annotated, Any, Literal

from pydantic import Field

from quant.api.schemas import Journal, MarketHeader, Milliseconds, Wire

EXAMPLE: dict[str, Any] = {  # JSON
    "market": "sim-7",
    "as_of": 1763819520000,
    "versions": {
        "product": "0.1.0",
        "python": "3.11.9",
        "platform": "Linux-6.1.0-x86_64-with-glibc2.36",
        "sqlite": "3.40.1",
        "libraries": {"fastapi": "0.165.0", "numba": "0.68.0", "numpy": "2.4.0", "polars": "2.1.0"},
    },
    "process": {
        "started_at": 1763816000000,
        "uptime_s": 3520.4,
        "cpu_s": 211.7,
        "memory_bytes": 263192576,
        "peak_memory_bytes": 281018368,
        "open_files": 31,
        "most_open_files": 1024,
        "threads": 9,
    },
    "event_loop": {"over_s": 60, "samples": 240, "p50_ms": 0.4, "p99_ms": 6.2, "max_ms": 9.8},
    "buffers": {
        "symbols": 2,
        "ticks": 14210,
        "tick_capacity": 20000,
        "tick_bytes": 682080,
        "bars": 3870,
        "bar_bytes": 340560,
    },
    "journal": {
        "state": "ok",
        "reason": None,
        "lag_ms": 12.0,
        "pending_rows": 3,
        "committed_rows": 41200,
        "dropped_rows": 0,
    },
    "disk": {"used_bytes": 6291456, "free_bytes": 41875931136, "total_bytes": 105089261568},
    "latency": {
        "status": "ok",
        "reason": None,
        "over_s": 300,
        "most": 1000,
        "bounds_ms": [10, 50, 100],
        "total": {
            "trades": 1900,
            "counts": [600, 1290, 10, 0],
            "p50_ms": 18.0,
            "p95_ms": 41.5,
            "p99_ms": 52.0,
            "max_ms": 71.3,
        },
        "symbols": [
            {
                "symbol": "BTCUSDT",
                "trades": 1000,
                "counts": [310, 684, 6, 0],
                "p50_ms": 18.4,
                "p95_ms": 41.9,
                "p99_ms": 53.0,
                "max_ms": 71.3,
            },
            {
                "symbol": "ETHUSDT",
                "trades": 900,
                "counts": [290, 606, 4, 0],
                "p50_ms": 17.6,
                "p95_ms": 41.0,
                "p99_ms": 50.8,
                "max_ms": 66.0,
            },
        ],
    },
}


class Versions(Wire):
    """What a report of a mistake has to name."""

    product: str
    python: str
    platform: Annotated[str, Field(description="operating system and processor, without the machine's name")]
    sqlite: str
    libraries: Annotated[dict[str, str], Field(description="version by name, of what is installed")]


class ProcessUse(Wire):
    """What the server's process takes; null where the operating system does not tell."""

    started_at: Milliseconds
    uptime_s: float
    cpu_s: Annotated[float, Field(description="processor time since the start, of all threads")]
    memory_bytes: Annotated[int | None, Field(description="resident memory")]
    peak_memory_bytes: Annotated[int | None, Field(description="most resident memory since the start")]
    open_files: int | None
    most_open_files: Annotated[int | None, Field(description="the process may not open more")]
    threads: int


class LoopLag(Wire):
    """How much later than asked for the event loop came back to a task; null before the first measurement."""

    over_s: Annotated[int, Field(description="how far back the measurements reach, at most")]
    samples: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class Buffers(Wire):
    """What all symbols together hold in memory; `/data/stats` has each of them."""

    symbols: int
    ticks: int
    tick_capacity: Annotated[int, Field(description="TICK_BUFFER_SIZE of each symbol")]
    tick_bytes: int
    bars: int
    bar_bytes: int


class DiskUse(Wire):
    """The disk that DATA_DIR is on; null where it cannot be read."""

    used_bytes: Annotated[int | None, Field(description="all files in DATA_DIR, at most a minute old")]
    free_bytes: int | None
    total_bytes: int | None


class Delays(Wire):
    """`counts[k]` trades came by at most `bounds_ms[k]` late and by more than the bound before it; the last count is
    of those later than all bounds. Percentiles are null where no trade came."""

    trades: int
    counts: list[int]
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class SymbolDelays(Delays):
    symbol: str


class FeedLatency(Wire):
    """Receive time minus exchange time, with the two clocks set against each other as far as is known.

    Of trades that a stream brought; those that were fetched came later than they could have been heard.
    """

    status: Annotated[
        Literal["ok", "no_trades", "not_comparable"],
        Field(description="not_comparable: a source that does not run at the pace of the clock"),
    ]
    reason: Annotated[str | None, Field(description="why there is no latency, null where there is")]
    over_s: Annotated[int, Field(description="how far back in market time it reaches")]
    most: Annotated[int, Field(description="of each symbol the newest trades, so many at most")]
    bounds_ms: list[int]
    total: Annotated[Delays, Field(description="all symbols together")]
    symbols: Annotated[list[SymbolDelays], Field(description="those with trades, by name")]


class SystemStatus(MarketHeader):
    versions: Versions
    process: ProcessUse
    event_loop: LoopLag
    buffers: Buffers
    journal: Journal
    disk: DiskUse
    latency: FeedLatency
