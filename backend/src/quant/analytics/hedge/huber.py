"""The hedge ratio by Huber's M-estimator: least squares for ordinary bars, bounded pull for the others."""

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.covariance import errors_of_line
from quant.analytics.hedge.huber_rounds import K, settle
from quant.analytics.hedge.outcome import fit_from, no_fit, too_short
from quant.analytics.inputs import checked_window, legs
from quant.analytics.regression import (
    DUPLICATE,
    FLAT,
    MISSING,
    NEAR,
    OK,
    SINGULAR,
    centred,
    fit_line,
    is_flat,
)
from quant.analytics.results import HedgeFit, HedgePath, HedgeStep
from quant.domain import FloatArray, HedgeMethod
from quant.kernel import jit, jit_fast

MIN_BARS = 4
_FAR = 1e3  # times the scale: least-squares residuals larger than that have lost digits
_LEFT = 1e-6  # of the most that all bars together can pull with: more, and the line found is not Huber's


@jit_fast
def _sum(values: FloatArray) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total


@jit_fast
def _square_about(values: FloatArray, mean: float) -> float:
    """Return the sum of squared deviations."""
    square = 0.0
    for i in range(values.size):
        square += (values[i] - mean) ** 2
    return square


@jit
def _nearest(residual: FloatArray) -> int:
    """Return the bar nearest to the line."""
    near = 0
    for i in range(residual.size):
        if abs(residual[i]) < abs(residual[near]):
            near = i
    return near


@jit
def _is_solved(
    y: FloatArray, x: FloatArray, dx: FloatArray, beta: float, scale: float, near: int, of_near: float
) -> bool:
    """Tell whether nothing pulls any more at the line with this beta, from which bar `near` lies `of_near` away.

    Residuals are taken anew. Where more than half of the bars lie on one line the scale has shrunk towards zero, steps
    may have gone anywhere and back, and what is left of the residuals that went with them is rounding.
    """
    n, bend = y.size, K * scale
    pull = pull_x = square = 0.0
    for i in range(n):
        residual = of_near + (y[i] - y[near]) - beta * (x[i] - x[near])
        bounded = min(max(residual, -bend), bend)
        pull += bounded
        pull_x += bounded * dx[i]
        square += dx[i] * dx[i]
    return abs(pull) <= _LEFT * bend * n and abs(pull_x) <= _LEFT * bend * math.sqrt(n * square)


@jit
def fit_huber(
    y: FloatArray, x: FloatArray, dx: FloatArray, residual: FloatArray, sizes: FloatArray, out: FloatArray
) -> int:
    """Fill `out` with alpha, beta, sd, scale, rounds, R² and a bar near the line; return a code.

    `dx` receives x's deviations, `residual` the residuals of the line found; `sizes` is a buffer.
    """
    n = y.size
    out[:] = np.nan
    code, alpha, beta, ssr, _, syy = fit_line(y, x, dx, residual)
    if code in (MISSING, FLAT):
        return code
    near = n - 1
    if code == DUPLICATE:
        out[0], out[1], out[2], out[3], out[4], out[5], out[6] = alpha, beta, 0.0, 0.0, 0.0, 1.0, near
        return code
    found = np.empty(4)
    settled = settle(dx, residual, sizes, found)
    beta += found[1]
    if settled:
        near = _nearest(residual)
        alpha = (y[near] - beta * x[near]) - residual[near]
        if (
            ssr > n * (_FAR * found[2]) ** 2
        ):  # a bad tick took digits from least squares: begin again from here
            for i in range(n):
                residual[i] = residual[near] + (y[i] - y[near]) - beta * (x[i] - x[near])
                dx[i] = x[i] - x[near]
            settled = settle(dx, residual, sizes, found)
            beta += found[1]
            alpha = (y[near] - beta * x[near]) - residual[near]
            centred(x, dx)
    if not settled or is_flat(found[2] ** 2, 1, abs(y[near]) + abs(beta * x[near])):
        return SINGULAR
    if not _is_solved(y, x, dx, beta, found[2], near, residual[near]):
        return SINGULAR
    square = _square_about(residual, _sum(residual) / n)
    out[0], out[1], out[2] = alpha, beta, math.sqrt(square / (n - 1))
    out[3], out[4], out[5], out[6] = found[2], found[3], 1.0 - square / syy, near
    return code


@jit
def huber_windows(y: FloatArray, x: FloatArray, window: int) -> FloatArray:
    """Return rows alpha, beta, sd, residual, each one longer than the input; column t is fitted on t-window … t-1."""
    n = y.size
    rows = np.full((4, n + 1), np.nan)
    dx, residual, sizes, out = np.empty(window), np.empty(window), np.empty(window), np.empty(7)
    for t in range(window, n + 1):
        code = fit_huber(y[t - window : t], x[t - window : t], dx, residual, sizes, out)
        if code not in (OK, NEAR, DUPLICATE):
            continue
        rows[0, t], rows[1, t], rows[2, t] = out[0], out[1], out[2]
        if t < n:
            near = int(out[6])
            at = t - window + near
            rows[3, t] = residual[near] + (y[t] - y[at]) - out[1] * (x[t] - x[at])
    return rows


@overload
def huber(y: ArrayLike, x: ArrayLike, *, window: None = None) -> HedgeFit: ...
@overload
def huber(y: ArrayLike, x: ArrayLike, *, window: int) -> HedgePath: ...
def huber(y: ArrayLike, x: ArrayLike, *, window: int | None = None) -> HedgeFit | HedgePath:
    """Return Huber's line of y on x (k = 1.345, MAD scale): one fit over all bars, or a path of rolling fits.

    Found by reweighted least squares, then Newton's steps for the same equation, until alpha and beta stand still.
    Parameters: `k`, `scale` (the MAD over 0.6745, in the units of y) and `rounds`. Needs 4 bars, 10 for standard
    errors; status `singular` where more than half of the bars lie on one line exactly, so that there is no
    scale. Raises InvalidParameter for legs of different length or a window under 4.
    """
    left, right = legs(y, x)
    if window is None:
        return _fit(left, right)
    window = checked_window(window, least=MIN_BARS)
    alpha, beta, sd, residual = huber_windows(left, right, window)
    step = HedgeStep(float(alpha[-1]), float(beta[-1]), float(sd[-1]))
    return HedgePath(HedgeMethod.HUBER, window, alpha[:-1], beta[:-1], sd[:-1], residual[:-1], step, {"k": K})


@jit
def _fit_with_errors(y: FloatArray, x: FloatArray, out: FloatArray) -> tuple[int, float, float]:
    """Fill `out` as `fit_huber` does; return a code and the standard errors of alpha and beta."""
    n = y.size
    dx, residual, sizes = np.empty(n), np.empty(n), np.empty(n)
    code = fit_huber(y, x, dx, residual, sizes, out)
    if code not in (OK, NEAR):
        return code, np.nan, np.nan
    # The residuals whose least-squares line errs as Huber's does: clipped, over the share left alone.
    bend, alone = K * out[3], 0
    for i in range(n):
        alone += abs(residual[i]) <= bend
    for i in range(n):
        residual[i] = min(max(residual[i], -bend), bend) * (n / alone)
    alpha, beta = errors_of_line(dx, residual, dx, x[0] - dx[0])
    return code, alpha, beta


def _fit(y: FloatArray, x: FloatArray) -> HedgeFit:
    n = y.size
    if n < MIN_BARS:
        return too_short(HedgeMethod.HUBER, n=n, need=MIN_BARS)
    out = np.empty(7)
    code, of_alpha, of_beta = _fit_with_errors(y, x, out)
    if code in (MISSING, FLAT, SINGULAR):
        return no_fit(HedgeMethod.HUBER, code, n=n, need=MIN_BARS)
    alpha, beta, sd, scale, rounds, r_squared, _ = out.tolist()
    return fit_from(
        HedgeMethod.HUBER, code, line=(alpha, beta), errors=(of_alpha, of_beta), sd=sd, r_squared=r_squared, n=n,
        need=MIN_BARS, parameters={"k": K, "scale": scale, "rounds": rounds},
    )  # fmt: skip
