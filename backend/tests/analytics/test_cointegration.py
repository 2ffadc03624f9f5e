"""Engle-Granger against published numbers, statsmodels, and its own definition."""

import csv
import math
import warnings

import numpy as np
import pytest
from arch.unitroot.cointegration import engle_granger as arch_engle_granger
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.stattools import coint

from analytics import market
from analytics.walks import cointegrated, walk
from quant.analytics import Direction, Status, adf, engle_granger, engle_granger_both
from quant.analytics.mackinnon import p_value
from quant.analytics.staleness import stale_reason
from quant.errors import InvalidParameter


def heavy(rng, n):
    """Return walks of which no single step is nearly all, as of one in some hundred short ones is."""
    while True:
        legs = walk(rng, n, tail=3), walk(rng, n, tail=3)
        if not stale_reason(*legs):
            return legs


KINDS = {
    "independent": lambda rng, n: (walk(rng, n), walk(rng, n)),
    "cointegrated": lambda rng, n: cointegrated(rng, n, start=2.0, sd=0.5),
    "heavy": heavy,
    "scaled": lambda rng, n: tuple(
        leg * by for leg, by in zip(cointegrated(rng, n, start=2.0, sd=0.5), (6e4, 1e-5), strict=True)
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [30, 60, 400, 2000])
def test_equals_statsmodels(kind, n):
    rng = np.random.default_rng(n)
    for _ in range(6 if n < 1000 else 2):
        y, x = KINDS[kind](rng, n)
        for trend in ("c", "ct", "n"):
            for options in ({"autolag": "aic"}, {"autolag": "bic"}, {"autolag": None, "max_lag": 3}):
                found = engle_granger(y, x, trend=trend, **options)
                statistic, p, critical = coint(
                    y, x, trend=trend, autolag=options["autolag"], maxlag=options.get("max_lag")
                )
                assert abs(found.statistic - statistic) <= 1e-9 * max(1, abs(statistic))
                assert found.p_value == pytest.approx(p, abs=1e-9)
                if trend != "n":  # the 1 % value differs by the misprint that test_mackinnon names
                    assert list(found.critical_values.values())[1:] == pytest.approx(critical[1:], abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_equals_statsmodels_on_ten_thousand_bars(kind):
    y, x = KINDS[kind](np.random.default_rng(10), 10_000)
    found, (statistic, p, _) = engle_granger(y, x), coint(y, x)
    assert abs(found.statistic - statistic) <= 1e-9 * max(1, abs(statistic))
    assert found.p_value == pytest.approx(p, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [30, 60, 300, 1440])
def test_equals_arch(kind, n):
    y, x = KINDS[kind](np.random.default_rng(n), n)
    for trend in ("n", "c", "ct"):
        found = engle_granger(y, x, trend=trend)
        peer = arch_engle_granger(y, x, trend=trend, max_lags=found.max_lag, method="aic")
        assert found.lags == peer.lags
        assert abs(found.statistic - peer.stat) <= 1e-9 * max(1, abs(peer.stat))


def test_meets_statas_egranger():
    state = np.random.RandomState(123)
    common = state.randn(200).cumsum()
    y = state.randn(200, 4)
    y[:, :2] += common[:, None]
    y = np.round(y + np.array([1, 0, 0.5, 0]), 4)
    found = engle_granger(y[:, 0], y[:, 1], max_lag=4, autolag=None)
    assert found.statistic == pytest.approx(-5.760696844656, abs=5e-13)
    assert found.lags == 4


def test_meets_the_published_consumption_on_income(shared_data):
    with (shared_data / "statsmodels_tables" / "macrodata.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    cons, gdp = (np.array([float(row[name]) for row in rows]) for name in ("realcons", "realgdp"))
    found = engle_granger(cons, gdp, max_lag=0, autolag=None)
    assert found.statistic == pytest.approx(-1.830170986148, abs=5e-13)


def test_equals_statsmodels_on_real_bars(shared_data):
    legs = market.closes(shared_data, "BTC", "ETH", "SOL", rows=20_000).T
    for start in (0, 9000):
        for y, x in ((legs[0], legs[1]), (legs[1], legs[2])):
            rows = slice(start, start + 1440)
            found, truth = engle_granger(y[rows], x[rows]), coint(y[rows], x[rows])
            assert found.statistic == pytest.approx(truth[0], abs=1e-9 * max(1, abs(truth[0])))
            assert found.p_value == pytest.approx(truth[1], abs=1e-9)


def test_uses_the_tables_for_two_series():
    """Bent definition: with the N = 1 table independent walks pass at 16 %."""
    y, x = cointegrated(np.random.default_rng(1), 300, half_life=10)
    found = engle_granger(y, x)
    assert found.p_value == pytest.approx(p_value(found.statistic, trend="c", n_series=2), abs=1e-15)
    assert found.p_value > 1.5 * p_value(found.statistic, trend="c", n_series=1)
    assert found.critical_values["5%"] < -3.3


def test_the_size_on_independent_walks_is_the_level():
    rng = np.random.default_rng(2)
    draws = 1500
    tests = [engle_granger(walk(rng, 300), walk(rng, 300), max_lag=1, autolag=None) for _ in range(draws)]
    assert 0.033 <= np.mean([test.p_value < 0.05 for test in tests]) <= 0.067
    assert np.mean([p_value(test.statistic, trend="c", n_series=1) < 0.05 for test in tests]) > 0.12


@pytest.mark.parametrize(("n", "options"), [(300, {"max_lag": 1, "autolag": None}), (1000, {})])
def test_one_direction_rejects_walks_at_five_percent(n, options):
    """Bent lag rules and tables show here; 4,000 draws and other lengths are in docs/methods.md."""
    rng = np.random.default_rng(20260420)
    rejected = [engle_granger(walk(rng, n), walk(rng, n), **options).p_value < 0.05 for _ in range(2000)]
    assert 0.04 <= np.mean(rejected) <= 0.06


def test_power_grows_with_the_window_and_falls_with_the_half_life():
    rng = np.random.default_rng(8)

    def found(n, truth):
        tests = [engle_granger_both(*cointegrated(rng, n, half_life=truth)) for _ in range(100)]
        return np.mean([test.p_value < 0.05 for test in tests])

    assert found(240, 2) > 0.95
    assert found(1440, 20) > 0.95
    assert found(240, 20) < 0.25
    assert found(60, 5) < 0.35


def test_a_pair_has_one_p_value_over_both_directions():
    rng = np.random.default_rng(3)
    directions = set()
    for _ in range(40):
        y, x = walk(rng, 200), walk(rng, 200)
        both, forward, backward = engle_granger_both(y, x), engle_granger(y, x), engle_granger(x, y)
        least = min(forward.p_value, backward.p_value)
        assert both.p_value == min(1.0, 2.0 * least)
        assert both.y_on_x == forward
        assert (both.x_on_y.statistic, both.x_on_y.beta) == (backward.statistic, backward.beta)
        chosen = forward if both.direction is Direction.Y_ON_X else backward
        assert (both.statistic, both.lags, both.critical_values) == (
            chosen.statistic,
            chosen.lags,
            chosen.critical_values,
        )
        assert chosen.p_value == least
        directions.add(both.direction)
    assert directions == set(Direction)


def test_a_pairs_p_is_no_more_than_one():
    rng = np.random.default_rng(4)
    p = [engle_granger_both(walk(rng, 100), walk(rng, 100)).p_value for _ in range(60)]
    assert max(p) == 1.0
    assert min(p) > 0


def test_statuses_instead_of_minus_infinity():
    y, x = cointegrated(np.random.default_rng(5), 100)
    hole = np.where(np.arange(100) == 10, np.nan, y)
    flat = np.full(100, 5.0)
    cases = [
        (hole, x, Status.MISSING),
        (y, hole, Status.MISSING),
        (flat, x, Status.ZERO_VARIANCE),
        (y, flat, Status.ZERO_VARIANCE),
        (x, x, Status.DUPLICATE),
        (2 * x + 1, x, Status.DUPLICATE),
        (y[:29], x[:29], Status.TOO_SHORT),
        (x + np.where(np.arange(100) % 2, 1.0, -1.0), x, None),
    ]
    for left, right, status in cases:
        for trend in ("c", "ct", "n"):
            found, both = (
                engle_granger(left, right, trend=trend),
                engle_granger_both(left, right, trend=trend),
            )
            if status is None or (status is Status.DUPLICATE and trend == "n" and left is not right):
                assert not np.isinf(found.statistic)
                continue
            assert found.status is both.status is status
            assert found.reason
            assert math.isnan(found.statistic)
            assert math.isnan(found.p_value)
            assert math.isnan(both.p_value)


def test_a_stablecoin_pair_is_flagged_and_computed():
    rng = np.random.default_rng(6)
    x = walk(rng, 500, start=1.0, step=1e-2)
    y = x + 1e-6 * rng.standard_normal(500)
    found = engle_granger(y, x)
    assert found.status is Status.NEAR_PERFECT
    assert found.statistic < -10
    residuals = (y - x) - np.polyval(np.polyfit(x - x.mean(), y - x, 1), x - x.mean())
    direct = adf(residuals, regression="n")
    assert found.lags == direct.lags
    assert found.statistic == pytest.approx(direct.statistic, rel=1e-6)


def test_tells_the_whole_story():
    found = engle_granger(*cointegrated(np.random.default_rng(7), 240), trend="ct", max_lag=5, autolag="bic")
    assert found.null.startswith("the legs are not cointegrated")
    assert (found.trend, found.autolag, found.max_lag, found.n) == ("ct", "bic", 5, 240)
    assert found.beta == pytest.approx(1.3, rel=0.2)
    with pytest.raises(InvalidParameter, match="trend"):
        engle_granger([1.0], [1.0], trend="ctt")


@given(st.data())
def test_anything_gives_a_probability_or_a_status(data):
    n = data.draw(st.integers(25, 60))
    value = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, 2.0, math.nan]))
    y = np.array(data.draw(st.lists(value, min_size=n, max_size=n)))
    x = data.draw(st.sampled_from([y, 2 * y, np.arange(float(n)), np.cumsum(np.nan_to_num(y)), np.zeros(n)]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = engle_granger_both(y, x, trend=data.draw(st.sampled_from(["n", "c", "ct"])))
    for test in (found, found.y_on_x, found.x_on_y):
        if test.status.usable:
            assert np.isfinite(test.statistic)
            assert 0 < test.p_value <= 1
        elif test is not found:
            assert math.isnan(test.p_value)
    assert math.isnan(found.p_value) or 0 < found.p_value <= 1
