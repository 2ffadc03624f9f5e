"""After the warm-up no call compiles anything, whatever form its input has."""

import sys

import numba
import numpy as np

from analytics.walks import cointegrated
from quant import analytics


def compiled():
    """Return how many signatures each kernel of the package has been compiled for."""
    kernels = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("quant.analytics"):
            for attribute, value in vars(module).items():
                if isinstance(value, numba.core.dispatcher.Dispatcher):
                    kernels[value.py_func.__module__, attribute] = len(value.signatures)
    return kernels


def test_no_call_compiles_after_the_warm_up():
    analytics.warm()
    before = compiled()
    assert len(before) > 10
    assert sum(before.values()) >= 8  # one called only by another kernel is compiled inside it
    y, x = cointegrated(np.random.default_rng(1), 300)
    frozen = y.copy()
    frozen.setflags(write=False)
    wide = np.stack([y, x], axis=1)
    for left, right in (
        (y, x),
        (frozen, frozen * 2),
        (list(y), tuple(x)),
        (wide[:, 0], wide[:, 1]),
        (y[::-1], x[::-1]),
    ):
        analytics.analyse_pair(left, right, window=60)
        analytics.analyse_pair(left, right, window=60, scale="log", series_from=250)
        for trend in ("n", "c", "ct"):
            analytics.engle_granger_both(left, right, trend=trend, autolag=None, max_lag=2)
            analytics.adf(left, regression=trend, autolag="bic")
        analytics.zscore(left, right, window=60)
        analytics.rolling_correlation(left, right, window=60)
        for kind in ("spearman", "level"):
            analytics.rolling_correlation(left, right, window=60, kind=kind)
        analytics.rolling_volatility(left, window=60)
        analytics.return_statistics(left, bars_per_year=365)
        analytics.kpss(left, regression="ct")
        analytics.variance_ratio(left)
        analytics.hurst(left)
        analytics.stability(left, right)
        for det_order in (-1, 0, 1):
            analytics.johansen(np.column_stack([left, right]), det_order=det_order, lags=2)
        for times in (np.arange(300), np.arange(300, dtype=np.uint32), list(range(300))):
            analytics.hayashi_yoshida(times, left, times, right, step=2)
        analytics.half_life(left)
        analytics.ols(left, right)
    prices = np.exp(np.stack([y, x, y + x], axis=1) / 100)
    for rule in ({}, {"autolag": None, "max_lag": 2}, {"scale": "level", "calibrate": True, "holdout": 0.5}):
        analytics.scan_pairs(prices, **rule)
        analytics.scan_pairs(np.asfortranarray(prices)[::-1], **rule)
    rolling = analytics.RollingScan(3, window=100)
    for row in prices:
        rolling.append(row)
    rolling.table()
    assert compiled() == before
