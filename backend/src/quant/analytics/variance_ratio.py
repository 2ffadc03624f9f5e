"""Lo and MacKinlay's variance ratio: do steps follow each other, or turn back?"""

import math
import sys

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import series as checked_series
from quant.analytics.regression import is_flat
from quant.analytics.results import Status
from quant.analytics.series_results import VarianceRatioTest
from quant.analytics.staleness import stale_series
from quant.domain import FloatArray
from quant.errors import InvalidParameter

MIN_BARS = 30
NULL = "the steps of the series are uncorrelated"
METHOD = "overlapping differences without bias, heteroskedasticity-robust z"
_TWO_SIDED = {"1%": 2.5758293035489004, "5%": 1.959963984540054, "10%": 1.6448536269514722}


def variance_ratio(series: ArrayLike, *, lags: int = 2) -> VarianceRatioTest:
    """Return the variance of `lags`-step differences over `lags` times that of single steps, and its test.

    `series` is a level such as a log price or a spread. The z-statistic allows for changing volatility (Lo &
    MacKinlay 1988); it is normal while `lags` is small beside the sample, so it needs 30 values and four
    times `lags`. p is two-sided, and no smaller than the least normal float. Raises InvalidParameter.
    """
    level = checked_series(series, "series")
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer) or lags < 2:
        raise InvalidParameter("lags", f"must be a whole number from 2 on, got {lags!r}")
    lags = int(lags)
    need = max(MIN_BARS, 4 * lags)
    steps = np.diff(level)
    status, reason = _obstacle(level, steps, need)
    ratio, z = math.nan, math.nan
    if status is Status.OK:
        ratio, z = _ratio(level, steps, lags)
        if math.isnan(z):
            status, reason = (
                Status.SINGULAR,
                "no two steps within the lags move, so there is no error to test by",
            )
    return VarianceRatioTest(
        status=status, reason=reason, ratio=ratio, statistic=z, p_value=two_sided(z), lags=lags, n=level.size,
        need=need, critical_values=_TWO_SIDED, null=NULL, method=METHOD,
    )  # fmt: skip


def two_sided(z: float) -> float:
    """Return the two-sided normal p-value, NaN for NaN and never 0."""
    p = math.erfc(abs(z) / math.sqrt(2.0))
    return p if math.isnan(p) else max(p, sys.float_info.min)


def _obstacle(level: FloatArray, steps: FloatArray, need: int) -> tuple[Status, str]:
    if level.size < need:
        return Status.TOO_SHORT, f"the variance ratio needs {need} values, there are {level.size}"
    if not np.isfinite(level).all():
        return Status.MISSING, "a value of the series is missing"
    largest = float(np.abs(level).max())
    if is_flat(float(np.var(level)) * level.size, level.size, largest):
        return Status.ZERO_VARIANCE, "the series does not move"
    # A step carries the rounding of both its levels.
    if is_flat(float(np.var(steps)) * steps.size, steps.size, 2.0 * largest):
        return Status.ZERO_VARIANCE, "the series moves by the same step every time"
    return stale_series(level)


def _ratio(level: FloatArray, steps: FloatArray, lags: int) -> tuple[float, float]:
    n = steps.size
    drift = float(level[-1] - level[0]) / n
    squares = (steps - drift) ** 2
    whole = float(squares.sum())
    long = level[lags:] - level[:-lags] - lags * drift
    unbiased = lags * (n - lags + 1) * (1.0 - lags / n)
    ratio = float(long @ long) / unbiased / (whole / (n - 1))
    variance = 0.0
    for lag in range(1, lags):
        weight = 2.0 * (1.0 - lag / lags)
        variance += weight * weight * n * float(squares[lag:] @ squares[:-lag]) / whole**2
    if not variance > 0.0:  # lone jumps further apart than `lags`
        return math.nan, math.nan
    return ratio, math.sqrt(n) * (ratio - 1.0) / math.sqrt(variance)
