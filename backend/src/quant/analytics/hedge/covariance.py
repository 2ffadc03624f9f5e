"""Standard errors of a hedge ratio whose residuals are serially correlated.

Given x, a line errs by (W'X)⁻¹W'v. For least squares W is X and v the residuals u; for Huber's line v is their
influence, u clipped; for Theil and Sen's W holds the ranks of x in place of x, and v those of u. So its
covariance is (W'X)⁻¹ W'ΩW (X'W)⁻¹. Ω is that of an AR(1) in v over the whole sample path of x: nothing is
truncated and no bandwidth is chosen. Its persistence is what plain errors get wrong (they take it as zero) and
what residuals understate, so it comes from inverted tests: the variance is averaged over the median-unbiased rho
and the upper end of rho's 95 % interval, which counts the more the nearer that median is to a unit root. The weights
were set by simulation; `docs/methods.md` has the coverage measured.

Trades at bid or ask and prices in ticks add white noise, and make least squares find far too little persistence. It
shows as a negative autocorrelation of the innovations. Where that is significant, Ω is that of an AR(1) plus white
noise, and rho is estimated with the bar before as the instrument: Hall (1989), "Testing for a unit root in the
presence of moving average errors", Biometrika 76: its t-ratio has the law of the one without noise.

Assumes that x's steps are not driven by the spread, and that the spread's memory, but for white noise, is mainly of
first order.
"""

import math

import numpy as np

from quant.analytics.hedge.innovations import autocovariances, innovations, sums_of_steps
from quant.analytics.near_unit_root import LAW_OF_RESIDUALS, LOW, MEDIAN, NODES, ar1, distance_at
from quant.domain import FloatArray, IntArray
from quant.kernel import jit, jit_fast

MIN_BARS = 10
_NEAREST = 0.05  # distance from a unit root, in -n ln(rho): nearer, alpha has no finite variance at all
_NEAR, _FAR = 8.0, 15.0  # distances between which the upper end of rho comes to count less
_SHARE_NEAR, _SHARE_FAR = 0.8, 0.1  # of the variance, what is taken at that end
# the law's low quantile belongs to the upper end of rho
_LAW_MEDIAN, _LAW_LOW = LAW_OF_RESIDUALS[MEDIAN].copy(), LAW_OF_RESIDUALS[LOW].copy()
_NOISY = -1.645  # times the standard error of an autocorrelation: below it, innovations tell of white noise
_LEAST_SIGNAL = 0.02  # of the innovations' variance: noise is never taken to be more than the rest


@jit
def _parts(square: float, product: float, rho: float) -> tuple[float, float]:
    """Return the variances of an AR(1)'s innovations and of white noise on it.

    `square` and `product` are variance and first autocovariance of u_t - rho u_{t-1}.
    """
    both = 1.0 + rho * rho
    noise = min(max(-product / rho, 0.0), (1.0 - _LEAST_SIGNAL) * square / both)
    return square - noise * both, noise


@jit_fast
def _over_path(w: FloatArray, low: float, high: float) -> tuple[float, float, float, float]:
    """Return Σ rho^|i-j| w_j and Σ w_i rho^|i-j| w_j over all i, j: both for `low`, then both for `high`."""
    one_low = one_high = low_sum = high_sum = 0.0
    weight_low = weight_high = low_square = high_square = 0.0
    for t in range(w.size):
        value = w[t]
        one_low = low * one_low + 1.0
        one_high = high * one_high + 1.0
        weight_low = low * weight_low + value
        weight_high = high * weight_high + value
        low_sum += (one_low - 1.0) * value + weight_low
        high_sum += (one_high - 1.0) * value + weight_high
        low_square += (2.0 * weight_low - value) * value
        high_square += (2.0 * weight_high - value) * value
    return low_sum, low_square, high_sum, high_square


@jit
def _over_ones(rho: float, n: int) -> float:
    """Return Σ rho^|i-j| over n by n."""
    away = 1.0 - rho
    return float((n * (1.0 + rho) - 2.0 * rho * (1.0 - rho**n) / away) / away)


@jit
def _rho_at(distance: float, rho: float, n: int) -> float:
    return math.exp(-max(distance, _NEAREST) / n) if distance < np.inf else max(rho, -0.99)


@jit
def _share_of_upper(distance: float) -> float:
    """Return the share of the variance that is taken at the upper end of rho, by the median's distance from one."""
    near = min(max((_FAR - distance) / (_FAR - _NEAR), 0.0), 1.0)
    return _SHARE_FAR + near * (_SHARE_NEAR - _SHARE_FAR)


@jit_fast
def _products(w: FloatArray, dx: FloatArray) -> tuple[float, float]:
    by_x = square = 0.0
    for t in range(w.size):
        by_x += w[t] * dx[t]
        square += w[t] * w[t]
    return by_x, square


@jit
def errors_of_line(dx: FloatArray, u: FloatArray, w: FloatArray, mean_x: float) -> tuple[float, float]:
    """Return what `standard_errors` does, for weights `w`."""
    n = dx.size
    if n < MIN_BARS:
        return np.nan, np.nan
    rho, error = ar1(u)
    if not error > 0.0:
        return np.nan, np.nan
    sums = sums_of_steps(dx, u)
    one, two, square, product = autocovariances(sums, rho)
    noisy = product < _NOISY / math.sqrt(n) * square and rho > 0.0 and one > 0.0 and two > 0.0
    if noisy:
        rho = two / one
        signal, _ = _parts(*innovations(dx, u, sums, min(rho, 1.0)), min(rho, 1.0))
        error = math.sqrt(signal * min(rho, 1.0) / one)
    by_x, sum_square = _products(w, dx)
    distance = distance_at(rho, error, n, _LAW_MEDIAN, NODES)
    middle, upper = _rho_at(distance, rho, n), _rho_at(distance_at(rho, error, n, _LAW_LOW, NODES), rho, n)
    by_upper = _share_of_upper(distance)
    of_middle, square_middle, of_upper, square_upper = _over_path(w, middle, upper)
    of_alpha = of_beta = 0.0
    for at, share, with_one, with_w in (
        (middle, 1.0 - by_upper, of_middle, square_middle),
        (upper, by_upper, of_upper, square_upper),
    ):
        signal, product = innovations(dx, u, sums, at)
        noise = 0.0
        if noisy:
            signal, noise = _parts(signal, product, at)
        level = share * signal / (1.0 - at * at)
        noise *= share
        slope = (level * with_w + noise * sum_square) / by_x**2
        of_beta += slope
        of_alpha += (level * _over_ones(at, n) / n + noise) / n
        of_alpha += mean_x**2 * slope - 2.0 * mean_x * level * with_one / (n * by_x)
    return math.sqrt(max(of_alpha, 0.0)), math.sqrt(max(of_beta, 0.0))


def standard_errors(dx: FloatArray, residuals: FloatArray, mean_x: float) -> tuple[float, float]:
    """Return the standard errors of alpha and beta, NaN for fewer than ten bars.

    `dx` are x's deviations from `mean_x`, `residuals` what the line's error is linear in: for least squares
    its residuals.
    """
    alpha, beta = errors_of_line(dx, residuals, dx, mean_x)
    return alpha, beta


@jit
def errors_of_median(
    dx: FloatArray, order_x: IntArray, u: FloatArray, order_u: IntArray, deviation: float, mean_x: float
) -> tuple[float, float]:
    """Return the standard errors of alpha and beta of the median slope, NaN for fewer than ten bars.

    Its estimating equation sums the signs of (x_i - x_j)(u_i - u_j); to first order it errs by Σ w v / Σ w x with
    w the centred ranks of x and v = (F(u) - ½) / ∫f² those of u, in the units of u. ∫f² is the share of pairs
    of residuals that lie within a bandwidth of each other. `deviation` is the residuals' standard deviation,
    `order_x` sorts dx, and `order_u`, which nearly sorts u, does so afterwards.
    """
    n = dx.size
    if n < MIN_BARS:
        return np.nan, np.nan
    w, v, ordered = np.empty(n), np.empty(n), np.empty(n)
    _centred_ranks(dx, order_x, ordered, w)
    _sort_nearly_sorted(u, order_u)
    _centred_ranks(u, order_u, ordered, v)
    spread = min(deviation, (ordered[(3 * n) // 4] - ordered[n // 4]) / 1.349)
    width = 0.6 * (spread if spread > 0.0 else deviation)
    near = _pairs_within(ordered, width)
    if near == 0 or not width > 0.0:
        return np.nan, np.nan
    density = near / (0.5 * n * (n - 1)) / (2.0 * width)
    for i in range(n):
        v[i] /= n * density
    return errors_of_line(dx, v, w, mean_x)


@jit
def _sort_nearly_sorted(values: FloatArray, order: IntArray) -> None:
    """Make `order` sort the values by insertion, in time of its size and of the pairs it has the wrong way round."""
    for k in range(1, order.size):
        at, moved = k, order[k]
        while at > 0 and values[order[at - 1]] > values[moved]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = moved


@jit
def _centred_ranks(values: FloatArray, order: IntArray, ordered: FloatArray, ranks: FloatArray) -> None:
    """Fill the values in order, and their ranks about the mean rank, equal values sharing one."""
    n = values.size
    for i in range(n):
        ordered[i] = values[order[i]]
    begin = 0
    while begin < n:
        end = begin + 1
        while end < n and ordered[end] == ordered[begin]:
            end += 1
        for i in range(begin, end):
            ranks[order[i]] = 0.5 * (begin + end - n)
        begin = end


@jit
def _pairs_within(ordered: FloatArray, width: float) -> int:
    """Return how many pairs of sorted values lie within `width` of each other."""
    found = first = 0
    for i in range(ordered.size):
        while ordered[i] - ordered[first] > width:
            first += 1
        found += i - first
    return found
