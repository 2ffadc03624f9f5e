"""Engle-Granger tests of many pairs at once, from sums of lagged products instead of series.

The sums of a pair's residual follow from those of its legs, and from them its regression (`lag_regressions`), eight
at once: both directions of a row of pairs are tried with the longest lag, which tells the best lag of each; the tests
are then sorted by the lag chosen and done again on that lag's own sample.

A difference of sums that leaves few digits, or two lags too close to tell apart, marks the pair for the exact path.
"""

import math

import numpy as np

from quant.analytics.lag_regressions import (
    ANSWERS,
    OF_LEVEL,
    OF_STEP,
    PARTS,
    PIVOT,
    RATIO,
    REST,
    SCALES,
    SQUARE,
    SUMS,
    factor,
    gram_of,
    row_at,
    t_ratios,
)
from quant.domain import FloatArray, IntArray
from quant.kernel import jit, jit_fast
from quant.kernel.lanes import LANES, every, load, plus, product, quotient, store, total

UNTESTED, UNSAFE = -1, -2

# Criteria nearer to each other than this could be told apart differently by another order of summation.
_TIE = 1e-10
# A score or half-life whose sums cancel to this share is computed from the series.
_LEAST_REST = 1e-4


@jit_fast
def _abreast(own: FloatArray, first: int, columns: int) -> FloatArray:
    """Return the parts of symbols first … first+columns-1, eight abreast; those beyond repeat the last one."""
    blocks, rows = (columns + LANES - 1) // LANES, own.shape[2]
    abreast = np.empty((blocks, PARTS, rows, LANES))
    for block in range(blocks):
        for lane in range(LANES):
            symbol = first + min(block * LANES + lane, columns - 1)
            for part in range(PARTS):
                for row in range(rows):
                    abreast[block, part, row, lane] = own[symbol, part, row]
    return abreast


@jit_fast
def _residuals_of_block(
    i: int, direction: int, own: FloatArray, others: FloatArray, block: int, cross: FloatArray, legs: FloatArray,
    parts: FloatArray, scales: FloatArray,
) -> None:  # fmt: skip
    """Fill what is known of the residuals of symbol i on the eight others of a block, or in direction 1 of them on i.

    `legs` holds the products of the levels, the square of i's and those of the others'; `cross` the lagged sums.
    """
    rows, between = parts.shape[1], load(legs, 0)
    level_i, level_j = load(legs, LANES), load(legs, 2 * LANES)
    of_i, of_j, square = every(1.0), every(1.0), level_i
    if direction == 0:
        of_j = quotient(product(every(-1.0), between), level_j)
        square = plus(level_i, of_j, between)
    else:
        of_i = quotient(product(every(-1.0), between), level_i)
        square = plus(level_j, of_i, between)
    store(square, scales, SQUARE * LANES)
    square_i, square_j, twice = product(of_i, of_i), product(of_j, of_j), product(of_i, of_j)
    twice = total(twice, twice)
    store(plus(product(square_i, level_i), square_j, level_j), scales, OF_LEVEL * LANES)
    begin = block * PARTS * rows * LANES
    for q in range(rows - 1):
        value = plus(product(square_i, every(own[i, SUMS, q])), square_j, load(others, begin + q * LANES))
        if q == 0:
            store(value, scales, OF_STEP * LANES)
        store(plus(value, twice, load(cross, q * LANES)), parts, q * LANES)
    for part in range(SUMS + 1, PARTS):
        for row in range(rows):
            at = (part * rows + row) * LANES
            store(plus(product(of_i, every(own[i, part, row])), of_j, load(others, begin + at)), parts, at)


@jit_fast
def _residual(
    i: int, j: int, direction: int, lags: int, lagged: FloatArray, between: float, level: FloatArray,
    own: FloatArray, lane: int, parts: FloatArray, scales: FloatArray,
) -> None:  # fmt: skip
    """Fill one lane with what is known of the residual of symbol i on j, or in direction 1 of j on i."""
    of_i, of_j = 1.0, -between / level[j]
    scales[SQUARE, lane] = level[i] + of_j * between
    if direction == 1:
        of_i, of_j = -between / level[i], 1.0
        scales[SQUARE, lane] = level[j] + of_i * between
    scales[OF_LEVEL, lane] = of_i * of_i * level[i] + of_j * of_j * level[j]
    scales[OF_STEP, lane] = of_i * of_i * own[i, SUMS, 0] + of_j * of_j * own[j, SUMS, 0]
    for q in range(lags + 1):
        parts[SUMS, q, lane] = (
            of_i * of_i * own[i, SUMS, q] + 2.0 * of_i * of_j * lagged[q] + of_j * of_j * own[j, SUMS, q]
        )
    for part in range(SUMS + 1, PARTS):
        for row in range(lags + 2):
            parts[part, row, lane] = of_i * own[i, part, row] + of_j * own[j, part, row]


@jit
def _choose(gram: FloatArray, lags: int, lane: int, weights: FloatArray, least_rest: float) -> int:
    """Return the lag with the least criterion, or UNSAFE where a residual sum is not over `least_rest`.

    `weights[k]` is exp(penalty (k+1) / m), so that rss times weight orders the lags as the criterion does.
    """
    last = row_at(lags + 1)
    rest, best, second, chosen = gram[last + lags + 1, lane], np.inf, np.inf, UNSAFE
    for k in range(lags + 1):
        z = gram[last + k, lane]
        rest -= z * z
        if not rest > least_rest:
            return UNSAFE
        criterion = rest * weights[k]
        if criterion < best:
            best, second, chosen = criterion, best, k
        elif criterion < second:
            second = criterion
    return chosen if second > best * (1.0 + _TIE) else UNSAFE


@jit_fast
def _screen(
    row_begin: int, row_end: int, weights: FloatArray, least_share: float, usable: IntArray, first: int,
    cross: FloatArray, level_cross: FloatArray, own: FloatArray, level: FloatArray, lags: IntArray,
) -> None:  # fmt: skip
    """Fill the lags that `statistics_of_rows` chooses."""
    columns, rows = level_cross.shape[1], own.shape[2]
    max_lag = rows - 2
    others, among, legs = _abreast(own, first, columns), np.empty((rows, LANES)), np.empty((3, LANES))
    parts, scales, answers = (
        np.empty((PARTS, rows, LANES)),
        np.empty((SCALES, LANES)),
        np.empty((ANSWERS, LANES)),
    )
    gram = np.empty((row_at(rows), LANES))
    for i in range(row_begin, row_end):
        for block in range(max(i + 1 - first, 0) // LANES, others.shape[0]):
            begin = block * LANES
            for lane in range(LANES):
                column = min(begin + lane, columns - 1)
                legs[0, lane], legs[1, lane] = level_cross[i, column], level[i]
                legs[2, lane] = level[first + column]
                for q in range(max_lag + 1):
                    among[q, lane] = cross[i, q, column]
            for direction in range(2):
                _residuals_of_block(i, direction, own, others, block, among, legs, parts, scales)
                gram_of(max_lag, parts, scales, gram)
                factor(gram, rows, scales, answers)
                for lane in range(min(LANES, columns - begin)):
                    j = first + begin + lane
                    if j <= i or not (usable[i] and usable[j]):
                        continue
                    chosen = UNSAFE
                    if answers[PIVOT, lane] > least_share:
                        chosen = _choose(gram, max_lag, lane, weights, least_share * scales[OF_STEP, lane])
                    lags[direction, i, begin + lane] = chosen


@jit
def _in_order_of_lag(row_begin: int, row_end: int, max_lag: int, lags: IntArray) -> IntArray:
    """Return direction, row, column and lag of the tests that have a lag, those of the same lag together."""
    columns = lags.shape[2]
    begins = np.zeros(max_lag + 2, np.int64)
    for direction in range(2):
        for i in range(row_begin, row_end):
            for column in range(columns):
                begins[max(lags[direction, i, column], -1) + 1] += 1
    begins[0] = 0
    for lag in range(max_lag + 1):
        begins[lag + 1] += begins[lag]
    tests = np.empty((begins[max_lag + 1], 4), np.int64)
    for direction in range(2):
        for i in range(row_begin, row_end):
            for column in range(columns):
                lag = lags[direction, i, column]
                if lag >= 0:
                    at = begins[lag]
                    tests[at, 0], tests[at, 1], tests[at, 2], tests[at, 3] = direction, i, column, lag
                    begins[lag] += 1
    return tests


@jit_fast
def statistics_of_rows(
    row_begin: int, row_end: int, n: int, max_lag: int, weights: FloatArray, least_share: float, usable: IntArray,
    first: int, cross: FloatArray, level_cross: FloatArray, own: FloatArray, level: FloatArray,
    statistic: FloatArray, lags: IntArray,
) -> None:  # fmt: skip
    """Test both directions of all pairs i < j with i in row_begin … row_end-1 and j in the panel's columns.

    `own` holds the PARTS of each symbol, `level` its sum of squares. `statistic` and `lags` are (2, rows, columns) of
    the panel, filled with NaN and UNTESTED; direction 0 is symbol i on symbol j. Without weights the lag is `max_lag`.
    A pair with a symbol that is not `usable` keeps the lag UNTESTED; one that needs the exact path has the lag UNSAFE:
    one of its pivots or residual sums is not over `least_share` of what it was made of, or two lags are as good.
    """
    if weights.size > 0:
        _screen(row_begin, row_end, weights, least_share, usable, first, cross, level_cross, own, level, lags)
    else:
        for i in range(row_begin, row_end):
            for column in range(max(i + 1 - first, 0), level_cross.shape[1]):
                if usable[i] and usable[first + column]:
                    lags[0, i, column] = lags[1, i, column] = max_lag
    rows, tests = max_lag + 2, _in_order_of_lag(row_begin, row_end, max_lag, lags)
    parts, scales, answers = (
        np.empty((PARTS, rows, LANES)),
        np.empty((SCALES, LANES)),
        np.empty((ANSWERS, LANES)),
    )
    gram, inverse = np.empty((row_at(rows), LANES)), np.empty((rows, LANES))
    begin = 0
    while begin < len(tests):
        lag, count = tests[begin, 3], 1
        while count < LANES and begin + count < len(tests) and tests[begin + count, 3] == lag:
            count += 1
        for lane in range(LANES):  # lanes beyond `count` repeat the first
            at = begin + (lane if lane < count else 0)
            i, column = tests[at, 1], tests[at, 2]
            _residual(
                i, first + column, tests[at, 0], lag, cross[i, :, column], level_cross[i, column], level, own, lane,
                parts, scales,
            )  # fmt: skip
        gram_of(lag, parts, scales, gram)
        factor(gram, lag + 2, scales, answers)
        t_ratios(gram, lag, n, inverse, answers)
        for lane in range(count):
            at = begin + lane
            place, i, column = tests[at, 0], tests[at, 1], tests[at, 2]
            least_rest = least_share * scales[OF_STEP, lane]
            safe = answers[PIVOT, lane] > least_share and answers[REST, lane] > least_rest
            statistic[place, i, column] = answers[RATIO, lane] if safe else np.nan
            if not (safe and math.isfinite(answers[RATIO, lane])):
                lags[place, i, column] = UNSAFE
        begin += count


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
