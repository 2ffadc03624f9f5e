"""The variance ratio against arch and its own definition."""

import math

import numpy as np
import pytest
from arch.unitroot import VarianceRatio
from hypothesis import given
from hypothesis import strategies as st

from analytics.walks import ar1, walk
from quant.analytics import Status, variance_ratio
from quant.errors import InvalidParameter

KINDS = {
    "walk": lambda rng, n: walk(rng, n),
    "heavy": lambda rng, n: 1e-5 * rng.standard_t(2, n).cumsum(),
    "reverting": lambda rng, n: 5e4 + ar1(rng, n, half_life=5),
    "trending": lambda rng, n: np.cumsum(ar1(rng, n, half_life=2)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [30, 60, 300, 1440, 10_000])
def test_equals_arch(kind, n):
    rng = np.random.default_rng(n)
    for _ in range(5):
        series = KINDS[kind](rng, n)
        for lags in (2, 5, n // 4):
            found, truth = variance_ratio(series, lags=lags), VarianceRatio(series, lags=lags)
            assert found.ratio == pytest.approx(truth.vr, abs=1e-9 * max(1.0, truth.vr))
            assert abs(found.statistic - truth.stat) <= 1e-9 * max(1.0, abs(truth.stat))
            assert found.p_value == pytest.approx(truth.pvalue, abs=1e-9)


def test_the_size_under_changing_volatility_is_the_level():
    """Without the robust variance a walk whose volatility clusters is rejected far too often."""
    rng = np.random.default_rng(1)
    passed = []
    for _ in range(1000):
        volatility = np.exp(0.7 * ar1(rng, 1000, half_life=20))
        passed.append(variance_ratio((volatility * rng.standard_normal(1000)).cumsum()).p_value < 0.05)
    assert 0.03 <= np.mean(passed) <= 0.075


def test_says_which_way_steps_go():
    rng = np.random.default_rng(2)
    assert variance_ratio(KINDS["reverting"](rng, 1000), lags=10).ratio < 0.7
    assert variance_ratio(KINDS["trending"](rng, 1000), lags=10).ratio > 2


def test_overwhelming_evidence_has_no_probability_zero():
    found = variance_ratio(
        np.where(np.arange(100_000) % 2, 1.0, -1.0) + np.random.default_rng(3).random(100_000)
    )
    assert found.statistic < -40
    assert 0 < found.p_value < 1e-300


def test_statuses():
    series = walk(np.random.default_rng(4), 100)
    cases = [
        (series[:29], 2, Status.TOO_SHORT),
        (series, 26, Status.TOO_SHORT),
        (np.where(np.arange(100) == 3, np.nan, series), 2, Status.MISSING),
        (np.full(100, 0.1), 2, Status.ZERO_VARIANCE),
        (0.1 * np.arange(100.0), 2, Status.ZERO_VARIANCE),
    ]
    for values, lags, status in cases:
        found = variance_ratio(values, lags=lags)
        assert found.status is status
        assert found.reason
        assert math.isnan(found.p_value)
        assert math.isnan(found.ratio)
    assert variance_ratio(series, lags=26).need == 104


def test_tells_the_whole_story():
    found = variance_ratio(walk(np.random.default_rng(5), 100), lags=3)
    assert (found.lags, found.n, found.need) == (3, 100, 30)
    assert "robust" in found.method
    assert found.null == "the steps of the series are uncorrelated"
    for lags in (1, 2.5, True):
        with pytest.raises(InvalidParameter, match="lags"):
            variance_ratio(np.arange(100.0), lags=lags)


@given(st.data())
def test_anything_gives_a_probability_or_a_status(data):
    n = data.draw(st.integers(0, 60))
    value = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, 2.0, math.nan, 1e300]))
    series = np.array(data.draw(st.lists(value, min_size=n, max_size=n)), dtype=float)
    found = variance_ratio(series, lags=data.draw(st.integers(2, 20)))
    if found.status.usable:
        assert 0 <= found.ratio < math.inf
        assert math.isfinite(found.statistic)
        assert 0 < found.p_value <= 1
    else:
        assert math.isnan(found.p_value)
        assert math.isnan(found.statistic)
