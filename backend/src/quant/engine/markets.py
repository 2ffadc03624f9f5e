"""The markets a session can run: Binance, the simulated exchange, a recording; one shape for all three."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Protocol

from quant.clock import Clock
from quant.domain import SymbolSpec
from quant.engine.protocol import TruthView
from quant.engine.simulation import SimulatedExchange
from quant.engine.source import SourceSpec
from quant.errors import ExchangeUnreachable, NotFound
from quant.feed.binance import BinanceDecoder, BinanceUm
from quant.feed.binance_rest import BinanceRest
from quant.feed.exchange import ExchangeRest
from quant.feed.listener import OnBatch, OnViews, Tap, ignore_views
from quant.feed.live import LiveFeed
from quant.feed.recording import check_files, probe
from quant.feed.replay import ReplayFeed
from quant.feed.runner import ConnectionInfo
from quant.settings import Settings


class Market(Protocol):
    """A source of trades with its symbols; `name` keys everything that is kept of it."""

    name: str
    speed: float
    """Market seconds per second, for telling the time between events; 0 where events alone tell it."""
    live: bool
    """True where trades keep coming: bars close by the clock, history can be asked for."""
    specs: Mapping[str, SymbolSpec]
    rest: ExchangeRest | None

    async def open(self) -> None:
        """Make ready and read the symbols; raises ExchangeUnreachable, ExchangeRejected or RecordingError."""
        ...

    async def run(self, on_batch: OnBatch, on_views: OnViews = ignore_views) -> None:
        """Hand trades, quotes and mark prices on: without end where live, to the end of a recording otherwise."""
        ...

    def want(self, symbols: Iterable[str]) -> None: ...

    def connections(self) -> list[ConnectionInfo]: ...

    def is_open(self, symbol: str) -> bool:
        """Tell whether the symbol's trades can arrive now."""
        ...

    def quarantined(self, symbol: str) -> int: ...

    async def truth(self) -> TruthView:
        """Return what a simulated market is made of; raises NotFound elsewhere."""
        ...

    async def close(self) -> None: ...


class BinanceMarket:
    """Binance USD-M Futures at the configured hosts."""

    name = "binance-um"
    speed = 1.0
    live = True

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.specs: Mapping[str, SymbolSpec] = {}
        self.rest: ExchangeRest | None = None
        self.tap: Tap | None = None
        self._ws_url = settings.binance_ws_url
        self._rest_url = settings.binance_rest_url
        self._clock = clock
        self._feed: LiveFeed | None = None
        self._wanted: frozenset[str] = frozenset()

    async def open(self) -> None:
        if self.rest is None:
            self.rest = BinanceRest(self._rest_url)
        self.specs = {spec.symbol: spec for spec in await self.rest.symbols()}

    async def run(self, on_batch: OnBatch, on_views: OnViews = ignore_views) -> None:
        self._feed = LiveFeed(
            exchange=BinanceUm(),
            base_url=self._ws_url,
            on_batch=on_batch,
            clock=self._clock,
            tap=self.tap,
            on_views=on_views,
        )
        self._feed.want(self._wanted)
        try:
            await self._feed.run()
        finally:
            self._feed = None  # or its connections would seem as open as they were

    def want(self, symbols: Iterable[str]) -> None:
        self._wanted = frozenset(symbols)
        if self._feed is not None:
            self._feed.want(self._wanted)

    def connections(self) -> list[ConnectionInfo]:
        return self._feed.connections() if self._feed else []

    def is_open(self, symbol: str) -> bool:
        return self._feed is not None and self._feed.is_open(symbol)

    def quarantined(self, symbol: str) -> int:
        return self._feed.quarantined(symbol) if self._feed else 0

    async def truth(self) -> TruthView:
        raise NotFound("only a simulated market has a known truth")

    async def close(self) -> None:
        if self.rest is not None:
            await self.rest.close()
            self.rest = None


class SimulatedMarket(BinanceMarket):
    """The simulated exchange in a child process, spoken to as if it were Binance."""

    def __init__(self, spec: SourceSpec, settings: Settings, clock: Clock) -> None:
        super().__init__(settings, clock)
        # Another speed is another future: its trades must not meet those of real time. Without waiting there is
        # no market, only the recording that this setting was meant for.
        self.speed = settings.speed or 1.0
        self.name = f"sim-{spec.seed}" if self.speed == 1 else f"sim-{spec.seed}-x{self.speed:g}"
        self._exchange = SimulatedExchange(seed=spec.seed, speed=self.speed)

    async def open(self) -> None:
        await self.close()
        addresses = await self._exchange.start()
        self._ws_url, self._rest_url = addresses.ws, addresses.rest
        await super().open()

    async def run(self, on_batch: OnBatch, on_views: OnViews = ignore_views) -> None:
        async with asyncio.TaskGroup() as group:
            feed = group.create_task(super().run(on_batch, on_views))
            code = await self._exchange.wait()
            feed.cancel()
        raise ExchangeUnreachable(f"the simulated exchange ended with code {code}")

    async def truth(self) -> TruthView:
        return await self._exchange.truth(self.name)

    async def close(self) -> None:
        await super().close()
        await self._exchange.stop()


class RecordedMarket:
    """Raw captures played once on their own clock; all their symbols at once."""

    speed = 0.0
    live = False
    rest: ExchangeRest | None = None

    def __init__(self, spec: SourceSpec, settings: Settings, clock: Clock) -> None:
        self.specs: Mapping[str, SymbolSpec] = {}
        self._files = spec.files
        self._speed = settings.speed
        self._clock = clock
        self._decoder = BinanceDecoder()
        self._running = False
        # Until the files are read, their names stand for them: no two sources share a key.
        self.name = f"replay-{hashlib.sha256(spec.text.encode()).hexdigest()[:12]}"

    async def open(self) -> None:
        info = await asyncio.to_thread(probe, check_files(str(path) for path in self._files))
        self.name = f"replay-{info.digest}"
        self.specs = {spec.symbol: spec for spec in info.symbols}
        self._decoder = BinanceDecoder(info.kind)

    async def run(self, on_batch: OnBatch, on_views: OnViews = ignore_views) -> None:
        self._running = True
        feed = ReplayFeed(
            self._files,
            decoder=self._decoder,
            on_batch=on_batch,
            clock=self._clock,
            speed=self._speed,
            on_views=on_views,
        )
        await feed.run()
        self._running = False

    def want(self, symbols: Iterable[str]) -> None:
        """Do nothing: a recording plays as it was; unwanted trades are left out by the session."""

    def connections(self) -> list[ConnectionInfo]:
        return []

    def is_open(self, symbol: str) -> bool:
        return self._running and symbol in self.specs

    def quarantined(self, symbol: str) -> int:
        return self._decoder.quarantined[symbol]

    async def truth(self) -> TruthView:
        raise NotFound("only a simulated market has a known truth")

    async def close(self) -> None:
        """Nothing is held open between runs."""


def make_market(spec: SourceSpec, settings: Settings, clock: Clock) -> Market:
    """Return the market that `spec` names, not yet opened."""
    match spec.kind:
        case "binance":
            return BinanceMarket(settings, clock)
        case "sim":
            return SimulatedMarket(spec, settings, clock)
        case "replay":
            return RecordedMarket(spec, settings, clock)
