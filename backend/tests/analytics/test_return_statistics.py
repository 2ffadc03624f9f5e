"""Return statistics against scipy and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quant.analytics import Status, return_statistics
from quant.errors import InvalidParameter


@pytest.mark.parametrize("n", [10, 60, 1440])
@pytest.mark.parametrize("tail", [3, 30])
def test_moments_equal_scipy(n, tail):
    returns = 1e-3 * np.random.default_rng(n).standard_t(tail, n) + 1e-5
    found = return_statistics(6e4 * np.exp(np.append(0.0, returns.cumsum())), bars_per_year=525_600)
    assert found.n == n
    assert found.mean == pytest.approx(returns.mean(), abs=1e-14)
    assert found.sd == pytest.approx(returns.std(ddof=1), rel=1e-9)
    assert found.skewness == pytest.approx(stats.skew(returns, bias=False), abs=1e-8)
    assert found.excess_kurtosis == pytest.approx(stats.kurtosis(returns, bias=False), abs=1e-8)
    assert (found.least, found.most) == pytest.approx((returns.min(), returns.max()), rel=1e-9)
    assert found.annual_return == pytest.approx(returns.mean() * 525_600, rel=1e-6)
    assert found.annual_volatility == pytest.approx(returns.std(ddof=1) * np.sqrt(525_600), rel=1e-9)
    assert found.sharpe == pytest.approx(found.annual_return / found.annual_volatility, rel=1e-9)
    assert found.sharpe_low < found.sharpe < found.sharpe_high


def test_the_sharpe_interval_covers():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(500):
        returns = 0.05 + 0.3 * (rng.gamma(2.0, 1.0, 250) - 2.0)  # skewed
        found = return_statistics(np.exp(np.append(0.0, returns.cumsum())), bars_per_year=1)
        hits += found.sharpe_low <= 0.05 / (0.3 * math.sqrt(2.0)) <= found.sharpe_high
    assert 0.92 <= hits / 500 <= 0.98


def test_drawdown_and_autocorrelation():
    prices = np.array([100, 110, 105, 120, 60, 90, 130, 125, 128, 127, 131, 129.0])
    found = return_statistics(prices)
    assert found.drawdown == pytest.approx(0.5)
    returns = np.diff(np.log(prices))
    away = returns - returns.mean()
    assert found.autocorrelation == pytest.approx((away[1:] @ away[:-1]) / (away @ away))
    assert math.isnan(found.sharpe)
    assert math.isnan(found.annual_volatility)
    assert return_statistics(np.arange(1.0, 20.0) ** 2).drawdown == 0.0


def test_statuses():
    prices = 100 * np.exp(0.01 * np.random.default_rng(2).standard_normal(50).cumsum())
    cases = [
        (prices[:10], Status.TOO_SHORT),
        ([], Status.TOO_SHORT),
        (np.where(np.arange(50) == 3, np.nan, prices), Status.MISSING),
        (np.where(np.arange(50) == 3, 0.0, prices), Status.MISSING),
        (np.full(50, 0.1), Status.ZERO_VARIANCE),
        (1.01 ** np.arange(50.0), Status.ZERO_VARIANCE),
    ]
    for values, status in cases:
        found = return_statistics(values, bars_per_year=365)
        assert found.status is status
        assert found.reason
        assert found.need == 11
        assert math.isnan(found.sd)
        assert math.isnan(found.sharpe)
    with pytest.raises(InvalidParameter, match="bars_per_year"):
        return_statistics(prices, bars_per_year=0)


@given(st.data())
def test_anything_gives_numbers_or_a_status(data):
    value = st.one_of(st.floats(1e-9, 1e9), st.sampled_from([0.0, 1.0, -1.0, math.nan, 1e300]))
    found = return_statistics(
        np.array(data.draw(st.lists(value, max_size=40)), dtype=float), bars_per_year=365
    )
    numbers = [found.mean, found.sd, found.skewness, found.excess_kurtosis, found.drawdown, found.sharpe]
    assert np.isfinite(numbers).all() if found.status.usable else np.isnan(numbers).all()
