"""Engle and Granger's test: do the legs share one walk, so that `y - alpha - beta x` is stationary?"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics import mackinnon
from quant.analytics.inputs import legs
from quant.analytics.regression import (
    DUPLICATE,
    FLAT,
    MISSING,
    NEAR,
    NEAR_PERFECT,
    OK,
    centred,
    fit_line,
    is_flat,
    is_zero_residual,
)
from quant.analytics.results import CointegrationTest, Direction, PairCointegration, Status
from quant.analytics.staleness import stale_reason
from quant.analytics.stationarity import MIN_BARS, AutoLag, Trend, lag_rule, unit_root_test
from quant.domain import FloatArray
from quant.errors import InvalidParameter

NULL = "the legs are not cointegrated: the residuals have a unit root"

_OBSTACLES = {
    MISSING: (Status.MISSING, "a bar of the window is missing"),
    FLAT: (Status.ZERO_VARIANCE, "a leg does not move"),
    DUPLICATE: (Status.DUPLICATE, "the legs are one series up to scale and shift"),
    NEAR: (Status.NEAR_PERFECT, "1 - R² is under 1.5e-6: the residuals are near rounding"),
}

_FITTED = (Status.OK, Status.NEAR_PERFECT, Status.DUPLICATE)


@dataclass(frozen=True, slots=True)
class _Line:
    status: Status
    reason: str
    alpha: float
    beta: float
    residuals: FloatArray


def engle_granger(
    y: ArrayLike, x: ArrayLike, *, trend: Trend = "c", max_lag: int | None = None,
    autolag: AutoLag | None = "aic",
) -> CointegrationTest:  # fmt: skip
    """Return the Engle-Granger test of y on x, with MacKinnon's N = 2 tables.

    OLS residuals of `y = alpha + beta x` (plus a trend for "ct", without alpha for "n") are put to a
    Dickey-Fuller test without deterministic terms. The lag rule is that of `adf`. Critical values are for
    n - 1 bars, as Stata's. Needs 30 bars, and legs that move (`staleness`).
    Raises InvalidParameter.
    """
    left, right = legs(y, x)
    return one_direction(left, right, Direction.Y_ON_X, trend=trend, max_lag=max_lag, autolag=autolag)


def engle_granger_both(
    y: ArrayLike, x: ArrayLike, *, trend: Trend = "c", max_lag: int | None = None,
    autolag: AutoLag | None = "aic",
) -> PairCointegration:  # fmt: skip
    """Return both directions and the pair's p-value, min(1, 2 min(p_yx, p_xy)); see `engle_granger`."""
    left, right = legs(y, x)
    forward = one_direction(left, right, Direction.Y_ON_X, trend=trend, max_lag=max_lag, autolag=autolag)
    backward = one_direction(right, left, Direction.X_ON_Y, trend=trend, max_lag=max_lag, autolag=autolag)
    chosen = backward if backward.p_value < forward.p_value else forward
    failed = next((test for test in (forward, backward) if not test.status.usable), chosen)
    both_known = not (math.isnan(forward.p_value) or math.isnan(backward.p_value))
    return PairCointegration(
        status=failed.status, reason=failed.reason,
        p_value=min(1.0, 2.0 * chosen.p_value) if both_known else math.nan,
        statistic=chosen.statistic, lags=chosen.lags, n=chosen.n, need=chosen.need,
        critical_values=chosen.critical_values, alpha=chosen.alpha, beta=chosen.beta,
        direction=chosen.direction, null=NULL, y_on_x=forward, x_on_y=backward,
    )  # fmt: skip


def one_direction(
    y: FloatArray,
    x: FloatArray,
    direction: Direction,
    *,
    trend: str,
    max_lag: int | None,
    autolag: str | None,
) -> CointegrationTest:
    """Return the test of the dependent leg `y` on `x`, for checked legs."""
    if trend not in ("n", "c", "ct"):
        raise InvalidParameter("trend", f"{trend!r} is not one of n, c, ct")
    line = _line(y, x, trend)
    status, reason = line.status, line.reason
    if status in _FITTED and (stale := _stale(y, x, direction)):
        status, reason = Status.STALE, stale
    statistic, p, lags = math.nan, math.nan, 0
    max_lags, _ = lag_rule(y.size, "n", max_lag, autolag)
    if status.usable:
        found = unit_root_test(
            line.residuals, regression="n", tables=trend, series_in_test=2, max_lag=max_lag, autolag=autolag
        )
        statistic, p, lags = found.statistic, found.p_value, found.lags
        if not found.status.usable:
            status, reason = found.status, found.reason
    return CointegrationTest(
        status=status, reason=reason, direction=direction, statistic=statistic, p_value=p, lags=lags,
        n=y.size, need=MIN_BARS, alpha=line.alpha, beta=line.beta, null=NULL, trend=trend,
        autolag=autolag or "none",
        max_lag=max_lags,
        critical_values=mackinnon.critical_values(trend=trend, n_series=2, n=max(y.size - 1, 1)),
    )  # fmt: skip


def _stale(y: FloatArray, x: FloatArray, direction: Direction) -> str:
    """Return why a leg is stale, by the names that the legs of the pair have."""
    return stale_reason(y, x) if direction is Direction.Y_ON_X else stale_reason(x, y)


def _line(y: FloatArray, x: FloatArray, trend: str) -> _Line:
    residuals = np.empty(y.size)
    if y.size < MIN_BARS:
        reason = f"a cointegration test needs {MIN_BARS} bars, there are {y.size}"
        return _Line(Status.TOO_SHORT, reason, math.nan, math.nan, residuals)
    if trend == "c":
        code, alpha, beta, *_ = fit_line(y, x, np.empty(y.size), residuals)
    else:
        code, alpha, beta, residuals = _line_without_plain_constant(y, x, trend)
    status, reason = _OBSTACLES.get(code, (Status.OK, ""))
    return _Line(status, reason, alpha, beta, residuals)


def _line_without_plain_constant(
    y: FloatArray, x: FloatArray, trend: str
) -> tuple[int, float, float, FloatArray]:
    """Return code, alpha, beta and residuals with constant and trend ("ct") or with neither ("n")."""
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        return MISSING, math.nan, math.nan, y
    (_, own_y, level_y), (_, own_x, level_x) = centred(y, np.empty(y.size)), centred(x, np.empty(x.size))
    # A leg that does not move tells nothing, through the origin neither.
    if is_flat(own_y, y.size, level_y) or is_flat(own_x, x.size, level_x):
        return FLAT, math.nan, math.nan, y
    dy, start_y = (y, 0.0) if trend == "n" else _detrended(y)
    dx, start_x = (x, 0.0) if trend == "n" else _detrended(x)
    sxx, syy = float(dx @ dx), float(dy @ dy)
    if is_flat(sxx, y.size, level_x) or is_flat(syy, y.size, level_y):
        return FLAT, math.nan, math.nan, y
    beta = float(dx @ dy) / sxx
    residuals = dy - beta * dx
    turn = float(dx @ residuals) / sxx
    beta, residuals = beta + turn, residuals - turn * dx
    ssr = float(residuals @ residuals)
    code = NEAR if ssr < NEAR_PERFECT * syy else OK
    if is_zero_residual(ssr, y.size, level_y + abs(beta) * level_x):
        code = DUPLICATE
    return code, start_y - beta * start_x, beta, residuals


def _detrended(leg: FloatArray) -> tuple[FloatArray, float]:
    """Return the deviations from the leg's own straight line, and that line's value at the first bar."""
    clock = np.arange(leg.size) - (leg.size - 1) / 2
    rest = leg - leg[0]
    middle = float(rest.mean())
    slope = float(clock @ rest / (clock @ clock))
    return rest - middle - slope * clock, float(leg[0]) + middle + slope * float(clock[0])
