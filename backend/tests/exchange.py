"""The simulated exchange inside this process, on a clock that outlives it: stop it, start it, and it goes on."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

from quant.simulator import Running, SimConfig, running
from waiting import PATIENCE_S, eventually


class FastClock:
    """Runs `speed` times as fast as the machine's clock, from now."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._wall_ns = time.time_ns()
        self._monotonic_s = time.monotonic()

    def wall_ns(self) -> int:
        return self._wall_ns + round(self._speed * 1e9 * (time.monotonic() - self._monotonic_s))

    def monotonic_s(self) -> float:
        return time.monotonic()


class Exchange:
    """One market behind two ports that stay the same over stops and starts."""

    def __init__(self, *, seed: int, speed: float = 1.0) -> None:
        self.seed = seed
        self.clock = FastClock(speed)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._ws_port = self._rest_port = 0
        self.started: Running | None = None
        self.start()

    @property
    def settings(self) -> dict[str, str]:
        """Return what points the platform's Binance source here."""
        return {
            "source": "binance",
            "binance_ws_url": f"ws://127.0.0.1:{self._ws_port}",
            "binance_rest_url": f"http://127.0.0.1:{self._rest_port}",
        }

    def start(self) -> None:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="exchange")
        self._thread.start()
        self.started = eventually(lambda: self.started, what="the exchange is up")
        self._ws_port = int(self.started.ws_url.rpartition(":")[2])
        self._rest_port = int(self.started.rest_url.rpartition(":")[2])

    async def _run(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        config = SimConfig(seed=self.seed, ws_port=self._ws_port, rest_port=self._rest_port)
        async with running(config, clock=self.clock) as started:
            self.started = started
            await self._end.wait()

    def stop(self) -> None:
        """Go away, telling every client; harmless when stopped."""
        thread, self._thread, self.started = self._thread, None, None
        if thread is not None and self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the exchange did not stop"


@contextlib.contextmanager
def exchange(*, seed: int, speed: float = 1.0) -> Iterator[Exchange]:
    """Run an exchange for the length of the block."""
    started = Exchange(seed=seed, speed=speed)
    try:
        yield started
    finally:
        started.stop()
