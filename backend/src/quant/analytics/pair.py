"""One call for everything a pair shows at its last closed bar."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.cointegration import engle_granger_both
from quant.analytics.correlation import correlation_of_returns
from quant.analytics.half_life import half_life, no_half_life
from quant.analytics.hedge import hedge_method
from quant.analytics.hedge.kalman import kalman
from quant.analytics.inputs import checked_window, legs, logs
from quant.analytics.results import (
    CointegrationTest,
    HalfLife,
    HedgeFit,
    HedgeStep,
    PairAnalysis,
    PairCointegration,
    PairSeries,
    Signal,
    Status,
    UnitRootTest,
)
from quant.analytics.spread import spread_of, zscore_of
from quant.domain import FloatArray, HedgeMethod, Scale
from quant.errors import InvalidParameter

MIN_WINDOW = 10
THRESHOLD = 2.0  # |z| beyond which there is a signal
SIGNIFICANCE = 0.05  # pair p-value from which on there is none
TEST_NOTE = "the cointegration and unit-root tests are on the residuals of ordinary least squares"
RESIDUAL_NULL = "the residuals of y on x have a unit root"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a pair's numbers are worth, all in all."""

    status: Status
    reason: str


def analyse_pair(
    y: ArrayLike,
    x: ArrayLike,
    *,
    window: int,
    method: HedgeMethod | str = HedgeMethod.OLS,
    scale: Scale | str = Scale.LEVEL,
    series_from: int = 0,
) -> PairAnalysis:
    """Return what a pair shows at its last row t, from aligned closes with NaN where a bar is masked.

    The fit, the tests and the half-life rest on the `window` bars that end at t-1, the correlation on the
    `window` returns that end at t, `next_fit` on the bars that end at t. Kalman's fit is the filter's state after
    all bars up to t-1, with the noise of the first `window`. Rolling values are given from row `series_from` on.
    Needs `window` + 1 rows; with fewer the status is `too_short` and nothing is computed. Raises
    InvalidParameter, also for a window under 10.
    """
    window, scale = checked_window(window, least=MIN_WINDOW), _scale(scale)
    method = HedgeMethod.parse(method)
    estimate = hedge_method(method)
    prices_y, prices_x = legs(y, x)
    left, right = (prices_y, prices_x) if scale is Scale.LEVEL else (logs(prices_y), logs(prices_x))
    prices = prices_y, prices_x
    series, next_fit = _rolling((left, right), prices, window=window, method=method, first=series_from)
    enough = left.size > window
    formation = slice(-window - 1, -1) if enough else slice(0, 0)
    old_y, old_x = left[formation], right[formation]
    if method is HedgeMethod.KALMAN and enough:
        fit = kalman(left[:-1], right[:-1], formation=window)
    else:
        fit = estimate(old_y, old_x)
    cointegration = engle_granger_both(old_y, old_x)
    verdict = verdict_of(fit, cointegration, have=left.size, need=window + 1, now=left[-1:] + right[-1:])
    reversion = half_life_of_residuals(old_y, old_x, fit, cointegration)
    if not enough:
        fit = replace(fit, reason=verdict.reason, need=window + 1)
        cointegration = replace(cointegration, reason=verdict.reason, need=window + 1)
    z, now = (series.zscore[-1], series.spread[-1]) if enough else (math.nan, math.nan)
    signal, signal_reason = _signal(float(z), verdict, cointegration)
    return PairAnalysis(
        status=verdict.status, reason=verdict.reason, have=left.size, need=window + 1,
        method=fit.method, scale=scale, window=window,
        fit=fit, mean=fit.alpha, sd=_sd(fit, series) if enough else math.nan, spread=float(now), zscore=float(z),
        signal=signal, signal_reason=signal_reason,
        correlation=float(series.correlation[-1]) if enough else math.nan,
        adf=residual_test(cointegration.y_on_x), cointegration=cointegration, half_life=reversion,
        next_fit=next_fit, series=series, test_note="" if method is HedgeMethod.OLS else TEST_NOTE,
    )  # fmt: skip


def _sd(fit: HedgeFit, series: PairSeries) -> float:
    """Return the sd that z is measured in: the window's, but √S of the bar itself for Kalman."""
    return float(series.sd[-1]) if fit.method is HedgeMethod.KALMAN else fit.sd


def half_life_of_residuals(
    y: FloatArray, x: FloatArray, fit: HedgeFit, cointegration: PairCointegration
) -> HalfLife:
    """Return the half-life of `y - alpha - beta x` along a fit of these same bars, as their test is."""
    if not fit.status.usable:
        return no_half_life(fit.status, fit.reason, n=y.size)
    if cointegration.status is Status.STALE:
        return no_half_life(cointegration.status, cointegration.reason, n=y.size)
    # Taken about the first bar: a half-life does not depend on the level, and the digits do.
    return half_life((y - y[0]) - fit.beta * (x - x[0]), estimated=True)


def _scale(scale: Scale | str) -> Scale:
    try:
        return Scale(scale)
    except ValueError:
        raise InvalidParameter("scale", f"{scale!r} is not one of level, log") from None


def _rolling(
    scaled: tuple[FloatArray, FloatArray],
    prices: tuple[FloatArray, FloatArray],
    *,
    window: int,
    method: HedgeMethod,
    first: int,
) -> tuple[PairSeries, HedgeStep]:
    """Return the rolling rows from `first` on, computed from no more bars than they need."""
    if isinstance(first, bool) or first < 0:
        raise InvalidParameter("series_from", f"must be a row from 0 on, got {first!r}")
    first = min(first, max(prices[0].size - 1, 0))
    # a filter's row rests on all bars before it, any other on its window's alone
    begin = 0 if method is HedgeMethod.KALMAN else max(first - window, 0)
    path = hedge_method(method)(scaled[0][begin:], scaled[1][begin:], window=window)
    correlation = correlation_of_returns(*prices, window, begin)
    columns = (path.alpha, path.beta, path.sd, spread_of(path), zscore_of(path), correlation)
    return PairSeries(first, *(column[first - begin :] for column in columns)), path.next_fit


def verdict_of(
    fit: HedgeFit, cointegration: PairCointegration, *, have: int, need: int, now: FloatArray
) -> Verdict:
    """Return the pair's status: of its fit, unless bars lack, `now` (the legs' last bar) does, or a leg is stale."""
    if have < need:
        return Verdict(Status.TOO_SHORT, f"needs {need} closed bars, there are {have}")
    if fit.status.usable and not np.isfinite(now).all():
        return Verdict(Status.MISSING, "the last closed bar is missing")
    if fit.status.usable and cointegration.status is Status.STALE:
        return Verdict(Status.STALE, cointegration.reason)
    return Verdict(fit.status, fit.reason)


def _signal(z: float, verdict: Verdict, cointegration: PairCointegration) -> tuple[Signal, str]:
    """Return what z says, and nothing where the legs are not shown to belong together."""
    if math.isnan(z):
        return Signal.NONE, verdict.reason or "there is no z-score"
    if not cointegration.status.usable:
        return Signal.NONE, f"cointegration is not known: {cointegration.reason}"
    p = cointegration.p_value
    if p >= SIGNIFICANCE:
        return Signal.NONE, f"not cointegrated at {SIGNIFICANCE:.0%} (p = {p:.2f})".replace("%", " %")
    said = f"z = {z:+.2f}, cointegrated at {SIGNIFICANCE:.0%} (p = {p:.2g})".replace("%", " %")
    if z > THRESHOLD:
        return Signal.SELL, said
    return (Signal.BUY if z < -THRESHOLD else Signal.NEUTRAL), said


def residual_test(test: CointegrationTest) -> UnitRootTest:
    """Return the y-on-x test in the words of a unit-root test: the same regression, the same tables."""
    return UnitRootTest(
        status=test.status, reason=test.reason, statistic=test.statistic, p_value=test.p_value,
        lags=test.lags, n=max(test.n - test.lags - 1, 0), need=test.need,
        critical_values=test.critical_values,
        null=RESIDUAL_NULL, regression="n", autolag=test.autolag, max_lag=test.max_lag, series_in_test=2,
    )  # fmt: skip
