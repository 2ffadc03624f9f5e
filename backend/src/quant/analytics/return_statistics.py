"""What the log returns of one series are like: moments, extremes, drawdown, Sharpe ratio."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.correlation import log_returns
from quant.analytics.inputs import series as checked_series
from quant.analytics.regression import is_flat
from quant.analytics.results import Status
from quant.analytics.series_results import ReturnStatistics
from quant.analytics.volatility import checked_bars_per_year
from quant.domain import FloatArray

MIN_RETURNS = 10
_NORMAL = 1.959963984540054


def return_statistics(prices: ArrayLike, *, bars_per_year: float | None = None) -> ReturnStatistics:
    """Return statistics of the log returns of `prices`; what is annual needs `bars_per_year`.

    A market that never closes has 31,536,000 seconds a year, so 525,600 bars of a minute. The interval of the
    Sharpe ratio allows for skewness and fat tails (Mertens 2002), not for serial correlation, which
    `autocorrelation` shows. Needs 11 prices. Raises InvalidParameter.
    """
    values = checked_series(prices, "prices")
    year = math.nan if bars_per_year is None else checked_bars_per_year(bars_per_year)
    n = max(values.size - 1, 0)
    if n < MIN_RETURNS:
        return _without(Status.TOO_SHORT, f"needs {MIN_RETURNS + 1} prices, there are {values.size}", n, year)
    returns = log_returns(values)[1:]
    if not np.isfinite(returns).all():
        return _without(Status.MISSING, "a price is missing or not positive", n, year)
    deviations = returns - returns.mean()
    square = float(deviations @ deviations)
    if is_flat(square, n, 1.0):
        return _without(
            Status.ZERO_VARIANCE, "the price does not move, or by the same share each bar", n, year
        )
    return _measured(returns, deviations, square, year)


def _measured(returns: FloatArray, deviations: FloatArray, square: float, year: float) -> ReturnStatistics:
    n = returns.size
    mean, sd = float(returns.mean()), math.sqrt(square / (n - 1))
    scaled = deviations / math.sqrt(square / n)
    third, fourth = float((scaled**3).mean()), float((scaled**4).mean())
    path = np.append(0.0, returns.cumsum())
    ratio = mean / sd
    error = math.sqrt(max(1.0 - third * ratio + (fourth - 1.0) / 4.0 * ratio**2, 0.0) / n)
    root = math.sqrt(year)
    return ReturnStatistics(
        status=Status.OK, reason="", n=n, need=MIN_RETURNS + 1, mean=mean, sd=sd,
        least=float(returns.min()), most=float(returns.max()),
        skewness=skewness(third, n), excess_kurtosis=excess_kurtosis(fourth, n),
        autocorrelation=float(deviations[1:] @ deviations[:-1]) / square,
        drawdown=-math.expm1(float((path - np.maximum.accumulate(path)).min())),
        bars_per_year=year, annual_return=mean * year, annual_volatility=sd * root, sharpe=ratio * root,
        sharpe_low=(ratio - _NORMAL * error) * root, sharpe_high=(ratio + _NORMAL * error) * root,
    )  # fmt: skip


def skewness(third: float, n: int) -> float:
    """Return the skewness of n values whose mean cubed score (ddof=0) is `third`, with the small-sample correction."""
    return third * math.sqrt(n * (n - 1.0)) / (n - 2.0)


def excess_kurtosis(fourth: float, n: int) -> float:
    """Return the excess kurtosis of n values whose mean fourth power of scores is `fourth`, likewise corrected."""
    return ((n + 1.0) * (fourth - 3.0) + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0))


def _without(status: Status, reason: str, n: int, year: float) -> ReturnStatistics:
    nan = math.nan
    nothing = ReturnStatistics(status, reason, n, MIN_RETURNS + 1, *(nan,) * 14)
    return replace(nothing, bars_per_year=year)
