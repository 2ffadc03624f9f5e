"""The median slope against scipy and against all slopes written out: exact, with and without ties."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import theilslopes

from analytics.walks import cointegrated, walk
from quant.analytics import Status, theil_sen

TIES = {
    "none": lambda y, x, rng: (y, x),
    "ticks": lambda y, x, rng: (np.round(y, 1), np.round(x, 1)),
    "coarse ticks": lambda y, x, rng: (np.round(y), np.round(x)),
    "few x": lambda y, x, rng: (y, rng.choice(x[:5], x.size)),
    "stale y": lambda y, x, rng: (np.where(rng.random(y.size) < 0.7, 100.0, y), x),
    "stale x": lambda y, x, rng: (y, np.where(rng.random(y.size) < 0.7, 100.0, x)),
    "any scale": lambda y, x, rng: (1e8 * y, 1e-8 * x),
    "outliers": lambda y, x, rng: (y + np.where(rng.random(y.size) < 0.1, 1e6, 0.0), x),
}


def peer(y, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of its interval, which ties spoil
        return theilslopes(y, x, method="joint")


@pytest.mark.parametrize("kind", TIES)
@pytest.mark.parametrize("n", [5, 12, 30, 61, 150, 700])
def test_equals_the_peer(n, kind):
    rng = np.random.default_rng(n)
    for _ in range(2 if n > 300 else 15):
        y, x = TIES[kind](*cointegrated(rng, n), rng)
        fit = theil_sen(y, x)
        if fit.status.usable:
            assert fit.beta == peer(y, x).slope
            assert fit.alpha == pytest.approx(peer(y, x).intercept, rel=1e-12)


def test_many_bars_and_many_ties():
    rng = np.random.default_rng(1)
    y, x = cointegrated(rng, 3000)
    for left, right in ((y, x), (np.round(y), np.round(x)), (np.where(rng.random(3000) < 0.8, 100.0, y), x)):
        assert theil_sen(left, right).beta == peer(left, right).slope


@given(st.data())
def test_equals_all_slopes_written_out(data):
    n = data.draw(st.integers(3, 60))
    value = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6).map(lambda each: round(each, 3)))
    y, x = (np.array(data.draw(st.lists(value, min_size=n, max_size=n))) for _ in range(2))
    fit = theil_sen(y, x)
    if fit.status.usable:
        i, j = np.triu_indices(n, 1)
        differ = x[i] != x[j]
        assert fit.beta == np.median((y[j] - y[i])[differ] / (x[j] - x[i])[differ])
        assert fit.alpha == pytest.approx(np.median(y - fit.beta * x), rel=1e-9, abs=1e-9 * np.abs(y).max())


@pytest.mark.parametrize("kind", TIES)
@pytest.mark.parametrize(("n", "window"), [(150, 10), (260, 90), (420, 200)])
def test_rolling_rows_are_the_same_to_the_last_digit(n, window, kind):
    rng = np.random.default_rng(n)
    y, x = TIES[kind](*cointegrated(rng, n), rng)
    y[window // 2] = np.nan
    path = theil_sen(y, x, window=window)
    for t in range(window, n, 3):
        fit = theil_sen(y[t - window : t], x[t - window : t])
        np.testing.assert_array_equal(path.beta[t], fit.beta)
        np.testing.assert_array_equal(path.alpha[t], fit.alpha)


def test_a_trending_walk_moves_the_bracket():
    """Every new bar's slopes lie on one side of the old median, so that it has to be found again and again."""
    x = walk(np.random.default_rng(2), 900)
    y = np.exp(x / 10.0 - 10.0) * np.linspace(1.0, 3.0, 900)
    path = theil_sen(y, x, window=300)
    for t in range(300, 900, 29):
        assert path.beta[t] == peer(y[t - 300 : t], x[t - 300 : t]).slope


def test_a_minority_of_bad_bars_hardly_moves_it():
    rng = np.random.default_rng(3)
    y, x = cointegrated(rng, 500, half_life=1)
    spoilt = np.where(rng.random(500) < 0.2, 1e9, y)
    assert theil_sen(spoilt, x).status is Status.OK
    assert theil_sen(spoilt, x).beta == pytest.approx(1.3, abs=0.25)
