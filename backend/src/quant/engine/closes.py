"""Closed closes of several symbols on one clock grid, NaN where a bar is missing or a gap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quant.domain import Bars, FloatArray, IntArray, Quality
from quant.engine.merging import merged_bars
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


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bars of several symbols as memory and store hold them: the newest `rows` that open before `end`.

    Nothing is laid out yet: `closes` takes time and belongs into a lane, `reaches` does not.
    """

    symbols: tuple[str, ...]
    held: tuple[Bars, ...]
    stored: tuple[Bars | None, ...]
    width: int
    rows: int
    end: int

    def reaches(self) -> tuple[int, ...]:
        """Return how many bars each symbol's first lies back from the newest of all; 0 where it has none."""
        parts = list(zip(self.held, self.stored, strict=True))
        ends = [_ends(part) for part in parts]
        until = min(max((last for _, last in ends), default=0) + self.width, self.end)
        return tuple(max((until - first) // self.width, 0) if last else 0 for first, last in ends)

    def closes(self) -> Closes:
        """Return the closes on one grid, no longer than the bars there are reach back."""
        bars = [merged_bars(*part) for part in zip(self.held, self.stored, strict=True)]
        return of_bars(bars, self.symbols, width=self.width, rows=self.rows, end=self.end)


def _ends(parts: Sequence[Bars | None]) -> tuple[int, int]:
    """Return when the first and the last closed bar of all parts open, zeros where there is none."""
    known = [part for part in parts if part is not None and part.closed.any()]
    firsts = [int(part.times[part.closed.argmax()]) for part in known]
    lasts = [int(part.times[::-1][part.closed[::-1].argmax()]) for part in known]
    return min(firsts, default=0), max(lasts, default=0)


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
    closed = [times for each in bars if len(times := each.times[each.closed])]
    until = min(max((int(times[-1]) + width for times in closed), default=0), end)
    first = min((int(times[0]) for times in closed), default=until)
    times = _grid(until, rows=min(rows, max(until - first, 0) // width), width=width)
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
