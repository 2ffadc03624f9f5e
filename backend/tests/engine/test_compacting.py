"""The hourly pass from the journal to the history: what stands in its way is told, and it goes on by itself."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from full_disk import NEEDS_FULL_DEVICE, fill_for
from quant.engine import persistence as module
from quant.engine.persistence import Persistence
from quant.storage.history_paths import DAY_NS, hour_file, tick_folder
from quant.storage.id_ranges import IdRange, runs
from quant.storage.records import StoredHole
from quant.storage.store import HISTORY_NAME, JOURNAL_NAME
from stored_trades import HOUR_NS, MARKET, STEP_NS, bars, batch, columns, event_time, expect
from waiting import PATIENCE_S

SYMBOL = "BTCUSDT"
TICK_DAYS = BAR_DAYS = 30
HOUR_IDS = HOUR_NS // STEP_NS
NOW_IDS = 40 * 24 * HOUR_IDS
"""The first trade of this day; 40 days lie between it and trade 0."""


class WallClock:
    """A wall clock that a test sets, or breaks."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns
        self.broken = False

    def wall_ns(self) -> int:
        if self.broken:
            raise ZeroDivisionError("a bug")
        return self.now_ns

    def monotonic_s(self) -> float:
        return 0.0


def storing(data_dir: Path, clock: WallClock, scenario: Callable[[Persistence], Awaitable[None]]) -> None:
    async def run() -> None:
        persistence = Persistence(data_dir, clock=clock, tick_days=TICK_DAYS, bar_days=BAR_DAYS)
        await persistence.open()
        try:
            await scenario(persistence)
        finally:
            await persistence.close()

    asyncio.run(run())


def hour_of(data_dir: Path, trade_id: int) -> Path:
    return hour_file(tick_folder(data_dir / HISTORY_NAME, MARKET, SYMBOL), event_time(trade_id) // HOUR_NS)


@NEEDS_FULL_DEVICE
def test_a_full_disk_is_told_and_stops_neither_retention_nor_the_next_pass(tmp_path: Path) -> None:
    async def scenario(persistence: Persistence) -> None:
        persistence.history.add_ticks(MARKET, SYMBOL, columns([0]))  # older than what is kept
        persistence.journal.append(MARKET, batch([NOW_IDS, NOW_IDS + 1]))
        assert persistence.journal.wait_committed()
        in_the_way = fill_for(hour_of(tmp_path, NOW_IDS))
        with capture_logs() as said:
            await asyncio.to_thread(persistence.compact)
        assert "history.compaction_failed" in {each["event"] for each in said}
        assert persistence.trouble is not None
        assert str(hour_of(tmp_path, NOW_IDS)) in persistence.trouble
        assert "No space left" in persistence.trouble
        assert not in_the_way.is_symlink()
        assert not hour_of(tmp_path, 0).exists(), "the step that makes room was left out"
        expect(persistence.store.ticks(MARKET, SYMBOL), [NOW_IDS, NOW_IDS + 1])
        await asyncio.to_thread(persistence.compact)  # there is room again
        assert persistence.trouble is None
        expect(persistence.store.history.ticks(MARKET, SYMBOL), [NOW_IDS, NOW_IDS + 1])
        assert persistence.store.journal.extent(MARKET, SYMBOL) is None

    storing(tmp_path, WallClock(event_time(NOW_IDS) + 2 * HOUR_NS), scenario)


@pytest.mark.parametrize("ahead_days", [0, 40, 4000])
def test_a_date_that_is_ahead_deletes_nothing_that_was_to_be_kept(tmp_path: Path, ahead_days: int) -> None:
    days = [NOW_IDS - day * 24 * HOUR_IDS for day in (32, 29, 1)]

    async def scenario(persistence: Persistence) -> None:
        persistence.history.add_ticks(MARKET, SYMBOL, columns(days))
        persistence.history.add_bars(MARKET, SYMBOL, "1h", bars(map(event_time, days)))
        persistence.journal.append(MARKET, batch([NOW_IDS]))
        assert persistence.journal.wait_committed()
        await asyncio.to_thread(persistence.compact)
        expect(persistence.store.ticks(MARKET, SYMBOL), [*days[1:], NOW_IDS])
        times = persistence.store.bars(MARKET, SYMBOL, "1h").times.tolist()
        assert times == [event_time(each) for each in days[1:]]

    storing(tmp_path, WallClock(event_time(NOW_IDS) + ahead_days * DAY_NS), scenario)


def test_trades_of_the_future_let_nothing_go_before_its_time(tmp_path: Path) -> None:
    """Those of a simulation at another speed."""
    wall = WallClock(event_time(HOUR_IDS))

    async def scenario(persistence: Persistence) -> None:
        persistence.history.add_ticks(MARKET, SYMBOL, columns([0]))
        persistence.history.add_ticks("sim-7-x60", SYMBOL, columns([NOW_IDS]))
        await asyncio.to_thread(persistence.compact)
        expect(persistence.store.ticks(MARKET, SYMBOL), [0])

    storing(tmp_path, wall, scenario)


def test_a_damaged_file_of_an_hour_is_set_aside_and_told_and_holds_up_nothing(tmp_path: Path) -> None:
    path = hour_of(tmp_path, NOW_IDS)
    spoiled = [b"PAR1 and nothing else", b""]

    async def compacted(persistence: Persistence, *ids: int) -> str:
        """Return what was told last to be damaged."""
        persistence.journal.append(MARKET, batch(ids))
        assert persistence.journal.wait_committed()
        with capture_logs() as said:
            await asyncio.to_thread(persistence.compact)
        return [str(each["where"]) for each in said if each["event"] == "store.damaged"][-1]

    async def scenario(persistence: Persistence) -> None:
        for number, spoil in enumerate(spoiled):
            persistence.history.add_ticks(MARKET, SYMBOL, columns([NOW_IDS]))
            path.write_bytes(spoil)
            first = NOW_IDS + number * HOUR_IDS
            kept = path.with_name(f"{path.name}.damaged{f'-{number + 1}' if number else ''}")
            assert await compacted(persistence, NOW_IDS + number + 1, first + HOUR_IDS) == str(kept)
            assert kept.read_bytes() == spoil
            assert persistence.store.journal.extent(MARKET, SYMBOL) is None
            assert persistence.trouble is None
        whole = [NOW_IDS + 2, NOW_IDS + HOUR_IDS, NOW_IDS + 2 * HOUR_IDS]
        expect(persistence.store.ticks(MARKET, SYMBOL), whole)

    storing(tmp_path, WallClock(event_time(NOW_IDS) + 4 * HOUR_NS), scenario)


HOURS = [NOW_IDS + hour * HOUR_IDS for hour in range(3)]
MIDDLE = [HOURS[1] + 1, HOURS[1] + 2, HOURS[1] + 3]
"""Trades of the hour in the middle; the ones before and after stand at its edges."""


def stored_hours(persistence: Persistence) -> None:
    """Store an hour between two others, and the holes that lie between them, as a ledger would."""
    others = [HOURS[0], HOURS[2]]
    persistence.history.add_ticks(MARKET, SYMBOL, columns([*others, *MIDDLE]))
    times = event_time(HOURS[0]), event_time(HOURS[2])
    listed = [(HOURS[0] + 1, MIDDLE[0] - 1), (MIDDLE[-1] + 1, HOURS[2] - 1)]
    holes = [StoredHole(*ids, *times, "open") for ids in listed]
    persistence.journal.append(MARKET, holes={SYMBOL: holes})
    assert persistence.journal.wait_committed()


def read_all(persistence: Persistence) -> None:
    persistence.store.ticks(MARKET, SYMBOL)


def compact(persistence: Persistence) -> None:
    persistence.journal.append(MARKET, batch([MIDDLE[1]]))
    assert persistence.journal.wait_committed()
    persistence.compact()


@pytest.mark.parametrize("meet", [read_all, compact])
def test_trades_of_a_damaged_hour_are_listed_as_not_stored(
    tmp_path: Path, meet: Callable[[Persistence], None]
) -> None:
    """Until they come again; a trade of it that is stored elsewhere, and a hole that was there before, are not."""
    clock = WallClock(event_time(HOURS[2]) + 2 * HOUR_NS)
    left = [MIDDLE[0], MIDDLE[2]] if meet is compact else MIDDLE

    async def scenario(persistence: Persistence) -> None:
        stored_hours(persistence)
        assert persistence.journal.unstored(MARKET, SYMBOL) == ()
        path = hour_of(tmp_path, MIDDLE[0])
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 1
        path.write_bytes(content)
        with capture_logs() as said:
            await asyncio.to_thread(meet, persistence)
            await asyncio.to_thread(meet, persistence)
        assert "store.damaged" in {each["event"] for each in said}
        assert persistence.journal.unstored(MARKET, SYMBOL) == tuple(runs(np.array(left)))

    async def after_a_restart(persistence: Persistence) -> None:
        assert persistence.store.unstored(MARKET, SYMBOL) == tuple(runs(np.array(left)))
        persistence.journal.append(MARKET, batch(left))
        assert persistence.journal.wait_committed()
        assert persistence.store.unstored(MARKET, SYMBOL) == ()
        with capture_logs():
            await asyncio.to_thread(persistence.compact)
        expect(persistence.store.ticks(MARKET, SYMBOL), [HOURS[0], *MIDDLE, HOURS[2]])
        assert persistence.store.unstored(MARKET, SYMBOL) == ()

    storing(tmp_path, clock, scenario)
    storing(tmp_path, clock, after_a_restart)


def test_what_was_deleted_for_its_age_is_not_listed_with_a_damaged_hour(tmp_path: Path) -> None:
    ids = [
        NOW_IDS - 25 * HOUR_IDS,
        NOW_IDS,
        NOW_IDS + HOUR_IDS,
    ]  # nothing is known of the day before the damage

    async def scenario(persistence: Persistence) -> None:
        persistence.history.add_ticks(MARKET, SYMBOL, columns(ids))
        hour_of(tmp_path, NOW_IDS).write_bytes(b"PAR1 and nothing else")
        with capture_logs():
            await asyncio.to_thread(read_all, persistence)
        assert persistence.journal.unstored(MARKET, SYMBOL) == ()

    storing(tmp_path, WallClock(event_time(NOW_IDS)), scenario)


def test_a_file_that_cannot_be_read_now_is_not_set_aside(tmp_path: Path) -> None:
    path = hour_of(tmp_path, NOW_IDS)

    async def scenario(persistence: Persistence) -> None:
        persistence.journal.append(MARKET, batch([NOW_IDS]))
        assert persistence.journal.wait_committed()
        path.mkdir(parents=True)
        with capture_logs():
            await asyncio.to_thread(persistence.compact)
        assert f"{path} cannot be read" in (persistence.trouble or "")
        assert path.is_dir()
        assert len(persistence.store.journal.ticks(MARKET, SYMBOL)) == 1
        path.rmdir()
        await asyncio.to_thread(persistence.compact)
        assert persistence.trouble is None

    storing(tmp_path, WallClock(event_time(NOW_IDS) + 2 * HOUR_NS), scenario)


def test_a_damaged_chunk_of_the_journal_is_told(tmp_path: Path) -> None:
    async def scenario(persistence: Persistence) -> None:
        persistence.journal.append(MARKET, batch([NOW_IDS]))
        assert persistence.journal.wait_committed()
        with contextlib.closing(sqlite3.connect(tmp_path / JOURNAL_NAME)) as other, other:
            other.execute("UPDATE tick_chunks SET data = zeroblob(16)")
        with capture_logs() as said:
            await asyncio.to_thread(persistence.compact)
        told = [each["where"] for each in said if each["event"] == "store.damaged"]
        assert told == [f"{tmp_path / JOURNAL_NAME}: tick chunk 1"]
        assert persistence.journal.unstored(MARKET, SYMBOL) == (IdRange(NOW_IDS, NOW_IDS),)

    storing(tmp_path, WallClock(event_time(NOW_IDS) + 2 * HOUR_NS), scenario)


def test_damaged_chunks_of_the_journal_stay_and_whole_ones_go(tmp_path: Path) -> None:
    def left(table: str) -> list[int]:
        with contextlib.closing(sqlite3.connect(tmp_path / JOURNAL_NAME)) as journal:
            return [number for (number,) in journal.execute(f"SELECT id FROM {table} ORDER BY id")]  # noqa: S608

    async def scenario(persistence: Persistence) -> None:
        for trade_id in (NOW_IDS, NOW_IDS + 1):
            persistence.journal.append(MARKET, batch([trade_id]))
            persistence.journal.append_bars(MARKET, SYMBOL, "1s", bars([event_time(trade_id)]))
            assert persistence.journal.wait_committed()
        tables = {"tick_chunks": left("tick_chunks"), "bar_chunks": left("bar_chunks")}
        assert [len(numbers) for numbers in tables.values()] == [2, 2]
        with contextlib.closing(sqlite3.connect(tmp_path / JOURNAL_NAME)) as other, other:
            for table, numbers in tables.items():
                other.execute(f"UPDATE {table} SET data = zeroblob(16) WHERE id = ?", numbers[:1])  # noqa: S608
        with capture_logs():
            await asyncio.to_thread(persistence.compact)
        for table, numbers in tables.items():
            assert left(table) == numbers[:1]
        expect(persistence.store.history.ticks(MARKET, SYMBOL), [NOW_IDS + 1])

    storing(tmp_path, WallClock(event_time(NOW_IDS) + 2 * HOUR_NS), scenario)


async def _until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not look():  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0.01)


def test_a_bug_ends_one_pass_and_not_all_that_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_COMPACTION_S", 0.0)
    monkeypatch.setattr(module, "RETRY_COMPACTION_S", 0.0)
    clock = WallClock(event_time(NOW_IDS) + 2 * HOUR_NS)
    clock.broken = True

    async def scenario(persistence: Persistence) -> None:
        persistence.journal.append(MARKET, batch([NOW_IDS]))
        assert persistence.journal.wait_committed()
        task = asyncio.create_task(persistence.run())
        with capture_logs() as said:
            await _until(lambda: persistence.trouble is not None)
            assert "a bug" in (persistence.trouble or "")
            clock.broken = False
            await _until(lambda: persistence.trouble is None)
        assert "history.broken" in {each["event"] for each in said}
        expect(persistence.store.history.ticks(MARKET, SYMBOL), [NOW_IDS])
        task.cancel()

    storing(tmp_path, clock, scenario)
