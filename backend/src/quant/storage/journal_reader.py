"""Reads the journal, beside a live writer or without one. Every call sees one moment of the file."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from quant.domain import Bars
from quant.errors import DamagedData
from quant.storage.chunks import decode_bars, decode_ticks
from quant.storage.journal_index import JournalIndex, each_row, rows_of, stream_of
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
                for _ in reader._ticks_of(connection, (market, symbol), "stream = ?", stream):
                    pass
                for _ in reader._bars_of(connection, (market, symbol), "stream = ?", stream):
                    pass
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
            chunks = (
                (within(part, start_ns=start_ns, end_ns=end_ns, after_id=after_id), first_id)
                for part, first_id, _ in self._ticks_of(
                    connection, (market, symbol), f"{where} ORDER BY first_id, id", *values
                )
            )
            if limit is None:
                rows = _count(connection, where, values)
                return collect_ticks((part for part, _ in chunks), rows=rows)
            held = gather(
                _lazily(chunks), limit, lambda ticks, first_id: first_id > int(ticks.ids[limit - 1])
            )
            return held.at(slice(limit))

    def last_ticks(self, market: str, symbol: str, *, n: int, end_ns: int | None = None) -> StoredTicks:
        """Return the ticks of the `n` highest ids (before `end_ns`)."""
        if n < 1:
            return no_ticks()
        with self._open() as connection:
            where, values = _tick_range(stream_of(connection, market, symbol), None, end_ns, None)
            chunks = (
                (between(part, start_ns=None, end_ns=end_ns), last_id)
                for part, _, last_id in self._ticks_of(
                    connection, (market, symbol), f"{where} ORDER BY last_id DESC, id", *values
                )
            )
            held = gather(_lazily(chunks), n, lambda ticks, last_id: last_id < int(ticks.ids[-n]))
        return held.at(slice(max(len(held) - n, 0), None))

    def ticks_in(self, market: str, symbol: str, *, chunks: list[int]) -> StoredTicks:
        """Return the ticks of these chunks."""
        with self._open() as connection:
            found = [
                part
                for chunk in chunks
                for part, _, _ in self._ticks_of(connection, (market, symbol), "id = ?", chunk)
            ]
        return join_ticks(found)

    def bars_in(self, market: str, symbol: str, *, chunks: list[int]) -> Bars:
        """Return the bars of these chunks, which are in the order of writing."""
        with self._open() as connection:
            found = [
                part
                for chunk in chunks
                for part in self._bars_of(connection, (market, symbol), "id = ?", chunk)
            ]
        return join_bars(found)

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
            bars = join_bars(
                list(self._bars_of(connection, (market, symbol), where, stream, interval, *span))
            )
        return newest_bars(bars, limit=limit, start=start, end=end)

    # --- inside ---

    def _ticks_of(
        self, connection: sqlite3.Connection, key: tuple[str, str], where: str, *values: int
    ) -> Iterator[tuple[StoredTicks, int, int]]:
        query = f"SELECT id, data, first_id, last_id FROM tick_chunks WHERE {where}"  # noqa: S608  literals of this class
        for number, blob, first, last in each_row(connection, query, *values):
            part = self._decoded(decode_ticks, blob, "tick chunk", (number, *key, first, last))
            if part is not None and len(part):
                yield part, first, last

    def _bars_of(
        self, connection: sqlite3.Connection, key: tuple[str, str], where: str, *values: int | str
    ) -> Iterator[Bars]:
        query = f"SELECT id, data, first_time, last_time FROM bar_chunks WHERE {where}"  # noqa: S608  literals of this class
        for number, blob, first, last in each_row(connection, query, *values):
            part = self._decoded(decode_bars, blob, "bar chunk", (number, *key, first, last))
            if part is not None:
                yield part

    def _decoded(
        self,
        decode: Callable[[bytes], Rows],
        blob: bytes,
        what: str,
        chunk: tuple[int, str, str, int, int],
    ) -> Rows | None:
        try:
            return decode(blob)
        except DamagedData as error:
            number, market, symbol, first, last = chunk
            damage = Damage(
                f"{self.path}: {what} {number}", number, market, symbol, first, last, error.message
            )
            if self._on_damage is not None:
                self._on_damage(damage)
                return None
            raise DamagedData(
                f"{damage.where} ({market} {symbol}, {first} to {last}) is damaged: {error.message}",
                **damage._asdict(),
            ) from error


def _count(connection: sqlite3.Connection, where: str, values: list[int]) -> int:
    query = f"SELECT total(rows) FROM tick_chunks WHERE {where}"  # noqa: S608  made by _tick_range
    return int(rows_of(connection, query, *values)[0][0])


def _lazily(chunks: Iterable[tuple[StoredTicks, int]]) -> Iterator[tuple[int, Callable[[], StoredTicks]]]:
    for part, edge in chunks:
        yield edge, partial(_itself, part)


def _itself(ticks: StoredTicks) -> StoredTicks:
    return ticks


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
