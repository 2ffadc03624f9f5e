"""The hedge ratio over one window: numbers, statuses, scale, standard errors."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from analytics import reference
from analytics.walks import cointegrated, walk
from quant.analytics import HEDGE_METHODS, Status, ols
from quant.analytics.hedge import hedge_method
from quant.domain import HedgeMethod
from quant.errors import InvalidParameter


@pytest.mark.parametrize("n", [4, 10, 60, 2000])
def test_equals_an_independent_regression(n):
    rng = np.random.default_rng(n)
    for _ in range(20):
        y, x = cointegrated(rng, n)
        fit, peer = ols(y, x), sm.OLS(y, sm.add_constant(x)).fit()
        assert fit.status.usable
        assert fit.alpha == pytest.approx(peer.params[0], rel=1e-9)
        assert fit.beta == pytest.approx(peer.params[1], rel=1e-9)
        assert fit.r_squared == pytest.approx(peer.rsquared, abs=1e-9)
        assert fit.sd == pytest.approx(np.std(peer.resid, ddof=1), rel=1e-9)
        assert fit.n == n


@pytest.mark.parametrize(("by_y", "by_x"), [(1e8, 1e-8), (1e-8, 1e8), (6e4, 1e-5), (1e-5, 6e4), (1e8, 1e8)])
def test_is_scale_equivariant(by_y, by_x):
    y, x = cointegrated(np.random.default_rng(1), 240)
    fit, scaled = ols(y, x), ols(y * by_y, x * by_x)
    assert scaled.status is Status.OK
    assert scaled.beta == pytest.approx(fit.beta * by_y / by_x, rel=1e-12)
    assert scaled.beta_se == pytest.approx(fit.beta_se * by_y / by_x, rel=1e-9)
    assert scaled.alpha_se == pytest.approx(fit.alpha_se * by_y, rel=1e-9)
    assert scaled.sd == pytest.approx(fit.sd * by_y, rel=1e-11)


def test_keeps_its_digits_at_a_huge_level():
    rng = np.random.default_rng(2)
    x = 1e8 + 1e-3 * rng.standard_normal(300)
    y = 1e8 + 2.0 * (x - 1e8) + 1e-4 * rng.standard_normal(300)
    fit, (_, beta, residuals) = ols(y, x), reference.line(y, x)
    assert fit.beta == pytest.approx(float(beta), rel=1e-12)
    assert fit.sd == pytest.approx(float(np.std(residuals, ddof=1)), rel=1e-10)


def test_statuses_name_what_stands_in_the_way():
    y, x = cointegrated(np.random.default_rng(3), 100)
    hole = np.where(np.arange(100) == 10, np.nan, y)
    flat = np.full(100, 5.0)
    cases = {
        Status.MISSING: [(hole, x), (y, hole), (np.where(np.isnan(hole), np.inf, y), x)],
        Status.ZERO_VARIANCE: [
            (flat, x),
            (y, flat),
            (flat, flat),
            (np.full(100, 0.1), x),
            (y, np.full(100, 1e8)),
        ],
        Status.DUPLICATE: [(x, x), (2 * x + 1, x), (-x, x), (x / 3e9, x)],
        Status.TOO_SHORT: [(y[:2], x[:2]), (y[:0], x[:0])],
    }
    for status, inputs in cases.items():
        for left, right in inputs:
            fit = ols(left, right)
            assert fit.status is status
            assert fit.reason
            assert not fit.status.usable
            assert math.isnan(fit.beta_se)


def test_a_near_perfect_fit_is_flagged_and_computed():
    rng = np.random.default_rng(4)
    x = walk(rng, 500, start=1.0, step=1e-3)
    y = x + 1e-6 * rng.standard_normal(500)
    fit, (_, beta, residuals) = ols(y, x), reference.line(y, x)
    assert fit.status is Status.NEAR_PERFECT
    assert fit.status.usable
    assert fit.beta == pytest.approx(float(beta), rel=1e-12)
    assert fit.sd == pytest.approx(float(np.std(residuals, ddof=1)), rel=1e-8)


def test_duplicate_legs_keep_their_line_but_have_no_spread():
    x = walk(np.random.default_rng(5), 200)
    fit = ols(2 * x + 1, x)
    assert (fit.alpha, fit.beta) == (pytest.approx(1.0, abs=1e-9), pytest.approx(2.0))
    assert fit.sd == 0.0


@pytest.mark.parametrize(("n", "half_life"), [(60, 5), (240, 5), (240, 30), (1440, 30)])
def test_the_interval_of_beta_covers_the_truth(n, half_life):
    """Coverage of more cases stands in docs/methods.md; plain errors reach 19 to 47 % here."""
    rng = np.random.default_rng(n + half_life)
    draws, beta_hits, alpha_hits = 400, 0, 0
    for _ in range(draws):
        fit = ols(*cointegrated(rng, n, alpha=3.0, beta=1.3, half_life=half_life))
        beta_hits += fit.beta_low <= 1.3 <= fit.beta_high
        alpha_hits += abs(fit.alpha - 3.0) <= 1.96 * fit.alpha_se
    # 92 to 98 % less and plus three simulation errors
    assert 0.885 <= beta_hits / draws <= 0.998
    assert 0.885 <= alpha_hits / draws <= 0.998


def test_standard_errors_need_ten_bars():
    y, x = cointegrated(np.random.default_rng(6), 10)
    assert math.isnan(ols(y[:9], x[:9]).beta_se)
    assert ols(y, x).beta_se > 0


@pytest.mark.parametrize("window", [0, 2, -1, 2.5, True, "60"])
def test_a_window_that_cannot_be_is_refused(window):
    with pytest.raises(InvalidParameter, match="window"):
        ols(np.arange(9.0), np.arange(9.0), window=window)


def test_legs_of_different_length_or_shape_are_refused():
    with pytest.raises(InvalidParameter, match="as long as y"):
        ols([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(InvalidParameter, match="one dimension"):
        ols(np.ones((3, 2)), np.ones(3))


def test_every_method_is_in_the_table():
    assert set(HEDGE_METHODS) == set(HedgeMethod)
    assert hedge_method("OLS") is HEDGE_METHODS[HedgeMethod.OLS]
    assert hedge_method("Theil-Sen") is HEDGE_METHODS[HedgeMethod.THEIL_SEN]
    with pytest.raises(InvalidParameter, match="ridge"):
        hedge_method("ridge")


@given(st.data())
def test_anything_gives_finite_numbers_or_a_status(data):
    n = data.draw(st.integers(0, 40))
    value = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, math.nan, math.inf, 1e300, 1e-300]))
    y, x = (np.array(data.draw(st.lists(value, min_size=n, max_size=n))) for _ in range(2))
    fit = ols(y, x)
    numbers = [fit.alpha, fit.beta, fit.sd, fit.r_squared, fit.alpha_se, fit.beta_se]
    assert not np.isinf(numbers).any()
    if fit.status.usable:
        assert np.isfinite([fit.alpha, fit.beta, fit.sd, fit.r_squared]).all()
        assert fit.sd > 0
