"""The Hurst exponent: known exponents are covered, walks are not called anything else."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.walks import ar1, fractional_walk, walk
from quant.analytics import Status, hurst


@pytest.mark.parametrize("truth", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("n", [240, 1440])
def test_the_interval_covers(truth, n):
    rng = np.random.default_rng(n)
    found = [hurst(fractional_walk(rng, n, truth)) for _ in range(400)]
    assert np.mean([one.hurst for one in found]) == pytest.approx(truth, abs=0.03)
    assert 0.89 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.98


@pytest.mark.parametrize("tail", [None, 3])
def test_the_size_on_walks_is_the_level(tail):
    rng = np.random.default_rng(1)
    assert np.mean([hurst(walk(rng, 1440, tail=tail)).p_value < 0.05 for _ in range(600)]) <= 0.085


def test_equals_a_search_over_a_grid():
    """The objective written down anew, with the frequencies themselves and no logarithm taken out."""
    series = walk(np.random.default_rng(2), 400)
    found = hurst(series)
    steps = np.diff(series)
    m = int(steps.size**0.65)
    at = 2 * np.pi * np.arange(1, m + 1) / steps.size
    clock = np.arange(steps.size)
    spectrum = np.array([abs(np.sum(steps * np.exp(-1j * w * clock))) ** 2 for w in at])
    grid = np.linspace(-0.5, 0.5, 20_001)
    values = [np.log(np.mean(at ** (2 * d) * spectrum)) - 2 * d * np.mean(np.log(at)) for d in grid]
    assert found.frequencies == m
    assert found.hurst == pytest.approx(0.5 + grid[np.argmin(values)], abs=5e-5)


def test_a_quick_spread_is_at_the_edge():
    found = hurst(ar1(np.random.default_rng(3), 1440, half_life=1))
    assert (found.hurst, found.low, found.at_edge) == (0.0, 0.0, True)
    assert found.p_value < 1e-6
    slow = hurst(ar1(np.random.default_rng(4), 1440, half_life=20))
    assert 0.0 < slow.hurst < 0.5
    assert not slow.at_edge


def test_does_not_depend_on_scale_or_level():
    series = walk(np.random.default_rng(5), 300)
    assert hurst(1e6 + 1e-3 * series).hurst == pytest.approx(hurst(series).hurst, abs=1e-6)


def test_statuses():
    series = walk(np.random.default_rng(6), 100)
    cases = [
        (series[:59], Status.TOO_SHORT),
        (np.where(np.arange(100) == 3, np.nan, series), Status.MISSING),
        (np.full(100, 0.1), Status.ZERO_VARIANCE),
        (0.1 * np.arange(100.0), Status.ZERO_VARIANCE),
        (np.where(np.arange(101) % 2, 1.0, -1.0), Status.SINGULAR),
    ]
    for values, status in cases:
        found = hurst(values)
        assert found.status is status
        assert found.reason
        assert math.isnan(found.hurst)
        assert math.isnan(found.p_value)
    assert hurst(series).null == "the Hurst exponent is 0.5, that of a walk"


@given(st.data())
def test_anything_gives_an_exponent_or_a_status(data):
    n = data.draw(st.integers(0, 90))
    value = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, 2.0, math.nan, 1e300]))
    found = hurst(np.array(data.draw(st.lists(value, min_size=n, max_size=n)), dtype=float))
    if found.status.usable:
        assert 0 <= found.low <= found.hurst <= found.high <= 1
        assert 0 < found.p_value <= 1
    else:
        assert math.isnan(found.hurst)
