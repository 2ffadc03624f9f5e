"""The straight line through one window, computed so that neither price level nor price scale costs digits."""

import math

import numpy as np

from quant.domain import FloatArray
from quant.kernel import jit, jit_fast

MIN_BARS = 3
NEAR_PERFECT = 1.5e-6  # 1 - R² under which a fit is flagged (METHODS: stablecoin pairs)

# Codes a kernel can return; `hedge.outcome` words them as statuses.
OK, NEAR, MISSING, FLAT, DUPLICATE, SINGULAR = 0, 1, 2, 3, 4, 5

# A leg counts as constant when its deviations are within a few roundings of its level,
# and a residual as zero when it is within the roundings of `alpha + beta x` itself.
_FLAT_ULPS = 4.0 * 2.220446049250313e-16
_ZERO_ULPS = 16.0 * 2.220446049250313e-16
_LEAST_SQUARE = 1e-280  # under it sums of squares lose digits to underflow


@jit
def is_flat(square: float, n: int, level: float) -> bool:
    """Return True when a sum of squared deviations is no more than rounding at `level`."""
    return square <= n * (_FLAT_ULPS * level) ** 2 or square <= _LEAST_SQUARE


@jit
def is_zero_residual(ssr: float, n: int, level: float) -> bool:
    """Return True when a residual sum of squares is no more than rounding of values of size `level`."""
    return ssr <= n * (_ZERO_ULPS * level) ** 2 or ssr <= _LEAST_SQUARE


@jit_fast
def _total(values: FloatArray) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total


@jit_fast
def _dot(left: FloatArray, right: FloatArray) -> float:
    total = 0.0
    for i in range(left.size):
        total += left[i] * right[i]
    return total


@jit
def _largest(values: FloatArray) -> float:
    """Return the largest |value|, NaN where one is NaN.

    The bits of numbers without a sign are in order as whole numbers are, NaN above all: unlike floats the processor
    compares several of these at once.
    """
    largest = np.int64(0)
    for value in values:
        largest = max(largest, np.float64(abs(value)).view(np.int64))
    return float(np.int64(largest).view(np.float64))


@jit
def centred(values: FloatArray, out: FloatArray) -> tuple[float, float, float]:
    """Write the deviations from the mean; return the mean, their sum of squares and the largest |value|."""
    n = values.size
    anchor = values[0]
    for i in range(n):
        out[i] = values[i] - anchor  # exact for neighbouring prices, whatever their level
    shift = _total(out) / n
    for i in range(n):
        out[i] -= shift
    return anchor + shift, _dot(out, out), _largest(values)


@jit
def fit_line(
    y: FloatArray, x: FloatArray, dx: FloatArray, residual: FloatArray
) -> tuple[int, float, float, float, float, float]:
    """Return code, alpha, beta, residual sum of squares, x's and y's sums of squares.

    `dx` receives the deviations of x and `residual` the residuals, which sum to zero. The slope is refined
    once on the residuals, so a near-perfect fit keeps its residuals' digits.
    """
    n = y.size
    mean_x, sxx, level_x = centred(x, dx)
    mean_y, syy, level_y = centred(y, residual)
    if not (math.isfinite(sxx) and math.isfinite(syy)):
        return MISSING, np.nan, np.nan, np.nan, np.nan, np.nan
    if is_flat(sxx, n, level_x) or is_flat(syy, n, level_y):
        return FLAT, np.nan, np.nan, np.nan, np.nan, np.nan
    beta = 0.0
    for _ in range(2):
        step = _dot(dx, residual) / sxx
        beta += step
        for i in range(n):
            residual[i] -= step * dx[i]
    ssr = _dot(residual, residual)
    code = OK
    if is_zero_residual(ssr, n, level_y + abs(beta) * level_x):
        code = DUPLICATE
        ssr = 0.0
    elif ssr < NEAR_PERFECT * syy:
        code = NEAR
    return code, mean_y - beta * mean_x, beta, ssr, sxx, syy
