"""What a running market holds in memory and how late its trades come, read a symbol at a time."""

import asyncio

from quant.clock import Clock
from quant.domain import FloatArray
from quant.engine.latency import latency_view, recent_ms
from quant.engine.protocol import BuffersView, JournalView, SystemView
from quant.engine.running import RunningMarket
from quant.market.columns import BAR
from quant.market.state import MarketState

FRESH_S = 1.0


class SystemReader:
    """Reads a running market for all who ask, at most once a second: of hundreds of symbols it takes a while."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reading = asyncio.Lock()
        self._of: MarketState | None = None
        self._view: SystemView | None = None
        self._read_s = 0.0

    async def view(self, running: RunningMarket) -> SystemView:
        """Return what the market holds and how late its trades come, as it was within the last second."""
        async with self._reading:
            age_s = self._clock.monotonic_s() - self._read_s
            if self._view is None or self._of is not running.state or age_s > FRESH_S:
                self._of, self._view = running.state, await _read(running)
                self._read_s = self._clock.monotonic_s()
            return self._view


async def _read(running: RunningMarket) -> SystemView:
    """Return the view; the event loop goes on between two symbols, and while the delays are counted."""
    state = running.state
    symbols = state.symbols
    ticks = tick_bytes = bars = 0
    delays: dict[str, FloatArray] = {}
    for symbol in symbols:
        ticks += state.tick_count(symbol)
        tick_bytes += state.memory_bytes(symbol)
        bars += sum(state.bar_count(symbol, interval.name) for interval in state.intervals)
        delays[symbol] = recent_ms(running, state, symbol)
        await asyncio.sleep(0)
    latency = await asyncio.to_thread(latency_view, delays, speed=running.market.speed)
    return SystemView(
        market=state.market,
        as_of=running.as_of,
        buffers=BuffersView(
            symbols=len(symbols),
            ticks=ticks,
            tick_capacity=len(symbols) * state.tick_capacity,
            tick_bytes=tick_bytes,
            bars=bars,
            bar_bytes=bars * BAR.itemsize,
        ),
        journal=running.persistence.view() if running.persistence is not None else JournalView(),
        latency=latency,
    )
