"""The past of one symbol as it is stored: its bars, its newest trades, and every id that lacks among them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from quant.clock import NS_PER_S
from quant.domain import TradeBatch
from quant.market.ledger import Hole, HoleState
from quant.market.state import MarketState
from quant.storage.id_ranges import IdRange, IdRanges, runs
from quant.storage.records import StoredHole, StoredTicks, join_ticks
from quant.storage.store import Store

SLACK_TICKS = 1000
EDGE_NS = 60 * NS_PER_S
"""Event times step back by less than so many trades, and by less than so much time, while ids rise."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a symbol before its past could be read: its first trade, and the holes since then."""

    first_id: int
    first_ts: int
    holes: tuple[Hole, ...]


def read_past(store: Store, like: MarketState, symbol: str, *, heard: Heard | None = None) -> MarketState:
    """Return a state of the shape of `like` in which the symbol stands where its stored trades end; blocks.

    What was `heard` has to be in the store. Raises OSError or StorageError where the store cannot be read.
    """
    market, past = like.market, like.empty()
    past.add_symbol(symbol)
    names = [interval.name for interval in like.intervals]
    bars = {name: store.bars(market, symbol, name, limit=like.bar_depth) for name in names}
    since = past.restore_bars(symbol, bars)
    begun = min((ts for ts in since if ts), default=None)
    parts = [store.last_ticks(market, symbol, n=like.tick_capacity)]
    if begun is not None:
        parts.append(_from(store, market, symbol, begun))
    ticks = join_ticks(parts)
    extent = store.extent(market, symbol)
    begins = extent is not None and len(ticks) > 0 and int(ticks.ids[0]) == extent.first_id
    holes, dropped = _holes(store, market, symbol, ticks, begun=begun, heard=heard)
    batch = as_batch(symbol, ticks)
    past.restore_ticks(
        symbol, batch, since=since, begins=begins, holes=holes, dropped=dropped,
        newest_ts=0 if extent is None else extent.last_ts,
    )  # fmt: skip
    return past


def as_batch(symbol: str, ticks: StoredTicks) -> TradeBatch:
    """Return stored trades as trades of that symbol."""
    codes = np.zeros(len(ticks), np.int32)
    rest = (ticks.prices, ticks.sizes, ticks.sells, ticks.counts)
    return TradeBatch((symbol,), codes, ticks.ids, ticks.ts_event, ticks.ts_recv, *rest)


def around(store: Store, market: str, symbol: str, ids: IdRange, *, until: int = 0) -> Hole:
    """Return ids as an open hole, in time between the stored trades around it; `until` where none comes after."""
    before = store.ticks(market, symbol, after_id=ids.first_id - 2, limit=1)
    after = store.ticks(market, symbol, after_id=ids.last_id, limit=1)
    times = [int(part.ts_event[0]) for part in (before, after) if len(part)]
    if not len(after):
        times.append(until)
    return Hole(*ids, min(times), max(times), found_at=0)


def _from(store: Store, market: str, symbol: str, start_ns: int) -> StoredTicks:
    """Return all trades from the lowest id on that happened at or after a time: no id between them is left out."""
    first = store.ticks(market, symbol, start_ns=start_ns, limit=1)
    if not len(first):
        return first
    return store.ticks(market, symbol, start_ns=start_ns - EDGE_NS, after_id=int(first.ids[0]) - 1)


def _holes(
    store: Store, market: str, symbol: str, ticks: StoredTicks, *, begun: int | None, heard: Heard | None
) -> tuple[list[Hole], list[Hole]]:
    """Return what is known or found to lack up to the last of `ticks`, no id in two open holes.

    Apart from them what was dropped before `begun`: closed bars have these trades, only the store lacks them.
    """
    listed_before = [as_hole(each) for each in store.holes(market, symbol)]
    holes = [part for hole in listed_before for part in _still(hole, ticks, store, market, symbol)]
    if heard is not None:
        holes += [part for hole in heard.holes for part in _still(hole, ticks, store, market, symbol)]
    if not len(ticks):
        return holes, []
    in_bars: list[Hole] = []
    listed = IdRanges(_ids(hole) for hole in holes if hole.state is not HoleState.FILLED)
    dropped = IdRanges(store.unstored(market, symbol))
    for ids in dropped.without(listed).ranges:
        hole = around(store, market, symbol, ids)
        (holes if begun is None or hole.ts_after >= begun else in_bars).append(hole)
    known = IdRanges((*listed.ranges, *dropped.ranges))
    if heard is not None and heard.first_id < int(ticks.ids[0]):
        holes += _before(store, market, symbol, heard, known)
    holes += _unlisted(ticks, known)
    # Beyond the last trade, the next one shows what lacks.
    return [hole for hole in holes if hole.last_id <= int(ticks.ids[-1])], in_bars


def as_hole(stored: StoredHole) -> Hole:
    """Return a stored hole as the ledger has it."""
    first_id, last_id, ts_before, ts_after, state = stored
    return Hole(first_id, last_id, ts_before, ts_after, found_at=0, state=HoleState(state))


def _still(hole: Hole, ticks: StoredTicks, store: Store, market: str, symbol: str) -> list[Hole]:
    """Return what is left of a hole: some of its trades may have come and been stored since it was listed.

    An import or a back-fill that ran without a server stores trades and builds their bars, and knows no ledger: asked
    for again, such a trade would be in its bar twice.
    """
    if hole.state is HoleState.FILLED:
        return [hole]
    if len(ticks) and hole.first_id >= int(ticks.ids[0]):
        at = np.searchsorted(ticks.ids, (hole.first_id, hole.last_id + 1))
        stored = IdRanges(runs(ticks.ids[at[0] : at[1]]))
    else:
        stored = store.ids_between(market, symbol, _ids(hole))
    if not stored:
        return [hole]
    left = IdRanges([_ids(hole)]).without(stored)
    return [replace(hole, first_id=ids.first_id, last_id=ids.last_id) for ids in left.ranges]


def _ids(hole: Hole) -> IdRange:
    return IdRange(hole.first_id, hole.last_id)


def _before(store: Store, market: str, symbol: str, heard: Heard, known: IdRanges) -> Iterable[Hole]:
    """Yield what lacks between the last trade that was stored earlier and the first that was heard now."""
    near = store.last_ticks(market, symbol, n=SLACK_TICKS, end_ns=heard.first_ts + 1)
    earlier = near.at(near.ids < heard.first_id)
    if len(earlier):
        yield from _between(
            int(earlier.ids[-1]), int(earlier.ts_event[-1]), heard.first_id, heard.first_ts, known
        )


def _unlisted(ticks: StoredTicks, known: IdRanges) -> Iterable[Hole]:
    """Yield what lacks among these trades though nothing tells of it: what a damaged chunk held, say."""
    for at in np.flatnonzero(np.diff(ticks.ids) > 1).tolist():
        before, after = (
            (int(ticks.ids[at]), int(ticks.ts_event[at])),
            (int(ticks.ids[at + 1]), int(ticks.ts_event[at + 1])),
        )
        yield from _between(*before, *after, known)


def _between(first_id: int, first_ts: int, last_id: int, last_ts: int, known: IdRanges) -> Iterable[Hole]:
    """Yield the ids between two trades that are not known to lack, as open holes."""
    if last_id - first_id < 2:
        return
    times = sorted((first_ts, last_ts))
    for ids in IdRanges([IdRange(first_id + 1, last_id - 1)]).without(known).ranges:
        yield Hole(*ids, times[0], times[1], found_at=0)
