"""One market being run: its source, its state, its storage, and the tasks between them. The state's only writer."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Iterable

import numpy as np
import structlog

from quant.cancellation import isolated
from quant.clock import NS_PER_MS, NS_PER_S, Clock
from quant.domain import MarkPrice, Quality, Quote, TradeBatch
from quant.engine.backfill import Backfiller
from quant.engine.history import HistoryKeeper
from quant.engine.lost_trades import LostTrades
from quant.engine.markets import Market
from quant.engine.persistence import Persistence
from quant.engine.protocol import SourceState
from quant.errors import ExchangeRejected, ExchangeUnreachable, QuantError, StorageError
from quant.feed.backoff import backoff
from quant.feed.pace import Pace
from quant.market.clock import MarketClock
from quant.market.state import REORDER_NS, MarketState, SymbolCounters
from quant.settings import Settings
from quant.storage.id_ranges import IdRanges

log = structlog.get_logger()

CLOSE_EVERY_S = 0.05
BOUNDARY_NS = 100 * NS_PER_MS
"""At multiples of it rules are asked about live numbers; bars of time end there, too."""

TIMER_SLACK_S = 0.001
"""A timer that is early by less than this would come a whole wait too late."""

HISTORY_EVERY_S = 5.0
HEALTHY_S = 30.0
"""A source that was ready for this long begins anew with short waits."""
LATENESS_NS = 300 * NS_PER_MS
"""How long after its end a bar stays open for trades under way; aggregates alone span up to 100 ms."""

LEAST_REORDER_S = 0.25
"""Of real time: what a busy machine needs, however fast a simulated market runs."""

FOREIGN_NS = 60 * NS_PER_S
"""A trade that is so much later than the newest one has a higher id, unless it is of another exchange."""

Closed = Callable[[set[tuple[str, str]]], None]
DEAF = ("stalled", "unknown")
"""What a watchdog says of a stream that trades do not come through, as far as we know."""

TooLate = Callable[[str, str, set[int]], None]
"""Told of a market, a symbol and the days since the epoch of trades whose bars are no longer in memory."""

OnTime = Callable[[int], None]
Prepare = Callable[["RunningMarket"], Awaitable[None]]

DAY_NS = 86_400 * NS_PER_S


async def nothing_to_prepare(_running: "RunningMarket") -> None:
    """Do nothing."""


class RunningMarket:
    """Feeds one market's state and closes its bars; knows which symbols are wanted and which have proved alive."""

    def __init__(
        self,
        market: Market,
        *,
        settings: Settings,
        clock: Clock,
        on_closed: Closed,
        persistence: Persistence | None = None,
        on_too_late: TooLate = lambda _market, _symbol, _days: None,
        on_time: OnTime = lambda _until: None,
        prepare: Prepare = nothing_to_prepare,
        on_arrived: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_time` hears up to when bars are closed; `prepare` is awaited before the first trade.

        `on_arrived` hears that a recording has been put at another moment.
        """
        self.market = market
        self.persistence = persistence if market.kept else None
        self.source_state: SourceState = "starting"
        self.reason: str | None = None
        self.finished = False
        self.wanted: set[str] = set()
        self.streamed: set[str] = set()
        """Wanted symbols whose stored past is in its place, or cannot be read for now."""
        self._restored: set[str] = set()
        self.unread: dict[str, str] = {}
        """Why the stored past of a symbol is not in its place; it streams meanwhile."""
        self.stored: set[str] = set()
        """Symbols of which something is stored, as far as somebody has asked for them."""
        self.proved: set[str] = set()
        """Symbols whose trades have arrived since their connection opened: an acknowledgement proves nothing."""
        self.foreign: dict[str, str] = {}
        """Why a symbol's trades cannot belong to what is stored of it: none of them is taken."""
        self.ready = asyncio.Event()
        self._settings = settings
        self._clock = clock
        self._pace = Pace(clock, market.speed or 1.0)
        self._reorder_ns = round(self._pace.real_s(REORDER_NS / NS_PER_S, floor_s=LEAST_REORDER_S) * NS_PER_S)
        self._lateness_ns = round(
            LATENESS_NS * max(market.speed, 1.0)
        )  # a wire does not speed up with the market
        self._ready_s = math.inf
        self._market_clock = MarketClock(speed=market.speed)
        self._on_closed = on_closed
        self._on_too_late = on_too_late
        self._on_time = on_time
        self._prepare = prepare
        self._on_arrived = on_arrived
        self._begin()
        self._history_wanted = asyncio.Event()
        self._symbols_wanted = asyncio.Event()

    def _begin(self) -> None:
        """Make a state that knows nothing yet, and what works on it."""
        self.state = MarketState(
            self.market.name,
            intervals=self._settings.intervals,
            tick_capacity=self._settings.tick_buffer_size,
            reorder_ns=self._reorder_ns,
        )
        self.backfill = Backfiller(
            self.market,
            self.state,
            pace=self._pace,
            reorder_ns=self._reorder_ns,
            now=self.now,
            on_fetched=self._take_fetched,
            on_denied=self._take_denied,
        )
        self._lost = (
            LostTrades(
                self.market, self.state, self.persistence.journal, pace=self._pace, on_owed=self._on_too_late
            )
            if self.persistence is not None
            else None
        )
        self._history = HistoryKeeper(
            self.market,
            self.state,
            now=self._exchange_now,
            on_changed=self._on_closed,
            fills_from=self.backfill.fills_from,
        )

    # --- what others ask ---

    @property
    def as_of(self) -> int | None:
        """Return the newest event time seen."""
        return self._market_clock.newest

    def now(self) -> int:
        """Return market time, 0 before the first event."""
        return self._market_clock.now(monotonic_s=self._clock.monotonic_s())

    def _exchange_now(self) -> int:
        """Return market time; before the first event what the exchange's clock shows, 0 while that is not known."""
        offset = self.market.clock_offset
        if offset is None or offset.offset_ns is None:
            return self.now()
        return self.now() or offset.exchange_ns(self._clock.wall_ns())

    def want(self, symbols: Iterable[str]) -> None:
        """Change the set of streamed symbols; those that stay are not disturbed.

        A symbol is streamed once what was stored of it is back in its place.
        """
        symbols = set(symbols)
        for symbol in self.wanted - symbols:
            self.proved.discard(symbol)
            self.foreign.pop(symbol, None)
        for symbol in symbols - self.wanted:
            self._history.forget(symbol)
        self.wanted = symbols
        if self.persistence is None:
            self._restored = symbols
        self._stream()
        self._symbols_wanted.set()

    @property
    def is_seeking(self) -> bool:
        """Tell whether a recording is on its way to a moment: what is passed by is shown to nobody."""
        playhead = self.market.playhead
        return playhead is not None and playhead.target is not None

    @property
    def storing_trouble(self) -> str | None:
        """Return what the disk refuses, in a sentence; None when all is stored and what was stored is known."""
        if self.persistence is None:
            return None
        if (trouble := self.persistence.trouble) is not None:
            return trouble
        symbol = min(self.unread.keys() & self.wanted, default=None)
        return (
            None if symbol is None else f"what was stored of {symbol} cannot be read: {self.unread[symbol]}"
        )

    def lost(self, symbol: str) -> IdRanges:
        """Return the ids that came and could not be stored, and that no hole in memory tells of."""
        return IdRanges() if self._lost is None else self._lost.lost(symbol)

    def _stream(self) -> None:
        self.streamed = self.wanted & (self._restored | self.unread.keys())
        for symbol in sorted(self.streamed):
            self.state.add_symbol(symbol)
        self.market.want(self.streamed)
        self._history_wanted.set()

    async def _restore_wanted(self, persistence: Persistence) -> None:
        """Bring back what was stored of newly wanted symbols, before their first trade comes.

        Where the disk refuses, the symbol streams without its past, which is read again and again.
        """
        waits = backoff(random.Random())  # noqa: S311  jitter, not a secret
        while True:
            self._symbols_wanted.clear()
            for symbol in sorted(self.wanted - self._restored):
                await self._restore(persistence, symbol)
            refused = bool(self.wanted & self.unread.keys())
            if not refused:
                waits = backoff(random.Random())  # noqa: S311
            try:
                async with asyncio.timeout(next(waits) if refused else None):
                    await self._symbols_wanted.wait()
            except TimeoutError:
                pass

    async def _restore(self, persistence: Persistence, symbol: str) -> None:
        try:
            changed = await persistence.restore(self.state, symbol)
        except StorageError as error:
            self.unread[symbol] = error.message
        else:
            self._restored.add(symbol)
            if self.unread.pop(symbol, None) is not None:  # its bars are others now
                self._history.forget(symbol)
                changed |= {(symbol, interval.name) for interval in self.state.intervals}
            self._tell(changed)
        self._stream()

    # --- the run ---

    async def run(self) -> None:
        """Run until cancelled, or until a recording has ended. Trouble with the source is shown and retried."""
        waits = backoff(random.Random())  # noqa: S311  jitter, not a secret
        try:
            while not self.finished and self.source_state != "failed":
                delay_s = 0.0
                self._ready_s = math.inf
                try:
                    await isolated(self._open_and_feed())
                except* (ExchangeUnreachable, ExchangeRejected) as group:
                    if self._clock.monotonic_s() - self._ready_s > HEALTHY_S:
                        waits = backoff(random.Random())  # noqa: S311
                    delay_s = next(waits)
                    self._retry_later(_first(group).message, delay_s)
                except* QuantError as group:
                    self._fail("failed", _first(group).message)
                await asyncio.sleep(delay_s)
        finally:
            self._keep()  # bars that have changed since the last trade was kept
            await self.market.close()

    def _retry_later(self, error: str, delay_s: float) -> None:
        self._fail("unreachable", f"{error}; trying again in {max(delay_s, 1):.0f} s")
        log.warning("source.retry", market=self.market.name, delay_s=round(delay_s, 1), error=error)

    def _fail(self, state: SourceState, reason: str) -> None:
        self.source_state, self.reason = state, reason
        self.proved.clear()
        if self.market.playhead is not None:
            self.market.playhead.settle()

    async def _open_and_feed(self) -> None:
        await self.market.open()
        if self.state.market != self.market.name:  # a recording knows its name only now
            self._begin()
        self.source_state, self.reason = "ready", None
        self._ready_s = self._clock.monotonic_s()
        self.ready.set()
        log.info("source.ready", market=self.market.name, symbols=len(self.market.specs))
        await self._prepare(self)
        if not self.market.live:
            self.want(self.market.specs)  # a recording plays all it has
            if self.market.playhead is not None:
                self.market.playhead.on_arrived = self._on_arrived
            await self.market.run(self._take_recorded, self._take_views)
            self.finished = True
            return
        self._stream()
        async with asyncio.TaskGroup() as group:
            group.create_task(
                self.market.run(
                    self._take,
                    self._take_views,
                    last_id=self.state.last_id,
                    on_behind=self.backfill.behind,
                )
            )
            group.create_task(self._close_by_clock())
            group.create_task(self._keep_history())
            group.create_task(self.backfill.run())
            if self.persistence is not None:
                group.create_task(self._restore_wanted(self.persistence))
            if self._lost is not None:
                group.create_task(self._lost.run(lambda: sorted(self._restored)))

    def _take(self, batch: TradeBatch) -> None:
        kept = batch.of(self.streamed)
        if not len(kept):
            return
        unproved = [symbol for symbol in kept.present() if symbol not in self.proved]
        held = {symbol: self.state.counters(symbol) for symbol in unproved}
        fresh = self.state.apply(kept)
        for symbol in unproved:
            self._prove(kept.of({symbol}), held[symbol])
        self._market_clock.observe(int(kept.ts_event.max()), monotonic_s=self._clock.monotonic_s())
        if fresh.any():
            self._tell(self._keep(kept if fresh.all() else kept.at(fresh)))  # a late one changes a closed bar

    def _prove(self, trades: TradeBatch, held: SymbolCounters) -> None:
        """Take note that a symbol's trades come, and whether they go on from those that are held of it."""
        (symbol,) = trades.present()
        first, newest = int(trades.ids.min()), int(trades.ids.max())
        is_later = held.last_ts is not None and trades.ts_event.max() > held.last_ts + FOREIGN_NS
        if held.last_id is not None and newest <= held.last_id and is_later:
            if symbol not in self.foreign:
                log.error(
                    "market.foreign", market=self.market.name, symbol=symbol, id=first, held=held.last_id
                )
            self.foreign[symbol] = (
                f"the exchange counts its trades from {first} on, yet earlier ones up to {held.last_id} are stored: "
                "these are of another exchange, which needs another DATA_DIR"
            )
            return
        self.foreign.pop(symbol, None)
        self.proved.add(symbol)

    def _take_fetched(self, batch: TradeBatch) -> None:
        """Take trades that no stream brought, and tell at once which bars they changed."""
        before = self.state.too_late()
        fresh = self.state.apply(batch, healed=Quality.BACKFILLED)
        if not fresh.any():
            return
        taken = batch.at(fresh)
        self._tell(self._keep(taken))
        if self.persistence is not None and self.state.too_late() > before:
            for symbol in taken.present():
                days = np.unique(taken.of({symbol}).ts_event // DAY_NS).tolist()
                self._on_too_late(self.state.market, symbol, set(days))

    def _take_denied(self, symbol: str, first_id: int, last_id: int) -> None:
        self.state.confirm_missing(symbol, first_id=first_id, last_id=last_id)
        self._tell(self._keep())

    def _keep(self, batch: TradeBatch | None = None) -> set[tuple[str, str]]:
        """Store new trades with the bars and holes that changed; return the (symbol, interval) of closed ones."""
        if self.persistence is not None:
            return self.persistence.keep(self.state, batch)
        return {(symbol, interval) for symbol, interval, _ in self.state.take_changed()}

    def _tell(self, changed: set[tuple[str, str]]) -> None:
        if changed:
            self._on_closed(changed)

    def fill(self, batch: TradeBatch) -> None:
        """Take trades that were fetched on demand; those of symbols that do not stream are passed over."""
        kept = batch.of(self.streamed)
        if len(kept):
            self._take_fetched(kept)

    def deny(self, symbol: str, *, first_id: int, last_id: int) -> None:
        """Take note that the exchange, asked on demand, does not have these ids."""
        if symbol in self.streamed:
            self._take_denied(symbol, first_id, last_id)

    def _take_views(self, views: list[Quote | MarkPrice]) -> None:
        for view in views:
            if view.symbol in self.wanted:
                self.state.take_view(view)

    def _take_recorded(self, batch: TradeBatch) -> None:
        """Take a slice of a recording and close bars at once: by event time alone, at any speed the same."""
        self._take(batch)
        self._close(self.now() - self._lateness_ns)

    def _close(self, until: int) -> None:
        if until <= 0:
            return
        alive = [symbol for symbol in self.proved if self._is_heard(symbol)]
        self.state.close_until(until, symbols=alive)
        self._tell(self._keep())
        self._on_time(until)

    def _is_heard(self, symbol: str) -> bool:
        """Tell whether silence of this symbol means that nothing trades."""
        if not self.market.is_open(symbol):
            return False
        health = self.market.health(symbol)
        return health is None or not (health.verdict in DEAF or health.is_hushed)

    async def _close_by_clock(self) -> None:
        while True:
            await asyncio.sleep(self._until_boundary_s())
            self.proved = {symbol for symbol in self.proved if self.market.is_open(symbol)}
            self._close(self.now() - self._lateness_ns)

    def _until_boundary_s(self) -> float:
        """Return how long to wait before bars are closed: to the next boundary at most, for alerts wait for it."""
        now, speed = self.now(), max(self.market.speed, 1.0)
        if not now or CLOSE_EVERY_S * NS_PER_S * speed > BOUNDARY_NS:
            return CLOSE_EVERY_S
        left = BOUNDARY_NS - (now - self._lateness_ns) % BOUNDARY_NS
        return min(left / NS_PER_S / speed + TIMER_SLACK_S, CLOSE_EVERY_S)

    async def _keep_history(self) -> None:
        while True:
            self._history_wanted.clear()
            await self._history.refresh(sorted(self.streamed))
            try:
                async with asyncio.timeout(HISTORY_EVERY_S):
                    await self._history_wanted.wait()
            except TimeoutError:
                pass


def _first(group: BaseExceptionGroup[QuantError]) -> QuantError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, QuantError)  # noqa: S101  except* let nothing else in
    return error


def seconds_ago(now: int, then: int | None) -> float | None:
    """Return how many seconds of market time lie between, None when `then` is unknown."""
    return None if then is None else (now - then) / NS_PER_S
