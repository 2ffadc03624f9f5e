"""A disk that refuses: ingest goes on, the state says why, what is dropped is listed, and storing resumes by itself."""

import sqlite3
import threading
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from journal_victims import SYMBOL, limited
from quant.storage.id_ranges import IdRange
from quant.storage.journal import Journal
from quant.storage.journal_file import StreamKey
from quant.storage.journal_reader import JournalReader
from quant.storage.journal_status import JournalState, JournalStatus
from stored_trades import MARKET, bars, batch, expect
from waiting import eventually

BTC = StreamKey(MARKET, SYMBOL)


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.s = 1000.0

    def wall_ns(self) -> int:
        return int(self.s * 1e9)

    def monotonic_s(self) -> float:
        return self.s


def _in_state(journal: Journal, state: JournalState) -> JournalStatus:
    eventually(lambda: journal.status.state == state, what=f"the journal is {state}")
    return journal.status


def test_an_unusable_folder_is_shown_and_used_when_it_becomes_one(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    path = tmp_path / "data" / "journal.sqlite"
    journal = Journal(path, flush_ms=1, retry_s=0.01)
    journal.open()
    journal.append(MARKET, batch(range(10)))
    status = _in_state(journal, JournalState.FAILING)
    assert status.reason is not None
    assert str(tmp_path / "data") in status.reason
    assert status.pending_rows == 10
    assert journal.committed_ticket == 0
    (tmp_path / "data").unlink()
    assert journal.wait_committed()
    assert _in_state(journal, JournalState.OK).reason is None
    expect(JournalReader(path).ticks(MARKET, SYMBOL), range(10))
    assert journal.close()


def test_what_does_not_fit_is_dropped_listed_and_later_taken_off_the_list(tmp_path: Path) -> None:
    blocked = tmp_path / "data"
    blocked.write_text("")
    path = blocked / "journal.sqlite"
    journal = Journal(path, flush_ms=1, retry_s=0.01, max_pending_rows=100)
    journal.open()
    for first in range(0, 200, 20):
        journal.append(MARKET, batch(range(first, first + 20)))
    journal.append_bars(MARKET, SYMBOL, "1s", bars([0, 1000]))
    status = _in_state(journal, JournalState.FAILING)
    assert (status.pending_rows, status.dropped_rows, status.dropped_bars) == (100, 100, 2)
    assert journal.dropped_ids() == {BTC: (IdRange(100, 199),)}
    blocked.unlink()
    assert journal.wait_committed()
    reader = JournalReader(path)
    expect(reader.ticks(MARKET, SYMBOL), range(100))
    assert reader.unstored(MARKET, SYMBOL) == (IdRange(100, 199),)
    assert journal.dropped_ids() == {}
    journal.append(MARKET, batch(range(120, 150)))  # the exchange was asked for them again
    assert journal.wait_committed()
    assert reader.unstored(MARKET, SYMBOL) == (IdRange(100, 119), IdRange(150, 199))
    assert journal.close()
    journal = Journal(path, flush_ms=1)  # the list survives a restart and goes on shrinking
    journal.open()
    journal.append(MARKET, batch([*range(100, 120), *range(150, 200)]))
    assert journal.close()
    assert reader.unstored(MARKET, SYMBOL) == ()
    expect(reader.ticks(MARKET, SYMBOL), range(200))


def _ask(orders: Connection, order: str, value: object = None) -> object:
    orders.send((order, value))
    assert orders.poll(60), f"no answer to {order}"
    return orders.recv()


def _status(orders: Connection) -> JournalStatus:
    status = _ask(orders, "status")
    assert isinstance(status, JournalStatus)
    return status


def test_a_full_disk_loses_nothing_unlisted(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with limited(path, limit=300_000, max_rows=5_000) as orders:
        _ask(orders, "append", (0, 1000))
        assert _ask(orders, "wait", 30.0) is True
        _ask(orders, "limit", True)
        at = 0
        # The limit is one of each file: closing after a first failure moves the log into the file and makes room once.
        while (status := _status(orders)).dropped_rows < 10_000:
            at += 1
            assert at < 200, "the limit does not bite"
            _ask(orders, "append", (at * 1000, at * 1000 + 1000))
            eventually(
                lambda: _status(orders).pending_rows == 0 or _status(orders).state == "failing", what="a try"
            )
        assert status.state == "failing"
        assert status.reason is not None
        assert str(path) in status.reason
        reader = JournalReader(path)
        kept = len(reader.ticks(MARKET, SYMBOL))
        expect(reader.ticks(MARKET, SYMBOL), range(kept))  # readable while it fails
        _ask(orders, "limit", False)
        assert _ask(orders, "wait", 30.0) is True
        last = at * 1000 + 1010
        _ask(orders, "append", (last - 10, last))
        assert _ask(orders, "wait", 30.0) is True
        assert _status(orders).state == "ok"
        assert _ask(orders, "close") is True
    stored = set(reader.ticks(MARKET, SYMBOL).ids.tolist())
    listed = {i for first, last in reader.unstored(MARKET, SYMBOL) for i in range(first, last + 1)}
    assert stored | listed == set(range(last))
    assert not stored & listed
    assert len(listed) == status.dropped_rows
    expect(reader.ticks(MARKET, SYMBOL), stored)


def test_what_is_stored_is_read_where_the_disk_takes_nothing_more(tmp_path: Path) -> None:
    """Not even SQLite's shared memory, which every reader makes anew where the file is open nowhere."""
    with limited(tmp_path / "journal.sqlite", limit=4096, max_rows=5_000, retry_s=60) as orders:
        _ask(orders, "append", (0, 10))
        assert _ask(orders, "wait", 30.0) is True
        _ask(orders, "limit", True)
        _ask(orders, "append", (10, 20))
        eventually(lambda: _status(orders).state == "failing", what="a commit has failed")
        assert _ask(orders, "read", None) == list(range(10))
        _ask(orders, "limit", False)
        assert _ask(orders, "close", None) is True
    expect(JournalReader(tmp_path / "journal.sqlite").ticks(MARKET, SYMBOL), range(20))


def test_a_file_that_is_deleted_under_us_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path, flush_ms=1, retry_s=60)
    journal.open()
    journal.append(MARKET, batch(range(5)))
    assert journal.wait_committed()
    for file in tmp_path.iterdir():
        file.unlink()
    journal.append(MARKET, batch(range(5, 9)))
    assert "removed" in (_in_state(journal, JournalState.FAILING).reason or "")
    assert journal.close()  # the last try makes a new file
    expect(JournalReader(path).ticks(MARKET, SYMBOL), range(5, 9))


def test_a_slow_disk_shows_as_behind(tmp_path: Path) -> None:
    clock = HandClock()
    path = tmp_path / "journal.sqlite"
    journal = Journal(path, clock=clock, flush_ms=1)
    journal.open()
    assert journal.status.lag_ms == 0
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # whoever holds this lock makes a commit wait
    journal.append(MARKET, batch(range(5)))
    clock.s += 0.2
    assert 199 < journal.status.lag_ms < 201
    assert journal.status.state == "ok"
    clock.s += 1.0
    assert journal.status.state == "behind"
    other.execute("COMMIT")
    other.close()
    assert journal.wait_committed()
    assert journal.status.lag_ms == 0
    assert _in_state(journal, JournalState.OK)
    journal.close()


def test_a_batch_that_cannot_be_written_does_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path, flush_ms=0)
    journal.open()
    broken = replace(batch(range(5)), ts_event=np.empty(2, np.int64))
    journal.append(MARKET, broken)
    eventually(lambda: journal.status.pending_rows == 0, what="the broken batch is out of the way")
    journal.append(MARKET, batch(range(5, 10)))
    assert journal.wait_committed()
    assert journal.status.state == "ok"
    expect(JournalReader(path).ticks(MARKET, SYMBOL), range(5, 10))
    assert JournalReader(path).unstored(MARKET, SYMBOL) == (IdRange(0, 4),)
    journal.close()


def test_append_does_not_wait_for_a_commit_under_way(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path, flush_ms=1)
    journal.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = threading.Event()

    def many() -> None:
        for at in range(500):
            journal.append(MARKET, batch([at]))
        done.set()

    thread = threading.Thread(target=many)
    thread.start()
    assert done.wait(60), "append waited for the disk"  # the lock is only released below
    assert journal.committed_ticket == 0
    other.execute("ROLLBACK")
    other.close()
    thread.join()
    assert journal.wait_committed()
    journal.close()
    expect(JournalReader(path).ticks(MARKET, SYMBOL), range(500))
