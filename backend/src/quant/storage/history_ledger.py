"""What is known of the history besides its rows: days whose bars are still to be built, and the holes of those built.

A day is owed before its first new trade is stored, so that no crash forgets it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from quant.storage.history_paths import DAY_NS
from quant.storage.ledger_file import ledger_file
from quant.storage.records import StoredHole

HISTORY_LEDGER_NAME = "history.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS owed (
    market TEXT NOT NULL, symbol TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (market, symbol, day));
CREATE TABLE IF NOT EXISTS holes (
    market TEXT NOT NULL, symbol TEXT NOT NULL, day INTEGER NOT NULL, first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL, ts_before INTEGER NOT NULL, ts_after INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS holes_where ON holes (market, symbol, day);
"""


class OwedDay(NamedTuple):
    """A day since the epoch whose trades have changed since its bars were built."""

    market: str
    symbol: str
    day: int


class HistoryLedger:
    """A small SQLite file; every call opens and closes it, and is on the disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def owe(self, days: Iterable[OwedDay]) -> None:
        """Note that the bars of these days are to be built."""
        with ledger_file(self._path, _SCHEMA) as connection:
            connection.executemany("INSERT OR IGNORE INTO owed VALUES (?, ?, ?)", list(days))

    def owed(self) -> tuple[OwedDay, ...]:
        """Return the days whose bars are to be built, by market, symbol and time."""
        if not self._path.exists():
            return ()
        with ledger_file(self._path, _SCHEMA) as connection:
            found = connection.execute("SELECT market, symbol, day FROM owed ORDER BY 1, 2, 3").fetchall()
        return tuple(OwedDay(*row) for row in found)

    def settle(self, day: OwedDay, holes: Iterable[StoredHole]) -> None:
        """Note that the day's bars are built, and the holes that were found in it, in place of those before."""
        rows = [(*day, *hole) for hole in holes]
        with ledger_file(self._path, _SCHEMA) as connection:
            connection.execute("DELETE FROM holes WHERE market = ? AND symbol = ? AND day = ?", day)
            connection.executemany("INSERT INTO holes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("DELETE FROM owed WHERE market = ? AND symbol = ? AND day = ?", day)

    def holes(
        self, market: str, symbol: str, *, start_ns: int | None = None, end_ns: int | None = None
    ) -> tuple[StoredHole, ...]:
        """Return the holes that touch start ≤ time < end, oldest first; one that two days share is one."""
        if not self._path.exists():
            return ()
        first = -(2**63) if start_ns is None else start_ns // DAY_NS
        last = 2**63 - 1 if end_ns is None else end_ns // DAY_NS
        query = (
            "SELECT first_id, last_id, min(ts_before), max(ts_after), state FROM holes"
            " WHERE market = ? AND symbol = ? AND day BETWEEN ? AND ? GROUP BY first_id, last_id ORDER BY first_id"
        )
        with ledger_file(self._path, _SCHEMA) as connection:
            found = connection.execute(query, (market, symbol, first, last)).fetchall()
        holes = (StoredHole(*row) for row in found)
        return tuple(
            hole
            for hole in holes
            if (start_ns is None or hole.ts_after >= start_ns) and (end_ns is None or hole.ts_before < end_ns)
        )
