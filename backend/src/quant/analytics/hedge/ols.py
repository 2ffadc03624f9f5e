"""The hedge ratio by ordinary least squares."""

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.covariance import standard_errors
from quant.analytics.hedge.outcome import fit_from, no_fit, too_short
from quant.analytics.inputs import checked_window, legs
from quant.analytics.regression import DUPLICATE, FLAT, MIN_BARS, MISSING, fit_line
from quant.analytics.results import HedgeFit, HedgePath, HedgeStep
from quant.analytics.rolling import regress_windows
from quant.domain import FloatArray, HedgeMethod


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
        return too_short(HedgeMethod.OLS, n=n, need=MIN_BARS)
    dx, residuals = np.empty(n), np.empty(n)
    code, alpha, beta, ssr, _, syy = fit_line(y, x, dx, residuals)
    if code in (MISSING, FLAT):
        return no_fit(HedgeMethod.OLS, code, n=n, need=MIN_BARS)
    errors = math.nan, math.nan
    if code != DUPLICATE:
        errors = standard_errors(dx, residuals, float(x[0] - dx[0]))
    return fit_from(
        HedgeMethod.OLS, code, line=(alpha, beta), errors=errors,
        sd=math.sqrt(ssr / (n - 1)), r_squared=1.0 - ssr / syy, n=n, need=MIN_BARS,
    )  # fmt: skip
