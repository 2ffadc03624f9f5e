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
        analytics.half_life(left)
        analytics.ols(left, right)
    assert compiled() == before
