"""Bars made from rows of trades, for the few that a halt changes."""

import numpy as np

from quant.domain import IntArray
from quant.simulator import kernels

_FIRST, _LAST, _TICKS, _STEPS, _SELLS = 1, 2, 5, 6, 7  # columns of a trade


def quiet_bars(ticks: int, count: int) -> IntArray:
    """Return bars without trades, all at one price."""
    table = np.zeros((count, kernels.COLUMNS), dtype=np.int64)
    table[:, kernels.BAR_OPEN : kernels.BAR_CLOSE + 1] = ticks
    table[:, kernels.BAR_FIRST] = kernels.NO_FIRST
    table[:, kernels.BAR_LAST] = kernels.NO_LAST
    return table


def bar_of(rows: IntArray) -> IntArray:
    """Return the bar of at least one trade."""
    ticks, steps, bought = rows[:, _TICKS], rows[:, _STEPS], rows[:, _SELLS] == 0
    bar = np.zeros(kernels.COLUMNS, dtype=np.int64)
    bar[kernels.BAR_OPEN], bar[kernels.BAR_CLOSE] = ticks[0], ticks[-1]
    bar[kernels.BAR_HIGH], bar[kernels.BAR_LOW] = ticks.max(), ticks.min()
    bar[kernels.BAR_VOLUME], bar[kernels.BAR_QUOTE] = steps.sum(), (ticks * steps).sum()
    bar[kernels.BAR_TAKER_VOLUME] = steps[bought].sum()
    bar[kernels.BAR_TAKER_QUOTE] = (ticks * steps)[bought].sum()
    bar[kernels.BAR_TRADES] = (rows[:, _LAST] - rows[:, _FIRST] + 1).sum()
    bar[kernels.BAR_FIRST], bar[kernels.BAR_LAST] = rows[0, _FIRST], rows[-1, _LAST]
    return bar
