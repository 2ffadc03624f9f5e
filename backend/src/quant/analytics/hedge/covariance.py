"""Standard errors of a hedge ratio whose residuals are serially correlated.

Given x, the least-squares line errs by (X'X)⁻¹X'u, so its covariance is (X'X)⁻¹ X'ΩX (X'X)⁻¹. Ω is that of an
AR(1) in u over the whole sample path of x: nothing is truncated and no bandwidth is chosen. Its persistence
is what plain errors get wrong (they take it as zero) and what residuals understate, so it comes from inverted
tests: the variance is averaged over the median-unbiased rho and the upper end of rho's 95 % interval. The
weights were set by simulation; `docs/methods.md` has the coverage measured.

Assumes that x's steps are not driven by the spread, and that the residuals' memory is mainly of first order.
"""

import math

import numpy as np

from quant.analytics.near_unit_root import LAW_OF_RESIDUALS, LOW, MEDIAN, Persistence, distance, persistence
from quant.domain import FloatArray
from quant.kernel import jit

MIN_BARS = 10
_NEAREST = 0.05  # distance from a unit root, in -n ln(rho): nearer, alpha has no finite variance at all
_SHARES = ((MEDIAN, 0.8), (LOW, 0.2))  # the law's low quantile belongs to the upper end of rho


@jit
def _sandwich(dx: FloatArray, residuals: FloatArray, rho: float) -> tuple[float, float, float, float]:
    """Return Σ ρ^|i-j| over (1, 1), (1, dx), (dx, dx), and the variance of the AR(1)'s innovations.

    The innovations are those of the line refitted by generalised least squares at this rho.
    """
    n = dx.size
    s11 = s1x = sxx = 0.0
    f1 = fx = 0.0
    g11 = g1x = gxx = h1 = hx = hh = 0.0
    for t in range(n):
        f1 = rho * f1 + 1.0
        fx = rho * fx + dx[t]
        s11 += 2.0 * f1 - 1.0
        s1x += f1 * dx[t] + fx - dx[t]
        sxx += (2.0 * fx - dx[t]) * dx[t]
        if t:
            one, step = 1.0 - rho, dx[t] - rho * dx[t - 1]
            noise = residuals[t] - rho * residuals[t - 1]
            g11 += one * one
            g1x += one * step
            gxx += step * step
            h1 += one * noise
            hx += step * noise
            hh += noise * noise
    determinant = g11 * gxx - g1x * g1x
    explained = 0.0
    if determinant > 1e-12 * g11 * gxx:
        explained = (gxx * h1 * h1 - 2.0 * g1x * h1 * hx + g11 * hx * hx) / determinant
    return s11, s1x, sxx, max(hh - explained, 0.0) / max(n - 4, 1)


def standard_errors(dx: FloatArray, residuals: FloatArray, mean_x: float) -> tuple[float, float]:
    """Return the standard errors of alpha and beta, NaN for fewer than ten bars.

    `dx` are x's deviations from `mean_x`, `residuals` those of the least-squares line on the same bars.
    """
    n = dx.size
    if n < MIN_BARS:
        return math.nan, math.nan
    found = persistence(residuals)
    if math.isnan(found.rho) or not found.error > 0.0:
        return math.nan, math.nan
    square = float(np.dot(dx, dx))
    of_alpha = of_beta = 0.0
    for row, share in _SHARES:
        rho = _rho(found, row)
        s11, s1x, sxx, noise = _sandwich(dx, residuals, rho)
        level = share * noise / (1.0 - rho * rho)
        slope, both = sxx / square**2, s1x / (n * square)
        of_beta += level * slope
        of_alpha += level * (s11 / n**2 - 2.0 * mean_x * both + mean_x**2 * slope)
    return math.sqrt(max(of_alpha, 0.0)), math.sqrt(max(of_beta, 0.0))


def _rho(found: Persistence, row: int) -> float:
    away = max(distance(found, LAW_OF_RESIDUALS, row), _NEAREST)
    return max(found.rho, -0.99) if math.isinf(away) else math.exp(-away / found.n)
