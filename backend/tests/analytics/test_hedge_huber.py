"""Huber's line against statsmodels' RLM, at any scale, with outliers."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm

from analytics.walks import ar1, cointegrated
from quant.analytics import Status, huber, ols


def peer(y, x):
    """Return intercept, slope and scale of RLM, iterated on its coefficients until they stand still."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sm.tools.sm_exceptions.ConvergenceWarning)
        found = sm.RLM(y, sm.add_constant(x), M=sm.robust.norms.HuberT()).fit(
            conv="coefs", tol=1e-12, maxiter=500
        )
    return found.params[0], found.params[1], found.scale


@pytest.mark.parametrize("n", [30, 61, 300, 1440, 1441])
@pytest.mark.parametrize("outliers", [0.0, 0.05])
def test_equals_an_independent_fit(n, outliers):
    rng = np.random.default_rng(n)
    for _ in range(4):
        y, x = cointegrated(rng, n)
        y += np.where(rng.random(n) < outliers, 5.0, 0.0)
        fit, (alpha, beta, scale) = huber(y, x), peer(y, x)
        assert fit.status is Status.OK
        assert fit.beta == pytest.approx(beta, rel=1e-8)
        assert fit.alpha == pytest.approx(alpha, rel=1e-8)
        assert fit.parameters["scale"] == pytest.approx(scale, rel=1e-8)


@pytest.mark.parametrize("by_y", [1e-8, 1e-4, 1e4, 1e8])
@pytest.mark.parametrize("by_x", [1e-8, 1e-4, 1e4, 1e8])
def test_equals_the_peer_at_any_price_scale(by_y, by_x):
    """The peer is given standardised legs: on raw ones it is the peer that fails."""
    y, x = cointegrated(np.random.default_rng(1), 240)
    _, beta, _ = peer(y, x)
    assert huber(y * by_y, x * by_x).beta == pytest.approx(beta * by_y / by_x, rel=1e-8)


def test_bitcoin_on_shiba():
    rng = np.random.default_rng(2)
    shiba = 1.2e-5 * np.exp(0.01 * rng.standard_normal(500).cumsum())
    bitcoin = 1e4 + 8.3e9 / 2 * shiba + 50.0 * rng.standard_normal(500)
    fit = huber(bitcoin, shiba)
    _, beta, _ = peer(bitcoin / 1e4, shiba / 1e-5)
    assert fit.beta == pytest.approx(beta * 1e9, rel=1e-8)
    assert fit.beta == pytest.approx(8.3e9 / 2, rel=0.01)


def test_outliers_pull_less_than_on_least_squares():
    y, x = cointegrated(np.random.default_rng(3), 300, half_life=1)
    y[x > np.quantile(x, 0.95)] += 10.0
    assert abs(huber(y, x).beta - 1.3) < 0.2 * abs(ols(y, x).beta - 1.3)


def test_prices_in_ticks_have_the_same_line():
    """Then several bars are at the median's distance, and none of them is sure to stay the median."""
    rng = np.random.default_rng(6)
    for n in (60, 61, 400):
        y, x = cointegrated(rng, n)
        y, x = np.round(y, 1), np.round(x)
        fit, (alpha, beta, scale) = huber(y, x), peer(y, x)
        assert fit.beta == pytest.approx(beta, rel=1e-8)
        assert fit.alpha == pytest.approx(alpha, rel=1e-8)
        assert fit.parameters["scale"] == pytest.approx(scale, rel=1e-8)


@pytest.mark.parametrize("n", [60, 61, 240, 1440])
def test_the_last_rounds_are_few(n):
    """Where a round took the scale as given, these took 6 to 24: line and scale approach each other step by step."""
    rng = np.random.default_rng(n)
    rounds = [huber(*cointegrated(rng, n, half_life=30)).parameters["rounds"] for _ in range(50)]
    assert np.mean(rounds) < 7
    assert max(rounds) <= 12


@pytest.mark.parametrize(("n", "seed"), [(60, 53), (61, 4), (61, 176)])
def test_line_and_scale_do_not_go_round_together(n, seed):
    """Here the bar that is the median depends on the step, and the step on that bar: 49 to 87 rounds until it ended."""
    y, x = cointegrated(np.random.default_rng(seed), n, half_life=30)
    fit, (alpha, beta, scale) = huber(y, x), peer(y, x)
    assert fit.parameters["rounds"] <= 12
    assert fit.beta == pytest.approx(beta, rel=1e-8)
    assert fit.alpha == pytest.approx(alpha, rel=1e-8)
    assert fit.parameters["scale"] == pytest.approx(scale, rel=1e-8)


def test_without_a_scale_there_is_no_line():
    rng = np.random.default_rng(4)
    x = rng.standard_normal(100).cumsum()
    y = np.where(np.arange(100) % 3 == 0, 2.0 * x + rng.standard_normal(100), 2.0 * x)
    fit = huber(y, x)
    assert fit.status is Status.SINGULAR
    assert np.isnan([fit.alpha, fit.beta, fit.sd]).all()
    assert np.isnan(huber(y, x, window=90).beta).all()


def test_what_was_chosen_is_told():
    y, x = cointegrated(np.random.default_rng(5), 100)
    assert huber(y, x).parameters["k"] == huber(y, x, window=50).parameters["k"] == 1.345


def stablecoins(rng, n):
    """Return two prices of one value in ticks so coarse that most bars have both on the same one."""
    value = 1.0 + 1e-4 * ar1(rng, n, half_life=35, sd=2.0)
    return np.round(value + 2e-5 * rng.standard_normal(n), 4), np.round(value, 4)


@pytest.mark.parametrize("n", [60, 240, 1440])
def test_most_bars_on_one_line_give_no_line_but_huber_s(n):
    """As the scale shrinks towards zero steps lose their digits, and may end anywhere."""
    rng = np.random.default_rng(n)
    fits = []
    for _ in range(120):
        y, x = stablecoins(rng, n)
        fit = huber(y, x)
        fits.append(fit.status)
        if fit.status.usable:
            scale, dx = fit.parameters["scale"], (x - x.mean()) / x.std()
            pulls = np.clip((y - y[0] - (fit.alpha - y[0]) - fit.beta * x) / scale, -1.345, 1.345)
            assert abs(pulls.mean()) < 1e-2
            assert abs((pulls * dx).mean()) < 1e-2
    assert Status.SINGULAR in fits


def test_rolling_rows_of_coarse_ticks_are_those_of_single_fits():
    y, x = stablecoins(np.random.default_rng(7), 700)
    y[:200] = 1.0 + 1.5 * (x[:200] - 1.0) + 1e-4 * np.random.default_rng(8).standard_normal(200)
    path = huber(y, x, window=100)
    usable = 0
    for t in range(100, 700):
        fit = huber(y[t - 100 : t], x[t - 100 : t])
        usable += fit.status.usable
        np.testing.assert_allclose(path.beta[t], fit.beta, rtol=1e-12)
    assert 50 < usable < 600
