"""The half-life of a deviation, with the interval that its small samples deserve."""

import math

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import series as checked_series
from quant.analytics.near_unit_root import (
    HIGH,
    LAW_OF_RESIDUALS,
    LAW_OF_SERIES,
    LOW,
    Persistence,
    distance,
    persistence,
)
from quant.analytics.regression import is_flat
from quant.analytics.results import HalfLife, Status
from quant.domain import FloatArray

MIN_BARS = 10
_NOISY = -1.0  # times the standard error of an autocorrelation: below it, innovations may tell of white noise
_LEAST_SIGNAL = 0.02  # of the innovations' variance: noise is never taken to be more than the rest


def half_life(series: ArrayLike, *, estimated: bool = False) -> HalfLife:
    """Return `-ln 2 / ln(1 + phi)` in bars, from `Δs_t = c + phi s_{t-1} + e_t`, with a 95 % interval.

    The interval inverts the test of each phi; its upper end is infinite where a unit root is not rejected. Trades at
    bid or ask and prices in ticks put white noise on a spread, which makes it seem to revert faster: where the
    innovations tell of it, the upper end is that of what lies beneath (Hall 1989).
    With `estimated` the series is that of a pair regression's residuals, which revert faster than the spread.
    The number itself is biased: a pure walk of 120 bars shows a median of 20. Needs 10 bars.
    """
    level = checked_series(series, "series")
    n = level.size
    if n < MIN_BARS:
        return no_half_life(Status.TOO_SHORT, f"a half-life needs {MIN_BARS} bars, there are {n}", n=n)
    if not np.isfinite(level).all():
        return no_half_life(Status.MISSING, "a bar of the series is missing", n=n)
    if is_flat(float(np.var(level)) * n, n, float(np.abs(level).max())):
        return no_half_life(Status.ZERO_VARIANCE, "the series does not move", n=n)
    return _half_life(level, LAW_OF_RESIDUALS if estimated else LAW_OF_SERIES)


def _half_life(level: FloatArray, law: FloatArray) -> HalfLife:
    n = level.size
    found = persistence(level)
    phi = found.rho - 1.0
    if math.isnan(found.rho) or not found.error > 1e-10:
        return no_half_life(Status.SINGULAR, "its own past reproduces the series exactly", n=n)
    low, high = _bars(found, law, HIGH), _bars(found, law, LOW)
    beneath = _beneath_noise(level, found.rho)
    if beneath is not None:
        high = max(high, _bars(beneath, law, LOW))
    status, reason, bars = Status.OK, "", math.nan
    if phi >= 0.0:
        status, reason = Status.NOT_REVERTING, f"phi = {phi:.3g} is not negative"
    elif phi <= -1.0:
        status, reason = Status.OSCILLATING, f"phi = {phi:.3g} is under -1: the series overshoots every bar"
        low = high = math.nan
    else:
        bars = -math.log(2.0) / math.log1p(phi)
    return HalfLife(status, reason, bars, low, high, phi, phi / found.error, n, MIN_BARS)


def _beneath_noise(level: FloatArray, rho: float) -> Persistence | None:
    """Return the persistence of an AR(1) under white noise, None where the innovations at `rho` tell of no noise.

    The bar before is the instrument: its t-ratio has the law of the one without noise. As in `hedge.covariance`, but
    for a milder threshold, since the interval can only become wider.
    """
    n, u = level.size, level / np.abs(level).max()
    u = u - u.mean()
    square, product = _lagged(u[1:] - rho * u[:-1])
    one, two = float(u[1:] @ u[:-1]), float(u[2:] @ u[:-2])
    if not (rho > 0.0 and one > 0.0 and two > 0.0 and product < _NOISY / math.sqrt(n) * square):
        return None
    rho = two / one
    at = min(rho, 1.0)
    innovations = u[1:] - at * u[:-1]
    square, product = _lagged(innovations - innovations.mean())
    both = 1.0 + at * at
    noise = min(max(-product / at, 0.0), (1.0 - _LEAST_SIGNAL) * square / both)
    return Persistence(rho, math.sqrt((square - noise * both) * at / (n * one)), n)


def _lagged(values: FloatArray) -> tuple[float, float]:
    """Return the sums of products at lags 0 and 1."""
    return float(values @ values), float(values[1:] @ values[:-1])


def _bars(found: Persistence, law: FloatArray, row: int) -> float:
    away = distance(found, law, row)
    return math.inf if away == 0.0 else found.n * math.log(2.0) / away


def no_half_life(status: Status, reason: str, *, n: int) -> HalfLife:
    """Return a half-life without numbers, for the reason given."""
    nan = math.nan
    return HalfLife(status, reason, nan, nan, nan, nan, nan, n, MIN_BARS)
