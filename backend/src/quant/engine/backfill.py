"""Fetches by id what no stream brought, newest first, and notes what the exchange does not have."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import structlog

from quant.clock import NS_PER_S
from quant.domain import TradeBatch
from quant.engine.markets import Market
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.feed.backoff import backoff
from quant.feed.exchange import ExchangeRest
from quant.feed.pace import Pace
from quant.market.ledger import Hole
from quant.market.state import MarketState

log = structlog.get_logger()

BLOCK = 1000  # trades that one question brings
AT_ONCE = 4  # symbols
LOOK_EVERY_S = 0.5
REACH_NS = 48 * 3600 * NS_PER_S
"""How far back the exchange answers."""
ASK_AGAIN_S = 3.0
"""An id counts as not existing when the exchange says so twice, this long apart: some answers are early or wrong."""
QUICK_IDS = 100_000
"""A hole of so many ids is filled within a minute; the exchange's own bars need not stand in for it."""


@dataclass(slots=True)
class _Work:
    """How far one symbol's filling has come."""

    not_before_s: float = 0.0
    newest_id: int = -1  # that the exchange is known to have
    floor_id: int = 0  # below it the exchange has no answer any more
    denied: set[int] = field(default_factory=set)  # ids that the exchange did not have when asked first


class Backfiller:
    """Works on all open holes of one market; `on_fetched` and `on_denied` bring what it finds into the state."""

    def __init__(
        self,
        market: Market,
        state: MarketState,
        *,
        pace: Pace,
        reorder_ns: int,
        now: Callable[[], int],
        on_fetched: Callable[[TradeBatch], None],
        on_denied: Callable[[str, int, int], None],
    ) -> None:
        self._market = market
        self._state = state
        self._pace = pace
        self._reorder_ns = reorder_ns
        self._now = now
        self._on_fetched = on_fetched
        self._on_denied = on_denied
        self._work: dict[str, _Work] = {}
        self._wake = asyncio.Event()
        self.fetched = 0
        """Trades that were fetched since the start."""

    def behind(self, symbol: str, newest_id: int) -> None:
        """Take note that the exchange has traded up to `newest_id` while the symbol's streams are silent."""
        work = self._of(symbol)
        work.newest_id = max(work.newest_id, newest_id)
        self._wake.set()

    def fills_from(self, symbol: str) -> int | None:
        """Return since when the symbol's gaps are being filled and will soon be gone; None where none is."""
        floor_id = self._of(symbol).floor_id
        spans = [
            hole.ts_before
            for hole in self._state.open_holes(symbol)
            if hole.first_id >= floor_id and hole.last_id - hole.first_id < QUICK_IDS and self._in_reach(hole)
        ]
        return min(spans, default=None)

    async def run(self) -> None:
        """Fill holes until cancelled."""
        waits = backoff(random.Random())  # noqa: S311  jitter, not a secret
        while True:
            rest, blocks = self._market.rest, list(self._blocks())[:AT_ONCE]
            if rest is None or not blocks:
                await self._look_again()
                continue
            answers = await asyncio.gather(*(self._fill(rest, *block) for block in blocks))
            if all(answers):
                waits = backoff(random.Random())  # noqa: S311
            else:
                await self._pace.sleep(next(waits))

    async def _look_again(self) -> None:
        self._wake.clear()
        waiting = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait([waiting], timeout=self._pace.real_s(LOOK_EVERY_S))
        finally:
            waiting.cancel()

    def _of(self, symbol: str) -> _Work:
        return self._work.setdefault(symbol, _Work())

    def _blocks(self) -> Iterator[tuple[str, int, int]]:
        """Yield the next ids to ask for, (symbol, first, last), at most one block a symbol."""
        now_s = self._pace.monotonic_s()
        for symbol in self._state.symbols:
            work = self._of(symbol)
            if symbol not in self._market.specs or now_s < work.not_before_s:
                continue
            block = self._block(symbol, work)
            if block is not None:
                yield symbol, *block

    def _block(self, symbol: str, work: _Work) -> tuple[int, int] | None:
        last_id = self._state.last_id(symbol)
        if last_id is not None and work.newest_id > last_id:
            return last_id + 1, min(work.newest_id, last_id + BLOCK)
        for hole in reversed(self._state.open_holes(symbol)):
            if not self._in_reach(hole) or hole.last_id < work.floor_id:
                return None
            if self._is_settled(hole):
                return max(hole.first_id, hole.last_id - BLOCK + 1), hole.last_id
        return None

    def _in_reach(self, hole: Hole) -> bool:
        return hole.ts_after > self._now() - REACH_NS

    def _is_settled(self, hole: Hole) -> bool:
        """Tell whether the hole is older than the reorder window: its trades may still be under way."""
        return self._pace.wall_ns() - hole.found_at > self._reorder_ns

    async def _fill(self, rest: ExchangeRest, symbol: str, first: int, last: int) -> bool:
        """Ask for the trades first..last; return whether the exchange answered."""
        try:
            found = await rest.agg_trades(symbol, from_id=first, limit=last - first + 1)
        except ExchangeUnreachable as error:
            log.warning("backfill.unreachable", symbol=symbol, error=error.message)
            return False
        except ExchangeRejected as error:
            log.warning("backfill.refused", symbol=symbol, first_id=first, last_id=last, error=error.message)
            if error.status == 400:  # this question will never be answered
                self._of(symbol).floor_id = last + 1
            else:
                self._of(symbol).not_before_s = self._pace.monotonic_s() + (error.retry_after_s or 0.0)
            return error.status == 400
        found = found.at(found.ids <= last)
        self.fetched += len(found)
        self._judge(symbol, first, last, found)
        if len(found):
            self._on_fetched(found)
        return True

    def _judge(self, symbol: str, first: int, last: int, found: TradeBatch) -> None:
        """Take the exchange's word for what it does not have, the second time; before its reach it has none."""
        work = self._of(symbol)
        missing = np.setdiff1d(np.arange(first, last + 1), found.ids, assume_unique=True)
        if not len(missing):
            return
        if not len(found) and self._reaches_too_far(symbol, first):
            work.floor_id = last + 1
            return
        again = [each for each in missing.tolist() if each in work.denied]
        for run in np.split(np.array(again, np.int64), np.flatnonzero(np.diff(again) > 1) + 1):
            if len(run):
                self._on_denied(symbol, int(run[0]), int(run[-1]))
        if again and not len(found):
            work.newest_id = -1  # it was not so, or is no longer
        work.denied = set(missing.tolist()).difference(again)
        if work.denied:
            work.not_before_s = self._pace.monotonic_s() + ASK_AGAIN_S

    def _reaches_too_far(self, symbol: str, first: int) -> bool:
        holes = [hole for hole in self._state.open_holes(symbol) if hole.first_id <= first <= hole.last_id]
        return any(hole.ts_before < self._now() - REACH_NS for hole in holes)
