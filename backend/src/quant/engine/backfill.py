"""Fetches by id what no stream brought, newest first, and notes what the exchange does not have."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import structlog

from quant.clock import NS_PER_S
from quant.domain import IntArray, TradeBatch
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
    asked_s: float = 0.0  # last, so that long fills take turns
    newest_id: int = -1  # that the exchange is known to have
    floor_id: int = 0  # below it the exchange has no answer any more
    denied: set[int] = field(default_factory=set)  # ids that the exchange did not have when asked first


@dataclass(frozen=True, slots=True)
class _Question:
    """Missing ids of one symbol, rising, that lie within one answer."""

    symbol: str
    ids: IntArray

    @property
    def first(self) -> int:
        return int(self.ids[0])

    @property
    def last(self) -> int:
        return int(self.ids[-1])


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
            waiting = sorted(self._questions(), key=lambda each: self._of(each.symbol).asked_s)
            rest, questions = self._market.rest, waiting[:AT_ONCE]
            if rest is None or not questions:
                await self._look_again()
                continue
            answers = await asyncio.gather(*(self._fill(rest, question) for question in questions))
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

    def _questions(self) -> Iterator[_Question]:
        """Yield what to ask for next, one question a symbol."""
        now_s = self._pace.monotonic_s()
        for symbol in self._state.symbols:
            work = self._of(symbol)
            if symbol not in self._market.specs or now_s < work.not_before_s:
                continue
            ids = self._ids(symbol, work)
            if len(ids):
                yield _Question(symbol, ids)

    def _ids(self, symbol: str, work: _Work) -> IntArray:
        """Return the newest missing ids that one question can bring, of as many holes as it spans."""
        last_id = self._state.last_id(symbol)
        if last_id is not None and work.newest_id > last_id:
            return np.arange(last_id + 1, min(work.newest_id, last_id + BLOCK) + 1)
        parts: list[IntArray] = []
        for hole in reversed(self._state.open_holes(symbol)):
            if not self._in_reach(hole) or hole.last_id < work.floor_id:
                break
            if self._is_settled(hole):
                newest = int(parts[0][-1]) if parts else hole.last_id
                parts.append(np.arange(max(hole.first_id, newest - BLOCK + 1), hole.last_id + 1))
            if parts and hole.first_id <= int(parts[0][-1]) - BLOCK:
                break
        return np.concatenate([np.empty(0, np.int64), *reversed(parts)])

    def _in_reach(self, hole: Hole) -> bool:
        return hole.ts_after > self._now() - REACH_NS

    def _is_settled(self, hole: Hole) -> bool:
        """Tell whether the hole is older than the reorder window: its trades may still be under way."""
        return self._pace.wall_ns() - hole.found_at > self._reorder_ns

    async def _fill(self, rest: ExchangeRest, asked: _Question) -> bool:
        """Ask for the trades; return whether the exchange answered."""
        symbol, work = asked.symbol, self._of(asked.symbol)
        work.asked_s = self._pace.monotonic_s()
        try:
            found = await rest.agg_trades(symbol, from_id=asked.first, limit=asked.last - asked.first + 1)
        except ExchangeUnreachable as error:
            log.warning("backfill.unreachable", symbol=symbol, error=error.message)
            return False
        except ExchangeRejected as error:
            refused = {"first_id": asked.first, "last_id": asked.last, "error": error.message}
            log.warning("backfill.refused", symbol=symbol, **refused)
            if error.status == 400:  # this question will never be answered
                work.floor_id = asked.last + 1
            else:
                work.not_before_s = self._pace.monotonic_s() + (error.retry_after_s or 0.0)
            return error.status == 400
        found = found.at(np.isin(found.ids, asked.ids))
        self.fetched += len(found)
        self._judge(asked, found)
        if len(found):
            self._on_fetched(found)
        return True

    def _judge(self, asked: _Question, found: TradeBatch) -> None:
        """Take the exchange's word for what it does not have, the second time; before its reach it has none."""
        work = self._of(asked.symbol)
        work.denied.difference_update(found.ids.tolist())
        missing = np.setdiff1d(asked.ids, found.ids, assume_unique=True)
        if not len(missing):
            return
        if not len(found) and self._reaches_too_far(asked.symbol, asked.first):
            work.floor_id = asked.last + 1
            return
        again = [each for each in missing.tolist() if each in work.denied]
        for run in np.split(np.array(again, np.int64), np.flatnonzero(np.diff(again) > 1) + 1):
            if len(run):
                self._on_denied(asked.symbol, int(run[0]), int(run[-1]))
        if again and not len(found):
            work.newest_id = -1  # it was not so, or is no longer
        work.denied = work.denied.union(missing.tolist()).difference(again)
        if work.denied:
            work.not_before_s = self._pace.monotonic_s() + ASK_AGAIN_S

    def _reaches_too_far(self, symbol: str, first: int) -> bool:
        holes = [hole for hole in self._state.open_holes(symbol) if hole.first_id <= first <= hole.last_id]
        return any(hole.ts_before < self._now() - REACH_NS for hole in holes)
