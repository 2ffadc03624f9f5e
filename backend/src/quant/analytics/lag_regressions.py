"""Eight augmented Dickey-Fuller regressions side by side, one a lane of the processor's registers.

Each is told by a residual's lagged sums over the window and by the bars at its two ends. From these follow the Gram
matrix of [level, step lag 1 … step lag P, step] over the rows that have all lags, its Cholesky factor, and from that
the residual sum of squares of every lag and the t-ratio of the level. Matrices are packed lower triangles, the eight
lanes innermost.
"""

import numpy as np

from quant.domain import FloatArray
from quant.kernel import jit_fast
from quant.kernel.lanes import (
    LANES,
    every,
    inverse_root,
    less,
    load,
    plus,
    product,
    quotient,
    smaller,
    store,
    total,
)

# What is known of a residual, `lags` + 2 rows each: its sums of lagged steps, first and last levels, the last ones
# backwards, and first and last steps.
SUMS, HEAD, TAIL, HEAD_STEP, TAIL_STEP = 0, 1, 2, 3, 4
PARTS = 5
# And a number each: its sum of squares, and what that and the sum of its squared steps were made of.
SQUARE, OF_LEVEL, OF_STEP = 0, 1, 2
SCALES = 3
# What the regressions say: the smallest share of a pivot in what it was made of, the residual sum of squares, the
# t-ratio of the level.
PIVOT, REST, RATIO = 0, 1, 2
ANSWERS = 3


@jit_fast
def row_at(i: int) -> int:
    """Return where row i of a packed lower triangle begins."""
    return i * (i + 1) // 2


@jit_fast
def gram_of(lags: int, parts: FloatArray, scales: FloatArray, gram: FloatArray) -> None:
    """Fill the Gram matrices over rows t = lags+1 … n-1; `parts` is (PARTS, rows, LANES), `scales` (SCALES, LANES)."""
    rows, last = parts.shape[1], lags + 1
    head, tail = HEAD * rows * LANES, TAIL * rows * LANES
    head_step, tail_step = HEAD_STEP * rows * LANES, TAIL_STEP * rows * LANES
    for q in range(lags + 1):
        value = load(parts, q * LANES)
        for s in range(q + 1, last):
            value = less(value, load(parts, head_step + s * LANES), load(parts, head_step + (s - q) * LANES))
        store(value, gram, (row_at(last) + (last if q == 0 else q)) * LANES)
        for a in range(1, last - q):
            begin, end = head_step + (last - a) * LANES, tail_step + (a - 1) * LANES
            change = product(load(parts, begin), load(parts, begin - q * LANES))
            value = total(value, less(change, load(parts, end), load(parts, end + q * LANES)))
            store(value, gram, (row_at(a + q) + a) * LANES)
    newest, half = load(parts, tail), every(0.5)
    value = less(load(scales, SQUARE * LANES), newest, newest)
    for t in range(lags):
        oldest = load(parts, head + t * LANES)
        value = less(value, oldest, oldest)
    store(value, gram, 0)
    oldest = load(parts, head + lags * LANES)
    value = less(product(newest, newest), oldest, oldest)
    value = less(value, every(1.0), load(gram, (row_at(last) + last) * LANES))
    store(product(value, half), gram, row_at(last) * LANES)
    if lags == 0:
        return
    newest, oldest = load(parts, tail + LANES), load(parts, head + (lags - 1) * LANES)
    value = plus(less(product(newest, newest), oldest, oldest), every(1.0), load(gram, 2 * LANES))
    value = product(value, half)
    store(value, gram, LANES)
    for a in range(2, last):
        value = total(value, load(gram, (row_at(a) + 1) * LANES))
        value = plus(value, oldest, load(parts, head_step + (last - a) * LANES))
        value = less(value, newest, load(parts, tail_step + (a - 1) * LANES))
        store(value, gram, row_at(a) * LANES)


@jit_fast
def _factor_two(gram: FloatArray, j: int, size: int) -> None:
    """Fill columns j and j+1 of the factor below their rows, whose own part is done."""
    one, two = row_at(j) * LANES, row_at(j + 1) * LANES
    scale_one, scale_two = load(gram, one + j * LANES), load(gram, two + (j + 1) * LANES)
    between, end = load(gram, two + j * LANES), j * LANES
    i = j + 2
    while i + 2 < size:  # two columns of three rows keep six chains of multiplications busy
        a, b, c = row_at(i) * LANES, row_at(i + 1) * LANES, row_at(i + 2) * LANES
        a_one, a_two = load(gram, a + end), load(gram, a + end + LANES)
        b_one, b_two = load(gram, b + end), load(gram, b + end + LANES)
        c_one, c_two = load(gram, c + end), load(gram, c + end + LANES)
        for q in range(0, end, LANES):
            by_one, by_two = load(gram, one + q), load(gram, two + q)
            value = load(gram, a + q)
            a_one, a_two = less(a_one, value, by_one), less(a_two, value, by_two)
            value = load(gram, b + q)
            b_one, b_two = less(b_one, value, by_one), less(b_two, value, by_two)
            value = load(gram, c + q)
            c_one, c_two = less(c_one, value, by_one), less(c_two, value, by_two)
        a_one, b_one, c_one = product(a_one, scale_one), product(b_one, scale_one), product(c_one, scale_one)
        store(a_one, gram, a + end)
        store(b_one, gram, b + end)
        store(c_one, gram, c + end)
        store(product(less(a_two, a_one, between), scale_two), gram, a + end + LANES)
        store(product(less(b_two, b_one, between), scale_two), gram, b + end + LANES)
        store(product(less(c_two, c_one, between), scale_two), gram, c + end + LANES)
        i += 3
    while i < size:
        a = row_at(i) * LANES
        a_one, a_two = load(gram, a + end), load(gram, a + end + LANES)
        for q in range(0, end, LANES):
            value = load(gram, a + q)
            a_one, a_two = less(a_one, value, load(gram, one + q)), less(a_two, value, load(gram, two + q))
        a_one = product(a_one, scale_one)
        store(a_one, gram, a + end)
        store(product(less(a_two, a_one, between), scale_two), gram, a + end + LANES)
        i += 1


@jit_fast
def factor(gram: FloatArray, size: int, scales: FloatArray, answers: FloatArray) -> None:
    """Turn Gram matrices into their Cholesky factors, the diagonal inverted; the last row keeps its square.

    The answer PIVOT is the smallest share of a pivot, not positive and maybe NaN where there is no factor.
    """
    least, of_step = every(np.inf), load(scales, OF_STEP * LANES)
    made_of = load(scales, OF_LEVEL * LANES)
    j = 0
    while j + 1 < size - 1:
        one, two, end = row_at(j) * LANES, row_at(j + 1) * LANES, j * LANES
        pivot, between, other = load(gram, one + end), load(gram, two + end), load(gram, two + end + LANES)
        for q in range(0, end, LANES):
            by_one, by_two = load(gram, one + q), load(gram, two + q)
            pivot = less(pivot, by_one, by_one)
            between, other = less(between, by_two, by_one), less(other, by_two, by_two)
        least, made_of = smaller(quotient(pivot, made_of), least), of_step
        scale = inverse_root(pivot)
        between = product(between, scale)
        other = less(other, between, between)
        least = smaller(quotient(other, made_of), least)
        store(scale, gram, one + end)
        store(between, gram, two + end)
        store(inverse_root(other), gram, two + end + LANES)
        _factor_two(gram, j, size)
        j += 2
    if j < size - 1:  # the last column, above the last row alone
        one, two, end = row_at(j) * LANES, row_at(j + 1) * LANES, j * LANES
        pivot, between = load(gram, one + end), load(gram, two + end)
        for q in range(0, end, LANES):
            by_one = load(gram, one + q)
            pivot, between = less(pivot, by_one, by_one), less(between, load(gram, two + q), by_one)
        least = smaller(quotient(pivot, made_of), least)
        scale = inverse_root(pivot)
        store(scale, gram, one + end)
        store(product(between, scale), gram, two + end)
    store(least, answers, PIVOT * LANES)


@jit_fast
def t_ratios(gram: FloatArray, lags: int, n: int, inverse: FloatArray, answers: FloatArray) -> None:
    """Fill the answers REST and RATIO from the factors; `inverse` is a buffer of (lags + 1, LANES)."""
    last = lags + 1
    rest, numerator, norm = load(gram, (row_at(last) + last) * LANES), every(0.0), every(0.0)
    for i in range(last):  # the first column of L⁻¹
        value, at = every(1.0 if i == 0 else 0.0), row_at(i) * LANES
        for k in range(i):
            value = less(value, load(gram, at + k * LANES), load(inverse, k * LANES))
        value = product(value, load(gram, at + i * LANES))
        store(value, inverse, i * LANES)
        z = load(gram, (row_at(last) + i) * LANES)
        rest, numerator, norm = less(rest, z, z), plus(numerator, value, z), plus(norm, value, value)
    store(rest, answers, REST * LANES)
    variance = product(product(rest, every(1.0 / (n - 2 * last))), norm)
    store(product(numerator, inverse_root(variance)), answers, RATIO * LANES)
