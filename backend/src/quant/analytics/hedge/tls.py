"""The hedge ratio by total least squares: the line nearest to the bars when both legs carry noise.

Distances depend on units, and a line nearest in dollars is another in cents. So each leg is measured in the
standard deviation of its own one-bar steps: noise is shared out in proportion to how much a leg moves in a bar.
That makes the ratio equivariant to scale and its own reciprocal when the legs change places. Legs scaled by the
standard deviation of their levels would not do: the nearest line is then sd_y / sd_x whatever they have in common.
"""

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.covariance import standard_errors
from quant.analytics.hedge.outcome import fit_from, no_fit, too_short
from quant.analytics.inputs import checked_window, legs
from quant.analytics.regression import (
    DUPLICATE,
    FLAT,
    MIN_BARS,
    MISSING,
    NEAR,
    OK,
    SINGULAR,
    fit_line,
    is_flat,
)
from quant.analytics.results import HedgeFit, HedgePath, HedgeStep
from quant.domain import FloatArray, HedgeMethod
from quant.kernel import jit


@jit
def _step_variance(values: FloatArray) -> float:
    """Return the variance of one-bar steps, 0 where they are all alike to rounding."""
    n = values.size
    mean = (values[n - 1] - values[0]) / (n - 1)
    square, largest = 0.0, abs(values[0])
    for i in range(1, n):
        away = values[i] - values[i - 1] - mean
        square += away * away
        largest = max(largest, abs(values[i]))
    return 0.0 if is_flat(square, n, largest) else square / (n - 1)


@jit
def _turn(beta: float, ssr: float, sxx: float, ratio: float) -> float:
    """Return what to add to the least-squares slope to reach the line of total least squares.

    It minimises (ssr + d² sxx) / (ratio + (beta + d)²) over d, `ratio` being noise variance of y over that
    of x: a quadratic, solved so that a small d keeps its digits.
    """
    half = 0.5 * (sxx * (ratio + beta * beta) - ssr)
    root = math.sqrt(half * half + beta * beta * sxx * ssr)
    if half >= 0.0:
        return ssr * beta / (half + root)
    return (root - half) / (beta * sxx)


@jit
def fit_nearest(y: FloatArray, x: FloatArray, dx: FloatArray, residual: FloatArray, out: FloatArray) -> int:
    """Fill `out` with alpha, beta, sd, the turn from least squares, noise ratio, R²; return a code.

    `dx` receives x's deviations, `residual` the vertical residuals of the line found.
    """
    n = y.size
    out[:] = np.nan
    code, alpha, slope, ssr, sxx, syy = fit_line(y, x, dx, residual)
    if code in (MISSING, FLAT):
        return code
    of_y, of_x = _step_variance(y), _step_variance(x)
    ratio = of_y / of_x
    if not 0.0 < ratio < np.inf:  # a leg that grows evenly has no steps to measure noise by
        return SINGULAR
    if slope * slope * sxx <= 1e-28 * syy:  # no common part, so that every direction or none is nearest
        return SINGULAR
    turn = _turn(slope, ssr, sxx, ratio)
    beta = slope + turn
    if not math.isfinite(beta):
        return SINGULAR
    for i in range(n):
        residual[i] -= turn * dx[i]
    total = ssr + turn * turn * sxx
    out[0] = alpha - turn * (x[0] - dx[0])
    out[1], out[2] = beta, math.sqrt(total / (n - 1))
    out[3], out[4], out[5] = turn, ratio, 1.0 - total / syy
    return code


@jit
def nearest_windows(y: FloatArray, x: FloatArray, window: int) -> FloatArray:
    """Return rows alpha, beta, sd, residual, each one longer than the input; column t is fitted on t-window … t-1."""
    n = y.size
    rows = np.full((4, n + 1), np.nan)
    dx, residual, out = np.empty(window), np.empty(window), np.empty(6)
    for t in range(window, n + 1):
        code = fit_nearest(y[t - window : t], x[t - window : t], dx, residual, out)
        if code not in (OK, NEAR, DUPLICATE):
            continue
        rows[0, t], rows[1, t], rows[2, t] = out[0], out[1], out[2]
        if t < n:
            rows[3, t] = residual[window - 1] + (y[t] - y[t - 1]) - out[1] * (x[t] - x[t - 1])
    return rows


@overload
def tls(y: ArrayLike, x: ArrayLike, *, window: None = None) -> HedgeFit: ...
@overload
def tls(y: ArrayLike, x: ArrayLike, *, window: int) -> HedgePath: ...
def tls(y: ArrayLike, x: ArrayLike, *, window: int | None = None) -> HedgeFit | HedgePath:
    """Return the line nearest to the bars, legs in units of their own steps: one fit, or a path of rolling fits.

    Residuals and their sd are vertical, as for every method. The error of beta is the root of the sampling
    variance plus the squared distance from the least-squares slope, which is what it costs not to know
    which leg the noise is in. Parameters: `noise_ratio`, the variance of y's steps over that of x's. Needs 3
    bars, 10 for standard errors; status `singular` where the legs have nothing in common or one grows evenly.
    Raises InvalidParameter for legs of different length or a window under 3.
    """
    left, right = legs(y, x)
    if window is None:
        return _fit(left, right)
    window = checked_window(window, least=MIN_BARS)
    alpha, beta, sd, residual = nearest_windows(left, right, window)
    step = HedgeStep(float(alpha[-1]), float(beta[-1]), float(sd[-1]))
    return HedgePath(HedgeMethod.TLS, window, alpha[:-1], beta[:-1], sd[:-1], residual[:-1], step)


def _fit(y: FloatArray, x: FloatArray) -> HedgeFit:
    n = y.size
    if n < MIN_BARS:
        return too_short(HedgeMethod.TLS, n=n, need=MIN_BARS)
    dx, residual, out = np.empty(n), np.empty(n), np.empty(6)
    code = fit_nearest(y, x, dx, residual, out)
    if code in (MISSING, FLAT, SINGULAR):
        return no_fit(HedgeMethod.TLS, code, n=n, need=MIN_BARS)
    alpha, beta, sd, turn, ratio, r_squared = (float(value) for value in out)
    errors = math.nan, math.nan
    if code != DUPLICATE:
        mean_x = float(x[0] - dx[0])
        of_alpha, of_beta = standard_errors(dx, residual + turn * dx, mean_x)
        errors = math.hypot(of_alpha, turn * mean_x), math.hypot(of_beta, turn)
    return fit_from(
        HedgeMethod.TLS, code, line=(alpha, beta), errors=errors, sd=sd, r_squared=r_squared, n=n,
        need=MIN_BARS, parameters={"noise_ratio": ratio},
    )  # fmt: skip
