"""One market being run: its source, its state, and the tasks between them. The only writer of the state."""

import asyncio
import math
import random
from collections.abc import Callable, Iterable

import structlog

from quant.clock import NS_PER_MS, NS_PER_S, Clock
from quant.domain import MarkPrice, Quote, TradeBatch
from quant.engine.history import HistoryKeeper
from quant.engine.markets import Market
from quant.engine.protocol import SourceState
from quant.errors import ExchangeRejected, ExchangeUnreachable, QuantError
from quant.feed.backoff import backoff
from quant.market.clock import MarketClock
from quant.market.state import MarketState
from quant.settings import Settings

log = structlog.get_logger()

CLOSE_EVERY_S = 0.05
HISTORY_EVERY_S = 5.0
HEALTHY_S = 30.0
"""A source that was ready for this long begins anew with short waits."""
LATENESS_NS = 300 * NS_PER_MS
"""How long after its end a bar stays open for trades under way; aggregates alone span up to 100 ms."""

Closed = Callable[[set[tuple[str, str]]], None]


class RunningMarket:
    """Feeds one market's state and closes its bars; knows which symbols are wanted and which have proved alive."""

    def __init__(self, market: Market, *, settings: Settings, clock: Clock, on_closed: Closed) -> None:
        self.market = market
        self.source_state: SourceState = "starting"
        self.reason: str | None = None
        self.finished = False
        self.wanted: set[str] = set()
        self.proved: set[str] = set()
        """Symbols whose trades have arrived since their connection opened: an acknowledgement proves nothing."""
        self.ready = asyncio.Event()
        self.state = self._new_state(settings)
        self._settings = settings
        self._clock = clock
        self._ready_s = math.inf
        self._market_clock = MarketClock(speed=market.speed)
        self._on_closed = on_closed
        self._history = HistoryKeeper(market, self.state, on_changed=on_closed)
        self._history_wanted = asyncio.Event()

    def _new_state(self, settings: Settings) -> MarketState:
        return MarketState(
            self.market.name, intervals=settings.intervals, tick_capacity=settings.tick_buffer_size
        )

    # --- what others ask ---

    @property
    def as_of(self) -> int | None:
        """Return the newest event time seen."""
        return self._market_clock.newest

    def now(self) -> int:
        """Return market time, 0 before the first event."""
        return self._market_clock.now(monotonic_s=self._clock.monotonic_s())

    def want(self, symbols: Iterable[str]) -> None:
        """Change the set of streamed symbols; those that stay are not disturbed."""
        symbols = set(symbols)
        for symbol in self.wanted - symbols:
            self.state.interrupt(symbol)
            self.proved.discard(symbol)
        for symbol in symbols - self.wanted:
            self.state.add_symbol(symbol)
            self._history.forget(symbol)
        self.wanted = symbols
        self.market.want(symbols)
        self._history_wanted.set()

    # --- the run ---

    async def run(self) -> None:
        """Run until cancelled, or until a recording has ended. Trouble with the source is shown and retried."""
        waits = backoff(random.Random())  # noqa: S311  jitter, not a secret
        try:
            while not self.finished and self.source_state != "failed":
                delay_s = 0.0
                self._ready_s = math.inf
                try:
                    await self._open_and_feed()
                except* (ExchangeUnreachable, ExchangeRejected) as group:
                    if self._clock.monotonic_s() - self._ready_s > HEALTHY_S:
                        waits = backoff(random.Random())  # noqa: S311
                    delay_s = next(waits)
                    self._retry_later(_first(group).message, delay_s)
                except* QuantError as group:
                    self._fail("failed", _first(group).message)
                await asyncio.sleep(delay_s)
        finally:
            await self.market.close()

    def _retry_later(self, error: str, delay_s: float) -> None:
        self._fail("unreachable", f"{error}; trying again in {max(delay_s, 1):.0f} s")
        log.warning("source.retry", market=self.market.name, delay_s=round(delay_s, 1), error=error)

    def _fail(self, state: SourceState, reason: str) -> None:
        self.source_state, self.reason = state, reason
        self.proved.clear()

    async def _open_and_feed(self) -> None:
        await self.market.open()
        if self.state.market != self.market.name:  # a recording knows its name only now
            self.state = self._new_state(self._settings)
            self._history = HistoryKeeper(self.market, self.state, on_changed=self._on_closed)
        self.source_state, self.reason = "ready", None
        self._ready_s = self._clock.monotonic_s()
        self.ready.set()
        log.info("source.ready", market=self.market.name, symbols=len(self.market.specs))
        if not self.market.live:
            self.want(self.market.specs)  # a recording plays all it has
            await self.market.run(self._take_recorded, self._take_views)
            self.finished = True
            return
        self.market.want(self.wanted)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.market.run(self._take, self._take_views))
            group.create_task(self._close_by_clock())
            group.create_task(self._keep_history())

    def _take(self, batch: TradeBatch) -> None:
        # A stream that was just stopped may still deliver a little.
        kept = batch if self.wanted.issuperset(batch.present()) else batch.of(self.wanted)
        if not len(kept):
            return
        self.state.apply(kept)
        self.proved.update(kept.present())
        self._market_clock.observe(int(kept.ts_event.max()), monotonic_s=self._clock.monotonic_s())

    def _take_views(self, views: list[Quote | MarkPrice]) -> None:
        for view in views:
            if view.symbol in self.wanted:
                self.state.take_view(view)

    def _take_recorded(self, batch: TradeBatch) -> None:
        """Take a slice of a recording and close bars at once: by event time alone, at any speed the same."""
        self._take(batch)
        self._close(self.now() - LATENESS_NS)

    def _close(self, until: int) -> None:
        if until <= 0:
            return
        alive = [symbol for symbol in self.proved if self.market.is_open(symbol)]
        closed = self.state.close_until(until, symbols=alive)
        if closed:
            self._on_closed(closed)

    async def _close_by_clock(self) -> None:
        while True:
            await asyncio.sleep(CLOSE_EVERY_S)
            self.proved = {symbol for symbol in self.proved if self.market.is_open(symbol)}
            self._close(self.now() - LATENESS_NS)

    async def _keep_history(self) -> None:
        while True:
            self._history_wanted.clear()
            await self._history.refresh(sorted(self.wanted))
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
