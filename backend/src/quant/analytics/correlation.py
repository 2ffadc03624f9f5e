"""Rolling correlation of log returns: the correlation of levels is spurious for two walks."""

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import checked_window, legs
from quant.analytics.rolling import correlate_windows
from quant.domain import FloatArray

MIN_WINDOW = 3


def log_returns(prices: FloatArray) -> FloatArray:
    """Return log returns, one a price: NaN in the first row and beside a missing or non-positive price."""
    before, now = prices[:-1], prices[1:]
    returns = np.full(prices.size, np.nan)
    # log1p of the relative step keeps the digits that the difference of two logarithms would lose
    relative = np.divide(now - before, before, out=np.full(now.size, np.nan), where=(before > 0) & (now > 0))
    returns[1:] = np.log1p(relative)
    return returns


def rolling_correlation(y: ArrayLike, x: ArrayLike, *, window: int) -> FloatArray:
    """Return Pearson's correlation of both legs' log returns, one row a price.

    Row t covers the `window` returns that end at t, hence `window` + 1 prices; NaN before that, where one of
    those prices is missing or not positive, and where a leg did not move. Raises InvalidParameter.
    """
    left, right = legs(y, x)
    return correlation_of_returns(left, right, checked_window(window, least=MIN_WINDOW))


def correlation_of_returns(y: FloatArray, x: FloatArray, window: int) -> FloatArray:
    """Return what `rolling_correlation` does, for inputs already checked."""
    if y.size == 0:
        return np.empty(0)
    # A log return carries the rounding of a number near one, however small it is itself.
    return correlate_windows(log_returns(y), log_returns(x), window, 1.0)
