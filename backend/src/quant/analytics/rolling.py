"""Rolling regression and correlation in O(rows), exact to rounding whatever came before the window.

Nothing is ever subtracted from a running sum. The rows are cut into blocks of `window`; every window is the
end of one block plus the beginning of the next, so its sums are a suffix sum plus a prefix sum, both taken
about a bar that lies in the window. Hence there is no drift, a bad tick is forgotten with the window that
held it, and a NaN reaches exactly the windows that contain it.
"""

import math

import numpy as np

from quant.analytics.regression import FLAT, MISSING, fit_line, is_flat, is_zero_residual
from quant.domain import FloatArray
from quant.kernel import jit, jit_fast

# Above this ratio of raw to residual sum of squares too many digits cancel: the window is fitted by itself.
MOST_CANCELLATION = 3e4


@jit_fast
def window_sums(u: FloatArray, v: FloatArray, window: int, count: int, sums: FloatArray) -> None:
    """Fill rows u, v, uu, uv, vv of `sums` for the windows that start at 0 … count-1 of `u` and `v`."""
    su = sv = suu = suv = svv = 0.0
    for j in range(window - 1, -1, -1):
        su += u[j]
        sv += v[j]
        suu += u[j] * u[j]
        suv += u[j] * v[j]
        svv += v[j] * v[j]
        if j < count:
            sums[0, j], sums[1, j], sums[2, j], sums[3, j], sums[4, j] = su, sv, suu, suv, svv
    su = sv = suu = suv = svv = 0.0
    for j in range(1, count):
        i = window + j - 1
        su += u[i]
        sv += v[i]
        suu += u[i] * u[i]
        suv += u[i] * v[i]
        svv += v[i] * v[i]
        sums[0, j] += su
        sums[1, j] += sv
        sums[2, j] += suu
        sums[3, j] += suv
        sums[4, j] += svv


@jit
def _fit_alone(y: FloatArray, x: FloatArray, fit: FloatArray) -> int:
    """Fill alpha, beta, sd and the last residual of one window by itself, NaN without a line; return its code."""
    residual = np.empty(y.size)
    code, alpha, beta, ssr, _, _ = fit_line(y, x, np.empty(y.size), residual)
    if code in (MISSING, FLAT):
        fit[:] = np.nan
    else:
        fit[0], fit[1], fit[2] = alpha, beta, math.sqrt(ssr / (y.size - 1))
        fit[3] = residual[y.size - 1]
    return code


@jit
def _fit_from_sums(
    sums: FloatArray, window: int, slope: float, cx: float, cy: float, fit: FloatArray
) -> bool:
    """Fill alpha, beta, sd from sums about (cx, cy) of x and of y less `slope` x; return False to refuse."""
    mu, mv = sums[0] / window, sums[1] / window
    sxx = sums[2] - sums[0] * mu
    sxv = sums[3] - sums[0] * mv
    level_x = abs(cx) + math.sqrt(sums[2] / window)
    fit[:] = np.nan
    if sxx != sxx or sxv != sxv or is_flat(sums[2], window, level_x):
        return True
    if sums[2] > MOST_CANCELLATION * sxx:
        return False
    turn = sxv / sxx
    beta = slope + turn
    ssr = sums[4] - sums[1] * mv - turn * sxv
    if is_zero_residual(sums[4], window, abs(cy) + abs(slope) * level_x):
        if is_flat(beta * beta * sxx, window, abs(cy)):
            return True
        ssr = 0.0
    elif sums[4] > MOST_CANCELLATION * ssr:
        return False
    fit[0] = (cy - beta * cx) + (mv - turn * mu)
    fit[1] = beta
    fit[2] = math.sqrt(ssr / (window - 1))
    return True


@jit
def regress_windows(y: FloatArray, x: FloatArray, window: int) -> FloatArray:
    """Return rows alpha, beta, sd, residual, each one longer than the input.

    Column t is fitted on bars t-window … t-1; its residual is that of bar t. The last column has no bar yet.
    """
    n = y.size
    out = np.full((4, n + 1), np.nan)
    u, v = np.empty(2 * window), np.empty(2 * window)
    sums, fit = np.empty((5, window)), np.empty(4)
    slope = 0.0
    for start in range(0, n - window + 1, window):
        count = min(window, n - window + 1 - start)
        cx, cy = x[start + window - 1], y[start + window - 1]  # a bar of every window of the block
        code = _fit_alone(y[start : start + window], x[start : start + window], fit)
        if code != MISSING:
            slope = 0.0 if code == FLAT else fit[1]
        for i in range(window + count - 1):
            u[i] = x[start + i] - cx
            v[i] = (y[start + i] - cy) - slope * u[i]
        window_sums(u, v, window, count, sums)
        for j in range(count):
            t = start + j + window
            alone = not _fit_from_sums(sums[:, j], window, slope, cx, cy, fit)
            if alone:
                _fit_alone(y[t - window : t], x[t - window : t], fit)
            out[0, t], out[1, t], out[2, t] = fit[0], fit[1], fit[2]
            if t < n and alone:
                out[3, t] = fit[3] + (y[t] - y[t - 1]) - fit[1] * (x[t] - x[t - 1])
            elif t < n:
                mu, mv = sums[0, j] / window, sums[1, j] / window
                du = x[t] - cx
                dv = (y[t] - cy) - slope * du
                out[3, t] = (dv - mv) - (fit[1] - slope) * (du - mu)
    return out


@jit
def correlate_windows(y: FloatArray, x: FloatArray, window: int, floor: float) -> FloatArray:
    """Return Pearson's correlation over the `window` rows that end at each row, NaN where there is none.

    Deviations within a few roundings of `floor` count as none: the size of what the rows were computed from.
    """
    n = y.size
    out = np.full(n, np.nan)
    u, v = np.empty(2 * window), np.empty(2 * window)
    sums = np.empty((5, window))
    for start in range(0, n - window + 1, window):
        count = min(window, n - window + 1 - start)
        cx, cy = x[start + window - 1], y[start + window - 1]
        for i in range(window + count - 1):
            u[i] = x[start + i] - cx
            v[i] = y[start + i] - cy
        window_sums(u, v, window, count, sums)
        for j in range(count):
            mu, mv = sums[0, j] / window, sums[1, j] / window
            sxx = sums[2, j] - sums[0, j] * mu
            syy = sums[4, j] - sums[1, j] * mv
            level_x = max(floor, abs(cx) + math.sqrt(sums[2, j] / window))
            level_y = max(floor, abs(cy) + math.sqrt(sums[4, j] / window))
            if is_flat(sxx, window, level_x) or is_flat(syy, window, level_y):
                continue
            value = (sums[3, j] - sums[0, j] * mv) / (math.sqrt(sxx) * math.sqrt(syy))
            out[start + j + window - 1] = min(1.0, max(-1.0, value)) if value == value else np.nan
    return out
