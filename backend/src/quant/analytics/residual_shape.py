"""What the residuals of a line are like: their histogram, their moments, and how they hang on their own past."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.kalman import whiteness
from quant.analytics.inputs import series as checked_series
from quant.analytics.lab_results import ResidualShape
from quant.analytics.regression import is_flat
from quant.analytics.results import Status
from quant.analytics.return_statistics import excess_kurtosis, skewness
from quant.domain import FloatArray

MIN_BARS = 10
MOST_BINS = 60
MOST_LAGS = 40
_NORMAL = 1.959963984540054


def residual_shape(residuals: ArrayLike) -> ResidualShape:
    """Return histogram, moments and autocorrelations of residuals, about their own mean.

    Bins are Freedman and Diaconis' (1981), at most 60. Autocorrelations are those of lags 1 to a quarter of the bars,
    at most 40, each over the whole sum of squares; `band` is where 95 % of them lie for white noise, 1.96/√n.
    `whiteness_p` is Ljung and Box's over the first ten. Needs 10 bars. Raises InvalidParameter.
    """
    values = checked_series(residuals, "residuals")
    n, empty = values.size, np.empty(0)
    blank = ResidualShape(
        status=Status.OK, reason="", n=n, need=MIN_BARS, mean=math.nan, sd=math.nan, skewness=math.nan,
        excess_kurtosis=math.nan, edges=empty, counts=np.empty(0, np.int64), autocorrelation=empty,
        band=math.nan, whiteness_p=math.nan,
    )  # fmt: skip
    if n < MIN_BARS:
        reason = f"their shape needs {MIN_BARS} bars, there are {n}"
        return replace(blank, status=Status.TOO_SHORT, reason=reason)
    if not np.isfinite(values).all():
        return replace(blank, status=Status.MISSING, reason="a bar of the window is missing")
    away = values - values.mean()
    square = float(away @ away)
    if is_flat(square, n, float(np.abs(values).max())):
        return replace(blank, status=Status.ZERO_VARIANCE, reason="the legs lie on their line")
    scaled = away / math.sqrt(square / n)
    lags, edges = min(MOST_LAGS, n // 4), _bins(values)
    return replace(
        blank, mean=float(values.mean()), sd=math.sqrt(square / (n - 1)),
        skewness=skewness(float((scaled**3).mean()), n),
        excess_kurtosis=excess_kurtosis(float((scaled**4).mean()), n),
        edges=edges, counts=np.histogram(values, edges)[0].astype(np.int64),
        autocorrelation=np.array([float(away[lag:] @ away[:-lag]) / square for lag in range(1, lags + 1)]),
        band=_NORMAL / math.sqrt(n), whiteness_p=whiteness(away),
    )  # fmt: skip


def _bins(values: FloatArray) -> FloatArray:
    """Return the edges of the histogram's bins."""
    edges: FloatArray = np.histogram_bin_edges(values, "fd")
    # Far outliers stretch the range over more bins than can be told apart.
    return edges if edges.size - 1 <= MOST_BINS else np.histogram_bin_edges(values, MOST_BINS)
