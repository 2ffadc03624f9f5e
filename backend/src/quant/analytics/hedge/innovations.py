"""Innovations `u_t - rho u_{t-1}` of a line's residuals at several rho, from one pass over the bars.

Written `(u_t - u_{t-1}) + (1 - rho) u_{t-1}`, their sums of products are those of steps and levels weighted by
1 - rho: no digits cancel near a unit root, and sums of steps times levels follow from the ends alone.
"""

import numpy as np

from quant.domain import FloatArray
from quant.kernel import jit, jit_fast

# Columns of the sums: a pair of series each, then a series each.
_UU, _XX, _UX, _U, _X = 0, 1, 2, 3, 4
# Rows of a pair: sums of products of steps, of steps with the steps before, of levels before the last bar, of steps
# with the levels before; then what sums over fewer bars lack. Mixed products are halved and counted both ways.
_STEPS, _CROSSED, _LEVELS, _MIXED = 0, 1, 2, 3
_FIRST_MIXED, _LAST_MIXED, _LAST_STEPS, _LAST_LEVELS = 4, 5, 6, 7
# Rows of a series: its sum before the last bar; the first two and last two bars.
_SUM, _BAR_0, _BAR_1, _BAR_BEFORE, _BAR_LAST = 0, 1, 2, 3, 4
# Innovations that are less than this share of what they are a difference of are computed bar by bar.
_LEAST_SHARE = 1e-5


@jit_fast
def _sum(values: FloatArray) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total


@jit_fast
def sums_of_steps(dx: FloatArray, u: FloatArray) -> FloatArray:
    """Return the sums that `innovations` and `autocovariances` need, of u about its mean, (8, 5)."""
    n, sum_u, sum_x = u.size, _sum(u), _sum(dx)
    mean, sums = sum_u / n, np.empty((8, 5))
    uu = xx = ux = crossed_uu = crossed_xx = crossed_ux = levels_uu = levels_xx = levels_ux = 0.0
    for t in range(2, n):
        step, before, level = u[t] - u[t - 1], u[t - 1] - u[t - 2], u[t - 1] - mean
        x_step, x_before, x_level = dx[t] - dx[t - 1], dx[t - 1] - dx[t - 2], dx[t - 1]
        uu += step * step
        xx += x_step * x_step
        ux += step * x_step
        crossed_uu += step * before
        crossed_xx += x_step * x_before
        crossed_ux += step * x_before + x_step * before
        levels_uu += level * level
        levels_xx += x_level * x_level
        levels_ux += level * x_level
    sums[_STEPS, :3] = uu, xx, ux
    sums[_CROSSED, :3] = crossed_uu, crossed_xx, 0.5 * crossed_ux
    sums[_LEVELS, :3] = levels_uu, levels_xx, levels_ux
    sums[:5, _U] = (
        sum_u - u[n - 1] - (n - 1) * mean,
        u[0] - mean,
        u[1] - mean,
        u[n - 2] - mean,
        u[n - 1] - mean,
    )
    sums[:5, _X] = sum_x - dx[n - 1], dx[0], dx[1], dx[n - 2], dx[n - 1]
    for column, one, other in ((_UU, _U, _U), (_XX, _X, _X), (_UX, _U, _X)):
        _complete(sums, column, one, other)
    return sums


@jit
def _complete(sums: FloatArray, column: int, one: int, other: int) -> None:
    """Add to a pair's sums, which began with the second step, what the ends of its two series tell."""
    begin, end = sums[_BAR_0, one], sums[_BAR_LAST, one]
    begin_other, end_other = sums[_BAR_0, other], sums[_BAR_LAST, other]
    step, step_other = sums[_BAR_1, one] - begin, sums[_BAR_1, other] - begin_other
    before, before_other = sums[_BAR_BEFORE, one], sums[_BAR_BEFORE, other]
    last, last_other = end - before, end_other - before_other
    sums[_STEPS, column] += step * step_other
    sums[_LEVELS, column] += begin * begin_other
    sums[_MIXED, column] = 0.5 * (end * end_other - begin * begin_other - sums[_STEPS, column])
    sums[_FIRST_MIXED, column] = 0.5 * (step * begin_other + step_other * begin)
    sums[_LAST_MIXED, column] = 0.5 * (last * before_other + last_other * before)
    sums[_LAST_STEPS, column] = last * last_other
    sums[_LAST_LEVELS, column] = before * before_other


@jit
def _products_at(sums: FloatArray, column: int, away: float) -> tuple[float, float]:
    """Return a pair's sums of products of `step + away level`, at once and with the bar before."""
    steps, mixed, levels = sums[_STEPS, column], sums[_MIXED, column], sums[_LEVELS, column]
    inner = mixed - sums[_LAST_MIXED, column]
    over_two_bars = mixed - sums[_FIRST_MIXED, column] - sums[_CROSSED, column]
    within_one = inner + steps - sums[_LAST_STEPS, column]
    lagged = levels - sums[_LAST_LEVELS, column] + inner
    at_once = steps + away * (2.0 * mixed + away * levels)
    return at_once, sums[_CROSSED, column] + away * (over_two_bars + within_one + away * lagged)


@jit
def _sums_at(sums: FloatArray, column: int, away: float) -> tuple[float, float]:
    """Return a series' sum of `step + away level`, and the first and the last of them together."""
    begin, before, end = sums[_BAR_0, column], sums[_BAR_BEFORE, column], sums[_BAR_LAST, column]
    ends = (sums[_BAR_1, column] - begin) + (end - before) + away * (begin + before)
    return end - begin + away * sums[_SUM, column], ends


@jit
def autocovariances(sums: FloatArray, rho: float) -> tuple[float, float, float, float]:
    """Return u's sums of products at lags 1 and 2 about its mean, and those of u_t - rho u_{t-1} at lags 0 and 1.

    All without the first step.
    """
    away = 1.0 - rho
    begin, step = sums[_BAR_0, _U], sums[_BAR_1, _U] - sums[_BAR_0, _U]
    levels = sums[_LEVELS, _UU] - begin * begin
    mixed = sums[_MIXED, _UU] - sums[_FIRST_MIXED, _UU]
    within = sums[_MIXED, _UU] - sums[_LAST_MIXED, _UU] + sums[_STEPS, _UU] - sums[_LAST_STEPS, _UU]
    one = levels - within
    two = one + mixed - sums[_CROSSED, _UU]
    _, product = _products_at(sums, _UU, away)
    square = sums[_STEPS, _UU] - step * step + away * (2.0 * mixed + away * levels)
    return one, two, square, product


@jit
def innovations(dx: FloatArray, u: FloatArray, sums: FloatArray, rho: float) -> tuple[float, float]:
    """Return variance and first autocovariance of u_t - rho u_{t-1}, the line refitted by GLS at this rho."""
    n, away = u.size, 1.0 - rho
    uu, lagged_uu = _products_at(sums, _UU, away)
    xx, lagged_xx = _products_at(sums, _XX, away)
    ux, lagged_ux = _products_at(sums, _UX, away)
    sum_u, ends_u = _sums_at(sums, _U, away)
    sum_x, ends_x = _sums_at(sums, _X, away)
    level, slope = _refitted(n, away, xx, ux, sum_u, sum_x)
    whole = uu + slope * slope * xx + (n - 1) * level * level
    square = whole - 2.0 * (slope * ux + level * (sum_u - slope * sum_x))
    parts = (
        sums[_STEPS, _UU] + away * away * sums[_LEVELS, _UU] + slope * slope * xx + (n - 1) * level * level
    )
    if not square > _LEAST_SHARE * parts:
        return _from_series(dx, u, rho)
    product = lagged_uu + slope * slope * lagged_xx + (n - 2) * level * level - 2.0 * slope * lagged_ux
    product -= level * ((2.0 * sum_u - ends_u) - slope * (2.0 * sum_x - ends_x))
    return square / max(n - 4, 1), product / max(n - 5, 1)


@jit
def _refitted(n: int, away: float, xx: float, ux: float, sum_u: float, sum_x: float) -> tuple[float, float]:
    """Return level and slope of the innovations on `away` and the steps of x, 0 where these do not determine them."""
    square, of_x, of_u = (n - 1) * away * away, away * sum_x, away * sum_u
    determinant = square * xx - of_x * of_x
    if not determinant > 1e-12 * square * xx:
        return 0.0, 0.0
    return away * (xx * of_u - of_x * ux) / determinant, (square * ux - of_x * of_u) / determinant


@jit_fast
def _from_series(dx: FloatArray, u: FloatArray, rho: float) -> tuple[float, float]:
    """Return what `innovations` does, bar by bar."""
    n = u.size
    sum_u = sum_x = xx = ux = 0.0
    for t in range(1, n):
        step, noise = dx[t] - rho * dx[t - 1], u[t] - rho * u[t - 1]
        sum_x += step
        sum_u += noise
        xx += step * step
        ux += step * noise
    level, slope = _refitted(n, 1.0 - rho, xx, ux, sum_u, sum_x)
    first = (u[1] - rho * u[0]) - slope * (dx[1] - rho * dx[0]) - level
    square, product = first * first, 0.0
    for t in range(2, n):
        now = (u[t] - rho * u[t - 1]) - slope * (dx[t] - rho * dx[t - 1]) - level
        before = (u[t - 1] - rho * u[t - 2]) - slope * (dx[t - 1] - rho * dx[t - 2]) - level
        square += now * now
        product += now * before
    return square / max(n - 4, 1), product / max(n - 5, 1)
