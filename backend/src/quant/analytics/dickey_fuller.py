"""The augmented Dickey-Fuller regression: lag choice and t-ratio, from one small Cholesky factor.

Columns are [deterministic…, level, step lag 1, … step lag P], so one factor gives the residual sum of squares
of every lag at once. Sums of lagged products are built by adding head and tail terms to a common core, never
by subtracting, so an outlier near an end costs no digits. What is too ill-conditioned for normal equations
goes to a QR factorisation of the full design.
"""

import math
from dataclasses import dataclass

import numpy as np

from quant.domain import FloatArray
from quant.kernel import jit, jit_fast

# A pivot or residual share under this loses more digits than the 1e-9 promised: QR takes over.
_LEAST_SHARE = 1e-5
# A column whose part orthogonal to the others is smaller than this, relative to itself, adds nothing.
_LEAST_NORM = 1e-10


@dataclass(frozen=True, slots=True)
class Regression:
    """t-ratio and coefficient of the lagged level, NaN where singular; lags and observations used."""

    statistic: float
    coefficient: float
    lags: int
    n: int


@jit_fast
def _dot(a: FloatArray, b: FloatArray) -> float:
    """Return the sum of products; over slices, since an index such as `t - j` keeps a loop from being vectorised."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@jit_fast
def _add_steps(
    steps: FloatArray, first: int, lags: int, base: int, gram: FloatArray, cross: FloatArray
) -> float:
    """Fill the products of step lags for rows t = first … n-1; return the sum of squares of the steps."""
    n = steps.size
    total = 0.0
    for j in range(lags + 1):
        core = _dot(steps[first : n - lags], steps[first - j : n - lags - j])
        tail = 0.0
        for i in range(lags, -1, -1):
            if i < lags:
                tail += steps[n - 1 - i] * steps[n - 1 - i - j]
            if 1 <= i <= lags - j:
                gram[base + i + j, base + i] = core + tail
        if j == 0:
            total = core + tail
        else:
            cross[base + j] = core + tail
        head = 0.0
        for i in range(1, lags - j + 1):
            head += steps[first - i] * steps[first - i - j]
            gram[base + i + j, base + i] += head
    return total


@jit_fast
def _add_column(
    column: FloatArray, shift: int, steps: FloatArray, first: int, lags: int, at: int, base: int,
    gram: FloatArray, cross: FloatArray,
) -> None:  # fmt: skip
    """Fill the products of `column[t - shift]` with the steps and their lags, as row or column `at`."""
    n = steps.size
    for j in range(lags + 1):
        total = _dot(column[first - shift : n - shift], steps[first - j : n - j])
        if j == 0:
            cross[at] = total
        else:
            gram[base + j, at] = total


@jit_fast
def _normal_equations(
    level: FloatArray, steps: FloatArray, fixed: FloatArray, first: int, lags: int,
    gram: FloatArray, cross: FloatArray,
) -> float:  # fmt: skip
    """Fill the lower Gram matrix and the cross products; return the dependent variable's sum of squares."""
    n = level.size
    base = fixed.shape[0]
    for a in range(base):
        for b in range(a + 1):
            gram[a, b] = _dot(fixed[a, first:], fixed[b, first:])
        gram[base, a] = _dot(fixed[a, first:], level[first - 1 : n - 1])
        _add_column(fixed[a], 0, steps, first, lags, a, base, gram, cross)
    gram[base, base] = _dot(level[first - 1 : n - 1], level[first - 1 : n - 1])
    _add_column(level, 1, steps, first, lags, base, base, gram, cross)
    return _add_steps(steps, first, lags, base, gram, cross)


@jit
def _factor(gram: FloatArray, cross: FloatArray, size: int, solved: FloatArray) -> bool:
    """Turn `gram` into its lower Cholesky factor and `solved` into L⁻¹ cross; False when ill-conditioned."""
    for j in range(size):
        for i in range(j, size):
            rest = gram[i, j]
            for k in range(j):
                rest -= gram[i, k] * gram[j, k]
            if i > j:
                gram[i, j] = rest / gram[j, j]
            elif rest > _LEAST_SHARE * gram[j, j]:
                gram[j, j] = math.sqrt(rest)
            else:
                return False
        rest = cross[j]
        for k in range(j):
            rest -= gram[j, k] * solved[k]
        solved[j] = rest / gram[j, j]
    return True


@jit
def _best_lag(solved: FloatArray, squares: float, base: int, lags: int, m: int, penalty: float) -> int:
    """Return the lag with the least information criterion, the shortest on a tie; -1 when ill-conditioned."""
    rest, best, chosen = squares, np.inf, -1
    for k in range(base + lags + 1):
        rest -= solved[k] * solved[k]
        if not rest > _LEAST_SHARE * squares:
            return -1
        if k >= base:
            criterion = m * math.log(rest / m) + penalty * (k + 1)
            if criterion < best:
                best, chosen = criterion, k - base
    return chosen


@jit
def _by_cholesky(
    level: FloatArray, fixed: FloatArray, max_lag: int, penalty: float, work: FloatArray
) -> tuple[float, float, int, int]:
    """Return t-ratio, coefficient, lags and observations; lags = -1 when the system is ill-conditioned.

    A negative `penalty` keeps `max_lag` as it is. `work` is a square that holds the Gram matrix.
    """
    n, base = level.size, fixed.shape[0]
    steps = np.zeros(n)
    for t in range(1, n):
        steps[t] = level[t] - level[t - 1]
    cross, solved = np.zeros(base + max_lag + 1), np.zeros(base + max_lag + 1)
    lags = max_lag
    if penalty >= 0.0:
        squares = _normal_equations(level, steps, fixed, max_lag + 1, max_lag, work, cross)
        if not _factor(work, cross, base + max_lag + 1, solved):
            return np.nan, np.nan, -1, 0
        lags = _best_lag(solved, squares, base, max_lag, n - max_lag - 1, penalty)
        if lags < 0:
            return np.nan, np.nan, -1, 0
    squares = _normal_equations(level, steps, fixed, lags + 1, lags, work, cross)
    size, m = base + lags + 1, n - lags - 1
    if not _factor(work, cross, size, solved):
        return np.nan, np.nan, -1, 0
    rest, numerator, norm = squares, 0.0, 0.0
    inverse = np.zeros(size)  # column `base` of L⁻¹: its square is the level's entry of the inverse Gram
    for i in range(size):
        rest -= solved[i] * solved[i]
        if i >= base:
            total = 1.0 if i == base else 0.0
            for k in range(base, i):
                total -= work[i, k] * inverse[k]
            inverse[i] = total / work[i, i]
            numerator += inverse[i] * solved[i]
            norm += inverse[i] * inverse[i]
    if not rest > _LEAST_SHARE * squares:
        return np.nan, np.nan, -1, 0
    return numerator / math.sqrt(rest / (m - size) * norm), numerator, lags, m


def _design(level: FloatArray, fixed: FloatArray, lags: int) -> tuple[FloatArray, FloatArray]:
    """Return the regressors, level last but for the step lags, and the dependent steps, for `lags` lags."""
    steps = np.diff(level)
    first = lags
    columns = [row[first + 1 :] for row in fixed] + [level[first:-1]]
    columns += [steps[first - j : steps.size - j] for j in range(1, lags + 1)]
    return np.column_stack(columns), steps[first:]


def _by_qr(level: FloatArray, fixed: FloatArray, max_lag: int, penalty: float) -> Regression:
    """Do the same by Householder QR: slower, and good wherever an answer exists at all."""
    base, lags = fixed.shape[0], max_lag
    if penalty >= 0.0:
        design, dependent = _design(level, fixed, max_lag)
        q, r = np.linalg.qr(design)
        independent = np.abs(np.diag(r)) > _LEAST_NORM * np.linalg.norm(design, axis=0)
        usable = int(np.argmin(independent)) if not independent.all() else independent.size
        solved = q[:, :usable].T @ dependent
        rest = float(np.sum((dependent - q[:, :usable] @ solved) ** 2))
        squares = rest + np.append(np.cumsum(solved[::-1] ** 2)[::-1][1:], 0.0)
        if usable <= base or not squares[-1] > _LEAST_NORM**2 * float(dependent @ dependent):
            return Regression(math.nan, math.nan, 0, dependent.size)
        count = np.arange(base + 1, usable + 1)
        lags = int(np.argmin(dependent.size * np.log(squares[base:] / dependent.size) + penalty * count))
    design, dependent = _design(level, fixed, lags)
    order = [k for k in range(design.shape[1]) if k != base] + [base]
    q, r = np.linalg.qr(design[:, order])
    solved = q.T @ dependent
    rest = float(np.sum((dependent - q @ solved) ** 2))
    singular = np.any(np.abs(np.diag(r)) <= _LEAST_NORM * np.linalg.norm(design[:, order], axis=0))
    if singular or not rest > _LEAST_NORM**2 * float(dependent @ dependent):
        return Regression(math.nan, math.nan, lags, dependent.size)
    coefficient = float(solved[-1] / r[-1, -1])
    error = math.sqrt(rest / (dependent.size - len(order))) / abs(float(r[-1, -1]))
    return Regression(coefficient / error, coefficient, lags, dependent.size)


def regress(level: FloatArray, fixed: FloatArray, *, max_lag: int, penalty: float) -> Regression:
    """Return the Dickey-Fuller regression of `level`, centred by the caller where a constant is in `fixed`.

    `fixed` has one row a deterministic term, as long as `level`. The lag minimises m ln(rss/m) + `penalty` k
    on the sample common to all lags and is then refitted on its own; a negative penalty uses `max_lag`.
    """
    size = fixed.shape[0] + max_lag + 1
    statistic, coefficient, lags, n = _by_cholesky(level, fixed, max_lag, penalty, np.empty((size, size)))
    if lags >= 0:
        return Regression(statistic, coefficient, lags, n)
    return _by_qr(level, fixed, max_lag, penalty)
