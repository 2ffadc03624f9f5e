"""Total least squares: symmetric in the legs, right where both are noisy, against a singular-value decomposition."""

import numpy as np
import pytest

from analytics.walks import cointegrated, walk
from quant.analytics import Status, ols, tls


def by_decomposition(y, x):
    """Return alpha and beta of the line nearest to the legs in units of their steps' sd."""
    sy, sx = np.std(np.diff(y)), np.std(np.diff(x))
    legs = np.column_stack([(x - x.mean()) / sx, (y - y.mean()) / sy])
    along = np.linalg.svd(legs, full_matrices=False)[2][0]
    beta = along[1] / along[0] * sy / sx
    return y.mean() - beta * x.mean(), beta


@pytest.mark.parametrize("n", [10, 60, 500])
def test_equals_a_decomposition(n):
    rng = np.random.default_rng(n)
    for _ in range(20):
        y, x = cointegrated(rng, n, half_life=3)
        fit, (alpha, beta) = tls(y, x), by_decomposition(y, x)
        assert fit.beta == pytest.approx(beta, rel=1e-9)
        assert fit.alpha == pytest.approx(alpha, rel=1e-8)
        assert fit.parameters["noise_ratio"] == pytest.approx(
            np.var(np.diff(y)) / np.var(np.diff(x)), rel=1e-9
        )


def test_legs_can_change_places():
    y, x = cointegrated(np.random.default_rng(1), 200)
    assert tls(y, x).beta * tls(x, y).beta == pytest.approx(1.0, rel=1e-12)
    assert ols(y, x).beta * ols(x, y).beta < 0.999


def test_legs_that_move_against_each_other():
    y, x = cointegrated(np.random.default_rng(2), 200, beta=-1.3)
    assert tls(y, x).beta == pytest.approx(by_decomposition(y, x)[1], rel=1e-9)
    assert tls(y, x).beta < ols(y, x).beta < 0


def test_noise_in_both_legs_is_not_held_against_the_ratio():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(100):
        common = walk(rng, 240)
        y, x = 2.0 * common + rng.standard_normal(240), common + 0.5 * rng.standard_normal(240)
        found.append((tls(y, x).beta, ols(y, x).beta))
    of_tls, of_ols = np.median(found, axis=0)
    assert of_tls == pytest.approx(2.0, abs=0.1)
    assert of_ols < 1.7


def test_a_line_needs_something_in_common():
    x = np.tile([1.0, -1.0, 1.0, -1.0], 10)
    y = np.tile([1.0, 1.0, -1.0, -1.0], 10)
    fit = tls(y, x)
    assert fit.status is Status.SINGULAR
    assert np.isnan([fit.alpha, fit.beta]).all()
    assert tls(walk(np.random.default_rng(4), 40), np.arange(40.0)).status is Status.SINGULAR
