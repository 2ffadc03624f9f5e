"""Rank and level correlation on request, against whole windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.walks import cointegrated, walk
from quant.analytics import rolling_correlation
from quant.errors import InvalidParameter


def whole_windows(y, x, window, measure):
    out = np.full(len(y), np.nan)
    for t in range(window - 1, len(y)):
        rows = slice(t - window + 1, t + 1)
        if (
            np.isfinite(y[rows]).all()
            and np.isfinite(x[rows]).all()
            and np.ptp(y[rows]) > 0
            and np.ptp(x[rows]) > 0
        ):
            out[t] = measure(y[rows], x[rows])
    return out


@pytest.mark.parametrize("window", [3, 20, 150])
def test_spearman_is_scipys_on_log_returns(window):
    rng = np.random.default_rng(window)
    x = walk(rng, 300)
    y = np.round(x + walk(rng, 300, start=0.0, step=0.05), 1)  # ties, as ticks make them
    returns = [np.append(np.nan, np.diff(np.log(leg))) for leg in (y, x)]
    found = rolling_correlation(y, x, window=window, kind="spearman")
    truth = whole_windows(*returns, window, lambda a, b: stats.spearmanr(a, b).statistic)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(truth))
    assert found == pytest.approx(truth, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("window", [3, 20, 150])
def test_level_is_pearsons_on_prices(window):
    y, x = cointegrated(np.random.default_rng(window), 300)
    found = rolling_correlation(1e6 * y, x, window=window, kind="level")
    truth = whole_windows(y, x, window, lambda a, b: np.corrcoef(a, b)[0, 1])
    assert found == pytest.approx(truth, abs=1e-9, nan_ok=True)
    assert np.isfinite(found[window - 1])


def test_level_is_spurious_for_walks_and_returns_are_not():
    rng = np.random.default_rng(1)
    y, x = walk(rng, 20_000, start=1e3), walk(rng, 20_000, start=1e3)
    level = rolling_correlation(y, x, window=60, kind="level")
    returns = rolling_correlation(y, x, window=60)
    assert 0.12 < np.nanmean(np.abs(level) > 0.7) < 0.24  # METHODS: 17 %
    assert np.nanmean(np.abs(returns) > 0.7) == 0.0


def test_ranks_do_not_see_a_bad_tick():
    y, x = cointegrated(np.random.default_rng(2), 200)
    bad = y.copy()
    bad[100] *= 1e6
    calm, wild = (rolling_correlation(leg, x, window=60, kind="spearman") for leg in (y, bad))
    assert np.nanmax(np.abs(calm - wild)) < 0.12
    with pytest.raises(InvalidParameter, match="kind"):
        rolling_correlation(y, x, window=60, kind="kendall")


@given(st.data())
def test_changing_the_future_changes_nothing_before_and_holes_are_forgotten(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n, window = data.draw(st.integers(2, 90)), data.draw(st.integers(3, 30))
    cut = data.draw(st.integers(1, n - 1))
    kind = data.draw(st.sampled_from(["returns", "spearman", "level"]))
    y, x = cointegrated(rng, n)
    for hole in data.draw(st.lists(st.integers(0, 89), max_size=2)):
        y[hole : hole + 1] = np.nan
    if data.draw(st.booleans()):
        x[: n // 2] = x[0]
    later_y, later_x = y.copy(), x.copy()
    later_y[cut:] = data.draw(st.sampled_from([np.nan, 1e6, 0.0]))
    later_x[cut:] = walk(rng, n - cut)
    before = rolling_correlation(y, x, window=window, kind=kind)
    after = rolling_correlation(later_y, later_x, window=window, kind=kind)
    np.testing.assert_array_equal(before[:cut], after[:cut])
    assert not (np.abs(before) > 1).any()
    if kind == "spearman":
        returns = [np.append(np.nan, np.diff(np.log(leg))) for leg in (y, x)]
        truth = whole_windows(*returns, window, lambda a, b: stats.spearmanr(a, b).statistic)
        assert before == pytest.approx(truth, abs=1e-12, nan_ok=True)
