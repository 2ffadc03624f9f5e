"""What is stored: how fast it is imported, committed and read back. Every figure includes the disk."""

import random
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from harness import Row, medians, publish
from quant.domain import Bars, Interval, Quality, TradeBatch
from quant.engine.importer import Importer
from quant.engine.jobs import Job
from quant.engine.protocol import ImportOptions
from quant.storage.history import History
from quant.storage.journal import Journal
from quant.storage.journal_reader import JournalReader
from quant.storage.records import StoredTicks
from quant.storage.store import HISTORY_NAME, Store

MARKET, SYMBOLS = "binance-um", [f"S{number}USDT" for number in range(30)]
START_NS = 1_704_067_200 * 10**9
DAY_NS, SECOND_NS = 86_400 * 10**9, 10**9
INTERVALS = [Interval.parse(name) for name in ("1s", "1m", "5m")]
LAG_RATE, LAG_SECONDS = 50_000, 5
IMPORT_ROWS, DAY_TICKS, RING = 1_000_000, 10_000_000, 10_000


def trades(n: int, *, first_id: int = 0, step_ns: int) -> StoredTicks:
    rng = np.random.default_rng(first_id)
    ids = np.arange(first_id, first_id + n)
    times = START_NS + ids * step_ns
    prices = 42_000 + np.cumsum(rng.integers(-3, 4, n)) / 10
    sizes, sells = rng.integers(1, 9999, n) / 1000, rng.integers(0, 2, n).astype(np.uint8)
    return StoredTicks(ids, times, times + 80_000_000, prices, sizes, sells, rng.integers(1, 4, n))


def write_archive(path: Path) -> None:
    rng = random.Random(1)
    step_ms = 86_400_000 // IMPORT_ROWS
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = (
            f"{at},{42_000 + rng.randrange(-5000, 5000) / 10},{rng.randrange(1, 9999) / 1000},{at},{at},"
            f"{START_NS // 10**6 + at * step_ms},{rng.choice(('true', 'false'))}\n"
            for at in range(IMPORT_ROWS)
        )
        archive.writestr(f"{path.stem}.csv", "".join(lines))


def import_once(path: Path) -> float:
    """Import as `quant import` does, the bars of 1s, 1m and 5m included; return rows a second."""
    with tempfile.TemporaryDirectory() as name:
        folder, job = Path(name), Job("import", path.name)
        history = History(folder / HISTORY_NAME)
        importer = Importer(folder, intervals=INTERVALS, store=Store(folder), history=history)
        began = time.perf_counter()
        importer.run(job, [path], ImportOptions(MARKET))
        took = time.perf_counter() - began
    (report,) = job.view().files
    assert (report.rows, report.missing, job.view().days_done) == (IMPORT_ROWS, 0, 1)
    return IMPORT_ROWS / took


def commit_lag_ms(path: Path) -> float:
    """Hand over 50,000 trades a second of 30 symbols; return the 99th percentile of the oldest waiting trade's age."""
    journal = Journal(path)
    journal.open()
    part = trades(LAG_RATE // 100, step_ns=1000)
    codes = (np.arange(len(part)) % len(SYMBOLS)).astype(np.int32)
    rest = (part.ts_event, part.ts_recv, part.prices, part.sizes, part.sells, part.counts)
    ages: list[float] = []
    began = time.perf_counter()
    for slot in range(LAG_SECONDS * 100):
        journal.append(MARKET, TradeBatch(tuple(SYMBOLS), codes, part.ids + slot * len(part), *rest))
        while time.perf_counter() - began < (slot + 1) / 100:
            time.sleep(0.002)
            ages.append(journal.status.lag_ms)
    assert journal.close()
    return float(np.percentile(ages, 99))


def fill_journal(path: Path) -> float:
    """Commit a day of trades in the sizes of a flush; return rows a second."""
    journal = Journal(path, max_pending_rows=DAY_TICKS)
    journal.open()
    codes = np.zeros(1000, np.int32)
    began = time.perf_counter()
    for first in range(0, DAY_TICKS, 1000):
        part = trades(1000, first_id=first, step_ns=DAY_NS // DAY_TICKS)
        columns = (part.ids, part.ts_event, part.ts_recv, part.prices, part.sizes, part.sells, part.counts)
        journal.append(MARKET, TradeBatch((SYMBOLS[0],), codes, *columns))
    assert journal.wait_committed(timeout_s=600)
    rate = DAY_TICKS / (time.perf_counter() - began)
    assert journal.close()
    return rate


def day_of_bars() -> Bars:
    times = np.arange(START_NS, START_NS + DAY_NS, SECOND_NS)
    n, rng = len(times), np.random.default_rng(2)
    closes = 42_000 + np.cumsum(rng.integers(-3, 4, n)) / 10
    volumes, counts = rng.integers(1, 9999, n) / 1000, rng.integers(0, 50, n)
    quality, closed = np.full(n, Quality.COMPLETE, np.uint8), np.ones(n, np.bool_)
    zero = np.zeros(n, np.int64)
    return Bars(
        times,
        closes,
        closes + 1,
        closes - 1,
        closes,
        volumes,
        volumes * closes,
        counts,
        quality,
        zero,
        closed,
        zero,
        zero - 1,
        quality * 0,
    )


def fill_history(folder: Path) -> None:
    """Lay down a day of ten million trades of 30 symbols, and of one symbol's second bars."""
    history = History(folder / HISTORY_NAME)
    each = DAY_TICKS // len(SYMBOLS)
    for symbol in SYMBOLS:
        history.add_ticks(MARKET, symbol, trades(each, step_ns=DAY_NS // each))
    history.add_bars(MARKET, SYMBOLS[0], "1s", day_of_bars())


def timed(work: Callable[[], int], *, check: int) -> float:
    began = time.perf_counter()
    rows = work()
    took = (time.perf_counter() - began) * 1000
    assert rows == check
    return took


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "BTCUSDT-aggTrades-2024-01-01.zip"
        write_archive(archive)
        rate = medians({"import": lambda: import_once(archive)})["import"]
        numbers = iter(range(100))
        lag = medians({"lag": lambda: commit_lag_ms(folder / f"lag-{next(numbers)}.sqlite")})["lag"]
        committed = fill_journal(folder / "full.sqlite")
        fill_history(folder)
        full, store = JournalReader(folder / "full.sqlite"), Store(folder)
        found = medians(
            {
                "journal": lambda: timed(lambda: len(full.ticks(MARKET, SYMBOLS[0])), check=DAY_TICKS),
                "bars": lambda: timed(
                    lambda: len(store.bars(MARKET, SYMBOLS[0], "1s", start=START_NS, end=START_NS + DAY_NS)),
                    check=86_400,
                ),
                "rings": lambda: timed(
                    lambda: sum(len(store.last_ticks(MARKET, symbol, n=RING)) for symbol in SYMBOLS),
                    check=RING * len(SYMBOLS),
                ),
            }
        )
    publish(
        Row(
            "import",
            "Import of aggTrades from zip to Parquet, bars built",
            f"{rate:,.0f} rows/s",
            "aim 1,000,000 rows/s",
        ),
        Row(
            "journal-lag",
            "Trades on the disk behind the wire, 50,000 a second of 30 symbols, 99th percentile",
            f"{lag:,.0f} ms",
            "wanted: 250 ms",
        ),
        Row("commit", "Journal, flushes of 1,000 trades", f"{committed:,.0f} rows/s committed", "one run"),
        Row(
            "journal",
            "Ten million ticks from journal to numpy",
            f"{found['journal']:,.0f} ms",
            "aim 2,000 ms",
        ),
        Row("bars", "A day of 1 s bars read back", f"{found['bars']:,.1f} ms", "aim 50 ms"),
        Row(
            "rings",
            "Last 10,000 ticks of 30 symbols, ten-million-tick day on disk",
            f"{found['rings']:,.0f} ms",
            "aim 2,000 ms",
        ),
    )


if __name__ == "__main__":
    main()
