"""Engle-Granger tests of many pairs at once, from sums of lagged products instead of series.

A test is a small regression whose Gram matrix follows from the lagged sums of the residuals, less a few bars at both
ends. Eight tests stand side by side in the last axis of every array, one a lane of the processor's registers. One
Cholesky factor of [level, step lag 1 … step lag P, step] gives the residual sum of squares of every lag; the tests
are then sorted by the lag chosen and factored again on that lag's own sample.

A difference of sums that leaves few digits, or two lags too close to tell apart, marks the pair for the exact path.
"""

import math

import numpy as np

from quant.domain import FloatArray, IntArray
from quant.kernel import jit, jit_fast

LANES = 8
UNTESTED, UNSAFE = -1, -2

# Criteria nearer to each other than this could be told apart differently by another order of summation.
_TIE = 1e-10
# A score or half-life whose sums cancel to this share is computed from the series.
_LEAST_REST = 1e-4


@jit_fast
def _load(at: FloatArray, row: int) -> tuple[float, float, float, float, float, float, float, float]:
    return (
        at[row, 0], at[row, 1], at[row, 2], at[row, 3], at[row, 4], at[row, 5], at[row, 6], at[row, 7],
    )  # fmt: skip


@jit_fast
def _less(
    s: tuple[float, float, float, float, float, float, float, float],
    a: FloatArray, i: int, b: FloatArray, j: int,
) -> tuple[float, float, float, float, float, float, float, float]:  # fmt: skip
    return (
        s[0] - a[i, 0] * b[j, 0], s[1] - a[i, 1] * b[j, 1], s[2] - a[i, 2] * b[j, 2], s[3] - a[i, 3] * b[j, 3],
        s[4] - a[i, 4] * b[j, 4], s[5] - a[i, 5] * b[j, 5], s[6] - a[i, 6] * b[j, 6], s[7] - a[i, 7] * b[j, 7],
    )  # fmt: skip


@jit_fast
def _plus(
    s: tuple[float, float, float, float, float, float, float, float],
    a: FloatArray, i: int, b: FloatArray, j: int,
) -> tuple[float, float, float, float, float, float, float, float]:  # fmt: skip
    return (
        s[0] + a[i, 0] * b[j, 0], s[1] + a[i, 1] * b[j, 1], s[2] + a[i, 2] * b[j, 2], s[3] + a[i, 3] * b[j, 3],
        s[4] + a[i, 4] * b[j, 4], s[5] + a[i, 5] * b[j, 5], s[6] + a[i, 6] * b[j, 6], s[7] + a[i, 7] * b[j, 7],
    )  # fmt: skip


@jit_fast
def _store(
    s: tuple[float, float, float, float, float, float, float, float], to: FloatArray, row: int
) -> None:
    to[row, 0], to[row, 1], to[row, 2], to[row, 3] = s[0], s[1], s[2], s[3]
    to[row, 4], to[row, 5], to[row, 6], to[row, 7] = s[4], s[5], s[6], s[7]


@jit_fast
def _store_times(
    s: tuple[float, float, float, float, float, float, float, float], a: FloatArray, i: int, to: FloatArray,
    row: int,
) -> None:  # fmt: skip
    to[row, 0], to[row, 1] = s[0] * a[i, 0], s[1] * a[i, 1]
    to[row, 2], to[row, 3] = s[2] * a[i, 2], s[3] * a[i, 3]
    to[row, 4], to[row, 5] = s[4] * a[i, 4], s[5] * a[i, 5]
    to[row, 6], to[row, 7] = s[6] * a[i, 6], s[7] * a[i, 7]


@jit
def _row(i: int) -> int:
    """Return where row i of a packed lower triangle begins."""
    return i * (i + 1) // 2


@jit_fast
def _gram(
    lags: int, sums: FloatArray, square: FloatArray, head: FloatArray, tail: FloatArray, head_step: FloatArray,
    tail_step: FloatArray, gram: FloatArray,
) -> None:  # fmt: skip
    """Fill the packed Gram matrix of [level, step lags 1 … lags, step] over rows t = lags+1 … n-1.

    `sums` are the residual's lagged sums over the whole window, `square` its sum of squares in row 0.
    """
    last = lags + 1
    for q in range(lags + 1):
        value = _load(sums, q)
        for s in range(q + 1, last):
            value = _less(value, head_step, s, head_step, s - q)
        _store(value, gram, _row(last) + (last if q == 0 else q))
        for a in range(1, last - q):
            value = _plus(value, head_step, last - a, head_step, last - a - q)
            value = _less(value, tail_step, a - 1, tail_step, a - 1 + q)
            _store(value, gram, _row(a + q) + a)
    value = _less(_load(square, 0), tail, 0, tail, 0)
    for t in range(lags):
        value = _less(value, head, t, head, t)
    _store(value, gram, 0)
    for lane in range(LANES):
        end, begin = tail[0, lane], head[lags, lane]
        gram[_row(last), lane] = 0.5 * (end * end - begin * begin - gram[_row(last) + last, lane])
    if lags > 0:
        for lane in range(LANES):
            end, begin = tail[1, lane], head[lags - 1, lane]
            gram[1, lane] = 0.5 * (end * end - begin * begin + gram[2, lane])
    for a in range(2, last):
        for lane in range(LANES):
            gram[_row(a), lane] = (
                gram[_row(a - 1), lane]
                + gram[_row(a) + 1, lane]
                + head[lags - 1, lane] * head_step[last - a, lane]
                - tail[1, lane] * tail_step[a - 1, lane]
            )


@jit_fast
def _pivot(gram: FloatArray, j: int, whole: FloatArray, least: FloatArray) -> None:
    """Replace the rest of column j's square by 1/√rest; keep its least share of what it was made of."""
    at, part = _row(j) + j, 0 if j == 0 else 1
    for lane in range(LANES):
        rest = gram[at, lane]
        share = rest / whole[part, lane]
        least[lane] = share if not share >= least[lane] else least[lane]
        gram[at, lane] = 1.0 / math.sqrt(rest)


@jit_fast
def _factor(gram: FloatArray, size: int, whole: FloatArray, least: FloatArray) -> None:
    """Turn a packed Gram matrix into its Cholesky factor, the diagonal inverted; the last row keeps its square.

    `least` receives the smallest share of a pivot, not positive and maybe NaN where there is no factor.
    """
    for lane in range(LANES):
        least[lane] = np.inf
    for j in range(size - 1):
        to = _row(j)
        value = _load(gram, to + j)
        for q in range(j):
            value = _less(value, gram, to + q, gram, to + q)
        _store(value, gram, to + j)
        _pivot(gram, j, whole, least)
        i = j + 1
        while i + 2 < size:  # three rows at a time keep three chains of multiplications busy
            one, two, three = _row(i), _row(i + 1), _row(i + 2)
            first, second, third = _load(gram, one + j), _load(gram, two + j), _load(gram, three + j)
            for q in range(j):
                first = _less(first, gram, one + q, gram, to + q)
                second = _less(second, gram, two + q, gram, to + q)
                third = _less(third, gram, three + q, gram, to + q)
            _store_times(first, gram, to + j, gram, one + j)
            _store_times(second, gram, to + j, gram, two + j)
            _store_times(third, gram, to + j, gram, three + j)
            i += 3
        while i < size:
            one = _row(i)
            first = _load(gram, one + j)
            for q in range(j):
                first = _less(first, gram, one + q, gram, to + q)
            _store_times(first, gram, to + j, gram, one + j)
            i += 1


@jit_fast
def _gather(
    tests: IntArray, count: int, lags: int, cross: FloatArray, level_cross: FloatArray, first: int,
    own: FloatArray, level_own: FloatArray, heads: FloatArray, tails: FloatArray, head_steps: FloatArray,
    tail_steps: FloatArray, sums: FloatArray, square: FloatArray, whole: FloatArray, head: FloatArray,
    tail: FloatArray, head_step: FloatArray, tail_step: FloatArray,
) -> None:  # fmt: skip
    """Fill one lane a test with the sums and end bars of its residual; lanes beyond `count` repeat the first."""
    for lane in range(LANES):
        at = lane if lane < count else 0
        i, j, direction = tests[at, 0], tests[at, 1], tests[at, 2]
        column = j - first
        product = level_cross[i, column]
        ci, cj = 1.0, -product / level_own[j]
        square[0, lane] = level_own[i] + cj * product
        if direction == 1:
            ci, cj = -product / level_own[i], 1.0
            square[0, lane] = level_own[j] + ci * product
        whole[0, lane] = ci * ci * level_own[i] + cj * cj * level_own[j]
        whole[1, lane] = ci * ci * own[i, 0] + cj * cj * own[j, 0]
        for q in range(lags + 1):
            sums[q, lane] = ci * ci * own[i, q] + 2.0 * ci * cj * cross[i, q, column] + cj * cj * own[j, q]
        for t in range(lags + 2):
            head[t, lane] = ci * heads[i, t] + cj * heads[j, t]
            tail[t, lane] = ci * tails[i, t] + cj * tails[j, t]
            head_step[t, lane] = ci * head_steps[i, t] + cj * head_steps[j, t]
            tail_step[t, lane] = ci * tail_steps[i, t] + cj * tail_steps[j, t]


@jit
def _choose(gram: FloatArray, lags: int, lane: int, weights: FloatArray, least_rest: float) -> int:
    """Return the lag with the least criterion, or UNSAFE where a residual sum is not over `least_rest`.

    `weights[k]` is exp(penalty (k+1) / m), so that rss times weight orders the lags as the criterion does.
    """
    last = lags + 1
    rest, best, second, chosen = gram[_row(last) + last, lane], np.inf, np.inf, UNSAFE
    for k in range(lags + 1):
        z = gram[_row(last) + k, lane]
        rest -= z * z
        if not rest > least_rest:
            return UNSAFE
        criterion = rest * weights[k]
        if criterion < best:
            best, second, chosen = criterion, best, k
        elif criterion < second:
            second = criterion
    return chosen if second > best * (1.0 + _TIE) else UNSAFE


@jit
def _t_ratio(gram: FloatArray, lags: int, lane: int, n: int, least_rest: float) -> float:
    """Return the t-ratio of the level, NaN where the residual sum is not over `least_rest`."""
    last = lags + 1
    rest, numerator, norm = gram[_row(last) + last, lane], 0.0, 0.0
    inverse = np.empty(last)  # the first column of L⁻¹
    for i in range(last):
        total = 1.0 if i == 0 else 0.0
        for k in range(i):
            total -= gram[_row(i) + k, lane] * inverse[k]
        inverse[i] = total * gram[_row(i) + i, lane]
        z = gram[_row(last) + i, lane]
        rest -= z * z
        numerator += inverse[i] * z
        norm += inverse[i] * inverse[i]
    if not rest > least_rest:
        return np.nan
    return numerator / math.sqrt(rest / (n - 2 * last) * norm)


@jit_fast
def statistics_of_rows(
    row_begin: int, row_end: int, n: int, max_lag: int, weights: FloatArray, least_share: float,
    usable: IntArray, first: int,
    cross: FloatArray, level_cross: FloatArray, own: FloatArray, level_own: FloatArray, heads: FloatArray,
    tails: FloatArray, head_steps: FloatArray, tail_steps: FloatArray, statistic: FloatArray, lags: IntArray,
) -> None:  # fmt: skip
    """Test both directions of all pairs i < j with i in row_begin … row_end-1 and j in the panel's columns.

    `statistic` and `lags` are (2, rows, columns) of the panel; direction 0 is symbol i on symbol j. Without weights
    the lag is `max_lag`. A pair with a symbol that is not `usable` keeps the lag UNTESTED; one that needs the exact
    path has the lag UNSAFE: one of its pivots or residual sums is not over `least_share` of what it was made of, or two
    lags are as good.
    """
    symbols, columns = level_own.size, level_cross.shape[1]
    rows = max_lag + 2
    gram = np.empty((_row(rows), LANES))
    sums, square, whole = np.empty((rows, LANES)), np.empty((1, LANES)), np.empty((2, LANES))
    head, tail = np.empty((rows, LANES)), np.empty((rows, LANES))
    head_step, tail_step, least = np.empty((rows, LANES)), np.empty((rows, LANES)), np.empty(LANES)
    tests = np.empty((2 * (row_end - row_begin) * columns, 3), np.int64)
    found = 0
    for i in range(row_begin, row_end):
        for j in range(max(first, i + 1), min(symbols, first + columns)):
            if usable[i] and usable[j]:
                for direction in range(2):
                    tests[found, 0], tests[found, 1], tests[found, 2] = i, j, direction
                    found += 1
    chosen = np.full(found, max_lag)
    if weights.size > 0:
        for begin in range(0, found, LANES):
            count = min(LANES, found - begin)
            _gather(
                tests[begin : begin + count], count, max_lag, cross, level_cross, first, own, level_own, heads,
                tails, head_steps, tail_steps, sums, square, whole, head, tail, head_step, tail_step,
            )  # fmt: skip
            _gram(max_lag, sums, square, head, tail, head_step, tail_step, gram)
            _factor(gram, rows, whole, least)
            for lane in range(count):
                chosen[begin + lane] = UNSAFE
                if least[lane] > least_share:
                    least_rest = least_share * whole[1, lane]
                    chosen[begin + lane] = _choose(gram, max_lag, lane, weights, least_rest)
    batch, held = np.empty((LANES, 3), np.int64), np.empty(LANES, np.int64)
    for lag in range(max_lag + 1):
        count = 0
        for at in range(found + 1):
            if at < found and chosen[at] == lag:
                batch[count], held[count] = tests[at], at
                count += 1
            if count == LANES or (at == found and count > 0):
                _gather(
                    batch, count, lag, cross, level_cross, first, own, level_own, heads, tails, head_steps,
                    tail_steps, sums, square, whole, head, tail, head_step, tail_step,
                )  # fmt: skip
                _gram(lag, sums, square, head, tail, head_step, tail_step, gram)
                _factor(gram, lag + 2, whole, least)
                for lane in range(count):
                    value = np.nan
                    if least[lane] > least_share:
                        value = _t_ratio(gram, lag, lane, n, least_share * whole[1, lane])
                    statistic[batch[lane, 2], batch[lane, 0], batch[lane, 1] - first] = value
                    if not math.isfinite(value):
                        chosen[held[lane]] = UNSAFE
                count = 0
    for at in range(found):
        lags[tests[at, 2], tests[at, 0], tests[at, 1] - first] = chosen[at]


@jit_fast
def describe(
    n: int, level_cross: FloatArray, step_cross: FloatArray, level_i: FloatArray, level_j: FloatArray,
    step_i: FloatArray, step_j: FloatArray, begin_i: FloatArray, begin_j: FloatArray, end_i: FloatArray,
    end_j: FloatArray, score: FloatArray, phi: FloatArray,
) -> None:  # fmt: skip
    """Fill the score of the last bar and φ of the residuals of y on x, one a pair; NaN where digits are lost.

    The score is that of the line on all bars but the last: leaving one bar out of a regression has a closed form.
    """
    for k in range(level_cross.size):
        beta = level_cross[k] / level_j[k]
        square = level_i[k] - beta * level_cross[k]
        begin, end = begin_i[k] - beta * begin_j[k], end_i[k] - beta * end_j[k]
        steps = step_i[k] - 2.0 * beta * step_cross[k] + beta * beta * step_j[k]
        away = 1.0 - 1.0 / n - end_j[k] * end_j[k] / level_j[k]
        rest = square - end * end / away
        safe = square > _LEAST_REST * level_i[k] and steps > _LEAST_REST * (
            step_i[k] + beta * beta * step_j[k]
        )
        score[k] = np.nan
        if safe and away > 1e-3 and rest > _LEAST_REST * square:
            score[k] = end / away / math.sqrt(rest / (n - 2))
        mean = -end / (n - 1)
        before = square - end * end - (n - 1) * mean * mean
        product = 0.5 * (end * end - begin * begin - steps) - mean * (end - begin)
        phi[k] = product / before if safe and before > _LEAST_REST * square else np.nan
