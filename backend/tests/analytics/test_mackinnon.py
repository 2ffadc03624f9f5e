"""p-values and critical values against statsmodels and the paper."""

import numpy as np
import pytest
from statsmodels.tsa.adfvalues import mackinnoncrit, mackinnonp

from quant.analytics import mackinnon

CASES = [("n", 1), ("n", 2), ("c", 1), ("c", 2), ("ct", 1), ("ct", 2)]


@pytest.mark.parametrize(("trend", "n_series"), CASES)
def test_p_values_equal_statsmodels(trend, n_series):
    statistics = np.linspace(-25, 4, 2001)
    found = mackinnon.p_values(statistics, trend=trend, n_series=n_series)
    truth = [mackinnonp(t, trend, n_series) for t in statistics]
    assert np.abs(found - truth).max() <= 1e-12


@pytest.mark.parametrize(("trend", "n_series"), CASES)
def test_no_statistic_has_probability_zero(trend, n_series):
    found = mackinnon.p_values(np.array([-1e6, -50.0, np.nan]), trend=trend, n_series=n_series)
    assert 0 < found[0] == found[1] < 1e-10
    assert np.isnan(found[2])


@pytest.mark.parametrize(("trend", "n_series"), [("n", 1), ("c", 1), ("c", 2), ("ct", 1), ("ct", 2)])
@pytest.mark.parametrize("n", [30, 199, 5000])
def test_critical_values_equal_statsmodels_but_for_its_misprint(trend, n_series, n):
    found = list(mackinnon.critical_values(trend=trend, n_series=n_series, n=n).values())
    truth = mackinnoncrit(N=n_series, regression=trend, nobs=n)
    if (trend, n_series) == ("c", 2):
        # MacKinnon (2010), table 2, N = 2, 1 %: the coefficient of 1/T² is -22.527; statsmodels has -33.527.
        truth[0] += (33.527 - 22.527) / n**2
    assert found == pytest.approx(truth, abs=1e-12)


def test_the_one_percent_value_of_two_series_is_the_papers():
    values = mackinnon.critical_values(trend="c", n_series=2, n=100)
    assert values["1%"] == pytest.approx(-3.89644 - 10.9519 / 100 - 22.527 / 100**2, abs=1e-12)
    assert list(values) == ["1%", "5%", "10%"]


def test_the_smallest_and_largest_values_of_the_published_response_agree_with_the_levels():
    """The two papers were fitted apart: at the asymptotic 1, 5 and 10 % points p must come out near that."""
    for trend, n_series in CASES:
        values = mackinnon.critical_values(trend=trend, n_series=n_series, n=10**9)
        for level, value in values.items():
            if not np.isnan(value):
                p = mackinnon.p_value(value, trend=trend, n_series=n_series)
                assert p == pytest.approx(float(level[:-1]) / 100, rel=0.1)
