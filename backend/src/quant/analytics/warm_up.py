"""Compile every kernel before the first request needs it."""

import numpy as np

from quant.analytics.johansen import johansen
from quant.analytics.pair import analyse_pair
from quant.analytics.stationarity import adf
from quant.analytics.universe import scan_pairs


def warm() -> None:
    """Compile, or load from the cache, every kernel with the types that real calls use."""
    generator = np.random.default_rng(0)
    x = 100.0 + generator.standard_normal(80).cumsum()
    y = x + generator.standard_normal(80)
    analyse_pair(y, x, window=40)
    adf(y)
    scan_pairs(np.exp(np.column_stack([y, x]) / 100.0))
    johansen(np.column_stack([y, x]))
