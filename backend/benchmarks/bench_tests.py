"""Single statistical tests on a window of 1,440 bars against the libraries one would use: microseconds a call.

Both sides do the whole of what they promise: statistic, lag choice, p-value, critical values; ours its statuses too.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read once, when numpy is loaded

import time
import warnings
from collections.abc import Callable

import numpy as np
from arch.unitroot import ADF, VarianceRatio
from statsmodels.tsa.adfvalues import mackinnonp
from statsmodels.tsa.stattools import adfuller, coint, kpss
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from harness import Row, medians, publish
from quant import analytics
from quant.analytics import mackinnon

WINDOW = 1440
PAIRS = 4950


def each(work: Callable[[], object], *, calls: int) -> Callable[[], float]:
    """Return a figure that tells the microseconds of one call, the mean over `calls` in a row."""

    def figure() -> float:
        began = time.perf_counter()
        for _ in range(calls):
            work()
        return (time.perf_counter() - began) / calls * 1e6

    return figure


def compared(key: str, what: str, ours: Callable[[], float], **peers: Callable[[], float]) -> Row:
    """Return the row of one test, every side's median and how many times longer each peer takes."""
    found = medians({"ours": ours, **peers})
    against = ", ".join(
        f"{name}: {found[name]:,.0f} µs, {found[name] / found['ours']:,.0f}×" for name in peers
    )
    return Row(key, what, f"{found['ours']:,.1f} µs", against)


def main() -> None:
    warnings.simplefilter("ignore")  # peers announce changes of their own, and p-values beyond a table
    generator = np.random.default_rng(20260420)
    x = 100.0 + generator.standard_normal(WINDOW).cumsum()
    y = 3.0 + 1.3 * x + generator.standard_normal(WINDOW)
    both = np.column_stack([y, x])
    statistics = generator.uniform(-8.0, 0.0, PAIRS)
    analytics.warm()
    assert analytics.adf(x).lags == adfuller(x, result_object=False)[2]
    trace = coint_johansen(both, 0, 1).lr1[0]
    assert abs(analytics.johansen(both).trace[0] - trace) < 1e-9 * max(1.0, abs(trace))
    publish(
        compared(
            "adf",
            "ADF, lag by AIC, 1,440 bars",
            each(lambda: analytics.adf(x), calls=400),
            statsmodels=each(lambda: adfuller(x, result_object=False), calls=4),
            arch=each(lambda: ADF(x, method="aic").stat, calls=20),
        ),
        compared(
            "engle-granger",
            "Engle-Granger of one pair, one direction, lag by AIC, 1,440 bars",
            each(lambda: analytics.engle_granger(y, x), calls=400),
            statsmodels=each(lambda: coint(y, x), calls=4),
        ),
        compared(
            "johansen",
            "Johansen of two series, 1,440 bars",
            each(lambda: analytics.johansen(both), calls=200),
            statsmodels=each(lambda: coint_johansen(both, 0, 1), calls=50),
        ),
        compared(
            "kpss",
            "KPSS, 1,440 bars",
            each(lambda: analytics.kpss(x), calls=200),
            statsmodels=each(lambda: kpss(x, result_object=True), calls=50),
        ),
        compared(
            "variance-ratio",
            "Variance ratio over 5 bars with its robust z, 1,440 bars",
            each(lambda: analytics.variance_ratio(x, lags=5), calls=200),
            arch=each(lambda: VarianceRatio(x, lags=5).pvalue, calls=100),
        ),
        compared(
            "mackinnon",
            "MacKinnon p-values of 4,950 pairs",
            each(lambda: mackinnon.p_values(statistics, trend="c", n_series=2), calls=20),
            statsmodels=each(lambda: [mackinnonp(t, "c", 2) for t in statistics], calls=1),
        ),
    )


if __name__ == "__main__":
    main()
