"""A small SQLite file of facts about the history: opened for one call, on the disk when the call returns."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quant.errors import StorageError

BUSY_S = 10.0
"""Two threads of one owner may write: an import, and whoever builds bars."""


@contextmanager
def ledger_file(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection in one transaction, its tables made; raise StorageError naming the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}", path=str(path)) from error
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(schema)
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}", path=str(path)) from error
    finally:
        connection.close()
