"""Bars of past days from stored trades, against bars computed one trade after another in decimal arithmetic."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from archives import DAY_MS, MARCH_MS, day_of_trades
from quant.domain import Bars, Interval, Quality
from quant.engine.bar_building import build_owed, owed_days, with_neighbours
from quant.storage.history import History
from quant.storage.history_ledger import HistoryLedger
from quant.storage.records import StoredHole, StoredTicks
from quant.storage.store import HISTORY_NAME, Store
from recorded import Bar, Trade, bars_of

MARKET, SYMBOL = "binance-um", "BTCUSDT"
DAY = MARCH_MS // DAY_MS
INTERVALS = [Interval.parse(name) for name in ("1s", "1m", "5m")]


def stored(trades: Iterable[Trade]) -> StoredTicks:
    rows = sorted(trades, key=lambda trade: trade.id)
    times = np.array([trade.time_ms * 10**6 for trade in rows], np.int64)
    return StoredTicks(
        np.array([trade.id for trade in rows], np.int64),
        times,
        times,
        np.array([float(trade.price) for trade in rows]),
        np.array([float(trade.size) for trade in rows]),
        np.array([trade.sold for trade in rows], np.uint8),
        np.array([trade.count for trade in rows], np.int64),
    )


class Folder:
    """A data directory to which trades are added and whose owed bars are built."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.history = History(path / HISTORY_NAME)
        self.ledger = HistoryLedger(path / "history.sqlite")

    def add(self, trades: Sequence[Trade]) -> None:
        days = {trade.time_ms // DAY_MS for trade in trades}
        self.ledger.owe(with_neighbours(MARKET, SYMBOL, days))
        self.history.add_ticks(MARKET, SYMBOL, stored(trades))

    def build(self) -> list[int]:
        days = owed_days(self.store, self.ledger)
        return [
            built.day
            for built in build_owed(self.store, self.history, self.ledger, days=days, intervals=INTERVALS)
        ]

    def bars(self, interval: str) -> Bars:
        return self.store.bars(MARKET, SYMBOL, interval)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def day(n: int = 0, *, seed: int = 1, first_id: int = 1_000, every_ms: int = 7_000) -> list[Trade]:
    return day_of_trades(seed=seed, day_ms=MARCH_MS + n * DAY_MS, every_ms=every_ms, first_id=first_id)


def expect(bars: Bars, truth: dict[int, Bar]) -> None:
    """Assert that the bars are those of the slow way, bit for bit."""
    assert bars.times.tolist() == [at * 10**6 for at in truth]
    for name, field in (("opens", "open"), ("highs", "high"), ("lows", "low"), ("closes", "close")):
        assert getattr(bars, name).tolist() == [float(getattr(bar, field)) for bar in truth.values()]
    assert bars.volumes.tolist() == [float(bar.volume) for bar in truth.values()]
    assert bars.quote_volumes.tolist() == [float(bar.quote_volume) for bar in truth.values()]
    assert bars.trades.tolist() == [bar.trades for bar in truth.values()]
    assert [Quality(each).label for each in bars.qualities.tolist()] == [
        bar.quality for bar in truth.values()
    ]


@pytest.mark.parametrize("interval", ["1s", "1m", "5m"])
def test_a_day_alone_is_whole_but_for_its_ends(folder: Folder, interval: str) -> None:
    trades = day()
    folder.add(trades)
    assert folder.build() == [DAY]
    last_ms = max(trade.time_ms for trade in trades)
    truth = bars_of(trades, interval, until_ms=last_ms)
    truth[max(truth)].quality = "partial"  # nobody knows whether more followed
    expect(folder.bars(interval), truth)
    assert folder.bars(interval).closed.all()
    assert folder.build() == []


@pytest.mark.parametrize("interval", ["1s", "5m"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_days_join_without_a_seam(folder: Folder, interval: str, order: tuple[int, int]) -> None:
    first = day()
    days = [first, day(1, seed=2, first_id=first[-1].id + 1)]
    for number in order:
        folder.add(days[number])
        folder.build()
    trades = days[0] + days[1]
    truth = bars_of(trades, interval, until_ms=max(trade.time_ms for trade in trades))
    truth[max(truth)].quality = "partial"
    expect(folder.bars(interval), truth)


def test_bars_that_lack_trades_are_gaps_until_these_come(folder: Folder) -> None:
    trades = day()
    lost = trades[3_000:3_020]
    folder.add(trades[:3_000] + trades[3_020:])
    folder.build()
    before_ms, after_ms = trades[2_999].time_ms, trades[3_020].time_ms
    truth = bars_of(trades, "1m", until_ms=trades[-1].time_ms)
    held = folder.bars("1m")
    torn = {at for at in truth if before_ms // 60_000 * 60_000 <= at <= after_ms}
    assert len(torn) > 1
    assert {at // 10**6 for at in held.times[held.qualities == Quality.GAP].tolist()} == torn
    (hole,) = folder.ledger.holes(MARKET, SYMBOL)
    ids = (lost[0].id, lost[-1].id)
    assert hole == StoredHole(*ids, before_ms * 10**6, after_ms * 10**6, "open")
    whole = [at for at in truth if at not in torn][1:-1]
    assert held.revisions[np.isin(held.times, [at * 10**6 for at in whole])].max() == 0

    folder.add(lost)
    folder.build()
    truth[max(truth)].quality = "partial"
    healed = folder.bars("1m")
    expect(healed, truth)
    assert {at // 10**6 for at in healed.times[healed.revisions > 0].tolist()} == torn
    assert folder.ledger.holes(MARKET, SYMBOL) == ()


def test_days_apart_have_a_hole_between_that_both_show(folder: Folder) -> None:
    first = day()
    later = day(4, seed=2, first_id=first[-1].id + 1_000)
    folder.add(first)
    folder.add(later)
    assert folder.build() == [DAY, DAY + 4]
    hours = (first[-1].time_ms, later[0].time_ms)
    bars = folder.bars("1m")
    gaps = bars.times[bars.qualities == Quality.GAP] // 10**6
    opened = [at - at % 60_000 for at in hours]
    assert gaps.tolist() == [
        *range(opened[0], MARCH_MS + DAY_MS, 60_000),
        *range(MARCH_MS + 4 * DAY_MS, opened[1] + 1, 60_000),
    ]
    (hole,) = folder.ledger.holes(MARKET, SYMBOL)
    assert (hole.first_id, hole.last_id) == (first[-1].id + 1, later[0].id - 1)
    assert folder.ledger.holes(MARKET, SYMBOL, end_ns=MARCH_MS * 10**6) == ()


def test_whole_bars_outlive_the_trades_they_were_made_of(folder: Folder) -> None:
    trades = day(every_ms=20_000)
    folder.add(trades)
    folder.build()
    made = folder.bars("1m")
    folder.history.retire(ticks_before_ns=(MARCH_MS + DAY_MS // 2) * 10**6)
    folder.add(trades[-3:])
    assert folder.build() == [DAY]
    kept = folder.bars("1m")
    assert kept.times.tolist() == made.times.tolist()
    assert kept.closes.tolist() == made.closes.tolist()
    assert kept.qualities.tolist() == made.qualities.tolist()


def test_bars_of_the_exchange_yield_to_whole_ones(folder: Folder) -> None:
    trades = day()
    folder.add(trades)
    folder.build()
    made = folder.bars("5m")
    fields = {name: getattr(made, name) for name in Bars.__dataclass_fields__}
    kline = Bars(
        **fields | {"qualities": np.full(len(made), Quality.KLINE, np.uint8), "closes": made.closes + 1}
    )
    folder.history.add_bars(MARKET, SYMBOL, "5m", kline)
    folder.add(trades[:1])
    folder.build()
    held = folder.bars("5m")
    assert np.flatnonzero(held.qualities == Quality.KLINE).tolist() == [
        0,
        len(held) - 1,
    ]  # ours were partial there
