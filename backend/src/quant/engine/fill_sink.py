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
from quant.errors import StorageError
from quant.feed.exchange import ExchangeRest
from quant.feed.pace import Sleep
from quant.market.ledger import Hole, HoleState
from quant.storage.history_paths import DAY_NS
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.records import StoredHole
from quant.storage.store import Store

SETTLE_S = 10.0
"""A disk that takes longer to store a block of trades is as good as none."""


class FillSink:
    """Takes what one back-fill brings; `running` is the market that is served meanwhile, if it is the same one."""

    def __init__(
        self,
        market: str,
        persistence: Persistence,
        importer: Importer,
        *,
        running: RunningMarket | None = None,
        sleep: Sleep = asyncio.sleep,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._sleep = sleep
        self._settle_s = settle_s
        self._market = market
        self._persistence = persistence
        self._importer = importer
        self._running = running
        self._days: dict[str, set[int]] = {}

    async def fill(self, job: Job, order: BackfillOrder, rest: ExchangeRest, *, now_ns: int) -> None:
        """Fetch what the order names; when this returns it is stored, and the days it belongs to are owed bars."""
        target = FillTarget(self._market, self._persistence.store, rest, self.take, self.deny, self._sleep)
        try:
            await fill(job, order, target, now_ns=now_ns)
        finally:
            # Again: another job may have built them while trades were still coming.
            for symbol, days in self._days.items():
                try:
                    await self._owe(symbol, days)
                except StorageError as error:
                    job.add_error(f"{symbol}: {error.message}")

    async def _owe(self, symbol: str, days: set[int]) -> None:
        try:
            await asyncio.to_thread(self._importer.owe, self._market, symbol, days)
        except (OSError, StorageError) as error:
            raise StorageError(f"its bars stay as they are: {error}") from error

    async def take(self, batch: TradeBatch) -> None:
        """Return when each of the trades is stored, once; raises StorageError when the disk will not have them.

        The days they change are owed their bars before: whatever ends the job, the bars are made.
        """
        for symbol in batch.present():
            days = set(np.unique(batch.of({symbol}).ts_event // DAY_NS).tolist())
            known = self._days.setdefault(symbol, set())
            if days - known:
                await self._owe(symbol, days - known)
                known |= days
        if self._running is not None:
            self._running.fill(batch)
        await self._settle()
        # What the market has passed over, for memory knows only the holes that it has heard of: it never will take
        # these trades, so nobody else stores them.
        rest = self._not_stored(batch)
        if len(rest):
            self._persistence.journal.append(self._market, rest)
            await self._settle()
            lost = len(self._not_stored(rest))
            if lost:
                raise StorageError(f"{lost} trades could not be stored: the journal had no room for them")

    async def deny(self, symbol: str, ids: Sequence[IdRange]) -> Sequence[IdRange]:
        """List ids that the exchange does not have; return those that are listed now.

        A running market lists only ids between trades that it has heard of.
        """
        if self._running is not None and symbol in self._running.streamed:
            for part in ids:
                self._running.deny(symbol, first_id=part.first_id, last_id=part.last_id)
            await self._settle()
            return _common(ids, self._running.state.holes(symbol))
        store, days = self._persistence.store, self._days.setdefault(symbol, set())
        confirmed = [_confirmed(store, self._market, symbol, part) for part in ids]
        for hole in confirmed:
            days.update(range(hole.ts_before // DAY_NS, hole.ts_after // DAY_NS + 1))
        others = _without(store.holes(self._market, symbol), ids)
        self._persistence.journal.append(self._market, holes={symbol: sorted((*others, *confirmed))})
        await self._settle()
        return ids

    async def _settle(self) -> None:
        """Return when all that the journal was given is on the disk; raises StorageError."""
        journal = self._persistence.journal
        if not await asyncio.to_thread(journal.wait_committed, timeout_s=self._settle_s):
            raise StorageError(f"nothing can be stored: {journal.status.reason or 'the disk is too slow'}")

    def _not_stored(self, batch: TradeBatch) -> TradeBatch:
        """Return the trades that were not committed since the journal was opened; the job has looked further back."""
        stored = np.zeros(len(batch), np.bool_)
        for code, symbol in enumerate(batch.names):
            mine = batch.codes == code
            for ids in self._persistence.journal.committed_ids(self._market, symbol):
                stored |= mine & (batch.ids >= ids.first_id) & (batch.ids <= ids.last_id)
        return batch.at(~stored)


def _common(ids: Sequence[IdRange], holes: Sequence[Hole]) -> Sequence[IdRange]:
    """Return what of `ids` lies in confirmed holes."""
    others = IdRanges(ids)
    for hole in holes:
        if hole.state is HoleState.CONFIRMED:
            others.remove(hole.first_id, hole.last_id)
    common = IdRanges(ids)
    for part in others.ranges:
        common.remove(*part)
    return common.ranges


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
