"""The augmented Dickey-Fuller test of a unit root."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics import mackinnon
from quant.analytics.dickey_fuller import Regression, regress
from quant.analytics.inputs import series as checked_series
from quant.analytics.regression import centred, is_flat, is_zero_residual
from quant.analytics.results import Status, UnitRootTest
from quant.analytics.staleness import stale_series
from quant.domain import FloatArray
from quant.errors import InvalidParameter

Trend = Literal["n", "c", "ct"]
AutoLag = Literal["aic", "bic"]

MIN_BARS = 30
NULL = "the series has a unit root"


def adf(
    series: ArrayLike, *, regression: Trend = "c", max_lag: int | None = None, autolag: AutoLag | None = "aic"
) -> UnitRootTest:
    """Return the augmented Dickey-Fuller test of a given series, with MacKinnon's N = 1 tables.

    `regression` has no deterministic term ("n"), a constant ("c") or a constant and a trend ("ct"). The lag
    minimises AIC or BIC up to `max_lag`, by default ⌈12 (n/100)^¼⌉ but no more than half the sample allows;
    `autolag=None` uses `max_lag` itself. Needs 30 bars; status `stale` where the series hardly moves, or but once.
    Raises InvalidParameter.
    """
    level = checked_series(series, "series")
    test = unit_root_test(
        level, regression=regression, tables=regression, series_in_test=1, max_lag=max_lag, autolag=autolag
    )
    if not (test.status.usable or test.status is Status.SINGULAR):
        return test
    status, reason = stale_series(level)
    if status is Status.OK:
        return test
    return replace(test, status=status, reason=reason, statistic=math.nan, p_value=math.nan, lags=0)


def unit_root_test(
    level: FloatArray, *, regression: str, tables: str, series_in_test: int, max_lag: int | None,
    autolag: str | None,
) -> UnitRootTest:  # fmt: skip
    """Return the test for a checked series; `tables` is the trend of the whole procedure."""
    if regression not in ("n", "c", "ct"):
        raise InvalidParameter("regression", f"{regression!r} is not one of n, c, ct")
    lags, penalty = lag_rule(level.size, regression, max_lag, autolag)
    deviations = np.empty(level.size)
    status, reason, largest = _obstacle(level, deviations)
    statistic, p, chosen, n = math.nan, math.nan, 0, level.size
    if status is Status.OK:
        fixed, rest = _deterministic(level, deviations, regression)
        if is_zero_residual(float(rest @ rest), level.size, largest):
            found = Regression(math.nan, math.nan, 0, level.size)  # a straight line and the rounding of it
        else:
            found = regress(rest, fixed, max_lag=lags, penalty=penalty)
        statistic, chosen, n = found.statistic, found.lags, found.n
        critical = mackinnon.critical_values(trend=tables, n_series=series_in_test, n=n)
        p = mackinnon.p_value(statistic, trend=tables, n_series=series_in_test)
        if math.isnan(statistic):
            status, reason = Status.SINGULAR, "its own past reproduces the series exactly"
    else:
        critical = mackinnon.critical_values(trend=tables, n_series=series_in_test, n=max(n - 1, 1))
    return UnitRootTest(
        status=status, reason=reason, statistic=statistic, p_value=p, lags=chosen, n=n, need=MIN_BARS,
        critical_values=critical, null=NULL, regression=regression, autolag=autolag or "none", max_lag=lags,
        series_in_test=series_in_test,
    )  # fmt: skip


def lag_rule(n: int, regression: str, max_lag: int | None, autolag: str | None) -> tuple[int, float]:
    """Return the longest lag and the criterion's price of a parameter, negative for a fixed lag."""
    most = max(n // 2 - len(regression.replace("n", "")) - 1, 0)
    if max_lag is None:
        lags = min(most, math.ceil(12.0 * (n / 100.0) ** 0.25))
    elif isinstance(max_lag, bool) or not isinstance(max_lag, int | np.integer) or max_lag < 0:
        raise InvalidParameter("max_lag", f"must be a whole number from 0 on, got {max_lag!r}")
    elif max_lag > most and n >= MIN_BARS:
        raise InvalidParameter("max_lag", f"{max_lag} is too long for {n} bars, at most {most}")
    else:
        lags = int(max_lag)
    match autolag:
        case "aic":
            return lags, 2.0
        case "bic":
            return lags, math.log(max(n - lags - 1, 1))
        case None:
            return lags, -1.0
        case _:
            raise InvalidParameter("autolag", f"{autolag!r} is not one of aic, bic, None")


def _obstacle(level: FloatArray, deviations: FloatArray) -> tuple[Status, str, float]:
    """Fill `deviations` from the mean; return what stands in the way of a test, and the largest size."""
    n = level.size
    if n < MIN_BARS:
        return Status.TOO_SHORT, f"a unit-root test needs {MIN_BARS} bars, there are {n}", 0.0
    _, square, largest = centred(level, deviations)
    if not math.isfinite(square):
        return Status.MISSING, "a bar of the series is missing", largest
    if is_flat(square, n, largest):
        return Status.ZERO_VARIANCE, "the series does not move", largest
    return Status.OK, "", largest


def _deterministic(
    level: FloatArray, deviations: FloatArray, regression: str
) -> tuple[FloatArray, FloatArray]:
    """Return the deterministic rows and the series freed of them: the same t-ratio with more digits."""
    n = level.size
    if regression == "n":
        return np.empty((0, n)), level
    if regression == "c":
        return np.ones((1, n)), deviations
    clock = (np.arange(n) - (n - 1) / 2) / n
    return np.vstack([np.ones(n), clock]), deviations - clock * float(clock @ deviations / (clock @ clock))
