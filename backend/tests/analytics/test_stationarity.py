"""The Dickey-Fuller test against published numbers, statsmodels and the textbook regression."""

import csv
import math

import numpy as np
import pytest
from arch.unitroot import ADF
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.stattools import adfuller

from analytics import market, reference
from analytics.walks import ar1, walk
from quant.analytics import Status, adf
from quant.errors import InvalidParameter

KINDS = {
    "walk": lambda rng, n: walk(rng, n),
    "level": lambda rng, n: walk(rng, n, start=6e4, step=3.0),
    "heavy": lambda rng, n: walk(rng, n, tail=3),
    "cauchy": lambda rng, n: walk(rng, n, tail=1),
    "reverting": lambda rng, n: 100 + ar1(rng, n, half_life=5),
    "noise": lambda rng, n: rng.standard_normal(n),
    "trend": lambda rng, n: 0.3 * np.arange(n) + ar1(rng, n, half_life=3),
    "last tick bad": lambda rng, n: walk(rng, n) + 1e5 * (np.arange(n) == n - 1),
    "first tick bad": lambda rng, n: walk(rng, n) + 1e5 * (np.arange(n) == 0),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [30, 31, 61, 400, 2000])
def test_equals_statsmodels(kind, n):
    rng = np.random.default_rng(n)
    for _ in range(4 if n < 1000 else 1):
        series = KINDS[kind](rng, n)
        for regression in ("n", "c", "ct"):
            for autolag in ("aic", "bic", None):
                found = adf(series, regression=regression, autolag=autolag)
                statistic, p, lags, used, critical = adfuller(
                    series, regression=regression, autolag=autolag, result_object=False
                )[:5]
                assert (found.lags, found.n) == (lags, used)
                assert abs(found.statistic - statistic) <= 1e-9 * max(1, abs(statistic))
                assert found.p_value == pytest.approx(p, abs=1e-9)
                assert found.critical_values == pytest.approx(critical, abs=1e-12)


@pytest.mark.parametrize("kind", ["walk", "heavy", "reverting"])
def test_equals_statsmodels_on_ten_thousand_bars(kind):
    series = KINDS[kind](np.random.default_rng(10), 10_000)
    found = adf(series)
    statistic, p, lags, used = adfuller(series, result_object=False)[:4]
    assert (found.lags, found.n) == (lags, used)
    assert abs(found.statistic - statistic) <= 1e-9 * max(1, abs(statistic))
    assert found.p_value == pytest.approx(p, abs=1e-9)


@pytest.mark.parametrize("kind", ["walk", "heavy", "reverting", "trend"])
@pytest.mark.parametrize("n", [30, 60, 300, 1440])
def test_equals_arch(kind, n):
    series = KINDS[kind](np.random.default_rng(n), n)
    for regression in ("n", "c", "ct"):
        found = adf(series, regression=regression)
        peer = ADF(series, trend=regression, max_lags=found.max_lag, method="aic")
        assert found.lags == peer.lags
        assert abs(found.statistic - peer.stat) <= 1e-9 * max(1, abs(peer.stat))


def test_equals_statsmodels_on_real_bars(shared_data):
    prices = np.log(market.closes(shared_data, "BTC", "ETH", "XRP", rows=20_000))
    for series in prices.T:
        for start, bars in ((0, 60), (500, 1440), (9000, 5000)):
            found = adf(series[start : start + bars])
            truth = adfuller(series[start : start + bars], result_object=False)
            assert found.lags == truth[2]
            assert abs(found.statistic - truth[0]) <= 1e-9 * max(1, abs(truth[0]))


@pytest.mark.parametrize("regression", ["n", "c", "ct"])
@pytest.mark.parametrize("lags", [0, 1, 5])
def test_equals_the_textbook_regression(regression, lags):
    series = walk(np.random.default_rng(lags), 150, start=3.0)
    found = adf(series, regression=regression, max_lag=lags, autolag=None)
    assert found.lags == lags
    assert found.statistic == pytest.approx(
        reference.dickey_fuller(series, regression=regression, lags=lags), rel=1e-7
    )


@pytest.fixture(scope="module")
def macro(shared_data):
    with (shared_data / "statsmodels_tables" / "macrodata.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in ("realgdp", "realcons", "infl")}


@pytest.mark.parametrize(
    ("name", "lags", "regression", "statistic"),
    [
        ("realgdp", 4, "c", 0.97505319),
        ("realgdp", 4, "ct", -1.8566374),
        ("realgdp", 4, "n", 3.5227498),
        ("infl", 1, "c", -4.3346988),
        ("infl", 1, "ct", -4.425093),
        ("infl", 1, "n", -2.4511596),
    ],
)
def test_meets_statas_dfuller(macro, name, lags, regression, statistic):
    found = adf(macro[name], regression=regression, max_lag=lags, autolag=None)
    assert found.statistic == pytest.approx(statistic, abs=4e-6)


def test_meets_statas_p_values(macro):
    gdp = adf(macro["realgdp"], max_lag=4, autolag=None)
    inflation = adf(macro["infl"], max_lag=1, autolag=None)
    assert gdp.p_value == pytest.approx(0.99399563, abs=4e-6)
    assert inflation.p_value == pytest.approx(0.00038661, abs=4e-6)


def test_size_and_power():
    rng = np.random.default_rng(1)
    walks = [adf(walk(rng, 300), max_lag=1, autolag=None).p_value < 0.05 for _ in range(1500)]
    reverting = [adf(ar1(rng, 300, half_life=6)).p_value < 0.05 for _ in range(200)]
    assert 0.033 <= np.mean(walks) <= 0.067
    assert np.mean(reverting) > 0.9


def test_statuses():
    series = walk(np.random.default_rng(2), 100)
    assert adf(series[:29]).status is Status.TOO_SHORT
    assert (adf(series[:29]).n, adf(series[:29]).need) == (29, 30)
    assert adf([]).status is Status.TOO_SHORT
    assert adf(np.where(np.arange(100) == 3, np.nan, series)).status is Status.MISSING
    assert adf(np.full(100, 0.1)).status is Status.ZERO_VARIANCE
    for exact in (np.sin(np.arange(100.0)), np.where(np.arange(100) % 2, 1.0, -1.0), 0.5 ** np.arange(100)):
        assert adf(exact).status is Status.SINGULAR
    assert adf(np.arange(100.0), regression="ct").status is Status.SINGULAR
    for result in (adf(series[:5]), adf(np.full(100, 0.1)), adf(np.sin(np.arange(100.0)))):
        assert result.reason
        assert math.isnan(result.p_value)


def test_tells_the_whole_story():
    found = adf(walk(np.random.default_rng(3), 200), regression="ct", max_lag=6, autolag="bic")
    assert found.null == "the series has a unit root"
    assert (found.regression, found.autolag, found.max_lag, found.series_in_test) == ("ct", "bic", 6, 1)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"regression": "ctt"}, "regression"),
        ({"autolag": "hq"}, "autolag"),
        ({"max_lag": 60}, "max_lag"),
        ({"max_lag": -1}, "max_lag"),
        ({"max_lag": 1.5}, "max_lag"),
    ],
)
def test_bad_options_are_named(options, name):
    with pytest.raises(InvalidParameter, match=name):
        adf(np.arange(100.0), **options)


@given(st.data())
def test_anything_gives_a_probability_or_a_status(data):
    n = data.draw(st.integers(0, 60))
    value = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, 2.0, math.nan, 1e300]))
    series = np.array(data.draw(st.lists(value, min_size=n, max_size=n)), dtype=float)
    found = adf(series, regression=data.draw(st.sampled_from(["n", "c", "ct"])))
    if found.status.usable:
        assert np.isfinite(found.statistic)
        assert 0 < found.p_value <= 1
    else:
        assert math.isnan(found.statistic)
        assert math.isnan(found.p_value)
