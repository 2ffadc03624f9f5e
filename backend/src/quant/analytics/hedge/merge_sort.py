"""The order of values, and how many of their pairs are the wrong way round, by one merge sort inside kernels.

Runs of one length are merged from both ends at once: neither can be exhausted before the ends meet, so nothing has to
be checked, and there is no branch to foresee wrongly. Indices are unsigned, since numba checks a signed one for being
negative, which takes half as long again.
"""

import numpy as np

from quant.domain import FloatArray, IntArray
from quant.kernel import jit

_0, _1, _2, _3, _4 = (np.uint64(value) for value in range(5))


@jit
def order_of(values: FloatArray) -> tuple[IntArray, int]:
    """Return the places of the values in ascending order, and how many pairs were the wrong way round.

    Equal values keep the order they have; none may be NaN.
    """
    n = np.uint64(values.size)
    held, spare = np.empty(values.size), np.empty(values.size)
    places, others = np.empty(values.size, np.int64), np.empty(values.size, np.int64)
    found, width = _sort_fours(values, held, places), _4
    while width < n:
        begin = _0
        while begin < n:
            end = begin + width + width
            if end <= n:
                found += _merge(held, spare, places, others, begin, width)
            else:
                found += _merge_uneven(held, spare, places, others, begin, min(begin + width, n), n)
            begin = end
        held, spare = spare, held
        places, others = others, places
        width += width
    return places, int(np.int64(found))


@jit
def _sort_fours(values: FloatArray, spare: FloatArray, places: IntArray) -> np.uint64:
    """Fill `spare` with the values, each four of them sorted, and `places` with where they were."""
    n = np.uint64(values.size)
    found = begin = _0
    while begin + _3 < n:
        a, b, c, d = values[begin], values[begin + _1], values[begin + _2], values[begin + _3]
        ab, ac, ad = np.uint64(a > b), np.uint64(a > c), np.uint64(a > d)
        bc, bd, cd = np.uint64(b > c), np.uint64(b > d), np.uint64(c > d)
        to_a, to_b = begin + ab + ac + ad, begin + _1 - ab + bc + bd
        to_c, to_d = begin + _2 - ac - bc + cd, begin + _3 - ad - bd - cd
        spare[to_a], spare[to_b], spare[to_c], spare[to_d] = a, b, c, d
        places[to_a], places[to_b] = begin, begin + _1
        places[to_c], places[to_d] = begin + _2, begin + _3
        found += ab + ac + ad + bc + bd + cd
        begin += _4
    for k in range(begin, n):
        at = np.uint64(k)
        while at > begin and spare[at - _1] > values[k]:
            spare[at], places[at] = spare[at - _1], places[at - _1]
            at -= _1
            found += _1
        spare[at], places[at] = values[k], k
    return found


@jit
def _merge(
    values: FloatArray,
    spare: FloatArray,
    places: IntArray,
    others: IntArray,
    begin: np.uint64,
    width: np.uint64,
) -> np.uint64:
    """Merge two runs of one length into `spare`, their places into `others`.

    Return how many values of the left exceed one of the right; each of the right is counted at the end that takes it.
    """
    middle = begin + width
    found = _0
    i, j, p, q = begin, middle, middle - _1, middle + width - _1
    front, back = begin, q
    while front < middle:
        left, right, first, second = values[i], values[j], places[i], places[j]
        exceeds = np.uint64(left > right)
        spare[front] = right if exceeds else left
        others[front] = second if exceeds else first
        found += exceeds * (middle - i)
        i += _1 - exceeds
        j += exceeds
        front += _1
        left, right, first, second = values[p], values[q], places[p], places[q]
        exceeds = np.uint64(left > right)
        spare[back] = left if exceeds else right
        others[back] = first if exceeds else second
        found += (_1 - exceeds) * (middle - _1 - p)
        p -= exceeds
        q -= _1 - exceeds
        back -= _1
    return found


@jit
def _merge_uneven(
    values: FloatArray, spare: FloatArray, places: IntArray, others: IntArray,
    begin: np.uint64, middle: np.uint64, end: np.uint64,
) -> np.uint64:  # fmt: skip
    """Do what `_merge` does for two runs of any length, from one end."""
    found = _0
    i, j, k = begin, middle, begin
    while k < end:
        if j >= end or (i < middle and values[i] <= values[j]):
            spare[k], others[k] = values[i], places[i]
            i += _1
        else:
            spare[k], others[k] = values[j], places[j]
            j += _1
            found += middle - i
        k += _1
    return found
