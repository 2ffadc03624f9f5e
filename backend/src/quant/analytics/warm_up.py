"""Compile every kernel before the first request needs it."""

import numpy as np

from quant.analytics.correlation import rolling_correlation
from quant.analytics.hayashi_yoshida import hayashi_yoshida
from quant.analytics.hedge import HEDGE_METHODS
from quant.analytics.incremental import RollingScan
from quant.analytics.johansen import johansen
from quant.analytics.pair import analyse_pair
from quant.analytics.stability import stability
from quant.analytics.stationarity import adf
from quant.analytics.universe import scan_pairs
from quant.analytics.volatility import rolling_volatility


def warm() -> None:
    """Compile, or load from the cache, every kernel with the types that real calls use."""
    generator = np.random.default_rng(0)
    x = 100.0 + generator.standard_normal(80).cumsum()
    y = x + generator.standard_normal(80)
    for method in HEDGE_METHODS:
        analyse_pair(y, x, window=40, method=method)
    adf(y)
    prices = np.exp(np.column_stack([y, x]) / 100.0)
    scan_pairs(prices)
    rolling = RollingScan(2, window=79)
    for row in prices:
        rolling.append(row)
    rolling.table()
    johansen(np.column_stack([y, x]))
    stability(y, x)
    rolling_correlation(y, x, window=40, kind="spearman")
    rolling_volatility(y, window=40)
    times = np.arange(80)
    hayashi_yoshida(times, y, times, x)
