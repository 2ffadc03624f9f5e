"""The half-life: definition, statuses, and an interval that covers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import reference
from analytics.walks import ar1, cointegrated, walk
from quant.analytics import Status, half_life, ols


@pytest.mark.parametrize("n", [10, 60, 1440])
def test_is_the_definition(n):
    series = 5e4 + ar1(np.random.default_rng(n), n, half_life=3, sd=40)
    found = half_life(series)
    assert found.status is Status.OK
    assert found.bars == pytest.approx(reference.half_life(series), rel=1e-6)
    assert found.low < found.bars
    assert found.n == n


def test_does_not_depend_on_scale_or_level():
    series = ar1(np.random.default_rng(1), 300, half_life=8)
    first, second = half_life(series), half_life(1e6 + 1e-2 * series)
    assert (second.bars, second.low, second.high) == pytest.approx(
        (first.bars, first.low, first.high), rel=1e-6
    )


@pytest.mark.parametrize(("n", "truth"), [(60, 5), (240, 20), (1440, 60)])
def test_the_interval_covers(n, truth):
    rng = np.random.default_rng(n)
    draws, given_hits, residual_hits = 400, 0, 0
    for _ in range(draws):
        found = half_life(ar1(rng, n, half_life=truth))
        given_hits += found.low <= truth <= found.high
        y, x = cointegrated(rng, n, half_life=truth)
        fit = ols(y, x)
        found = half_life(y - fit.alpha - fit.beta * x, estimated=True)
        residual_hits += found.low <= truth <= found.high
    # 90 to 99 % less and plus simulation error
    assert 0.90 <= given_hits / draws <= 0.995
    assert 0.90 <= residual_hits / draws <= 0.995


@pytest.mark.parametrize(("n", "truth"), [(240, 15), (1440, 15), (1440, 60)])
def test_the_interval_covers_under_the_noise_of_bid_and_ask(n, truth):
    rng = np.random.default_rng(n + truth)
    noise = math.sqrt(1 - 4 ** (-1 / truth))  # as much as is new in a bar of the spread itself, whose sd is 1
    draws, given_hits, residual_hits = 400, 0, 0
    for _ in range(draws):
        found = half_life(ar1(rng, n, half_life=truth) + noise * rng.standard_normal(n))
        given_hits += found.low <= truth <= found.high
        y, x = cointegrated(rng, n, half_life=truth, sd=1.0)
        y = y + noise * rng.standard_normal(n)
        fit = ols(y, x)
        found = half_life(y - fit.alpha - fit.beta * x, estimated=True)
        assert not found.bars > found.high
        residual_hits += found.low <= truth <= found.high
    assert 0.90 - 0.03 <= given_hits / draws <= 0.995
    assert 0.90 - 0.03 <= residual_hits / draws <= 0.995


def test_a_walk_looks_as_if_it_reverted_and_the_interval_says_so():
    rng = np.random.default_rng(2)
    found = [half_life(walk(rng, 120)) for _ in range(400)]
    assert 15 < np.nanmedian([one.bars for one in found]) < 27  # METHODS: a median of 20 bars
    assert np.mean([math.isinf(one.high) for one in found]) >= 0.95


def test_statuses():
    rng = np.random.default_rng(3)
    series = ar1(rng, 100, half_life=5)
    growing = 1.05 ** np.arange(100) + 1e-3 * rng.standard_normal(100)
    hopping = (-1.02) ** np.arange(100) + 0.1 * rng.standard_normal(100)
    cases = {
        Status.NOT_REVERTING: growing,
        Status.OSCILLATING: hopping,
        Status.TOO_SHORT: series[:9],
        Status.MISSING: np.where(np.arange(100) == 5, np.nan, series),
        Status.ZERO_VARIANCE: np.full(100, 0.1),
        Status.SINGULAR: 0.5 ** np.arange(20.0),
    }
    for status, values in cases.items():
        found = half_life(values)
        assert found.status is status
        assert found.reason
        assert math.isnan(found.bars)
    assert half_life(growing).phi > 0
    assert half_life(growing).high == math.inf
    assert half_life(hopping).phi < -1


@given(st.data())
def test_anything_gives_bars_or_a_status(data):
    n = data.draw(st.integers(0, 40))
    value = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, math.nan, 1e300]))
    found = half_life(np.array(data.draw(st.lists(value, min_size=n, max_size=n)), dtype=float))
    if found.status is Status.OK:
        assert 0 < found.bars < math.inf
        assert found.low <= found.high
    else:
        assert math.isnan(found.bars)
