"""kill -9 at random points: all that was reported as stored is there, and nothing is torn."""

import os
import random
import sqlite3
from pathlib import Path

import pytest

from journal_victims import PLANTED, ROWS, SYMBOL, drain, victim
from quant.storage.journal_reader import JournalReader
from stored_trades import MARKET, expect

QUICK_KILLS = 20
SOAK_KILLS = int(os.environ.get("QUANT_KILLS", "200"))
SEED = int(os.environ.get("QUANT_SEED", "20260801"))


def _kill_once(path: Path, rng: random.Random, *, first_append: int, bug: str | None = None) -> int:
    """Let a writer run for a random while, kill it, check from outside; return where the next one goes on."""
    with victim(path, first_append=first_append, bug=bug) as (process, reports):
        reported = first_append - 1
        for _ in range(rng.randrange(30)):  # after so many reports …
            reported = reports.recv()
        reports.poll(rng.random() * 0.003)  # … and at any instant of the next commit
        process.kill()
        process.join()
        reported = max(reported, drain(reports))
    reader = JournalReader(path)
    ticks = reader.ticks(MARKET, SYMBOL)
    appends, torn = divmod(len(ticks), ROWS)
    assert not torn, "a part of an append"
    assert appends >= reported + 1, f"reported up to {reported}, stored {appends - 1}"
    expect(ticks, range(appends * ROWS))  # nothing lost before, nothing twice, every column whole
    assert reader.check() == ()
    times = reader.bars(MARKET, SYMBOL, "1s").times.tolist()
    assert times[: reported + 1] == [number * 1000 for number in range(reported + 1)]
    return appends


def _kill_often(path: Path, kills: int, *, seed: int) -> None:
    rng = random.Random(seed)
    appends = 0
    for _ in range(kills):
        appends = _kill_once(path, rng, first_append=appends)
    assert appends > kills, "the writers must have got somewhere"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_nothing_reported_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    _kill_often(tmp_path / "journal.sqlite", QUICK_KILLS, seed=SEED)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_reported_is_lost_in_many_kills(tmp_path: Path) -> None:
    _kill_often(tmp_path / "journal.sqlite", SOAK_KILLS, seed=SEED + 1)


@pytest.mark.parametrize("bug", PLANTED)
def test_the_check_finds_planted_bugs(tmp_path: Path, bug: str) -> None:
    rng = random.Random(SEED)
    with pytest.raises(AssertionError, match=r"reported up to|a part of|=="):  # noqa: PT012  which kill finds it is chance
        for attempt in range(QUICK_KILLS):
            _kill_once(tmp_path / f"journal-{attempt}.sqlite", rng, first_append=0, bug=bug)
