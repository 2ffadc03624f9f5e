"""The one call for a pair: every number from its own definition, statuses, signals, edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import reference
from analytics.walks import cointegrated, walk
from quant.analytics import (
    Signal,
    Status,
    analyse_pair,
    engle_granger_both,
    half_life,
    ols,
    rolling_correlation,
    spread,
    zscore,
)
from quant.analytics.mackinnon import p_value
from quant.domain import HedgeMethod, Scale
from quant.errors import InvalidParameter


def pair(seed, n, **law):
    return cointegrated(np.random.default_rng(seed), n, **law)


@pytest.mark.parametrize("scale", Scale)
@pytest.mark.parametrize(("n", "window"), [(61, 60), (500, 60), (300, 40), (400, 399)])
def test_every_number_is_its_definition(n, window, scale):
    prices_y, prices_x = pair(n, n)
    y, x = (prices_y, prices_x) if scale is Scale.LEVEL else (np.log(prices_y), np.log(prices_x))
    found = analyse_pair(prices_y, prices_x, window=window, scale=scale)
    before = slice(n - 1 - window, n - 1)
    alpha, beta, residuals = reference.line(y[before], x[before])
    sd = np.std(residuals, ddof=1)
    assert (found.status, found.reason, found.have, found.need) == (Status.OK, "", n, window + 1)
    assert (found.method, found.scale, found.window) == (HedgeMethod.OLS, scale, window)
    assert found.fit == ols(y[before], x[before])
    assert found.fit.beta == pytest.approx(float(beta), rel=1e-10)
    assert found.mean == found.fit.alpha == pytest.approx(float(alpha), rel=1e-8)
    assert found.sd == found.fit.sd == pytest.approx(float(sd), rel=1e-10)
    assert found.spread == pytest.approx(float(y[-1] - beta * x[-1]), rel=1e-9)
    assert found.zscore == pytest.approx(float((y[-1] - alpha - beta * x[-1]) / sd), rel=1e-7)
    assert found.zscore == pytest.approx((found.spread - found.mean) / found.sd, rel=1e-7)
    assert found.correlation == pytest.approx(
        float(np.corrcoef(np.diff(np.log(prices_y))[-window:], np.diff(np.log(prices_x))[-window:])[0, 1])
    )
    assert found.cointegration == engle_granger_both(y[before], x[before])
    assert found.next_fit.beta == pytest.approx(ols(y[-window:], x[-window:]).beta, rel=1e-10)
    assert found.next_fit.alpha == pytest.approx(ols(y[-window:], x[-window:]).alpha, rel=1e-8)
    assert found.next_fit.sd == pytest.approx(ols(y[-window:], x[-window:]).sd, rel=1e-10)


def test_the_unit_root_test_of_a_pair_is_on_estimated_residuals():
    y, x = pair(1, 300)
    found = analyse_pair(y, x, window=120)
    assert found.adf.statistic == found.cointegration.y_on_x.statistic
    assert found.adf.p_value == p_value(found.adf.statistic, trend="c", n_series=2)
    assert (found.adf.series_in_test, found.adf.regression) == (2, "n")
    assert found.adf.n == 120 - found.adf.lags - 1
    assert found.adf.critical_values == found.cointegration.y_on_x.critical_values


def test_the_half_life_is_that_of_the_windows_residuals():
    y, x = pair(2, 300)
    found = analyse_pair(y, x, window=120)
    before = slice(179, 299)
    residuals = y[before] - found.fit.alpha - found.fit.beta * x[before]
    assert found.half_life.bars == pytest.approx(reference.half_life(residuals), rel=1e-7)
    assert found.half_life.high == pytest.approx(half_life(residuals, estimated=True).high, rel=1e-6)


def test_rolling_rows_equal_the_public_functions():
    y, x = pair(3, 400)
    series = analyse_pair(y, x, window=60).series
    path = ols(y, x, window=60)
    for found, truth in (
        (series.alpha, path.alpha),
        (series.beta, path.beta),
        (series.sd, path.sd),
        (series.spread, spread(y, x, window=60)),
        (series.zscore, zscore(y, x, window=60)),
        (series.correlation, rolling_correlation(y, x, window=60)),
    ):
        np.testing.assert_array_equal(found, truth)


@pytest.mark.parametrize("first", [1, 60, 250, 399, 5000])
def test_rows_can_start_later(first):
    y, x = pair(4, 400)
    whole, part = analyse_pair(y, x, window=60), analyse_pair(y, x, window=60, series_from=first)
    first = min(first, 399)
    assert part.series.first_row == first
    assert part.series.zscore == pytest.approx(whole.series.zscore[first:], rel=1e-9, nan_ok=True)
    assert part.series.correlation == pytest.approx(whole.series.correlation[first:], rel=1e-9, nan_ok=True)
    assert part.zscore == pytest.approx(whole.zscore, rel=1e-9)
    assert (part.fit, part.cointegration) == (whole.fit, whole.cointegration)


@pytest.mark.parametrize("method", [HedgeMethod.HUBER, HedgeMethod.THEIL_SEN, HedgeMethod.TLS])
@pytest.mark.parametrize("first", [30, 59, 60, 61, 119, 120, 250, 399])
def test_rows_that_start_later_are_the_same_to_the_last_digit(method, first):
    y, x = pair(4, 400)
    y[[20, 200]] = np.nan
    x[310] = np.nan
    whole = analyse_pair(y, x, window=60, method=method).series
    part = analyse_pair(y, x, window=60, method=method, series_from=first).series
    for name in ("alpha", "beta", "sd", "spread", "zscore", "correlation"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[first:], name)


@pytest.mark.parametrize(("jump", "signal"), [(2.0, Signal.SELL), (-2.0, Signal.BUY), (0.0, Signal.NEUTRAL)])
def test_signals_of_a_cointegrated_pair(jump, signal):
    y, x = pair(5, 400, half_life=2, sd=0.2)
    before = analyse_pair(y, x, window=240)
    y[-1] += jump - before.zscore * before.sd
    found = analyse_pair(y, x, window=240)
    assert found.cointegration.p_value < 0.05
    assert found.signal is signal
    assert "p = " in found.signal_reason


def test_the_thresholds_are_two():
    y, x = pair(6, 400, half_life=2)
    before = analyse_pair(y, x, window=240)
    for z, signal in (
        (1.99, Signal.NEUTRAL),
        (2.01, Signal.SELL),
        (-1.99, Signal.NEUTRAL),
        (-2.01, Signal.BUY),
    ):
        moved = y.copy()
        moved[-1] += (z - before.zscore) * before.sd
        assert analyse_pair(moved, x, window=240).signal is signal


def test_there_is_no_signal_without_cointegration():
    rng = np.random.default_rng(7)
    y, x = walk(rng, 400), walk(rng, 400)
    y[-1] += 100.0
    found = analyse_pair(y, x, window=240)
    assert found.zscore > 2
    assert found.cointegration.p_value >= 0.05
    assert found.signal is Signal.NONE
    assert found.signal_reason == f"not cointegrated at 5 % (p = {found.cointegration.p_value:.2f})"


def test_one_direction_alone_does_not_make_a_signal():
    """Bent definition: without doubling, p between 2.5 and 5 % in one direction would give a signal."""
    rng = np.random.default_rng(8)
    for _ in range(400):
        y, x = walk(rng, 121), walk(rng, 121)
        found = analyse_pair(y, x, window=120)
        least = min(found.cointegration.y_on_x.p_value, found.cointegration.x_on_y.p_value)
        if 0.026 < least < 0.049:
            assert found.signal is Signal.NONE
            return
    raise AssertionError("no pair of walks fell between the two levels")


def test_too_short_says_what_it_has_and_needs():
    y, x = pair(9, 60)
    for n in (0, 1, 59, 60):
        found = analyse_pair(y[:n], x[:n], window=60)
        assert (found.status, found.have, found.need) == (Status.TOO_SHORT, n, 61)
        assert found.reason == f"needs 61 closed bars, there are {n}"
        assert found.fit.reason == found.cointegration.reason == found.reason
        assert found.signal is Signal.NONE
        assert np.isnan([found.zscore, found.spread, found.mean, found.sd, found.correlation]).all()
        assert found.series.beta.size == n


def test_a_short_window_has_a_score_but_no_test():
    y, x = pair(10, 100)
    found = analyse_pair(y, x, window=20)
    assert found.status is Status.OK
    assert math.isfinite(found.zscore)
    assert found.cointegration.status is Status.TOO_SHORT
    assert found.cointegration.need == 30
    assert found.signal is Signal.NONE
    assert "30 bars" in found.signal_reason


def test_statuses():
    y, x = pair(11, 200)
    hole, last = y.copy(), y.copy()
    hole[150] = last[-1] = np.nan
    flat = np.full(200, 7.0)
    cases = [
        (hole, x, Status.MISSING),
        (last, x, Status.MISSING),
        (y, flat, Status.ZERO_VARIANCE),
        (flat, x, Status.ZERO_VARIANCE),
        (x, x, Status.DUPLICATE),
        (5 * x - 2, x, Status.DUPLICATE),
    ]
    for left, right, status in cases:
        found = analyse_pair(left, right, window=60)
        assert found.status is status
        assert found.reason
        assert math.isnan(found.zscore)
        assert found.signal is Signal.NONE
        assert found.signal_reason == found.reason
    masked = analyse_pair(last, x, window=60)
    assert masked.fit.status is Status.OK  # the window before the masked bar is whole
    assert math.isnan(masked.next_fit.beta)
    old = analyse_pair(np.where(np.arange(200) == 100, np.nan, y), x, window=60)
    assert old.status is Status.OK  # a hole that has left the window is forgotten


def test_a_price_that_is_not_positive_has_no_logarithm():
    y, x = pair(12, 200)
    y[180] = -1.0
    assert analyse_pair(y, x, window=60).status is Status.OK
    assert analyse_pair(y, x, window=60, scale="log").status is Status.MISSING


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"window": 9}, "window"),
        ({"window": 10.5}, "window"),
        ({"window": 60, "method": "magic"}, "method"),
        ({"window": 60, "scale": "cubic"}, "scale"),
        ({"window": 60, "series_from": -1}, "series_from"),
    ],
)
def test_bad_options_are_named(options, name):
    y, x = pair(13, 100)
    with pytest.raises(InvalidParameter, match=name):
        analyse_pair(y, x, **options)


def test_inputs_are_not_changed():
    y, x = pair(14, 200)
    kept = y.copy(), x.copy()
    analyse_pair(y, x, window=60, scale="log")
    np.testing.assert_array_equal((y, x), kept)


@given(st.data())
def test_any_prices_give_a_whole_answer(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n, window = data.draw(st.integers(0, 120)), data.draw(st.integers(10, 60))
    y, x = cointegrated(rng, n, half_life=data.draw(st.sampled_from([1, 5, 50])))
    x = data.draw(st.sampled_from([x, y, 2 * y, np.full(n, 1.0), np.round(x, 1), 1e8 + 1e-3 * x]))
    y = y * data.draw(st.sampled_from([1e-8, 1.0, 1e8]))
    for hole in data.draw(st.lists(st.integers(0, 119), max_size=2)):
        y[hole : hole + 1] = np.nan
    found = analyse_pair(y, x, window=window, scale=data.draw(st.sampled_from(Scale)))
    numbers = [found.zscore, found.spread, found.mean, found.sd, found.correlation, found.fit.beta_se]
    assert not np.isinf(numbers).any()
    assert found.series.zscore.size == n
    p = found.cointegration.p_value
    assert math.isnan(p) or 0 < p <= 1
    if found.signal is Signal.NONE:
        assert found.signal_reason
    else:
        assert p < 0.05
