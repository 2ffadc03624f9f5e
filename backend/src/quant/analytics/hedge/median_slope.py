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

from quant.analytics.hedge.merge_sort import order_of
from quant.analytics.hedge.order import kth
from quant.domain import FloatArray, IntArray
from quant.kernel import jit

_MARGIN = 1e-6  # of a bracket's width
_BESIDE = 1e-5  # of the distance between the slopes that a bracket is made of
_MOST_CUTS = 60
_SAMPLE_FOR_DENSITY = 20  # slopes around a sample's middle that tell how dense they are there
_ROOM, _CAPACITY = 4, 6  # slopes a bar that the last bracket may hold, and that there is room for
_0, _1 = np.uint64(0), np.uint64(1)  # an index without a sign is not checked for being negative
_LARGEST = 1e200  # of a slope that takes part in counting: y - m x must not overflow


@jit
def first_not_under(values: FloatArray, held: int, slope: float) -> int:
    """Return the place of the first of the sorted values that is not under this slope."""
    low, high = 0, held
    while low < high:
        middle = (low + high) // 2
        if values[middle] < slope:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def add_slope(slope: float, values: FloatArray, copies: IntArray, held: int) -> int:
    """Put a slope among the sorted ones, each held once with its copies; return how many are held, -1 for no room."""
    at = first_not_under(values, held, slope)
    if at < held and values[at] == slope:
        copies[at] += 1
        return held
    if held == values.size:
        return -1
    for k in range(held, at, -1):
        values[k], copies[k] = values[k - 1], copies[k - 1]
    values[at], copies[at] = slope, 1
    return held + 1


@jit
def _of_rank(copies: IntArray, rank: int) -> int:
    """Return the place of the slope of this rank, copies counted."""
    at = passed = 0
    while True:
        passed += copies[at]
        if passed > rank:
            return at
        at += 1


@jit
def median_of(slopes: FloatArray, copies: IntArray, k1: int, k2: int) -> float:
    """Return the mean of the k1-th and k2-th slope, which are in order, copies counted."""
    lower = float(slopes[_of_rank(copies, k1)])
    return lower if k1 == k2 else 0.5 * (lower + slopes[_of_rank(copies, k2)])


@jit
def _pass_over(
    order: IntArray, high: float, xs: FloatArray, ys: FloatArray, x: FloatArray, y: FloatArray,
    least: float, most: float, stride: int, slopes: FloatArray, copies: IntArray,
) -> tuple[int, int, int]:  # fmt: skip
    """Go through the slopes between that of `order` and `high`; hold every stride-th of those from `least` to `most`.

    Return how many were under `least`, how many within, and how many are held. No more are held than there is room
    for. Unless `copies` is empty all are held, in order, each once with its copies, and -1 says that there is no room.

    The bars are put from the one order into the other by insertion, whose every step passes one slope over.
    """
    n = xs.size
    under = within = held = 0
    places, values = np.empty(n, np.int64), np.empty(n)
    for k in range(n):
        h = order[k]
        value = ys[h] - high * xs[h]
        at = np.uint64(k)
        while at > _0 and values[at - _1] > value:
            g = places[at - _1]
            values[at], places[at] = values[at - _1], g
            at -= _1
            if g >= h or x[g] == x[h]:  # rounding alone put these two into the other order
                continue
            slope = (y[h] - y[g]) / (x[h] - x[g])
            if slope < least:
                under += 1
            elif slope <= most:
                if copies.size:
                    held = add_slope(slope, slopes, copies, held) if held >= 0 else held
                elif within % stride == 0 and held < slopes.size:
                    slopes[held] = slope
                    held += 1
                within += 1
        values[at], places[at] = value, h
    return under, within, held


@jit
def _in_order(slopes: FloatArray, copies: IntArray, n: int) -> int:
    """Put the first n slopes in order, equal ones as one with the copies of all; return how many are held."""
    places, _ = order_of(slopes[:n])
    ordered, times = slopes[places], copies[places]
    held = 0
    for k in range(n):
        if k > 0 and ordered[k] == ordered[k - 1]:
            copies[held - 1] += times[k]
        else:
            slopes[held], copies[held] = ordered[k], times[k]
            held += 1
    return held


@jit
def _slopes_of_points(x: FloatArray, y: FloatArray, slopes: FloatArray, copies: IntArray) -> int:
    """Hold the slopes between all different points, in order; return how many are held, -1 for too many points.

    Prices in coarse ticks make few points of many bars.
    """
    most = int(0.5 + math.sqrt(0.25 + 2.0 * slopes.size))
    points, begin = 0, np.empty(most + 1, np.int64)
    for i in range(x.size):
        if i == 0 or x[i] != x[i - 1] or y[i] != y[i - 1]:
            if points == most:
                return -1
            begin[points] = i
            points += 1
    begin[points] = x.size
    found = 0
    for k in range(1, points):
        h, bars = begin[k], begin[k + 1] - begin[k]
        for m in range(k):
            g = begin[m]
            if x[g] != x[h]:
                slopes[found] = (y[h] - y[g]) / (x[h] - x[g])
                copies[found] = bars * (begin[m + 1] - g)
                found += 1
    return _in_order(slopes, copies, found)


@jit
def _level_pairs(x: FloatArray, y: FloatArray) -> tuple[int, int, IntArray]:
    """Return how many slopes are under zero, how many are zero, and the order of y: exactly, whatever the ties."""
    order, under = order_of(y)
    level = run = same = 0
    for k in range(1, y.size):
        is_level = y[order[k]] == y[order[k - 1]]
        run = run + 1 if is_level else 0
        same = same + 1 if is_level and x[order[k]] == x[order[k - 1]] else 0
        level += run - same
    return under, level, order


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
) -> tuple[float, float, int, int, IntArray]:
    """Return a bracket of the median slope with about `room` slopes in it, how many are under it, how many within,
    and the order at its low.

    The order at a slope m is that of y - m x; the pairs it has the wrong way round are those with a slope under m.
    """
    n = xs.size
    k1, k2 = (total - 1) // 2, total // 2
    sample, order_at_low = np.empty(n), np.empty(0, np.int64)
    low, high = _extremes(x, y)
    size = _slopes_of_random_pairs(x, y, sample)
    if size == 0:  # hardly any two bars differ in x
        sample[0], size = 0.5 * low + 0.5 * high, 1
    reach = int(1.5 * math.sqrt(size)) + 1
    first, last = max(size // 2 - reach, 0), min(size // 2 + reach, size - 1)
    middle, a, b = kth(sample, size, size // 2), kth(sample, size, first), kth(sample, size, last)
    # ends lie beside the slopes sampled, never on one: a tie there would be decided by rounding
    beside = _BESIDE * (b - a) if b > a else _BESIDE * max(abs(a), _least_size(sample, size))
    if beside == 0.0:
        beside = _BESIDE * max(abs(low), abs(high))
    low, high = low - beside - _BESIDE * abs(low), high + beside + _BESIDE * abs(high)
    under_low, under_high = 0, total
    narrowest = _BESIDE * (b - a) + 2.5 * beside
    a, b = a - beside, b + beside
    if a < middle < b and last - first > _SAMPLE_FOR_DENSITY:
        # the sample's middle is known to be near, a count says how far off, the sample how dense the slopes are
        wide = (b - a) * size / ((last - first) * total)  # of the slopes' axis, for one slope
        _, under = order_of(ys - (middle - beside) * xs)
        short = k1 + 0.5 - under
        a, b = middle + (short - 0.4 * room) * wide, middle + (short + 0.4 * room) * wide
    for cut in range(_MOST_CUTS):
        if low < a < high:
            order, under = order_of(ys - a * xs)
            if under <= k1:
                low, under_low, order_at_low = a, under, order
            elif under > k2:  # between the two middle ones it is neither end
                high, under_high = a, under
        if low < b < high:
            order, under = order_of(ys - b * xs)
            if under > k2:
                high, under_high = b, under
            elif under <= k1:
                low, under_low, order_at_low = b, under, order
        inside = under_high - under_low
        if inside <= room or high - low <= narrowest:
            break
        share, half = (k1 + 0.5 - under_low) / inside, 0.4 * room / inside
        if cut % 3 == 2:  # where slopes are spread too unevenly to interpolate
            share, half = 0.5, 0.25
        a = low + max(share - half, 0.0) * (high - low)
        b = low + min(share + half, 1.0) * (high - low)
    if order_at_low.size == 0:
        order_at_low, _ = order_of(ys - low * xs)
    return low, high, under_low, under_high - under_low, order_at_low


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
    x: FloatArray, y: FloatArray, room: int, slopes: FloatArray, copies: IntArray
) -> tuple[tuple[float, float], tuple[int, int, int, int]]:
    """Return least and most of a bracket of the median slope, and four numbers of slopes: held, under it, within, all.

    Bars are sorted by x, and by y where x is equal. `slopes` receives about `room` slopes, those from least to
    most, in order and each once, `copies` how often it is there. Whether a slope is under or within can be told
    from the slope itself: it depends on no rounding of the counts. -1 are held when there is no room for them.
    """
    n = x.size
    total = _pairs_with_slope(x)
    held = _slopes_of_points(x, y, slopes, copies)
    if held >= 0:
        return (-np.inf, np.inf), (held, 0, total, total)
    k1, k2 = (total - 1) // 2, total // 2
    xs, ys = x - x[n // 2], y - y[n // 2]
    low, high, under, inside, order = _cut(xs, ys, x, y, total, room)
    if inside > slopes.size:  # which only ties bring about
        falling, level, _ = _level_pairs(x, y)
        if falling <= k1 and k2 < falling + level:
            slopes[0], copies[0] = 0.0, level
            return (0.0, 0.0), (1, falling, level, total)
    margin = _MARGIN * (high - low)
    least, most = low + margin, high - margin
    if inside > slopes.size:
        less, within, held = _pass_over(order, high, xs, ys, x, y, least, most, 1, slopes, copies)
    else:
        less, within, held = _pass_over(order, high, xs, ys, x, y, least, most, 1, slopes, copies[:0])
        copies[:held] = 1
        held = _in_order(slopes, copies, held)
    return (least, most), (held, under + less, within, total)


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
    x: FloatArray, y: FloatArray, xs: FloatArray, ys: FloatArray, order: IntArray, high: float, within: int, rank: int,
    slopes: FloatArray, copies: IntArray,
) -> float:  # fmt: skip
    """Return the slope of this rank among those from `order` to `high`, of which there are more than can be held.

    A sample gives a pivot close to the rank; the slopes under it and equal to it are counted, and the search
    goes on to one side of it.
    """
    least, most = -np.inf, np.inf
    while True:
        stride = within // slopes.size + 1
        less, within, held = _pass_over(order, high, xs, ys, x, y, least, most, stride, slopes, copies)
        pivot = kth(slopes, held, min((rank - less) // stride, held - 1))
        if held == within:
            return pivot
        less, equal, _ = _pass_over(order, high, xs, ys, x, y, pivot, pivot, 1, slopes, copies)
        if rank < less:
            most = np.nextafter(pivot, -np.inf)
        elif rank >= less + equal:
            least = np.nextafter(pivot, np.inf)
        else:
            return pivot


@jit
def median_slope(x: FloatArray, y: FloatArray, order: IntArray) -> float:
    """Return the median slope of all pairs whose x differ, NaN where there is none.

    Bars are sorted by x, and by y where x is equal. `order` is filled with their places, nearly sorted by their
    distance from the line.
    """
    n = x.size
    size = _CAPACITY * n + 64
    slopes, copies = np.empty(size), np.empty(size, np.int64)
    total = _pairs_with_slope(x)
    for i in range(n):
        order[i] = i
    if total == 0:
        return np.nan
    k1, k2 = (total - 1) // 2, total // 2
    xs, ys = x - x[n // 2], y - y[n // 2]
    if _slopes_of_points(x, y, slopes, copies) > 0:
        slope = median_of(slopes, copies, k1, k2)
        order[:], _ = order_of(ys - slope * xs)
        return slope
    _, high, under, inside, order[:] = _cut(xs, ys, x, y, total, _ROOM * n)
    if inside > size:
        falling, level, order_of_y = _level_pairs(x, y)
        if falling <= k1 and k2 < falling + level:
            order[:] = order_of_y
            return 0.0
    k1, k2, none = k1 - under, k2 - under, copies[:0]
    _, within, held = _pass_over(order, high, xs, ys, x, y, -np.inf, np.inf, 1, slopes, none)
    if held == within:
        return picked(slopes, held, k1, k2)
    lower = _select_of_many(x, y, xs, ys, order, high, within, k1, slopes, none)
    if k1 == k2:
        return lower
    return 0.5 * (lower + _select_of_many(x, y, xs, ys, order, high, within, k2, slopes, none))
