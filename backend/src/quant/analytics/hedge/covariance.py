"""Standard errors of a hedge ratio whose residuals are serially correlated.

Given x, a line errs by (W'X)⁻¹W'v. For least squares W is X and v the residuals u; for Huber's line v is their
influence, u clipped; for Theil and Sen's W holds the ranks of x in place of x, and v those of u. So its
covariance is (W'X)⁻¹ W'ΩW (X'W)⁻¹. Ω is that of an AR(1) in v over the whole sample path of x: nothing is
truncated and no bandwidth is chosen. Its persistence is what plain errors get wrong (they take it as zero) and
what residuals understate, so it comes from inverted tests: the variance is averaged over the median-unbiased rho
and the upper end of rho's 95 % interval. The weights were set by simulation; `docs/methods.md` has the coverage
measured.

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
def _sandwich(
    w: FloatArray, dx: FloatArray, residuals: FloatArray, rho: float
) -> tuple[float, float, float, float]:
    """Return Σ ρ^|i-j| over (1, 1), (1, w), (w, w), and the variance of the AR(1)'s innovations.

    The innovations are those of the line refitted by generalised least squares at this rho.
    """
    n = dx.size
    s11 = s1w = sww = 0.0
    f1 = fw = 0.0
    g11 = g1x = gxx = h1 = hx = hh = 0.0
    for t in range(n):
        f1 = rho * f1 + 1.0
        fw = rho * fw + w[t]
        s11 += 2.0 * f1 - 1.0
        s1w += f1 * w[t] + fw - w[t]
        sww += (2.0 * fw - w[t]) * w[t]
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
    return s11, s1w, sww, max(hh - explained, 0.0) / max(n - 4, 1)


def standard_errors(
    dx: FloatArray, residuals: FloatArray, mean_x: float, *, weights: FloatArray | None = None
) -> tuple[float, float]:
    """Return the standard errors of alpha and beta, NaN for fewer than ten bars.

    `dx` are x's deviations from `mean_x`, `residuals` what the line's error is linear in: for least squares
    its residuals. `weights`, which sum to zero, are dx unless given.
    """
    n = dx.size
    if n < MIN_BARS:
        return math.nan, math.nan
    found = persistence(residuals)
    if math.isnan(found.rho) or not found.error > 0.0:
        return math.nan, math.nan
    w = dx if weights is None else weights
    square = float(np.dot(w, dx))
    of_alpha = of_beta = 0.0
    for row, share in _SHARES:
        rho = _rho(found, row)
        s11, s1w, sww, noise = _sandwich(w, dx, residuals, rho)
        level = share * noise / (1.0 - rho * rho)
        slope, both = sww / square**2, s1w / (n * square)
        of_beta += level * slope
        of_alpha += level * (s11 / n**2 - 2.0 * mean_x * both + mean_x**2 * slope)
    return math.sqrt(max(of_alpha, 0.0)), math.sqrt(max(of_beta, 0.0))


def rank_errors(dx: FloatArray, residuals: FloatArray, mean_x: float) -> tuple[float, float]:
    """Return the standard errors of alpha and beta of the median slope, NaN for fewer than ten bars.

    Its estimating equation sums the signs of (x_i - x_j)(u_i - u_j); to first order it errs by Σ w v / Σ w x with
    w the centred ranks of x and v = (F(u) - ½) / ∫f² those of u, in the units of u. ∫f² is the share of pairs
    of residuals that lie within a bandwidth of each other.
    """
    n = dx.size
    if n < MIN_BARS:
        return math.nan, math.nan
    ranks, ordered = _centred_ranks(residuals)
    deviation = float(residuals.std())
    spread = min(deviation, float(ordered[(3 * n) // 4] - ordered[n // 4]) / 1.349)
    width = 0.6 * (spread if spread > 0.0 else deviation)
    near = _pairs_within(ordered, width)
    if near == 0 or not width > 0.0:
        return math.nan, math.nan
    density = near / (0.5 * n * (n - 1)) / (2.0 * width)
    return standard_errors(dx, ranks / (n * density), mean_x, weights=_centred_ranks(dx)[0])


@jit
def _pairs_within(ordered: FloatArray, width: float) -> int:
    """Return how many pairs of sorted values lie within `width` of each other."""
    found = first = 0
    for i in range(ordered.size):
        while ordered[i] - ordered[first] > width:
            first += 1
        found += i - first
    return found


def _centred_ranks(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ranks about their mean, equal values sharing one, and the values in order."""
    order = np.argsort(values)
    ordered, ranks = values[order], np.empty(values.size)
    ranks[order] = np.arange(values.size) - 0.5 * (values.size - 1)
    if (ordered[1:] == ordered[:-1]).any():
        below, up_to = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
        ranks = 0.5 * (below + up_to - values.size).astype(np.float64)
    return ranks, ordered


def _rho(found: Persistence, row: int) -> float:
    away = max(distance(found, LAW_OF_RESIDUALS, row), _NEAREST)
    return max(found.rho, -0.99) if math.isinf(away) else math.exp(-away / found.n)
