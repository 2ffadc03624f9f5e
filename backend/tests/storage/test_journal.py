"""The journal through its public faces: what goes in is read back once, whatever the order and the restarts."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quant.domain import Quality
from quant.errors import DamagedData, StorageError
from quant.storage import checkpointer
from quant.storage.id_ranges import IdRange
from quant.storage.journal import DISCARD_AT_ONCE, Journal
from quant.storage.journal_reader import JournalReader
from quant.storage.journal_writer import MERGE_CHUNKS
from quant.storage.records import Damage, StoredHole
from stored_trades import MARKET, bars, batch, event_time, expect, mixed

SYMBOLS = ("BTCUSDT", "ETHUSDT", "币安人生USDT")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path, flush_ms=1)
    journal.open()
    yield journal
    journal.close()


# Batches of any symbols, any order, any overlap, cut into commits anywhere.
BATCHES = st.lists(
    st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(0, 60)), max_size=25), min_size=1, max_size=12
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), batches=BATCHES)
def test_any_batches_are_read_back_once(
    data: st.DataObject, batches: list[list[tuple[str, int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    truth: dict[str, set[int]] = {symbol: set() for symbol in SYMBOLS}
    journal = Journal(path, flush_ms=0)
    journal.open()
    for rows in batches:
        journal.append(MARKET, mixed(rows))
        for symbol, trade_id in rows:
            truth[symbol].add(trade_id)
        if data.draw(st.booleans(), "commit here"):
            assert journal.wait_committed()
        if data.draw(st.integers(0, 9), "restart here") == 0:
            assert journal.close()
            journal = Journal(path, flush_ms=0)
            journal.open()
    assert journal.wait_committed()
    reader = JournalReader(path)
    start, end = (event_time(data.draw(st.integers(0, 60))) for _ in range(2))
    after, limit = data.draw(st.integers(-1, 60)), data.draw(st.integers(0, 20))
    for symbol, ids in truth.items():
        expect(reader.ticks(MARKET, symbol), ids)
        inside = sorted(i for i in ids if start <= event_time(i) < end)
        expect(reader.ticks(MARKET, symbol, start_ns=start, end_ns=end), inside)
        beyond = sorted(i for i in ids if i > after)
        expect(reader.ticks(MARKET, symbol, after_id=after, limit=limit), beyond[:limit])
        expect(reader.last_ticks(MARKET, symbol, n=limit), sorted(ids)[max(len(ids) - limit, 0) :])
        before = sorted(i for i in ids if event_time(i) < end)
        expect(reader.last_ticks(MARKET, symbol, n=limit, end_ns=end), before[max(len(before) - limit, 0) :])
        extent = reader.extent(MARKET, symbol)
        assert (extent is not None) == bool(ids)
        if extent is not None:
            lowest, highest = min(ids), max(ids)
            assert extent == (lowest, highest, event_time(lowest), event_time(highest))
    journal.close()
    for symbol, ids in truth.items():
        expect(reader.ticks(MARKET, symbol), ids)


def test_commits_are_on_the_disk_when_they_return(journal: Journal) -> None:
    assert journal._writer is not None
    connection = journal._writer.connection
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,), "2 is FULL"
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_ticket_is_reported_when_its_rows_can_be_read(path: Path) -> None:
    seen: list[tuple[int, int]] = []
    reader = JournalReader(path)
    reported = threading.Event()

    def on_commit(ticket: int) -> None:
        seen.append((ticket, len(reader.ticks(MARKET, "BTCUSDT"))))
        if ticket == 50:
            reported.set()

    journal = Journal(path, flush_ms=0, on_commit=on_commit)
    journal.open()
    for at in range(50):
        assert journal.append(MARKET, batch(range(at * 3, at * 3 + 3))) == at + 1
    assert reported.wait(30)
    assert all(rows >= ticket * 3 for ticket, rows in seen)
    assert journal.committed_ticket == 50
    assert journal.committed_ids(MARKET, "BTCUSDT") == (IdRange(0, 149),)
    assert journal.committed_ids(MARKET, "ETHUSDT") == ()
    journal.close()


def test_the_callers_arrays_may_change_after_append(journal: Journal, path: Path) -> None:
    sent = batch(range(10))
    journal.append(MARKET, sent)
    sent.prices[:] = 0
    sent.codes[:] = 7
    assert journal.wait_committed()
    expect(JournalReader(path).ticks(MARKET, "BTCUSDT"), range(10))


def test_markets_do_not_mix(journal: Journal, path: Path) -> None:
    journal.append("sim-7", batch(range(5)))
    journal.append("sim-8", batch(range(3, 9)))
    assert journal.wait_committed()
    reader = JournalReader(path)
    assert reader.markets() == ("sim-7", "sim-8")
    expect(reader.ticks("sim-7", "BTCUSDT"), range(5))
    expect(reader.ticks("sim-8", "BTCUSDT"), range(3, 9))
    assert reader.symbols("sim-9") == ()


def test_small_chunks_become_large_ones(journal: Journal, path: Path) -> None:
    n = 3 * MERGE_CHUNKS
    for trade_id in range(n):
        journal.append(MARKET, batch([trade_id]))
        journal.append_bars(MARKET, "BTCUSDT", "1s", bars([trade_id * 1000]))
        assert journal.wait_committed()
    reader = JournalReader(path)
    assert (
        len(reader.tick_chunks(MARKET, "BTCUSDT")) < 3 + MERGE_CHUNKS
    )  # some large ones and the newest small ones
    assert len(reader.bar_chunks(MARKET, "BTCUSDT", "1s")) < 3 + MERGE_CHUNKS
    assert max(chunk.rows for chunk in reader.tick_chunks(MARKET, "BTCUSDT")) == MERGE_CHUNKS
    expect(reader.ticks(MARKET, "BTCUSDT"), range(n))
    assert reader.bars(MARKET, "BTCUSDT", "1s").times.tolist() == [i * 1000 for i in range(n)]


@settings(max_examples=25)
@given(
    data=st.data(),
    writes=st.lists(
        st.tuples(st.sets(st.integers(0, 12), min_size=1, max_size=6), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    ),
)
def test_of_each_bar_the_newest_revision_is_read(
    data: st.DataObject, writes: list[tuple[set[int], int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    journal = Journal(path, flush_ms=0)
    journal.open()
    truth: dict[int, tuple[int, float]] = {}
    for number, (times, revision) in enumerate(writes):
        made = bars(sorted(times), revision=revision, base=float(number))
        journal.append_bars(MARKET, "BTCUSDT", "1m", made)
        for time in times:
            if revision >= truth.get(time, (0, 0.0))[0]:
                truth[time] = (revision, float(number))
        if data.draw(st.booleans(), "commit here"):
            assert journal.wait_committed()
    assert journal.wait_committed()
    start, end = data.draw(st.integers(0, 12)), data.draw(st.integers(0, 13))
    limit = data.draw(st.integers(0, 13))
    read = JournalReader(path).bars(MARKET, "BTCUSDT", "1m", start=start, end=end, limit=limit)
    wanted = [time for time in sorted(truth) if start <= time < end]
    wanted = wanted[max(len(wanted) - limit, 0) :]
    assert read.times.tolist() == wanted
    assert list(zip(read.revisions.tolist(), read.opens.tolist(), strict=True)) == [
        truth[time] for time in wanted
    ]
    journal.close()


def test_bars_of_other_intervals_and_symbols_stay_apart(journal: Journal, path: Path) -> None:
    journal.append_bars(MARKET, "BTCUSDT", "1m", bars([0, 60]))
    journal.append_bars(MARKET, "BTCUSDT", "v100", bars([0]))
    journal.append_bars(MARKET, "ETHUSDT", "1m", bars([60], quality=Quality.QUIET))
    assert journal.wait_committed()
    reader = JournalReader(path)
    assert reader.intervals(MARKET, "BTCUSDT") == ("1m", "v100")
    assert reader.bars(MARKET, "BTCUSDT", "1m").times.tolist() == [0, 60]
    assert reader.bars(MARKET, "ETHUSDT", "1m").qualities.tolist() == [Quality.QUIET]
    assert len(reader.bars(MARKET, "ETHUSDT", "1s")) == 0


def test_holes_are_replaced_as_a_whole(journal: Journal, path: Path) -> None:
    first = [StoredHole(5, 9, 100, 200, "open"), StoredHole(20, 20, 300, 400, "open")]
    journal.put_holes(MARKET, "BTCUSDT", first)
    assert journal.wait_committed()
    assert JournalReader(path).holes(MARKET, "BTCUSDT") == tuple(first)
    journal.put_holes(MARKET, "BTCUSDT", [StoredHole(5, 9, 100, 200, "filled")])
    assert journal.wait_committed()
    assert JournalReader(path).holes(MARKET, "BTCUSDT") == (StoredHole(5, 9, 100, 200, "filled"),)


def test_discarded_chunks_are_gone_and_do_not_come_back(journal: Journal, path: Path) -> None:
    reader = JournalReader(path)
    for trade_id in range(10):
        journal.append(MARKET, batch([trade_id]))
        assert journal.wait_committed()
    numbers = [chunk.number for chunk in reader.tick_chunks(MARKET, "BTCUSDT") if chunk.last_id < 6]
    journal.discard(tick_chunks=numbers, bar_chunks=[]).result(30)
    expect(reader.ticks(MARKET, "BTCUSDT"), range(6, 10))
    for trade_id in range(10, 10 + MERGE_CHUNKS):  # enough to merge
        journal.append(MARKET, batch([trade_id]))
        assert journal.wait_committed()
    expect(reader.ticks(MARKET, "BTCUSDT"), range(6, 10 + MERGE_CHUNKS))


class _Watched(list[int]):
    """Chunks to discard; `on_lot` is called each time that the journal takes some of them."""

    def __init__(self, numbers: Iterable[int], on_lot: Callable[[], None]) -> None:
        super().__init__(numbers)
        self._on_lot = on_lot

    def __getitem__(self, rows):  # type: ignore[no-untyped-def]
        self._on_lot()
        return super().__getitem__(rows)


@pytest.mark.parametrize("kind", ["tick_chunks", "bar_chunks"])
def test_trades_that_come_during_a_large_discard_are_committed_between_its_lots(
    journal: Journal, path: Path, kind: str
) -> None:
    journal.append(MARKET, batch([1]), bars=[("BTCUSDT", "1s", bars([0]))])
    assert journal.wait_committed()
    handed: list[int] = []
    committed: list[int] = []

    def trade_comes() -> None:
        committed.append(journal.committed_ticket)
        handed.append(journal.append(MARKET, batch([100 + len(handed)])))

    lots = 4
    unused = range(10_001, 10_000 + lots * DISCARD_AT_ONCE)
    chunks = {"tick_chunks": [1], "bar_chunks": [1], kind: _Watched([1, *unused], trade_comes)}
    journal.discard(**chunks).result(30)
    assert len(handed) == lots
    assert committed[1:] == handed[:-1]
    assert journal.wait_committed()
    reader = JournalReader(path)
    expect(reader.ticks(MARKET, "BTCUSDT"), range(100, 100 + lots))
    assert len(reader.bars(MARKET, "BTCUSDT", "1s")) == 0


def test_a_journal_that_is_not_there_yet_reads_as_empty(path: Path) -> None:
    reader = JournalReader(path)
    assert reader.markets() == ()
    assert len(reader.ticks(MARKET, "BTCUSDT")) == 0
    assert len(reader.last_ticks(MARKET, "BTCUSDT", n=5)) == 0
    assert len(reader.bars(MARKET, "BTCUSDT", "1m")) == 0
    assert reader.extent(MARKET, "BTCUSDT") is None
    assert reader.check() == ()


def _damage(path: Path, number: int) -> None:
    with sqlite3.connect(path) as connection:
        (blob,) = connection.execute("SELECT data FROM tick_chunks WHERE id = ?", (number,)).fetchone()
        spoiled = bytearray(blob)
        spoiled[len(spoiled) // 2] ^= 1
        connection.execute("UPDATE tick_chunks SET data = ? WHERE id = ?", (bytes(spoiled), number))
    connection.close()


def test_a_damaged_chunk_is_named_and_the_rest_is_readable(journal: Journal, path: Path) -> None:
    for at in range(3):
        journal.append(MARKET, batch(range(at * 10, at * 10 + 10)))
        assert journal.wait_committed()
    assert journal.close()
    _damage(path, 2)
    reader = JournalReader(path)
    with pytest.raises(DamagedData, match=r"tick chunk 2 \(binance-um BTCUSDT, 10 to 19\)"):
        reader.ticks(MARKET, "BTCUSDT")
    expect(reader.ticks(MARKET, "BTCUSDT", after_id=19), range(20, 30))  # what lies elsewhere is not touched
    (damage,) = reader.check()
    assert (damage.symbol, damage.first, damage.last) == ("BTCUSDT", 10, 19)
    seen: list[Damage] = []
    expect(JournalReader(path, on_damage=seen.append).ticks(MARKET, "BTCUSDT"), [*range(10), *range(20, 30)])
    assert seen == [damage]


def test_a_file_that_is_no_journal_is_named(path: Path) -> None:
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(StorageError, match=r"journal\.sqlite cannot be read: file is not a database"):
        JournalReader(path).markets()


def test_a_journal_of_a_later_version_is_refused_by_both(path: Path) -> None:
    journal = Journal(path)
    journal.open()
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="format is 99"):
        JournalReader(path).markets()
    journal = Journal(path)
    journal.open()
    assert journal.status.state == "failing"
    assert "format is 99" in (journal.status.reason or "")
    journal.close()


def test_a_log_cut_anywhere_gives_whole_commits_only(journal: Journal, path: Path, tmp_path: Path) -> None:
    for at in range(12):
        journal.append(MARKET, batch(range(at * 10, at * 10 + 10)))
        assert journal.wait_committed()
    whole, log = path.read_bytes(), path.with_name("journal.sqlite-wal").read_bytes()
    counts = set()
    for cut in range(0, len(log), max(1, len(log) // 40)):
        torn = tmp_path / f"cut-{cut}" / "journal.sqlite"
        torn.parent.mkdir()
        torn.write_bytes(whole)
        torn.with_name("journal.sqlite-wal").write_bytes(log[:cut])
        rows = JournalReader(torn).ticks(MARKET, "BTCUSDT")
        assert len(rows) % 10 == 0, "a part of a commit"
        expect(rows, range(len(rows)))
        counts.add(len(rows))
    assert len(counts) > 5, "the cuts must have bitten"


def test_the_log_starts_anew_while_commits_go_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpointer, "EVERY_S", 0.001)
    monkeypatch.setattr(checkpointer, "LOG_LIMIT_PAGES", 50)
    journal = Journal(path, flush_ms=0)
    journal.open()
    log = path.with_name("journal.sqlite-wal")
    written = 0
    while written < 1000:
        journal.append(MARKET, batch(range(written, written + 10)))
        journal.wait_committed()
        written += 10
    assert log.stat().st_size < written / 10 * 4096 * 2, "each commit writes two pages or more"
    journal.close()
    expect(JournalReader(path).ticks(MARKET, "BTCUSDT"), range(1000))
