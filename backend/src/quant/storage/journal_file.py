"""The journal's file: its tables, and how the one writer and the many readers open it."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from quant.errors import StorageError

VERSION = 1
BUSY_MS = 2000
"""Nobody else writes here; a backup tool that takes the file's lock is waited for this long."""

_SCHEMA = """
CREATE TABLE streams (
    id INTEGER PRIMARY KEY, market TEXT NOT NULL, symbol TEXT NOT NULL, UNIQUE (market, symbol));
CREATE TABLE tick_chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL REFERENCES streams,
    first_id INTEGER NOT NULL, last_id INTEGER NOT NULL, rows INTEGER NOT NULL,
    first_ts INTEGER NOT NULL, last_ts INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX tick_chunks_where ON tick_chunks (stream, first_id, last_id, first_ts, last_ts, rows);
CREATE TABLE bar_chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL REFERENCES streams, interval TEXT NOT NULL,
    first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX bar_chunks_where ON bar_chunks (stream, interval, first_time, last_time, rows);
CREATE TABLE holes (
    stream INTEGER NOT NULL REFERENCES streams, first_id INTEGER NOT NULL, last_id INTEGER NOT NULL,
    ts_before INTEGER NOT NULL, ts_after INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX holes_stream ON holes (stream, first_id);
CREATE TABLE unstored (
    stream INTEGER NOT NULL REFERENCES streams, first_id INTEGER NOT NULL, last_id INTEGER NOT NULL);
CREATE INDEX unstored_stream ON unstored (stream, first_id);
"""


class StreamKey(NamedTuple):
    """One symbol of one market."""

    market: str
    symbol: str


def open_writer(path: Path) -> sqlite3.Connection:
    """Return the connection that may write, its tables made; each commit is on the disk when it returns.

    Raises sqlite3.Error or OSError when the file cannot be used now, StorageError when it never can by this program.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000, cached_statements=64
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # another thread does it, see journal.py
        connection.execute("PRAGMA cache_size = -8192")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        _refuse_other(version or VERSION, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_checkpointer(path: Path) -> sqlite3.Connection:
    """Return a connection for `wal_checkpoint` alone."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def open_reader(path: Path) -> sqlite3.Connection | None:
    """Return a read-only connection, beside a live writer or not; None when there is no journal yet.

    Raises StorageError when the file is no journal or is damaged beyond its tables.
    """
    if not path.exists():
        return None
    try:
        try:
            return _connect_reader(path, "mode=ro")
        except sqlite3.OperationalError:
            # In a folder that cannot be written SQLite cannot make its shared-memory file. Without a log
            # beside it the journal was closed in good order and is whole as it lies.
            if path.with_name(f"{path.name}-wal").exists():
                raise
            return _connect_reader(path, "immutable=1")
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be read: {error}", path=str(path)) from error


def open_empty() -> sqlite3.Connection:
    """Return a journal that holds nothing: what a reader sees before anything was written."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.executescript(_SCHEMA)
    return connection


def _connect_reader(path: Path, options: str) -> sqlite3.Connection | None:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MS / 1000,
    )
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:  # a writer is just making it
            connection.close()
            return None
        _refuse_other(version, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_other(version: int, path: Path) -> None:
    if version != VERSION:
        raise StorageError(
            f"{path} was written by another version of this program: its format is {version}, this one reads "
            f"{VERSION}. Move it away or run the version that wrote it",
            path=str(path),
        )
