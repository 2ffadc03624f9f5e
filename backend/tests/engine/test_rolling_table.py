"""The table that follows the market against a scan of the same closes from the beginning."""

import random

import numpy as np
import pytest

from quant.domain import FloatArray, Scale
from quant.engine.closes import Closes
from quant.engine.protocol import ScanView
from quant.engine.rolling_table import RollingTable
from quant.engine.scanning import scan_view, scan_within

WINDOW, SYMBOLS = 120, 5
MINUTE = 60 * 10**9


def walks(rows: int) -> FloatArray:
    generator = np.random.default_rng(8)
    logs = generator.standard_normal((rows, SYMBOLS)).cumsum(axis=0) * 1e-3
    logs[:, 1] = 1.3 * logs[:, 0] + generator.standard_normal(rows) * 1e-3
    return 100 * np.exp(logs)


def closes(prices: FloatArray, last: int, names: tuple[str, ...] = tuple("ABCDE")) -> Closes:
    rows = slice(last - WINDOW, last)
    qualities = np.where(np.isnan(prices[rows]), 4, 1)
    return Closes(names, np.arange(last - WINDOW, last) * MINUTE, prices[rows].copy(), qualities)


def view(of: Closes) -> ScanView:
    return scan_view(of, market="made", as_of=0, interval="1m", window=WINDOW, scale=Scale.LOG)


def check(followed: RollingTable, now: Closes) -> None:
    found, fresh = followed.scan(view(now), now).table, scan_within(view(now), now.prices).table
    assert found is not None
    assert fresh is not None
    assert followed.holds(now)
    for name in (
        "statistic",
        "p_value",
        "q_value",
        "beta",
        "zscore",
        "half_life",
        "correlation",
        "holdout_p",
    ):
        np.testing.assert_allclose(
            getattr(found, name), getattr(fresh, name), rtol=1e-8, atol=1e-9, err_msg=name
        )
    for name in ("status", "holdout", "lags"):
        assert (getattr(found, name) == getattr(fresh, name)).all(), name


@pytest.mark.parametrize("seed", range(2))
def test_it_follows_new_bars_gaps_and_revisions(seed: int) -> None:
    dice, prices, table = random.Random(seed), walks(400), RollingTable()
    last = WINDOW
    while last < 380:
        check(table, closes(prices, last))
        match dice.choice(("bar", "bar", "bars", "revision", "gap", "filled", "same")):
            case "bar":
                last += 1
            case "bars":
                last += dice.randrange(2, 60)
            case "revision":
                prices[last - dice.randrange(1, WINDOW), dice.randrange(SYMBOLS)] *= 1.001
            case "gap":
                prices[last - 1, dice.randrange(SYMBOLS)] = np.nan
            case "filled":
                prices[np.isnan(prices)] = 100.0
                last += 1


def test_a_symbol_that_comes_or_goes_is_another_table() -> None:
    prices, table = walks(200), RollingTable()
    check(table, closes(prices, 150))
    check(table, closes(prices[:, :4], 151, tuple("ABCD")))
    check(table, closes(prices, 152))


def test_without_enough_bars_there_is_a_reason_and_no_table() -> None:
    prices, table = walks(200), RollingTable()
    short = Closes(tuple("ABCDE"), np.arange(50) * MINUTE, prices[:50], np.ones((50, SYMBOLS), np.int64))
    found = table.scan(view(short), short)
    assert (found.status, found.have, found.need) == ("too_short", 50, WINDOW)
    assert found.table is None
    check(table, closes(prices, WINDOW))
