"""Bars from columns of any file: what is not told is filled in, what cannot be is refused."""

from collections.abc import Iterator, Sequence

import numpy as np

from quant.domain import Bars, BoolArray, FloatArray, IntArray, Interval, Quality


def bars_from(
    times: IntArray,
    prices: Sequence[FloatArray],
    volumes: FloatArray,
    *,
    quote_volumes: FloatArray | None,
    trades: IntArray | None,
) -> Bars:
    """Return closed bars of quality `kline`; `prices` are opens, highs, lows, closes.

    Without quote volumes theirs are NaN, without trade counts theirs are 0: the file does not tell.
    """
    n = len(times)
    opens, highs, lows, closes = prices
    return Bars(
        times=times,
        opens=opens,
        highs=highs,
        lows=lows,
        closes=closes,
        volumes=volumes,
        quote_volumes=np.full(n, np.nan) if quote_volumes is None else quote_volumes,
        trades=np.zeros(n, np.int64) if trades is None else trades,
        qualities=np.full(n, Quality.KLINE, np.uint8),
        revisions=np.zeros(n, np.int64),
        closed=np.ones(n, np.bool_),
        first_ids=np.zeros(n, np.int64),
        last_ids=np.full(n, -1, np.int64),
        flags=np.zeros(n, np.uint8),
    )


def bar_faults(bars: Bars, interval: Interval) -> Iterator[tuple[BoolArray, str]]:
    """Yield which bars cannot be, and why."""
    yield bars.times % interval.ns != 0, f"its time is not the opening of a bar of {interval}"
    for prices in (bars.opens, bars.highs, bars.lows, bars.closes):
        wrong: BoolArray = np.logical_not((prices > 0) & (prices < np.inf))
        yield wrong, "a price of it is not a positive number"
    lowest, highest = np.minimum(bars.opens, bars.closes), np.maximum(bars.opens, bars.closes)
    yield (bars.lows > lowest) | (bars.highs < highest), "its high and low do not hold its prices"
    yield ~(np.isfinite(bars.volumes) & (bars.volumes >= 0)), "its volume is not a number from 0 up"
    yield bars.trades < 0, "its number of trades is negative"
