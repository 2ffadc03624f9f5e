"""Bars as integer columns, and the folding of short ones into long ones."""

from dataclasses import dataclass

import numpy as np

from quant.domain import IntArray
from quant.simulator import kernels

_LIMITS = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True)
class Klines:
    """Bars of one symbol, oldest first: open times in ms and rows of the kernels' BAR_* columns."""

    interval_ms: int
    times_ms: IntArray
    table: IntArray

    def __len__(self) -> int:
        return len(self.times_ms)


def fold(table: IntArray, size: int) -> IntArray:
    """Return bars of `size` consecutive rows each; the last one may have fewer."""
    if size == 1 or not len(table):
        return table
    starts = np.arange(0, len(table), size)
    traded = table[:, kernels.BAR_TRADES] > 0
    # A quiet row only repeats a price: it neither opens a bar that trades later nor widens it.
    rows = np.where(traded, np.arange(len(table)), len(table))
    first = np.minimum.reduceat(rows, starts)
    first = np.where(first < len(table), first, starts)
    highs = np.where(traded, table[:, kernels.BAR_HIGH], _LIMITS.min)
    lows = np.where(traded, table[:, kernels.BAR_LOW], _LIMITS.max)
    quiet = ~np.logical_or.reduceat(traded, starts)
    repeated = table[starts, kernels.BAR_OPEN]

    folded = np.add.reduceat(table, starts, axis=0)
    folded[:, kernels.BAR_OPEN] = table[first, kernels.BAR_OPEN]
    folded[:, kernels.BAR_HIGH] = np.where(quiet, repeated, np.maximum.reduceat(highs, starts))
    folded[:, kernels.BAR_LOW] = np.where(quiet, repeated, np.minimum.reduceat(lows, starts))
    folded[:, kernels.BAR_CLOSE] = table[np.minimum(starts + size, len(table)) - 1, kernels.BAR_CLOSE]
    folded[:, kernels.BAR_FIRST] = np.minimum.reduceat(table[:, kernels.BAR_FIRST], starts)
    folded[:, kernels.BAR_LAST] = np.maximum.reduceat(table[:, kernels.BAR_LAST], starts)
    return folded
