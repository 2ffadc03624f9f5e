"""Where trades that were fetched on demand go: to the journal, to a running market, and into the bars of their days."""

import asyncio
from collections.abc import Sequence

import numpy as np

from quant.domain import TradeBatch
from quant.engine.fill_job import FillTarget, fill
from quant.engine.importer import Importer
from quant.engine.jobs import Job
from quant.engine.persistence import Persistence
from quant.engine.protocol import BackfillOrder
from quant.engine.running import RunningMarket
from quant.feed.exchange import ExchangeRest
from quant.market.ledger import HoleState
from quant.storage.history_paths import DAY_NS
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.records import StoredHole
from quant.storage.store import Store


class FillSink:
    """Takes what one back-fill brings; `running` is the market that is served meanwhile, if it is the same one."""

    def __init__(
        self,
        market: str,
        persistence: Persistence,
        importer: Importer,
        *,
        running: RunningMarket | None = None,
    ) -> None:
        self._market = market
        self._persistence = persistence
        self._importer = importer
        self._running = running
        self._days: dict[str, set[int]] = {}

    async def fill(self, job: Job, order: BackfillOrder, rest: ExchangeRest, *, now_ns: int) -> None:
        """Fetch what the order names; when this returns it is stored, and the days it belongs to are owed bars."""
        target = FillTarget(self._market, self._persistence.store, rest, self._take, self._deny)
        try:
            await fill(job, order, target, now_ns=now_ns)
        finally:
            await asyncio.to_thread(self._persistence.journal.wait_committed)
            for symbol, days in self._days.items():
                await asyncio.to_thread(self._importer.owe, self._market, symbol, days)

    def _take(self, batch: TradeBatch) -> None:
        for symbol in batch.present():
            days = np.unique(batch.of({symbol}).ts_event // DAY_NS).tolist()
            self._days.setdefault(symbol, set()).update(days)
        if self._running is not None:
            self._running.fill(batch)
        # Also what the market has passed over: memory knows only the holes that it has heard of.
        self._persistence.journal.append(self._market, batch)

    def _deny(self, symbol: str, ids: Sequence[IdRange]) -> None:
        if self._running is not None and symbol in self._running.streamed:
            for part in ids:
                self._running.deny(symbol, first_id=part.first_id, last_id=part.last_id)
            return
        store, days = self._persistence.store, self._days.setdefault(symbol, set())
        confirmed = [_confirmed(store, self._market, symbol, part) for part in ids]
        for hole in confirmed:
            days.update(range(hole.ts_before // DAY_NS, hole.ts_after // DAY_NS + 1))
        others = _without(store.holes(self._market, symbol), ids)
        self._persistence.journal.append(self._market, holes={symbol: sorted((*others, *confirmed))})


def _confirmed(store: Store, market: str, symbol: str, ids: IdRange) -> StoredHole:
    before = store.ticks(market, symbol, after_id=ids.first_id - 2, limit=1)
    after = store.ticks(market, symbol, after_id=ids.last_id, limit=1)
    times = [int(part.ts_event[0]) for part in (before, after) if len(part)]
    return StoredHole(*ids, min(times, default=0), max(times, default=0), HoleState.CONFIRMED.value)


def _without(holes: Sequence[StoredHole], ids: Sequence[IdRange]) -> list[StoredHole]:
    """Return what is left of the holes without `ids`."""
    left = []
    for hole in holes:
        rest = IdRanges([IdRange(hole.first_id, hole.last_id)])
        for part in ids:
            rest.remove(*part)
        left += [hole._replace(first_id=part.first_id, last_id=part.last_id) for part in rest.ranges]
    return left
