"""Minute closes of the simulated exchange without a server: the last trade of each minute."""

import numpy as np
from numpy.typing import NDArray

from quant.clock import NS_PER_S
from quant.domain import Interval
from quant.simulator import SimMarket, kernels

MINUTE = Interval.parse("1m")
BUSY = 6.0  # trades a second: whole minutes of busier symbols take long to make, their last trade does not


def minute_closes(market: SimMarket, symbol: str, start_ns: int, *, bars: int) -> NDArray[np.float64]:
    """Return the closes of `bars` minutes, in ticks."""
    rates = {each["symbol"]: each["rate"] for each in market.truth["symbols"]}  # type: ignore[attr-defined]
    if rates[symbol] < BUSY:
        found = market.klines(symbol, MINUTE, start_ns, start_ns + bars * MINUTE.ns)
        assert len(found) == bars
        return found.table[:, kernels.BAR_CLOSE].astype(float)
    ends = start_ns + MINUTE.ns * np.arange(1, bars + 1)
    return np.array([_last_price(market, symbol, int(end)) for end in ends], float)


def _last_price(market: SimMarket, symbol: str, end_ns: int, *, seconds: int = 2) -> int:
    prices = market.trades(symbol, end_ns - seconds * NS_PER_S, end_ns).price_ticks
    return int(prices[-1]) if len(prices) else _last_price(market, symbol, end_ns, seconds=4 * seconds)
