"""A back-fill that was asked for: which ids are missing from the store, and the exchange's answer to each."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from quant.clock import NS_PER_S
from quant.domain import TradeBatch
from quant.engine.answers import ASK_AGAIN_S, BLOCK, REACH_NS, Denials, absent_ids
from quant.engine.jobs import Job
from quant.engine.protocol import BackfillOrder, FillReport
from quant.errors import ExchangeRejected, ExchangeUnreachable, InvalidParameter, QuantError
from quant.feed.backoff import backoff
from quant.feed.exchange import ExchangeRest, Fetched
from quant.market.ledger import HoleState
from quant.storage.history_paths import HOUR_NS
from quant.storage.id_ranges import IdRange, IdRanges, runs
from quant.storage.store import Store

RANGES_SHOWN = 10
MAX_IDS = 10_000_000
"""Of one order: at the exchange's own limit that is more than an hour of asking."""

TRIES = 8
"""Of one question: a minute or two for an exchange that is down or wants to be left alone."""


@dataclass(frozen=True, slots=True)
class FillTarget:
    """Where missing ids are looked up, and where found trades go."""

    market: str
    store: Store
    rest: ExchangeRest
    take: Callable[[TradeBatch], Awaitable[None]]
    """Returns when the trades are stored; raises StorageError."""
    deny: Callable[[str, Sequence[IdRange]], Awaitable[Sequence[IdRange]]]
    """Told of the ids of a symbol that the exchange does not have; returns those that are listed as such now."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


def check_order(order: BackfillOrder) -> BackfillOrder:
    """Return the order; raise InvalidParameter for the first part of it that makes no sense."""
    if not order.symbols:
        raise InvalidParameter("symbols", "name at least one symbol")
    by_id = order.first_id is not None or order.last_id is not None
    if by_id and (order.first_id is None or order.last_id is None):
        raise InvalidParameter("from_id", "from_id and to_id go together")
    if by_id and len(order.symbols) != 1:
        raise InvalidParameter("from_id", "ids are those of one symbol: name one")
    if by_id and (order.start is not None or order.end is not None):
        raise InvalidParameter("start", "give ids or times, not both")
    if order.first_id is not None and order.last_id is not None:
        if not 0 <= order.first_id <= order.last_id:
            raise InvalidParameter("to_id", f"{order.first_id} to {order.last_id} is no range of ids")
        if order.last_id - order.first_id >= MAX_IDS:
            raise InvalidParameter("to_id", f"more than {MAX_IDS:,} ids in one order")
    if order.start is not None and order.end is not None and order.start >= order.end:
        raise InvalidParameter("end", "is not after start")
    return order


async def fill(job: Job, order: BackfillOrder, target: FillTarget, *, now_ns: int) -> None:
    """Fetch what is missing of each symbol; trouble with one is noted and holds up no other."""
    job.begin()
    began_s = asyncio.get_running_loop().time()

    def now() -> int:
        return now_ns + round((asyncio.get_running_loop().time() - began_s) * NS_PER_S)

    for symbol in order.symbols:
        try:
            job.note(f"looking for missing ids of {symbol}")
            missing = await asyncio.to_thread(missing_ids, target, symbol, order, now_ns=now_ns)
            await _Filling(job, symbol, missing, target, now).run()
        except QuantError as error:
            job.add_error(f"{symbol}: {error.message}")


def missing_ids(target: FillTarget, symbol: str, order: BackfillOrder, *, now_ns: int) -> tuple[IdRange, ...]:
    """Return the ids that are not stored, oldest first: of the order's range, or between those of its time span.

    Ids that the exchange is known not to have are not missing, except where they are asked for by name.
    """
    market, store = target.market, target.store
    if order.first_id is not None and order.last_id is not None:
        wanted = IdRange(order.first_id, order.last_id)
        return IdRanges([wanted]).without(store.ids_between(market, symbol, wanted)).ranges
    held = IdRanges()
    start = now_ns - REACH_NS if order.start is None else order.start
    end = now_ns + HOUR_NS if order.end is None else order.end
    for hour in range(start, end, HOUR_NS):
        held.add_ids(store.ticks(market, symbol, start_ns=hour, end_ns=min(hour + HOUR_NS, end)).ids)
    if not held:
        return ()
    missing = IdRanges([IdRange(held.ranges[0].first_id, held.ranges[-1].last_id)])
    for ids in held.ranges:
        missing.remove(*ids)
    for hole in store.holes(market, symbol):
        if hole.state == HoleState.CONFIRMED:
            missing.remove(hole.first_id, hole.last_id)
    return missing.ranges


@dataclass(slots=True)
class _Filling:
    """The missing ids of one symbol, and what has become of them so far."""

    job: Job
    symbol: str
    missing: Sequence[IdRange]
    target: FillTarget
    now: Callable[[], int]
    left: IdRanges = field(init=False)
    denials: Denials = field(default_factory=Denials)
    denied: IdRanges = field(default_factory=IdRanges)
    reached: tuple[int, int] | None = (
        None  # id and time of the oldest stored trade that the exchange can tell of
    )

    def __post_init__(self) -> None:
        self.left = IdRanges(self.missing)

    async def run(self) -> None:
        """Ask for all, and a second time for what the exchange did not have; report, whatever comes in between."""
        confirmed: Sequence[IdRange] = ()
        try:
            for ids in self.missing:
                await self._ask(ids)
            if self.denials.waiting:
                self.job.note(f"asking for ids of {self.symbol} again")
                await self.target.sleep(ASK_AGAIN_S)
            for ids in self.denials.waiting:
                await self._ask(ids)
            if self.denied:
                confirmed = await self.target.deny(self.symbol, self.denied.ranges)
        finally:
            missing = sum(ids.size for ids in self.missing)
            received = missing - self.left.count
            for ids in confirmed:
                self.left.remove(*ids)
            self.job.add_fill(
                FillReport(
                    symbol=self.symbol,
                    missing=missing,
                    received=received,
                    confirmed=sum(ids.size for ids in confirmed),
                    left=tuple((ids.first_id, ids.last_id) for ids in self.left.ranges[:RANGES_SHOWN]),
                    left_count=len(self.left.ranges),
                )
            )

    async def _ask(self, ids: IdRange) -> None:
        """Fetch what the exchange has of `ids` out of `left`; ids that it twice does not have go into `denied`."""
        at = ids.first_id
        while at <= ids.last_id:
            limit = min(BLOCK, ids.last_id - at + 1)
            # One trade more shows whether the exchange goes on after the last id.
            try:
                answer = await self._answer(at, min(limit + 1, BLOCK))
            except ExchangeRejected as error:
                if error.status != 400:
                    raise
                first = await self._first_in_reach(at, ids.last_id)
                self.job.add_error(f"{self.symbol}: {at} to {first - 1} are too old: {error.message}")
                at = first
                continue
            told = answer.last_id
            if told is None:
                told = max((last for _, last in answer.unread), default=None)
            if told is None:
                return  # it has nothing from here on, or does not tell
            upto = min(told, ids.last_id)
            await self._take(IdRange(at, upto), answer)
            at = upto + 1

    async def _take(self, asked: IdRange, answer: Fetched) -> None:
        trades = answer.trades
        inside = trades.at((trades.ids >= asked.first_id) & (trades.ids <= asked.last_id))
        if len(inside):
            await self.target.take(inside)
            for part in runs(inside.ids):
                self.left.remove(*part)
        ids = IdRanges([asked])
        absent = absent_ids(ids, answer, in_reach=True)
        if absent and not await self._is_in_reach(asked.first_id):
            absent = absent_ids(ids, answer, in_reach=False)
        for part in self.denials.judge(ids, absent):
            self.denied.add(*part)
        self.job.note(f"fetching {self.symbol}", rows=self.job.view().rows + len(inside))

    async def _answer(self, from_id: int, limit: int) -> Fetched:
        """Return an answer of the exchange; where it gives none, it is asked again for a while."""
        waits = backoff(random.Random())  # noqa: S311  jitter, not a secret
        for tries_left in reversed(range(TRIES)):
            wait_s = next(waits)
            try:
                return await self.target.rest.agg_trades(self.symbol, from_id=from_id, limit=limit)
            except ExchangeUnreachable as error:
                if not tries_left:
                    raise
                self.job.note(f"asking for {self.symbol} again: {error.message}")
            except ExchangeRejected as error:
                if error.status != 429 or not tries_left:
                    raise
                wait_s = max(wait_s, error.retry_after_s or 0.0)
                self.job.note(f"asking for {self.symbol} again: {error.message}")
            await self.target.sleep(wait_s)
        raise AssertionError("the last try returns or raises")

    async def _first_in_reach(self, refused: int, last: int) -> int:
        """Return the lowest id up to `last` that the exchange answers for, the one after `last` where it is none."""
        low, high = refused, last + 1
        while high - low > 1:
            middle = (low + high) // 2
            try:
                await self._answer(middle, 1)
                high = middle
            except ExchangeRejected as error:
                if error.status != 400:
                    raise
                low = middle
        return high

    async def _is_in_reach(self, first_id: int) -> bool:
        """Tell whether a trade below `first_id` is stored that is young enough for the exchange to tell of."""
        oldest = self.now() - REACH_NS
        if self.reached is None or self.reached[1] < oldest or self.reached[0] >= first_id:
            market, store = self.target.market, self.target.store
            ticks = await asyncio.to_thread(store.ticks, market, self.symbol, start_ns=oldest, limit=1)
            self.reached = (int(ticks.ids[0]), int(ticks.ts_event[0])) if len(ticks) else None
        return self.reached is not None and self.reached[0] < first_id
