"""Compile the kernels before the first trade needs them."""

import numpy as np

from quant.domain import Bars, Interval, TradeBatch
from quant.market.state import MarketState


def warm() -> None:
    """Compile, or load from the cache, every kernel with the types that real calls use."""
    state = MarketState("warm-up", intervals=[Interval.parse("1s")], tick_capacity=16, bar_depth=16)
    state.add_symbol("A")
    second = 1_000_000_000
    for ids in ([1, 2, 5], [4], [3]):
        n = len(ids)
        times = np.array(ids, np.int64) * second
        ones = np.ones(n)
        batch = TradeBatch(
            ["A"] * n, np.array(ids), times, times, ones, ones, np.zeros(n, np.uint8), np.ones(n, np.int64)
        )
        state.apply(batch)
    state.close_until(9 * second, symbols=["A"])
    one = np.ones(1)
    count = np.ones(1, np.int64)
    klines = Bars(count * second, one, one, one, one, one, one, count, np.ones(1, np.uint8), count, count > 0)
    state.load_klines("A", "1s", klines)
