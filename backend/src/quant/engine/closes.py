"""Closed closes of several symbols on one clock grid, NaN where a bar is missing or a gap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quant.domain import Bars, FloatArray, IntArray, Quality
from quant.market.align import closes_of
from quant.market.state import MarketState


@dataclass(frozen=True, slots=True)
class Closes:
    """Bars that open at `times`, in ns; prices and qualities are (bars, symbols). Copies, never written again."""

    symbols: tuple[str, ...]
    times: IntArray
    prices: FloatArray
    qualities: IntArray

    def __len__(self) -> int:
        return len(self.times)

    def same_as(self, other: "Closes") -> bool:
        """Tell whether the other is of the same symbols, bars and prices."""
        return (
            self.symbols == other.symbols
            and np.array_equal(self.times, other.times)
            and np.array_equal(self.prices, other.prices, equal_nan=True)
        )


def in_memory(
    state: MarketState, symbols: Sequence[str], interval: str, *, rows: int, end: int | None = None
) -> Closes:
    """Return at most `rows` bars, up to the newest that has closed for any of the symbols (before `end`).

    Bars before the first that any of them has are left out. Of a symbol that is behind, the last rows are NaN.
    """
    width = next(each.ns for each in state.intervals if each.name == interval)
    until = max((state.close_from(symbol, interval) for symbol in symbols), default=0)
    if end is not None:
        until = min(until, end - end % width)
    times = _grid(until, rows=min(rows, state.bar_depth), width=width)
    columns = [
        state.closed_closes(symbol, interval, times) if symbol in state.symbols else _nothing(len(times))
        for symbol in symbols
    ]
    return _closes(symbols, times, columns)


def of_bars(bars: Sequence[Bars], symbols: Sequence[str], *, width: int, rows: int, end: int) -> Closes:
    """Return at most `rows` bars that open before `end`, a multiple of `width`, of bars that lie outside memory."""
    closed = [each.times[each.closed] for each in bars]
    until = min(max((int(times[-1]) + width for times in closed if len(times)), default=0), end)
    times = _grid(until, rows=rows, width=width)
    return _closes(symbols, times, [closes_of(each, times) for each in bars])


def join_symbols(parts: Sequence[Closes]) -> Closes:
    """Return parts of one grid side by side; they may begin at different bars."""
    if not parts:
        return _closes((), np.empty(0, np.int64), ())
    longest = max(parts, key=len)
    columns = []
    for part in parts:
        lacking = len(longest) - len(part)
        for k in range(len(part.symbols)):
            prices, qualities = _nothing(lacking)
            prices = np.concatenate((prices, part.prices[:, k]))
            columns.append((prices, np.concatenate((qualities, part.qualities[:, k]))))
    return _closes([symbol for part in parts for symbol in part.symbols], longest.times, columns)


def _grid(until: int, *, rows: int, width: int) -> IntArray:
    return np.arange(max(until - rows * width, 0), until, width, dtype=np.int64)


def _nothing(rows: int) -> tuple[FloatArray, IntArray]:
    return np.full(rows, np.nan), np.full(rows, int(Quality.NONE))


def _closes(
    symbols: Sequence[str], times: IntArray, columns: Sequence[tuple[FloatArray, IntArray]]
) -> Closes:
    if not columns:
        return Closes((), times[:0], np.empty((0, 0)), np.empty((0, 0), np.int64))
    prices, qualities = (np.column_stack(each) for each in zip(*columns, strict=True))
    known = np.flatnonzero((qualities != Quality.NONE).any(axis=1))
    first = int(known[0]) if known.size else len(times)
    return Closes(tuple(symbols), times[first:], prices[first:], qualities[first:])
