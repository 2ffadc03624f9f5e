"""Sums of a window that has moved 100,000 bars are as good as new ones, bad ticks of 1e8 on the way."""

import numpy as np
import pytest

from analytics.universes import assert_same_tables, factor_universe
from quant.analytics import RollingScan, scan_pairs

BARS, WINDOW, SYMBOLS = 100_000, 240, 8


@pytest.mark.soak
@pytest.mark.parametrize("scale", ["log", "level"])
def test_a_hundred_thousand_bars(scale):
    rng = np.random.default_rng(1)
    prices = np.exp(0.1 * factor_universe(rng, BARS, SYMBOLS))
    prices[rng.integers(0, BARS, 20), rng.integers(0, SYMBOLS, 20)] *= 1e8
    prices[rng.integers(0, BARS, 20), rng.integers(0, SYMBOLS, 20)] = np.nan
    rolling = RollingScan(SYMBOLS, window=WINDOW, scale=scale)
    for bar, row in enumerate(prices, 1):
        rolling.append(row)
        if bar >= WINDOW and (bar % 997 == 0 or bar > BARS - 50):
            begin = bar - WINDOW
            assert_same_tables(rolling.table(), scan_pairs(prices[begin:bar], scale=scale))
