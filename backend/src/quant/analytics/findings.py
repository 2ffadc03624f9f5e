"""What is found on every pair before any p-value: statistics, lines, scores, half-lives, statuses.

Most pairs come from the stack of sums; one that it marks as unsafe, and a near-perfect one, from the tests of a
single pair.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from quant.analytics.cointegration import engle_granger_both
from quant.analytics.engle_granger_stack import UNSAFE, describe, statistics_of_rows
from quant.analytics.half_life import half_life
from quant.analytics.lag_matrices import (
    PANEL,
    Ends,
    Panel,
    centred_and_scaled,
    ends_of,
    own_sums,
    panel_of,
    parts_of,
    steps_of,
    unit_returns,
)
from quant.analytics.regression import is_flat
from quant.analytics.results import Status
from quant.analytics.spread import zscore
from quant.analytics.staleness import movement
from quant.analytics.stationarity import MIN_BARS, AutoLag, lag_rule
from quant.domain import BoolArray, FloatArray, IntArray

Progress = Callable[[int, int], None]

# What must be left of a sum of squares after all subtractions, as a share of what it was made of, for a promise of
# 1e-9: fresh sums are off by some 1e-16.
LEAST_SHARE = 1e-5
# Tests between two looks at the caller: some five milliseconds.
_TESTS_A_CALL = 4096
STATUSES = tuple(Status)
_NUMBER = {status: number for number, status in enumerate(STATUSES)}
_OK, _MISSING, _FLAT, _SHORT = (
    _NUMBER[status] for status in (Status.OK, Status.MISSING, Status.ZERO_VARIANCE, Status.TOO_SHORT)
)
_STALE = _NUMBER[Status.STALE]
_NOT_REVERTING, _OSCILLATING = _NUMBER[Status.NOT_REVERTING], _NUMBER[Status.OSCILLATING]


@dataclass(frozen=True, slots=True)
class LagRule:
    """The longest lag, the criterion by name, its price of a parameter (negative: the lag is fixed), and the longest
    lag as the caller gave it."""

    max_lag: int
    autolag: AutoLag | None
    penalty: float
    given: int | None

    @classmethod
    def of(cls, n: int, max_lag: int | None, autolag: AutoLag | None) -> Self:
        """Return the rule of `engle_granger` for n bars. Raises InvalidParameter."""
        longest, penalty = lag_rule(n, "n", max_lag, autolag)
        return cls(longest, autolag, penalty, max_lag)

    def for_bars(self, n: int) -> Self:
        """Return the same rule for another number of bars."""
        return self.of(n, self.given, self.autolag)

    def weights(self, n: int) -> FloatArray:
        """Return what turns residual sums of squares into an order of lags; empty where the lag is fixed."""
        if self.penalty < 0.0:
            return np.empty(0)
        return np.exp(self.penalty * np.arange(1, self.max_lag + 2) / (n - self.max_lag - 1))


@dataclass(frozen=True, slots=True)
class Symbols:
    """What each symbol brings to its pairs: status, mean, scale, own sums, end bars, and its levels in full.

    `stale` says why a symbol is stale, empty where it is not.

    `level` is the sum of squares and `lagged` the lagged sums of the centred and scaled series that `ends` are of.
    `series(k)` returns the levels of symbol k, as they came.
    """

    n: int
    code: IntArray
    stale: tuple[str, ...]
    mean: FloatArray
    scale: FloatArray
    level: FloatArray
    lagged: FloatArray
    ends: Ends
    series: Callable[[int], FloatArray]


@dataclass(frozen=True, slots=True)
class Findings:
    """The columns of a table before any p-value, filled panel by panel. Row 0 of two is y on x, row 1 x on y."""

    i: IntArray
    j: IntArray
    alpha: FloatArray
    beta: FloatArray
    statistic: FloatArray
    lags: IntArray
    correlation: FloatArray
    zscore: FloatArray
    half_life: FloatArray
    status: IntArray
    half_life_status: IntArray
    stale: list[str]  # one a symbol, empty where it is not stale

    @classmethod
    def empty(cls, symbols: int) -> Self:
        """Return rows without numbers, of pairs with too few bars."""
        i, j = np.triu_indices(symbols, 1)
        count = i.size
        columns = [np.full(count, math.nan) for _ in range(5)]
        return cls(
            i=i.astype(np.int64), j=j.astype(np.int64), alpha=columns[0], beta=columns[1],
            statistic=np.full((2, count), math.nan), lags=np.full((2, count), -1), correlation=columns[2],
            zscore=columns[3], half_life=columns[4], status=np.full(count, _SHORT),
            half_life_status=np.full(count, _SHORT), stale=[""] * symbols,
        )  # fmt: skip


def find(
    levels: FloatArray, returns: FloatArray, rule: LagRule, progress: Progress | None = None
) -> Findings:
    """Return the findings on all pairs of checked levels and log returns."""
    symbols, n = levels.shape
    found = Findings.empty(symbols)
    if n < MIN_BARS:
        return found
    complete: BoolArray = np.all(np.isfinite(levels), axis=1, keepdims=True)[:, 0]
    scaled, base, shift, size = centred_and_scaled(np.where(complete[:, None], levels, 0.0))
    steps, squares = steps_of(scaled), np.einsum("ij,ij->i", scaled, scaled)
    code = symbol_codes(complete, squares * size * size, np.abs(levels).max(axis=1), n=n)
    stale = mark_stale(code, lambda k: levels[k])
    own = Symbols(
        n=n, code=code, stale=stale, mean=base + shift, scale=size, level=squares, lagged=own_sums(steps, rule.max_lag),
        ends=ends_of(scaled, steps, rule.max_lag), series=lambda k: levels[k],
    )  # fmt: skip
    alike = unit_returns(returns)
    for first in range(0, symbols, PANEL):
        last = min(first + PANEL, symbols)
        panel = panel_of(scaled, steps, alike, lags=rule.max_lag, first=first, last=last)
        fill(found, own, panel, rule, progress, least_share=LEAST_SHARE)
    return found


def symbol_codes(complete: BoolArray, squares: FloatArray, largest: FloatArray, *, n: int) -> IntArray:
    """Return a status a symbol, from sums of squared deviations and the largest |level| of n bars."""
    flat = [is_flat(float(square), n, float(most)) for square, most in zip(squares, largest, strict=True)]
    return np.where(complete, np.where(flat, _FLAT, _OK), _MISSING)


def mark_stale(code: IntArray, series: Callable[[int], FloatArray]) -> tuple[str, ...]:
    """Put the status of stale symbols into `code`, and return why each is, empty where it is not."""
    reasons = [movement(series(k)).reason if of == _OK else "" for k, of in enumerate(code.tolist())]
    code[[bool(reason) for reason in reasons]] = _STALE
    return tuple(reasons)


def fill(
    found: Findings,
    own: Symbols,
    panel: Panel,
    rule: LagRule,
    progress: Progress | None,
    *,
    least_share: float,
) -> None:
    """Fill the rows of a panel's pairs; those that keep less than `least_share` of their sums go the exact path."""
    rows, columns = panel.level.shape
    found.stale[:] = own.stale
    statistic, lags = np.full((2, rows, columns), math.nan), np.full((2, rows, columns), -1)
    usable = (own.code == _OK).astype(np.int64)
    at_once, weights = max(_TESTS_A_CALL // max(2 * columns, 1), 1), rule.weights(own.n)
    parts = parts_of(own.lagged, own.ends)
    for begin in range(0, rows, at_once):
        end = min(begin + at_once, rows)
        statistics_of_rows(
            begin, end, own.n, rule.max_lag, weights, least_share, usable, panel.first, panel.lagged, panel.level,
            parts, own.level, statistic, lags,
        )  # fmt: skip
        if progress is not None:
            progress(_pairs_before(panel.first, columns, end), found.i.size)
    one, other = np.nonzero(np.arange(rows)[:, None] < panel.first + np.arange(columns)[None, :])
    unsafe = _describe(found, own, panel, one, other, statistic, lags)
    for number, row in enumerate(unsafe):
        _exactly(found, own, int(row), rule)
        if progress is not None and number % 32 == 0:
            progress(_pairs_before(panel.first, columns, rows), found.i.size)


def _describe(
    found: Findings, own: Symbols, panel: Panel, one: IntArray, other: IntArray, statistic: FloatArray,
    lags: IntArray,
) -> IntArray:  # fmt: skip
    """Fill the rows of pairs (`one`, first + `other`) from the panel; return those that need the exact path."""
    i, j = one, panel.first + other
    at = _place(i, j, own.code.size)
    found.statistic[:, at], found.lags[:, at] = statistic[:, one, other], lags[:, one, other]
    found.correlation[at] = np.clip(panel.returns[one, other], -1.0, 1.0)
    code = np.where(
        (own.code[i] == _MISSING) | (own.code[j] == _MISSING), _MISSING, np.maximum(own.code[i], own.code[j])
    )
    described = (code == _OK) | (code == _STALE)
    found.status[at] = found.half_life_status[at] = code
    at, i, j, one, other = (of[described] for of in (at, i, j, one, other))
    stale = code[described] == _STALE
    product, step_product = panel.level[one, other], panel.lagged[one, 0, other]
    ends, score, phi = own.ends, np.empty(at.size), np.empty(at.size)
    describe(
        own.n, product, step_product, own.level[i], own.level[j], own.lagged[i, 0], own.lagged[j, 0],
        ends.head[i, 0], ends.head[j, 0], ends.tail[i, 0], ends.tail[j, 0], score, phi,
    )  # fmt: skip
    beta = product / own.level[j] * (own.scale[i] / own.scale[j])
    found.beta[at], found.alpha[at], found.zscore[at] = beta, own.mean[i] - beta * own.mean[j], score
    reverting = (phi < 0.0) & (phi > -1.0) & ~stale
    found.half_life[at[reverting]] = -math.log(2.0) / np.log1p(phi[reverting])
    found.half_life_status[at] = np.select(
        [stale, reverting, phi >= 0.0], [_STALE, _OK, _NOT_REVERTING], _OSCILLATING
    )
    unsafe = (lags[:, one, other] == UNSAFE).any(axis=0) | np.isnan(score) | np.isnan(phi)
    exact: IntArray = at[unsafe]
    return exact


def _exactly(found: Findings, own: Symbols, row: int, rule: LagRule) -> None:
    """Fill one row from the tests of a single pair."""
    y, x = own.series(int(found.i[row])), own.series(int(found.j[row]))
    test = engle_granger_both(y, x, max_lag=rule.max_lag, autolag=rule.autolag)
    found.status[row] = found.half_life_status[row] = _NUMBER[test.status]
    found.alpha[row], found.beta[row] = test.y_on_x.alpha, test.y_on_x.beta
    for direction, each in enumerate((test.y_on_x, test.x_on_y)):
        found.statistic[direction, row] = each.statistic
        found.lags[direction, row] = each.lags if each.status.usable else -1
    found.zscore[row] = zscore(y, x, window=own.n - 1)[-1]
    found.half_life[row] = math.nan
    if test.y_on_x.status.usable or test.y_on_x.status is Status.SINGULAR:
        life = half_life((y - y[0]) - test.y_on_x.beta * (x - x[0]), estimated=True)
        found.half_life[row], found.half_life_status[row] = life.bars, _NUMBER[life.status]


def _place(i: IntArray, j: IntArray, symbols: int) -> IntArray:
    """Return the rows of pairs i < j."""
    return i * (2 * symbols - i - 1) // 2 + j - i - 1


def _pairs_before(first: int, columns: int, row: int) -> int:
    """Return how many pairs lie in the panels before `first`, and in this one before `row`."""
    inside = np.clip(first + np.arange(columns), 0, row).sum()
    return first * (first - 1) // 2 + int(inside)
