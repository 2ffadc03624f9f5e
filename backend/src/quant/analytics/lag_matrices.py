"""Sums of lagged products of all symbols with all symbols: what every pair's test is made of.

With d the steps of a scaled series over a window of n bars, the cross sums of lag q are

    r_q[i, j] = ½ Σ_t d_i(t) d_j(t-q) + d_j(t) d_i(t-q),

over all t for which both steps lie in the window. The residual of a pair is `c_i x_i + c_j x_j`, so the sums of its
own lagged steps are `c_i² r_q[i, i] + 2 c_i c_j r_q[i, j] + c_j² r_q[j, j]` for either direction. Being symmetric in
i and j, r_q is one matrix product with steps moved both ways.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quant.analytics.lag_regressions import HEAD, HEAD_STEP, PARTS, SUMS, TAIL, TAIL_STEP
from quant.domain import FloatArray

# Bounds what a block of cross sums takes: 64 columns of 1,000 symbols and 25 lags are 13 MB.
PANEL = 64


@dataclass(frozen=True, slots=True)
class Ends:
    """The first and last bars of each symbol, (symbols, lags + 2) each: row t and row n-1-t, levels and steps."""

    head: FloatArray
    tail: FloatArray
    head_step: FloatArray
    tail_step: FloatArray


@dataclass(frozen=True, slots=True)
class Panel:
    """Cross sums of symbols 0 … last-1 with symbols first … last-1.

    `lagged` is (rows, lags + 1, columns), `level` the products of centred levels, `returns` correlations of log
    returns, both (rows, columns).
    """

    first: int
    lagged: FloatArray
    level: FloatArray
    returns: FloatArray


def centred_and_scaled(levels: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return rows less their mean and divided by a power of two near their size, the means, and those powers.

    The means come as the first value and what is above it: a sum of both would lose digits at a high level. A power of
    two costs no digit, and a t-ratio does not depend on the scale.
    """
    about_first = levels - levels[:, :1]  # exact for neighbouring prices, whatever their level
    shift = about_first.mean(axis=1)
    rest = about_first - shift[:, None]
    scale = _power_of_two(rest)
    return rest / scale[:, None], levels[:, 0], shift, scale


def scaled_only(levels: FloatArray) -> FloatArray:
    """Return rows divided by a power of two near their size, about 0 as they are."""
    scaled: FloatArray = levels / _power_of_two(levels)[:, None]
    return scaled


def _power_of_two(levels: FloatArray) -> FloatArray:
    power: FloatArray = np.ldexp(1.0, np.frexp(np.sqrt(np.mean(levels * levels, axis=1)))[1])
    return power


def steps_of(levels: FloatArray) -> FloatArray:
    """Return the steps of each row, 0 in the first column, which has none."""
    steps = np.zeros_like(levels)
    np.subtract(levels[:, 1:], levels[:, :-1], out=steps[:, 1:])
    return steps


def moved_both_ways(half: FloatArray, lag: int, out: FloatArray) -> FloatArray:
    """Return `½ (d(t-lag) + d(t+lag))` from half the steps, absent ones being 0: a product with d gives r_lag."""
    n = half.shape[1]
    out[:, n - lag :] = 0.0
    np.copyto(out[:, : n - lag], half[:, lag:])
    out[:, lag:] += half[:, : n - lag]
    return out


def lagged_products(one: FloatArray, other: FloatArray, lags: int) -> FloatArray:
    """Return r_q of the rows of two sets of steps, (rows of one, lags + 1, rows of other)."""
    lagged = np.empty((one.shape[0], lags + 1, other.shape[0]))
    half, moved = 0.5 * other, np.empty_like(other)
    for lag in range(lags + 1):
        np.matmul(one, moved_both_ways(half, lag, moved).T, out=lagged[:, lag, :])
    return lagged


def panel_of(
    levels: FloatArray, steps: FloatArray, returns: FloatArray, *, lags: int, first: int, last: int
) -> Panel:
    """Return the panel of columns first … last-1."""
    lagged = lagged_products(steps[:last], steps[first:last], lags)
    return Panel(first, lagged, levels[:last] @ levels[first:last].T, returns[:last] @ returns[first:last].T)


def own_sums(steps: FloatArray, lags: int) -> FloatArray:
    """Return r_q[i, i], (symbols, lags + 1)."""
    n = steps.shape[1]
    return np.stack([np.einsum("ij,ij->i", steps[:, q:], steps[:, : n - q]) for q in range(lags + 1)], axis=1)


def ends_of(levels: FloatArray, steps: FloatArray, lags: int) -> Ends:
    """Return the first and last `lags` + 2 bars of each row, the last ones backwards."""
    head, tail = slice(0, lags + 2), slice(None, -lags - 3, -1)
    parts = (levels[:, head], levels[:, tail], steps[:, head], steps[:, tail])
    return Ends(*(np.ascontiguousarray(part) for part in parts))


def parts_of(lagged: FloatArray, ends: Ends) -> FloatArray:
    """Return own sums and ends as `lag_regressions` wants them: (symbols, PARTS, lags + 2)."""
    parts = np.zeros((lagged.shape[0], PARTS, lagged.shape[1] + 1))
    parts[:, SUMS, :-1] = lagged
    parts[:, HEAD], parts[:, TAIL] = ends.head, ends.tail
    parts[:, HEAD_STEP], parts[:, TAIL_STEP] = ends.head_step, ends.tail_step
    return parts


def unit_returns(log_returns: FloatArray) -> FloatArray:
    """Return rows less their mean with unit length, so that a product is Pearson's r; NaN where a row stands still.

    A log return carries the rounding of a number near one, however small it is itself.
    """
    rest = log_returns - log_returns.mean(axis=1, keepdims=True)
    square = np.einsum("ij,ij->i", rest, rest)
    level = np.maximum(1.0, np.max(np.abs(log_returns), axis=1, initial=0.0))
    moves: NDArray[np.bool_] = square > log_returns.shape[1] * (4.0 * np.finfo(float).eps * level) ** 2
    length = np.where(moves, np.sqrt(square), math.nan)
    correlated: FloatArray = rest / length[:, None]
    return correlated
