"""A live exchange as a feed: as many connections as the wanted symbols need."""

import asyncio
import random
from collections.abc import Callable, Iterable
from functools import partial

from quant.clock import Clock
from quant.domain import TradeBatch
from quant.feed.exchange import Exchange
from quant.feed.runner import ConnectionInfo, ConnectionRunner, Tap

STREAMS_PER_CONNECTION = 200  # newer exchange text says 1024, older 200


class LiveFeed:
    """Spreads the wanted symbols over connections and keeps each symbol where it is."""

    def __init__(
        self,
        *,
        exchange: Exchange,
        base_url: str,
        on_batch: Callable[[TradeBatch], None],
        on_state: Callable[[], None],
        clock: Clock,
        tap: Tap | None = None,
    ) -> None:
        self._make: Callable[[str], ConnectionRunner] = partial(
            ConnectionRunner,
            exchange=exchange,
            base_url=base_url,
            on_batch=on_batch,
            on_state=on_state,
            clock=clock,
            rng=random.Random(),  # noqa: S311  jitter, not a secret
            tap=tap,
        )
        self._runners: list[ConnectionRunner] = []
        self._grown = asyncio.Event()

    def want(self, symbols: Iterable[str]) -> None:
        """Change the set of streamed symbols; streams that stay are not touched."""
        left = set(symbols)
        keep: list[set[str]] = []
        for runner in self._runners:
            keep.append(runner.wanted & left)
            left -= runner.wanted
        for symbol in sorted(left):
            roomy = next((held for held in keep if len(held) < STREAMS_PER_CONNECTION), None)
            if roomy is None:
                roomy = set()
                keep.append(roomy)
                self._runners.append(self._make(f"c{len(self._runners) + 1}"))
                self._grown.set()
            roomy.add(symbol)
        for runner, held in zip(self._runners, keep, strict=True):
            if held != runner.wanted:
                runner.want(held)

    async def run(self) -> None:
        """Run all connections until cancelled."""
        async with asyncio.TaskGroup() as group:
            started = 0
            while True:
                for runner in self._runners[started:]:
                    group.create_task(runner.run(), name=f"feed {runner.name}")
                started = len(self._runners)
                await self._grown.wait()
                self._grown.clear()

    def connections(self) -> list[ConnectionInfo]:
        return [runner.info() for runner in self._runners]

    def is_open(self, symbol: str) -> bool:
        """Tell whether the connection that carries `symbol` is up."""
        return any(symbol in runner.wanted and runner.is_open for runner in self._runners)

    def quarantined(self, symbol: str) -> int:
        """Return how many of the symbol's frames broke the protocol."""
        return sum(runner.decoder.quarantined.get(symbol, 0) for runner in self._runners)
