"""A back-fill that was asked for: which ids are missing from the store, and the exchange's answer to each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from quant.clock import NS_PER_S
from quant.domain import TradeBatch
from quant.engine.jobs import Job
from quant.engine.protocol import BackfillOrder, FillReport
from quant.errors import InvalidParameter, QuantError
from quant.feed.exchange import ExchangeRest
from quant.market.ledger import HoleState
from quant.storage.history_paths import HOUR_NS
from quant.storage.id_ranges import IdRange, IdRanges, runs
from quant.storage.store import Store

REACH_NS = 48 * 3600 * NS_PER_S
"""How far back the exchange answers."""

ASK_AGAIN_S = 3.0

BLOCK = 1000
"""Trades that one question brings."""

RANGES_SHOWN = 10
MAX_IDS = 10_000_000
"""Of one order: at the exchange's own limit that is more than an hour of asking."""


@dataclass(frozen=True, slots=True)
class FillTarget:
    """Where missing ids are looked up, and where found trades go."""

    market: str
    store: Store
    rest: ExchangeRest
    take: Callable[[TradeBatch], None]
    deny: Callable[[str, Sequence[IdRange]], None]
    """Told of the ids of a symbol that the exchange does not have."""
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
    for symbol in order.symbols:
        try:
            job.note(f"looking for missing ids of {symbol}")
            missing = await asyncio.to_thread(missing_ids, target, symbol, order, now_ns=now_ns)
            await _fill_symbol(job, symbol, missing, target)
        except QuantError as error:
            job.add_error(f"{symbol}: {error.message}")


def missing_ids(target: FillTarget, symbol: str, order: BackfillOrder, *, now_ns: int) -> tuple[IdRange, ...]:
    """Return the ids that are not stored, oldest first: of the order's range, or between those of its time span.

    Ids that the exchange is known not to have are not missing, except where they are asked for by name.
    """
    market, store = target.market, target.store
    if order.first_id is not None and order.last_id is not None:
        missing = IdRanges([IdRange(order.first_id, order.last_id)])
        for ids in _stored_from(store, market, symbol, order.first_id, order.last_id):
            missing.remove(*ids)
        return missing.ranges
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


def _stored_from(store: Store, market: str, symbol: str, first: int, last: int) -> Sequence[IdRange]:
    held = IdRanges()
    after = first - 1
    while after < last:
        ids = store.ticks(market, symbol, after_id=after, limit=250_000).ids
        if not len(ids):
            break
        held.add_ids(ids)
        after = int(ids[-1])
    return held.ranges


async def _fill_symbol(job: Job, symbol: str, missing: Sequence[IdRange], target: FillTarget) -> None:
    left, denied = IdRanges(missing), IdRanges()
    for again in (False, True):
        asked, denied = (denied.ranges if again else missing), IdRanges()
        if again and asked:  # some answers are early or wrong
            job.note(f"asking for ids of {symbol} again")
            await target.sleep(ASK_AGAIN_S)
        for ids in asked:
            await _ask(job, symbol, ids, target, left=left, denied=denied)
    received = sum(ids.size for ids in missing) - left.count
    if denied:
        target.deny(symbol, denied.ranges)
        for ids in denied.ranges:
            left.remove(*ids)
    job.add_fill(
        FillReport(
            symbol=symbol,
            missing=sum(ids.size for ids in missing),
            received=received,
            confirmed=denied.count,
            left=tuple((ids.first_id, ids.last_id) for ids in left.ranges[:RANGES_SHOWN]),
            left_count=len(left.ranges),
        )
    )


async def _ask(
    job: Job, symbol: str, ids: IdRange, target: FillTarget, *, left: IdRanges, denied: IdRanges
) -> None:
    """Fetch what the exchange has of `ids` out of `left`; ids that it skips in its answers go into `denied`."""
    at = ids.first_id
    while at <= ids.last_id:
        limit = min(BLOCK, ids.last_id - at + 1)
        # One trade more shows whether the exchange goes on after the last id.
        batch = await target.rest.agg_trades(symbol, from_id=at, limit=min(limit + 1, BLOCK))
        if not len(batch):
            return  # it has nothing from here on, or does not tell
        upto = min(int(batch.ids.max()), ids.last_id)
        inside = batch.at((batch.ids >= at) & (batch.ids <= upto))
        absent = IdRanges([IdRange(at, upto)])
        for part in runs(inside.ids):
            absent.remove(*part)
            left.remove(*part)
        for part in absent.ranges:
            denied.add(*part)
        if len(inside):
            target.take(inside)
        job.note(f"fetching {symbol}", rows=job.view().rows + len(inside))
        at = upto + 1
