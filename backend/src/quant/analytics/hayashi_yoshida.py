"""Correlation of two streams of trades as they came, without bars (Hayashi & Yoshida 2005).

Bars hide correlation: the two legs do not trade at the same moments, and the shorter the bar, the more of their
common movement falls into different bars (Epps 1979). Here every step of one price meets exactly the steps of the
other that overlap it in time. Bid-ask bounce cancels in the covariance and inflates variances; those are taken at
two time scales, which removes it (Zhang, Mykland & Aït-Sahalia 2005).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import logs
from quant.analytics.inputs import series as checked_series
from quant.analytics.regression import is_flat
from quant.analytics.results import Status
from quant.analytics.series_results import TickCorrelation
from quant.domain import FloatArray, IntArray
from quant.errors import InvalidParameter
from quant.kernel import jit

MIN_TICKS = 60
METHOD = "Hayashi-Yoshida covariance, two-scale variances, interval by jackknife over 20 blocks of time"
LAGS_NS = tuple(
    sign * ms * 1_000_000
    for sign, sizes in (
        (-1, (5000, 2000, 1000, 500, 200, 100, 50, 20, 10)),
        (1, (0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)),
    )
    for ms in sizes
)

_BLOCKS = 20
_STUDENT = 2.093024054408263  # 97.5 % point for 19 degrees of freedom
_PILOT = 30  # steps of the slow scale that the noise is first judged by
_LEAST_SCALE = 5
_BLOCK = 5  # lags whose autocorrelations are judged together
_SIGNIFICANT = 2.0  # standard errors of their sum


@dataclass(frozen=True, slots=True)
class _Ticks:
    times: IntArray
    prices: FloatArray  # logarithms


@dataclass(frozen=True, slots=True)
class _Variance:
    """The variance of the span, each tick's part in it, and the noise variance of one price."""

    total: float
    parts: FloatArray
    noise: float


def hayashi_yoshida(
    times_y: ArrayLike, prices_y: ArrayLike, times_x: ArrayLike, prices_x: ArrayLike, *,
    step: int = 1, lags_ns: ArrayLike = LAGS_NS,
) -> TickCorrelation:  # fmt: skip
    """Return the correlation of the legs' log prices from raw trades, and its contrast over a grid of lags.

    Times are whole nanoseconds that never go back; of trades at one time the last counts. Both legs are cut to
    the span they have in common. With `step` over 1 moves are taken over so many distinct times, at every offset:
    real legs answer each other with delays of milliseconds to seconds, which single steps are too short for.
    A lag of at least half the span has a NaN contrast. Needs 60 distinct times a leg, and 10 for each of `step`.
    Raises InvalidParameter.
    """
    if isinstance(step, bool) or not isinstance(step, int | np.integer) or step < 1:
        raise InvalidParameter("step", f"must be a whole number from 1 on, got {step!r}")
    step = int(step)
    need = max(MIN_TICKS, 10 * step)
    y, x = _ticks(times_y, prices_y, "y"), _ticks(times_x, prices_x, "x")
    lags = _checked_lags(lags_ns)
    if not (np.isfinite(y.prices).all() and np.isfinite(x.prices).all()):
        return _without(Status.MISSING, "a price is missing or not positive", lags, y, x, need)
    if y.times.size and x.times.size:
        first, last = max(y.times[0], x.times[0]), min(y.times[-1], x.times[-1])
        y, x = _within(y, first, last), _within(x, first, last)
    if min(y.times.size, x.times.size) < need:
        least = min(y.times.size, x.times.size)
        reason = f"each leg needs {need} distinct times in the common span, one has {least}"
        return _without(Status.TOO_SHORT, reason, lags, y, x, need)
    of_y, of_x = _variance(y.prices, step), _variance(x.prices, step)
    if of_y is None or of_x is None:
        return _without(
            Status.ZERO_VARIANCE, "a leg does not move beyond its bid-ask bounce", lags, y, x, need
        )
    return _measured(y, x, of_y, of_x, step=step, lags=lags, need=need)


def _measured(
    y: _Ticks, x: _Ticks, of_y: _Variance, of_x: _Variance, *, step: int, lags: IntArray, need: int
) -> TickCorrelation:
    overlaps = _overlaps(y, x, 0, step)
    covariance = float(overlaps.sum())
    scale = math.sqrt(of_y.total * of_x.total)
    correlation = covariance / scale
    span = int(max(y.times[-1], x.times[-1]) - min(y.times[0], x.times[0]))
    error = _error(y, x, (overlaps, of_y.parts, of_x.parts), (covariance, of_y.total, of_x.total))
    contrast = np.full(lags.size, np.nan)
    for k, lag in enumerate(lags):
        if 2 * abs(int(lag)) < span:
            contrast[k] = _overlaps(y, x, int(lag), step).sum() / scale
    known = np.isfinite(contrast)
    lead = int(lags[known][np.argmax(np.abs(contrast[known]))]) if known.any() else None
    return TickCorrelation(
        status=Status.OK, reason="", correlation=_clipped(correlation),
        low=_clipped(correlation - _STUDENT * error), high=_clipped(correlation + _STUDENT * error),
        covariance=covariance, variance_y=of_y.total, variance_x=of_x.total,
        noise_y=math.sqrt(of_y.noise), noise_x=math.sqrt(of_x.noise),
        lags_ns=lags, contrast=np.clip(contrast, -1.0, 1.0), lead_ns=lead,
        n_y=y.times.size, n_x=x.times.size, span_ns=span, need=need, step=step, method=METHOD,
    )  # fmt: skip


def _ticks(times: ArrayLike, prices: ArrayLike, leg: str) -> _Ticks:
    """Return distinct times and the logarithm of the last price at each."""
    at = np.ascontiguousarray(times)
    values = checked_series(prices, f"prices_{leg}")
    if at.ndim != 1 or at.size != values.size or (at.size and at.dtype.kind not in "iu"):
        raise InvalidParameter(f"times_{leg}", "must be whole nanoseconds, one for each price")
    at = at.astype(np.int64)
    if (np.diff(at) < 0).any():
        raise InvalidParameter(f"times_{leg}", "must never go back")
    last = np.append(at[1:] != at[:-1], True)[: at.size]
    return _Ticks(at[last], logs(values)[last])


def _checked_lags(lags_ns: ArrayLike) -> IntArray:
    lags = np.asarray(lags_ns)
    if lags.ndim != 1 or (lags.size and lags.dtype.kind not in "iu"):
        raise InvalidParameter("lags_ns", "must be a list of whole nanoseconds")
    return lags.astype(np.int64)


def _within(ticks: _Ticks, first: int, last: int) -> _Ticks:
    inside = slice(*np.searchsorted(ticks.times, [first, last + 1]))
    return _Ticks(ticks.times[inside].copy(), ticks.prices[inside].copy())


def _variance(prices: FloatArray, step: int) -> _Variance | None:
    """Return the two-scale variance, None where nothing but noise is left.

    The fast scale is past the memory of the noise, the slow one has the least error for this much noise.
    """
    n = prices.size - 1
    steps = np.diff(prices)
    if is_flat(float(steps @ steps), n, max(1.0, float(np.abs(prices).max()))):
        return None
    fast = _fast_scale(steps)
    pilot = float(_two_scales(prices, fast, min(max(_PILOT, 4 * fast), n // 4)).sum())
    noise = _noise(prices, fast, max(pilot, 0.0))
    slow = max(_LEAST_SCALE, 3 * fast, step)
    if pilot > 0.0:
        slow = max(slow, math.ceil(min((12.0 * (n * noise / pilot) ** 2) ** (1.0 / 3.0), n // 4)))
    parts = _two_scales(prices, fast, slow)
    total = float(parts.sum())
    return _Variance(total, parts, _noise(prices, fast, total)) if total > 0.0 else None


def _fast_scale(steps: FloatArray) -> int:
    """Return past how many steps the noise is forgotten, five at least.

    Split orders trade on one side of the spread many times over, so bounce has a memory. It shows in the steps'
    autocorrelation, weakly at each lag: sums over five lags are judged, and twice where they end is taken.
    """
    n = steps.size
    bound = _SIGNIFICANT * math.sqrt(_BLOCK / n) * float(steps @ steps)
    most = max(n // 32, 1)
    memory = 0
    while memory + _BLOCK <= most:
        lags = range(memory + 1, memory + _BLOCK + 1)
        if abs(sum(float(steps[lag:] @ steps[:-lag]) for lag in lags)) <= bound:
            break
        memory += _BLOCK
    return min(max(2 * memory, _BLOCK), most)


def _noise(prices: FloatArray, fast: int, total: float) -> float:
    """Return the variance of the noise in one price: what differences over `fast` steps have too much."""
    n = prices.size - 1
    apart = prices[fast:] - prices[:-fast]
    return max(float(apart @ apart) / apart.size - fast / n * total, 0.0) / 2.0


def _two_scales(prices: FloatArray, fast: int, slow: int) -> FloatArray:
    """Return each tick's part in the variance over `slow` steps less the noise that `fast` steps show.

    Both sums lack what lies within a scale of the ends; the last factor allows for it.
    """
    n = prices.size - 1
    parts = np.zeros(n)
    parts[: n - slow + 1] = (prices[slow:] - prices[:-slow]) ** 2 / slow
    share = (n - slow + 1) / ((n - fast + 1) * slow)
    parts[: n - fast + 1] -= (prices[fast:] - prices[:-fast]) ** 2 * share
    return parts * (n * slow / ((n - slow + 1.0) * (slow - fast)))


def _error(
    y: _Ticks, x: _Ticks, parts: tuple[FloatArray, FloatArray, FloatArray], totals: tuple[float, float, float]
) -> float:
    """Return the standard error of the correlation by leaving out one block of time after another."""
    edges = np.linspace(y.times[0], y.times[-1], _BLOCKS + 1)[1:-1]
    left = np.empty((3, _BLOCKS))
    for row, (values, total, times) in enumerate(
        zip(parts, totals, (y.times, y.times, x.times), strict=True)
    ):
        cuts = np.searchsorted(times[:-1], edges)
        left[row] = total - np.array([block.sum() for block in np.split(values, cuts)])
    if not (left[1:] > 0.0).all():
        return math.nan
    values = left[0] / np.sqrt(left[1] * left[2])
    return math.sqrt((_BLOCKS - 1) / _BLOCKS * float(((values - values.mean()) ** 2).sum()))


def _overlaps(y: _Ticks, x: _Ticks, lag: int, step: int) -> FloatArray:
    """Return each tick's part in the covariance: the mean over all offsets of steps of `step` distinct times."""
    parts = np.zeros(y.times.size - 1)
    for offset in range(step):
        every = slice(offset, None, step)
        products = _overlap_products(
            y.times[every].copy(), y.prices[every].copy(), x.times[every].copy(), x.prices[every].copy(), lag
        )
        parts[offset : offset + step * products.size : step] += products
    # Each offset lacks what lies before its first and after its last step, step - 1 ticks together.
    return parts * (parts.size / (parts.size - step + 1) / step)


@jit
def _overlap_products(
    times_y: IntArray, prices_y: FloatArray, times_x: IntArray, prices_x: FloatArray, lag: int
) -> FloatArray:
    """Return each step of y times the move of x, taken `lag` later, over the x-steps that overlap it."""
    n, m = times_y.size, times_x.size
    out = np.zeros(n - 1)
    begin, end = 0, 0
    for i in range(1, n):
        opened, closed = times_y[i - 1] + lag, times_y[i] + lag
        while begin + 1 < m and times_x[begin + 1] <= opened:
            begin += 1
        while end < m - 1 and times_x[end] < closed:
            end += 1
        if end > begin and times_x[begin] < closed and times_x[end] > opened:
            out[i - 1] = (prices_y[i] - prices_y[i - 1]) * (prices_x[end] - prices_x[begin])
    return out


def _clipped(value: float) -> float:
    return value if math.isnan(value) else min(1.0, max(-1.0, value))


def _without(status: Status, reason: str, lags: IntArray, y: _Ticks, x: _Ticks, need: int) -> TickCorrelation:
    nan = math.nan
    return TickCorrelation(
        status=status, reason=reason, correlation=nan, low=nan, high=nan, covariance=nan, variance_y=nan,
        variance_x=nan, noise_y=nan, noise_x=nan, lags_ns=lags, contrast=np.full(lags.size, nan), lead_ns=None,
        n_y=y.times.size, n_x=x.times.size, span_ns=0, need=need, step=0, method=METHOD,
    )  # fmt: skip
