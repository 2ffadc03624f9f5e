"""What a restart and a disk that refuses do to the list of what lacks: every id is stored once, or listed."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from quant.clock import SystemClock
from quant.domain import Bars, Interval, Quality
from quant.engine.importer import Importer
from quant.engine.jobs import Job
from quant.engine.persistence import Persistence
from quant.errors import StorageError
from quant.market.ledger import HoleState
from quant.market.state import MarketState
from quant.storage.history import History
from quant.storage.history_paths import DAY_NS
from quant.storage.store import HISTORY_NAME, JOURNAL_NAME, Store
from stored_trades import MARKET, batch, columns, event_time

SYMBOL = "BTCUSDT"
INTERVALS = ("1s", "5s", "1m")
RING = 1000


class Run:
    """One run of the engine's storing on a data directory: a state, and what keeps it."""

    def __init__(self, data_dir: Path, *, ring: int = RING, room: int = 10_000) -> None:
        self.persistence = Persistence(
            data_dir, clock=SystemClock(), tick_days=0, bar_days=0, max_pending_rows=room
        )
        self.state = MarketState(
            MARKET, intervals=[Interval.parse(name) for name in INTERVALS], tick_capacity=ring, reorder_ns=0
        )

    async def begin(self) -> None:
        await self.persistence.open()
        await self.restore()

    async def restore(self) -> None:
        await self.persistence.restore(self.state, SYMBOL)

    def hear(self, *parts: Iterable[int]) -> None:
        """Take in trades and close the bars before each of them, as the running market does."""
        for ids in parts:
            for trade_id in ids:
                self.state.close_until(event_time(trade_id) - 1, symbols=[SYMBOL])
                trades = batch([trade_id])
                fresh = self.state.apply(trades)
                self.persistence.keep(self.state, trades.at(fresh))

    async def stored(self) -> None:
        assert await asyncio.to_thread(self.persistence.journal.wait_committed)

    async def end(self) -> None:
        await self.persistence.close()

    def open_holes(self) -> list[tuple[int, int]]:
        return [(hole.first_id, hole.last_id) for hole in self.state.open_holes(SYMBOL)]

    def bars(self) -> dict[str, Bars]:
        return {name: self.state.bars(SYMBOL, name, limit=10_000) for name in INTERVALS}


@contextlib.contextmanager
def unreadable(data_dir: Path) -> Iterator[None]:
    """Lock the journal's file, as a tool does that copies it: nobody else can read or write it."""
    connection = sqlite3.connect(data_dir / JOURNAL_NAME, isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.close()


def open_in_store(data_dir: Path) -> list[tuple[int, int]]:
    holes = Store(data_dir).holes(MARKET, SYMBOL)
    return [(hole.first_id, hole.last_id) for hole in holes if hole.state == HoleState.OPEN]


def neither(data_dir: Path, *, upto: int) -> list[int]:
    """Return the ids from the first stored one that are neither stored nor listed; none may be both."""
    store = Store(data_dir)
    stored = store.ticks(MARKET, SYMBOL).ids.tolist()
    ranges = [*open_in_store(data_dir), *store.unstored(MARKET, SYMBOL)]
    listed = {each for first, last in ranges for each in range(first, last + 1)}
    assert not listed & set(stored)
    return sorted(set(range(stored[0], upto)) - set(stored) - listed)


def rows_in_file(data_dir: Path) -> int:
    return sum(chunk.rows for chunk in Store(data_dir).journal.tick_chunks(MARKET, SYMBOL))


def same_bars(found: dict[str, Bars], wanted: dict[str, Bars]) -> None:
    for name in INTERVALS:
        for column in Bars.__dataclass_fields__:
            if column != "revisions":
                np.testing.assert_array_equal(
                    getattr(found[name], column), getattr(wanted[name], column), err_msg=f"{name} {column}"
                )


PAST = (range(100, 150), range(160, 200))
"""With a hole, 150 to 159."""

LATER = (range(300, 320), range(330, 400))


async def with_past(data_dir: Path) -> None:
    run = Run(data_dir)
    await run.begin()
    run.hear(*PAST)
    await run.end()


async def restarted(data_dir: Path, *parts: Iterable[int]) -> Run:
    """Return a run that went on after its past at once."""
    run = Run(data_dir)
    await run.begin()
    run.hear(*parts)
    return run


def test_a_past_that_is_read_late_is_as_good_as_one_read_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        late_dir, once_dir = tmp_path / "late", tmp_path / "once"
        await with_past(late_dir)
        await with_past(once_dir)
        late = Run(late_dir)
        with unreadable(late_dir):
            await late.persistence.open()
            with pytest.raises(StorageError, match="locked"):
                await late.restore()
            late.hear(*LATER)
            assert late.state.last_id(SYMBOL) == 399  # it goes on meanwhile
            assert len(late.bars()["1s"])
            seen = late.bars()["1s"]
        await late.stored()
        assert open_in_store(late_dir) == [(150, 159)], "a list that knows nothing of the past took its place"
        await late.restore()
        late.hear(range(400, 420))
        once = await restarted(once_dir, *LATER, range(400, 420))
        assert late.open_holes() == once.open_holes() == [(150, 159), (200, 299), (320, 329)]
        same_bars(late.bars(), once.bars())
        assert late.state.ticks(SYMBOL).ids.tolist() == once.state.ticks(SYMBOL).ids.tolist()
        now = late.bars()["1s"]
        told = np.isin(now.times, seen.times[seen.closed])
        assert told.any()
        assert (now.revisions[told] > 0).all(), "a bar that was told and changed needs a new revision"
        await late.end()
        await once.end()
        assert neither(late_dir, upto=420) == []
        assert rows_in_file(late_dir) == len(Store(late_dir).ticks(MARKET, SYMBOL))

    asyncio.run(scenario())


def test_what_comes_while_the_past_is_read_is_in_it(tmp_path: Path) -> None:
    """A hole is filled, and another opens, between the question to the disk and its answer."""

    async def scenario() -> None:
        await with_past(tmp_path)
        run = Run(tmp_path)
        with unreadable(tmp_path):
            await run.persistence.open()
            with pytest.raises(StorageError):
                await run.restore()
            run.hear(*LATER)
        await run.stored()
        reading = asyncio.create_task(run.restore())
        await asyncio.sleep(0)  # it has asked
        run.hear(range(320, 325), range(400, 500), range(510, 520))
        assert not reading.done()
        await reading
        assert run.open_holes() == [(150, 159), (200, 299), (325, 329), (500, 509)]
        bars = run.bars()["1s"]
        trades = int(bars.trades[bars.closed].sum())
        held = [*PAST, *LATER, range(320, 325), range(400, 500), range(510, 520)]
        ends = int(bars.times[bars.closed][-1]) + 10**9
        came = batch([each for part in held for each in part])
        assert trades == came.counts[came.ts_event < ends].sum()
        await run.end()
        assert neither(tmp_path, upto=520) == []
        assert rows_in_file(tmp_path) == len(Store(tmp_path).ticks(MARKET, SYMBOL))

    asyncio.run(scenario())


def test_a_crash_before_the_past_was_read_loses_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        await with_past(tmp_path)
        run = Run(tmp_path)
        with unreadable(tmp_path):
            await run.persistence.open()
            with pytest.raises(StorageError):
                await run.restore()
            run.hear(*LATER)
        await run.end()
        again = await restarted(tmp_path, range(400, 420))
        assert again.open_holes() == [(150, 159), (200, 299), (320, 329)]
        await again.end()
        assert neither(tmp_path, upto=420) == []

    asyncio.run(scenario())


def test_more_than_the_ring_holds_hides_no_gap(tmp_path: Path) -> None:
    """No bar was ever stored, so that nothing but the first trade heard tells where the gap is."""

    async def scenario() -> None:
        run = Run(tmp_path)
        await run.begin()
        run.state.apply(batch([100, 101]))
        run.persistence.keep(run.state, batch([100, 101]))
        await run.end()
        run = Run(tmp_path, ring=64)
        with unreadable(tmp_path):
            await run.persistence.open()
            with pytest.raises(StorageError):
                await run.restore()
            run.hear(range(300, 500))
        await run.stored()
        await run.restore()
        assert run.open_holes() == [(102, 299)]
        await run.end()
        assert neither(tmp_path, upto=500) == []

    asyncio.run(scenario())


def test_what_was_dropped_is_in_no_bar_twice_after_a_restart(tmp_path: Path) -> None:
    """Closed bars have the trades that the disk did not take: they are listed, and no hole has them put in again."""

    async def scenario() -> None:
        run = Run(tmp_path, room=30)
        await run.begin()
        run.hear(range(100, 120))
        await run.stored()
        with contextlib.closing(sqlite3.connect(tmp_path / JOURNAL_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # nobody else can write
            run.hear(range(120, 400))
        await run.stored()
        run.hear(range(400, 420))
        dropped = run.persistence.journal.unstored(MARKET, SYMBOL)
        assert dropped
        await run.end()
        assert neither(tmp_path, upto=420) == []
        again = await restarted(tmp_path)
        assert again.persistence.journal.unstored(MARKET, SYMBOL) == dropped
        assert again.open_holes() == []
        before = again.bars()
        lost = [each for ids in dropped for each in range(ids.first_id, ids.last_id + 1)]
        again.persistence.journal.append(MARKET, batch(lost))
        assert not again.state.apply(batch(lost)).any()
        await again.stored()
        same_bars(again.bars(), before)
        assert before["1m"].qualities[0] == Quality.GAP, (
            "a bar that was made of stored trades alone lacks some"
        )
        assert Quality.GAP not in before["1s"].qualities
        assert again.persistence.journal.unstored(MARKET, SYMBOL) == ()
        await again.end()
        assert rows_in_file(tmp_path) == len(Store(tmp_path).ticks(MARKET, SYMBOL)) == 320

    asyncio.run(scenario())


@pytest.mark.parametrize("ring", [RING, 32], ids=["in memory", "older than what is in memory"])
def test_what_was_filled_without_a_server_is_in_no_bar_twice(tmp_path: Path, ring: int) -> None:
    """A hole is listed; an offline back-fill or an import then stores some of its trades and rebuilds their bars."""

    async def scenario() -> None:
        run = Run(tmp_path)
        await run.begin()
        run.hear(range(100, 150), range(160, 700))
        await run.end()
        assert open_in_store(tmp_path) == [(150, 159)]
        history = History(tmp_path / HISTORY_NAME)
        intervals = [Interval.parse(name) for name in INTERVALS]
        importer = Importer(tmp_path, intervals=intervals, store=Store(tmp_path), history=history)
        importer.owe(MARKET, SYMBOL, {event_time(150) // DAY_NS})
        history.add_ticks(MARKET, SYMBOL, columns(range(150, 157)))
        importer.build_bars(Job("import", SYMBOL))

        run = Run(tmp_path, ring=ring)
        await run.begin()
        assert run.open_holes() == [(157, 159)]
        before = run.bars()
        assert not run.state.apply(batch(range(150, 157))).any()
        same_bars(run.bars(), before)
        run.hear(range(157, 160))
        await run.end()
        assert neither(tmp_path, upto=700) == []
        assert open_in_store(tmp_path) == []
        first_minute = Store(tmp_path).bars(MARKET, SYMBOL, "1m").trades[0]
        assert first_minute == batch(range(100, 240)).counts.sum()

    asyncio.run(scenario())
