"""What outlives the process: trades, bars and holes go to the journal as they come, and come back at a start."""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

import structlog

from quant.clock import NS_PER_S, Clock
from quant.domain import TradeBatch
from quant.engine.damaged_trades import DamagedTrades
from quant.engine.past import Heard, read_past
from quant.engine.protocol import JournalView
from quant.errors import StorageError
from quant.market.ledger import Hole, HoleState
from quant.market.state import MarketState
from quant.storage.compaction import Compaction
from quant.storage.history import History
from quant.storage.history_paths import DAY_NS, HOUR_NS
from quant.storage.journal import MAX_PENDING_ROWS, Journal
from quant.storage.journal_file import StreamKey
from quant.storage.journal_status import JournalState
from quant.storage.records import StoredHole
from quant.storage.store import HISTORY_NAME, JOURNAL_NAME, Store

log = structlog.get_logger()

COMPACT_EVERY_S = HOUR_NS / NS_PER_S
SETTLE_S = 5.0
FIRST_COMPACTION_S = 60.0
"""After a start, which has better things to do."""

RETRY_COMPACTION_S = 300.0
"""After a disk that refused: somebody makes room and wants to see that it helped."""


@dataclass(slots=True)
class _Unread:
    """A symbol whose stored past is not in its place yet."""

    first: tuple[int, int] | None = None  # id and time of the first trade that came
    since: list[TradeBatch] | None = None  # what comes while the past is being read


class Persistence:
    """The journal and the history of a data directory, as a running engine uses them."""

    def __init__(
        self,
        data_dir: Path,
        *,
        clock: Clock,
        tick_days: int,
        bar_days: int,
        max_pending_rows: int = MAX_PENDING_ROWS,
    ) -> None:
        self.journal = Journal(data_dir / JOURNAL_NAME, clock=clock, max_pending_rows=max_pending_rows)
        self._damages = DamagedTrades(data_dir, self.journal)
        self.history = History(data_dir / HISTORY_NAME, on_damage=self._damages.note)
        self.store = Store(data_dir, on_damage=self._damages.note)
        self._clock = clock
        self._tick_days = tick_days
        self._bar_days = bar_days
        self._compaction = Compaction(self.journal, self.history)
        self._compacting = threading.Lock()
        self._history_trouble: str | None = None
        self._open = False
        self._unread: dict[StreamKey, _Unread] = {}

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
            try:
                await asyncio.to_thread(self.compact)
            except Exception as error:  # a bug of ours ends one pass and not all that come
                log.exception("history.broken")
                self._history_trouble = f"the journal and the history grow: internal error: {error!r}"
            wait_s = COMPACT_EVERY_S if self._history_trouble is None else RETRY_COMPACTION_S

    def compact(self) -> None:
        """Do that now; blocks. What the disk refuses shows in `trouble` until it is done."""
        now = self._clock.wall_ns()
        with self._compacting:
            # What frees room comes first, for the other needs some; and neither waits for the other to succeed.
            refused = self._retire(now), self._move(now)
            self._history_trouble = next(filter(None, refused), None)

    def _retire(self, now: int) -> str | None:
        """Return what is in the way, in a sentence."""
        if not self._tick_days and not self._bar_days:
            return None
        try:
            newest = self.store.newest_ts()
            if newest is None:
                return None
            now = min(now, newest)  # a machine whose date is ahead must not delete all there is
            files = self.history.retire(
                ticks_before_ns=_days_before(now, self._tick_days),
                bars_before_ns=_days_before(now, self._bar_days),
            )
        except (OSError, StorageError) as error:
            log.error("history.retention_failed", error=str(error))
            return f"what is too old is not being deleted: {error}"
        log.info("history.retired", files=files)
        return None

    def _move(self, now: int) -> str | None:
        """Return what is in the way, in a sentence."""
        try:
            done = self._compaction.run(now_ns=now)
        except (OSError, StorageError) as error:
            log.error("history.compaction_failed", error=str(error))
            return f"the journal grows, for its closed hours cannot be moved to the history: {error}"
        for damage in done.damaged:
            self._damages.note(damage)
        log.info("history.compacted", ticks=done.ticks, bars=done.bars, files=done.files)
        return None

    # --- writing ---

    def keep(self, state: MarketState, batch: TradeBatch | None = None) -> set[tuple[str, str]]:
        """Hand over new trades with the bars and holes that have changed; return the (symbol, interval) of those."""
        bars = state.take_changed()
        changed = {(symbol, interval) for symbol, interval, _ in bars}
        holes = state.take_changed_holes()
        if self._unread:
            unread = {symbol for market, symbol in self._unread if market == state.market}
            bars = [each for each in bars if each[0] not in unread]
            holes = {symbol: each for symbol, each in holes.items() if symbol not in unread}
            if batch is not None:
                self._note(state.market, batch)
        if batch is not None or bars or holes:
            stored = {symbol: tuple(map(_stored_hole, each)) for symbol, each in holes.items()}
            self.journal.append(state.market, batch, bars=bars, holes=stored)
        return changed

    # --- reading back ---

    async def restore(self, state: MarketState, symbol: str) -> set[tuple[str, str]]:
        """Have the symbol begin where it ended, and go on with what came since; call it again when it raises.

        Returns what `keep` does. Until it is done nothing but trades is stored of the symbol: a list of holes, or a
        bar, that knows nothing of the past would take its place. Raises StorageError where the past cannot be read
        now, or where trades that came meanwhile are not yet beside it.
        """
        key = StreamKey(state.market, symbol)
        unread = self._unread.setdefault(key, _Unread())
        unread.since = []
        heard = None if unread.first is None else Heard(*unread.first, state.holes(symbol))
        try:
            await asyncio.to_thread(self._settle, self.journal.ticket)
            past = await asyncio.to_thread(read_past, self.store, state, symbol, heard=heard)
        except (OSError, StorageError) as error:
            log.error("store.unreadable", symbol=symbol, error=str(error))
            if isinstance(error, StorageError):
                raise
            raise StorageError(str(error)) from error
        finally:
            since, unread.since = unread.since, None
        for batch in since:
            past.apply(batch)
        state.adopt(symbol, past)
        del self._unread[key]
        found = state.counters(symbol)
        log.info("market.restored", symbol=symbol, ticks=found.accepted, holes=found.holes[HoleState.OPEN])
        return self.keep(state)

    def _settle(self, ticket: int) -> None:
        """Return once everything up to the ticket can be read from the disk."""
        if self.journal.committed_ticket >= ticket:
            return
        status = self.journal.status
        if status.reason is not None:
            raise StorageError(status.reason)
        if not self.journal.wait_committed(ticket, timeout_s=SETTLE_S):
            raise StorageError(f"{self.journal.path}: what came meanwhile is not stored after {SETTLE_S:g} s")

    def _note(self, market: str, batch: TradeBatch) -> None:
        """Remember what came of symbols whose past is not read."""
        for key, unread in self._unread.items():
            if key.market != market or key.symbol not in batch.names:
                continue
            part = batch.of({key.symbol})
            if len(part) and unread.first is None:
                unread.first = int(part.ids[0]), int(part.ts_event[0])
            if len(part) and unread.since is not None:
                unread.since.append(part)

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
    def trouble(self) -> str | None:
        """Return what the disk refuses now, in a sentence; None when it refuses nothing."""
        status = self.journal.status
        if status.state is JournalState.FAILING:
            return f"trades are not being stored: {status.reason}"
        return self._history_trouble


def _days_before(now: int, days: int) -> int | None:
    return now - days * DAY_NS if days else None


def _stored_hole(hole: Hole) -> StoredHole:
    return StoredHole(hole.first_id, hole.last_id, hole.ts_before, hole.ts_after, hole.state.value)
