"""Importing with a full disk: what was not stored is said of each file, and the others are stored."""

import random
from decimal import Decimal
from pathlib import Path

from archives import MARCH_MS, write_agg_trades
from full_disk import NEEDS_FULL_DEVICE, fill_for
from quant.domain import Interval
from quant.engine.importer import Importer
from quant.engine.jobs import Job
from quant.engine.protocol import ImportOptions
from quant.storage.history import History
from quant.storage.history_paths import HOUR_NS, hour_file, tick_folder
from quant.storage.store import HISTORY_NAME, Store
from recorded import Trade

HOUR_MS = 3_600_000


def _hour(path: Path, *, symbol: str, number: int) -> Path:
    dice = random.Random(number)
    trades = [
        Trade(
            symbol,
            number * 1000 + at,
            MARCH_MS + number * HOUR_MS + at * 1000,
            Decimal(dice.randrange(100, 200)),
            Decimal(1),
            dice.random() < 0.5,
            1,
        )
        for at in range(1000)
    ]
    return write_agg_trades(path / f"{symbol}-aggTrades-2025-03-0{number + 1}.zip", trades)


@NEEDS_FULL_DEVICE
def test_a_full_disk_is_told_of_the_file_it_stopped_and_of_no_other(tmp_path: Path) -> None:
    files = [_hour(tmp_path, symbol="BTCUSDT", number=number) for number in range(2)]
    data = tmp_path / "data"
    store = Store(data)
    importer = Importer(
        data, intervals=[Interval.parse("1m")], store=store, history=History(data / HISTORY_NAME)
    )
    folder = tick_folder(data / HISTORY_NAME, "binance-um", "BTCUSDT")
    full = hour_file(folder, MARCH_MS * 10**6 // HOUR_NS)
    fill_for(full)
    job = Job("import", "test")
    importer.run(job, files, ImportOptions())
    (said,) = job.view().errors
    assert said.startswith(f"{full} cannot be written: ")
    assert "No space left" in said
    assert store.ticks("binance-um", "BTCUSDT").ids.tolist() == list(range(1000, 2000))
    again = Job("import", "there is room again")
    importer.run(again, files, ImportOptions())
    assert again.view().errors == ()
    assert store.ticks("binance-um", "BTCUSDT").ids.tolist() == list(range(2000))
