"""What outlives the process: trades, bars and holes go to the journal as they come, and come back at a start."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from quant.clock import NS_PER_S, Clock
from quant.domain import Bars, TradeBatch
from quant.engine.protocol import JournalView
from quant.errors import StorageError
from quant.market.ledger import Hole, HoleState
from quant.market.state import MarketState
from quant.storage.compaction import Compaction
from quant.storage.history import History
from quant.storage.history_paths import DAY_NS, HOUR_NS
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.journal import Journal
from quant.storage.journal_status import JournalState
from quant.storage.records import Damage, StoredHole, StoredTicks, join_ticks
from quant.storage.store import HISTORY_NAME, JOURNAL_NAME, Store

log = structlog.get_logger()

COMPACT_EVERY_S = HOUR_NS / NS_PER_S
FIRST_COMPACTION_S = 60.0
"""After a start, which has better things to do."""


@dataclass(frozen=True, slots=True)
class _StoredTrades:
    """The newest trades of a symbol, and what is known to lack among all of them."""

    ticks: TradeBatch
    begins: bool  # the first of them is the first that is stored at all
    holes: tuple[Hole, ...]


class Persistence:
    """The journal and the history of a data directory, as a running engine uses them."""

    def __init__(self, data_dir: Path, *, clock: Clock, tick_days: int, bar_days: int) -> None:
        self.journal = Journal(data_dir / JOURNAL_NAME, clock=clock)
        self.history = History(data_dir / HISTORY_NAME)
        self.store = Store(data_dir, on_damage=_report)
        self._clock = clock
        self._tick_days = tick_days
        self._bar_days = bar_days
        self._compaction = Compaction(self.journal, self.history)
        self._compacting = threading.Lock()
        self._open = False

    # --- life ---

    async def open(self) -> None:
        """Open the journal; a disk that refuses makes it `failing`, no error."""
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        try:
            self.history.sweep()
        except OSError as error:
            log.warning("history.sweep_failed", error=str(error))
        self.journal.open()
        self._open = True

    async def close(self) -> None:
        """Commit what waits."""
        if self._open:
            self._open = False
            done = await asyncio.to_thread(self.journal.close)
            if not done:
                log.error("journal.not_all_stored", rows=self.journal.status.pending_rows)

    async def run(self) -> None:
        """Move closed hours to the history and let go what is too old, once an hour."""
        wait_s = FIRST_COMPACTION_S
        while True:
            await asyncio.sleep(wait_s)
            await asyncio.to_thread(self.compact)
            wait_s = COMPACT_EVERY_S

    def compact(self) -> None:
        """Do that now; blocks."""
        now = self._clock.wall_ns()
        with self._compacting:
            try:
                done = self._compaction.run(now_ns=now)
                retired = self.history.retire(
                    ticks_before_ns=_days_before(now, self._tick_days),
                    bars_before_ns=_days_before(now, self._bar_days),
                )
            except (OSError, StorageError) as error:
                log.error("history.compaction_failed", error=str(error))
                return
        log.info("history.compacted", ticks=done.ticks, bars=done.bars, files=done.files, retired=retired)

    # --- writing ---

    def keep(self, state: MarketState, batch: TradeBatch | None = None) -> set[tuple[str, str]]:
        """Hand over new trades with the bars and holes that have changed; return the (symbol, interval) of those."""
        bars = state.take_changed()
        holes = state.take_changed_holes()
        if batch is not None or bars or holes:
            stored = {symbol: tuple(map(_stored_hole, each)) for symbol, each in holes.items()}
            self.journal.append(state.market, batch, bars=bars, holes=stored)
        return {(symbol, interval) for symbol, interval, _ in bars}

    # --- reading back ---

    async def restore(self, state: MarketState, symbol: str) -> None:
        """Have the symbol begin where it ended; does nothing for one that was never stored.

        What cannot be read is logged and left out: it shows as a gap, and serving goes on.
        """
        bars = await asyncio.to_thread(self._bars, state, symbol)
        since = state.restore_bars(symbol, bars)
        trades = await asyncio.to_thread(self._trades, state, symbol, since)
        state.restore_ticks(symbol, trades.ticks, since=since, begins=trades.begins, holes=trades.holes)
        self.keep(state)  # of the others too: what has changed while we read must not be taken for stored
        log.info("market.restored", symbol=symbol, ticks=len(trades.ticks), holes=len(trades.holes))

    def _bars(self, state: MarketState, symbol: str) -> Mapping[str, Bars]:
        names = [interval.name for interval in state.intervals]
        try:
            return {
                name: self.store.bars(state.market, symbol, name, limit=state.bar_depth) for name in names
            }
        except (OSError, StorageError) as error:
            log.error("store.unreadable", symbol=symbol, error=str(error))
            return {}

    def _trades(self, state: MarketState, symbol: str, since: Sequence[int]) -> _StoredTrades:
        market, store = state.market, self.store
        try:
            parts = [store.last_ticks(market, symbol, n=state.tick_capacity)]
            begun = [ts for ts in since if ts]
            if begun:
                parts.append(store.ticks(market, symbol, start_ns=min(begun)))
            ticks = join_ticks(parts)
            extent = store.extent(market, symbol)
            begins = extent is not None and len(ticks) > 0 and int(ticks.ids[0]) == extent.first_id
            holes = [_hole(each) for each in store.holes(market, symbol)]
            holes += [_dropped(store, market, symbol, ids) for ids in store.unstored(market, symbol)]
            holes += _unlisted(ticks, holes)
        except (OSError, StorageError) as error:
            log.error("store.unreadable", symbol=symbol, error=str(error))
            return _StoredTrades(_batch(symbol, join_ticks([])), begins=False, holes=())
        return _StoredTrades(_batch(symbol, ticks), begins, tuple(holes))

    # --- what others ask ---

    def view(self) -> JournalView:
        """Return how the journal stands."""
        status = self.journal.status
        return JournalView(
            status.state.value if self._open else "off",
            status.reason,
            round(status.lag_ms, 1),
            status.pending_rows,
            status.committed_rows,
            status.dropped_rows,
        )

    @property
    def failure(self) -> str | None:
        """Return why nothing can be stored now, None when it can."""
        status = self.journal.status
        return status.reason if status.state is JournalState.FAILING else None


def _report(damage: Damage) -> None:
    log.error("store.damaged", **damage._asdict())


def _days_before(now: int, days: int) -> int | None:
    return now - days * DAY_NS if days else None


def _batch(symbol: str, ticks: StoredTicks) -> TradeBatch:
    return TradeBatch(
        (symbol,),
        np.zeros(len(ticks), np.int32),
        ticks.ids,
        ticks.ts_event,
        ticks.ts_recv,
        ticks.prices,
        ticks.sizes,
        ticks.sells,
        ticks.counts,
    )


def _stored_hole(hole: Hole) -> StoredHole:
    return StoredHole(hole.first_id, hole.last_id, hole.ts_before, hole.ts_after, hole.state.value)


def _hole(stored: StoredHole) -> Hole:
    first_id, last_id, ts_before, ts_after, state = stored
    return Hole(first_id, last_id, ts_before, ts_after, found_at=0, state=HoleState(state))


def _dropped(store: Store, market: str, symbol: str, ids: IdRange) -> Hole:
    """Return ids that came and could not be stored as a hole, in time between the stored trades around it."""
    before = store.ticks(market, symbol, after_id=ids.first_id - 2, limit=1)
    after = store.ticks(market, symbol, after_id=ids.last_id, limit=1)
    times = [int(part.ts_event[0]) for part in (before, after) if len(part)]
    return Hole(ids.first_id, ids.last_id, min(times, default=0), max(times, default=0), found_at=0)


def _unlisted(ticks: StoredTicks, holes: Sequence[Hole]) -> list[Hole]:
    """Return the ids that lack among these ticks though no hole tells of them: what a damaged chunk held, say."""
    found = []
    for at in np.flatnonzero(np.diff(ticks.ids) > 1).tolist():
        lacking = IdRanges([IdRange(int(ticks.ids[at]) + 1, int(ticks.ids[at + 1]) - 1)])
        for hole in holes:
            lacking.remove(hole.first_id, hole.last_id)
        times = sorted((int(ticks.ts_event[at]), int(ticks.ts_event[at + 1])))
        found += [Hole(ids.first_id, ids.last_id, times[0], times[1], found_at=0) for ids in lacking.ranges]
    return found
