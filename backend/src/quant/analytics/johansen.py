"""Johansen's test: how many stationary combinations tie several walks together.

The canonical correlations between the steps and the levels, both freed of the lagged steps, come from one
triangular factor of [lagged steps, levels, steps]. It is the Cholesky factor of their Gram matrix, or that of
a QR factorisation where the Gram matrix would cost more digits than 1e-9 of the statistics.
"""

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import series as checked_series
from quant.analytics.regression import NEAR_PERFECT, centred, is_flat, is_zero_residual
from quant.analytics.results import Status
from quant.analytics.series_results import JohansenTest
from quant.analytics.staleness import stale_series
from quant.analytics.tables.johansen import LEVELS, MAX_EIGENVALUE, TRACE
from quant.domain import FloatArray
from quant.errors import InvalidParameter
from quant.kernel import jit, jit_fast

MIN_BARS = 30
MOST_SERIES = 12  # as far as the critical values go
NULL = "at most r relations tie the series together, r = 0, 1, … by entry"

_LEAST_SHARE = 1e-3  # a smaller pivot costs too many digits: QR takes over
_LEAST_NORM = 1e-10  # a column with a smaller share of its own is a combination of the others


def johansen(series: ArrayLike, *, det_order: int = 0, lags: int = 1) -> JohansenTest:
    """Return the trace and maximum-eigenvalue tests of `series`, an array (bars, series) of 2 to 12 columns.

    `det_order` is -1 for no deterministic term, 0 for a constant, 1 for a linear trend, taken out of the
    levels beforehand as in LeSage's toolbox and statsmodels. `lags` counts lagged steps. Needs 30 bars, more
    with many series or lags. Raises InvalidParameter.
    """
    columns = _columns(series)
    if det_order not in TRACE or isinstance(det_order, bool):
        raise InvalidParameter("det_order", f"{det_order!r} is not one of -1, 0, 1")
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer) or lags < 0:
        raise InvalidParameter("lags", f"must be a whole number from 0 on, got {lags!r}")
    count, n = columns.shape
    lags = int(lags)
    # Fewer rows than this leave no room beside the regressors: every statistic would be infinite.
    need = max(MIN_BARS, 2 * (lags + 1) + count * (lags + 2))
    status, reason = _obstacle(columns, need)
    empty = np.empty(0)
    values, vectors = empty, np.empty((0, 0))
    rows = max(n - lags - 1, 0)
    if status is Status.OK:
        factor, levels = _factor(columns, det_order=det_order, lags=lags)
        values, vectors, least_own = _relations(factor, count * lags, count, rows, levels)
        if values.size == 0:
            status = Status.DUPLICATE if least_own < 0.0 else Status.SINGULAR
            reason = _WORDS[status]
        elif least_own < NEAR_PERFECT:
            status, reason = Status.NEAR_PERFECT, "1 - R² of a series on the others is under 1.5e-6"
    terms = -rows * np.log1p(-values)
    trace = np.cumsum(terms[::-1])[::-1]
    critical_trace, critical_max = _critical_values(int(det_order), count)
    return JohansenTest(
        status=status, reason=reason, trace=trace, max_eigenvalue=terms,
        trace_critical_values=critical_trace, max_eigenvalue_critical_values=critical_max,
        eigenvalues=values, eigenvectors=vectors,
        rank=_rank(trace, critical_trace), rank_by_max_eigenvalue=_rank(terms, critical_max),
        n_series=count, lags=lags, n=rows, need=need, null=NULL, det_order=int(det_order),
    )  # fmt: skip


_WORDS = {
    Status.DUPLICATE: "one series is a combination of the others",
    Status.SINGULAR: "past values reproduce the series exactly",
}


def _columns(series: ArrayLike) -> FloatArray:
    """Return the series as rows of one array."""
    array = np.asarray(series, dtype=np.float64)
    if array.ndim != 2 or not 2 <= array.shape[1] <= MOST_SERIES:
        wanted = f"must have bars as rows and 2 to {MOST_SERIES} series as columns"
        raise InvalidParameter("series", f"{wanted}, got the shape {array.shape}")
    return np.vstack([checked_series(column, "series") for column in array.T])


def _obstacle(columns: FloatArray, need: int) -> tuple[Status, str]:
    n = columns.shape[1]
    if n < need:
        return Status.TOO_SHORT, f"the test needs {need} bars for so many series and lags, there are {n}"
    if not np.isfinite(columns).all():
        return Status.MISSING, "a bar of a series is missing"
    deviations = np.empty(n)
    for column in columns:
        _, square, largest = centred(column, deviations)
        if is_flat(square, n, largest):
            return Status.ZERO_VARIANCE, "a series does not move"
    for number, column in enumerate(columns, 1):
        status, reason = stale_series(column, f"series {number}")
        if status is not Status.OK:
            return status, reason
    return Status.OK, ""


@cache
def _critical_values(det_order: int, count: int) -> tuple[Mapping[str, FloatArray], Mapping[str, FloatArray]]:
    """Return those of trace and largest eigenvalue by level, one entry a rank; read-only, since they are shared."""
    found = []
    for table in (TRACE, MAX_EIGENVALUE):
        columns = table[det_order][:count][::-1].T.copy()
        columns.setflags(write=False)
        found.append(dict(zip(LEVELS, columns, strict=True)))
    return found[0], found[1]


def _rank(statistics: FloatArray, critical: Mapping[str, FloatArray]) -> int | None:
    """Return the first rank that is not rejected at 5 %, None without statistics."""
    for rank, (statistic, bound) in enumerate(zip(statistics, critical["5%"], strict=False)):
        if statistic <= bound:
            return rank
    return statistics.size or None


def _factor(columns: FloatArray, *, det_order: int, lags: int) -> tuple[FloatArray, FloatArray]:
    """Return the lower factor of [lagged steps, levels, steps] and the size of each series."""
    count, n = columns.shape
    sizes = np.abs(columns).max(axis=1)
    levels = columns
    if det_order >= 0:
        levels = levels - levels[:, :1]  # exact for neighbouring prices, whatever their level
        levels = levels - levels.mean(axis=1, keepdims=True)
    if det_order == 1:
        clock = (np.arange(n) - (n - 1) / 2) / n
        levels = levels - np.outer(levels @ clock / (clock @ clock), clock)
    steps = np.diff(levels, axis=1)
    rows = n - lags - 1
    table = np.empty((count * (lags + 2), rows))
    for lag in range(1, lags + 1):
        table[(lag - 1) * count : lag * count] = steps[:, lags - lag : lags - lag + rows]
    # The level before the step. With lags statsmodels' earlier level gives the same test; without any it takes
    # the level after the step.
    table[count * lags : count * (lags + 1)] = levels[:, lags : lags + rows]
    table[count * (lags + 1) :] = steps[:, lags:]
    if det_order >= 0:
        table -= table.mean(axis=1, keepdims=True)
    factor = np.zeros((table.shape[0], table.shape[0]))
    if not _cholesky_of_rows(table, factor):
        triangle = np.linalg.qr(table.T, mode="r")
        factor = np.ascontiguousarray((triangle * np.sign(np.diag(triangle))[:, None]).T)
    return factor, sizes


@jit_fast
def _gram_of_rows(table: FloatArray, out: FloatArray) -> None:
    for i in range(table.shape[0]):
        for j in range(i + 1):
            total = 0.0
            for t in range(table.shape[1]):
                total += table[i, t] * table[j, t]
            out[i, j] = total


@jit
def _cholesky_of_rows(table: FloatArray, factor: FloatArray) -> bool:
    """Fill the lower Cholesky factor of `table table'`; return False where it would cost digits."""
    _gram_of_rows(table, factor)
    for j in range(factor.shape[0]):
        whole = factor[j, j]
        for i in range(j, factor.shape[0]):
            rest = factor[i, j]
            for k in range(j):
                rest -= factor[i, k] * factor[j, k]
            if i > j:
                factor[i, j] = rest / factor[j, j]
            elif rest > _LEAST_SHARE * whole:
                factor[j, j] = math.sqrt(rest)
            else:
                return False
    return True


@jit
def _relations(
    factor: FloatArray, base: int, count: int, rows: int, sizes: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Return squared canonical correlations, largest first, their vectors, and the least 1 - R² of a level.

    Without values the last number is -1 where the levels are collinear and 1 where the steps are.
    """
    nothing = np.empty(0), np.empty((0, 0))
    level = np.ascontiguousarray(factor[base : base + count, base : base + count])
    own = np.empty(count)
    for i in range(count):
        own[i] = 0.0
        for k in range(base + i + 1):
            own[i] += factor[base + i, k] ** 2
        rest = level[i, i] ** 2
        if is_zero_residual(rest, rows, sizes[i]) or rest <= _LEAST_NORM**2 * own[i]:
            for k in range(i):
                rest += level[i, k] ** 2
            by_levels = rest > _LEAST_NORM**2 * own[i]  # not by the lagged steps alone
            return nothing[0], nothing[1], -1.0 if by_levels else 1.0
    inverse = np.zeros((count, count))  # of the levels' factor
    for j in range(count):
        for i in range(j, count):
            total = 1.0 if i == j else 0.0
            for k in range(j, i):
                total -= level[i, k] * inverse[k, j]
            inverse[i, j] = total / level[i, i]
    least = 1.0
    for j in range(count):
        precision = 0.0
        for i in range(j, count):
            precision += inverse[i, j] ** 2
        least = min(least, 1.0 / (precision * own[j]))
    # The steps freed of their lags are the rows [C E] in an orthonormal basis that begins with the levels'.
    # Made orthonormal themselves, their first columns are the cosines; S00 = C C' + E E' would square the error.
    rows_of_steps = np.zeros((count, 2 * count))
    for i in range(count):
        for k in range(count + i + 1):
            rows_of_steps[i, k] = factor[base + count + i, base + k]
    if not _orthonormalise(rows_of_steps):
        return nothing[0], nothing[1], 1.0
    turned = np.ascontiguousarray(rows_of_steps[:, :count])
    values, rotation = _singular(turned)
    if not values[0] < 1.0 - _LEAST_NORM:
        return nothing[0], nothing[1], 1.0
    vectors = np.empty((count, count))
    for r in range(count):
        for j in range(count):
            total = 0.0
            for i in range(j, count):
                total += inverse[i, j] * rotation[i, r]
            vectors[j, r] = total * math.sqrt(rows)
        if vectors[0, r] < 0.0:
            for j in range(count):
                vectors[j, r] = -vectors[j, r]
    return values, vectors, least


@jit
def _orthonormalise(rows: FloatArray) -> bool:
    """Make rows orthonormal in place by Gram and Schmidt, twice over; return False where they are dependent."""
    for i in range(rows.shape[0]):
        whole = np.sum(rows[i] ** 2)
        rest = whole
        for _ in range(2):
            for j in range(i):
                share = np.sum(rows[i] * rows[j])
                for k in range(rows.shape[1]):
                    rows[i, k] -= share * rows[j, k]
            rest = np.sum(rows[i] ** 2)
        if not rest > _LEAST_NORM**2 * whole:
            return False
        for k in range(rows.shape[1]):
            rows[i, k] /= math.sqrt(rest)
    return True


@jit
def _singular(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the squared singular values, largest first, and the right vectors, by one-sided Jacobi."""
    size = matrix.shape[0]
    turn = np.eye(size)
    for _ in range(60):
        clean = True
        for p in range(size - 1):
            for q in range(p + 1, size):
                pp, qq, pq = 0.0, 0.0, 0.0
                for i in range(size):
                    pp += matrix[i, p] * matrix[i, p]
                    qq += matrix[i, q] * matrix[i, q]
                    pq += matrix[i, p] * matrix[i, q]
                if abs(pq) <= 1e-16 * math.sqrt(pp * qq) or pq == 0.0:
                    continue
                clean = False
                half = (qq - pp) / (2.0 * pq)
                tangent = 1.0 / (abs(half) + math.sqrt(1.0 + half * half))
                if half < 0.0:
                    tangent = -tangent
                cosine = 1.0 / math.sqrt(1.0 + tangent * tangent)
                sine = cosine * tangent
                for i in range(size):
                    left, right = matrix[i, p], matrix[i, q]
                    matrix[i, p], matrix[i, q] = cosine * left - sine * right, sine * left + cosine * right
                    left, right = turn[i, p], turn[i, q]
                    turn[i, p], turn[i, q] = cosine * left - sine * right, sine * left + cosine * right
        if clean:
            break
    values = np.empty(size)
    vectors = np.empty((size, size))
    for j in range(size):
        values[j] = 0.0
        for i in range(size):
            values[j] += matrix[i, j] * matrix[i, j]
    for place in range(size):
        best = 0
        for j in range(size):
            if values[j] > values[best]:
                best = j
        for i in range(size):
            vectors[i, place] = turn[i, best]
        matrix[0, place] = values[best]
        values[best] = -1.0
    for place in range(size):
        values[place] = matrix[0, place]
    return values, vectors
