"""The hedge ratio by ordinary least squares."""

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.covariance import standard_errors
from quant.analytics.inputs import checked_window, legs
from quant.analytics.regression import DUPLICATE, FLAT, MIN_BARS, MISSING, NEAR, fit_line
from quant.analytics.results import HedgeFit, HedgePath, HedgeStep, Status
from quant.analytics.rolling import regress_windows
from quant.domain import FloatArray, HedgeMethod

_NORMAL = 1.959963984540054

_WORDS = {
    MISSING: (Status.MISSING, "a bar of the window is missing"),
    FLAT: (Status.ZERO_VARIANCE, "a leg does not move"),
    DUPLICATE: (Status.DUPLICATE, "the legs are one series up to scale and shift"),
    NEAR: (Status.NEAR_PERFECT, "1 - R² is under 1.5e-6: the residuals are near rounding"),
}


@overload
def ols(y: ArrayLike, x: ArrayLike, *, window: None = None) -> HedgeFit: ...
@overload
def ols(y: ArrayLike, x: ArrayLike, *, window: int) -> HedgePath: ...
def ols(y: ArrayLike, x: ArrayLike, *, window: int | None = None) -> HedgeFit | HedgePath:
    """Return the least-squares line of y on x: one fit over all bars, or a path of rolling fits.

    One fit needs 3 bars, and 10 for standard errors; its status tells what stood in the way. A path has NaN
    rows instead. Raises InvalidParameter for legs of different length or a window under 3.
    """
    left, right = legs(y, x)
    if window is None:
        return _fit(left, right)
    window = checked_window(window, least=MIN_BARS)
    alpha, beta, sd, residual = regress_windows(left, right, window)
    step = HedgeStep(float(alpha[-1]), float(beta[-1]), float(sd[-1]))
    return HedgePath(HedgeMethod.OLS, window, alpha[:-1], beta[:-1], sd[:-1], residual[:-1], step)


def _fit(y: FloatArray, x: FloatArray) -> HedgeFit:
    n = y.size
    if n < MIN_BARS:
        return no_fit(Status.TOO_SHORT, f"a line needs {MIN_BARS} bars, there are {n}", n=n, need=MIN_BARS)
    dx, residuals = np.empty(n), np.empty(n)
    code, alpha, beta, ssr, _, syy = fit_line(y, x, dx, residuals)
    status, reason = _WORDS.get(code, (Status.OK, ""))
    if code in (MISSING, FLAT):
        return no_fit(status, reason, n=n, need=MIN_BARS)
    alpha_se = beta_se = math.nan
    if code != DUPLICATE:
        alpha_se, beta_se = standard_errors(dx, residuals, float(x[0] - dx[0]))
    return HedgeFit(
        method=HedgeMethod.OLS, status=status, reason=reason, alpha=alpha, beta=beta, alpha_se=alpha_se,
        beta_se=beta_se, beta_low=beta - _NORMAL * beta_se, beta_high=beta + _NORMAL * beta_se,
        sd=math.sqrt(ssr / (n - 1)), r_squared=1.0 - ssr / syy, n=n, need=MIN_BARS,
    )  # fmt: skip


def no_fit(status: Status, reason: str, *, n: int, need: int) -> HedgeFit:
    """Return a fit without numbers, for the reason given."""
    nan = math.nan
    return HedgeFit(HedgeMethod.OLS, status, reason, nan, nan, nan, nan, nan, nan, nan, nan, n, need)
