"""Universes of prices, (bars, symbols), and the oracle of a pair of them: the tests of single pairs."""

import math
from typing import NamedTuple

import numpy as np

from analytics.walks import ar1, cointegrated
from quant.analytics import engle_granger_both, half_life, rolling_correlation, zscore


def factor_universe(rng, n, symbols, *, tail=None, factors=3):
    """Return log prices of symbols that share factors; every third one's own part reverts."""

    def noise(*shape):
        return rng.standard_normal(shape) if tail is None else rng.standard_t(tail, shape)

    common = 0.01 * noise(factors, n).cumsum(axis=1)
    loads = 0.5 * rng.standard_normal((symbols, factors)) + np.eye(1, factors)
    own = 0.004 * noise(symbols, n).cumsum(axis=1)
    own[::3] = [ar1(rng, n, half_life=4 + k, sd=0.01) for k in range(len(own[::3]))]
    return (4.0 + loads @ common + own).T


def null_walks(rng, n, symbols, *, tail=None):
    """Return log prices of independent walks."""
    steps = rng.standard_normal((n, symbols)) if tail is None else rng.standard_t(tail, (n, symbols))
    return 4.0 + 0.01 * steps.cumsum(axis=0)


def cointegrated_pairs(rng, n, pairs, *, half_life):
    """Return log prices, columns 2k and 2k + 1 a cointegrated pair."""
    legs = [cointegrated(rng, n, half_life=half_life, start=4.0, sd=0.2) for _ in range(pairs)]
    return 0.01 * np.column_stack([leg for pair in legs for leg in pair])


class Expected(NamedTuple):
    """A pair by the tests of single pairs."""

    test: object
    zscore: float
    half_life: object
    correlation: float


def expected(levels, prices, i, j, **rule):
    """Return what the single-pair functions say of columns i and j."""
    y, x = levels[:, i], levels[:, j]
    test = engle_granger_both(y, x, **rule)
    score = zscore(y, x, window=len(y) - 1)[-1]
    correlation = rolling_correlation(prices[:, i], prices[:, j], window=len(y) - 1)[-1]
    life = half_life((y - y[0]) - test.y_on_x.beta * (x - x[0]), estimated=True)
    return Expected(test, score, life, correlation)


def near(found, truth, tolerance=1e-9):
    """Return whether two numbers agree to 1e-9 of the larger of 1 and the truth, absent ones alike."""
    if math.isnan(found) or math.isnan(truth):
        return math.isnan(found) and math.isnan(truth)
    return abs(found - truth) <= tolerance * max(1.0, abs(truth))


def assert_agrees(table, levels, prices, rows=None, **rule):
    """Assert that rows of a table are what single-pair functions say."""
    for row in range(len(table)) if rows is None else rows:
        i, j = int(table.i[row]), int(table.j[row])
        truth = expected(levels, prices, i, j, **rule)
        where = f"pair {i}, {j}"
        assert table.status[row] == truth.test.status, where
        for statistic, lags, p, each in (
            (table.statistic, table.lags, table.p_yx, truth.test.y_on_x),
            (table.statistic_xy, table.lags_xy, table.p_xy, truth.test.x_on_y),
        ):
            assert near(statistic[row], each.statistic), where
            assert lags[row] == (each.lags if each.status.usable else -1), where
            assert near(p[row], each.p_value), where
        assert near(table.p_value[row], truth.test.p_value), where
        if not math.isnan(table.p_value[row]):
            assert table.p_value[row] == min(1.0, 2.0 * min(table.p_yx[row], table.p_xy[row]))
            assert table.direction[row] == truth.test.direction, where
        line = truth.test.y_on_x
        assert near(table.beta[row], line.beta), where
        size = 1.0 + np.abs(levels[:, [i, j]]).max()
        assert near(table.alpha[row] / size, line.alpha / size), where
        assert near(table.zscore[row], truth.zscore), where
        if not math.isnan(line.beta):
            assert table.half_life_status[row] == truth.half_life.status or not line.status.usable, where
        if table.half_life_status[row] == "ok":
            assert near(table.half_life[row], truth.half_life.bars, 1e-8), where
        if table.status[row] != "missing":
            assert near(table.correlation[row], truth.correlation), where


def assert_same_tables(table, truth):
    """Assert that two tables say the same of every pair."""
    for words in ("i", "j", "status", "lags", "lags_xy", "half_life_status", "reason"):
        assert np.array_equal(getattr(table, words), getattr(truth, words)), words
    for name in (
        "beta",
        "statistic",
        "statistic_xy",
        "p_value",
        "q_value",
        "correlation",
        "zscore",
        "half_life",
    ):
        found, expected_column = getattr(table, name), getattr(truth, name)
        assert np.array_equal(np.isnan(found), np.isnan(expected_column)), name
        away = np.abs(found - expected_column) / np.maximum(1.0, np.abs(expected_column))
        assert np.nanmax(away, initial=0.0) <= 1e-9, name
    assert (table.pairs_tested, table.expected_false, table.found, table.n) == (
        truth.pairs_tested,
        truth.expected_false,
        truth.found,
        truth.n,
    )
