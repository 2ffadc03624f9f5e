"""All pairs at once against the tests of single pairs, statsmodels, and the definitions."""

import math
import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.tsa.stattools import coint

from analytics.universes import assert_agrees, factor_universe, null_walks
from quant.analytics import engle_granger, scan_pairs
from quant.errors import InvalidParameter

STATUSES = {"ok", "near_perfect", "too_short", "missing", "stale", "zero_variance", "duplicate", "singular"}


@pytest.mark.parametrize("n", [30, 61, 300, 1441])
@pytest.mark.parametrize("tail", [None, 3])
def test_equals_the_single_pair_tests(n, tail):
    levels = factor_universe(np.random.default_rng(n), n, 12, tail=tail)
    prices = np.exp(levels)
    for rule in ({}, {"autolag": "bic"}, {"autolag": None, "max_lag": 2}, {"max_lag": 0}):
        table = scan_pairs(prices, **rule)
        assert_agrees(table, np.log(prices), prices, **rule)
        assert table.pairs_tested == len(table) == 66


def test_panels_hold_every_pair_once():
    """More symbols than one block of columns has."""
    rng = np.random.default_rng(1)
    prices = np.exp(factor_universe(rng, 120, 150))
    table = scan_pairs(prices)
    assert np.array_equal(np.column_stack([table.i, table.j]), np.column_stack(np.triu_indices(150, 1)))
    assert_agrees(table, np.log(prices), prices, rng.choice(len(table), 300, replace=False))


def test_levels_of_any_size():
    rng = np.random.default_rng(2)
    levels = 100 + 50 * factor_universe(rng, 200, 8)
    for by in (1e-8, 1.0, 1e8):
        prices = levels * by * np.array([1.0, 1e9, 1.0, 1e-6, 1.0, 3.0, 7.0, 1.0])
        assert_agrees(scan_pairs(prices, scale="level"), prices, prices)


def test_a_high_level_with_little_movement():
    prices = 1e8 + 100 * factor_universe(np.random.default_rng(3), 200, 6)
    assert_agrees(scan_pairs(prices, scale="level"), prices, prices)


@pytest.mark.parametrize("row", [0, 3, 150, 280, 298, 299])
@pytest.mark.parametrize("by", [1.05, 10.0, 1e8])
def test_a_bad_tick_anywhere(row, by):
    prices = np.exp(factor_universe(np.random.default_rng(4), 300, 5))
    prices[row, 2] *= by
    for scale in ("log", "level"):
        levels = np.log(prices) if scale == "log" else prices
        assert_agrees(scan_pairs(prices, scale=scale), levels, prices)


@pytest.mark.parametrize("noise", [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8])
def test_ever_closer_legs(noise):
    rng = np.random.default_rng(5)
    base = factor_universe(rng, 300, 3)
    levels = np.column_stack([base, base + noise * rng.standard_normal(base.shape)])
    prices = np.exp(levels)
    table = scan_pairs(prices)
    assert_agrees(table, np.log(prices), prices)
    if noise <= 1e-6:
        assert {table.status[2], table.status[7], table.status[11]} <= {"near_perfect"}


def test_equals_statsmodels():
    prices = np.exp(factor_universe(np.random.default_rng(6), 400, 7, tail=4))
    table, levels = scan_pairs(prices), np.log(prices)
    for row in range(len(table)):
        statistic, p, _ = coint(levels[:, table.i[row]], levels[:, table.j[row]], autolag="aic")
        assert table.statistic[row] == pytest.approx(statistic, abs=1e-9 * max(1, abs(statistic)))
        assert table.p_yx[row] == pytest.approx(p, abs=1e-9)


def test_real_minutes(shared_data):
    files = sorted((shared_data / "typhonun_um_1m").glob("*-1m-futures.feather"))[:8]
    prices = np.column_stack(
        [pl.read_ipc(file, columns=["close"])["close"].to_numpy()[:2880] for file in files]
    )
    for scale in ("log", "level"):
        table = scan_pairs(prices, scale=scale, window=1440)
        last = prices[-1440:]
        assert_agrees(table, np.log(last) if scale == "log" else last, last)


def test_the_score_of_the_last_bar_is_on_the_bars_before_it():
    levels = factor_universe(np.random.default_rng(7), 150, 6)
    table = scan_pairs(np.exp(levels))
    for row in range(len(table)):
        y, x = levels[:, table.i[row]], levels[:, table.j[row]]
        slope, constant = np.polyfit(x[:-1], y[:-1], 1)
        sd = np.std(y[:-1] - constant - slope * x[:-1], ddof=1)
        assert table.zscore[row] == pytest.approx((y[-1] - constant - slope * x[-1]) / sd, rel=1e-7)


def test_only_the_window_counts():
    """Neither what came before it nor what a longer table would show."""
    prices = np.exp(factor_universe(np.random.default_rng(8), 400, 5))
    table, alone = scan_pairs(prices, window=120), scan_pairs(prices[-120:])
    assert np.array_equal(table.statistic, alone.statistic)
    assert table.n == alone.n == 120
    prices[:280] = np.nan
    assert np.array_equal(table.zscore, scan_pairs(prices, window=120).zscore)


def degenerate(rng, n=200):
    """Return prices with a hole, a constant, a copy, a scaled copy, a negative price, and four good columns."""
    good = np.exp(factor_universe(rng, n, 5))
    hole, negative = good[:, 0].copy(), good[:, 1].copy()
    hole[n // 2], negative[3] = np.nan, -1.0
    return np.column_stack([good, hole, np.full(n, 5.0), good[:, 0], good[:, 1] * 2.0, negative])


@pytest.mark.parametrize("scale", ["log", "level"])
def test_a_bad_column_costs_its_own_pairs_only(scale):
    prices = degenerate(np.random.default_rng(9))
    table, good = scan_pairs(prices, scale=scale), scan_pairs(prices[:, :5], scale=scale)
    levels = np.log(np.where(prices > 0, prices, np.nan)) if scale == "log" else prices
    assert_agrees(table, levels, prices)
    clean = table.j < 5
    assert np.allclose(table.statistic[clean], good.statistic, rtol=0, atol=1e-12)
    words = dict(zip(zip(table.i.tolist(), table.j.tolist(), strict=True), table.status, strict=True))
    assert words[0, 5] == words[5, 6] == "missing"
    assert words[0, 6] == "zero_variance"
    assert words[0, 7] == words[1, 8] == "duplicate"
    assert words[0, 9] == ("missing" if scale == "log" else "ok")
    untested = ~table.usable
    for column in (table.p_value, table.q_value, table.p_calibrated):
        assert np.isnan(column[untested]).all()
        assert ((column[~untested] > 0) & (column[~untested] <= 1)).all()
    assert (np.where(untested, table.reason, "why") != "").all()
    assert table.pairs_tested == np.sum(~untested)


def test_too_few_bars_say_so():
    table = scan_pairs(np.exp(factor_universe(np.random.default_rng(10), 29, 4)))
    assert set(table.status) == {"too_short"}
    assert (table.pairs_tested, table.expected_false, table.need) == (0, 0.0, 30)
    assert table.reason[0] == "a cointegration test needs 30 bars, there are 29"
    assert np.isnan(table.p_value).all()


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (100, 0), (100, 1), (1, 5)])
def test_shapes_without_a_pair_or_a_bar(shape):
    table = scan_pairs(np.ones(shape))
    assert len(table) == shape[1] * (shape[1] - 1) // 2
    assert table.pairs_tested == 0


def test_multiplicity_is_told():
    table = scan_pairs(np.exp(null_walks(np.random.default_rng(11), 120, 30)), level=0.1)
    assert table.pairs_tested == 435
    assert table.expected_false == pytest.approx(43.5)
    assert table.found == np.sum(table.p_value < 0.1)
    assert np.allclose(table.q_value, false_discovery_control(table.p_value, method="by"), rtol=1e-12)


def test_progress_is_told_and_can_end_the_scan():
    prices = np.exp(factor_universe(np.random.default_rng(12), 60, 140))
    told = []
    scan_pairs(prices, progress=lambda done, of: told.append((done, of)))
    done = [each for each, _ in told]
    assert len(told) > 3
    assert done == sorted(done)
    assert told[-1] == (9730, 9730)

    def enough(done, of):
        if done > of / 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        scan_pairs(prices, progress=enough)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"prices": [1.0, 2.0]}, "prices"),
        ({"scale": "ratio"}, "scale"),
        ({"window": 101}, "window"),
        ({"window": 0}, "window"),
        ({"max_lag": -1}, "max_lag"),
        ({"max_lag": 60}, "max_lag"),
        ({"autolag": "hqic"}, "autolag"),
        ({"level": 1.5}, "level"),
    ],
)
def test_bad_input_is_named(arguments, named):
    prices = np.exp(factor_universe(np.random.default_rng(13), 100, 3))
    with pytest.raises(InvalidParameter, match=f"^{named}: "):
        scan_pairs(**{"prices": prices, **arguments})


def test_the_table_tells_its_rule():
    table = scan_pairs(np.exp(factor_universe(np.random.default_rng(14), 100, 3)), max_lag=4, autolag="bic")
    assert (table.n, table.max_lag, table.autolag, table.scale) == (100, 4, "bic", "log")
    assert table.null.startswith("the legs are not cointegrated")
    assert set(table.holdout) == {"not_tried"}


@given(st.data())
def test_anything_gives_probabilities_or_statuses(data):
    n, symbols = data.draw(st.integers(28, 50)), data.draw(st.integers(2, 5))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    prices = np.exp(0.01 * rng.standard_normal((n, symbols)).cumsum(axis=0))
    prices *= 10.0 ** np.array(data.draw(st.lists(st.integers(-60, 60), min_size=symbols, max_size=symbols)))
    for column in range(symbols):
        match data.draw(
            st.sampled_from(["walk", "walk", "hole", "constant", "copy", "line", "power", "steps", "huge"])
        ):
            case "hole":
                rows = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=3))
                prices[rows, column] = data.draw(st.sampled_from([math.nan, math.inf, -1.0, 0.0]))
            case "constant":
                prices[:, column] = data.draw(st.sampled_from([0.1, 1.0, 1e9]))
            case "copy":
                prices[:, column] = prices[:, 0] * data.draw(st.sampled_from([1.0, 3.0, 1e-7]))
            case "line":
                prices[:, column] = 1.0 + np.arange(n)
            case "power":
                prices[:, column] = 1.001 ** np.arange(n)
            case "steps":
                prices[:, column] = 100.0 + np.round(rng.standard_normal(n))
            case "huge":
                prices[data.draw(st.integers(0, n - 1)), column] *= 1e30
    scale = data.draw(st.sampled_from(["log", "level"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = scan_pairs(prices, scale=scale)
    assert set(table.status) <= STATUSES
    tested = table.usable
    assert np.array_equal(tested, np.isin(table.status, ["ok", "near_perfect"]))
    for p in (table.p_value, table.q_value, table.p_yx, table.p_xy):
        assert ((p[tested] > 0) & (p[tested] <= 1)).all()
    for column in (
        table.alpha,
        table.beta,
        table.statistic,
        table.zscore,
        table.half_life,
        table.correlation,
    ):
        assert not np.isinf(column).any()
    assert np.isfinite(table.statistic[tested]).all()
    levels = prices if scale == "level" else np.log(np.where(prices > 0, prices, np.nan))
    for row in np.flatnonzero(tested):
        y, x = levels[:, table.i[row]], levels[:, table.j[row]]
        single = engle_granger(y, x)
        assert table.statistic[row] == pytest.approx(single.statistic, rel=1e-9, abs=1e-9)
        assert table.lags[row] == single.lags
