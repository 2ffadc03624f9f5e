"""The Hurst exponent by the local Whittle estimate of the steps' memory (Robinson 1995)."""

import math

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import series as checked_series
from quant.analytics.regression import is_flat
from quant.analytics.results import Status
from quant.analytics.series_results import HurstExponent
from quant.analytics.staleness import stale_series
from quant.analytics.variance_ratio import two_sided
from quant.domain import FloatArray

MIN_BARS = 60
NULL = "the Hurst exponent is 0.5, that of a walk"
METHOD = "local Whittle on the steps, n^0.65 frequencies"
_NORMAL = 1.959963984540054
_POWER = 0.65  # of the number of steps: how many of the lowest frequencies are used
_LEAST_SHARE = 1e-20  # of the spectrum in those frequencies: less is rounding


def hurst(series: ArrayLike) -> HurstExponent:
    """Return the Hurst exponent of a level (a log price or a spread), its 95 % interval and the test of 0.5.

    Above 0.5 the level keeps going, below it turns back; a spread that reverts within a few bars is near 0.
    It is the memory of the steps at the n^0.65 lowest frequencies plus one half; its standard error does not
    depend on the distribution of the steps. Needs 60 values. Raises InvalidParameter.
    """
    level = checked_series(series, "series")
    n = level.size
    steps = np.diff(level)
    status, reason = _obstacle(level, steps)
    value = low = high = z = math.nan
    count, at_edge = 0, False
    if status is Status.OK:
        count = int(steps.size**_POWER)
        spectrum = np.abs(np.fft.rfft(steps - steps.mean())[1:]) ** 2
        if not spectrum[:count].sum() > _LEAST_SHARE * spectrum.sum():
            status, reason = Status.SINGULAR, "the series has no movement at low frequencies"
        else:
            logs = np.log(np.arange(1.0, count + 1.0))
            logs -= logs.mean()
            memory = _memory(spectrum[:count], logs)
            value, at_edge = 0.5 + memory, abs(memory) == 0.5
            # The curvature itself in place of its limit, `count`, which is a fifth too large for short series.
            error = 0.5 / math.sqrt(float(logs @ logs))
            low, high = max(value - _NORMAL * error, 0.0), min(value + _NORMAL * error, 1.0)
            z = memory / error
    return HurstExponent(
        status=status, reason=reason, hurst=value, low=low, high=high, at_edge=at_edge, statistic=z,
        p_value=two_sided(z), frequencies=count, n=n, need=MIN_BARS, null=NULL, method=METHOD,
    )  # fmt: skip


def _obstacle(level: FloatArray, steps: FloatArray) -> tuple[Status, str]:
    if level.size < MIN_BARS:
        return Status.TOO_SHORT, f"a Hurst exponent needs {MIN_BARS} values, there are {level.size}"
    if not np.isfinite(level).all():
        return Status.MISSING, "a value of the series is missing"
    largest = float(np.abs(level).max())
    if is_flat(float(np.var(level)) * level.size, level.size, largest):
        return Status.ZERO_VARIANCE, "the series does not move"
    if is_flat(float(np.var(steps)) * steps.size, steps.size, 2.0 * largest):
        return Status.ZERO_VARIANCE, "the series moves by the same step every time"
    return stale_series(level)


def _memory(spectrum: FloatArray, logs: FloatArray) -> float:
    """Return the d in [-0.5, 0.5] with the least ln(mean λ^2d I) - 2 d mean(ln λ), a convex function of d.

    `logs` are the deviations of ln λ from their mean.
    """

    def slope(d: float) -> float:
        return float(logs @ (np.exp(2.0 * d * logs) * spectrum))

    low, high = -0.5, 0.5
    if slope(low) >= 0.0:
        return low
    if slope(high) <= 0.0:
        return high
    for _ in range(48):  # to 4e-15
        middle = 0.5 * (low + high)
        low, high = (low, middle) if slope(middle) > 0.0 else (middle, high)
    return 0.5 * (low + high)
