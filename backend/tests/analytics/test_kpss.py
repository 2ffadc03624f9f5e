"""The KPSS test against statsmodels and its own definition."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.stattools import kpss as peer

from analytics.walks import ar1, walk
from quant.analytics import Bound, Status, kpss
from quant.errors import InvalidParameter

KINDS = {
    "noise": lambda rng, n: 5e4 + rng.standard_normal(n),
    "walk": lambda rng, n: walk(rng, n),
    "heavy": lambda rng, n: 1e-5 * rng.standard_t(2, n),
    "trend": lambda rng, n: 0.3 * np.arange(n) + ar1(rng, n, half_life=3),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [30, 60, 300, 1440, 10_000])
def test_equals_statsmodels(kind, n):
    rng = np.random.default_rng(n)
    for _ in range(5):
        series = KINDS[kind](rng, n)
        for regression in ("c", "ct"):
            for lags in (None, 0, 7):
                found = kpss(series, regression=regression, lags=lags)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # p at an end of the table: ours says so in `p_bound`
                    truth = peer(
                        series,
                        regression=regression,
                        nlags="auto" if lags is None else lags,
                        result_object=True,
                    )
                assert found.lags == truth.lags
                assert abs(found.statistic - truth.statistic) <= 1e-9 * max(1.0, truth.statistic)
                assert found.p_value == pytest.approx(truth.pvalue, abs=1e-9)
                assert found.critical_values == truth.critical_values


def test_the_ends_of_the_table_are_bounds():
    rng = np.random.default_rng(1)
    far, near = kpss(walk(rng, 2000), lags=5), kpss(rng.standard_normal(2000))
    assert (far.p_value, far.p_bound) == (0.01, Bound.AT_MOST)
    assert (near.p_value, near.p_bound) == (0.10, Bound.AT_LEAST)
    between = [
        test for test in (kpss(rng.standard_normal(300)) for _ in range(200)) if test.p_bound is Bound.EXACT
    ]
    assert between
    assert all(0.01 <= test.p_value <= 0.10 for test in between)


def test_size_and_power():
    rng = np.random.default_rng(2)
    noise = [kpss(rng.standard_normal(300)).p_value <= 0.05 for _ in range(1000)]
    walks = [kpss(walk(rng, 300)).p_value <= 0.05 for _ in range(200)]
    assert 0.03 <= np.mean(noise) <= 0.07
    assert np.mean(walks) > 0.8


def test_statuses():
    series = walk(np.random.default_rng(3), 100)
    cases = [
        (series[:29], "c", Status.TOO_SHORT),
        (np.where(np.arange(100) == 3, np.nan, series), "c", Status.MISSING),
        (np.full(100, 0.1), "c", Status.ZERO_VARIANCE),
        (0.1 * np.arange(100.0), "ct", Status.SINGULAR),
    ]
    for values, regression, status in cases:
        found = kpss(values, regression=regression)
        assert found.status is status
        assert found.reason
        assert math.isnan(found.p_value)
        assert math.isnan(found.statistic)


def test_tells_the_whole_story():
    found = kpss(walk(np.random.default_rng(4), 100), regression="ct")
    assert found.null == "the series is stationary around a linear trend"
    assert (found.n, found.need, found.regression) == (100, 30, "ct")
    for options, name in (
        ({"regression": "n"}, "regression"),
        ({"lags": 100}, "lags"),
        ({"lags": -1}, "lags"),
    ):
        with pytest.raises(InvalidParameter, match=name):
            kpss(np.arange(100.0), **options)


@given(st.data())
def test_anything_gives_a_probability_or_a_status(data):
    n = data.draw(st.integers(0, 60))
    value = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, 2.0, math.nan, 1e300]))
    series = np.array(data.draw(st.lists(value, min_size=n, max_size=n)), dtype=float)
    found = kpss(series, regression=data.draw(st.sampled_from(["c", "ct"])))
    if found.status.usable:
        assert 0 < found.statistic < math.inf
        assert 0.01 <= found.p_value <= 0.10
    else:
        assert math.isnan(found.p_value)
