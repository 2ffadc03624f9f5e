"""The KPSS test, whose null is the one the Dickey-Fuller test rejects: stationarity."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import series as checked_series
from quant.analytics.regression import is_flat, is_zero_residual
from quant.analytics.results import Status
from quant.analytics.series_results import Bound, KpssTest
from quant.analytics.staleness import stale_series
from quant.domain import FloatArray
from quant.errors import InvalidParameter

MIN_BARS = 30

# Kwiatkowski, Phillips, Schmidt & Shin (1992), Journal of Econometrics 54, table 1.
_LEVELS = {"10%": 0.10, "5%": 0.05, "2.5%": 0.025, "1%": 0.01}
_CRITICAL = {"c": (0.347, 0.463, 0.574, 0.739), "ct": (0.119, 0.146, 0.176, 0.216)}
_NULLS = {
    "c": "the series is stationary around a constant",
    "ct": "the series is stationary around a linear trend",
}


def kpss(series: ArrayLike, *, regression: Literal["c", "ct"] = "c", lags: int | None = None) -> KpssTest:
    """Return the KPSS test of stationarity around a constant ("c") or a linear trend ("ct").

    The long-run variance has Bartlett weights; `lags` is its bandwidth, by default that of Hobijn, Franses &
    Ooms (2004). p is interpolated in the published table and is a bound outside 0.01 to 0.10. Needs 30 bars.
    Raises InvalidParameter.
    """
    level = checked_series(series, "series")
    n = level.size
    if regression not in _CRITICAL:
        raise InvalidParameter("regression", f"{regression!r} is not one of c, ct")
    if lags is not None and (
        isinstance(lags, bool) or not isinstance(lags, int | np.integer) or not 0 <= lags < max(n, MIN_BARS)
    ):
        raise InvalidParameter(
            "lags", f"must be a whole number from 0 to under the number of bars, got {lags!r}"
        )
    critical = dict(zip(_LEVELS, _CRITICAL[regression], strict=True))
    status, reason = _obstacle(level)
    statistic, p, bound, bandwidth = math.nan, math.nan, Bound.EXACT, 0
    if status is Status.OK:
        rest = _residuals(level, regression)
        if is_zero_residual(float(rest @ rest), n, float(np.abs(level).max())):
            status, reason = Status.SINGULAR, "a straight line reproduces the series exactly"
        else:
            bandwidth = _bandwidth(rest) if lags is None else int(lags)
            statistic = float(np.sum(np.cumsum(rest) ** 2)) / (n * n) / _long_run_variance(rest, bandwidth)
            p, bound = _p_value(statistic, _CRITICAL[regression])
    return KpssTest(
        status=status, reason=reason, statistic=statistic, p_value=p, p_bound=bound, lags=bandwidth, n=n,
        need=MIN_BARS, critical_values=critical, null=_NULLS[regression], regression=regression,
    )  # fmt: skip


def _obstacle(level: FloatArray) -> tuple[Status, str]:
    if level.size < MIN_BARS:
        return Status.TOO_SHORT, f"a KPSS test needs {MIN_BARS} bars, there are {level.size}"
    if not np.isfinite(level).all():
        return Status.MISSING, "a bar of the series is missing"
    if is_flat(float(np.var(level)) * level.size, level.size, float(np.abs(level).max())):
        return Status.ZERO_VARIANCE, "the series does not move"
    return stale_series(level)


def _residuals(level: FloatArray, regression: str) -> FloatArray:
    rest: FloatArray = level - level[0]
    rest = rest - rest.mean()
    if regression == "ct":
        clock = np.arange(level.size) - (level.size - 1) / 2
        rest = rest - clock * float(clock @ rest / (clock @ clock))
    return rest


def _bandwidth(rest: FloatArray) -> int:
    """Return the Hobijn, Franses & Ooms bandwidth for Bartlett weights, below the number of bars."""
    n = rest.size
    whole, weighted = float(rest @ rest) / n, 0.0
    for lag in range(1, int(n ** (2.0 / 9.0)) + 1):
        covariance = 2.0 * float(rest[lag:] @ rest[:-lag]) / n
        whole += covariance
        weighted += lag * covariance
    if whole == 0.0:
        return n - 1
    return int(min(1.1447 * ((weighted / whole) ** 2) ** (1.0 / 3.0) * n ** (1.0 / 3.0), n - 1))


def _long_run_variance(rest: FloatArray, bandwidth: int) -> float:
    """Return the Bartlett-weighted sum of autocovariances, which is never negative."""
    total = float(rest @ rest)
    for lag in range(1, bandwidth + 1):
        total += 2.0 * (1.0 - lag / (bandwidth + 1.0)) * float(rest[lag:] @ rest[:-lag])
    return total / rest.size


def _p_value(statistic: float, critical: tuple[float, ...]) -> tuple[float, Bound]:
    levels = list(_LEVELS.values())
    p = float(np.interp(statistic, critical, levels))
    if statistic > critical[-1]:
        return p, Bound.AT_MOST
    return p, Bound.AT_LEAST if statistic < critical[0] else Bound.EXACT
