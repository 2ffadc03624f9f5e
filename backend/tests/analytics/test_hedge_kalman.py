"""The filter against a textbook one in extended precision, its likelihood against a plain search."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import chi2

from analytics.walks import cointegrated, walk
from quant.analytics import Status, kalman
from quant.analytics.hedge.kalman import whiteness
from quant.errors import InvalidParameter

EXACT = np.longdouble


def filtered(y, x, qa, qb, r, state, covariance):
    """Return alpha, beta, innovation and its variance for each bar: textbook matrices, the short covariance update."""
    state, covariance = np.array(state, EXACT), np.array(covariance, EXACT)
    rows = []
    for t, (now, h) in enumerate(zip(np.asarray(y, EXACT), np.asarray(x, EXACT), strict=True)):
        if t:
            covariance = covariance + np.diag([EXACT(qa), EXACT(qb)])
        row = np.array([EXACT(1), h])
        e, s = now - row @ state, row @ covariance @ row + EXACT(r)
        rows.append([state[0], state[1], e, s])
        if not np.isnan(float(e)):
            gain = covariance @ row / s
            state, covariance = state + gain * e, covariance - np.outer(gain, row @ covariance)
    return np.array(rows).T


def beginning(u, r):
    """Return the covariance of level and slope when the level at the first bar and the slope are nearly unknown."""
    to_level = np.array([[EXACT(1), -u[0]], [EXACT(0), EXACT(1)]])
    return to_level @ to_level.T * EXACT(1e6) * r


def on_formation(y, x, window):
    """Return v, u and their units: residuals of the formation's line against centred x, each in units of its sd."""
    y, x = np.asarray(y, EXACT), np.asarray(x, EXACT)
    first_y, first_x = y[:window], x[:window]
    dx = first_x - first_x.mean()
    beta = (dx * (first_y - first_y.mean())).sum() / (dx * dx).sum()
    v, u = y - first_y.mean() - beta * (x - first_x.mean()), x - first_x.mean()
    unit, unit_x = (np.sqrt((part[:window] ** 2).sum() / (window - 1)) for part in (v, u))
    return v / unit, u / unit_x, beta, unit, unit_x


def assert_is_the_textbooks(y, x, window, *, about_zero=0.0):
    """Assert that the filter's slopes, standardised innovations and their sizes are those of the plain one.

    `about_zero` is how far a slope may be off where it crosses zero.
    """
    path = kalman(y, x, window=window)
    v, u, beta, unit, unit_x = on_formation(y, x, window)
    r = path.parameters["observation_variance"] / unit**2
    qa = path.parameters["noise_ratio"] * r
    qb = path.parameters["beta_variance"] / (unit / unit_x) ** 2
    _, slope, e, s = filtered(v, u, qa, qb, r, [0, 0], beginning(u, r))
    rows = slice(window, None)
    expected = (beta + slope * unit / unit_x)[rows].astype(float)
    np.testing.assert_allclose(path.beta[rows], expected, rtol=1e-11, atol=about_zero)
    z = (e / np.sqrt(s))[rows].astype(float)
    np.testing.assert_allclose(path.residual[rows] / path.sd[rows], z, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(path.sd[rows], (unit * np.sqrt(s))[rows].astype(float), rtol=1e-11)


@pytest.mark.parametrize("half_life", [1, 5, 30])
@pytest.mark.parametrize(("n", "window"), [(120, 30), (400, 60), (500, 240)])
def test_the_filter_is_the_textbooks(n, window, half_life):
    y, x = cointegrated(np.random.default_rng(n + half_life), n, half_life=half_life)
    assert_is_the_textbooks(y, x, window)


def test_the_score_is_of_the_innovation_not_of_what_the_update_left():
    y, x = cointegrated(np.random.default_rng(1), 300)
    path = kalman(y, x, window=100)
    innovation = y - path.alpha - path.beta * x
    after = y[:-1] - path.alpha[1:] - path.beta[1:] * x[:-1]
    np.testing.assert_allclose(path.residual[100:], innovation[100:], rtol=1e-9, atol=1e-12)
    assert np.median(np.abs(after[100:])) < 0.9 * np.median(np.abs(path.residual[100:]))


def test_noise_is_the_likeliest_on_the_formation_window():
    rng = np.random.default_rng(2)
    for n in (60, 240):
        x = walk(rng, n)
        y = walk(rng, n, step=0.1) + 1.3 * x + 0.2 * rng.standard_normal(n)
        found = kalman(y, x).parameters
        v, u, _, unit, unit_x = on_formation(y, x, n)
        share = found["beta_variance"] / (unit / unit_x) ** 2 * unit**2
        share = float(share / (found["noise_ratio"] * found["observation_variance"]))

        def surprise(decade, v=v, u=u, share=share):
            q = 10.0**decade
            _, _, e, s = filtered(v, u, q, q * share, 1.0, [0, 0], beginning(u, 1.0))
            e, s = e[2:], s[2:]
            return float(np.log((e * e / s).mean()) + np.log(s).mean())

        best = minimize_scalar(surprise, bounds=(-10, 4), method="bounded", options={"xatol": 1e-6})
        ours = math.log10(found["noise_ratio"])
        assert surprise(ours) <= best.fun + 1e-9


def test_noise_is_frozen():
    """Fitted on all bars it would look ahead: a wild second half must not be known in the first."""
    y, x = cointegrated(np.random.default_rng(3), 400)
    wild = y.copy()
    wild[200:] += np.random.default_rng(4).standard_normal(200) * 5.0
    assert kalman(wild, x, window=100).parameters == kalman(y, x, window=100).parameters
    assert kalman(y, x, formation=100).parameters == kalman(y, x, window=100).parameters
    assert kalman(wild, x).parameters != kalman(y, x).parameters


def test_it_follows_a_ratio_that_moves():
    rng = np.random.default_rng(5)
    x = walk(rng, 2000)
    beta = 1.3 + 0.005 * rng.standard_normal(2000).cumsum()
    y = 3.0 + beta * (x - x[0]) + 0.05 * rng.standard_normal(2000)
    path = kalman(y, x, window=500)
    assert np.corrcoef(path.beta[600:], beta[600:])[0, 1] > 0.9
    z = path.residual[500:] / path.sd[500:]
    assert 0.7 < z.std() < 1.4


def bouncing(rng, n, *, beta, bounce):
    """Return a slow spread's legs, x as it trades: off its price by `bounce`, times its steps' sd of 0.1."""
    y, x = cointegrated(rng, n, beta=beta, half_life=60)
    return y, x + 0.1 * bounce * rng.choice([-1.0, 1.0], n)


def whole_slope(y, x, noise_ratio):
    """Return slope alone, slopes of three bars together, and the variance of their difference, by lstsq."""
    gain = (math.sqrt(noise_ratio**2 + 4 * noise_ratio) - noise_ratio) / 2
    legs = []
    for leg in (y, x):
        level, unforeseen = leg[0], []
        for value in leg:
            unforeseen.append(value - level)
            level += gain * unforeseen[-1]
        legs.append(np.array(unforeseen))
    target, now, before, after = legs[0][2:-1], legs[1][2:-1], legs[1][1:-2], legs[1][3:]
    few, many = (np.column_stack([np.ones(now.size), *rows]) for rows in ((now,), (now, before, after)))
    alone = np.linalg.lstsq(few, target)[0]
    found, (squares,), *_ = np.linalg.lstsq(many, target)
    pick = np.array([0.0, 1.0, 1.0, 1.0])
    spread = pick @ np.linalg.inv(many.T @ many) @ pick - np.linalg.inv(few.T @ few)[1, 1]
    return alone[1], found[1:].sum(), spread * squares / (now.size - 4)


@pytest.mark.parametrize("beta", [1.3, -1.3])
def test_the_interval_allows_for_the_pull_of_errors_in_x(beta):
    y, x = bouncing(np.random.default_rng(7), 1440, beta=beta, bounce=0.2)
    fit, clean = kalman(y, x), kalman(y, x, formation=1440, delta=1e-9, v_epsilon=1.0)
    alone, whole, variance = whole_slope(y, x, fit.parameters["noise_ratio"])
    pull = fit.parameters["beta_pull"]
    assert (whole - alone) * beta > 0
    assert pull == pytest.approx(math.copysign(math.sqrt((whole - alone) ** 2 - variance), beta), rel=1e-6)
    assert fit.beta_se > abs(pull) > 0.5 * fit.beta_se
    assert fit.alpha_se > abs(pull * x[-1])
    assert fit.beta_low < beta < fit.beta_high
    assert clean.parameters["beta_pull"] == pytest.approx(0.0, abs=1e-3)  # such a filter learns from levels


def test_intervals_hold_where_x_bounces():
    """An error of a sixth of x's steps takes a twentieth of beta away; without an allowance a tenth would hold."""
    rng, held, bare, share = np.random.default_rng(8), 0, 0, 0.0
    for _ in range(200):
        y, x = bouncing(rng, 1440, beta=1.3, bounce=0.16)
        fit = kalman(y, x)
        pull = fit.parameters["beta_pull"]
        held += fit.beta_low <= 1.3 <= fit.beta_high
        bare += abs(fit.beta - 1.3) <= 1.96 * math.sqrt(fit.beta_se**2 - pull**2)
        share += (1.0 - fit.beta / 1.3) / 200
    assert 0.03 < share < 0.07
    assert bare / 200 < 0.3
    assert held / 200 > 0.88


def test_clean_legs_are_seldom_allowed_for():
    rng, seen, width = np.random.default_rng(9), 0, []
    for _ in range(200):
        fit = kalman(*cointegrated(rng, 240, half_life=10))
        pull = fit.parameters["beta_pull"]
        seen += pull != 0.0
        width.append(fit.beta_se / math.sqrt(fit.beta_se**2 - pull**2))
    assert 0 < seen < 26  # one in twenty by chance: 10, with a standard error of 3
    assert np.median(width) == 1.0
    assert np.mean(width) < 1.1


def test_chans_noise_is_used_as_given():
    y, x = cointegrated(np.random.default_rng(6), 200)
    path = kalman(y, x, window=50, delta=1e-4, v_epsilon=1e-3)
    q = 1e-4 / (1 - 1e-4)
    alpha, beta, e, s = (row.astype(float) for row in filtered(y, x, q, q, 1e-3, [0, 0], np.zeros((2, 2))))
    np.testing.assert_allclose(path.beta[50:], beta[50:], rtol=1e-11)
    np.testing.assert_allclose(path.alpha[50:], alpha[50:], rtol=1e-9)
    np.testing.assert_allclose(path.sd[50:], np.sqrt(s)[50:], rtol=1e-11)
    np.testing.assert_allclose(path.residual[50:], e[50:], atol=1e-11)
    assert path.parameters["delta"] == 1e-4


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"delta": 1e-4}, "v_epsilon"),
        ({"v_epsilon": 1e-3}, "delta"),
        ({"delta": 1.0, "v_epsilon": 1e-3}, "delta"),
        ({"delta": 1e-4, "v_epsilon": 0.0}, "v_epsilon"),
        ({"delta": 1e-4, "v_epsilon": math.inf}, "v_epsilon"),
        ({"formation": 5}, "window"),
        ({"formation": 50, "window": 60}, "formation"),
    ],
)
def test_bad_options_are_named(options, name):
    y, x = cointegrated(np.random.default_rng(7), 100)
    with pytest.raises(InvalidParameter, match=name):
        kalman(y, x, **options)


def test_the_formation_window_moves_past_what_determines_no_noise():
    y, x = cointegrated(np.random.default_rng(8), 300)
    y[20] = np.nan
    late = kalman(y, x, window=50)
    assert np.isnan(late.beta[:71]).all()
    np.testing.assert_array_equal(late.beta[71:], kalman(y[21:], x[21:], window=50).beta[50:])
    x[:75] = 7.0  # still: the next window is tried
    assert np.isnan(kalman(y, x, window=50).beta[:121]).all()
    assert np.isfinite(kalman(y, x, window=50).beta[121:]).all()


def test_a_missing_bar_is_passed_over():
    y, x = cointegrated(np.random.default_rng(9), 200)
    y[150] = np.nan
    path = kalman(y, x, window=50)
    assert np.isnan([path.residual[150], path.sd[150]]).all()
    assert path.beta[150] == pytest.approx(kalman(y[:150], x[:150], formation=50).beta)
    assert path.beta[151] == path.beta[150]
    assert kalman(y, x, formation=50).status is Status.OK
    assert kalman(y, x).status is Status.MISSING


def test_whiteness_is_ljung_and_boxs():
    rng = np.random.default_rng(10)
    scores = rng.standard_normal(300)
    away = scores - scores.mean()
    r = np.array([(away[k:] * away[:-k]).sum() for k in range(1, 11)]) / (away**2).sum()
    q = 300 * 302 * (r**2 / (300 - np.arange(1, 11))).sum()
    assert whiteness(scores) == pytest.approx(chi2.sf(q, 10), rel=1e-9)
    assert 0 < whiteness(scores.cumsum()) < 1e-10
    assert math.isnan(whiteness(scores[:5]))
    assert math.isnan(whiteness(np.zeros(50)))


def test_whiteness_rejects_at_its_level_and_sees_memory():
    rng = np.random.default_rng(11)
    p = np.array([whiteness(rng.standard_normal(200)) for _ in range(1000)])
    assert 0.03 < np.mean(p < 0.05) < 0.075
    y, x = cointegrated(rng, 500, half_life=5)
    told = kalman(y, x, window=240).parameters["whiteness_p"]
    assert 0 < told <= 1
