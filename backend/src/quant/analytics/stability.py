"""Did the relation hold through the window, or did its line move half way?"""

import math

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.covariance import standard_errors
from quant.analytics.inputs import legs
from quant.analytics.regression import DUPLICATE, FLAT, MISSING, fit_line
from quant.analytics.results import Status
from quant.analytics.series_results import StabilityTest
from quant.analytics.variance_ratio import two_sided
from quant.domain import FloatArray

MIN_BARS = 60
NULL = "the line is the same in both halves of the window"
METHOD = "contrast of the halves' slopes and levels, AR(1) standard errors, the smaller p doubled"
# Two-sided normal points for two contrasts: Φ⁻¹(1 - level / 4).
_CRITICAL = {"1%": 2.807033768343811, "5%": 2.241402727604947, "10%": 1.959963984540054}
_WORDS = {
    MISSING: (Status.MISSING, "a bar of the window is missing"),
    FLAT: (Status.ZERO_VARIANCE, "a leg does not move in one half of the window"),
    DUPLICATE: (Status.DUPLICATE, "the legs are one series up to scale and shift in one half of the window"),
}


def stability(y: ArrayLike, x: ArrayLike) -> StabilityTest:
    """Return the test that `y = alpha + beta x` has one line in the first and second half of the window.

    Slopes are compared, and the lines' heights at the mean of x, each by its difference over its standard error
    that allows for serially correlated residuals. Meant for a pair that is cointegrated: where the residuals are
    a walk there is no line to be stable. Needs 60 bars. Raises InvalidParameter.
    """
    left, right = legs(y, x)
    n = left.size
    if n < MIN_BARS:
        return _without(Status.TOO_SHORT, f"a stability test needs {MIN_BARS} bars, there are {n}", n)
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return _without(*_WORDS[MISSING], n)
    # About the middle of both legs: heights there are compared, and differences of prices keep their digits.
    left, right = left - left[n // 2], right - right[n // 2]
    centre = float(right.mean())
    halves = []
    for part in (slice(0, n // 2), slice(n // 2, n)):
        code, half = _line(left[part], right[part], centre)
        if code in _WORDS:
            return _without(*_WORDS[code], n)
        halves.append(half)
    (slope_1, slope_se_1, level_1, level_se_1), (slope_2, slope_se_2, level_2, level_se_2) = halves
    slope_error, level_error = math.hypot(slope_se_1, slope_se_2), math.hypot(level_se_1, level_se_2)
    if not (slope_error > 0.0 and level_error > 0.0):  # NaN too
        return _without(Status.SINGULAR, "past values reproduce the residuals of one half exactly", n)
    of_slope, of_level = (slope_2 - slope_1) / slope_error, (level_2 - level_1) / level_error
    decisive = of_slope if abs(of_slope) >= abs(of_level) else of_level
    return StabilityTest(
        status=Status.OK, reason="", statistic=decisive, p_value=min(1.0, 2.0 * two_sided(decisive)),
        beta_first=slope_1, beta_second=slope_2, beta_statistic=of_slope,
        level_change=level_2 - level_1, level_statistic=of_level, n=n, need=MIN_BARS,
        critical_values=_CRITICAL, null=NULL, method=METHOD,
    )  # fmt: skip


def _line(y: FloatArray, x: FloatArray, centre: float) -> tuple[int, tuple[float, float, float, float]]:
    """Return the code, and slope, its error, the height at `centre` and its error."""
    dx, residuals = np.empty(y.size), np.empty(y.size)
    code, alpha, beta, *_ = fit_line(y, x, dx, residuals)
    if code in _WORDS:
        return code, (math.nan, math.nan, math.nan, math.nan)
    level_error, slope_error = standard_errors(dx, residuals, float(x.mean()) - centre)
    return code, (beta, slope_error, alpha + beta * centre, level_error)


def _without(status: Status, reason: str, n: int) -> StabilityTest:
    nan = math.nan
    return StabilityTest(
        status=status, reason=reason, statistic=nan, p_value=nan, beta_first=nan, beta_second=nan,
        beta_statistic=nan, level_change=nan, level_statistic=nan, n=n, need=MIN_BARS,
        critical_values=_CRITICAL, null=NULL, method=METHOD,
    )  # fmt: skip
