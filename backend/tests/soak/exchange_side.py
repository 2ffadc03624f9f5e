"""The simulated exchange in a process of its own: many runs, one after the other."""

import asyncio
import contextlib
import time
from dataclasses import dataclass

from quant.clock import NS_PER_MS
from quant.simulator import Running, SimConfig, running

LOOK_EVERY_S = 0.002


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the exchange answers, and where its time began."""

    ws: str
    rest: str
    origin_ms: int


class HeldClock:
    """The machine's clocks, once let go: until then they stand."""

    def __init__(self) -> None:
        self._wall_ns, self._monotonic_s = time.time_ns(), time.monotonic()
        self._held_s: float | None = None

    def let_go(self) -> None:
        if self._held_s is None:
            self._held_s = time.monotonic() - self._monotonic_s

    def _passed_s(self) -> float:
        return 0.0 if self._held_s is None else time.monotonic() - self._monotonic_s - self._held_s

    def wall_ns(self) -> int:
        return self._wall_ns + round(1e9 * self._passed_s())

    def monotonic_s(self) -> float:
        return self._monotonic_s + self._passed_s()


class ExchangeSide:
    """Runs one exchange at a time."""

    def __init__(self, _reports: object) -> None:
        self._stack = contextlib.AsyncExitStack()
        self._clock = HeldClock()
        self._exchange: Running | None = None

    async def start(self, config: SimConfig) -> Addresses:
        """Start an exchange in place of the one before, its time standing still; return where it answers."""
        await self.stop()
        self._clock = HeldClock()
        self._exchange = await self._stack.enter_async_context(running(config, clock=self._clock))
        return Addresses(self._exchange.ws_url, self._exchange.rest_url, self._exchange.timeline.start_ms)

    async def let_go(self) -> None:
        """Let the market's time run."""
        self._clock.let_go()

    async def reach(self, market_s: float) -> float:
        """Return once `market_s` of market time have passed since the start, with how many have."""
        while (passed := self._passed_s()) < market_s:  # noqa: ASYNC110 - a clock rings no bell
            await asyncio.sleep(LOOK_EVERY_S)
        return passed

    async def bites(self) -> dict[str, int]:
        """Return how often each kind of fault has bitten."""
        return self._running.injector.bites()

    async def stop(self) -> None:
        """End the exchange, telling its clients; harmless when there is none."""
        await self._stack.aclose()
        self._exchange = None

    @property
    def _running(self) -> Running:
        assert self._exchange is not None, "no exchange has been started"
        return self._exchange

    def _passed_s(self) -> float:
        timeline = self._running.timeline
        return (timeline.now_ns() - timeline.start_ms * NS_PER_MS) / 1e9
