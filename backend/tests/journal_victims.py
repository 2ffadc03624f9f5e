"""Writers that are killed, or run into a full disk, in processes of their own; the tests watch from outside."""

import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from forked import CONTEXT, start
from quant.storage import journal as journal_module
from quant.storage.compaction import Compaction
from quant.storage.history import History
from quant.storage.journal import Journal
from quant.storage.journal_reader import JournalReader
from quant.storage.journal_writer import Flush, JournalWriter
from quant.storage.parquet_files import Step, no_step
from quant.storage.store import HISTORY_NAME, JOURNAL_NAME
from stored_trades import MARKET, bars, batch

SYMBOL = "BTCUSDT"
ROWS = 5
"""Trades of one append; a commit holds whole appends or none of them."""


class CommitSkipped(JournalWriter):
    """A planted bug: all is written, nothing is committed."""

    def write(self, flush: Flush) -> None:
        super().write(flush)
        newest = max(ticks.ids.max() for ticks in flush.ticks.values())
        self.connection.execute("DELETE FROM tick_chunks WHERE last_id = ?", (int(newest),))


class NotFlushed(JournalWriter):
    """A planted bug: the transaction stays open while its rows are reported as stored."""

    def write(self, flush: Flush) -> None:
        real = self.connection
        self.connection = _WithoutCommit(real)  # type: ignore[assignment]
        try:
            super().write(flush)
        finally:
            self.connection = real


class _WithoutCommit:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.executemany = connection.executemany

    @property
    def in_transaction(self) -> bool:
        return False

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor | None:
        if statement == "COMMIT" or (statement.startswith("BEGIN") and self._connection.in_transaction):
            return None
        return self._connection.execute(statement, values)


class EarlyJournal(Journal):
    """A planted bug: rows are acknowledged when they are taken in, not when they are committed."""

    def append(self, *args: object) -> int:
        ticket = super().append(*args)  # type: ignore[arg-type]
        assert self._on_commit is not None
        self._on_commit(ticket)
        return ticket


PLANTED = ("commit skipped", "transaction left open", "acknowledged early")


def write_forever(path: Path, first_append: int, reports: Connection, bug: str | None) -> None:
    """Append trades without end; report each append that is on disk by its number."""
    kind: type[Journal] = EarlyJournal if bug == "acknowledged early" else Journal
    writers = {"commit skipped": CommitSkipped, "transaction left open": NotFlushed}
    journal_module.JournalWriter = writers.get(bug or "", JournalWriter)  # type: ignore[misc]
    journal = kind(
        path, flush_ms=1, on_commit=lambda ticket: reports.send(first_append + (ticket + 1) // 2 - 1)
    )
    journal.open()
    number = first_append
    while True:
        journal.append(MARKET, batch(range(number * ROWS, number * ROWS + ROWS), symbol=SYMBOL))
        ticket = journal.append_bars(MARKET, SYMBOL, "1s", bars([number * 1000], revision=1))
        number += 1
        if number % 3 == 0:  # sometimes one append a commit, sometimes more
            journal.wait_committed(ticket)


@contextmanager
def victim(
    path: Path, *, first_append: int, bug: str | None
) -> Iterator[tuple[ForkServerProcess, Connection]]:
    reports, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=write_forever, args=(path, first_append, theirs, bug))
    start(process)
    theirs.close()
    try:
        yield process, reports
    finally:
        process.kill()
        process.join()
        process.close()
        reports.close()


def drain(reports: Connection) -> int:
    """Return the last number that was reported before the end, -1 without one."""
    newest = -1
    try:
        while True:
            newest = reports.recv()
    except EOFError:
        return newest


def fill_the_disk(path: Path, limit: int, max_rows: int, retry_s: float, orders: Connection) -> None:
    """Write under a file-size limit, which stands for a disk that is full; obey `orders` one by one."""
    journal = Journal(path, flush_ms=1, retry_s=retry_s, max_pending_rows=max_rows)
    journal.open()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    while True:
        order, value = orders.recv()
        if order == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit if value else hard, hard))
            answer: object = None
        elif order == "append":
            answer = journal.append(MARKET, batch(range(*value), symbol=SYMBOL))
        elif order == "status":
            answer = journal.status
        elif order == "read":
            answer = JournalReader(path).ticks(MARKET, SYMBOL).ids.tolist()
        elif order == "dropped":
            answer = journal.dropped_ids()
        elif order == "wait":
            answer = journal.wait_committed(timeout_s=value)
        else:
            answer = journal.close()
        orders.send(answer)
        if order == "close":
            os._exit(0)


@contextmanager
def limited(path: Path, *, limit: int, max_rows: int, retry_s: float = 0.01) -> Iterator[Connection]:
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=fill_the_disk, args=(path, limit, max_rows, retry_s, theirs))
    start(process)
    theirs.close()
    try:
        yield ours
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def compact(folder: Path, *, now_ns: int, at_step: Step = no_step) -> None:
    journal = Journal(folder / JOURNAL_NAME, flush_ms=0)
    journal.open()
    Compaction(journal, History(folder / HISTORY_NAME, at_step=at_step), at_step=at_step).run(now_ns=now_ns)
    journal.close()


def _compact_until(folder: Path, now_ns: int, step: int) -> None:
    passed = 0

    def die(_: str) -> None:
        nonlocal passed
        if passed == step:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    compact(folder, now_ns=now_ns, at_step=die)


def compact_and_die(folder: Path, *, now_ns: int, step: int) -> int | None:
    """Compact in a process that is killed at a step; return how it ended."""
    process = CONTEXT.Process(target=_compact_until, args=(folder, now_ns, step))
    start(process)
    process.join()
    return process.exitcode
