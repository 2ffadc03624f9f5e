"""Compiles the simulator's kernels, or loads them from the disk cache."""

from quant.domain import Interval
from quant.simulator.instrument import EPOCH_MS
from quant.simulator.market import SimMarket

_MS = 1_000_000


def warm() -> None:
    """Call every kernel once, with the argument types of real use."""
    market = SimMarket(0)
    start = EPOCH_MS * _MS
    market.trades("BTCUSDT", start, start + 10 * _MS)
    market.klines("BTCUSDT", Interval.parse("1s"), start, start + 1_000 * _MS)
    instrument = market.instrument("BTCUSDT")
    instrument.latency_ms(EPOCH_MS)
    instrument.bits(0)
