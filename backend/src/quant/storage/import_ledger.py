"""What each imported file has already given, by its hash: an import that was cut short goes on where it stopped."""

from dataclasses import dataclass
from pathlib import Path

from quant.storage.id_audit import IdAudit
from quant.storage.ledger_file import ledger_file

IMPORTS_NAME = "imports.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS imports (
    digest TEXT NOT NULL, market TEXT NOT NULL, series TEXT NOT NULL, name TEXT NOT NULL,
    rows INTEGER NOT NULL, audit TEXT NOT NULL, finished INTEGER NOT NULL,
    PRIMARY KEY (digest, market, series));
"""


@dataclass(frozen=True, slots=True)
class ImportState:
    """How far an import has come: this many rows of the file are stored, and their ids audited."""

    rows: int
    audit: IdAudit
    finished: bool


@dataclass(frozen=True, slots=True)
class ImportedSeries:
    """What one file gave to one market; a series is a symbol, or a symbol and its bars' interval."""

    market: str
    series: str
    name: str
    state: ImportState


class ImportLedger:
    """A small SQLite file; every call opens and closes it. A series is a symbol, or a symbol and its bars' interval."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def state(self, *, digest: str, market: str, series: str) -> ImportState:
        """Return how far the file has come, from the start when it is new."""
        with ledger_file(self._path, _SCHEMA) as connection:
            row = connection.execute(
                "SELECT rows, audit, finished FROM imports WHERE digest = ? AND market = ? AND series = ?",
                (digest, market, series),
            ).fetchone()
        if row is None:
            return ImportState(0, IdAudit(), finished=False)
        return ImportState(row[0], IdAudit.from_json(row[1]), finished=bool(row[2]))

    def files(self) -> tuple[ImportedSeries, ...]:
        """Return what every imported file gave, by market, series and name."""
        if not self._path.exists():
            return ()
        with ledger_file(self._path, _SCHEMA) as connection:
            found = connection.execute(
                "SELECT market, series, name, rows, audit, finished FROM imports ORDER BY 1, 2, 3"
            ).fetchall()
        return tuple(
            ImportedSeries(
                market, series, name, ImportState(rows, IdAudit.from_json(audit), finished=bool(finished))
            )
            for market, series, name, rows, audit, finished in found
        )

    def save(self, state: ImportState, *, digest: str, market: str, series: str, name: str) -> None:
        """Remember how far the file has come; on the disk when this returns."""
        values = (state.rows, state.audit.to_json(), state.finished)
        with ledger_file(self._path, _SCHEMA) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO imports VALUES (?, ?, ?, ?, ?, ?, ?)",
                (digest, market, series, name, *values),
            )
