"""A live feed beside an exchange that runs many times as fast as life, and what a ledger would hold of it."""

import asyncio
import contextlib
import math
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace

from feed.servers import eventually
from quant.clock import SystemClock
from quant.domain import MarkPrice, Quote, TradeBatch
from quant.feed.binance import BinanceUm
from quant.feed.binance_rest import BinanceRest
from quant.feed.link import Timing
from quant.feed.live import LiveFeed
from quant.feed.pace import Pace
from quant.feed.watchdog import Verdict
from quant.simulator import Fault, FaultPlan, Running, SimConfig, running

SPEED = 20.0

Way = Callable[[str], contextlib.AbstractAsyncContextManager[str]]
"""Takes the exchange's address and gives the one to connect to."""


class Town:
    """The feed at work, the ids that came, and what the exchange knows."""

    def __init__(
        self, exchange: Running, symbols: Sequence[str], *, redundancy: int, timing: Timing, ws_url: str
    ) -> None:
        self.symbols = symbols
        self.exchange = exchange
        self.pace = Pace(SystemClock(), SPEED)
        self.ids: dict[str, set[int]] = defaultdict(set)
        self.views: set[tuple[str, str]] = set()
        """Symbol and kind of the quotes and mark prices that came."""
        self.behind: dict[str, int] = {}
        self.rest = BinanceRest(exchange.rest_url, pace=self.pace)
        self.feed = LiveFeed(
            exchange=BinanceUm(),
            base_url=ws_url,
            on_batch=self._take,
            pace=self.pace,
            rest=self.rest,
            last_id=lambda symbol: max(self.ids[symbol], default=None),
            on_behind=self.behind.__setitem__,
            on_views=self._take_views,
            redundancy=redundancy,
            rng=random.Random(1),
            timing=timing,
        )

    def _take(self, batch: TradeBatch) -> None:
        for symbol, trade_id in zip(batch.symbols(), batch.ids.tolist(), strict=True):
            self.ids[symbol].add(trade_id)

    def _take_views(self, views: list[Quote | MarkPrice]) -> None:
        self.views.update((view.symbol, type(view).__name__) for view in views)

    @property
    def now_s(self) -> float:
        """Return market seconds since the exchange started."""
        return (self.exchange.timeline.now_ms() - self.exchange.timeline.start_ms) / 1000

    def verdict(self, symbol: str) -> Verdict:
        return self.feed.health(symbol).verdict

    def missing(self, symbol: str) -> list[int]:
        """Return the ids between the first and the last that did not come."""
        got = self.ids[symbol]
        return sorted(set(range(min(got), max(got) + 1)) - got) if got else []

    async def until_s(self, market_s: float) -> None:
        """Let the exchange come to that moment."""
        await eventually(lambda: self.now_s >= market_s, what=f"{market_s:g} s of market time")

    def strike(self, **fault: object) -> float:
        """Let a fault begin with the next second of market time; return when."""
        start_s = math.ceil(self.now_s) + 1
        self.exchange.market.add(
            Fault.parse(fault | {"start_s": start_s}), now_ms=self.exchange.timeline.now_ms()
        )
        return start_s

    async def all_live(self) -> None:
        """Return once trades of every symbol come over every connection that carries it."""
        await eventually(self._is_all_live, what="all streams deliver")

    def _is_all_live(self) -> bool:
        links = [link for runner in self.feed._runners() for link in runner._links]
        heard = {(link, symbol) for link in links for symbol, kind in link.heard_s if kind == "trade"}
        legs = [link for link in links if link.owner.startswith("trades")]
        return len(links) == len(self.feed._runners()) and len(heard) == len(legs) * len(self.symbols)

    async def becomes(self, symbol: str, *verdicts: Verdict) -> None:
        await eventually(
            lambda: self.verdict(symbol) in verdicts, what=f"{symbol} is {' or '.join(verdicts)}"
        )

    def reconnects(self) -> dict[str, int]:
        return {info.id: info.reconnects for info in self.feed.connections()}

    def hand_overs(self) -> dict[str, int]:
        return {runner.name: runner.hand_overs for runner in self.feed._runners()}


def in_town(
    scenario: Callable[[Town], Awaitable[None]],
    *symbols: str,
    plan: FaultPlan | None = None,
    redundancy: int = 1,
    way: Way | None = None,
    within_s: float = 200.0,
    **timing: float,
) -> None:
    """Run `scenario` beside a feed of `symbols`; `way` leads from the feed to the exchange, else there is none."""

    async def run() -> None:
        config = SimConfig(seed=7, speed=SPEED, faults=plan or FaultPlan())
        async with (
            asyncio.timeout(within_s),
            running(config) as exchange,
            (way or _straight)(exchange.ws_url) as ws_url,
        ):
            town = Town(
                exchange, symbols, redundancy=redundancy, timing=replace(Timing(), **timing), ws_url=ws_url
            )
            town.feed.want(symbols)
            async with _at_work(town.feed.run()):
                await scenario(town)
            await town.rest.close()

    asyncio.run(run())


@contextlib.asynccontextmanager
async def _straight(ws_url: str) -> AsyncGenerator[str, None]:
    yield ws_url


@contextlib.asynccontextmanager
async def _at_work(work: Awaitable[None]) -> AsyncGenerator[None, None]:
    task = asyncio.ensure_future(work)
    try:
        yield
        assert not task.done(), "a feed never ends"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
