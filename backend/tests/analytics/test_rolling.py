"""Rolling fits, z-scores and correlations against whole-window twins; nothing looks ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import reference
from analytics.walks import ar1, cointegrated, walk
from quant.analytics import ols, rolling_correlation, spread, zscore


def worst(found, truth, *, scale=None):
    """Return the largest error relative to `scale`, after checking that both miss the same rows."""
    found, truth = np.asarray(found), np.asarray(truth, float)
    assert np.array_equal(np.isnan(found), np.isnan(truth))
    size = np.abs(truth) if scale is None else scale
    return np.nanmax(np.abs(found - truth) / size)


def check_against_twin(y, x, window, *, tolerance=1e-9):
    path, z = ols(y, x, window=window), zscore(y, x, window=window)
    alpha, beta, sd, score, size = reference.rolling_ols(y, x, window)
    assert worst(path.beta, beta) <= tolerance
    # float64 holds a residual to 2e-16 of the terms it is the difference of, and alpha likewise
    assert worst(path.sd, sd, scale=sd + 4e-7 * size) <= tolerance
    assert worst(path.alpha, alpha, scale=np.abs(alpha) + size) <= tolerance
    if not np.isnan(z).all():
        assert worst(z, score, scale=1 + np.abs(score) + 4e-7 * size / sd) <= tolerance


@pytest.mark.parametrize("window", [3, 10, 60, 333])
@pytest.mark.parametrize("n", [334, 700])
def test_random_legs(n, window):
    check_against_twin(*cointegrated(np.random.default_rng(n + window), n), window)


@pytest.mark.parametrize(("by_y", "by_x"), [(1e8, 1e-8), (1e-5, 6e4)])
def test_any_price_scale(by_y, by_x):
    y, x = cointegrated(np.random.default_rng(1), 400)
    check_against_twin(y * by_y, x * by_x, 60)


def test_tiny_variance_at_a_huge_level():
    rng = np.random.default_rng(2)
    x = 1e8 + 1e-3 * rng.standard_normal(600)
    y = 1e8 + 1e-3 * rng.standard_normal(600) + 0.5 * (x - 1e8)
    check_against_twin(y, x, 60)


def test_what_left_the_window_leaves_no_trace():
    rng = np.random.default_rng(3)
    x = np.r_[1e8 + np.arange(50.0), 1 + 1e-3 * rng.standard_normal(400)]
    y = np.r_[1e8 * rng.standard_normal(50), 1 + 1e-3 * rng.standard_normal(400)]
    check_against_twin(y, x, 20)
    x[200] *= 1e6
    check_against_twin(y, x, 20)


def test_near_perfect_windows_keep_their_digits():
    rng = np.random.default_rng(4)
    x = walk(rng, 500, start=1.0, step=1e-3)
    check_against_twin(x + 1e-7 * ar1(rng, 500, half_life=3), x, 60, tolerance=1e-7)


def test_a_trend_and_a_long_window():
    rng = np.random.default_rng(5)
    y, x = cointegrated(rng, 2500)
    check_against_twin(y + 0.05 * np.arange(2500), x + 0.05 * np.arange(2500), 1440)


def test_a_missing_bar_blanks_its_windows_and_no_others():
    y, x = cointegrated(np.random.default_rng(6), 200)
    y[70] = x[120] = np.nan
    check_against_twin(y, x, 30)
    path, z = ols(y, x, window=30), zscore(y, x, window=30)
    assert np.flatnonzero(np.isnan(path.beta[30:])).tolist() == [*range(41, 71), *range(91, 121)]
    assert np.isnan(z[70])
    assert np.isfinite(path.beta[70])
    assert np.isfinite(z[101])


def test_constant_and_collinear_windows_have_no_score():
    y, x = cointegrated(np.random.default_rng(7), 300)
    y[100:160] = y[100]
    x[200:260] = x[200]
    path = ols(y, x, window=30)
    for start, stop in ((130, 161), (230, 261)):
        assert np.isnan(path.beta[start:stop]).all()
        assert np.isfinite(path.beta[[start - 1, stop]]).all()
    y[200:280] = 2 * x[200:280] + 1
    y[:], x[:] = y, np.where(np.arange(300) < 200, x, walk(np.random.default_rng(8), 300))
    y[200:280] = 2 * x[200:280] + 1
    path, z = ols(y, x, window=30), zscore(y, x, window=30)
    assert (path.sd[230:281] == 0).all()
    assert path.beta[230:281] == pytest.approx(2.0)
    assert np.isnan(z[230:281]).all()
    assert not np.isinf(z).any()


def test_whole_legs_constant_or_equal():
    x = walk(np.random.default_rng(9), 300)
    for left, right in ((np.full(300, 0.1), x), (x, np.full(300, 1e8)), (x, x), (3 * x, x)):
        z = zscore(left, right, window=60)
        assert np.isnan(z).all()


def test_the_score_is_the_spread_in_its_windows_own_mean_and_sd():
    y, x = cointegrated(np.random.default_rng(10), 200)
    path, z = ols(y, x, window=60), zscore(y, x, window=60)
    t = 150
    before = y[t - 60 : t] - path.beta[t] * x[t - 60 : t]
    now = y[t] - path.beta[t] * x[t]
    assert spread(y, x, window=60)[t] == pytest.approx(now, rel=1e-12)
    assert z[t] == pytest.approx((now - before.mean()) / before.std(ddof=1), rel=1e-9)
    assert path.alpha[t] == pytest.approx(before.mean(), rel=1e-9)
    assert z[t] != pytest.approx((now - before.mean()) / before.std(ddof=0), rel=1e-4)


def test_the_window_ends_before_its_row():
    """A jump in bar t must not move the line that bar t is judged by."""
    y, x = cointegrated(np.random.default_rng(11), 200)
    jumped = y.copy()
    jumped[150] += 50.0
    calm, wild = ols(y, x, window=60), ols(jumped, x, window=60)
    assert wild.beta[150] == calm.beta[150]
    assert wild.sd[150] == calm.sd[150]
    assert wild.beta[151] != calm.beta[151]
    assert wild.residual[150] == pytest.approx(calm.residual[150] + 50.0)


def test_the_step_after_the_last_row_is_the_next_rows_fit():
    y, x = cointegrated(np.random.default_rng(12), 201)
    step, path = ols(y[:200], x[:200], window=60).next_fit, ols(y, x, window=60)
    assert step.beta == pytest.approx(path.beta[200], rel=1e-12)
    assert step.sd == pytest.approx(path.sd[200], rel=1e-12)


def test_spread_without_a_window_uses_one_fit():
    y, x = cointegrated(np.random.default_rng(13), 100)
    assert spread(y, x) == pytest.approx(y - ols(y, x).beta * x)


@pytest.mark.parametrize("window", [3, 20, 150])
def test_correlation_is_that_of_log_returns(window):
    rng = np.random.default_rng(window)
    common = rng.standard_normal(300).cumsum() * 1e-3
    y, x = (p * np.exp(common + 1e-3 * rng.standard_normal(300).cumsum()) for p in (6e4, 1e-5))
    found = rolling_correlation(y, x, window=window)
    assert worst(found, reference.rolling_correlation(y, x, window), scale=1.0) <= 1e-9
    assert np.isnan(found[:window]).all()


def test_correlation_of_a_leg_that_stands_still_or_grows_evenly_is_none():
    x = walk(np.random.default_rng(14), 200)
    for y in (np.full(200, 3.0), 100 * 1.001 ** np.arange(200), np.where(np.arange(200) == 100, -1.0, x)):
        found = rolling_correlation(y, x, window=150)
        assert np.isnan(found).all()
    assert rolling_correlation(x, x, window=50)[60] == pytest.approx(1.0)


@given(st.data())
def test_changing_the_future_changes_nothing_before(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n, window = data.draw(st.integers(20, 120)), data.draw(st.integers(3, 30))
    cut = data.draw(st.integers(1, n - 1))
    y, x = cointegrated(rng, n)
    later_y, later_x = y.copy(), x.copy()
    later_y[cut:] = data.draw(st.sampled_from([np.nan, 1e6, 0.0])) + rng.standard_normal(n - cut)
    later_x[cut:] = rng.standard_normal(n - cut)
    for rows in (
        lambda a, b: ols(a, b, window=window).beta[: cut + 1],  # row t is fitted on bars before t
        lambda a, b: ols(a, b, window=window).sd[: cut + 1],
        lambda a, b: zscore(a, b, window=window)[:cut],
        lambda a, b: spread(a, b, window=window)[:cut],
        lambda a, b: rolling_correlation(a, b, window=window)[:cut],
    ):
        np.testing.assert_array_equal(rows(y, x), rows(later_y, later_x))


@given(st.data())
def test_any_holes_scales_and_constants_agree_with_the_twin_or_are_blank(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n, window = data.draw(st.integers(0, 90)), data.draw(st.integers(3, 40))
    y, x = cointegrated(rng, n, start=data.draw(st.sampled_from([0.0, 100.0, 1e6])))
    y, x = y * data.draw(st.sampled_from([1e-8, 1.0, 1e8])), x * data.draw(st.sampled_from([1e-8, 1.0, 1e8]))
    for leg in (y, x):
        for hole in data.draw(st.lists(st.integers(0, 89), max_size=3)):
            leg[hole : hole + 1] = np.nan
    if n and data.draw(st.booleans()):
        start = data.draw(st.integers(0, n - 1))
        y[start : start + 30] = y[start]
    path, z = ols(y, x, window=window), zscore(y, x, window=window)
    if n == 0:
        return
    assert path.beta.size == path.alpha.size == path.sd.size == z.size == n
    assert np.isnan(path.beta[:window]).all()
    assert not np.isinf(np.concatenate([path.alpha, path.beta, path.sd, z])).any()
    truth = reference.rolling_ols(y, x, window)
    usable = np.isfinite(path.sd) & (path.sd > 0)
    assert path.beta[usable] == pytest.approx(truth[1][usable].astype(float), rel=1e-8)
    assert path.sd[usable] == pytest.approx(truth[2][usable].astype(float), rel=1e-8)
