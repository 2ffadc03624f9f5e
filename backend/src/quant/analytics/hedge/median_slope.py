"""The exact median of all pairwise slopes in O(n log n) time and O(n) memory.

Sort the bars by x. Of two bars the slope is under m exactly when y - m x puts them into the other order, so
the number of slopes under m is a number of inversions, which a merge sort counts. Slopes of random pairs
bracket the median, counts narrow the bracket until few slopes are left in it, and those are computed and the
median picked. Where ties keep many in it, they are passed over again and again, but never held.

Matoušek (1991), "Randomized optimal algorithm for slope selection"; Dillencourt, Mount & Netanyahu (1992).

Slopes that are compared or returned are always (y_j - y_i) / (x_j - x_i) of the values given, in one rounding;
inversions only decide about slopes outside a margin around the bracket that is far wider than rounding.
"""

import math

import numpy as np

from quant.analytics.hedge.order import kth
from quant.domain import FloatArray, IntArray
from quant.kernel import jit

_MARGIN = 1e-6  # of a bracket's width
_BESIDE = 1e-5  # of the distance between the slopes that a bracket is made of
_MOST_CUTS = 60
_LARGEST = 1e200  # of a slope that takes part in counting: y - m x must not overflow


@jit
def _merge_by_one_end(values: FloatArray, spare: FloatArray, begin: int, middle: int, end: int) -> int:
    """Merge two sorted runs of any length into `spare`; return how many values of the left exceed one of the right."""
    found = 0
    i, j = begin, middle
    for k in range(begin, end):
        if j >= end or (i < middle and values[i] <= values[j]):
            spare[k] = values[i]
            i += 1
        else:
            spare[k] = values[j]
            j += 1
            found += middle - i
    return found


@jit
def _merge_by_both_ends(values: FloatArray, spare: FloatArray, begin: int, width: int) -> int:
    """Do what `_merge_by_one_end` does for two runs of the same length.

    Neither run can be exhausted before the ends meet, so nothing has to be checked, and there is no branch to
    foresee wrongly. Each value of the right run is counted once, at the end that takes it.
    """
    middle, end = begin + width, begin + 2 * width
    found = 0
    i, j, p, q = begin, middle, middle - 1, end - 1
    for k in range(width):
        left, right = values[i], values[j]
        exceeds = int(left > right)
        spare[begin + k] = right if exceeds else left
        found += exceeds * (middle - i)
        i += 1 - exceeds
        j += exceeds
        left, right = values[p], values[q]
        exceeds = int(left > right)
        spare[end - 1 - k] = left if exceeds else right
        found += (1 - exceeds) * (middle - 1 - p)
        p -= exceeds
        q -= 1 - exceeds
    return found


@jit
def _inversions(values: FloatArray, spare: FloatArray) -> int:
    """Return the number of i < j with values[i] > values[j]; both arrays are overwritten."""
    n = values.size
    found = 0
    width = 1
    while width < n:
        for begin in range(0, n, 2 * width):
            end = begin + 2 * width
            if end <= n:
                found += _merge_by_both_ends(values, spare, begin, width)
            else:
                found += _merge_by_one_end(values, spare, begin, min(begin + width, n), n)
        values, spare = spare, values
        width *= 2
    return found


@jit
def _count_under(m: float, xs: FloatArray, ys: FloatArray, values: FloatArray, spare: FloatArray) -> int:
    """Return how many pairs of the bars, sorted by x, have a slope under m."""
    for i in range(xs.size):
        values[i] = ys[i] - m * xs[i]
    return int(_inversions(values, spare))


@jit
def _order_at(m: float, xs: FloatArray, ys: FloatArray) -> IntArray:
    """Return the places of the bars in the order of y - m x, equal ones in the order of x."""
    n = xs.size
    values, spare = np.empty(n), np.empty(n)
    places, others = np.arange(n), np.empty(n, np.int64)
    for i in range(n):
        values[i] = ys[i] - m * xs[i]
    width = 1
    while width < n:
        for begin in range(0, n, 2 * width):
            if begin + 2 * width <= n:
                _merge_places(values, spare, places, others, begin, width)
                continue
            middle = min(begin + width, n)
            i, j = begin, middle
            for k in range(begin, n):
                if j >= n or (i < middle and values[i] <= values[j]):
                    spare[k], others[k] = values[i], places[i]
                    i += 1
                else:
                    spare[k], others[k] = values[j], places[j]
                    j += 1
        values, spare = spare, values
        places, others = others, places
        width *= 2
    return places


@jit
def _merge_places(
    values: FloatArray, spare: FloatArray, places: IntArray, others: IntArray, begin: int, width: int
) -> None:
    """Merge two sorted runs of the same length, and their places, from both ends as above."""
    end = begin + 2 * width
    i, j, p, q = begin, begin + width, begin + width - 1, end - 1
    for k in range(width):
        left, right, first, second = values[i], values[j], places[i], places[j]
        exceeds = int(left > right)
        spare[begin + k] = right if exceeds else left
        others[begin + k] = second if exceeds else first
        i += 1 - exceeds
        j += exceeds
        left, right, first, second = values[p], values[q], places[p], places[q]
        exceeds = int(left > right)
        spare[end - 1 - k] = left if exceeds else right
        others[end - 1 - k] = first if exceeds else second
        p -= exceeds
        q -= 1 - exceeds


@jit
def _pass_over(
    low: float, high: float, xs: FloatArray, ys: FloatArray, x: FloatArray, y: FloatArray,
    least: float, most: float, stride: int, slopes: FloatArray, first: IntArray, second: IntArray,
) -> tuple[int, int, int]:  # fmt: skip
    """Go through the slopes between `low` and `high`; hold every stride-th of those from `least` to `most`.

    Return how many were under `least`, how many within, and how many are held: their slopes, and the places
    of both bars in the order of x, unless these arrays are empty. No more are held than there is room for.
    """
    n = xs.size
    under = within = held = 0
    places = _order_at(low, xs, ys)
    others = np.empty(n, np.int64)
    values, spare = np.empty(n), np.empty(n)
    for i in range(n):
        values[i] = ys[places[i]] - high * xs[places[i]]
    width = 1
    while width < n:
        for begin in range(0, n, 2 * width):
            middle, end = min(begin + width, n), min(begin + 2 * width, n)
            i, j = begin, middle
            for k in range(begin, end):
                if j >= end or (i < middle and values[i] <= values[j]):
                    spare[k], others[k] = values[i], places[i]
                    i += 1
                    continue
                h = places[j]
                for q in range(i, middle):
                    g = places[q]
                    if g >= h or x[g] == x[h]:  # rounding alone put these two into the other order
                        continue
                    slope = (y[h] - y[g]) / (x[h] - x[g])
                    if slope < least:
                        under += 1
                    elif slope <= most:
                        if within % stride == 0 and held < slopes.size:
                            slopes[held] = slope
                            if first.size:
                                first[held], second[held] = g, h
                            held += 1
                        within += 1
                spare[k], others[k] = values[j], h
                j += 1
        values, spare = spare, values
        places, others = others, places
        width *= 2
    return under, within, held


@jit
def _all_slopes(x: FloatArray, y: FloatArray, slopes: FloatArray, first: IntArray, second: IntArray) -> int:
    held = 0
    for h in range(1, x.size):
        for g in range(h):
            if x[g] != x[h]:
                slopes[held] = (y[h] - y[g]) / (x[h] - x[g])
                if first.size:
                    first[held], second[held] = g, h
                held += 1
    return held


@jit
def _slopes_of_random_pairs(x: FloatArray, y: FloatArray, sample: FloatArray) -> int:
    """Fill `sample` with slopes of random pairs; the same legs always get the same pairs."""
    n = x.size
    state, held = 1, 0
    for _ in range(4 * sample.size):
        state = (state * 1103515245 + 12345) % 2147483648
        i = (state * n) >> 31
        state = (state * 1103515245 + 12345) % 2147483648
        j = (state * n) >> 31
        if x[i] != x[j]:
            sample[held] = (y[j] - y[i]) / (x[j] - x[i])
            held += 1
            if held == sample.size:
                break
    return held


@jit
def _extremes(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return the least and the largest slope of all pairs: those of bars that are neighbours in x."""
    least, most, n = _LARGEST, -_LARGEST, x.size
    begin = 0  # of the bars that share an x
    for i in range(1, n):
        if x[i] == x[i - 1]:
            continue
        end = i + 1
        while end < n and x[end] == x[i]:
            end += 1
        width = x[i] - x[i - 1]
        least = min(least, (y[i] - y[i - 1]) / width)
        most = max(most, (y[end - 1] - y[begin]) / width)
        begin = i
    return max(least, -_LARGEST), min(most, _LARGEST)


@jit
def _least_size(values: FloatArray, n: int) -> float:
    """Return the least size of the first n values that are not zero, 0 where all are."""
    least = np.inf
    for i in range(n):
        size = abs(values[i])
        if 0.0 < size < least:
            least = size
    return least if least < np.inf else 0.0


@jit
def _cut(
    xs: FloatArray, ys: FloatArray, x: FloatArray, y: FloatArray, total: int, room: int
) -> tuple[float, float, int, int]:
    """Return a bracket of the median slope with about `room` slopes in it, and the counts under both ends."""
    n = xs.size
    k1, k2 = (total - 1) // 2, total // 2
    values, spare, sample = np.empty(n), np.empty(n), np.empty(n)
    low, high = _extremes(x, y)
    size = _slopes_of_random_pairs(x, y, sample)
    if size == 0:  # hardly any two bars differ in x
        sample[0], size = 0.5 * low + 0.5 * high, 1
    reach = int(1.5 * math.sqrt(size)) + 1
    a, b = kth(sample, size, max(size // 2 - reach, 0)), kth(sample, size, min(size // 2 + reach, size - 1))
    # ends lie beside the slopes sampled, never on one: a tie there would be decided by rounding
    beside = _BESIDE * (b - a) if b > a else _BESIDE * max(abs(a), _least_size(sample, size))
    if beside == 0.0:
        beside = _BESIDE * max(abs(low), abs(high))
    low, high = low - beside - _BESIDE * abs(low), high + beside + _BESIDE * abs(high)
    under_low, under_high = 0, total
    narrowest = _BESIDE * (b - a) + 2.5 * beside
    a, b = a - beside, b + beside
    for cut in range(_MOST_CUTS):
        if low < a < high:
            under = _count_under(a, xs, ys, values, spare)
            if under <= k1:
                low, under_low = a, under
            elif under > k2:  # between the two middle ones it is neither end
                high, under_high = a, under
        if low < b < high:
            under = _count_under(b, xs, ys, values, spare)
            if under > k2:
                high, under_high = b, under
            elif under <= k1:
                low, under_low = b, under
        inside = under_high - under_low
        if inside <= room or high - low <= narrowest:
            break
        share, half = (k1 + 0.5 - under_low) / inside, 0.4 * room / inside
        if cut % 3 == 2:  # where slopes are spread too unevenly to interpolate
            share, half = 0.5, 0.25
        a = low + max(share - half, 0.0) * (high - low)
        b = low + min(share + half, 1.0) * (high - low)
    return low, high, under_low, under_high


@jit
def _pairs_with_slope(x: FloatArray) -> int:
    """Return how many pairs of the bars, sorted by x, differ in x."""
    n = x.size
    tied = run = 0
    for i in range(1, n):
        run = run + 1 if x[i] == x[i - 1] else 0
        tied += run
    return n * (n - 1) // 2 - tied


@jit
def bracket_slopes(
    x: FloatArray, y: FloatArray, room: int, slopes: FloatArray, first: IntArray, second: IntArray
) -> tuple[float, float, int, int, int]:
    """Return least and most of a bracket of the median slope, and the numbers under it, within it and of all.

    Bars are sorted by x, and by y where x is equal. `slopes` receives about `room` slopes, those from least to
    most, `first` and `second` their bars. Whether a slope is under or within can be told from the slope itself:
    it depends on no rounding of the counts. When the number within exceeds what `slopes` can hold, which
    only ties bring about, not all are held.
    """
    n = x.size
    total = _pairs_with_slope(x)
    if n * (n - 1) // 2 <= slopes.size:
        return -np.inf, np.inf, 0, _all_slopes(x, y, slopes, first, second), total
    if total == 0:
        return np.nan, np.nan, 0, 0, 0
    xs, ys = x - x[n // 2], y - y[n // 2]
    low, high, under, _ = _cut(xs, ys, x, y, total, room)
    margin = _MARGIN * (high - low)
    least, most = low + margin, high - margin
    less, within, _ = _pass_over(low, high, xs, ys, x, y, least, most, 1, slopes, first, second)
    return least, most, under + less, within, total


@jit
def picked(slopes: FloatArray, held: int, k1: int, k2: int) -> float:
    """Return the mean of the k1-th and k2-th smallest, k2 being k1 or the one after it."""
    lower = kth(slopes, held, k1)
    if k1 == k2:
        return lower
    upper = np.inf
    for i in range(k2, held):
        upper = min(upper, slopes[i])
    return 0.5 * (lower + upper)


@jit
def _select_of_many(
    x: FloatArray, y: FloatArray, xs: FloatArray, ys: FloatArray, low: float, high: float, within: int, rank: int,
    slopes: FloatArray, first: IntArray, second: IntArray,
) -> float:  # fmt: skip
    """Return the slope of this rank among those from `low` to `high`, of which there are more than can be held.

    A sample gives a pivot close to the rank; the slopes under it and equal to it are counted, and the search
    goes on to one side of it.
    """
    least, most = -np.inf, np.inf
    while True:
        stride = within // slopes.size + 1
        less, within, held = _pass_over(low, high, xs, ys, x, y, least, most, stride, slopes, first, second)
        pivot = kth(slopes, held, min((rank - less) // stride, held - 1))
        if held == within:
            return pivot
        less, equal, _ = _pass_over(low, high, xs, ys, x, y, pivot, pivot, 1, slopes, first, second)
        if rank < less:
            most = np.nextafter(pivot, -np.inf)
        elif rank >= less + equal:
            least = np.nextafter(pivot, np.inf)
        else:
            return pivot


@jit
def median_slope(x: FloatArray, y: FloatArray) -> float:
    """Return the median slope of all pairs whose x differ, NaN where there is none.

    Bars are sorted by x, and by y where x is equal.
    """
    n = x.size
    size = 3 * n + 64
    slopes, first, second = np.empty(size), np.empty(0, np.int64), np.empty(0, np.int64)
    total = _pairs_with_slope(x)
    if total == 0:
        return np.nan
    k1, k2 = (total - 1) // 2, total // 2
    if n * (n - 1) // 2 <= size:
        return picked(slopes, _all_slopes(x, y, slopes, first, second), k1, k2)
    xs, ys = x - x[n // 2], y - y[n // 2]
    low, high, under, _ = _cut(xs, ys, x, y, total, 2 * n)
    k1, k2 = k1 - under, k2 - under
    _, within, held = _pass_over(low, high, xs, ys, x, y, -np.inf, np.inf, 1, slopes, first, second)
    if held == within:
        return picked(slopes, held, k1, k2)
    lower = _select_of_many(x, y, xs, ys, low, high, within, k1, slopes, first, second)
    if k1 == k2:
        return lower
    return 0.5 * (lower + _select_of_many(x, y, xs, ys, low, high, within, k2, slopes, first, second))
