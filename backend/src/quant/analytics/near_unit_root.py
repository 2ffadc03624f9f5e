"""AR(1) persistence of a series, without the downward bias and false precision of least squares.

Least squares understates rho near one, and its t-ratio is far from normal. So an interval is found by
inverting the test: rho is in it when the observed t-ratio lies between the quantiles it has under that rho.
The rho whose median ratio is the observed one is the median-unbiased estimate.
"""

import math
from dataclasses import dataclass

import numpy as np

from quant.analytics.tables.near_unit_root import DISTANCES, GIVEN, RESIDUAL
from quant.domain import FloatArray
from quant.kernel import jit, jit_fast

# The law is interpolated in 1/sqrt(1 + distance): 1 is the unit root, 0 the normal law far away from it.
NODES = np.append(1.0 / np.sqrt(1.0 + DISTANCES), 0.0)
_NORMAL = 1.959963984540054
_FURTHEST = 6.0  # times n: rho = 0.0025


def _with_normal_end(table: FloatArray) -> FloatArray:
    return np.ascontiguousarray(np.column_stack([table, [-_NORMAL, 0.0, _NORMAL]]))


LAW_OF_SERIES = _with_normal_end(GIVEN)
LAW_OF_RESIDUALS = _with_normal_end(RESIDUAL)
LOW, MEDIAN, HIGH = 0, 1, 2  # rows: the 2.5 %, 50 % and 97.5 % points


@dataclass(frozen=True, slots=True)
class Persistence:
    """Least-squares rho with its standard error; NaN where the series has no variance left."""

    rho: float
    error: float
    n: int


@jit_fast
def ar1(u: FloatArray) -> tuple[float, float]:
    """Return rho of `u_t = c + rho u_{t-1} + e_t` by least squares, and its standard error."""
    n = u.size
    mean_before, mean_after = 0.0, 0.0
    for t in range(1, n):
        mean_before += u[t - 1] - u[0]
        mean_after += u[t] - u[0]
    mean_before = u[0] + mean_before / (n - 1)
    mean_after = u[0] + mean_after / (n - 1)
    square, product = 0.0, 0.0
    for t in range(1, n):
        before = u[t - 1] - mean_before
        square += before * before
        product += before * (u[t] - mean_after)
    if not square > 0.0:
        return np.nan, np.nan
    rho = product / square
    rest = 0.0
    for t in range(1, n):
        error = (u[t] - mean_after) - rho * (u[t - 1] - mean_before)
        rest += error * error
    return rho, math.sqrt(rest / (n - 3) / square)


@jit
def _quantile(law: FloatArray, nodes: FloatArray, distance: float) -> tuple[float, float]:
    """Return the law's quantile at a distance, and its slope there."""
    place = 1.0 / math.sqrt(1.0 + distance)
    k = 1
    while nodes[k] > place and k < nodes.size - 1:
        k += 1
    steepness = (law[k] - law[k - 1]) / (nodes[k] - nodes[k - 1])
    return law[k - 1] + steepness * (place - nodes[k - 1]), -0.5 * steepness * place / (1.0 + distance)


@jit
def _excess(
    rho: float, error: float, n: int, law: FloatArray, nodes: FloatArray, distance: float
) -> tuple[float, float]:
    """Return how far the t-ratio of rho is above the quantile at a distance, and the slope of that."""
    quantile, slope = _quantile(law, nodes, distance)
    away = math.exp(-distance / n)
    return (rho - away) / error - quantile, away / (n * error) - slope


@jit
def distance_at(rho: float, error: float, n: int, law: FloatArray, nodes: FloatArray) -> float:
    """Return the distance -n ln(rho_0) at which the observed t-ratio is the law's own quantile.

    0 where even a unit root puts the ratio above it, infinity where no positive rho_0 puts it there.
    """
    near, far = 0.0, _FURTHEST * n
    if _excess(rho, error, n, law, nodes, near)[0] >= 0.0:
        return 0.0
    if _excess(rho, error, n, law, nodes, far)[0] < 0.0:
        return np.inf
    distance = -n * math.log(rho) if rho > 0.0 else 0.5 * far
    while far - near > 1e-12 * far:
        if not near < distance < far:
            distance = 0.5 * (near + far)
            if distance in (near, far):
                break
        above, slope = _excess(rho, error, n, law, nodes, distance)
        if above < 0.0:
            near = distance
        else:
            far = distance
        step = above / slope  # Newton's, held inside what brackets the place
        distance -= step
        if abs(step) <= 1e-12 * distance:
            break
    return distance if near <= distance <= far else 0.5 * (near + far)


def distance(of: Persistence, law: FloatArray, row: int) -> float:
    """Return `distance_at` for one row of a law."""
    return float(distance_at(of.rho, of.error, of.n, law[row], NODES))


def persistence(u: FloatArray) -> Persistence:
    """Return the least-squares persistence of a series of at least four finite values."""
    rho, error = ar1(u)
    return Persistence(rho, error, u.size)
