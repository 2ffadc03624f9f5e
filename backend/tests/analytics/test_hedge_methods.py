"""What every hedge ratio must do, whatever its method: windows, scale, statuses, holes, nothing ahead."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.walks import cointegrated, walk
from quant.analytics import (
    HEDGE_METHODS,
    Status,
    analyse_pair,
    engle_granger_both,
    half_life,
    kalman,
    spread,
    zscore,
)
from quant.domain import HedgeMethod
from quant.errors import InvalidParameter

METHODS = list(HedgeMethod)
WINDOWED = [method for method in METHODS if method is not HedgeMethod.KALMAN]


def pair(seed, n, **law):
    return cointegrated(np.random.default_rng(seed), n, **law)


def fit_before(method, y, x, window):
    """Return the fit that the row after the last bar must equal."""
    if method is HedgeMethod.KALMAN:
        return kalman(y, x, formation=window)
    return HEDGE_METHODS[method](y[-window:], x[-window:])


def at_row(of, name, t):
    value = getattr(of, name)
    return value[t] if np.ndim(value) else value


def columns(path):
    return np.array([path.alpha, path.beta, path.sd, path.residual])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n", "window"), [(200, 20), (200, 60), (250, 110)])
def test_a_row_is_the_fit_on_the_window_before_it(method, n, window):
    y, x = pair(n, n)
    path = HEDGE_METHODS[method](y, x, window=window)
    assert path.method is method
    assert np.isnan(columns(path)[:, :window]).all()
    for t in (window, window + 1, n - 7, n - 1, n):
        fit = fit_before(method, y[:t], x[:t], window)
        at = path.next_fit if t == n else path
        assert at_row(at, "alpha", t) == pytest.approx(fit.alpha, rel=1e-9)
        assert at_row(at, "beta", t) == pytest.approx(fit.beta, rel=1e-10)
        if method is not HedgeMethod.KALMAN:
            assert at_row(at, "sd", t) == pytest.approx(fit.sd, rel=1e-9)
        if t < n:
            assert path.residual[t] == pytest.approx(y[t] - fit.alpha - fit.beta * x[t], abs=1e-11)


@pytest.mark.parametrize("method", METHODS)
def test_sd_is_that_of_the_residuals_about_their_mean(method):
    y, x = pair(1, 150)
    fit = HEDGE_METHODS[method](y, x)
    if method is HedgeMethod.KALMAN:
        assert fit.sd == pytest.approx(kalman(y, x, window=150).next_fit.sd, rel=1e-12)
    else:
        residuals = y - fit.alpha - fit.beta * x
        assert fit.sd == pytest.approx(np.std(residuals, ddof=1), rel=1e-9)
        assert fit.r_squared == pytest.approx(1 - np.var(residuals) / np.var(y), rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("by_y", "by_x"), [(1e8, 1e-8), (1e-8, 1e8), (6e4, 1e-5), (1e-5, 6e4), (1e8, 1e8)])
def test_is_scale_equivariant(method, by_y, by_x):
    y, x = pair(2, 240)
    estimate = HEDGE_METHODS[method]
    fit, scaled = estimate(y, x), estimate(y * by_y, x * by_x)
    assert scaled.status is Status.OK
    assert scaled.beta == pytest.approx(fit.beta * by_y / by_x, rel=1e-10)
    assert scaled.beta_se == pytest.approx(fit.beta_se * by_y / by_x, rel=1e-7)
    assert scaled.alpha == pytest.approx(fit.alpha * by_y, rel=1e-8)
    assert scaled.alpha_se == pytest.approx(fit.alpha_se * by_y, rel=1e-7)
    assert scaled.sd == pytest.approx(fit.sd * by_y, rel=1e-9)
    z, z_scaled = zscore(y, x, window=60, method=method), zscore(y * by_y, x * by_x, window=60, method=method)
    assert z_scaled == pytest.approx(z, rel=1e-6, abs=1e-8, nan_ok=True)


@pytest.mark.parametrize("method", METHODS)
def test_a_shift_of_the_legs_moves_alpha_alone(method):
    y, x = pair(3, 240)
    estimate = HEDGE_METHODS[method]
    fit, moved = estimate(y, x), estimate(y + 64.0, x - 32.0)
    assert moved.beta == pytest.approx(fit.beta, rel=1e-9)
    assert moved.alpha == pytest.approx(fit.alpha + 64.0 + 32.0 * fit.beta, rel=1e-8)
    assert moved.beta_se == pytest.approx(fit.beta_se, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_tiny_noise_at_a_huge_level_keeps_its_digits(method):
    rng = np.random.default_rng(4)
    small_x = np.round(1e-3 * rng.standard_normal(300).cumsum() * 2**20) / 2**20
    small_y = np.round((0.5 * small_x + 1e-3 * rng.standard_normal(300)) * 2**20) / 2**20
    estimate = HEDGE_METHODS[method]
    near, far = estimate(small_y, small_x), estimate(1e8 + small_y, 1e8 + small_x)  # both exact in float64
    assert far.beta == pytest.approx(near.beta, rel=1e-9)
    assert far.sd == pytest.approx(near.sd, rel=1e-9)
    z = [zscore(level + small_y, level + small_x, window=60, method=method) for level in (0.0, 1e8)]
    assert z[1] == pytest.approx(z[0], rel=1e-6, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("method", METHODS)
def test_a_bad_tick_leaves_with_its_window(method):
    y, x = pair(5, 400)
    bad = y.copy()
    bad[100] = 1e12
    found, clean = (columns(HEDGE_METHODS[method](leg, x, window=60)) for leg in (bad, y))
    if method in WINDOWED:
        np.testing.assert_allclose(found[:, 161:], clean[:, 161:], rtol=1e-9, atol=1e-9)
    assert np.isfinite(found[:, 60:]).all()


@pytest.mark.parametrize("method", METHODS)
def test_statuses_name_what_stands_in_the_way(method):
    y, x = pair(6, 100)
    hole = np.where(np.arange(100) == 10, np.nan, y)
    flat = np.full(100, 5.0)
    cases = {
        Status.MISSING: [(hole, x), (y, hole), (np.where(np.isnan(hole), np.inf, y), x)],
        Status.ZERO_VARIANCE: [
            (flat, x),
            (y, flat),
            (flat, flat),
            (np.full(100, 0.1), x),
            (y, np.full(100, 1e8)),
        ],
        Status.DUPLICATE: [(x, x), (2 * x + 1, x), (-x, x), (x / 3e9, x)],
        Status.TOO_SHORT: [(y[:2], x[:2]), (y[:0], x[:0])],
    }
    estimate = HEDGE_METHODS[method]
    for status, inputs in cases.items():
        for left, right in inputs:
            fit = estimate(left, right)
            assert fit.status is status
            assert fit.reason
            assert math.isnan(fit.beta_se)
            assert math.isnan(fit.beta_low)
            path = estimate(left[-60:], right[-60:], window=50)
            if status in (Status.ZERO_VARIANCE, Status.TOO_SHORT):
                assert np.isnan(columns(path)).all()
            assert not (path.sd > 0).any() or status is Status.MISSING
    assert estimate(2 * x + 1, x).beta == pytest.approx(2.0)


@pytest.mark.parametrize("method", METHODS)
def test_a_near_perfect_fit_is_flagged_and_computed(method):
    rng = np.random.default_rng(7)
    x = walk(rng, 500, start=1.0, step=1e-3)
    noise = 1e-6 * rng.standard_normal(500)
    fit = HEDGE_METHODS[method](x + noise, x)
    assert fit.status is Status.NEAR_PERFECT
    assert fit.beta == pytest.approx(1.0, abs=1e-4)
    assert fit.sd == pytest.approx(1e-6, rel=0.2)
    assert fit.beta_low < 1.0 < fit.beta_high


@pytest.mark.parametrize("method", METHODS)
def test_a_hole_empties_the_windows_that_hold_it_and_no_others(method):
    y, x = pair(8, 300)
    y[150] = np.nan
    missing = np.isnan(HEDGE_METHODS[method](y, x, window=40).sd)
    held = np.zeros(300, bool)
    held[:40] = True
    if method is HedgeMethod.KALMAN:  # a filter passes over the bar and goes on
        held[150] = False
        assert np.isnan(HEDGE_METHODS[method](y, x, window=40).residual[150])
        held[150] = True
    else:
        held[151:191] = True
    np.testing.assert_array_equal(missing, held)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_looks_ahead(method):
    y, x = pair(9, 260)
    whole = columns(HEDGE_METHODS[method](y, x, window=60))
    rng = np.random.default_rng(9)
    for t in (61, 120, 200, 259):
        np.testing.assert_allclose(
            columns(HEDGE_METHODS[method](y[:t], x[:t], window=60)), whole[:, :t], rtol=1e-9
        )
        other = y.copy(), x.copy()
        for leg in other:
            leg[t:] *= np.exp(rng.standard_normal(260 - t))
        changed = columns(HEDGE_METHODS[method](*other, window=60))
        np.testing.assert_allclose(changed[:, :t], whole[:, :t], rtol=1e-9)
        np.testing.assert_allclose(
            changed[:2, t], whole[:2, t], rtol=1e-9
        )  # the line that bar t is valued with
        assert changed[3, t] != whole[3, t]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("window", [0, 2, -1, 2.5, True, "60"])
def test_a_window_that_cannot_be_is_refused(method, window):
    with pytest.raises(InvalidParameter, match="window"):
        HEDGE_METHODS[method](np.arange(9.0), np.arange(9.0), window=window)


@pytest.mark.parametrize("method", METHODS)
def test_standard_errors_need_ten_bars(method):
    y, x = pair(10, 10)
    assert math.isnan(HEDGE_METHODS[method](y[:9], x[:9]).beta_se)
    fit = HEDGE_METHODS[method](y, x)
    assert 0 < fit.beta_se < math.inf
    assert fit.beta_low < fit.beta < fit.beta_high


@pytest.mark.parametrize("scale", ["level", "log"])
@pytest.mark.parametrize("method", METHODS)
def test_a_pair_is_whole_by_every_method(method, scale):
    prices = pair(11, 300)
    y, x = prices if scale == "level" else np.log(prices)
    found = analyse_pair(*prices, window=120, method=method, scale=scale)
    fit = fit_before(method, y[:-1], x[:-1], 120)
    assert (found.method, found.status, found.fit) == (method, Status.OK, fit)
    assert found.zscore == pytest.approx((found.spread - found.mean) / found.sd, rel=1e-6)
    assert found.zscore == pytest.approx(zscore(y, x, window=120, method=method)[-1], rel=1e-9)
    assert found.spread == pytest.approx(y[-1] - fit.beta * x[-1], rel=1e-9)
    assert found.spread == pytest.approx(spread(y, x, window=120, method=method)[-1], rel=1e-9)
    before = slice(179, 299)
    along = half_life(y[before] - fit.alpha - fit.beta * x[before], estimated=True)
    assert found.half_life.bars == pytest.approx(along.bars, rel=1e-6)
    # the tests stay with least squares, and say so
    assert found.cointegration == engle_granger_both(y[before], x[before])
    assert ("least squares" in found.test_note) == (method is not HedgeMethod.OLS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("first", [0, 61, 250, 299])
def test_rows_can_start_later(method, first):
    y, x = pair(12, 300)
    whole, part = (analyse_pair(y, x, window=60, method=method, series_from=at) for at in (0, first))
    assert part.series.first_row == first
    for name in ("alpha", "beta", "sd", "spread", "zscore"):
        found, truth = getattr(part.series, name), getattr(whole.series, name)[first:]
        np.testing.assert_allclose(found, truth, rtol=1e-9, atol=1e-12)
    assert part.fit == whole.fit


@given(st.data())
def test_any_prices_give_finite_numbers_or_a_status(data):
    method = data.draw(st.sampled_from(METHODS))
    n = data.draw(st.integers(0, 40))
    value = st.one_of(
        st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, 2.0, math.nan, math.inf, 1e300, 1e-300])
    )
    y, x = (np.array(data.draw(st.lists(value, min_size=n, max_size=n))) for _ in range(2))
    fit = HEDGE_METHODS[method](y, x)
    numbers = [
        fit.alpha,
        fit.beta,
        fit.sd,
        fit.r_squared,
        fit.alpha_se,
        fit.beta_se,
        *fit.parameters.values(),
    ]
    assert not np.isinf(numbers).any()
    if fit.status.usable:
        assert np.isfinite([fit.alpha, fit.beta, fit.sd, fit.r_squared]).all()
        assert fit.sd > 0
    path = HEDGE_METHODS[method](y, x, window=10)
    assert not np.isinf(columns(path)).any()
    assert np.array_equal(np.isnan(path.alpha), np.isnan(path.beta))


@given(st.data())
def test_any_pair_gives_a_whole_answer(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n, window = data.draw(st.integers(0, 120)), data.draw(st.integers(10, 60))
    y, x = cointegrated(rng, n, half_life=data.draw(st.sampled_from([1, 5, 50])))
    x = data.draw(
        st.sampled_from([x, y, 2 * y, np.full(n, 1.0), np.round(x, 1), np.round(x), 1e8 + 1e-3 * x])
    )
    y = y * data.draw(st.sampled_from([1e-8, 1.0, 1e8]))
    for hole in data.draw(st.lists(st.integers(0, 119), max_size=2)):
        y[hole : hole + 1] = np.nan
    found = analyse_pair(y, x, window=window, method=data.draw(st.sampled_from(METHODS)))
    assert not np.isinf([found.zscore, found.spread, found.mean, found.sd, found.fit.beta_se]).any()
    assert found.series.zscore.size == n
    assert not np.isinf(found.series.zscore).any()
