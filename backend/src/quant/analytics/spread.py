"""The spread between the legs and how unusual it is now."""

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge import hedge_method
from quant.analytics.inputs import legs
from quant.analytics.results import HedgePath
from quant.domain import FloatArray, HedgeMethod


def spread(
    y: ArrayLike, x: ArrayLike, *, window: int | None = None, method: HedgeMethod | str = HedgeMethod.OLS
) -> FloatArray:
    """Return `y_t - beta x_t` in the units of y, NaN where it has no value.

    Without a window beta is one fit over all bars; with one, row t uses the fit on the `window` bars that end
    at t-1. Raises InvalidParameter. With a moving beta a change of the spread is not profit or loss.
    """
    left, right = legs(y, x)
    estimate = hedge_method(method)
    if window is None:
        return left - estimate(left, right).beta * right
    return spread_of(estimate(left, right, window=window))


def zscore(
    y: ArrayLike, x: ArrayLike, *, window: int, method: HedgeMethod | str = HedgeMethod.OLS
) -> FloatArray:
    """Return `(y_t - alpha - beta x_t) / sd`, with line and sd (ddof=1) of the `window` bars that end at t-1.

    NaN before warm-up, where a bar is missing or a leg constant, and where the window's residuals are zero.
    Raises InvalidParameter.
    """
    left, right = legs(y, x)
    return zscore_of(hedge_method(method)(left, right, window=window))


def spread_of(path: HedgePath) -> FloatArray:
    """Return the spread along a path: its residual plus alpha, which is `y - beta x`."""
    return path.residual + path.alpha


def zscore_of(path: HedgePath) -> FloatArray:
    """Return the z-score along a path, NaN where the window's residuals are zero."""
    scores = np.full(path.sd.size, np.nan)
    np.divide(path.residual, path.sd, out=scores, where=path.sd > 0)
    return scores
