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
        ones, counts = np.ones(n), np.ones(n, np.int64)
        codes, sells = np.zeros(n, np.int32), np.zeros(n, np.uint8)
        batch = TradeBatch(("A",), codes, np.array(ids), times, times, ones, ones, sells, counts)
        state.apply(batch)
    again = MarketState("warm-up", intervals=[Interval.parse("1s")], tick_capacity=16, bar_depth=16)
    again.restore_ticks("A", batch, since=again.restore_bars("A", {}), begins=True, holes=())
    state.close_until(9 * second, symbols=["A"])
    one = np.ones(1)
    count = np.ones(1, np.int64)
    code = np.ones(1, np.uint8)
    prices, volumes = (one, one, one, one), (one, one)
    klines = Bars(count * second, *prices, *volumes, count, code, count, count > 0, count, count, code)
    state.load_klines("A", "1s", klines)
