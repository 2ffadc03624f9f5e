"""Standard errors of a hedge ratio whose residuals are serially correlated.

Given x, the least-squares line errs by (X'X)⁻¹ X'u. Its covariance (X'X)⁻¹ X'ΩX (X'X)⁻¹ is taken with the Ω of an
AR(1) in u, whose persistence is the median-unbiased one: the plain estimate from residuals is too low, and
plain OLS errors, which take it as zero, are several times too small. The long-run variance is that of the whole
sample path of x, so nothing is truncated and no bandwidth is chosen.

Assumes that x's steps are not driven by the spread, and that the residuals' memory is mainly of first order.
"""

import math

import numpy as np

from quant.analytics.near_unit_root import LAW_OF_RESIDUALS, MEDIAN, distance, persistence
from quant.domain import FloatArray
from quant.kernel import jit

_NEAREST = 0.5  # distance from a unit root, in -n ln(rho): nearer, alpha has no finite variance at all


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
    if n < 10:
        return math.nan, math.nan
    found = persistence(residuals)
    if math.isnan(found.rho) or not found.error > 0.0:
        return math.nan, math.nan
    away = max(distance(found, LAW_OF_RESIDUALS, MEDIAN), _NEAREST)
    rho = max(found.rho, -0.99) if math.isinf(away) else math.exp(-away / n)
    s11, s1x, sxx, noise = _sandwich(dx, residuals, rho)
    variance = noise / (1.0 - rho * rho)
    square = float(np.dot(dx, dx))
    of_mean, both, of_beta = s11 / n**2, s1x / (n * square), sxx / square**2
    of_alpha = of_mean - 2.0 * mean_x * both + mean_x**2 * of_beta
    return math.sqrt(variance * max(of_alpha, 0.0)), math.sqrt(variance * max(of_beta, 0.0))
