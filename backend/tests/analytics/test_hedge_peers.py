"""Each line against its peer from 30 to 10,000 bars: independent, cointegrated, heavy-tailed and real legs."""

import numpy as np
import pytest
import statsmodels.api as sm

from analytics import market
from analytics.test_cointegration import heavy
from analytics.test_hedge_huber import peer as robust_peer
from analytics.test_hedge_kalman import assert_is_the_textbooks
from analytics.walks import cointegrated, walk
from quant.analytics import huber, ols, theil_sen

SIZES = [30, 240, 3_000, 10_000]
KINDS = ["independent", "cointegrated", "heavy", "real"]
REAL = [("ETH", "BTC"), ("LTC", "BCH")]


@pytest.fixture
def legs(request, kind, n):
    rng = np.random.default_rng(n)
    if kind == "independent":
        return [(walk(rng, n), walk(rng, n))]
    if kind == "cointegrated":
        return [cointegrated(rng, n)]
    if kind == "heavy":
        return [heavy(rng, n)]
    folder = request.getfixturevalue("shared_data")
    both = [market.closes(folder, *names, rows=20_000)[-n:] for names in REAL]
    return [(each[:, 0], each[:, 1]) for each in both] + [
        (np.log(each[:, 0]), np.log(each[:, 1])) for each in both
    ]


def median_of_all_slopes(y, x):
    """Return the median of the slopes written out, a bar with all later ones at a time."""
    slopes, held = np.empty(x.size * (x.size - 1) // 2), 0
    for i in range(x.size - 1):
        dx, dy = x[i + 1 :] - x[i], y[i + 1 :] - y[i]
        differ = dx != 0.0
        end = held + np.count_nonzero(differ)
        slopes[held:end] = dy[differ] / dx[differ]
        held = end
    return np.median(slopes[:held])


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_least_squares(legs):
    for y, x in legs:
        fit, peer = ols(y, x), sm.OLS(y, sm.add_constant(x)).fit()
        assert abs(fit.beta - peer.params[1]) <= 1e-9 * max(1.0, abs(peer.params[1]))
        assert abs(fit.alpha - peer.params[0]) <= 1e-9 * max(1.0, abs(peer.params[0]))
        assert abs(fit.r_squared - peer.rsquared) <= 1e-9


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_huber(legs):
    """The peer is given standardised legs: on raw ones it is the peer that loses digits."""
    for y, x in legs:
        fit, (_, beta, scale) = huber(y, x), robust_peer(*((leg - leg.mean()) / leg.std() for leg in (y, x)))
        assert fit.beta == pytest.approx(beta * y.std() / x.std(), rel=1e-8)
        assert fit.parameters["scale"] == pytest.approx(scale * y.std(), rel=1e-8)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_theil_sen(legs):
    for y, x in legs:
        assert theil_sen(y, x).beta == median_of_all_slopes(y, x)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_kalman(legs, n):
    for y, x in legs:
        assert_is_the_textbooks(y, x, max(n // 4, 20), about_zero=1e-11)
