"""How rare a pair's statistic is for legs with just these steps: the tail of its own null.

MacKinnon's p-values are for steps of one size. Steps with heavy tails, volatility that comes in clusters, and one
large jump near the start of the window or near a jump of the other leg give a statistic far into the tail much more
often than that: a jump in the first bars looks like a deviation that reverts at once. What happened when is part of
the null here: each step of either leg keeps its place and size and gets a random sign (a wild bootstrap; Cavaliere,
Rahbek & Taylor 2010), which leaves two independent walks with the same jumps and the same volatility.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from quant.analytics import mackinnon
from quant.analytics.engle_granger_stack import statistics_of_rows
from quant.analytics.findings import LEAST_SHARE, LagRule, Progress
from quant.analytics.lag_matrices import (
    centred_and_scaled,
    ends_of,
    lagged_products,
    own_sums,
    parts_of,
    scaled_only,
    steps_of,
)
from quant.analytics.multiplicity import benjamini_yekutieli
from quant.analytics.pair_table import PairTable
from quant.domain import FloatArray

# Draws of each leg of a pair; each of one meets each of the other, so there are the square of that.
_LEG_DRAWS = 64
_SERIES_DRAWS = 2048
_SERIES_AT_ONCE = 128  # draws of a series that are held at a time: a long one has many bars
# The share of draws that tells the shape of the tail beyond them.
_TAIL = 0.02
# How much heavier than found the tail is taken to be, in standard errors of its shape.
_CAUTION = 1.0


def calibrated(
    table: PairTable, series: Callable[[int], FloatArray], rule: LagRule, progress: Progress | None
) -> PairTable:
    """Return the table with q-values that hold for the pairs' own steps, as far as they are at most its level.

    `series(k)` returns the levels of symbol k. Only a pair that would be called is drawn for: calibration never makes
    a p smaller. `progress` is called after each.
    """
    p = table.p_value.copy()
    called = np.flatnonzero(table.q_value <= table.level)
    for row in called:
        y, x = series(int(table.i[row])), series(int(table.j[row]))
        p[row] = own_null_p(y, x, float(p[row]), rule, seed=int(row))
        if progress is not None:
            progress(len(table), len(table))
    return replace(table, p_calibrated=p, q_value=benjamini_yekutieli(p))


def own_null_p(y: FloatArray, x: FloatArray, p_value: float, rule: LagRule, *, seed: int) -> float:
    """Return the chance of a pair p-value as small as this under the pair's own null, at least `p_value`.

    Where too few of 4,096 draws are as small, the tail is continued as a power of p, whose exponent comes from the
    smallest 2 % (Hill 1975) less one of its standard errors. The same seed gives the same number.
    """
    rng = np.random.default_rng(seed)
    legs = np.concatenate([_walks(leg, _LEG_DRAWS, rng) for leg in (y, x)])
    scaled, _, _, _ = centred_and_scaled(legs)
    level = scaled[:_LEG_DRAWS] @ scaled[_LEG_DRAWS:].T
    statistic = _statistics(scaled, level, rule)
    p = mackinnon.p_values(statistic.ravel(), trend="c", n_series=2).reshape(2, -1)
    return _continued(np.minimum(1.0, 2.0 * p.min(axis=0)), p_value)


def own_null_p_of_series(series: FloatArray, p_value: float, rule: LagRule, *, seed: int) -> float:
    """Return the same for a Dickey-Fuller test without a constant of one series, from 2,048 draws."""
    rng, no_product = np.random.default_rng(seed), np.zeros((1, _SERIES_AT_ONCE))
    parts = []
    for _ in range(_SERIES_DRAWS // _SERIES_AT_ONCE):
        walks = scaled_only(series[0] + _walks(series, _SERIES_AT_ONCE, rng))
        # A pair whose legs have no product is the dependent leg alone.
        parts.append(_statistics(np.concatenate([walks[:1], walks]), no_product, rule)[1].ravel())
    return _continued(mackinnon.p_values(np.concatenate(parts), trend="n", n_series=1), p_value)


def _walks(series: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Return walks from 0 with the steps of a series about their mean, each in its place with a random sign."""
    steps, walks = np.diff(series), np.zeros((draws, series.size))
    signs = rng.integers(0, 2, (draws, steps.size)) * 2.0 - 1.0
    np.cumsum((steps - steps.mean()) * signs, axis=1, out=walks[:, 1:])
    return walks


def _statistics(series: FloatArray, level: FloatArray, rule: LagRule) -> FloatArray:
    """Return the statistics of the first rows of `series` with the others, as `level` is shaped."""
    rows, columns = level.shape
    n, steps = series.shape[1], steps_of(series)
    lagged, ends = (
        lagged_products(steps[:rows], steps[rows:], rule.max_lag),
        ends_of(series, steps, rule.max_lag),
    )
    statistic, lags = np.full((2, rows, columns), math.nan), np.full((2, rows, columns), -1)
    statistics_of_rows(
        0, rows, n, rule.max_lag, rule.weights(n), LEAST_SHARE, np.ones(rows + columns, np.int64), rows, lagged, level,
        parts_of(own_sums(steps, rule.max_lag), ends), np.einsum("ij,ij->i", series, series), statistic, lags,
    )  # fmt: skip
    return statistic


def _continued(drawn: FloatArray, p_value: float) -> float:
    """Return the chance of `p_value` or less among the p-values drawn; one that cannot be had counts as 0."""
    drawn = np.sort(np.nan_to_num(drawn, nan=0.0))
    tail = int(_TAIL * drawn.size)
    edge = float(drawn[tail])
    if p_value >= edge:
        chance = float(np.searchsorted(drawn, p_value, "right")) / drawn.size
    else:
        shape = tail / float(np.sum(np.log(edge / np.maximum(drawn[:tail], 1e-300))))
        chance = _TAIL * (p_value / edge) ** (min(shape, 1.0) * (1.0 - _CAUTION / math.sqrt(tail)))
    return min(1.0, max(p_value, chance))
