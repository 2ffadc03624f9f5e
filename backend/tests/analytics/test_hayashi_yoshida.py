"""Tick correlation: the truth that bars hide, bounce or not, and who leads."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ticks import bars_of_ticks, trades
from quant.analytics import Status, hayashi_yoshida
from quant.errors import InvalidParameter

SECOND = 1_000_000_000


@pytest.mark.parametrize(("bounce", "side_kept"), [(0.0, 0.0), (1e-4, 0.0), (1e-4, 0.8)])
def test_a_true_correlation_of_90_percent_reads_so(bounce, side_kept):
    """On bars of one second it reads about one half, and less with bounce."""
    rng = np.random.default_rng(1)
    found, bars = [], []
    for _ in range(25):
        y, x = trades(rng, correlation=0.9, bounce=bounce, side_kept=side_kept)
        found.append(hayashi_yoshida(*y, *x, lags_ns=[]))
        bars.append(np.corrcoef(bars_of_ticks(*y), bars_of_ticks(*x))[0, 1])
    assert np.mean([one.correlation for one in found]) == pytest.approx(0.9, abs=0.03)
    assert np.mean([one.low <= 0.9 <= one.high for one in found]) >= 0.8
    assert np.mean(bars) < 0.56
    for leg in ("y", "x"):
        variance = np.mean([getattr(one, f"variance_{leg}") for one in found])
        assert variance == pytest.approx(3600 * 1e-8, rel=0.05)
        assert np.mean([getattr(one, f"noise_{leg}") for one in found]) == pytest.approx(bounce, abs=1.5e-5)


def test_plain_variances_would_be_inflated():
    rng = np.random.default_rng(2)
    (times, prices), x = trades(rng, correlation=0.9, bounce=1e-4)
    found = hayashi_yoshida(times, prices, *x, lags_ns=[])
    plain = np.sum(np.diff(np.log(prices)) ** 2)
    assert plain > 3 * found.variance_y


def covariance_of_all_pairs(y, x, lag=0):
    """The definition: every product of two steps whose intervals overlap."""
    (ty, py), (tx, px) = ((np.asarray(leg[0]), np.log(leg[1])) for leg in (y, x))
    tx = tx - lag
    first = np.maximum(ty[:-1, None], tx[None, :-1])
    last = np.minimum(ty[1:, None], tx[None, 1:])
    return float(np.sum(np.diff(py)[:, None] * np.diff(px)[None, :] * (first < last)))


def test_is_the_definition_at_every_lag():
    rng = np.random.default_rng(3)
    y, x = trades(rng, correlation=0.5, seconds=60)
    begin, end = max(y[0][0], x[0][0]), min(y[0][-1], x[0][-1])
    lags = np.array([-(10**9), -(10**7), 0, 10**6, 3 * 10**9])
    found = hayashi_yoshida(*y, *x, lags_ns=lags)
    y, x = ((at[(at >= begin) & (at <= end)], p[(at >= begin) & (at <= end)]) for at, p in (y, x))
    scale = math.sqrt(found.variance_y * found.variance_x)
    for lag, contrast in zip(lags, found.contrast, strict=True):
        assert contrast == pytest.approx(covariance_of_all_pairs(y, x, lag) / scale, abs=1e-12)
    assert found.covariance == pytest.approx(covariance_of_all_pairs(y, x), rel=1e-10)


@pytest.mark.parametrize("delay_ms", [200, -500])
def test_finds_who_leads(delay_ms):
    rng = np.random.default_rng(4)
    y, (times, prices) = trades(rng, correlation=0.9)
    found = hayashi_yoshida(*y, times + delay_ms * 1_000_000, prices)
    assert found.lead_ns == delay_ms * 1_000_000
    assert np.nanmax(np.abs(found.contrast)) > 0.8


def test_delays_are_met_by_longer_steps():
    """Each leg answers a second late: single steps miss most of it, steps of a hundred trades do not."""
    rng = np.random.default_rng(5)
    y, (times, prices) = trades(rng, correlation=0.9)
    late = times + 1_500_000_000
    single = hayashi_yoshida(*y, late, prices, lags_ns=[]).correlation
    long = hayashi_yoshida(*y, late, prices, step=60, lags_ns=[]).correlation
    assert single < 0.4
    assert long > 0.75
    same = hayashi_yoshida(*y, times, prices, step=20, lags_ns=[])
    assert same.correlation == pytest.approx(0.9, abs=0.08)


def test_of_trades_at_one_time_the_last_counts():
    rng = np.random.default_rng(6)
    y, x = trades(rng, correlation=0.7, seconds=200)
    doubled = np.repeat(y[0], 2), np.repeat(y[1], 2)
    doubled[1][::2] *= 1.01
    first, second = hayashi_yoshida(*y, *x), hayashi_yoshida(*doubled, *x)
    assert second.correlation == first.correlation
    assert second.n_y == first.n_y
    np.testing.assert_array_equal(second.contrast, first.contrast)


def test_independent_legs_have_none():
    rng = np.random.default_rng(7)
    found = [
        hayashi_yoshida(*y, *x, lags_ns=[]) for y, x in (trades(rng, correlation=0.0) for _ in range(40))
    ]
    assert abs(np.mean([one.correlation for one in found])) < 0.02
    assert np.mean([one.low <= 0.0 <= one.high for one in found]) >= 0.85


def test_real_trades_agree_with_slow_bars(shared_data):
    from recorded import read_capture

    legs = []
    for symbol in ("btcusdt", "ethusdt"):
        recorded = read_capture(sorted((shared_data / "hft_spot").glob(f"{symbol}_*.gz")), "trade")
        times = np.array([trade.time_ms * 1_000_000 for trade in recorded])
        legs.append((times, np.array([float(trade.price) for trade in recorded])))
    found = hayashi_yoshida(*legs[0], *legs[1], step=100, lags_ns=[])
    assert found.correlation == pytest.approx(0.83, abs=0.05)  # bars of 30 s: 0.85
    assert hayashi_yoshida(*legs[0], *legs[1], lags_ns=[]).correlation < 0.2


def test_statuses():
    rng = np.random.default_rng(8)
    y, x = trades(rng, correlation=0.9, seconds=100)
    hole = np.where(np.arange(x[1].size) == 5, np.nan, x[1])
    after = x[0] + 3600 * SECOND
    cases = [
        ((*y, x[0], hole), Status.MISSING),
        ((*y, x[0], -x[1]), Status.MISSING),
        ((*y, x[0], np.full(x[1].size, 3.0)), Status.ZERO_VARIANCE),
        ((*y, after, x[1]), Status.TOO_SHORT),
        ((*y, x[0][:59], x[1][:59]), Status.TOO_SHORT),
        (([], [], [], []), Status.TOO_SHORT),
    ]
    for arguments, status in cases:
        found = hayashi_yoshida(
            *(np.asarray(part, dtype=None if len(part) else np.int64) for part in arguments)
        )
        assert found.status is status
        assert found.reason
        assert math.isnan(found.correlation)
        assert np.isnan(found.contrast).all()
        assert found.lead_ns is None
    assert hayashi_yoshida(*y, *x, step=30).need == 300


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"times_y": np.array([3, 2, 1])}, "times_y"),
        ({"times_x": np.array([1, 2])}, "times_x"),
        ({"times_y": np.array([0.5, 1.5, 2.5])}, "times_y"),
        ({"lags_ns": [0.5]}, "lags_ns"),
        ({"step": 0}, "step"),
    ],
)
def test_bad_input_is_named(change, name):
    given_ticks = {
        "times_y": np.arange(3),
        "prices_y": np.ones(3),
        "times_x": np.arange(3),
        "prices_x": np.ones(3),
    }
    with pytest.raises(InvalidParameter, match=name):
        hayashi_yoshida(**(given_ticks | change))


@given(st.data())
def test_anything_gives_a_correlation_or_a_status(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    legs = []
    for _ in range(2):
        n = data.draw(st.integers(0, 150))
        times = np.sort(rng.integers(0, data.draw(st.sampled_from([1, 100, 10**12])), n))
        kind = data.draw(st.sampled_from(["walk", "flat", "two prices", "hole", "huge"]))
        prices = 100 * np.exp(1e-3 * rng.standard_normal(n).cumsum())
        if kind == "flat":
            prices[:] = 0.1
        elif kind == "two prices":
            prices = np.where(rng.random(n) < 0.5, 1.0, 1.0001)
        elif kind == "hole":
            prices[n // 2 : n // 2 + 1] = np.nan
        elif kind == "huge":
            prices *= 1e300
        legs += [times, prices]
    found = hayashi_yoshida(*legs, step=data.draw(st.integers(1, 8)))
    if found.status.usable:
        assert -1 <= found.correlation <= 1
        assert not np.isinf(found.contrast).any()
        assert found.variance_y > 0
        assert math.isnan(found.low) or found.low <= found.correlation <= found.high
    else:
        assert math.isnan(found.correlation)
