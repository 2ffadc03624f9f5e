"""What a journal holds, without its rows: streams, holes, where chunks lie. Every call sees one moment of the file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from quant.errors import StorageError
from quant.storage.id_ranges import IdRange
from quant.storage.journal_file import open_empty, open_reader
from quant.storage.records import Extent, StoredHole


class TickChunk(NamedTuple):
    """Where a chunk of ticks lies, without its rows."""

    number: int
    first_id: int
    last_id: int
    first_ts: int
    last_ts: int
    rows: int


class BarChunk(NamedTuple):
    """Where a chunk of bars lies, without its rows."""

    number: int
    first_time: int
    last_time: int
    rows: int


class JournalIndex:
    """Read-only access to all of a journal file but the rows; may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def markets(self) -> tuple[str, ...]:
        with self._open() as connection:
            found = rows_of(connection, "SELECT DISTINCT market FROM streams ORDER BY market")
            return tuple(market for (market,) in found)

    def symbols(self, market: str) -> tuple[str, ...]:
        with self._open() as connection:
            found = rows_of(connection, "SELECT symbol FROM streams WHERE market = ? ORDER BY symbol", market)
            return tuple(symbol for (symbol,) in found)

    def intervals(self, market: str, symbol: str) -> tuple[str, ...]:
        """Return the intervals of which bars are stored."""
        with self._open() as connection:
            stream = stream_of(connection, market, symbol)
            query = "SELECT DISTINCT interval FROM bar_chunks WHERE stream = ? ORDER BY interval"
            return tuple(interval for (interval,) in rows_of(connection, query, stream))

    def extent(self, market: str, symbol: str) -> Extent | None:
        """Return between which ids and times ticks are stored, None when there are none."""
        with self._open() as connection:
            (row,) = rows_of(
                connection,
                "SELECT min(first_id), max(last_id), min(first_ts), max(last_ts) FROM tick_chunks WHERE stream = ?",
                stream_of(connection, market, symbol),
            ) or [(None,)]
            return None if row[0] is None else Extent(*row)

    def holes(self, market: str, symbol: str) -> tuple[StoredHole, ...]:
        """Return the ledger's holes as last stored, oldest first."""
        with self._open() as connection:
            found = rows_of(
                connection,
                "SELECT first_id, last_id, ts_before, ts_after, state FROM holes WHERE stream = ? ORDER BY first_id",
                stream_of(connection, market, symbol),
            )
            return tuple(StoredHole(*row) for row in found)

    def unstored(self, market: str, symbol: str) -> tuple[IdRange, ...]:
        """Return the ids that arrived, could not be stored, and were not stored since."""
        with self._open() as connection:
            found = rows_of(
                connection,
                "SELECT first_id, last_id FROM unstored WHERE stream = ? ORDER BY first_id",
                stream_of(connection, market, symbol),
            )
            return tuple(IdRange(*row) for row in found)

    def tick_chunks(self, market: str, symbol: str) -> tuple[TickChunk, ...]:
        """Return where the symbol's ticks lie, by rising first id."""
        with self._open() as connection:
            query = (
                "SELECT id, first_id, last_id, first_ts, last_ts, rows FROM tick_chunks"
                " WHERE stream = ? ORDER BY first_id"
            )
            found = rows_of(connection, query, stream_of(connection, market, symbol))
            return tuple(TickChunk(*row) for row in found)

    def bar_chunks(self, market: str, symbol: str, interval: str) -> tuple[BarChunk, ...]:
        """Return where the bars lie, in the order of writing."""
        with self._open() as connection:
            query = (
                "SELECT id, first_time, last_time, rows FROM bar_chunks"
                " WHERE stream = ? AND interval = ? ORDER BY id"
            )
            found = rows_of(connection, query, stream_of(connection, market, symbol), interval)
            return tuple(BarChunk(*row) for row in found)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = open_reader(self.path) or open_empty()
        try:
            connection.execute("BEGIN")
            yield connection
        except sqlite3.Error as error:
            raise StorageError(f"{self.path} cannot be read: {error}", path=str(self.path)) from error
        finally:
            connection.close()


def stream_of(connection: sqlite3.Connection, market: str, symbol: str) -> int:
    """Return the stream's number, one that no row has when it is unknown."""
    found = rows_of(connection, "SELECT id FROM streams WHERE market = ? AND symbol = ?", market, symbol)
    return int(found[0][0]) if found else -1


# Any: what a row holds is said by the query beside each call.
def rows_of(connection: sqlite3.Connection, query: str, *values: int | str) -> list[tuple]:  # type: ignore[type-arg]
    return list(each_row(connection, query, *values))


def each_row(connection: sqlite3.Connection, query: str, *values: int | str) -> Iterator[tuple]:  # type: ignore[type-arg]
    return iter(connection.execute(query, values))
