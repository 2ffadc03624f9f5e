"""A live exchange as a feed: as many connections as the wanted symbols need."""

import asyncio
import random
from collections.abc import Callable, Iterable
from functools import partial

from quant.clock import Clock
from quant.feed.exchange import Channel, Exchange
from quant.feed.listener import OnBatch, OnViews, Tap, ignore_views
from quant.feed.runner import ConnectionInfo, ConnectionRunner, Sleep, Timing

CHANNELS: tuple[Channel, ...] = ("trades", "quotes")

SYMBOLS_PER_CONNECTION = 100
"""Two streams each on the trades channel: 200, which the exchange's older text allows and the newer exceeds."""


class LiveFeed:
    """Spreads the wanted symbols over connections and keeps each symbol where it is."""

    def __init__(
        self,
        *,
        exchange: Exchange,
        base_url: str,
        on_batch: OnBatch,
        clock: Clock,
        tap: Tap | None = None,
        on_views: OnViews = ignore_views,
        rng: random.Random | None = None,
        timing: Timing | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._make: Callable[..., ConnectionRunner] = partial(
            ConnectionRunner,
            exchange=exchange,
            base_url=base_url,
            on_batch=on_batch,
            clock=clock,
            rng=rng or random.Random(),  # noqa: S311  jitter, not a secret
            tap=tap,
            on_views=on_views,
            timing=timing,
            sleep=sleep,
        )
        self._runners: list[ConnectionRunner] = []
        self._grown = asyncio.Event()

    def want(self, symbols: Iterable[str]) -> None:
        """Change the set of streamed symbols; streams that stay are not touched."""
        symbols = set(symbols)
        for channel in CHANNELS:
            self._want(channel, symbols)

    def _want(self, channel: Channel, symbols: set[str]) -> None:
        runners = [runner for runner in self._runners if runner.channel == channel]
        keep = [runner.wanted & symbols for runner in runners]
        for symbol in sorted(symbols.difference(*keep)):
            roomy = next((held for held in keep if len(held) < SYMBOLS_PER_CONNECTION), None)
            if roomy is None:
                roomy = set()
                keep.append(roomy)
                runners.append(self._make(f"{channel}-{len(runners) + 1}", channel=channel))
                self._runners.append(runners[-1])
                self._grown.set()
            roomy.add(symbol)
        for runner, held in zip(runners, keep, strict=True):
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
        """Tell whether the connection that carries the symbol's trades is up."""
        return any(
            symbol in runner.wanted and runner.is_open
            for runner in self._runners
            if runner.channel == "trades"
        )

    def quarantined(self, symbol: str) -> int:
        """Return how many of the symbol's frames broke the protocol."""
        return sum(runner.decoder.quarantined.get(symbol, 0) for runner in self._runners)
