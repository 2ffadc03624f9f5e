"""Fetches by id what no stream brought, newest first, and notes what the exchange does not have.

Every fourth question is about the oldest hole, or it would wait for as long as new ones are found.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import structlog

from quant.domain import IntArray, TradeBatch
from quant.engine.answers import (
    AHEAD_NS,
    ASK_AGAIN_S,
    BLOCK,
    REACH_NS,
    Denials,
    absent_ids,
    untold_of,
    without_future,
)
from quant.engine.markets import Market
from quant.engine.set_aside import SetAside
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.feed.backoff import backoff
from quant.feed.exchange import ExchangeRest, Fetched
from quant.feed.pace import Pace
from quant.market.ledger import Hole
from quant.market.state import MarketState
from quant.storage.id_ranges import IdRange, IdRanges

log = structlog.get_logger()

AT_ONCE = 4  # symbols
OLDEST_EVERY = 4  # questions
LOOK_EVERY_S = 0.5
QUICK_IDS = 100_000
"""A hole of so many ids is filled within a minute; the exchange's own bars need not stand in for it."""


def _waits() -> Iterator[float]:
    return backoff(random.Random())  # noqa: S311  jitter, not a secret


@dataclass(slots=True)
class _Work:
    """How far one symbol's filling has come."""

    not_before_s: float = 0.0
    asked_s: float = 0.0  # last, so that long fills take turns
    questions: int = 0  # that were asked
    is_asking: bool = False
    newest_id: int = -1  # that the exchange is known to have
    floor_id: int = 0  # below it the exchange has no answer any more
    block: int = BLOCK  # ids of the next question: fewer while the edge of the exchange's reach is looked for
    denials: Denials = field(default_factory=Denials)
    aside: SetAside = field(default_factory=SetAside)
    waits: Iterator[float] = field(default_factory=_waits)  # after failures in a row


@dataclass(frozen=True, slots=True)
class _Question:
    """Missing ids of one symbol, in rising ranges that lie within one answer."""

    symbol: str
    ranges: tuple[IdRange, ...]

    @property
    def span(self) -> IdRange:
        return IdRange(self.ranges[0].first_id, self.ranges[-1].last_id)

    @property
    def ids(self) -> IntArray:
        return np.concatenate([np.arange(part.first_id, part.last_id + 1) for part in self.ranges])


def _is_free_between(work: _Work, older: IdRange, newer: IdRange) -> bool:
    """Tell whether nothing between is set aside: that is not asked for along with others."""
    return len(work.aside.free(IdRange(older.last_id, newer.first_id))) == 1


class Backfiller:
    """Works on all open holes of one market; `on_fetched` and `on_denied` bring what it finds into the state.

    Symbols are asked for side by side. One that fails waits alone, and what it failed with is set aside for a while.
    """

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
        self._answers = 0
        self.fetched = 0
        """Trades that were fetched since the start."""

    def behind(self, symbol: str, newest_id: int) -> None:
        """Take note that the exchange has traded up to `newest_id` while the symbol's streams are silent."""
        work = self._of(symbol)
        work.newest_id = max(work.newest_id, newest_id)
        self._wake.set()

    def fills_from(self, symbol: str) -> int | None:
        """Return since when the symbol's gaps are being filled and will soon be gone; None where none is."""
        return min((hole.ts_before for hole in self._soon_filled(symbol)), default=None)

    def _soon_filled(self, symbol: str) -> Iterator[Hole]:
        work = self._of(symbol)
        for hole in self._state.open_holes(symbol):
            is_quick = hole.first_id >= work.floor_id and hole.last_id - hole.first_id < QUICK_IDS
            is_stuck = work.aside.is_stuck(IdRange(hole.first_id, hole.last_id))
            if is_quick and self._in_reach(hole) and not is_stuck:
                yield hole

    async def run(self) -> None:
        """Fill holes until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                rest = self._market.rest
                if rest is not None:
                    free = AT_ONCE - sum(work.is_asking for work in self._work.values())
                    waiting = sorted(self._questions(), key=lambda each: self._of(each.symbol).asked_s)
                    for question in waiting[:free]:
                        self._of(question.symbol).is_asking = True
                        group.create_task(self._fill(rest, question))
                await self._look_again()

    async def _look_again(self) -> None:
        self._wake.clear()
        waiting = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait([waiting], timeout=self._pace.real_s(LOOK_EVERY_S))
        finally:
            waiting.cancel()

    def _of(self, symbol: str) -> _Work:
        if symbol not in self._work:
            self._work[symbol] = _Work()
        return self._work[symbol]

    # --- what to ask for ---

    def _questions(self) -> Iterator[_Question]:
        """Yield what to ask for next, one question a symbol."""
        now_s = self._pace.monotonic_s()
        for symbol in self._state.symbols:
            work = self._of(symbol)
            if symbol not in self._market.specs or work.is_asking or now_s < work.not_before_s:
                continue
            is_for_oldest = work.questions % OLDEST_EVERY == OLDEST_EVERY - 1
            ranges = (
                (self._oldest(symbol, work) if is_for_oldest else ())
                or self._again(symbol, work)
                or self._newer(symbol, work)
                or self._older(symbol, work)
            )
            if ranges:
                yield _Question(symbol, ranges)

    def _again(self, symbol: str, work: _Work) -> tuple[IdRange, ...]:
        """Return what is still missing of ids that were set aside and whose time has come."""
        while (due := work.aside.due(self._pace.monotonic_s())) is not None:
            missing = self._missing_of(symbol, work, due)
            if missing:
                return missing
            work.aside.forget(due)
        return ()

    def _missing_of(self, symbol: str, work: _Work, ids: IdRange) -> tuple[IdRange, ...]:
        last_id = self._state.last_id(symbol)
        if last_id is None:
            return ()
        spans = [(hole.first_id, hole.last_id) for hole in self._state.open_holes(symbol)]
        low = max(ids.first_id, work.floor_id)
        parts = [
            IdRange(max(low, first_id), min(ids.last_id, newest_id))
            for first_id, newest_id in (*spans, (last_id + 1, work.newest_id))
        ]
        return tuple(part for part in parts if part.size > 0)

    def _newer(self, symbol: str, work: _Work) -> tuple[IdRange, ...]:
        """Return the ids that follow the newest trade we have, where the exchange is known to have more.

        Where the next ones are out of its reach the newest come first: the rest is a hole then, filled backwards.
        """
        last_id = self._state.last_id(symbol)
        if last_id is None:
            return ()
        first_id = max(last_id + 1, work.floor_id)
        if first_id > work.newest_id:
            return ()
        free = work.aside.free(IdRange(first_id, work.newest_id))
        if not free:
            return ()
        if work.floor_id > last_id + 1:
            return (IdRange(max(free[-1].first_id, free[-1].last_id - work.block + 1), free[-1].last_id),)
        return (IdRange(free[0].first_id, min(free[0].last_id, free[0].first_id + work.block - 1)),)

    def _older(self, symbol: str, work: _Work) -> tuple[IdRange, ...]:
        """Return the newest missing ids that one question can bring, of as many holes as it spans."""

        def newest_first() -> Iterator[IdRange]:
            for hole in reversed(self._state.open_holes(symbol)):
                if not self._in_reach(hole) or hole.last_id < work.floor_id:
                    return
                if self._is_settled(hole):
                    ids = IdRange(max(hole.first_id, work.floor_id), hole.last_id)
                    yield from reversed(work.aside.free(ids))

        parts: list[IdRange] = []
        for free in newest_first():
            low = (parts[0] if parts else free).last_id - work.block + 1
            if free.last_id < low or (parts and not _is_free_between(work, free, parts[-1])):
                break
            parts.append(IdRange(max(free.first_id, low), free.last_id))
        return tuple(reversed(parts))

    def _oldest(self, symbol: str, work: _Work) -> tuple[IdRange, ...]:
        """Return the oldest missing ids that one question can bring, of as many holes as it spans.

        A hole that begins before the exchange's reach is left to be filled backwards, up to where that ends.
        """

        def oldest_first() -> Iterator[IdRange]:
            for hole in self._state.open_holes(symbol):
                is_whole = hole.ts_before > self._now() - REACH_NS and hole.first_id >= work.floor_id
                if is_whole and self._is_settled(hole):
                    yield from work.aside.free(IdRange(hole.first_id, hole.last_id))

        parts: list[IdRange] = []
        for free in oldest_first():
            high = (parts[0] if parts else free).first_id + work.block - 1
            if free.first_id > high or (parts and not _is_free_between(work, parts[-1], free)):
                break
            parts.append(IdRange(free.first_id, min(free.last_id, high)))
        return tuple(parts)

    def _in_reach(self, hole: Hole) -> bool:
        return hole.ts_after > self._now() - REACH_NS

    def _is_settled(self, hole: Hole) -> bool:
        """Tell whether the hole is older than the reorder window: its trades may still be under way."""
        return self._pace.wall_ns() - hole.found_at > self._reorder_ns

    # --- what comes back ---

    async def _fill(self, rest: ExchangeRest, asked: _Question) -> None:
        """Ask for the trades and make of the answer what can be made of it."""
        symbol, work, span = asked.symbol, self._of(asked.symbol), asked.span
        work.asked_s = self._pace.monotonic_s()
        work.questions += 1
        try:
            answer = await rest.agg_trades(symbol, from_id=span.first_id, limit=span.size)
        except ExchangeUnreachable as error:
            log.warning("backfill.unreachable", symbol=symbol, **span._asdict(), error=error.message)
            self._failed(work, span)
        except ExchangeRejected as error:
            log.warning("backfill.refused", symbol=symbol, **span._asdict(), error=error.message)
            self._refused(asked, error)
        else:
            self._answered(asked, answer)
        finally:
            work.is_asking = False
            self._wake.set()

    def _failed(self, work: _Work, span: IdRange) -> None:
        """Leave the ids alone for a while, and the symbol for a moment."""
        now_s = self._pace.monotonic_s()
        work.aside.put(span, now_s=now_s, answers=self._answers)
        work.not_before_s = now_s + next(work.waits)

    def _refused(self, asked: _Question, error: ExchangeRejected) -> None:
        work, span = self._of(asked.symbol), asked.span
        if error.status != 400:  # nothing is wrong with the question
            wait_s = max(next(work.waits), error.retry_after_s or 0.0)
            work.not_before_s = self._pace.monotonic_s() + wait_s
        elif self._now() and self._is_young(asked.symbol, span.first_id):
            self._failed(work, span)
        else:
            # Too old, as it seems: at least the first of them. Half as many may lie within the exchange's reach.
            work.floor_id = span.first_id + 1
            work.block = max(1, span.size // 2)

    def _answered(self, asked: _Question, answer: Fetched) -> None:
        symbol, work = asked.symbol, self._of(asked.symbol)
        self._answers += 1
        if self._now():  # before the first event nothing tells the time
            answer = without_future(answer, self._now() + round(AHEAD_NS * max(self._pace.speed, 1.0)))
        self._set_aside(asked, answer)
        work.block = min(2 * work.block, BLOCK)
        last_id = self._state.last_id(symbol)
        wanted = np.isin(answer.trades.ids, asked.ids)
        if last_id is not None and asked.span.first_id > last_id:
            wanted |= answer.trades.ids > last_id
        found = answer.trades.at(wanted)
        self.fetched += len(found)
        self._judge(asked, answer)
        if len(found):
            self._on_fetched(found)

    def _set_aside(self, asked: _Question, answer: Fetched) -> None:
        """Leave alone for a while what the answer says nothing of, and the symbol where that is all of it."""
        work, now_s = self._of(asked.symbol), self._pace.monotonic_s()
        untold = untold_of(asked.span, answer)
        told = IdRange(asked.span.first_id, untold.first_id - 1)
        if told.size > 0:
            work.waits = _waits()
            unread = IdRanges(IdRange(*each) for each in answer.unread)
            work.aside.answered(told, unread=unread, now_s=now_s, answers=self._answers)
        else:
            work.not_before_s = now_s + next(work.waits)
        if untold.size > 0:
            work.aside.untold(untold, now_s=now_s, answers=self._answers)

    def _judge(self, asked: _Question, answer: Fetched) -> None:
        """Take the exchange's word for what it does not have, the second time; before its reach it has none."""
        work, ids = self._of(asked.symbol), IdRanges(asked.ranges)
        in_reach = self._is_young(asked.symbol, asked.span.first_id)
        absent = absent_ids(ids, answer, in_reach=in_reach)
        told_from = answer.first_id
        if not in_reach and told_from is not None and told_from > asked.span.first_id:
            work.floor_id = max(work.floor_id, min(told_from, asked.span.last_id + 1))
        again = work.denials.judge(ids, absent)
        for part in again:
            self._on_denied(asked.symbol, *part)
        if absent.count > sum(part.size for part in again):
            work.not_before_s = max(work.not_before_s, self._pace.monotonic_s() + ASK_AGAIN_S)

    def _is_young(self, symbol: str, first_id: int) -> bool:
        """Tell whether the exchange must be able to answer for this id, since the trade before it is not too old."""
        befores = [
            hole.ts_before
            for hole in self._state.open_holes(symbol)
            if hole.first_id <= first_id <= hole.last_id
        ]
        if not befores:
            befores = self._state.ticks(symbol, limit=1).ts_event.tolist()
        return all(before >= self._now() - REACH_NS for before in befores)
