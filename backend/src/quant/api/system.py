"""/system/status: what runs, what it takes, and how late trades come; the page /system shows it."""

import platform
import shutil
import sqlite3
import time
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from fastapi import APIRouter, Request

from quant import __version__
from quant.api import system_schemas as wire
from quant.api.parameters import EngineOf
from quant.api.problems import responses
from quant.api.process_metrics import LAGS_OVER_S, ProcessView
from quant.api.views import journal_status, ms
from quant.engine import protocol as engine

MS_PER_S = 1000
LIBRARIES = (
    "fastapi",
    "llvmlite",
    "msgspec",
    "numba",
    "numpy",
    "picows",
    "polars",
    "prometheus-client",
    "pyarrow",
    "pydantic",
    "scipy",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
    "websockets",
)

router = APIRouter(prefix="/system", tags=["health"])


@router.get("/status", responses=responses(503))
async def system_status(request: Request, engine: EngineOf) -> wire.SystemStatus:
    """Versions, process, event loop, buffers, journal and disk, and how late trades come, as a histogram."""
    state = request.app.state
    view = await engine.system()
    used_bytes = await state.data_size.bytes()
    return wire.SystemStatus(
        market=view.market,
        as_of=ms(view.as_of),
        versions=_versions(),
        process=_process(state.process_metrics.view()),
        event_loop=_loop_lag(state.process_metrics.lags_s()),
        buffers=_buffers(view.buffers),
        journal=journal_status(view.journal),
        disk=_disk(state.settings.data_dir, used_bytes=used_bytes),
        latency=_latency(view.latency),
    )


@cache
def _versions() -> wire.Versions:
    libraries = {}
    for name in LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:  # not every system needs it
            continue
    return wire.Versions(
        product=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        sqlite=sqlite3.sqlite_version,
        libraries=libraries,
    )


def _process(view: ProcessView) -> wire.ProcessUse:
    return wire.ProcessUse(
        started_at=round(view.started_s * MS_PER_S),
        uptime_s=round(max(0.0, time.time() - view.started_s), 1),
        cpu_s=round(view.cpu_s, 1),
        memory_bytes=view.memory_bytes,
        peak_memory_bytes=view.peak_memory_bytes,
        open_files=view.open_files,
        most_open_files=view.most_open_files,
        threads=view.threads,
    )


def _loop_lag(lags_s: Sequence[float]) -> wire.LoopLag:
    found: list[float | None] = [None] * 3
    if lags_s:
        found = (np.percentile(lags_s, (50, 99, 100)) * MS_PER_S).round(1).tolist()
    return wire.LoopLag(
        over_s=LAGS_OVER_S, samples=len(lags_s), p50_ms=found[0], p99_ms=found[1], max_ms=found[2]
    )


def _buffers(view: engine.BuffersView) -> wire.Buffers:
    return wire.Buffers(
        symbols=view.symbols,
        ticks=view.ticks,
        tick_capacity=view.tick_capacity,
        tick_bytes=view.tick_bytes,
        bars=view.bars,
        bar_bytes=view.bar_bytes,
    )


def _disk(data_dir: Path, *, used_bytes: int | None) -> wire.DiskUse:
    try:
        disk = shutil.disk_usage(data_dir)
    except OSError:  # no number where the system has none
        return wire.DiskUse(used_bytes=used_bytes, free_bytes=None, total_bytes=None)
    return wire.DiskUse(used_bytes=used_bytes, free_bytes=disk.free, total_bytes=disk.total)


def _latency(view: engine.LatencyView) -> wire.FeedLatency:
    return wire.FeedLatency(
        status=view.status,
        reason=view.reason,
        over_s=view.over_s,
        most=view.most,
        bounds_ms=list(view.bounds_ms),
        total=_delays(view.total),
        symbols=[
            wire.SymbolDelays(symbol=symbol, **_delays(each).model_dump())
            for symbol, each in sorted(view.symbols.items())
        ],
    )


def _delays(view: engine.DelaysView) -> wire.Delays:
    return wire.Delays(
        trades=view.trades,
        counts=list(view.counts),
        p50_ms=view.p50_ms,
        p95_ms=view.p95_ms,
        p99_ms=view.p99_ms,
        max_ms=view.max_ms,
    )
