"""The markets a session can run: Binance, the simulated exchange, a recording; one shape for all three."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from quant.clock import Clock
from quant.domain import SymbolSpec
from quant.engine.protocol import TruthView
from quant.engine.simulation import SimulatedExchange
from quant.engine.source import SourceSpec
from quant.engine.tape_market import TapeMarket
from quant.errors import ExchangeRejected, ExchangeUnreachable, NotFound
from quant.feed.binance import BinanceDecoder, BinanceUm
from quant.feed.binance_rest import MAX_WEIGHT, BinanceRest
from quant.feed.clock_offset import ClockOffset
from quant.feed.exchange import Channel, ExchangeRest, OnQuarantine
from quant.feed.link import Timing
from quant.feed.listener import OnBatch, OnViews, Tap, ignore_views
from quant.feed.live import LiveFeed, ignore_behind, nothing_known
from quant.feed.pace import Pace
from quant.feed.playhead import Playhead
from quant.feed.recording import RecordingInfo, check_files, probe
from quant.feed.replay import ReplayFeed
from quant.feed.runner import ConnectionInfo
from quant.feed.supervisor import LastId, OnBehind
from quant.feed.watchdog import StreamHealth
from quant.feed.weight_budget import HostBudgets
from quant.settings import Settings

log = structlog.get_logger()

BUDGETS = HostBudgets()
"""Of this process, which has one address: whoever is asked over it counts and bans it as one, whatever the source."""

SPECS_WHEN_SILENT_S, SPECS_EVERY_S = 60.0, 900.0
"""Market seconds between two readings of the symbols, while one is silent and at the most."""


class Market(Protocol):
    """A source of trades with its symbols; `name` keys everything that is kept of it."""

    name: str
    speed: float
    """Market seconds per second, for telling the time between events; 0 where events alone tell it."""
    live: bool
    """True where trades keep coming: bars close by the clock, history can be asked for."""
    kept: bool
    """True where what comes is stored, and a restart goes on from there."""
    specs: Mapping[str, SymbolSpec]
    rest: ExchangeRest | None
    clock_offset: ClockOffset | None
    """How far the exchange's clock is from ours; None before the market is opened, and for a recording."""
    playhead: Playhead | None
    """Of a recording, which can be paused, hurried and moved; None elsewhere."""

    async def open(self) -> None:
        """Make ready and read the symbols; raises ExchangeUnreachable, ExchangeRejected or RecordingError."""
        ...

    async def run(
        self,
        on_batch: OnBatch,
        on_views: OnViews = ignore_views,
        *,
        last_id: LastId = nothing_known,
        on_behind: OnBehind = ignore_behind,
    ) -> None:
        """Hand trades, quotes and mark prices on: without end where live, to the end of a recording otherwise.

        `last_id` tells the newest trade of a symbol that the caller has; `on_behind` hears of a newer one that the
        exchange has and no stream brought. Trades may come more than once.
        """
        ...

    def want(self, symbols: Iterable[str]) -> None: ...

    def connections(self) -> list[ConnectionInfo]: ...

    def is_open(self, symbol: str) -> bool:
        """Tell whether the symbol's trades can arrive now."""
        ...

    def health(self, symbol: str) -> StreamHealth | None:
        """Return how the symbol's trades come in; None where nobody watches, as with a recording."""
        ...

    def view_silence(self, symbol: str, channel: Channel) -> str | None:
        """Return why a channel's quotes or mark prices do not come; None while they do, and with a recording."""
        ...

    def quarantined(self, symbol: str) -> int: ...

    async def truth(self) -> TruthView:
        """Return what a simulated market is made of; raises NotFound elsewhere."""
        ...

    async def close(self) -> None: ...


class LiveMarket:
    """An exchange that speaks Binance USD-M Futures, at the given addresses."""

    live = True
    kept = True
    playhead: Playhead | None = None

    def __init__(
        self,
        name: str,
        *,
        ws_url: str,
        rest_url: str,
        clock: Clock,
        speed: float = 1.0,
        redundancy: int = 2,
        timing: Timing | None = None,
        on_quarantine: OnQuarantine | None = None,
    ) -> None:
        self.name = name
        self.speed = speed
        self.specs: Mapping[str, SymbolSpec] = {}
        self.rest: ExchangeRest | None = None
        self.clock_offset: ClockOffset | None = None
        self.tap: Tap | None = None
        self._ws_url = ws_url
        self._rest_url = rest_url
        self._redundancy = redundancy
        self._timing = timing
        self._on_quarantine = on_quarantine
        self._pace = Pace(clock, speed)
        self._feed: LiveFeed | None = None
        self._wanted: frozenset[str] = frozenset()

    async def open(self) -> None:
        if self.rest is None:
            host = urlsplit(self._rest_url).netloc
            self.rest = BinanceRest(
                self._rest_url,
                pace=self._pace,
                budget=BUDGETS.of(host, limit=MAX_WEIGHT, pace=self._pace),
                on_quarantine=self._on_quarantine,
            )
            self.clock_offset = ClockOffset(self.rest, pace=self._pace)
        await self._read_specs(self.rest)

    async def _read_specs(self, rest: ExchangeRest) -> None:
        self.specs = {spec.symbol: spec for spec in await rest.symbols()}

    async def run(
        self,
        on_batch: OnBatch,
        on_views: OnViews = ignore_views,
        *,
        last_id: LastId = nothing_known,
        on_behind: OnBehind = ignore_behind,
    ) -> None:
        rest, offset = self.rest, self.clock_offset
        if rest is None or offset is None:
            raise ExchangeUnreachable(f"{self.name} has not been opened")
        self._feed = LiveFeed(
            exchange=BinanceUm(),
            base_url=self._ws_url,
            on_batch=on_batch,
            pace=self._pace,
            rest=rest,
            last_id=last_id,
            on_behind=on_behind,
            redundancy=self._redundancy,
            tap=self.tap,
            on_views=on_views,
            timing=self._timing,
            on_quarantine=self._on_quarantine,
        )
        self._feed.want(self._wanted)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._feed.run(), name="feed")
                group.create_task(offset.run(), name="clock offset")
                group.create_task(self._refresh_specs(rest), name="symbols")
        finally:
            self._feed = None  # or its connections would seem as open as they were

    async def _refresh_specs(self, rest: ExchangeRest) -> None:
        """Read the symbols now and then, every minute while one is silent: it may have ceased to trade."""
        waited_s = 0.0
        while True:
            await self._pace.sleep(SPECS_WHEN_SILENT_S)
            waited_s += SPECS_WHEN_SILENT_S
            verdicts = {health.verdict for symbol in self._wanted if (health := self.health(symbol))}
            if verdicts <= {"live"} and waited_s < SPECS_EVERY_S:
                continue
            try:
                await self._read_specs(rest)
                waited_s = 0.0
            except (ExchangeUnreachable, ExchangeRejected) as error:
                log.warning("source.symbols_unknown", market=self.name, error=error.message)

    def want(self, symbols: Iterable[str]) -> None:
        self._wanted = frozenset(symbols)
        if self._feed is not None:
            self._feed.want(self._wanted)

    def connections(self) -> list[ConnectionInfo]:
        return self._feed.connections() if self._feed else []

    def is_open(self, symbol: str) -> bool:
        return self._feed is not None and self._feed.is_open(symbol)

    def health(self, symbol: str) -> StreamHealth | None:
        return self._feed.health(symbol) if self._feed else None

    def view_silence(self, symbol: str, channel: Channel) -> str | None:
        return self._feed.view_silence(symbol, channel) if self._feed else "the connection is down"

    def quarantined(self, symbol: str) -> int:
        by_rest = self.rest.quarantined[symbol] if self.rest is not None else 0
        return by_rest + (self._feed.quarantined(symbol) if self._feed else 0)

    async def truth(self) -> TruthView:
        raise NotFound("only a simulated market has a known truth")

    async def close(self) -> None:
        if self.rest is not None:
            await self.rest.close()
            self.rest = self.clock_offset = None


class SimulatedMarket(LiveMarket):
    """The simulated exchange in a child process, spoken to as if it were Binance."""

    def __init__(
        self,
        spec: SourceSpec,
        settings: Settings,
        clock: Clock,
        *,
        on_quarantine: OnQuarantine | None = None,
    ) -> None:
        # Another speed is another future: its trades must not meet those of real time. Without waiting there is
        # no market, only the recording that this setting was meant for.
        speed = settings.speed or 1.0
        super().__init__(
            f"sim-{spec.seed}" if speed == 1 else f"sim-{spec.seed}-x{speed:g}",
            ws_url="",  # the child tells where it listens
            rest_url="",
            clock=clock,
            speed=speed,
            redundancy=settings.redundant_connections,
            on_quarantine=on_quarantine,
        )
        self.kept = (
            speed == 1
        )  # at another speed the next run begins in this one's past, with ids it has seen
        self._exchange = SimulatedExchange(seed=spec.seed, speed=speed)

    async def open(self) -> None:
        await self.close()
        addresses = await self._exchange.start()
        self._ws_url, self._rest_url = addresses.ws, addresses.rest
        await super().open()

    async def run(
        self,
        on_batch: OnBatch,
        on_views: OnViews = ignore_views,
        *,
        last_id: LastId = nothing_known,
        on_behind: OnBehind = ignore_behind,
    ) -> None:
        async with asyncio.TaskGroup() as group:
            feed = group.create_task(super().run(on_batch, on_views, last_id=last_id, on_behind=on_behind))
            code = await self._exchange.wait()
            feed.cancel()
        raise ExchangeUnreachable(f"the simulated exchange ended with code {code}")

    async def truth(self) -> TruthView:
        return await self._exchange.truth(self.name)

    async def close(self) -> None:
        await super().close()
        await self._exchange.stop()


class RecordedMarket:
    """Raw captures played on their own clock; all their symbols at once. May be run again, from the beginning."""

    speed = 0.0
    live = False
    kept = False  # the file is its own record
    rest: ExchangeRest | None = None
    clock_offset: ClockOffset | None = None

    def __init__(self, spec: SourceSpec, settings: Settings, clock: Clock) -> None:
        self.specs: Mapping[str, SymbolSpec] = {}
        self.playhead: Playhead | None = None
        self._files = spec.files
        self._head = Playhead(speed=settings.speed, clock=clock)
        self._info: RecordingInfo | None = None
        self._decoder = BinanceDecoder()
        self._running = False
        # Until the files are read, their names stand for them: no two sources share a key.
        self.name = f"replay-{hashlib.sha256(spec.text.encode()).hexdigest()[:12]}"

    async def open(self) -> None:
        if self._info is None:
            self._info = await asyncio.to_thread(probe, check_files(str(path) for path in self._files))
        info = self._info
        self.name = f"replay-{info.digest}"
        self.specs = {spec.symbol: spec for spec in info.symbols}
        self._decoder = BinanceDecoder(info.kind)
        self._head.begin, self._head.end = info.begin, info.end
        self.playhead = self._head

    async def run(
        self,
        on_batch: OnBatch,
        on_views: OnViews = ignore_views,
        *,
        last_id: LastId = nothing_known,  # noqa: ARG002  a recording has no more than it plays
        on_behind: OnBehind = ignore_behind,  # noqa: ARG002
    ) -> None:
        self._running = True
        feed = ReplayFeed(
            self._files, decoder=self._decoder, on_batch=on_batch, playhead=self._head, on_views=on_views
        )
        await feed.run()
        self._running = False

    def want(self, symbols: Iterable[str]) -> None:
        """Do nothing: a recording plays as it was; unwanted trades are left out by the session."""

    def connections(self) -> list[ConnectionInfo]:
        return []

    def is_open(self, symbol: str) -> bool:
        return self._running and symbol in self.specs

    def health(self, symbol: str) -> StreamHealth | None:  # noqa: ARG002  nobody watches
        return None

    def view_silence(self, symbol: str, channel: Channel) -> str | None:  # noqa: ARG002  nobody watches
        return None

    def quarantined(self, symbol: str) -> int:
        return self._decoder.quarantined[symbol]

    async def truth(self) -> TruthView:
        raise NotFound("only a simulated market has a known truth")

    async def close(self) -> None:
        """Nothing is held open between runs."""


def make_market(
    spec: SourceSpec, settings: Settings, clock: Clock, *, on_quarantine: OnQuarantine | None = None
) -> Market:
    """Return the market that `spec` names, not yet opened; `on_quarantine` is shown malformed messages."""
    match spec.kind:
        case "binance":
            return LiveMarket(
                "binance-um",
                ws_url=settings.binance_ws_url,
                rest_url=settings.binance_rest_url,
                clock=clock,
                redundancy=settings.redundant_connections,
                on_quarantine=on_quarantine,
            )
        case "sim":
            return SimulatedMarket(spec, settings, clock, on_quarantine=on_quarantine)
        case "replay" if spec.is_tape:
            return TapeMarket(spec, settings, clock)
        case "replay":
            return RecordedMarket(spec, settings, clock)
