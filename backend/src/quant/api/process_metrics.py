"""How this process does: memory, time, files, and how late its event loop comes to what is due."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from prometheus_client import CollectorRegistry, Histogram, PlatformCollector, ProcessCollector

LAG_EVERY_S = 0.25
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class ProcessMetrics:
    """The metrics of one application, apart from those of any other in this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._lag = Histogram(
            "quant_event_loop_lag_seconds",
            "How much later than asked for the event loop came back to a task",
            buckets=LAG_BUCKETS,
            registry=self.registry,
        )

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
            self._lag.observe(max(0.0, time.monotonic() - due_s))
