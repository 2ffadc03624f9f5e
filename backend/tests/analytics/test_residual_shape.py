"""The shape of residuals, against statsmodels, scipy and numpy."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.stattools import acf

from analytics.walks import ar1
from quant.analytics import Status, residual_shape


@pytest.mark.parametrize("n", [10, 61, 1440])
def test_is_what_independent_libraries_say(n):
    values = 50_000.0 + ar1(np.random.default_rng(n), n, half_life=4.0, sd=2.0) ** 2
    found = residual_shape(values)
    lags = min(40, n // 4)
    assert found.status is Status.OK
    assert found.autocorrelation == pytest.approx(acf(values, nlags=lags, fft=False)[1:], abs=1e-12)
    assert found.band == pytest.approx(stats.norm.ppf(0.975) / np.sqrt(n))
    assert found.skewness == pytest.approx(stats.skew(values, bias=False))
    assert found.excess_kurtosis == pytest.approx(stats.kurtosis(values, bias=False))
    assert (found.mean, found.sd) == (pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)))
    tested = min(10, 2 * (n // 8))
    assert found.whiteness_p == pytest.approx(acorr_ljungbox(values, lags=[tested])["lb_pvalue"].iloc[0])
    counts, edges = np.histogram(values, bins="fd")
    assert found.counts.tolist() == counts.tolist()
    assert found.edges == pytest.approx(edges)


def test_outliers_do_not_make_thousands_of_bins():
    values = np.append(np.random.default_rng(3).standard_normal(500), 1e6)
    found = residual_shape(values)
    assert found.counts.size == 60
    assert found.counts.sum() == values.size


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (np.arange(9.0), Status.TOO_SHORT),
        (np.append(np.arange(20.0), np.nan), Status.MISSING),
        (np.full(60, 7.25), Status.ZERO_VARIANCE),
    ],
)
def test_what_has_no_shape_says_why(values, status):
    found = residual_shape(values)
    assert found.status is status
    assert found.reason
    assert np.isnan([found.sd, found.skewness, found.excess_kurtosis, found.band, found.whiteness_p]).all()
    assert found.counts.size == found.autocorrelation.size == 0
