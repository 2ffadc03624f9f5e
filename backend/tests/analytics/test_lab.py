"""An examination is its parts on the right bars, and looks at none after them."""

import numpy as np
import pytest

from analytics.walks import cointegrated, walk
from quant.analytics import (
    HEDGE_METHODS,
    Status,
    adf,
    analyse_pair,
    engle_granger_both,
    examine_pair,
    grid_rows,
    johansen,
    kalman,
    kpss,
    stability,
)
from quant.domain import HedgeMethod, Scale
from quant.errors import InvalidParameter

WINDOW, BARS = 120, 400


@pytest.fixture(scope="module")
def pair():
    return cointegrated(np.random.default_rng(5), BARS)


def examine(y, x, *, window=WINDOW, points=9, **options):
    rows = grid_rows(len(y), window=window, points=points)
    return examine_pair(y, x, window=window, rows=rows, starts=np.maximum(rows - 200, 0), **options)


def test_the_grid_is_evenly_spread_from_the_first_whole_window_to_the_last_row():
    rows = grid_rows(400, window=120, points=9)
    assert (rows[0], rows[-1], rows.size) == (120, 399, 9)
    assert np.ptp(np.diff(rows)) <= 1
    assert grid_rows(123, window=120, points=9).tolist() == [120, 121, 122]
    assert grid_rows(120, window=120, points=9).size == 0


@pytest.mark.parametrize("method", HEDGE_METHODS)
@pytest.mark.parametrize("scale", Scale)
def test_its_numbers_are_those_of_the_pair(pair, method, scale):
    y, x = pair
    if method is HedgeMethod.KALMAN:  # there the filter begins with the bars it is given
        y, x = y[-321:], x[-321:]
        rows = grid_rows(321, window=WINDOW, points=5)
        found = examine_pair(y, x, window=WINDOW, method=method, scale=scale, rows=rows, starts=rows * 0)
    else:
        found = examine(y, x, method=method, scale=scale)
    whole = analyse_pair(y, x, window=WINDOW, method=method, scale=scale)
    assert found.fits[method] == whole.fit
    for name in ("status", "half_life", "adf", "cointegration", "test_note"):
        assert repr(getattr(found, name)) == repr(getattr(whole, name)), name
    read = np.log if scale is Scale.LOG else np.array
    line = whole.fit.alpha + whole.fit.beta * read(x)[-WINDOW - 1 : -1]
    assert found.residuals == pytest.approx(read(y)[-WINDOW - 1 : -1] - line)


def test_every_test_is_on_the_window(pair):
    y, x = pair
    found = examine(y, x)
    old_y, old_x = y[-WINDOW - 1 : -1], x[-WINDOW - 1 : -1]
    assert repr(found.johansen) == repr(johansen(np.column_stack((old_y, old_x))))
    assert found.stability == stability(old_y, old_x)
    assert found.kpss == kpss(found.residuals)
    assert [ratio.lags for ratio in found.variance_ratios] == [2, 5, 10, 20]
    assert [(leg.adf, leg.kpss) for leg in found.legs] == [(adf(leg), kpss(leg)) for leg in (old_y, old_x)]
    assert [each.window for each in found.windows] == [30, 60, 120, 240]
    for each in found.windows:
        span = slice(-each.window - 1, -1)
        assert each.cointegration == engle_granger_both(y[span], x[span])
        assert each.adf.statistic == each.cointegration.y_on_x.statistic
        assert each.adf.series_in_test == 2


def test_the_paths_are_fits_of_the_bars_before_each_row(pair):
    y, x = pair
    found = examine(y, x)
    for k, row in enumerate(found.rows):
        span, start = slice(row - WINDOW, row), max(row - 200, 0)
        for method, fit in HEDGE_METHODS.items():
            one = fit(y[span], x[span])
            if method is HedgeMethod.KALMAN:
                one = kalman(y[start:row], x[start:row], formation=WINDOW)
            path = found.paths[method]
            assert (path.beta[k], path.low[k], path.high[k]) == (one.beta, one.beta_low, one.beta_high)
        assert found.p_values[k] == engle_granger_both(y[span], x[span]).p_value


def test_a_masked_bar_is_missed_only_by_the_windows_that_hold_it(pair):
    y, x = pair[0].copy(), pair[1]
    y[150] = np.nan
    found = examine(y, x)
    assert found.status is Status.OK
    holds = (found.rows > 150) & (found.rows <= 150 + WINDOW)
    assert np.isnan(found.paths[HedgeMethod.OLS].beta).tolist() == holds.tolist()
    assert np.isnan(found.p_values).tolist() == holds.tolist()
    y[-5] = np.nan
    found = examine(y, x)
    assert found.status is found.shape.status is found.kpss.status is found.hurst.status is Status.MISSING


def test_too_few_bars_are_said_by_every_part():
    y, x = walk(np.random.default_rng(1), 60), walk(np.random.default_rng(2), 60)
    found = examine_pair(y, x, window=60, rows=[], starts=[])
    assert (found.status, found.have, found.need) == (Status.TOO_SHORT, 60, 61)
    parts = [*found.fits.values(), found.shape, found.johansen, found.kpss, found.hurst, found.stability]
    assert {part.status for part in parts} == {Status.TOO_SHORT}
    assert [each.window for each in found.windows] == [30]


@pytest.mark.parametrize(
    ("rows", "starts", "name"),
    [
        ([200, 398], [0, 0], "rows"),
        ([399, 399], [0, 0], "rows"),
        ([119, 399], [0, 0], "rows"),
        ([200, 399], [0], "starts"),
        ([200, 399], [100, 0], "starts"),
        ([200, 399], [-1, 0], "starts"),
    ],
)
def test_rows_without_their_bars_are_refused(pair, rows, starts, name):
    with pytest.raises(InvalidParameter) as refused:
        examine_pair(*pair, window=WINDOW, rows=rows, starts=starts)
    assert refused.value.values["parameter"] == name
