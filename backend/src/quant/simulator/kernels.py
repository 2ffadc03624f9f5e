"""Compiled kernels: seeded noise, price bridges, trades and their aggregation.

Everything random is a hash of (key, counter), so any hour of any symbol can be made by itself. All kernels
live in this one file, over the budget of lines, because the disk cache of a kernel does not notice a change
in another file it calls.
Times are milliseconds; `base_ms` is the start of the hour, other times count from there.
"""

import math

import numpy as np
from numpy.typing import NDArray

from quant.domain import FloatArray, IntArray
from quant.kernel import jit

KeyArray = NDArray[np.uint64]

SECONDS = 3600  # in a block
COLUMNS = 11  # of a bar: see BAR_* below
BAR_OPEN, BAR_HIGH, BAR_LOW, BAR_CLOSE = 0, 1, 2, 3  # ticks
BAR_VOLUME, BAR_QUOTE = 4, 5  # steps; ticks times steps
BAR_TAKER_VOLUME, BAR_TAKER_QUOTE = 6, 7  # the part where the buyer was the aggressor
BAR_TRADES, BAR_FIRST, BAR_LAST = 8, 9, 10  # exchange trades and their first and last id
NO_FIRST = 1 << 62  # of a bar without trades: the identity of min
NO_LAST = -1

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S11, _S16, _S27, _S30, _S31, _S32, _S48 = (np.uint64(n) for n in (11, 16, 27, 30, 31, 32, 48))
_LOW_16 = np.uint64(0xFFFF)
_TO_UNIT = 2.0**-53
_HALL_MEAN = 2.0 * 65535.0
_HALL_SD = 2.0 * math.sqrt((65536.0**2 - 1.0) / 12.0)
_MIN_LATENCY_MS, _LATENCY_RANGE_MS = 1, 39
_MAX_ACTIVITY = 3.0
_COUNT_COUNTERS = 1 << 40  # beyond any hour: activity and count of an hour are drawn apart


@jit
def noise(key: np.uint64, counter: int) -> np.uint64:
    """Return 64 hashed bits: the SplitMix64 generator (Steele et al. 2014) entered at `counter`."""
    z = key + np.uint64(counter) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@jit
def _uniform(bits: np.uint64) -> float:
    return (float(bits >> _S11) + 0.5) * _TO_UNIT


@jit
def _gaussian(key: np.uint64, counter: int) -> float:
    radius = math.sqrt(-2.0 * math.log(_uniform(noise(key, 2 * counter))))
    return radius * math.cos(2.0 * math.pi * _uniform(noise(key, 2 * counter + 1)))


@jit
def _step(bits: np.uint64) -> float:
    """Return an Irwin-Hall(4) variate, mean 0, variance 1: over a minute its sums are normal to 3 digits."""
    total = (bits & _LOW_16) + ((bits >> _S16) & _LOW_16) + ((bits >> _S32) & _LOW_16) + (bits >> _S48)
    return (float(total) - _HALL_MEAN) / _HALL_SD


@jit
def hourly_chain(key: np.uint64, hours: int, decay: float, sd: float) -> FloatArray:
    """Return a stationary AR(1) with standard deviation `sd`, one value at the start of each hour."""
    values = np.empty(hours)
    shock = sd * math.sqrt(1.0 - decay * decay)
    values[0] = sd * _gaussian(key, 0)
    for hour in range(1, hours):
        values[hour] = decay * values[hour - 1] + shock * _gaussian(key, hour)
    return values


@jit
def bridge(
    key: np.uint64, hour: int, ends: FloatArray, decay: float, step_sd: float, pull: FloatArray
) -> FloatArray:
    """Return the AR(1) path of an hour on the 1 s grid, both ends included, given its two end values.

    A free path is drawn and bent onto the end: `pull[k]` is cov(s_k, s_end | s_0) / var(s_end | s_0), which
    makes the result exactly the conditioned process.
    """
    path = np.empty(SECONDS + 1)
    path[0] = ends[0]
    for k in range(SECONDS):
        path[k + 1] = decay * path[k] + step_sd * _step(noise(key, hour * SECONDS + k))
    error = ends[1] - path[SECONDS]
    for k in range(SECONDS + 1):
        path[k] += pull[k] * error
    return path


@jit
def cumulative_counts(key: np.uint64, hours: int, open_hours: int, rate: float) -> IntArray:
    """Return the number of aggregates before each hour; none come after `open_hours`."""
    counts = np.zeros(hours + 1, dtype=np.int64)
    for hour in range(hours):
        daily = 1.0 + 0.3 * math.sin(2.0 * math.pi * (hour % 24 - 8) / 24.0)
        activity = min(_MAX_ACTIVITY, daily * math.exp(0.2 * _gaussian(key, hour) - 0.02))
        expected = rate * SECONDS * activity
        drawn = max(1.0, expected + math.sqrt(expected) * _gaussian(key, hour + _COUNT_COUNTERS))
        counts[hour + 1] = counts[hour] + (int(drawn) if hour < open_hours else 0)
    return counts


@jit
def schedule(key: np.uint64, hour: int, total: int) -> IntArray:
    """Return the number of aggregates before each second of an hour, bursts and pauses included.

    The seconds get exponential weights, so counts cluster as a Poisson stream with a restless rate does. The
    first second always trades, see `_offset_ms`.
    """
    counts = np.zeros(SECONDS + 1, dtype=np.int64)
    weights = np.empty(SECONDS)
    total_weight = 0.0
    for second in range(SECONDS):
        weights[second] = -math.log(_uniform(noise(key, hour * SECONDS + second)))
        total_weight += weights[second]
    reached = 0.0
    for second in range(SECONDS):
        reached += weights[second]
        counts[second + 1] = max(min(1, total), int(total * (reached / total_weight)))
    counts[SECONDS] = total
    return counts


@jit
def _first_id(bits: np.uint64, aggregate: int) -> int:
    """Return `f` of an aggregate: ids are contiguous and 1 to 3 trades make an aggregate, 2 on average."""
    return 2 * aggregate + int((bits >> np.uint64(42)) & np.uint64(1))


@jit
def _last_id(bits: np.uint64, aggregate: int, next_first: int) -> int:
    """Return `l`; one id in 4,096 goes to the insurance fund and shows in no aggregate."""
    fund = (bits >> np.uint64(43)) & np.uint64(0xFFF) == np.uint64(0)
    last = next_first - 1
    return last - 1 if fund and last > _first_id(bits, aggregate) else last


@jit
def _offset_ms(bits: np.uint64, second: int, slot: int, slots: int) -> int:
    """Return the time within the second of aggregate `slot` out of `slots`; it rises with `slot`.

    Every hour opens with a trade on its first ms: a bar never needs the hour before to know the last price.
    """
    if second == 0 and slot == 0:
        return 0
    jitter = float((bits >> np.uint64(10)) & _LOW_16) / 65536.0
    return int(1000.0 * ((slot + jitter) / slots))


@jit
def _sells(key: np.uint64, bits: np.uint64, aggregate: int) -> int:
    """Return 1 where the aggressor sold: runs of eight lean one way, three in four follow."""
    leaning = noise(key, -1 - (aggregate >> 3)) & np.uint64(1) == np.uint64(1)
    against = (bits >> np.uint64(26)) & np.uint64(0xFF) < np.uint64(64)
    return int(leaning != against)


@jit
def _price_ticks(bits: np.uint64, mid: float, half_spread: float, per_tick: float, sells: int) -> int:
    """Return the traded price: the touch, or up to two ticks through it where the aggressor swept."""
    half = max(half_spread * mid * per_tick, 0.5)
    sweep = (bits >> np.uint64(34)) & np.uint64(0xFF)
    through = 2 if sweep < np.uint64(12) else (1 if sweep < np.uint64(40) else 0)
    if sells:
        return max(1, math.floor(mid * per_tick - half + 0.5) - through)
    return max(1, math.floor(mid * per_tick + half + 0.5) + through)


@jit
def latency_ms(key: np.uint64, base_ms: int, at_ms: int) -> int:
    """Return how long after `at_ms` the exchange publishes: 1 to 40 ms, never overtaking itself."""
    second = (base_ms + at_ms) // 1000
    left = _MIN_LATENCY_MS + int(noise(key, second) % np.uint64(_LATENCY_RANGE_MS + 1))
    right = _MIN_LATENCY_MS + int(noise(key, second + 1) % np.uint64(_LATENCY_RANGE_MS + 1))
    return left + ((right - left) * (at_ms % 1000)) // 1000


@jit
def _aggregate(
    key: np.uint64,
    aggregate: int,
    second: int,
    slot: int,
    slots: int,
    left: float,
    right: float,
    half_spread: float,
    per_tick: float,
    sizes: IntArray,
) -> tuple[int, int, int, int, int, int]:
    """Return (time within the second, f, l, ticks, steps, sold); the mid runs from `left` to `right`."""
    bits = noise(key, aggregate)
    at_ms = _offset_ms(bits, second, slot, slots)
    sells = _sells(key, bits, aggregate)
    ticks = _price_ticks(bits, left + (right - left) * (at_ms / 1000.0), half_spread, per_tick, sells)
    last = _last_id(bits, aggregate, _first_id(noise(key, aggregate + 1), aggregate + 1))
    return at_ms, _first_id(bits, aggregate), last, ticks, sizes[int(bits & np.uint64(1023))], sells


@jit
def trades(
    keys: KeyArray,
    base_ms: int,
    first: int,
    counts: IntArray,
    mids: FloatArray,
    half_spread: float,
    per_tick: float,
    sizes: IntArray,
    from_ms: int,
    to_ms: int,
) -> IntArray:
    """Return rows (id, f, l, T, E, ticks, steps, sold) of the aggregates with from_ms <= T - base_ms < to_ms.

    `keys` are the trade and the latency key, `first` the id of the hour's first aggregate.
    """
    start, stop = from_ms // 1000, min(SECONDS, (to_ms + 999) // 1000)
    rows = np.empty((counts[stop] - counts[start], 8), dtype=np.int64)
    n = 0
    for second in range(start, stop):
        slots = counts[second + 1] - counts[second]
        left, right = mids[second], mids[second + 1]
        for slot in range(slots):
            number = first + counts[second] + slot
            offset, f, last, ticks, steps, sells = _aggregate(
                keys[0], number, second, slot, slots, left, right, half_spread, per_tick, sizes
            )
            at_ms = 1000 * second + offset
            if at_ms < from_ms or at_ms >= to_ms:
                continue
            rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3] = number, f, last, base_ms + at_ms
            rows[n, 4] = base_ms + at_ms + latency_ms(keys[1], base_ms, at_ms)
            rows[n, 5], rows[n, 6], rows[n, 7] = ticks, steps, sells
            n += 1
    return rows[:n]


@jit
def _open_bar(bar: IntArray, price: int) -> None:
    """Start an empty bar at the last price; its first trade, if any, overwrites it."""
    bar[:] = 0
    bar[BAR_OPEN] = bar[BAR_HIGH] = bar[BAR_LOW] = bar[BAR_CLOSE] = price
    bar[BAR_FIRST], bar[BAR_LAST] = NO_FIRST, NO_LAST


@jit
def _add_trade(bar: IntArray, f: int, last: int, ticks: int, steps: int, sells: int) -> None:
    if bar[BAR_TRADES] == 0:
        bar[BAR_OPEN] = bar[BAR_HIGH] = bar[BAR_LOW] = ticks
        bar[BAR_FIRST] = f
    bar[BAR_HIGH] = max(bar[BAR_HIGH], ticks)
    bar[BAR_LOW] = min(bar[BAR_LOW], ticks)
    bar[BAR_CLOSE], bar[BAR_LAST] = ticks, last
    bar[BAR_VOLUME] += steps
    bar[BAR_QUOTE] += ticks * steps
    bar[BAR_TRADES] += last - f + 1
    if not sells:
        bar[BAR_TAKER_VOLUME] += steps
        bar[BAR_TAKER_QUOTE] += ticks * steps


@jit
def bars(
    keys: KeyArray,
    first: int,
    counts: IntArray,
    mids: FloatArray,
    half_spread: float,
    per_tick: float,
    sizes: IntArray,
    from_ms: int,
    to_ms: int,
    bar_ms: int,
) -> IntArray:
    """Return the bars (rows of BAR_* columns) of the trades with from_ms <= T - base_ms < to_ms.

    `from_ms` is a multiple of `bar_ms`; the last bar is a forming one where `to_ms` is not.
    """
    table = np.empty(((to_ms - from_ms + bar_ms - 1) // bar_ms, COLUMNS), dtype=np.int64)
    per_bar = bar_ms // 1000
    start, stop = from_ms // 1000, min(SECONDS, (to_ms + 999) // 1000)
    second = start
    while second > 0 and counts[second] == counts[start]:
        second -= 1  # back to the last second that traded, for the price an empty bar repeats
    price = 0
    row = -1
    while second < stop:
        if second >= start and (second - start) % per_bar == 0:
            row += 1
            _open_bar(table[row], price)
        slots = counts[second + 1] - counts[second]
        left, right = mids[second], mids[second + 1]
        for slot in range(slots):
            number = first + counts[second] + slot
            offset, f, last, ticks, steps, sells = _aggregate(
                keys[0], number, second, slot, slots, left, right, half_spread, per_tick, sizes
            )
            if 1000 * second + offset >= to_ms:
                break
            price = ticks
            if row >= 0:
                _add_trade(table[row], f, last, ticks, steps, sells)
        second += 1
    return table
