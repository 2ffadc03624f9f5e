"""How late trades come: receive time minus exchange time, read off the ticks in memory."""

import math
from collections.abc import Mapping

import numpy as np

from quant.clock import NS_PER_MS, NS_PER_S
from quant.domain import FloatArray
from quant.engine.protocol import DelaysView, LatencyView
from quant.engine.running import RunningMarket
from quant.market.state import MarketState

MEDIAN_OF = 100
OVER_S = 300
"""How far back the histogram reaches: long enough for a quiet symbol, short enough to show what is wrong now."""

MOST = 1000
"""Trades of one symbol in it: a p99 needs some hundreds, and more would only take longer to read."""

BOUNDS_MS = (1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000)
PERCENTILES = (50, 95, 99, 100)
NOT_COMPARABLE = (
    "the source does not run at the pace of the clock, so that receipt and event cannot be compared"
)
NO_TRADES = f"no stream has brought a trade in the last {OVER_S // 60} minutes"


def median_ms(running: RunningMarket, symbol: str) -> float | None:
    """Return the median delay of a symbol's newest trades; None without one, and where delays mean nothing."""
    if running.market.speed != 1.0:
        return None
    delays = _delays_ms(running, running.state, symbol, limit=MEDIAN_OF)
    return round(float(np.median(delays)), 1) if len(delays) else None


def recent_ms(running: RunningMarket, state: MarketState, symbol: str) -> FloatArray:
    """Return the delays of a symbol that belong into the histogram; empty where delays mean nothing."""
    if running.market.speed != 1.0:
        return np.empty(0)
    return _delays_ms(running, state, symbol, limit=MOST, since=running.now() - OVER_S * NS_PER_S)


def _delays_ms(
    running: RunningMarket, state: MarketState, symbol: str, *, limit: int, since: int = 0
) -> FloatArray:
    """Return the newest delays on the exchange's clock, as far as its offset is known; in arrival order."""
    offset = running.market.clock_offset
    ahead = (offset.offset_ns if offset is not None else None) or 0
    return (state.delays(symbol, limit=limit, since=since) + ahead) / NS_PER_MS


def latency_view(delays: Mapping[str, FloatArray], *, speed: float) -> LatencyView:
    """Return the histogram of all symbols together and of each that has trades."""
    held = {symbol: each for symbol, each in delays.items() if len(each)}
    reason = NOT_COMPARABLE if speed != 1.0 else None if held else NO_TRADES
    return LatencyView(
        status="not_comparable" if speed != 1.0 else "ok" if held else "no_trades",
        reason=reason,
        over_s=OVER_S,
        most=MOST,
        bounds_ms=BOUNDS_MS,
        total=_delays_view(np.concatenate(list(held.values())) if held else np.empty(0)),
        symbols={symbol: _delays_view(each) for symbol, each in held.items()},
    )


def _delays_view(delays: FloatArray) -> DelaysView:
    ordered = np.sort(delays)
    n = len(ordered)
    ends = np.searchsorted(ordered, BOUNDS_MS, side="right")  # what took exactly a bound is within it
    counts = np.diff(ends, prepend=0, append=n)
    ranks = [math.ceil(n * percent / 100) - 1 for percent in PERCENTILES]
    found = ordered[ranks].round(1).tolist() if n else [None] * len(ranks)
    return DelaysView(n, tuple(counts.tolist()), *found)
