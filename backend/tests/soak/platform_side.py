"""The platform in a process of its own: its engine, as `quant serve` runs it, at an exchange that is already there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

from quant.clock import NS_PER_S, SystemClock
from quant.domain import Bars, Interval
from quant.engine import history, markets, session
from quant.engine.running import RunningMarket
from quant.errors import QuantError
from quant.market.ledger import HoleState
from quant.settings import Settings
from quant.storage.id_ranges import IdRange
from soak.planted import plant

INTERVALS = ("1s", "5s", "1m", "5m")
KLINES = 60
"""Bars of warm-up asked for; 1,500 of each interval would be most of a run's work."""

TICKS_KEPT = 1_000_000
WANT_EVERY_S = 0.02
LOOK_EVERY_S = 0.01
CONNECTED_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Platform:
    """How to start the platform for one run."""

    data_dir: Path
    ws_url: str
    rest_url: str
    market: str
    speed: float
    symbols: tuple[str, ...]
    connections: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a symbol's ledger is."""

    last_id: int
    open_holes: int
    open_ids: int
    open_from: int | None  # the lowest id of an open hole


@dataclass(frozen=True, slots=True)
class LiveSymbol:
    """What the market state held of a symbol when it stopped."""

    bars: dict[str, Bars]
    accepted: int
    duplicates: int
    out_of_order: int
    filled: int


@dataclass(frozen=True, slots=True)
class Committed:
    """What the journal says is on disk since it was opened, and `PRAGMA synchronous` of the connection that wrote."""

    ids: dict[str, tuple[IdRange, ...]]
    synchronous: int


class PlatformSide:
    """Runs one engine at a time. `planted` names a bug that it shall have; a `reporting` one tells every commit."""

    def __init__(self, reports: Connection, planted: str | None, reporting: bool) -> None:
        self._reports = reports if reporting else None
        if planted is not None:
            plant(planted)
        self._session: session.Session | None = None
        self._wanting: asyncio.Task[None] | None = None

    async def open(self, platform: Platform) -> None:
        """Start the engine on its data directory; streams begin by themselves as their symbols are listed."""
        history.DEPTH = KLINES
        market = markets.LiveMarket(
            platform.market,
            ws_url=platform.ws_url,
            rest_url=platform.rest_url,
            clock=SystemClock(),
            speed=platform.speed,
            redundancy=platform.connections,
        )
        settings = Settings(
            source="binance",
            data_dir=platform.data_dir,
            resample_intervals=INTERVALS,
            tick_buffer_size=TICKS_KEPT,
            tick_retention_days=0,  # the market's days are long past for the clock on the wall
        )
        with mock.patch.object(session, "make_market", return_value=market):
            self._session = session.Session(settings)
            if self._reports is not None:
                self._session._persistence.journal._on_commit = self._report
            await self._session.start()
        self._wanting = asyncio.create_task(self._want(platform.symbols))

    def _report(self, _ticket: int) -> None:
        running, journal = self._running, self._engine._persistence.journal
        writer = journal._writer
        assert self._reports is not None
        assert writer is not None, "a commit was reported before there was a connection"
        (synchronous,) = writer.connection.execute("PRAGMA synchronous").fetchone()
        market = running.market.name
        ids = {symbol: journal.committed_ids(market, symbol) for symbol in running.state.symbols}
        self._reports.send(Committed(ids, synchronous))

    async def connected(self) -> None:
        """Return once every connection of its trades is open, that its listed symbols need."""
        async with asyncio.timeout(CONNECTED_WITHIN_S):
            while True:
                states = [
                    each.state for each in self._running.market.connections() if each.id.startswith("trades")
                ]
                if states and all(state == "open" for state in states):
                    return
                await asyncio.sleep(LOOK_EVERY_S)

    async def standings(self) -> dict[str, Standing]:
        """Return how far each symbol is."""
        state = self._running.state
        found = {}
        for symbol in state.symbols:
            counters = state.counters(symbol)
            open_holes = [hole for hole in state.holes(symbol) if hole.state is HoleState.OPEN]
            found[symbol] = Standing(
                -1 if counters.last_id is None else counters.last_id,
                len(open_holes),
                sum(hole.last_id - hole.first_id + 1 for hole in open_holes),
                min((hole.first_id for hole in open_holes), default=None),
            )
        return found

    async def caught_up(self, last_ids: dict[str, int], within_s: float) -> dict[str, Standing | None]:
        """Wait until these trades and all before are there or denied; return who is not so far in time."""
        behind = dict.fromkeys(last_ids)
        try:
            async with asyncio.timeout(within_s):
                while behind := await self._behind(last_ids):  # noqa: ASYNC110  a ledger rings no bell
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            pass
        return behind

    async def _behind(self, last_ids: dict[str, int]) -> dict[str, Standing | None]:
        standings = await self.standings()
        found = {symbol: standings.get(symbol) for symbol in last_ids}
        return {symbol: each for symbol, each in found.items() if not _knows(each, last_ids[symbol])}

    async def close(self) -> dict[str, LiveSymbol]:
        """Stop the engine in good order; return what it held."""
        engine, running = self._engine, self._running
        if self._wanting is not None:
            self._wanting.cancel()
        await engine.stop()
        self._session = None
        return {symbol: _live(running, symbol) for symbol in running.state.symbols}

    async def _want(self, symbols: Sequence[str]) -> None:
        """Ask for every symbol until the exchange lists it."""
        asked: set[str] = set()
        while len(asked) < len(symbols):
            for symbol in symbols:
                if symbol not in asked:
                    try:
                        await self._engine.stream_start([symbol], source=None)
                        asked.add(symbol)
                    except QuantError:
                        continue
            await asyncio.sleep(WANT_EVERY_S)

    @property
    def _engine(self) -> session.Session:
        assert self._session is not None, "the platform has not been opened"
        return self._session

    @property
    def _running(self) -> RunningMarket:
        assert self._engine._running is not None
        return self._engine._running


def _knows(standing: Standing | None, last_id: int) -> bool:
    """Tell whether the trades up to `last_id` are all there, or denied by the exchange."""
    if standing is None or standing.last_id < last_id:
        return False
    return standing.open_from is None or standing.open_from > last_id


def _live(running: RunningMarket, symbol: str) -> LiveSymbol:
    state = running.state
    counters = state.counters(symbol)
    return LiveSymbol(
        {name: state.bars(symbol, name, limit=state.bar_depth) for name in INTERVALS},
        counters.accepted,
        counters.duplicates,
        counters.out_of_order,
        counters.holes[HoleState.FILLED],
    )


def width_of(interval: str) -> int:
    """Return the length of a bar in ns."""
    return Interval.parse(interval).seconds * NS_PER_S
