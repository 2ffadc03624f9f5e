"""The journal: trades, closed bars and holes on disk at most 250 ms behind the wire.

The event loop hands rows over and never waits. One thread owns the write connection and commits every 100 ms; another
moves the log into the file. When the disk refuses, rows wait in memory up to a bound; past it they are dropped and
their ids listed, and the list is stored as soon as anything can be.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import structlog

from quant.clock import Clock, SystemClock
from quant.domain import Bars, TradeBatch
from quant.errors import StorageError
from quant.storage.checkpointer import Checkpointer
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.journal_file import StreamKey
from quant.storage.journal_status import JournalStatus, state_of
from quant.storage.journal_writer import Flush, JournalWriter
from quant.storage.pending import Pending, Taken
from quant.storage.records import StoredHole

log = structlog.get_logger()

FLUSH_MS = 100
FLUSH_ROWS = 50_000
"""Rows that are committed at once instead of after 100 ms."""

MAX_PENDING_ROWS = 2_000_000
"""About 120 MB in memory: 40 s at 50,000 trades a second, hours of a usual market."""

RETRY_S = 1.0

DISCARD_AT_ONCE = 256
"""Chunks that are deleted in one commit: trades that come meanwhile wait for no more than that."""


@dataclass(frozen=True, slots=True)
class _Discard:
    tick_chunks: Sequence[int]
    bar_chunks: Sequence[int]
    done: "Future[None]"

    def lots(self) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
        for at in range(0, len(self.tick_chunks), DISCARD_AT_ONCE):
            yield self.tick_chunks[at : at + DISCARD_AT_ONCE], ()
        for at in range(0, len(self.bar_chunks), DISCARD_AT_ONCE):
            yield (), self.bar_chunks[at : at + DISCARD_AT_ONCE]


class Journal:
    """The one writer of a journal file: `open` before use, `close` at the end; the rest from any thread."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock | None = None,
        flush_ms: float = FLUSH_MS,
        max_pending_rows: int = MAX_PENDING_ROWS,
        retry_s: float = RETRY_S,
        on_commit: Callable[[int], None] | None = None,
    ) -> None:
        self.path = path
        self._clock = clock or SystemClock()
        self._flush_s = flush_ms / 1000
        self._retry_s = retry_s
        self._on_commit = on_commit
        self._wake = threading.Condition(threading.Lock())
        self._max_rows = max_pending_rows
        self._pending = Pending(max_rows=max_pending_rows)
        self._taken: Taken | None = None  # being committed, or to be tried again
        self._idle = False  # the thread waits for a first row
        self._discards: list[_Discard] = []
        self._failure: str | None = None
        self._closing = False
        self._hurried = 0  # the ticket up to which somebody waits
        self._committed_ticket = 0
        self._committed_rows = 0
        self._committed_ids: dict[StreamKey, IdRanges] = {}
        self._listed: dict[StreamKey, tuple[IdRange, ...]] = {}  # on disk as not stored
        self._writer: JournalWriter | None = None
        self._failed: JournalWriter | None = None  # open until another is
        self._flush: Flush | None = None  # the taken rows, sorted; the thread's own
        self._checkpointer = Checkpointer(path)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    # --- life ---

    def open(self) -> None:
        """Open the file and start committing. A file that cannot be written makes the state `failing`, no error."""
        self._try(self._ensure_writer)
        self._thread.start()
        self._checkpointer.start()

    def close(self, *, timeout_s: float = 10.0) -> bool:
        """Commit what waits, if the disk will have it, and stop; return whether everything is on disk."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        self._checkpointer.close()
        stopped = not self._thread.is_alive()
        if stopped:
            self._close_failed()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        for discard in self._discards:
            discard.done.cancel()
        return stopped and self._taken is None and not self._pending

    # --- what the event loop calls; none of these waits for the disk ---

    def append(
        self,
        market: str,
        batch: TradeBatch | None = None,
        *,
        bars: Iterable[tuple[str, str, Bars]] = (),
        holes: Mapping[str, Iterable[StoredHole]] | None = None,
    ) -> int:
        """Take a copy of the trades for the next commit; return the ticket by which `on_commit` reports them.

        The closed bars (symbol, interval, bars) and the hole lists that these trades changed go into the same
        commit, so that what is on disk never tells of a trade in one place and not in the other.
        """
        with self._wake:
            at_s, others = self._now(), self._held_rows
            ticket = self._pending.ticket
            if batch is not None:
                ticket = self._pending.add_ticks(market, batch, at_s=at_s, others=others)
            for symbol, listed in (holes or {}).items():
                ticket = self._pending.put_holes(StreamKey(market, symbol), tuple(listed), at_s=at_s)
            for symbol, interval, part in bars:
                key = StreamKey(market, symbol)
                joined = batch is not None
                ticket = self._pending.add_bars(key, interval, part, at_s=at_s, others=others, joined=joined)
            self._nudge()
        return ticket

    def append_bars(self, market: str, symbol: str, interval: str, bars: Bars) -> int:
        """Take closed bars for the next commit; of one open time the newest revision is read later.

        A bar that changes needs a new revision: which of two contents of one revision is read is not said.
        """
        key = StreamKey(market, symbol)
        with self._wake:
            if not len(bars):
                return self._pending.ticket
            ticket = self._pending.add_bars(key, interval, bars, at_s=self._now(), others=self._held_rows)
            self._nudge()
        return ticket

    def put_holes(self, market: str, symbol: str, holes: Iterable[StoredHole]) -> int:
        """Replace the stored list of the symbol's holes by this one."""
        with self._wake:
            ticket = self._pending.put_holes(StreamKey(market, symbol), tuple(holes), at_s=self._now())
            self._nudge()
        return ticket

    def list_unstored(self, market: str, symbol: str, ids: Iterable[IdRange]) -> None:
        """List ids of trades as not stored with the next commit, until they come again; any thread may say so."""
        with self._wake:
            self._pending.list_dropped({StreamKey(market, symbol): tuple(ids)})
            self._nudge()

    def discard(self, *, tick_chunks: Sequence[int], bar_chunks: Sequence[int]) -> "Future[None]":
        """Delete chunks that lie in the history; the future is done when they are gone."""
        done: Future[None] = Future()
        with self._wake:
            self._discards.append(_Discard(tick_chunks, bar_chunks, done))
            self._wake.notify_all()
        return done

    # --- what others ask ---

    @property
    def ticket(self) -> int:
        """Return the ticket of the newest append."""
        with self._wake:
            return self._pending.ticket

    @property
    def committed_ticket(self) -> int:
        """Return the newest ticket up to which every append is on disk, or listed on disk as not stored."""
        with self._wake:
            return self._committed_ticket

    def committed_ids(self, market: str, symbol: str) -> tuple[IdRange, ...]:
        """Return the ids that were committed since the journal was opened."""
        with self._wake:
            found = self._committed_ids.get(StreamKey(market, symbol))
            return found.ranges if found else ()

    def dropped_ids(self) -> dict[StreamKey, tuple[IdRange, ...]]:
        """Return the ids that were dropped and could not yet be listed on disk."""
        with self._wake:
            listed = dict(self._taken.dropped) if self._taken else {}
            for key, ranges in self._pending.dropped.items():
                listed[key] = IdRanges((*listed.get(key, ()), *ranges)).ranges
            return listed

    def unstored(self, market: str, symbol: str) -> tuple[IdRange, ...]:
        """Return all ids that were dropped and were not stored since, be that listed on disk or not yet."""
        key = StreamKey(market, symbol)
        with self._wake:
            taken = self._taken.dropped.get(key, ()) if self._taken else ()
            parts = (*self._listed.get(key, ()), *taken, *self._pending.dropped_of(key))
        return IdRanges(parts).ranges if parts else ()

    @property
    def room(self) -> int:
        """Return how many rows more may wait before any is dropped."""
        with self._wake:
            return max(self._max_rows - self._pending.rows - self._held_rows, 0)

    @property
    def status(self) -> JournalStatus:
        with self._wake:
            oldest_s = self._taken.oldest_s if self._taken else self._pending.oldest_s
            lag_ms = 0.0 if oldest_s is None else max(0.0, (self._now() - oldest_s) * 1000)
            return JournalStatus(
                state_of(failure=self._failure, lag_ms=lag_ms),
                self._failure,
                lag_ms,
                self._pending.rows + self._held_rows,
                self._committed_rows,
                self._pending.dropped_rows,
                self._pending.dropped_bars,
            )

    def wait_committed(self, ticket: int | None = None, *, timeout_s: float = 10.0) -> bool:
        """Wait until everything up to `ticket` (all so far by default) is settled; not for the event loop."""
        with self._wake:
            wanted = self._pending.ticket if ticket is None else ticket
            self._hurried = max(self._hurried, wanted)
            self._wake.notify_all()
            return self._wake.wait_for(lambda: self._committed_ticket >= wanted, timeout_s)

    # --- the thread ---

    @property
    def _held_rows(self) -> int:
        return self._taken.rows if self._taken else 0

    def _now(self) -> float:
        return self._clock.monotonic_s()

    def _nudge(self) -> None:
        if self._idle or self._pending.rows >= FLUSH_ROWS:
            self._idle = False
            self._wake.notify_all()

    def _run(self) -> None:
        closing = False
        while not closing:
            closing = self._wait()
            try:
                self._try(self._work)
            except Exception as error:  #  the thread's edge: a dead thread would store nothing, silently
                log.exception("journal.broken", path=str(self.path))
                self._fail(error)

    def _work(self) -> None:
        self._ensure_writer()
        self._commit()
        self._discard_chunks()

    def _wait(self) -> bool:
        """Wait until there is something to commit and its time has come; return whether it is for the last time."""
        with self._wake:
            if self._failure is not None:
                self._wake.wait_for(lambda: self._closing, self._retry_s)
                return self._closing
            self._idle = True
            self._wake.wait_for(lambda: self._closing or bool(self._pending) or bool(self._discards))
            self._idle = False
            self._wake.wait_for(self._is_due, self._flush_s)
            return self._closing

    def _is_due(self) -> bool:
        hurried = self._hurried > self._committed_ticket or bool(self._discards)
        return self._closing or hurried or self._pending.rows >= FLUSH_ROWS

    def _try(self, step: Callable[[], None]) -> None:
        """Do `step`; a disk that refuses is shown, and retried later."""
        try:
            step()
        except (sqlite3.Error, OSError, StorageError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._writer is not None:
            # A reader that finds the file open nowhere makes its shared memory anew, which a full disk refuses too.
            self._close_failed()
            self._failed, self._writer = self._writer, None
        with self._wake:
            first = self._failure is None
            self._failure = str(error) if isinstance(error, StorageError) else f"{self.path}: {error}"
        if first:
            log.error("journal.failing", path=str(self.path), error=str(error))

    def _recovered(self) -> None:
        if self._failure is not None:
            self._failure = None
            log.info("journal.recovered", path=str(self.path))

    def _ensure_writer(self) -> None:
        if self._writer is None:
            self._writer = JournalWriter(self.path)
            self._close_failed()
            with self._wake:
                self._listed = self._writer.unstored

    def _close_failed(self) -> None:
        if self._failed is not None:
            try:
                self._failed.close()
            except sqlite3.Error as error:
                log.warning("journal.close_failed", error=str(error))
            self._failed = None

    def _commit(self) -> None:
        """Commit what waits; raises what the disk says, and keeps the rows for the next try."""
        assert self._writer is not None  # noqa: S101  _ensure_writer has made it
        while (taken := self._next()) is not None:
            try:
                self._flush = self._flush or taken.sorted_by_symbol()
                with self._checkpointer.commit():
                    self._writer.write(self._flush)
            except (sqlite3.Error, OSError, StorageError):
                raise
            except Exception:  #  our own bug: these rows would stop all that come after them
                log.exception("journal.unwritable", rows=taken.rows)
                self._give_up(taken)
            else:
                self._settle(taken, self._flush)
            self._flush = None

    def _next(self) -> Taken | None:
        with self._wake:
            if self._taken is None and self._pending:
                self._taken = self._pending.take()
            if self._taken is None:
                self._recovered()
            return self._taken

    def _settle(self, taken: Taken, flush: Flush) -> None:
        assert self._writer is not None  # noqa: S101  it has just written
        with self._wake:
            self._taken = None
            if self._listed or flush.unstored:
                self._listed = self._writer.unstored
            self._committed_ticket = taken.ticket
            for key, ticks in flush.ticks.items():
                self._committed_ids.setdefault(key, IdRanges()).add_ids(ticks.ids)
                self._committed_rows += len(ticks)
            self._recovered()
            self._wake.notify_all()
        if self._on_commit is not None:
            try:
                self._on_commit(taken.ticket)
            except Exception:  #  the rows are stored, whatever the listener makes of it
                log.exception("journal.listener_failed")

    def _give_up(self, taken: Taken) -> None:
        with self._wake:
            self._taken = None
            if self._flush is not None:
                self._pending.drop(self._flush.ticks)
            self._pending.list_dropped(taken.dropped)

    def _discard_chunks(self) -> None:
        while True:
            with self._wake:
                if not self._discards:
                    return
                discard = self._discards[0]
            assert self._writer is not None  # noqa: S101  _ensure_writer has made it
            self._writer.forget_tails()
            for tick_chunks, bar_chunks in discard.lots():
                with self._checkpointer.commit():
                    self._writer.discard(tick_chunks=tick_chunks, bar_chunks=bar_chunks)
                self._commit()
            with self._wake:
                self._discards.pop(0)
            if discard.done.set_running_or_notify_cancel():
                discard.done.set_result(None)
