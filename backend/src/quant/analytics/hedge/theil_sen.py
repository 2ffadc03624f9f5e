"""The hedge ratio by Theil and Sen: the median of the slopes between all pairs of bars."""

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.covariance import errors_of_median
from quant.analytics.hedge.median_slope import (
    add_slope,
    bracket_slopes,
    first_not_under,
    median_of,
    median_slope,
)
from quant.analytics.hedge.order import median
from quant.analytics.hedge.outcome import fit_from, no_fit, too_short
from quant.analytics.inputs import checked_window, legs
from quant.analytics.regression import DUPLICATE, FLAT, MIN_BARS, MISSING, fit_line
from quant.analytics.results import HedgeFit, HedgePath, HedgeStep
from quant.domain import FloatArray, HedgeMethod, IntArray
from quant.kernel import jit

_ROOM = 6  # slopes a bar that a rolling bracket begins with
_CAPACITY = 16  # and may grow to
_LEAST_CAPACITY = 4096


@jit
def _along(
    slope: float, y: FloatArray, x: FloatArray, residual: FloatArray, buffer: FloatArray
) -> tuple[float, float, int]:
    """Fill the residuals of the line with this slope whose median is zero; return its alpha, their sd, a bar near it.

    Residuals are taken about a bar near the line: about a bad tick they would lose their digits.
    """
    n = y.size
    near, middle = n - 1, 0.0
    for _ in range(2):
        for i in range(n):
            residual[i] = (y[i] - y[near]) - slope * (x[i] - x[near])
            buffer[i] = residual[i]
        middle = median(buffer, n)
        at = near
        for i in range(n):
            residual[i] -= middle
        for i in range(n):
            if abs(residual[i]) < abs(residual[near]):
                near = i
        if near == at:
            break
    mean = 0.0
    for i in range(n):
        mean += residual[i]
    mean /= n
    square = 0.0
    for i in range(n):
        square += (residual[i] - mean) ** 2
    return (y[at] - slope * x[at]) + middle, math.sqrt(square / (n - 1)), near


@jit
def fit_median(
    y: FloatArray, x: FloatArray, order: IntArray, dx: FloatArray, residual: FloatArray, near: IntArray,
    out: FloatArray,
) -> int:  # fmt: skip
    """Fill `out` with alpha, beta, sd, R² and a bar near the line; return a code.

    `order` sorts the bars by x, and by y where x is equal. `dx` receives x's deviations, `residual` the residuals
    of the line found, `near` the bars nearly in the order of those.
    """
    n = y.size
    out[:] = np.nan
    code, alpha, beta, _, _, syy = fit_line(y, x, dx, residual)
    if code in (MISSING, FLAT):
        return code
    if code == DUPLICATE:
        out[0], out[1], out[2], out[3], out[4] = alpha, beta, 0.0, 1.0, n - 1
        return code
    out[1] = median_slope(x[order], y[order], near)
    for k in range(n):
        near[k] = order[near[k]]
    out[0], out[2], out[4] = _along(out[1], y, x, residual, np.empty(n))
    out[3] = 1.0 - out[2] * out[2] * (n - 1) / syy
    return code


@jit
def _without_those_gone(values: FloatArray, copies: IntArray, held: int) -> int:
    """Drop the slopes that have no copy left; return how many are held."""
    kept = 0
    for k in range(held):
        values[kept], copies[kept] = values[k], copies[k]
        kept += copies[k] > 0
    return kept


@jit
def _slide(
    y: FloatArray, x: FloatArray, t: int, window: int, bracket: tuple[float, float], counts: tuple[int, int, int, int],
    values: FloatArray, copies: IntArray, rows: FloatArray,
) -> int:  # fmt: skip
    """Fill the rows from t on while the slopes held say which is the median; return the first row not filled.

    `values` are the slopes within the bracket in order, each once with its `copies`; counts are how many are held,
    how many slopes are under the bracket and within it, and how many there are at all. A new bar brings
    window - 1 slopes and takes as many away.
    """
    least, most = bracket
    held, under, within, total = counts
    n = y.size
    dx, residual, buffer = np.empty(window), np.empty(window), np.empty(window)
    while True:
        code, alpha, beta, _, _, _ = fit_line(y[t - window : t], x[t - window : t], dx, residual)
        if code == MISSING:
            return t
        if code != FLAT:
            sd, near = 0.0, window - 1
            if code != DUPLICATE:
                k1, k2 = (total - 1) // 2 - under, total // 2 - under
                if k1 < 0 or k2 >= within:
                    return t
                beta = median_of(values, copies, k1, k2)
                alpha, sd, near = _along(beta, y[t - window : t], x[t - window : t], residual, buffer)
            rows[0, t], rows[1, t], rows[2, t] = alpha, beta, sd
            if t < n:
                at = t - window + near
                rows[3, t] = residual[near] + (y[t] - y[at]) - beta * (x[t] - x[at])
        if t == n:
            return t + 1
        gone = t - window
        for i in range(gone + 1, t):
            if x[i] != x[gone]:
                total -= 1
                slope = (y[i] - y[gone]) / (x[i] - x[gone])
                if slope < least:
                    under -= 1
                elif slope <= most:
                    within -= 1
                    copies[first_not_under(values, held, slope)] -= 1
        if held + window > values.size:
            held = _without_those_gone(values, copies, held)
        for i in range(gone + 1, t):
            if x[i] != x[t]:
                total += 1
                slope = (y[t] - y[i]) / (x[t] - x[i])
                if slope < least:
                    under += 1
                elif slope <= most:
                    within += 1
                    held = add_slope(slope, values, copies, held)
                    if held < 0:
                        return t + 1
        t += 1


def _windows(y: FloatArray, x: FloatArray, window: int) -> FloatArray:
    """Return rows alpha, beta, sd, residual, each one longer than the input; column t is fitted on t-window … t-1."""
    n = y.size
    rows = np.full((4, n + 1), np.nan)
    missing = np.flatnonzero(~(np.isfinite(y) & np.isfinite(x)))
    size = max(_CAPACITY * window, min(window * window, _LEAST_CAPACITY))
    slopes, copies = np.empty(size), np.empty(size, np.int64)
    dx, residual, near, out = np.empty(window), np.empty(window), np.empty(window, np.int64), np.empty(5)
    t = window
    while t <= n:
        holes = missing[(missing >= t - window) & (missing < t)]
        if holes.size:
            t = int(holes[-1]) + 1 + window
            continue
        part_y, part_x = y[t - window : t], x[t - window : t]
        order = np.lexsort((part_y, part_x))
        bracket, counts = bracket_slopes(part_x[order], part_y[order], _ROOM * window, slopes, copies)
        before = t
        if counts[0] >= 0:
            t = _slide(y, x, t, window, bracket, counts, slopes, copies, rows)
        if t == before:  # more different slopes nearly equal to the median than can be held
            fit_median(part_y, part_x, order, dx, residual, near, out)
            rows[:3, t] = out[:3]
            if t < n and out[1] == out[1]:
                at = int(out[4])
                rows[3, t] = residual[at] + (y[t] - part_y[at]) - out[1] * (x[t] - part_x[at])
            t += 1
    return rows


@overload
def theil_sen(y: ArrayLike, x: ArrayLike, *, window: None = None) -> HedgeFit: ...
@overload
def theil_sen(y: ArrayLike, x: ArrayLike, *, window: int) -> HedgePath: ...
def theil_sen(y: ArrayLike, x: ArrayLike, *, window: int | None = None) -> HedgeFit | HedgePath:
    """Return the line with the median of all pairwise slopes: one fit over all bars, or a path of rolling fits.

    The median is exact; pairs of bars with equal x have no slope and do not count. Alpha is the median of
    `y - beta x`. Needs 3 bars, 10 for standard errors. Raises InvalidParameter for legs of different length or a
    window under 3.
    """
    left, right = legs(y, x)
    if window is None:
        return _fit(left, right)
    window = checked_window(window, least=MIN_BARS)
    alpha, beta, sd, residual = _windows(left, right, window)
    step = HedgeStep(float(alpha[-1]), float(beta[-1]), float(sd[-1]))
    return HedgePath(HedgeMethod.THEIL_SEN, window, alpha[:-1], beta[:-1], sd[:-1], residual[:-1], step)


def _fit(y: FloatArray, x: FloatArray) -> HedgeFit:
    n = y.size
    if n < MIN_BARS:
        return too_short(HedgeMethod.THEIL_SEN, n=n, need=MIN_BARS)
    dx, residual, near, out = np.empty(n), np.empty(n), np.empty(n, np.int64), np.empty(5)
    order = _sorted_by_x(y, x)
    code = fit_median(y, x, order, dx, residual, near, out)
    if code in (MISSING, FLAT):
        return no_fit(HedgeMethod.THEIL_SEN, code, n=n, need=MIN_BARS)
    alpha, beta, sd, r_squared, _ = out.tolist()
    errors = math.nan, math.nan
    if code != DUPLICATE:
        errors = errors_of_median(dx, order, residual, near, sd, x[0] - dx[0])
    return fit_from(
        HedgeMethod.THEIL_SEN,
        code,
        line=(alpha, beta),
        errors=errors,
        sd=sd,
        r_squared=r_squared,
        n=n,
        need=MIN_BARS,
    )


def _sorted_by_x(y: FloatArray, x: FloatArray) -> IntArray:
    """Return the order of the bars by x, and by y where x is equal."""
    order = np.argsort(x)
    ordered = x[order]
    return np.lexsort((y, x)) if (ordered[1:] == ordered[:-1]).any() else order
