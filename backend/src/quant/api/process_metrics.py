"""How this process does: memory, time, files, and how late its event loop comes to what is due."""

import asyncio
import contextlib
import re
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Histogram, PlatformCollector, ProcessCollector

LAG_EVERY_S = 0.25
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LAGS_OVER_S = 60
STATUS = Path("/proc/self/status")
BYTES_PER_KB = 1024


@dataclass(frozen=True, slots=True)
class ProcessView:
    """What the process takes; None where the operating system does not tell."""

    started_s: float  # Unix time
    cpu_s: float
    memory_bytes: int | None
    peak_memory_bytes: int | None
    open_files: int | None
    most_open_files: int | None
    threads: int


class ProcessMetrics:
    """The metrics of one application, apart from those of any other in this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._process = ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._made_s = time.time()
        self._lags_s: deque[float] = deque(maxlen=round(LAGS_OVER_S / LAG_EVERY_S))
        self._lag = Histogram(
            "quant_event_loop_lag_seconds",
            "How much later than asked for the event loop came back to a task",
            buckets=LAG_BUCKETS,
            registry=self.registry,
        )

    def view(self) -> ProcessView:
        """Return what /metrics says of the process, and what the system says of its peak and threads."""
        said = {sample.name: sample.value for each in self._process.collect() for sample in each.samples}
        status = _status()
        memory = _whole(said.get("process_resident_memory_bytes"))
        peak = status["VmHWM"] * BYTES_PER_KB if "VmHWM" in status else None
        return ProcessView(
            started_s=said.get("process_start_time_seconds", self._made_s),
            cpu_s=said.get("process_cpu_seconds_total", time.process_time()),
            memory_bytes=memory,
            # Linux notes the peak now and then, and may be behind what it says of now.
            peak_memory_bytes=None if peak is None else max(peak, memory or 0),
            open_files=_whole(said.get("process_open_fds")),
            most_open_files=_whole(said.get("process_max_fds")),
            threads=status.get("Threads", threading.active_count()),
        )

    def lags_s(self) -> tuple[float, ...]:
        """Return how late the event loop was at each measurement of the last minute, oldest first."""
        return tuple(self._lags_s)

    @contextlib.asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        """Measure the event loop's lag while the block runs."""
        measuring = asyncio.create_task(self._measure_lag(), name="event-loop-lag")
        try:
            yield
        finally:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)

    async def _measure_lag(self) -> None:
        while True:
            due_s = time.monotonic() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            lag_s = max(0.0, time.monotonic() - due_s)
            self._lag.observe(lag_s)
            self._lags_s.append(lag_s)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _status() -> dict[str, int]:
    """Return the numbers that Linux tells of this process by name; nothing elsewhere."""
    try:
        text = STATUS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return {}
    return {name: int(value) for name, value in re.findall(r"(?m)^(\w+):\s+(\d+)(?: kB)?$", text)}
