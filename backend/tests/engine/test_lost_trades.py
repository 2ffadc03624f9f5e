"""Trades that the journal had no room for while the disk refused: listed as holes, counted, and stored when it can."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from feed.servers import eventually
from quant.clock import SystemClock
from quant.engine import snapshots
from quant.engine.markets import LiveMarket
from quant.engine.persistence import Persistence
from quant.engine.reading import Reading
from quant.engine.running import RunningMarket
from quant.settings import Settings
from quant.simulator import SimConfig, running
from quant.storage.history_ledger import HISTORY_LEDGER_NAME, HistoryLedger
from quant.storage.id_ranges import IdRange, IdRanges

SPEED = 50.0
BTC = "BTCUSDT"
NAME = "sim-7-x50"
ROOM = 400
"""Rows that may wait in memory."""


class Storing:
    """A market that is run on a data directory which cannot be made yet."""

    def __init__(self, folder: Path, *, ring: int, ws_url: str, rest_url: str) -> None:
        self.data_dir = folder / "data"
        self.data_dir.write_text("a file where the folder should be")
        clock = SystemClock()
        self.persistence = Persistence(
            self.data_dir, clock=clock, tick_days=0, bar_days=0, max_pending_rows=ROOM
        )
        self.owed: set[tuple[str, str, int]] = set()
        market = LiveMarket(NAME, ws_url=ws_url, rest_url=rest_url, clock=clock, speed=SPEED, redundancy=1)
        self.running = RunningMarket(
            market,
            settings=Settings(data_dir=folder, source="binance", tick_buffer_size=ring),
            clock=clock,
            on_closed=lambda _: None,
            persistence=self.persistence,
            on_too_late=lambda name, symbol, days: self.owed.update((name, symbol, day) for day in days),
        )
        self.running.want([BTC])
        self._reading = Reading(self.persistence.store, HistoryLedger(folder / HISTORY_LEDGER_NAME))

    @property
    def dropped(self) -> int:
        return self.persistence.journal.status.dropped_rows

    @property
    def gaps_open(self) -> int:
        return snapshots.symbol_view(self.running, BTC).gaps_open

    async def open_gaps(self) -> list[IdRange]:
        found = await self._reading.gaps(self.running, BTC, start=None, end=None)
        return [IdRange(gap.first_id, gap.last_id) for gap in found if gap.state == "open"]

    def lend_the_disk(self) -> None:
        self.data_dir.unlink()


def beside(folder: Path, scenario: Callable[[Storing], Awaitable[None]], *, ring: int) -> None:
    """Run `scenario` beside the market that cannot store."""

    async def run() -> None:
        async with asyncio.timeout(100), running(SimConfig(speed=SPEED)) as exchange:
            storing = Storing(folder, ring=ring, ws_url=exchange.ws_url, rest_url=exchange.rest_url)
            await storing.persistence.open()
            task = asyncio.create_task(storing.running.run())
            try:
                await scenario(storing)
                assert not task.done()
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await storing.persistence.close()
            chunks = storing.persistence.store.journal.tick_chunks(NAME, BTC)
            stored = len(storing.persistence.store.ticks(NAME, BTC))
            assert sum(chunk.rows for chunk in chunks) == stored, "a trade was stored twice"

    asyncio.run(run())


@pytest.mark.parametrize("ring", [100_000, 1000], ids=["the ring holds them", "the exchange has them"])
def test_what_was_dropped_is_listed_and_stored_without_a_restart(tmp_path: Path, ring: int) -> None:
    async def scenario(storing: Storing) -> None:
        await eventually(lambda: storing.dropped >= 2500, what="trades are dropped")
        assert storing.gaps_open > 0
        listed = IdRanges(await storing.open_gaps())
        assert listed.count >= 2500
        assert storing.running.state.open_holes(BTC) == ()  # memory has them all
        storing.lend_the_disk()
        await eventually(
            lambda: storing.persistence.journal.committed_ids(NAME, BTC) and not storing.gaps_open,
            what="all is stored",
        )
        assert await storing.open_gaps() == []
        store = storing.persistence.store
        ids = store.ticks(NAME, BTC).ids.tolist()
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        assert ids[0] < listed.ranges[0].first_id
        assert ids[-1] > listed.ranges[-1].last_id
        bars = storing.running.state.bars(BTC, "1s", limit=10)
        assert {(NAME, BTC, int(bars.times[0]) // (86_400 * 10**9))} <= storing.owed

    beside(tmp_path, scenario, ring=ring)
