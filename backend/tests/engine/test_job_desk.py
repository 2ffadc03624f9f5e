"""Bars of late trades: built once they have come, also where the disk refuses meanwhile."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from feed.servers import eventually
from quant.domain import Interval
from quant.engine import job_desk as module
from quant.engine.importer import Importer
from quant.engine.job_desk import JobDesk
from quant.storage.history import History
from quant.storage.history_ledger import HISTORY_LEDGER_NAME, HistoryLedger
from quant.storage.history_paths import DAY_NS
from quant.storage.store import HISTORY_NAME, Store
from stored_trades import MARKET, columns, event_time

SYMBOL = "BTCUSDT"
MINUTE = Interval.parse("1m")


def test_days_of_late_trades_wait_for_a_disk_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LATE_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    store, history = Store(tmp_path), History(tmp_path / HISTORY_NAME)
    history.add_ticks(MARKET, SYMBOL, columns(range(1000)))
    in_the_way = tmp_path / HISTORY_LEDGER_NAME

    async def run() -> None:
        desk = JobDesk(tmp_path, Importer(tmp_path, intervals=[MINUTE], store=store, history=history))
        in_the_way.mkdir()
        with capture_logs() as said:
            desk.trades_came_late(MARKET, SYMBOL, {event_time(0) // DAY_NS})
            await eventually(
                lambda: "job.days_not_noted" in {each["event"] for each in said}, what="it is told"
            )
            in_the_way.rmdir()
            await eventually(lambda: len(store.bars(MARKET, SYMBOL, "1m")) > 0, what="the bars")
        await desk.close()

    asyncio.run(run())
    assert HistoryLedger(in_the_way).owed() == ()
