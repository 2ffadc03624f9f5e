"""Rolling volatility of log returns, from sums about a bar of the window."""

import math

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.correlation import log_returns
from quant.analytics.inputs import checked_window
from quant.analytics.inputs import series as checked_series
from quant.analytics.regression import is_flat
from quant.analytics.rolling import MOST_CANCELLATION, window_sums
from quant.domain import FloatArray
from quant.errors import InvalidParameter
from quant.kernel import jit

MIN_WINDOW = 2


def rolling_volatility(prices: ArrayLike, *, window: int, bars_per_year: float | None = None) -> FloatArray:
    """Return the standard deviation (ddof=1) of the `window` log returns that end at each row.

    It is per bar, or per year of `bars_per_year` bars. NaN for the first `window` rows and where one of the
    prices is missing or not positive; 0 where the price stood still or grew evenly. Raises InvalidParameter.
    """
    values = checked_series(prices, "prices")
    window = checked_window(window, least=MIN_WINDOW)
    scale = 1.0 if bars_per_year is None else math.sqrt(checked_bars_per_year(bars_per_year))
    if values.size == 0:
        return np.empty(0)
    return scale * deviate_windows(log_returns(values), window, 1.0)


def checked_bars_per_year(bars: float) -> float:
    """Return `bars`; raise InvalidParameter when it is not a positive number."""
    if isinstance(bars, bool) or not isinstance(bars, int | float) or not 0.0 < bars < math.inf:
        raise InvalidParameter("bars_per_year", f"must be a positive number, got {bars!r}")
    return float(bars)


@jit
def deviate_windows(values: FloatArray, window: int, floor: float) -> FloatArray:
    """Return the standard deviation (ddof=1) of the `window` rows that end at each row, NaN where there is none.

    Deviations within a few roundings of `floor` count as none.
    """
    n = values.size
    out = np.full(n, np.nan)
    u = np.empty(2 * window)
    sums = np.empty((5, window))
    for start in range(0, n - window + 1, window):
        count = min(window, n - window + 1 - start)
        centre = values[start + window - 1]  # a bar of every window of the block
        for i in range(window + count - 1):
            u[i] = values[start + i] - centre
        window_sums(u, u, window, count, sums)
        for j in range(count):
            mean = sums[0, j] / window
            square = sums[2, j] - sums[0, j] * mean
            if sums[2, j] > MOST_CANCELLATION * square:  # too few digits are left: anew about its own mean
                square = 0.0
                for i in range(j, j + window):
                    square += (u[i] - mean) ** 2
            if is_flat(square, window, max(floor, abs(centre) + math.sqrt(sums[2, j] / window))):
                square = 0.0
            out[start + j + window - 1] = math.sqrt(square / (window - 1))
    return out
