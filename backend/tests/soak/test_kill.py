"""kill -9 of the whole platform at random points: what it reported as stored is there, whole, and it goes on."""

import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quant.simulator import FaultPlan, SimConfig
from quant.storage.id_ranges import IdRanges, runs
from quant.storage.store import JOURNAL_NAME, Store
from soak import accounting
from soak.exchange_side import Addresses, ExchangeSide
from soak.platform_side import Committed, Platform, PlatformSide
from soak.record import Record
from soak.spec import FIRST_START_S
from soak.workers import Worker

QUICK_KILLS = 5
SOAK_KILLS = 200
SEED = 20260801
SPEED = 20.0  # some 1,300 trades a second: a busy machine, too, fills holes faster than they come
MARKET = "sim-soak"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "KSMUSDT")
SYNCHRONOUS_FULL = 2
CATCH_UP_S = 60.0

FAULTS = FaultPlan.parse(
    b'{"seed": 3, "faults": [{"kind": "drop", "start_s": 0, "probability": 0.005, "together": 1},'
    b' {"kind": "reorder", "start_s": 0, "probability": 0.01}]}'
)
"""A few holes all the time, so that kills also fall into back-fills."""


@dataclass
class Reported:
    """What victims said is on disk, by symbol."""

    ids: dict[str, IdRanges] = field(default_factory=dict)
    commits: int = 0
    synchronous: set[int] = field(default_factory=set)

    def take(self, committed: Committed) -> None:
        self.commits += 1
        self.synchronous.add(committed.synchronous)
        for symbol, ranges in committed.ids.items():
            held = self.ids.setdefault(symbol, IdRanges())
            for ids in ranges:
                held.add(*ids)


class Victims:
    """One platform after the other on one data directory, at an exchange that stays."""

    def __init__(self, platform: Platform, *, seed: int, planted: str | None) -> None:
        self.reported = Reported()
        self._platform = platform
        self._planted = planted
        self._dice = random.Random(seed)

    def kill_one(self) -> None:
        """Let a platform run for a random while and kill it; then hold the file against what it reported."""
        with Worker("platform", PlatformSide, self._planted, True) as victim:
            victim.send("open", self._platform)
            for _ in range(
                self._dice.choice((0, 0, 1, 2, self._dice.randrange(12)))
            ):  # after so many commits …
                self.reported.take(victim.reports.recv())
            victim.reports.poll(self._dice.random() * 0.15)  # … and at any instant until the next
            victim.kill()
            with_the_rest(victim, self.reported)
        self.check()

    def check(self) -> None:
        store = Store(self._platform.data_dir)
        assert store.journal.check() == ()
        for symbol, reported in self.reported.ids.items():
            stored = accounting.read_stored(store, MARKET, symbol)
            lost = IdRanges(reported.ranges)
            for ids in runs(stored.ticks.ids):
                lost.remove(*ids)
            assert not lost, f"{symbol}: reported as stored and not there: {lost.ranges[:5]}"
            assert stored.rows == len(stored.ticks), (
                f"{symbol}: {stored.rows} rows for {len(stored.ticks)} ids"
            )


def with_the_rest(victim: Worker, reported: Reported) -> None:
    """Take what was reported before the end."""
    try:
        while True:
            reported.take(victim.reports.recv())
    except EOFError:
        return


@contextmanager
def exchange() -> Iterator[tuple[Addresses, Record]]:
    with Worker("exchange", ExchangeSide) as worker:
        config = SimConfig(seed=1, speed=SPEED, start_ns=FIRST_START_S * 10**9, faults=FAULTS)
        addresses: Addresses = worker.ask("start", config)
        worker.ask("let_go")
        with Record(addresses.rest, origin_ms=addresses.origin_ms) as record:
            yield addresses, record


def kill_often(folder: Path, kills: int, *, planted: str | None = None) -> Counter[str]:
    """Kill so often, then let one platform catch up and check every id; return what there was of it."""
    with exchange() as (addresses, record):
        platform = Platform(folder / "data", addresses.ws, addresses.rest, MARKET, SPEED, SYMBOLS, 2)
        victims = Victims(platform, seed=SEED + kills, planted=planted)
        for _ in range(kills):
            victims.kill_one()
        with Worker("platform", PlatformSide, planted, False) as last:
            last.ask("open", platform)
            issued = {symbol: record.issued(symbol) for symbol in SYMBOLS}
            behind = last.ask(
                "caught_up", {symbol: ids.last_given for symbol, ids in issued.items()}, CATCH_UP_S
            )
            assert behind == {}
            last.ask("close")
        victims.check()
        figures = Counter(commits=victims.reported.commits)
        store = Store(platform.data_dir)
        for symbol in SYMBOLS:
            stored = accounting.read_stored(store, MARKET, symbol)
            ids = record.issued(symbol)
            trades = record.trades(symbol, first=int(stored.ticks.ids[0]), stop=ids.stop)
            until = issued[symbol].last_given + 1
            assert list(accounting.violations(stored, ids, trades, until=until, lies=False)) == []
            figures.update(stored=len(stored.ticks), holes=len(stored.holes))
        assert victims.reported.synchronous == {SYNCHRONOUS_FULL}
        with sqlite3.connect(platform.data_dir / JOURNAL_NAME) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
    return figures


def test_nothing_that_was_stored_is_lost_when_the_platform_is_killed(tmp_path: Path) -> None:
    figures = kill_often(tmp_path, QUICK_KILLS)
    assert figures["commits"] > 0
    assert figures["stored"] > 100


@pytest.mark.soak
def test_nothing_that_was_stored_is_lost_in_many_kills(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = kill_often(tmp_path, SOAK_KILLS)
    with capsys.disabled():
        sys.stdout.write(f"\n{SOAK_KILLS} kills: {dict(figures)}\n")
    assert figures["commits"] > SOAK_KILLS
