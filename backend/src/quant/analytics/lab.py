"""One pair under every method and every test, on the same bars."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.cointegration import engle_granger_both
from quant.analytics.hedge import HEDGE_METHODS
from quant.analytics.hedge.kalman import kalman
from quant.analytics.hedge.ols import ols
from quant.analytics.hurst import hurst
from quant.analytics.inputs import checked_window, legs, logs
from quant.analytics.johansen import johansen
from quant.analytics.kpss import kpss
from quant.analytics.lab_results import BetaPath, PairExamination, WindowTest
from quant.analytics.leg_tests import leg_tests
from quant.analytics.pair import MIN_WINDOW, TEST_NOTE, half_life_of_residuals, residual_test, verdict_of
from quant.analytics.residual_shape import residual_shape
from quant.analytics.results import HedgeFit, PairCointegration, Status
from quant.analytics.series_results import JohansenTest
from quant.analytics.stability import stability
from quant.analytics.universe import checked_scale
from quant.analytics.variance_ratio import variance_ratio
from quant.domain import FloatArray, HedgeMethod, IntArray, Scale
from quant.errors import InvalidParameter

WINDOWS = (30, 60, 120, 240, 480, 960, 1920)
"""Bars of the windows that are tested beside the one asked for, as far as there are so many."""

STEPS = (2, 5, 10, 20)
"""Steps of the longer differences of the variance ratios."""

Fits = Mapping[HedgeMethod, HedgeFit]


def grid_rows(n: int, *, window: int, points: int) -> IntArray:
    """Return at most `points` of n rows, evenly spread from the first with a full window before it to the last."""
    if n <= window:
        return np.empty(0, np.int64)
    return np.unique(np.linspace(window, n - 1, points).round().astype(np.int64))


def examine_pair(
    y: ArrayLike,
    x: ArrayLike,
    *,
    window: int,
    method: HedgeMethod | str = HedgeMethod.OLS,
    scale: Scale | str = Scale.LEVEL,
    rows: Sequence[int] | IntArray,
    starts: Sequence[int] | IntArray,
) -> PairExamination:
    """Return all methods and tests at the last row t, from aligned closes with NaN where a bar is masked.

    `rows`, ascending up to t, are those at which hedge ratios are given, such as `grid_rows`; `starts` is, for each,
    the row from which Kalman's filter runs, its noise being that of the `window` bars from there. Needs `window` + 1
    rows; with fewer the status is `too_short`, and so is that of every part. Raises InvalidParameter, also for a
    window under 10.
    """
    window, scale = checked_window(window, least=MIN_WINDOW), checked_scale(scale)
    method = HedgeMethod.parse(method)
    left, right = legs(y, x)
    if scale is Scale.LOG:
        left, right = logs(left), logs(right)
    n, need = left.size, window + 1
    grid = _checked(rows, starts, n=n, window=window)
    old_y, old_x = _before(left, n - 1, window), _before(right, n - 1, window)
    fitted = [_fits(left, right, row, window, start) for row, start in grid]
    fits = fitted[-1] if fitted else {name: of(old_y, old_x) for name, of in HEDGE_METHODS.items()}
    residuals = _residuals(old_y, old_x, fits[method])
    cointegration = engle_granger_both(old_y, old_x)
    fit = fits[method]
    verdict = verdict_of(fit, cointegration, have=n, need=need, now=left[-1:] + right[-1:])
    return PairExamination(
        status=verdict.status, reason=verdict.reason, have=n, need=need, method=method, scale=scale, window=window,
        fits=fits, y=old_y, x=old_x, residuals=residuals, shape=residual_shape(residuals),
        half_life=half_life_of_residuals(old_y, old_x, fit, cointegration), adf=residual_test(cointegration.y_on_x),
        cointegration=cointegration, johansen=_johansen(old_y, old_x, cointegration), kpss=kpss(residuals),
        variance_ratios=tuple(variance_ratio(residuals, lags=steps) for steps in STEPS),
        hurst=hurst(residuals), stability=stability(old_y, old_x),
        legs=(leg_tests(old_y), leg_tests(old_x)),
        windows=_windows(left, right, window), rows=np.array([row for row, _ in grid], np.int64),
        paths={name: _path([each[name] for each in fitted]) for name in HEDGE_METHODS},
        p_values=np.array([_p_value(left, right, row, window) for row, _ in grid]),
        test_note="" if method is HedgeMethod.OLS else TEST_NOTE,
    )  # fmt: skip


def _checked(
    rows: Sequence[int] | IntArray, starts: Sequence[int] | IntArray, *, n: int, window: int
) -> list[tuple[int, int]]:
    """Return rows with their starts; raise InvalidParameter where a row lacks its window or its filter."""
    at, begin = [int(row) for row in rows], [int(start) for start in starts]
    if len(at) != len(begin):
        raise InvalidParameter("starts", f"must be one a row: {len(begin)} for {len(at)} rows")
    if n <= window:
        return []
    if not at or at[-1] != n - 1 or any(one >= other for one, other in pairwise(at)):
        raise InvalidParameter("rows", f"must ascend to the last row, {n - 1}")
    if at[0] < window:
        raise InvalidParameter("rows", f"must have {window} rows before each, got {at[0]}")
    if any(not 0 <= start <= row - window for row, start in zip(at, begin, strict=True)):
        raise InvalidParameter("starts", f"must lie {window} rows before their row or earlier")
    return list(zip(at, begin, strict=True))


def _before(values: FloatArray, row: int, window: int) -> FloatArray:
    return values[row - window : row] if row >= window else values[:0]


def _fits(y: FloatArray, x: FloatArray, row: int, window: int, start: int) -> Fits:
    """Return every method's fit as it stands before bar `row`."""
    old_y, old_x = _before(y, row, window), _before(x, row, window)
    # A filter's state rests on all bars since its formation, not on the window's alone.
    return {
        name: kalman(y[start:row], x[start:row], formation=window)
        if name is HedgeMethod.KALMAN
        else of(old_y, old_x)
        for name, of in HEDGE_METHODS.items()
    }


def _residuals(y: FloatArray, x: FloatArray, fit: HedgeFit) -> FloatArray:
    if not fit.status.usable:
        return np.full(y.size, np.nan)
    return y - fit.alpha - fit.beta * x


def _johansen(y: FloatArray, x: FloatArray, cointegration: PairCointegration) -> JohansenTest:
    """Return Johansen's test of both legs; of stale ones it has no numbers, as Engle and Granger's has none."""
    if cointegration.status is not Status.STALE:
        return johansen(np.column_stack((y, x)))
    untested = johansen(np.full((y.size, 2), np.nan))
    return replace(untested, status=cointegration.status, reason=cointegration.reason)


def _path(fits: Sequence[HedgeFit]) -> BetaPath:
    columns = ([getattr(fit, name) for fit in fits] for name in ("beta", "beta_low", "beta_high"))
    return BetaPath(*(np.array(column, np.float64) for column in columns))


def _p_value(y: FloatArray, x: FloatArray, row: int, window: int) -> float:
    return engle_granger_both(_before(y, row, window), _before(x, row, window)).p_value


def _windows(y: FloatArray, x: FloatArray, window: int) -> tuple[WindowTest, ...]:
    last = y.size - 1
    lengths = sorted(length for length in {*WINDOWS, window} if length <= last)
    return tuple(_window(_before(y, last, length), _before(x, last, length)) for length in lengths)


def _window(y: FloatArray, x: FloatArray) -> WindowTest:
    fit, test = ols(y, x), engle_granger_both(y, x)
    return WindowTest(y.size, fit, residual_test(test.y_on_x), test, half_life_of_residuals(y, x, fit, test))
