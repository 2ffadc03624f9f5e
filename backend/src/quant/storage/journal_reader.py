"""Reads the journal, beside a live writer or without one. Every call sees one moment of the file."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import numpy as np

from quant.domain import Bars
from quant.errors import DamagedData
from quant.storage.chunks import decode_bars, decode_ticks
from quant.storage.journal_index import JournalIndex, rows_of, stream_of
from quant.storage.records import (
    Damage,
    StoredTicks,
    between,
    collect_ticks,
    gather,
    join_bars,
    join_ticks,
    newest_bars,
    no_ticks,
    oldest_bars,
    within,
)

Rows = TypeVar("Rows", StoredTicks, Bars)


class JournalReader(JournalIndex):
    """Read-only access to a journal file; may be called from any thread.

    A chunk that fails its checksum raises DamagedData, which names it; with `on_damage` it is reported there and
    left out, and the rest is read.
    """

    def __init__(self, path: Path, *, on_damage: Callable[[Damage], None] | None = None) -> None:
        super().__init__(path)
        self._on_damage = on_damage

    def check(self) -> tuple[Damage, ...]:
        """Read every chunk; return those that are damaged."""
        found: list[Damage] = []
        reader = JournalReader(self.path, on_damage=found.append)
        with reader._open() as connection:
            for market, symbol in rows_of(connection, "SELECT market, symbol FROM streams ORDER BY id"):
                stream = stream_of(connection, market, symbol)
                for chunk in _chunks(connection, "stream = ?", stream):
                    reader._ticks(connection, (market, symbol), chunk)
                for chunk in _chunks(connection, "stream = ?", stream, table=_BARS):
                    reader._bars(connection, (market, symbol), chunk)
        return tuple(found)

    # --- rows ---

    def ticks(
        self,
        market: str,
        symbol: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        after_id: int | None = None,
        limit: int | None = None,
    ) -> StoredTicks:
        """Return the ticks with start ≤ event time < end and an id above `after_id`, the lowest `limit` ids of them."""
        if limit is not None and limit < 1:
            return no_ticks()
        with self._open() as connection:
            where, values = _tick_range(stream_of(connection, market, symbol), start_ns, end_ns, after_id)
            chunks = _chunks(connection, f"{where} ORDER BY first_id, id", *values)

            def load(chunk: _Chunk) -> StoredTicks:
                ticks = self._ticks(connection, (market, symbol), chunk)
                return within(ticks, start_ns=start_ns, end_ns=end_ns, after_id=after_id)

            if limit is None:
                return collect_ticks(map(load, chunks), rows=sum(chunk.rows for chunk in chunks))
            parts = ((chunk.first, partial(load, chunk)) for chunk in chunks)
            held = gather(parts, limit, lambda ticks, first_id: first_id > int(ticks.ids[limit - 1]))
            return held.at(slice(limit))

    def last_ticks(self, market: str, symbol: str, *, n: int, end_ns: int | None = None) -> StoredTicks:
        """Return the ticks of the `n` highest ids (before `end_ns`)."""
        if n < 1:
            return no_ticks()
        with self._open() as connection:
            where, values = _tick_range(stream_of(connection, market, symbol), None, end_ns, None)
            chunks = _chunks(connection, f"{where} ORDER BY last_id DESC, id", *values)

            def load(chunk: _Chunk) -> StoredTicks:
                return between(self._ticks(connection, (market, symbol), chunk), start_ns=None, end_ns=end_ns)

            parts = ((chunk.last, partial(load, chunk)) for chunk in chunks)
            held = gather(parts, n, lambda ticks, last_id: last_id < int(ticks.ids[-n]))
        return held.at(slice(max(len(held) - n, 0), None))

    def ticks_in(self, market: str, symbol: str, *, chunks: Sequence[int]) -> StoredTicks:
        """Return the ticks of these chunks."""
        with self._open() as connection:
            found = [
                self._ticks(connection, (market, symbol), chunk) for chunk in _numbered(connection, chunks)
            ]
        return join_ticks(found)

    def bars_in(self, market: str, symbol: str, *, chunks: Sequence[int]) -> Bars:
        """Return the bars of these chunks, which are in the order of writing."""
        with self._open() as connection:
            found = [
                self._bars(connection, (market, symbol), chunk)
                for chunk in _numbered(connection, chunks, table=_BARS)
            ]
        return join_bars([bars for bars in found if bars is not None])

    def bars(
        self,
        market: str,
        symbol: str,
        interval: str,
        *,
        limit: int | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> Bars:
        """Return the newest `limit` bars with start ≤ open time < end (ns), oldest first."""
        with self._open() as connection:
            where = "stream = ? AND interval = ? AND last_time >= ? AND first_time < ? ORDER BY id"
            span = (-(2**63) if start is None else start, 2**63 - 1 if end is None else end)
            stream = stream_of(connection, market, symbol)
            chunks = _chunks(connection, where, stream, interval, *span, table=_BARS)
            found = [self._bars(connection, (market, symbol), chunk) for chunk in chunks]
        bars = join_bars([part for part in found if part is not None])
        return newest_bars(bars, limit=limit, start=start, end=end)

    def first_bars(
        self,
        market: str,
        symbol: str,
        interval: str,
        *,
        limit: int,
        start: int | None = None,
        end: int | None = None,
    ) -> Bars:
        """Return the oldest `limit` bars with start ≤ open time < end (ns), oldest first."""
        with self._open() as connection:
            where = (
                "stream = ? AND interval = ? AND last_time >= ? AND first_time < ? ORDER BY first_time, id"
            )
            span = (-(2**63) if start is None else start, 2**63 - 1 if end is None else end)
            stream = stream_of(connection, market, symbol)
            held: list[tuple[int, Bars]] = []
            reach: int | None = None  # open time of the last bar that is needed, once there are enough
            for chunk in _chunks(connection, where, stream, interval, *span, table=_BARS):
                if reach is not None and chunk.first > reach:
                    break
                part = self._bars(connection, (market, symbol), chunk)
                if part is None:
                    continue
                held.append((chunk.number, part))
                times = np.unique(np.concatenate([bars.times for _, bars in held]))
                times = times[(times >= span[0]) & (times < span[1])]
                reach = int(times[limit - 1]) if len(times) >= limit else None
        # Of equal revisions the last written stands, whatever the order of times.
        return oldest_bars(
            join_bars([bars for _, bars in sorted(held, key=lambda each: each[0])]),
            limit=limit, start=start, end=end,
        )  # fmt: skip

    # --- inside ---

    def _ticks(self, connection: sqlite3.Connection, key: tuple[str, str], chunk: "_Chunk") -> StoredTicks:
        return self._decoded(decode_ticks, "tick chunk", connection, key, chunk) or no_ticks()

    def _bars(self, connection: sqlite3.Connection, key: tuple[str, str], chunk: "_Chunk") -> Bars | None:
        return self._decoded(decode_bars, "bar chunk", connection, key, chunk)

    def _decoded(
        self,
        decode: Callable[[bytes], Rows],
        what: Literal["tick chunk", "bar chunk"],
        connection: sqlite3.Connection,
        key: tuple[str, str],
        chunk: "_Chunk",
    ) -> Rows | None:
        try:
            return decode(chunk.blob(connection))
        except DamagedData as error:
            where = f"{self.path}: {what} {chunk.number}"
            damage = Damage(where, what, chunk.number, *key, chunk.first, chunk.last, error.message)
            if self._on_damage is not None:
                self._on_damage(damage)
                return None
            raise DamagedData(
                f"{where} ({' '.join(key)}, {chunk.first} to {chunk.last}) is damaged: {error.message}",
                **damage._asdict(),
            ) from error


class _Chunk(NamedTuple):
    """Where a chunk lies: found by the index alone, its rows are fetched one chunk at a time."""

    table: str
    number: int
    first: int
    last: int
    rows: int

    def blob(self, connection: sqlite3.Connection) -> bytes:
        query = f"SELECT data FROM {self.table} WHERE id = ?"  # noqa: S608  one of two literals
        return bytes(rows_of(connection, query, self.number)[0][0])


_TICKS, _BARS = "tick_chunks", "bar_chunks"
_SPAN = {_TICKS: "first_id, last_id", _BARS: "first_time, last_time"}


def _chunks(
    connection: sqlite3.Connection, where: str, *values: int | str, table: str = _TICKS
) -> list[_Chunk]:
    query = f"SELECT id, {_SPAN[table]}, rows FROM {table} WHERE {where}"  # noqa: S608  literals of this module
    return [_Chunk(table, *row) for row in rows_of(connection, query, *values)]


def _numbered(
    connection: sqlite3.Connection, numbers: Sequence[int], *, table: str = _TICKS
) -> Iterator[_Chunk]:
    for number in numbers:
        yield from _chunks(connection, "id = ?", number, table=table)


def _tick_range(
    stream: int, start_ns: int | None, end_ns: int | None, after_id: int | None
) -> tuple[str, list[int]]:
    where, values = "stream = ?", [stream]
    for bound, condition in (
        (start_ns, "last_ts >= ?"),
        (end_ns, "first_ts < ?"),
        (after_id, "last_id > ?"),
    ):
        if bound is not None:
            where += f" AND {condition}"
            values.append(bound)
    return where, values
