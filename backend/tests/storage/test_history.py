"""What is moved from the journal to the history is read as before, wherever the cut and the crash."""

import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from full_disk import NEEDS_FULL_DEVICE, fill_for
from journal_victims import compact, compact_and_die
from quant.domain import Quality
from quant.errors import DamagedData, StorageError
from quant.storage.compaction import Compaction
from quant.storage.history import History
from quant.storage.history_reader import HistoryReader
from quant.storage.journal import Journal
from quant.storage.records import BAR_NAMES, TICK_NAMES, Damage, Extent
from quant.storage.store import HISTORY_NAME, JOURNAL_NAME, Store
from stored_trades import EPOCH_NS, HOUR_NS, MARKET, STEP_NS, bars, batch, columns, event_time, expect

SYMBOL = "BTCUSDT"
HOUR_IDS = HOUR_NS // STEP_NS
"""Ids of one hour."""


def _open(folder: Path) -> tuple[Journal, History, Store]:
    journal = Journal(folder / JOURNAL_NAME, flush_ms=0)
    journal.open()
    return journal, History(folder / HISTORY_NAME), Store(folder)


def _ids_near_hours(hours: int = 4) -> st.SearchStrategy[int]:
    """Ids close to the turn of an hour, where a cut can go wrong."""
    return st.builds(
        lambda hour, off: max(0, hour * HOUR_IDS + off), st.integers(0, hours), st.integers(-4, 4)
    )


@settings(max_examples=30)
@given(data=st.data(), batches=st.lists(st.lists(_ids_near_hours(), max_size=12), min_size=1, max_size=8))
def test_any_trades_compacted_at_any_times_are_read_back_once(
    data: st.DataObject, batches: list[list[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    journal, history, store = _open(tmp_path_factory.mktemp("data"))
    truth: set[int] = set()
    for ids in batches:
        journal.append(MARKET, batch(ids))
        truth |= set(ids)
        if data.draw(st.booleans(), "commit here"):
            assert journal.wait_committed()
        if data.draw(st.booleans(), "compact here"):
            now = EPOCH_NS + data.draw(st.integers(0, 5)) * HOUR_NS
            Compaction(journal, history).run(now_ns=now, settle_ns=0)
    assert journal.wait_committed()
    Compaction(journal, history).run(now_ns=EPOCH_NS + data.draw(st.integers(0, 6)) * HOUR_NS, settle_ns=0)
    expect(store.ticks(MARKET, SYMBOL), truth)
    start, end = (event_time(data.draw(_ids_near_hours())) for _ in range(2))
    expect(
        store.ticks(MARKET, SYMBOL, start_ns=start, end_ns=end),
        {i for i in truth if start <= event_time(i) < end},
    )
    after, limit = data.draw(_ids_near_hours()), data.draw(st.integers(0, 12))
    expect(
        store.ticks(MARKET, SYMBOL, after_id=after, limit=limit),
        sorted(i for i in truth if i > after)[:limit],
    )
    expect(store.last_ticks(MARKET, SYMBOL, n=limit), sorted(truth)[max(len(truth) - limit, 0) :])
    extent = store.extent(MARKET, SYMBOL)
    assert (extent and (extent.first_id, extent.last_id)) == ((min(truth), max(truth)) if truth else None)
    journal.close()


def test_closed_hours_leave_the_journal_and_open_ones_stay(tmp_path: Path) -> None:
    journal, history, store = _open(tmp_path)
    journal.append(MARKET, batch([0, 1, HOUR_IDS - 1]))
    journal.wait_committed()
    journal.append(MARKET, batch([HOUR_IDS - 2, HOUR_IDS, HOUR_IDS + 1]))  # reaches over the turn of the hour
    journal.wait_committed()
    done = Compaction(journal, history).run(now_ns=EPOCH_NS + HOUR_NS + HOUR_NS // 2)
    assert (done.ticks, done.files, done.chunks, done.discarded) == (4, 1, 1, True)
    folder = tmp_path / HISTORY_NAME / "ticks" / f"market={MARKET}" / f"symbol={SYMBOL}"
    assert [p.relative_to(folder).as_posix() for p in folder.rglob("*.parquet")] == [
        "date=2023-11-14/22.parquet"
    ]
    expect(store.history.ticks(MARKET, SYMBOL), [0, 1, HOUR_IDS - 2, HOUR_IDS - 1])
    expect(store.ticks(MARKET, SYMBOL), [0, 1, HOUR_IDS - 2, HOUR_IDS - 1, HOUR_IDS, HOUR_IDS + 1])
    again = Compaction(journal, history).run(now_ns=EPOCH_NS + HOUR_NS + HOUR_NS // 2)
    assert (again.files, again.chunks) == (0, 0)
    journal.append(MARKET, batch([5]))  # a back-filled trade of an hour that is closed
    journal.wait_committed()
    late = Compaction(journal, history).run(now_ns=EPOCH_NS + 3 * HOUR_NS)
    assert (late.files, late.chunks) == (2, 2)
    expect(store.history.ticks(MARKET, SYMBOL), [0, 1, 5, HOUR_IDS - 2, HOUR_IDS - 1, HOUR_IDS, HOUR_IDS + 1])
    assert store.journal.extent(MARKET, SYMBOL) is None
    journal.close()


def test_an_hour_that_has_just_ended_is_left_to_settle(tmp_path: Path) -> None:
    journal, history, _ = _open(tmp_path)
    journal.append(MARKET, batch([0]))
    journal.wait_committed()
    compaction = Compaction(journal, history)
    assert compaction.run(now_ns=EPOCH_NS + HOUR_NS + 4 * 60 * 10**9).files == 0
    assert compaction.run(now_ns=EPOCH_NS + HOUR_NS + 5 * 60 * 10**9).files == 1
    journal.close()


@settings(max_examples=25)
@given(
    data=st.data(),
    writes=st.lists(
        st.tuples(st.sets(st.integers(0, 40), min_size=1, max_size=6), st.integers(0, 3)),
        min_size=1,
        max_size=10,
    ),
)
def test_bars_are_read_across_days_in_their_newest_revision(
    data: st.DataObject, writes: list[tuple[set[int], int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    journal, history, store = _open(tmp_path_factory.mktemp("data"))
    truth: dict[int, tuple[int, float]] = {}
    for slots, revision in writes:
        times = [EPOCH_NS + slot * 2 * HOUR_NS for slot in sorted(slots)]
        journal.append_bars(MARKET, SYMBOL, "1h", bars(times, revision=revision, base=float(revision)))
        for time in times:
            if revision >= truth.get(time, (0, 0.0))[0]:
                truth[time] = (revision, float(revision))
        if data.draw(st.booleans(), "compact here"):
            assert journal.wait_committed()
            now = EPOCH_NS + data.draw(st.integers(0, 90)) * HOUR_NS
            Compaction(journal, history).run(now_ns=now, settle_ns=0)
    assert journal.wait_committed()
    start, end = (EPOCH_NS + data.draw(st.integers(0, 82)) * HOUR_NS for _ in range(2))
    limit = data.draw(st.integers(0, 40))
    read = store.bars(MARKET, SYMBOL, "1h", start=start, end=end, limit=limit)
    wanted = [time for time in sorted(truth) if start <= time < end]
    wanted = wanted[max(len(wanted) - limit, 0) :]
    assert read.times.tolist() == wanted
    assert list(zip(read.revisions.tolist(), read.opens.tolist(), strict=True)) == [truth[t] for t in wanted]
    journal.close()


STEPS = ("written", "synced", "renamed", "folder synced", "before discarding", "discarded")
SPREAD_IDS = [*range(HOUR_IDS - 3, HOUR_IDS + 3), *range(2 * HOUR_IDS - 2, 2 * HOUR_IDS + 2)]
SPREAD_BARS = [EPOCH_NS, EPOCH_NS + HOUR_NS, EPOCH_NS + 2 * HOUR_NS]


def _fill(folder: Path) -> None:
    journal, _, _ = _open(folder)
    journal.append(MARKET, batch(SPREAD_IDS))
    journal.append_bars(MARKET, SYMBOL, "1h", bars(SPREAD_BARS))
    assert journal.close()


def _expect_all(folder: Path) -> None:
    store = Store(folder)
    expect(store.ticks(MARKET, SYMBOL), SPREAD_IDS)
    expect(store.last_ticks(MARKET, SYMBOL, n=4), SPREAD_IDS[-4:])
    assert store.bars(MARKET, SYMBOL, "1h").times.tolist() == SPREAD_BARS


def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    steps: list[str] = []
    _fill(tmp_path / "whole")
    compact(tmp_path / "whole", now_ns=EPOCH_NS + 9 * HOUR_NS, at_step=steps.append)
    assert set(steps) == set(STEPS)
    for at, step in enumerate(steps):
        folder = tmp_path / f"{at} {step}"
        _fill(folder)
        assert compact_and_die(folder, now_ns=EPOCH_NS + 9 * HOUR_NS, step=at) == -signal.SIGKILL
        _expect_all(folder)
        History(folder / HISTORY_NAME).sweep()
        compact(folder, now_ns=EPOCH_NS + 9 * HOUR_NS)
        _expect_all(folder)
        assert Store(folder).journal.extent(MARKET, SYMBOL) is None
        assert not list(folder.rglob("*.tmp"))


def test_readers_see_every_trade_while_it_is_moved(tmp_path: Path) -> None:
    journal, history, store = _open(tmp_path)
    stop = threading.Event()
    wrong: list[str] = []
    stored = 0

    def read() -> None:
        while not stop.is_set():
            least = stored
            found = store.ticks(MARKET, SYMBOL).ids.tolist()
            if len(found) < least or found != list(range(0, len(found) * 600, 600)):
                wrong.append(f"{len(found)} of at least {least}")

    reader = threading.Thread(target=read)
    reader.start()
    rng = random.Random(5)
    for number in range(60):
        journal.append(MARKET, batch(range(number * 12_000, number * 12_000 + 12_000, 600)))
        journal.wait_committed()
        stored += 20
        if rng.random() < 0.5:
            Compaction(journal, history).run(now_ns=event_time(number * 12_000), settle_ns=0)
    stop.set()
    reader.join()
    journal.close()
    assert not wrong
    expect(store.ticks(MARKET, SYMBOL), range(0, 60 * 12_000, 600))


def test_retention_deletes_what_is_older_and_nothing_else(tmp_path: Path) -> None:
    history, reader = History(tmp_path), HistoryReader(tmp_path)
    history.add_ticks(MARKET, SYMBOL, columns([0, HOUR_IDS, 2 * HOUR_IDS, 30 * HOUR_IDS]))
    history.add_bars(MARKET, SYMBOL, "1h", bars(range(EPOCH_NS, EPOCH_NS + 72 * HOUR_NS, HOUR_NS)))
    assert history.retire(ticks_before_ns=EPOCH_NS + HOUR_NS - 1) == 0
    assert history.retire(ticks_before_ns=EPOCH_NS + HOUR_NS) == 1
    expect(reader.ticks(MARKET, SYMBOL), [HOUR_IDS, 2 * HOUR_IDS, 30 * HOUR_IDS])
    assert history.retire(ticks_before_ns=EPOCH_NS + 30 * HOUR_NS) == 2
    expect(reader.ticks(MARKET, SYMBOL), [30 * HOUR_IDS])
    assert len(reader.bars(MARKET, SYMBOL, "1h")) == 72
    assert history.retire(bars_before_ns=EPOCH_NS + 30 * HOUR_NS) == 2
    left = reader.bars(MARKET, SYMBOL, "1h").times
    assert left[0] == (EPOCH_NS // (24 * HOUR_NS) + 2) * 24 * HOUR_NS
    assert history.retire() == 0
    assert not [folder for folder in tmp_path.rglob("date=*") if not any(folder.iterdir())]


def test_names_of_any_script_and_sign_keep_apart(tmp_path: Path) -> None:
    history, reader = History(tmp_path), HistoryReader(tmp_path)
    symbols = ("BTCUSDT", "BTCUSDT_260925", "币安人生USDT", "A/B", "..", "a=b*[1]%20")
    for number, symbol in enumerate(symbols):
        history.add_ticks("sim-7", symbol, columns([number]))
        history.add_bars("sim-7", symbol, "1m", bars([EPOCH_NS + number]))
    assert reader.markets() == ("sim-7",)
    assert reader.symbols("sim-7") == tuple(sorted(symbols))
    assert all(tmp_path in path.resolve().parents for path in tmp_path.rglob("*.parquet"))
    for number, symbol in enumerate(symbols):
        expect(reader.ticks("sim-7", symbol), [number])
        assert reader.intervals("sim-7", symbol) == ("1m",)
        assert reader.bars("sim-7", symbol, "1m").times.tolist() == [EPOCH_NS + number]


def test_other_tools_read_the_files(tmp_path: Path) -> None:
    History(tmp_path).add_ticks(MARKET, SYMBOL, columns([7, 8]))
    (path,) = tmp_path.rglob("*.parquet")
    frame = pl.read_parquet(path)
    assert frame.columns == ["id", "time", "received", "price", "size", "sell", "trades"]
    assert frame["time"].dtype == pl.Datetime("ns", "UTC")
    assert frame["time"].to_physical().to_list() == [event_time(7), event_time(8)]
    assert frame["sell"].to_list() == [True, False]


@NEEDS_FULL_DEVICE
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    history, reader = History(tmp_path), HistoryReader(tmp_path)
    history.add_ticks(MARKET, SYMBOL, columns([0]))
    history.add_bars(MARKET, SYMBOL, "1h", bars([EPOCH_NS]))
    files = set(tmp_path.rglob("*.parquet"))
    for path in files:
        fill_for(path)
    with pytest.raises(StorageError, match=r"22\.parquet cannot be written: .*No space left"):
        history.add_ticks(MARKET, SYMBOL, columns(range(1, 5000)))
    with pytest.raises(StorageError, match=r"bars\.parquet cannot be written: .*No space left"):
        history.add_bars(MARKET, SYMBOL, "1h", bars([EPOCH_NS + HOUR_NS]))
    assert {path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()} == files
    expect(reader.ticks(MARKET, SYMBOL), [0])
    assert history.add_ticks(MARKET, SYMBOL, columns(range(1, 5000))) == 1
    expect(reader.ticks(MARKET, SYMBOL), range(5000))


@pytest.mark.parametrize(
    "spoil", [lambda raw: raw[: len(raw) // 2], lambda raw: b"\0" * len(raw), lambda raw: b""]
)
def test_a_damaged_file_is_named_and_the_rest_is_readable(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    History(tmp_path).add_ticks(MARKET, SYMBOL, columns([0, HOUR_IDS, 2 * HOUR_IDS]))
    path = sorted(tmp_path.rglob("*.parquet"))[1]
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DamagedData, match=path.name):
        HistoryReader(tmp_path).ticks(MARKET, SYMBOL)
    with pytest.raises(DamagedData, match=path.name):
        History(tmp_path).add_ticks(
            MARKET, SYMBOL, columns([HOUR_IDS + 1])
        )  # adding must not replace what can be saved
    seen: list[Damage] = []
    expect(HistoryReader(tmp_path, on_damage=seen.append).ticks(MARKET, SYMBOL), [0, 2 * HOUR_IDS])
    expect(HistoryReader(tmp_path, on_damage=seen.append).last_ticks(MARKET, SYMBOL, n=2), [0, 2 * HOUR_IDS])
    assert {damage.where for damage in seen} == {str(path)}


def _read_all(folder: Path) -> tuple[object, ...]:
    reader = HistoryReader(folder)
    ticks, hours = reader.ticks(MARKET, SYMBOL), reader.bars(MARKET, SYMBOL, "1h")
    columns = [getattr(ticks, name) for name in TICK_NAMES] + [getattr(hours, name) for name in BAR_NAMES]
    return reader.extent(MARKET, SYMBOL), *((str(column.dtype), column.tobytes()) for column in columns)


def _flipped(raw: bytes, bit: int) -> bytes:
    spoiled = bytearray(raw)
    spoiled[bit // 8] ^= 1 << bit % 8
    return bytes(spoiled)


@pytest.mark.parametrize("kind", ["ticks", "bars"])
def test_no_flipped_bit_is_taken_for_another_value(tmp_path: Path, kind: str) -> None:
    history = History(tmp_path)
    history.add_ticks(MARKET, SYMBOL, columns(range(100)))
    history.add_bars(MARKET, SYMBOL, "1h", bars(range(EPOCH_NS, EPOCH_NS + HOUR_NS, 60 * 10**9)))
    (path,) = (tmp_path / kind).rglob("*.parquet")
    raw, whole = path.read_bytes(), _read_all(tmp_path)
    dice = random.Random(8)
    told: list[str] = []
    for byte in range(0, len(raw), 7):
        path.write_bytes(_flipped(raw, byte * 8 + dice.randrange(8)))
        try:
            found = _read_all(tmp_path)
        except DamagedData as error:
            told.append(error.message)
        else:
            assert found == whole, f"byte {byte}"
    assert all(message.startswith(str(path)) for message in told)
    assert len(told) > len(raw) / 7 - 10  # all but those in the name of the checksum


def test_a_flipped_bit_in_the_footer_is_no_other_extent(tmp_path: Path) -> None:
    History(tmp_path).add_ticks(MARKET, SYMBOL, columns(range(1000, 1100)))
    (path,) = tmp_path.rglob("*.parquet")
    raw = path.read_bytes()
    at = raw.rindex(b"1099")  # the last id, which is told without reading the rows
    path.write_bytes(_flipped(raw, at * 8))
    with pytest.raises(DamagedData, match="checksum"):
        HistoryReader(tmp_path).extent(MARKET, SYMBOL)


def test_files_of_before_there_were_checksums_are_read_and_added_to(tmp_path: Path) -> None:
    history, reader = History(tmp_path), HistoryReader(tmp_path)
    history.add_ticks(MARKET, SYMBOL, columns([0, 1]))
    (path,) = tmp_path.rglob("*.parquet")
    notes = pl.read_parquet_metadata(path)
    old = {name: notes[name] for name in Extent._fields}
    pl.read_parquet(path).write_parquet(path, metadata=old)
    assert b"crc32" not in path.read_bytes()
    expect(reader.ticks(MARKET, SYMBOL), [0, 1])
    assert reader.extent(MARKET, SYMBOL) == Extent(0, 1, event_time(0), event_time(1))
    history.add_ticks(MARKET, SYMBOL, columns([2]))
    expect(reader.ticks(MARKET, SYMBOL), [0, 1, 2])
    assert b"crc32" in path.read_bytes()


def test_a_damaged_file_of_one_symbol_holds_up_no_other(tmp_path: Path) -> None:
    journal, history, store = _open(tmp_path)
    history.add_ticks(MARKET, SYMBOL, columns([0]))
    (path,) = (tmp_path / HISTORY_NAME).rglob("*.parquet")
    path.write_bytes(b"PAR1 and nothing else")
    journal.append(MARKET, batch([1], symbol=SYMBOL))
    journal.append(MARKET, batch([2], symbol="ETHUSDT"))
    journal.wait_committed()
    done = Compaction(journal, history).run(now_ns=EPOCH_NS + 3 * HOUR_NS)
    assert [damage.where for damage in done.damaged] == [str(path)]
    expect(store.history.ticks(MARKET, "ETHUSDT"), [2])
    expect(store.journal.ticks(MARKET, SYMBOL), [1])
    journal.close()


def test_bars_with_missing_trades_yield_to_the_exchanges_own(tmp_path: Path) -> None:
    history, reader = History(tmp_path), HistoryReader(tmp_path)
    history.add_bars(MARKET, SYMBOL, "1h", bars([EPOCH_NS], quality=Quality.GAP, base=1.0))
    history.add_bars(MARKET, SYMBOL, "1h", bars([EPOCH_NS], quality=Quality.KLINE, base=2.0))
    assert reader.bars(MARKET, SYMBOL, "1h").opens.tolist() == [2.0]
    assert history.add_bars(MARKET, SYMBOL, "1h", bars([EPOCH_NS], quality=Quality.KLINE, base=2.0)) == 0
    history.add_bars(MARKET, SYMBOL, "1h", bars([EPOCH_NS], quality=Quality.COMPLETE, base=3.0))
    assert reader.bars(MARKET, SYMBOL, "1h").opens.tolist() == [3.0]
