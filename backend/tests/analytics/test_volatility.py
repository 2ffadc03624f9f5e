"""Rolling volatility against whole windows in extended precision; nothing drifts, nothing looks ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.walks import walk
from quant.analytics import rolling_volatility
from quant.errors import InvalidParameter


def whole_windows(prices, window):
    returns = np.diff(np.log(np.asarray(prices, np.longdouble)))
    out = np.full(len(prices), np.nan)
    for t in range(window, len(prices)):
        out[t] = returns[t - window : t].std(ddof=1)
    return out


@pytest.mark.parametrize("window", [2, 20, 150])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_is_the_standard_deviation_of_log_returns(window, scale):
    prices = scale * np.exp(1e-3 * np.random.default_rng(window).standard_normal(400).cumsum())
    found, truth = rolling_volatility(prices, window=window), whole_windows(prices, window)
    assert np.isnan(found[:window]).all()
    assert found[window:] == pytest.approx(truth[window:].astype(float), rel=1e-9)


def test_what_left_the_window_leaves_no_trace():
    """Sums that are only added to and taken from are 1,750 times too large here."""
    rng = np.random.default_rng(1)
    prices = np.r_[1e8 * np.exp(rng.standard_normal(50)), 1 + 1e-6 * rng.standard_normal(400)]
    found, truth = rolling_volatility(prices, window=20), whole_windows(prices, 20)
    assert found[20:] == pytest.approx(truth[20:].astype(float), rel=1e-8)


def test_a_year_has_as_many_bars_as_said():
    prices = walk(np.random.default_rng(2), 200)
    plain, annual = (rolling_volatility(prices, window=30, bars_per_year=bars) for bars in (None, 525_600))
    assert annual[50] == pytest.approx(plain[50] * np.sqrt(525_600))
    for bars in (0, -1, np.nan, "day"):
        with pytest.raises(InvalidParameter, match="bars_per_year"):
            rolling_volatility(prices, window=30, bars_per_year=bars)
    with pytest.raises(InvalidParameter, match="window"):
        rolling_volatility(prices, window=1)


def test_holes_and_standing_prices():
    prices = walk(np.random.default_rng(3), 200)
    prices[70] = np.nan
    prices[120] = -1.0
    prices[150:190] = prices[150]
    found = rolling_volatility(prices, window=20)
    missing = np.flatnonzero(np.isnan(found[20:])) + 20
    assert missing.tolist() == [*range(70, 91), *range(120, 141)]
    assert (found[170:190] == 0).all()
    assert found[169] > 0
    assert (rolling_volatility(1.01 ** np.arange(100.0), window=20)[20:] == 0).all()
    assert rolling_volatility([], window=5).size == 0


@given(st.data())
def test_changing_the_future_changes_nothing_before(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n, window = data.draw(st.integers(2, 120)), data.draw(st.integers(2, 30))
    cut = data.draw(st.integers(1, n - 1))
    prices = walk(rng, n)
    later = prices.copy()
    later[cut:] = data.draw(st.sampled_from([np.nan, 1e6, 0.0, 1e300]))
    before, after = (rolling_volatility(values, window=window) for values in (prices, later))
    np.testing.assert_array_equal(before[:cut], after[:cut])
    assert not np.isinf(after).any()
