"""q-values against scipy, and what calibration does to nulls whose steps are not normal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from analytics.universes import cointegrated_pairs, factor_universe, null_walks
from quant.analytics import adf, scan_pairs
from quant.analytics.findings import LagRule
from quant.analytics.multiplicity import benjamini_yekutieli
from quant.analytics.tail_calibration import own_null_p, own_null_p_of_series
from quant.errors import InvalidParameter


@given(st.lists(st.floats(0, 1), max_size=40))
def test_q_values_equal_scipys(p_values):
    p = np.array(p_values)
    truth = false_discovery_control(p, method="by") if p.size else p
    assert np.allclose(benjamini_yekutieli(p), truth, rtol=1e-12)


def test_what_was_not_tested_is_not_counted():
    p = np.array([0.01, np.nan, 0.2, 0.001, np.nan])
    q = benjamini_yekutieli(p)
    assert np.array_equal(np.isnan(q), np.isnan(p))
    assert np.allclose(q[[0, 2, 3]], false_discovery_control(p[[0, 2, 3]], method="by"))


def test_no_null_pair_is_called_with_normal_steps():
    rng = np.random.default_rng(1)
    called = [scan_pairs(np.exp(null_walks(rng, 300, 40)), calibrate=True).q_value.min() for _ in range(20)]
    assert np.sum(np.array(called) <= 0.05) <= 3  # at 5 % a fourth of 20 comes up in 1.6 % of runs


def test_heavy_tails_are_calibrated():
    """Universes of t(3) walks in which the plain q-value calls pairs at 30 %: few are left."""
    rng, plain, left = np.random.default_rng(2), 0, 0
    for _ in range(60):
        prices = np.exp(null_walks(rng, 300, 40, tail=3))
        if scan_pairs(prices).q_value.min() <= 0.3:
            plain += 1
            left += scan_pairs(prices, calibrate=True, level=0.3).q_value.min() <= 0.3
    assert plain >= 4
    assert left <= 1


def test_calibration_only_raises_and_only_what_was_called():
    rng = np.random.default_rng(3)
    prices = np.exp(np.column_stack([cointegrated_pairs(rng, 400, 6, half_life=3), null_walks(rng, 400, 4)]))
    plain, table = scan_pairs(prices), scan_pairs(prices, calibrate=True)
    called = plain.q_value <= 0.05
    assert 0 < called.sum() < len(plain)
    assert (table.p_calibrated >= plain.p_value).all()
    assert np.array_equal(table.p_calibrated[~called], plain.p_value[~called])
    assert (table.p_calibrated[called] > plain.p_value[called]).any()
    assert np.array_equal(table.p_value, plain.p_value)
    assert np.allclose(table.q_value, false_discovery_control(table.p_calibrated, method="by"))
    true = (table.i % 2 == 0) & (table.j == table.i + 1) & (table.j < 12)
    assert (table.q_value[true] <= 0.05).mean() > 0.5
    assert np.array_equal(table.p_calibrated, scan_pairs(prices, calibrate=True).p_calibrated)


def test_a_jump_in_the_first_bars_does_not_look_like_reversion():
    """After one jump at bar 1 the plain p of a walk with any other can be next to nothing."""
    rng = np.random.default_rng(8)
    levels = null_walks(rng, 300, 2)
    levels[0, 0] += 0.25
    table = scan_pairs(np.exp(levels), max_lag=0, calibrate=True)
    assert table.p_value[0] < 1e-9
    assert table.p_calibrated[0] > 0.1


@pytest.mark.parametrize("tail", [None, 4])
def test_the_own_null_has_its_own_level(tail):
    """Of null pairs 5 % have a p under 5 % after their own null, plain or not."""
    rng, rule = np.random.default_rng(5), LagRule.of(120, None, "aic")
    p = []
    for _ in range(100):
        y, x = null_walks(rng, 120, 2, tail=tail).T
        plain = scan_pairs(np.exp(np.column_stack([y, x]))).p_value[0]
        p.append(own_null_p(y, x, plain, rule, seed=1))
    assert np.mean(np.array(p) < 0.05) <= 0.12


def test_a_series_on_its_own():
    rng, rule = np.random.default_rng(6), LagRule.of(300, None, "aic")
    walk = null_walks(rng, 300, 1)[:, 0] - 4.0
    p = [own_null_p_of_series(walk, given, rule, seed=1) for given in (0.5, 0.05, 1e-3, 1e-8)]
    assert p == sorted(p, reverse=True)
    assert p[1] == pytest.approx(0.05, abs=0.03)
    assert 1e-8 <= p[3] < 1e-4
    jump = walk + 1.0 * (np.arange(300) == 0)
    assert own_null_p_of_series(jump, 1e-8, rule, seed=1) > 0.2


def test_the_screen_and_the_test_use_their_own_bars():
    rng = np.random.default_rng(7)
    levels = np.column_stack([cointegrated_pairs(rng, 600, 4, half_life=4), null_walks(rng, 600, 6)])
    prices = np.exp(levels)
    table, first = scan_pairs(prices, holdout=0.5, screen=0.05, fit=0.0), scan_pairs(prices[:300])
    screened = first.p_value <= 0.05
    assert np.array_equal(table.holdout == "screened_out", ~screened)
    assert np.array_equal(np.isfinite(table.holdout_p), screened)
    assert np.array_equal(table.holdout == "survived", table.holdout_q <= 0.05)
    true = (table.i % 2 == 0) & (table.j == table.i + 1) & (table.j < 8)
    assert set(table.holdout[true]) == {"survived"}
    plain = scan_pairs(prices)
    assert np.array_equal(table.p_value, plain.p_value)
    assert np.array_equal(table.q_value, plain.q_value)


@pytest.mark.parametrize("scale", ["log", "level"])
def test_the_screen_asks_for_a_line_that_explains_or_for_a_very_small_p(scale):
    rng = np.random.default_rng(16)
    walks, noise = null_walks(rng, 400, 12), 0.08 * rng.standard_normal((400, 2))
    tied = 4.0 + 0.9 * (walks[:, :4] - 4.0) + 0.02 * null_walks(rng, 400, 4)
    slow = cointegrated_pairs(rng, 400, 12, half_life=12)
    prices = np.exp(np.column_stack([walks, tied, slow, walks[:, 10:] + noise]))
    table, first = scan_pairs(prices, holdout=0.5, scale=scale), scan_pairs(prices[:200], scale=scale)
    levels = np.log(prices[:200]) if scale == "log" else prices[:200]
    explained = np.corrcoef(levels.T)[first.i, first.j] ** 2
    fits, likely, sure = explained >= 0.9, first.p_value <= 0.5, first.p_value <= 1e-3
    assert min((fits & likely).sum(), (fits & ~likely).sum(), (sure & ~fits).sum()) > 0
    assert (
        likely & ~sure & (explained > 0.82) & ~fits
    ).sum() > 0  # near the threshold, and on its other side
    assert np.array_equal(np.isfinite(table.holdout_p), (fits & likely) | sure)
    assert np.array_equal(table.holdout == "screened_out", ~((fits & likely) | sure))


@pytest.mark.parametrize("fit", [-0.1, 1.0, float("nan")])
def test_a_share_to_be_explained_that_cannot_be_is_refused(fit):
    with pytest.raises(InvalidParameter, match="fit"):
        scan_pairs(np.exp(null_walks(np.random.default_rng(15), 100, 3)), holdout=0.5, fit=fit)


def test_the_later_bars_are_held_against_the_line_of_the_first():
    """Frozen line, no constant, one given series: by hand."""
    rng = np.random.default_rng(8)
    levels = cointegrated_pairs(rng, 400, 1, half_life=6)
    table = scan_pairs(np.exp(levels), holdout=0.6, screen=0.9, fit=0.0)
    first = scan_pairs(np.exp(levels[:160]))
    y, x = levels.T if first.direction[0] == "y_on_x" else levels.T[::-1]
    slope, constant = np.polyfit(x[:160], y[:160], 1)
    test = adf((y - constant - slope * x)[160:], regression="n")
    assert table.holdout_p[0] == pytest.approx(test.p_value, rel=1e-6)


def test_what_breaks_after_the_screen_fails():
    rng = np.random.default_rng(9)
    levels = cointegrated_pairs(rng, 600, 3, half_life=4)
    levels[300:, 0] += null_walks(rng, 300, 1)[:, 0] - 4.0
    table = scan_pairs(np.exp(levels), holdout=0.5)
    assert table.holdout[0] == "failed"


def test_the_caller_can_end_the_test_of_the_later_bars():
    """Every stage reports, and every 32 pairs of the hold-out."""
    rng, calls = np.random.default_rng(11), []
    factor = null_walks(rng, 200, 1)
    prices = np.exp(factor + 0.004 * rng.standard_normal((200, 14)))
    table = scan_pairs(prices, holdout=0.5, screen=0.5, progress=lambda *call: calls.append(call))
    assert np.isfinite(table.holdout_p).sum() == len(table) == 91
    assert calls[-3:] == [(0, 91), (32, 91), (64, 91)]
    screened = len(calls) - 3

    def look(done, of):
        calls.append((done, of))
        if len(calls) > screened + 1:
            raise TimeoutError

    calls.clear()
    with pytest.raises(TimeoutError):
        scan_pairs(prices, holdout=0.5, screen=0.5, progress=look)
    assert calls[-1] == (32, 91)


def test_the_screen_reports_too():
    prices, calls = np.exp(null_walks(np.random.default_rng(12), 100, 5)), []
    scan_pairs(prices, progress=lambda *call: calls.append(call))
    plain = len(calls)
    scan_pairs(prices, holdout=0.5, screen=1e-9, progress=lambda *call: calls.append(call))
    assert len(calls) == 3 * plain


def test_a_leg_that_stands_still_later_is_not_held_out():
    levels = cointegrated_pairs(np.random.default_rng(13), 400, 1, half_life=4)
    levels[201:] = levels[201]
    table = scan_pairs(np.exp(levels), holdout=0.5, screen=0.5)
    assert np.isnan(table.holdout_p[0])
    assert table.holdout[0] == "not_tried"


def test_parts_that_cannot_be_tested_say_so():
    prices = np.exp(factor_universe(np.random.default_rng(10), 70, 4))
    assert set(scan_pairs(prices, holdout=0.7).holdout) == {"not_tried"}
    assert set(scan_pairs(prices, holdout=0.3, screen=0.999).holdout) <= {"not_tried", "screened_out"}
    prices[5, 0] = np.nan
    table = scan_pairs(prices, holdout=0.5)
    assert set(table.holdout[table.i == 0]) == {"not_tried"}
