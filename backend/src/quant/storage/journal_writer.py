"""What goes into the journal in one commit. Plain blocking SQL; the thread that calls it is journal.py's."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from quant.domain import Bars
from quant.errors import StorageError
from quant.storage.chunks import encode_bars, encode_ticks
from quant.storage.id_ranges import IdRange, IdRanges, runs
from quant.storage.journal_file import StreamKey, open_writer
from quant.storage.records import StoredHole, StoredTicks, join_bars, join_ticks

MERGE_CHUNKS = 64
MERGE_ROWS = 1024
"""So many small chunks of a stream, or so many rows in them, become one: else a quiet symbol leaves 36,000 an hour."""

MERGE_GROUPS = 16
"""In so many turns the streams merge; each turn rewrites the pages that the others' chunks lie on too."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Everything that one commit makes durable."""

    ticks: dict[StreamKey, StoredTicks]
    bars: dict[tuple[StreamKey, str], list[Bars]]
    holes: dict[StreamKey, tuple[StoredHole, ...]]
    unstored: dict[StreamKey, tuple[IdRange, ...]]

    def __bool__(self) -> bool:
        return bool(self.ticks or self.bars or self.holes or self.unstored)


Rows = TypeVar("Rows", StoredTicks, Bars)


@dataclass(slots=True)
class _Tail(Generic[Rows]):
    """The small chunks of one stream that were written last, oldest first."""

    limit: int = MERGE_CHUNKS
    ids: list[int] = field(default_factory=list)
    parts: list[Rows] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.ids) >= self.limit or sum(map(len, self.parts)) >= MERGE_ROWS

    def with_part(self, chunk: int, part: Rows) -> "_Tail[Rows]":
        parts = self.parts + [part]  # noqa: RUF005  mypy loses the type of a starred list
        return _Tail(self.limit, [*self.ids, chunk], parts)


def _first_limit(stream: int) -> int:
    """Return when a stream merges for the first time: staggered, else 500 streams would do it in one slow commit."""
    return MERGE_CHUNKS - stream % MERGE_GROUPS * (MERGE_CHUNKS // MERGE_GROUPS)


class JournalWriter:
    """The write connection: one commit per `write`."""

    def __init__(self, path: Path) -> None:
        self.connection = open_writer(path)
        self._path = path
        self._inode = path.stat().st_ino
        self._streams: dict[StreamKey, int] = {
            StreamKey(market, symbol): number
            for number, market, symbol in self.connection.execute("SELECT id, market, symbol FROM streams")
        }
        self._unstored: dict[StreamKey, IdRanges] = {}
        for key, number in self._streams.items():
            found = self.connection.execute(
                "SELECT first_id, last_id FROM unstored WHERE stream = ? ORDER BY first_id", (number,)
            )
            self._unstored[key] = IdRanges(IdRange(*row) for row in found)
        self._tick_tails: dict[int, _Tail[StoredTicks]] = {}
        self._bar_tails: dict[tuple[int, str], _Tail[Bars]] = {}

    @property
    def unstored(self) -> dict[StreamKey, tuple[IdRange, ...]]:
        """Return the ids that the file lists as not stored."""
        return {key: ids.ranges for key, ids in self._unstored.items() if ids}

    def close(self) -> None:
        self.connection.close()

    def write(self, flush: Flush) -> None:
        """Commit all of `flush` or nothing; raise sqlite3.Error or StorageError when the disk will not have it."""
        self._check_still_there()
        tick_tails: dict[int, _Tail[StoredTicks]] = {}
        bar_tails: dict[tuple[int, str], _Tail[Bars]] = {}
        missing: dict[StreamKey, IdRanges] = {}
        streams = dict(self._streams)
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for key, ticks in flush.ticks.items():
                number = self._stream(key, streams)
                tick_tails[number] = self._write_ticks(number, ticks)
            for (key, interval), parts in flush.bars.items():
                number = self._stream(key, streams)
                bar_tails[number, interval] = self._write_bars(number, interval, join_bars(parts))
            for key, holes in flush.holes.items():
                self._write_holes(self._stream(key, streams), holes)
            missing = self._still_missing(flush)
            for key, ranges in missing.items():
                self._write_unstored(self._stream(key, streams), ranges.ranges)
            self.connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        # Only now: what was not committed must not be remembered as written.
        self._streams = streams
        self._tick_tails.update(tick_tails)
        self._bar_tails.update(bar_tails)
        self._unstored.update(missing)

    def forget_tails(self) -> None:
        """Merge nothing that was written so far: what is about to be discarded must not come back by a merge."""
        self._tick_tails.clear()
        self._bar_tails.clear()

    def discard(self, *, tick_chunks: Sequence[int] = (), bar_chunks: Sequence[int] = ()) -> None:
        """Delete chunks in one commit."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.connection.executemany("DELETE FROM tick_chunks WHERE id = ?", [(n,) for n in tick_chunks])
            self.connection.executemany("DELETE FROM bar_chunks WHERE id = ?", [(n,) for n in bar_chunks])
            self.connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _check_still_there(self) -> None:
        """SQLite goes on writing to a file that has been deleted, and all of it would be lost."""
        try:
            same = self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            same = False
        if not same:
            raise StorageError(f"{self._path} was removed or replaced while in use", path=str(self._path))

    def _roll_back(self) -> None:
        if self.connection.in_transaction:  # after some errors SQLite has already done it
            self.connection.execute("ROLLBACK")

    def _stream(self, key: StreamKey, streams: dict[StreamKey, int]) -> int:
        number = streams.get(key)
        if number is None:
            cursor = self.connection.execute("INSERT INTO streams (market, symbol) VALUES (?, ?)", key)
            number = streams[key] = _row_id(cursor)
        return number

    def _write_ticks(self, stream: int, ticks: StoredTicks) -> _Tail[StoredTicks]:
        tail = self._tick_tails.get(stream, _Tail(_first_limit(stream)))
        if len(ticks) >= MERGE_ROWS:
            self._insert_ticks(stream, ticks)
            return tail
        tail = tail.with_part(self._insert_ticks(stream, ticks), ticks)
        if not tail.full:
            return tail
        self.connection.executemany("DELETE FROM tick_chunks WHERE id = ?", [(chunk,) for chunk in tail.ids])
        self._insert_ticks(stream, join_ticks(tail.parts))
        return _Tail()

    def _insert_ticks(self, stream: int, ticks: StoredTicks) -> int:
        cursor = self.connection.execute(
            "INSERT INTO tick_chunks (stream, first_id, last_id, rows, first_ts, last_ts, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                stream,
                int(ticks.ids.min()),
                int(ticks.ids.max()),
                len(ticks),
                int(ticks.ts_event.min()),
                int(ticks.ts_event.max()),
                encode_ticks(ticks),
            ),
        )
        return _row_id(cursor)

    def _write_bars(self, stream: int, interval: str, bars: Bars) -> _Tail[Bars]:
        tail = self._bar_tails.get((stream, interval), _Tail(_first_limit(stream)))
        if len(bars) >= MERGE_ROWS:
            self._insert_bars(stream, interval, bars)
            return tail
        tail = tail.with_part(self._insert_bars(stream, interval, bars), bars)
        if not tail.full:
            return tail
        self.connection.executemany("DELETE FROM bar_chunks WHERE id = ?", [(chunk,) for chunk in tail.ids])
        self._insert_bars(stream, interval, join_bars(tail.parts))
        return _Tail()

    def _insert_bars(self, stream: int, interval: str, bars: Bars) -> int:
        cursor = self.connection.execute(
            "INSERT INTO bar_chunks (stream, interval, first_time, last_time, rows, data) VALUES (?, ?, ?, ?, ?, ?)",
            (
                stream,
                interval,
                int(bars.times.min()),
                int(bars.times.max()),
                len(bars),
                encode_bars(bars),
            ),
        )
        return _row_id(cursor)

    def _write_holes(self, stream: int, holes: tuple[StoredHole, ...]) -> None:
        self.connection.execute("DELETE FROM holes WHERE stream = ?", (stream,))
        self.connection.executemany(
            "INSERT INTO holes VALUES (?, ?, ?, ?, ?, ?)", [(stream, *hole) for hole in holes]
        )

    def _still_missing(self, flush: Flush) -> dict[StreamKey, IdRanges]:
        """Return, where it changes, what is not stored: newly dropped ids in, ids that came after all out."""
        changed: dict[StreamKey, IdRanges] = {}
        for key, dropped in flush.unstored.items():
            held = self._unstored.get(key)
            changed[key] = IdRanges((*(held.ranges if held else ()), *dropped))
        for key, ticks in flush.ticks.items():
            held = changed.get(key) or self._unstored.get(key)
            if not held:
                continue
            ranges = IdRanges(held.ranges)
            before = ranges.count
            for stored in runs(ticks.ids):
                ranges.remove(*stored)
            if ranges.count != before:
                changed[key] = ranges
        return changed

    def _write_unstored(self, stream: int, ranges: tuple[IdRange, ...]) -> None:
        self.connection.execute("DELETE FROM unstored WHERE stream = ?", (stream,))
        self.connection.executemany(
            "INSERT INTO unstored VALUES (?, ?, ?)", [(stream, *ids) for ids in ranges]
        )


def _row_id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None  # noqa: S101  an INSERT has just succeeded
    return cursor.lastrowid
