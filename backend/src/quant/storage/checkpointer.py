"""Moves the journal's log into its file, off the committing thread."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from quant.storage.journal_file import open_checkpointer

log = structlog.get_logger()

EVERY_S = 1.0
LOG_LIMIT_PAGES = 16_384
"""64 MB of log: past it commits wait for one checkpoint, so that the log can start anew."""


class Checkpointer:
    """A thread that checkpoints after commits.

    SQLite before 3.51.3 can lose committed pages when a checkpoint begins on a log that is already wholly moved
    while a commit starts that log anew. So after a checkpoint that moved all, the next one waits for a commit that
    began later; and nobody else checkpoints while commits are made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wake = threading.Condition()
        self._gate = threading.Lock()
        self._started = 0
        self._finished = 0
        self._after = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="journal-checkpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop; the connection that is closed last moves the rest."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Enclose one commit."""
        with self._gate:
            with self._wake:
                self._started += 1
            yield
            with self._wake:
                self._finished = self._started
                self._wake.notify_all()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        pages = 0
        while self._wait():
            try:
                connection = connection or open_checkpointer(self._path)
                if pages > LOG_LIMIT_PAGES:
                    with self._gate:
                        self._checkpoint(connection)
                    pages = 0
                else:
                    # A commit that is under way meanwhile goes on in the same log, however much was moved.
                    pages = self._checkpoint(connection)
            except (sqlite3.Error, OSError) as error:
                # The log holds everything; a disk that stays full shows in the next commits.
                log.warning("journal.checkpoint_failed", path=str(self._path), error=str(error))
                if connection is not None:
                    connection.close()
                    connection = None
        if connection is not None:
            connection.close()

    def _wait(self) -> bool:
        with self._wake:
            self._wake.wait_for(lambda: self._closing, EVERY_S)
            self._wake.wait_for(lambda: self._closing or self._finished > self._after)
            return not self._closing

    def _checkpoint(self, connection: sqlite3.Connection) -> int:
        _, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        with self._wake:
            # All moved: only a commit that starts from here on makes a new log. Else there is more to move.
            self._after = self._started if pages == moved else self._finished - 1
        return int(pages)
