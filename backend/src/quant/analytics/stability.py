"""Did the relation hold through the window, or did its line move half way?"""

import math
import sys
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import legs
from quant.analytics.near_unit_root import LAW_OF_RESIDUALS, MEDIAN, Persistence, distance, persistence
from quant.analytics.regression import DUPLICATE, FLAT, MISSING, fit_line
from quant.analytics.results import Status
from quant.analytics.series_results import StabilityTest
from quant.domain import FloatArray

MIN_BARS = 60
NULL = "the line is the same in both halves of the window"
METHOD = "Chow test at the middle by generalised least squares, AR(1) errors with median-unbiased persistence"
_LEAST_NORM = 1e-10  # a column with a smaller share of its own is a combination of the others
_WORDS = {
    MISSING: (Status.MISSING, "a bar of the window is missing"),
    FLAT: (Status.ZERO_VARIANCE, "a leg does not move in one half of the window"),
    DUPLICATE: (Status.DUPLICATE, "the legs are one series up to scale and shift in one half of the window"),
}


def stability(y: ArrayLike, x: ArrayLike) -> StabilityTest:
    """Return the test that `y = alpha + beta x` has one line in the first and second half of the window.

    Both halves' lines are fitted, the persistence of what they leave is taken out of legs and constants, and the
    lines' difference in alpha and beta is put to an F-test. Meant for a pair that is cointegrated: where the
    residuals look like a walk there is no line to be stable, and the status says so. Needs 60 bars. Raises
    InvalidParameter.
    """
    left, right = legs(y, x)
    n = left.size
    critical = {level: _f_quantile(share, n) for level, share in (("1%", 0.01), ("5%", 0.05), ("10%", 0.10))}
    blank = StabilityTest(
        status=Status.OK, reason="", statistic=math.nan, p_value=math.nan, beta_first=math.nan,
        beta_second=math.nan, level_change=math.nan, n=n, need=MIN_BARS, critical_values=critical, null=NULL,
        method=METHOD,
    )  # fmt: skip
    if n < MIN_BARS:
        reason = f"a stability test needs {MIN_BARS} bars, there are {n}"
        return replace(blank, status=Status.TOO_SHORT, reason=reason)
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        status, reason = _WORDS[MISSING]
        return replace(blank, status=status, reason=reason)
    # About the middle of both legs: differences of prices keep their digits.
    left, right = left - left[n // 2], right - right[n // 2]
    rest = np.empty(n)
    lines: list[tuple[float, float]] = []
    for half in (slice(0, n // 2), slice(n // 2, n)):
        code, alpha, beta, *_ = fit_line(left[half], right[half], np.empty(right[half].size), rest[half])
        if code in _WORDS:
            status, reason = _WORDS[code]
            return replace(blank, status=status, reason=reason)
        lines.append((alpha, beta))
    (alpha_1, beta_1), (alpha_2, beta_2) = lines
    found = persistence(rest)
    # Two lines take as much persistence out of their residuals as one line does from half as many bars.
    as_half = Persistence(found.rho, found.error * math.sqrt(2.0), n // 2)
    if math.isnan(found.rho) or not found.error > 1e-10:
        return replace(blank, status=Status.SINGULAR, reason="past values reproduce the residuals exactly")
    away = distance(as_half, LAW_OF_RESIDUALS, MEDIAN)
    if away == 0.0:
        reason = "the residuals look like a walk, so there is no line to be stable"
        return replace(blank, status=Status.NOT_REVERTING, reason=reason)
    rho = max(found.rho, -0.99) if math.isinf(away) else math.exp(-away / as_half.n)
    statistic = _contrast(left, right, rho)
    if not math.isfinite(statistic):
        return replace(blank, status=Status.SINGULAR, reason="the halves do not tell slope from level")
    return replace(
        blank, statistic=statistic, p_value=_f_tail(statistic, n), beta_first=beta_1, beta_second=beta_2,
        level_change=alpha_2 - alpha_1 + (beta_2 - beta_1) * float(right.mean()),
    )  # fmt: skip


def _contrast(y: FloatArray, x: FloatArray, rho: float) -> float:
    """Return the F-statistic of separate lines against one, after taking `rho` out of every column."""
    n = y.size
    later = (np.arange(n) >= n // 2).astype(np.float64)
    columns = np.column_stack([np.ones(n), x, later, later * x, y])
    whitened = columns[1:] - rho * columns[:-1]
    first = columns[:1] * math.sqrt(1.0 - rho * rho)  # the first bar counts as a draw of the stationary law
    whitened = np.vstack([first, whitened])
    size = np.linalg.norm(whitened, axis=0)
    if not (size > 0.0).all():
        return math.nan
    triangle = np.asarray(np.linalg.qr(whitened / size, mode="r"), dtype=np.float64)
    if (np.abs(np.diag(triangle)[:4]) < _LEAST_NORM).any():
        return math.nan
    explained, rest = float(np.sum(triangle[2:4, 4] ** 2)), float(triangle[4, 4] ** 2)
    return explained / 2.0 / (rest / (n - 4)) if rest > _LEAST_NORM**2 else math.nan


def _f_tail(statistic: float, n: int) -> float:
    """Return the upper tail of F with 2 and n - 4 degrees of freedom, never 0."""
    return max(math.exp(-0.5 * (n - 4) * math.log1p(2.0 * statistic / (n - 4))), sys.float_info.min)


def _f_quantile(share: float, n: int) -> float:
    """Return where that tail is `share`, NaN without degrees of freedom."""
    free = n - 4
    return 0.5 * free * math.expm1(-2.0 * math.log(share) / free) if free > 0 else math.nan
