"""The stability of the relation: quiet where it holds, loud where the line moves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.linalg import toeplitz
from statsmodels.regression.linear_model import GLS

from analytics.walks import cointegrated, walk
from quant.analytics import Status, ols, stability
from quant.analytics.near_unit_root import LAW_OF_RESIDUALS, MEDIAN, Persistence, distance, persistence


@pytest.mark.parametrize(("n", "truth"), [(60, 1), (240, 5), (1440, 15)])
def test_a_stable_pair_is_rejected_as_often_as_said(n, truth):
    rng = np.random.default_rng(n + truth)
    found = [stability(*cointegrated(rng, n, half_life=truth)).p_value < 0.05 for _ in range(500)]
    assert 0.03 <= np.mean(found) <= 0.09


def test_a_moved_line_is_found():
    rng = np.random.default_rng(1)
    slopes, levels = [], []
    for _ in range(60):
        y, x = cointegrated(rng, 240, half_life=5)
        later = np.arange(240) >= 120
        slopes.append(stability(np.where(later, y + 0.6 * (x - x[120]), y), x).p_value < 0.05)
        levels.append(stability(np.where(later, y + 0.4, y), x).p_value < 0.05)
    assert np.mean(slopes) > 0.8
    assert np.mean(levels) > 0.9


def test_is_the_chow_test_of_whitened_legs():
    """Written down anew with statsmodels' generalised least squares at the same persistence."""
    y, x = cointegrated(np.random.default_rng(2), 301, half_life=4)
    found = stability(y, x)
    first, second = ols(y[:150], x[:150]), ols(y[150:], x[150:])
    assert (found.beta_first, found.beta_second) == pytest.approx((first.beta, second.beta), rel=1e-9)
    height = [fit.alpha + fit.beta * x.mean() for fit in (first, second)]
    assert found.level_change == pytest.approx(height[1] - height[0], abs=1e-6)
    rest = np.r_[y[:150] - first.alpha - first.beta * x[:150], y[150:] - second.alpha - second.beta * x[150:]]
    # two lines for 301 bars bias the persistence of their residuals as one line for 150 does
    fitted = persistence(rest)
    away = distance(Persistence(fitted.rho, np.sqrt(2) * fitted.error, 150), LAW_OF_RESIDUALS, MEDIAN)
    rho = np.exp(-away / 150)
    assert rho == pytest.approx(0.5**0.25, abs=0.08)
    later = np.arange(301) >= 150
    design = np.column_stack([np.ones(301), x, later, later * x])
    omega = toeplitz(rho ** np.arange(301))
    truth = GLS(y, design, sigma=omega).fit().f_test(np.eye(4)[2:])
    assert found.statistic == pytest.approx(float(truth.fvalue), rel=1e-6)
    assert found.p_value == pytest.approx(float(truth.pvalue), rel=1e-6)
    assert found.critical_values["5%"] == pytest.approx(stats.f.ppf(0.95, 2, 297), rel=1e-9)


def test_does_not_depend_on_scale_or_level():
    y, x = cointegrated(np.random.default_rng(3), 300)
    first, second = stability(y, x), stability(1e6 + 1e-2 * y, 1e3 * x - 5e4)
    assert second.statistic == pytest.approx(first.statistic, rel=1e-5)


def test_statuses():
    y, x = cointegrated(np.random.default_rng(4), 100)
    late = np.arange(100) >= 50
    cases = [
        (walk(np.random.default_rng(9), 100), x, Status.NOT_REVERTING),
        (y[:59], x[:59], Status.TOO_SHORT),
        (np.where(np.arange(100) == 7, np.nan, y), x, Status.MISSING),
        (np.where(late, y, y[50]), x, Status.ZERO_VARIANCE),
        (y, np.where(late, 3.0, x), Status.ZERO_VARIANCE),
        (2 * x + 1, x, Status.DUPLICATE),
        (np.where(late, 2 * x, y), x, Status.DUPLICATE),
    ]
    for left, right, status in cases:
        found = stability(left, right)
        assert found.status is status
        assert found.reason
        assert math.isnan(found.p_value)
    assert stability(y, x).null.startswith("the line is the same")


@given(st.data())
def test_anything_gives_a_probability_or_a_status(data):
    n = data.draw(st.integers(0, 90))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    x = walk(rng, n) * data.draw(st.sampled_from([1e-8, 1.0, 1e8]))
    value = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, math.nan]))
    y = data.draw(
        st.sampled_from([x, 2 * x, np.round(walk(rng, n)), np.zeros(n), walk(rng, n)])
        | st.lists(value, min_size=n, max_size=n).map(np.array)
    )
    found = stability(np.asarray(y, float), x)
    if found.status.usable:
        assert math.isfinite(found.statistic)
        assert 0 < found.p_value <= 1
    else:
        assert math.isnan(found.p_value)
