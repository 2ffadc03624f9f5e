"""Trades that were taken in and could not be stored: stored after all, from the ring or as the exchange tells them.

The ledger has had them and the bars count them, so that they go to the journal alone.
"""

import asyncio
from collections.abc import Callable, Iterable

import numpy as np
import structlog

from quant.domain import TradeBatch
from quant.engine.markets import Market
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.feed.pace import Pace
from quant.market.ledger import HoleState
from quant.market.state import MarketState
from quant.storage.history_paths import DAY_NS
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.journal import Journal

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
ASK_AGAIN_S = 60.0
"""After the exchange did not have a trade, or did not answer."""

BLOCK = 1000
"""Trades that one question brings."""

AT_ONCE = 50_000

Owed = Callable[[str, str, set[int]], None]
"""Told of a market, a symbol and the days since the epoch whose bars may lack in the store, as their trades did."""


class LostTrades:
    """Works on what one market's journal has dropped, while the disk takes rows."""

    def __init__(
        self, market: Market, state: MarketState, journal: Journal, *, pace: Pace, on_owed: Owed
    ) -> None:
        self._market = market
        self._state = state
        self._journal = journal
        self._pace = pace
        self._on_owed = on_owed
        self._aside: dict[str, IdRanges] = {}  # what the exchange did not have when it was asked
        self._ask_again_s = 0.0

    def lost(self, symbol: str) -> IdRanges:
        """Return the ids that were dropped and that the ledger does not miss: what it misses, is filled anyway."""
        lost = IdRanges(self._journal.unstored(self._state.market, symbol))
        if lost:
            for hole in self._state.holes(symbol):
                if hole.state is not HoleState.FILLED:
                    lost.remove(hole.first_id, hole.last_id)
        return lost

    async def run(self, symbols: Callable[[], Iterable[str]]) -> None:
        """Store what was dropped of these symbols, until cancelled."""
        while True:
            await self._pace.sleep(LOOK_EVERY_S)
            if self._pace.monotonic_s() >= self._ask_again_s:
                self._aside.clear()
                self._ask_again_s = self._pace.monotonic_s() + ASK_AGAIN_S
            for symbol in symbols():
                days: set[int] = set()
                while self._open(symbol) and (more := await self._store(symbol)):
                    days |= more
                if days:
                    self._on_owed(self._state.market, symbol, days)

    def _open(self, symbol: str) -> IdRanges:
        """Return what is worth a try."""
        return self.lost(symbol).without(self._aside.get(symbol, IdRanges()))

    async def _store(self, symbol: str) -> set[int]:
        """Store some of it; return the days since the epoch that it is of, none where nothing could be stored."""
        lost = await self._settled(symbol, self._open(symbol))
        trades = self._from_ring(symbol, lost)
        if lost and not len(trades):
            fetched = await self._fetched(symbol, lost.ranges[0])
            if fetched is None:
                return set()
            lost = await self._settled(symbol, lost)
            trades = _those_of(fetched, lost)
        if not len(trades):
            return set()
        trades = trades.at(slice(self._room))
        self._journal.append(self._state.market, trades)
        await self._settle()
        left = self.lost(symbol)
        stored = trades.at(np.array([each not in left for each in trades.ids.tolist()], np.bool_))
        log.info("journal.stored_late", symbol=symbol, ticks=len(stored))
        return set(np.unique(stored.ts_event // DAY_NS).tolist())

    async def _settled(self, symbol: str, lost: IdRanges) -> IdRanges:
        """Return what is lost still, once all that waits is stored: some of it may be among that."""
        if not await self._settle():
            return IdRanges()
        return lost.without(lost.without(self.lost(symbol)))

    async def _settle(self) -> bool:
        journal = self._journal
        if journal.status.reason is not None:
            return False
        return await asyncio.to_thread(journal.wait_committed, journal.ticket)

    @property
    def _room(self) -> int:
        """Return how many rows to store at once: the live trades need some of the room too."""
        return max(min(self._journal.room // 2, AT_ONCE), 1)

    def _from_ring(self, symbol: str, lost: IdRanges) -> TradeBatch:
        ticks = self._state.ticks(symbol)
        codes = np.zeros(len(ticks), np.int32)
        rest = (ticks.prices, ticks.sizes, ticks.sells, ticks.counts)
        held = TradeBatch((symbol,), codes, ticks.ids, ticks.ts_event, ticks.ts_recv, *rest)
        return _those_of(held, lost)

    async def _fetched(self, symbol: str, ids: IdRange) -> TradeBatch | None:
        """Return what the exchange has of the first of these ids, None when that is nothing."""
        rest, last_id = self._market.rest, min(ids.last_id, ids.first_id + min(BLOCK, self._room) - 1)
        asked = IdRange(ids.first_id, last_id)
        if rest is not None:
            try:
                answer = await rest.agg_trades(symbol, from_id=asked.first_id, limit=asked.size)
            except (ExchangeUnreachable, ExchangeRejected) as error:
                log.warning("journal.not_fetched", symbol=symbol, **asked._asdict(), error=error.message)
            else:
                found = _those_of(answer.trades, IdRanges([asked]))
                if len(found):
                    return found
        self._aside.setdefault(symbol, IdRanges()).add(*asked)
        return None


def _those_of(trades: TradeBatch, wanted: IdRanges) -> TradeBatch:
    """Return the trades with those ids."""
    ranges = np.array(wanted.ranges, np.int64).reshape(-1, 2)
    at = np.searchsorted(ranges[:, 0], trades.ids, side="right") - 1
    inside = (at >= 0) & (trades.ids <= ranges[:, 1][at]) if len(ranges) else np.zeros(len(trades), np.bool_)
    return trades.at(inside)
