"""All pairs on a window that moves bar by bar: a new bar changes the sums, not the window's length of work.

The sums of `lag_matrices` are kept for all symbols. A bar adds its products and takes those of the oldest bar away,
O(symbols² lags). Sums that are added to and subtracted from drift, so each symbol's are built anew from its bars
four times in a window, in turn, so that no bar waits for all; and at once when what has left the sums was much
larger than what remains, as after a bad tick. A correction rebuilds the symbols it touches.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.findings import (
    Findings,
    LagRule,
    Progress,
    Symbols,
    fill,
    mark_stale,
    symbol_codes,
)
from quant.analytics.inputs import LARGEST, checked_window
from quant.analytics.lag_matrices import Ends, Panel, centred_and_scaled, ends_of, moved_both_ways, steps_of
from quant.analytics.pair_table import PairTable, table_of
from quant.analytics.stationarity import MIN_BARS, AutoLag
from quant.analytics.universe import checked_scale, checked_share, log_returns
from quant.domain import BoolArray, FloatArray, IntArray, Scale
from quant.errors import InvalidParameter
from quant.kernel import jit_fast

# How often in a window each symbol's sums are built anew.
_TURNS = 4
# Sums that have been this many times larger since then carry too much of the rounding of those days.
_SHRUNK = 16.0
# Sums with a little drift promise 1e-9 only where fewer digits cancel.
_LEAST_SHARE = 1e-4


@jit_fast
def _slide(
    lagged: FloatArray, level: FloatArray, returns: FloatArray, new: FloatArray, old: FloatArray,
    new_level: FloatArray, old_level: FloatArray, new_return: FloatArray, old_return: FloatArray,
) -> None:  # fmt: skip
    """Move the sums of pairs i <= j by one bar. `new[q]` is the step q bars before the newest, `old[q]` the one q
    bars after the step that leaves."""
    symbols, lags = level.shape[0], new.shape[0]
    for i in range(symbols):
        for q in range(lags):
            come, came = 0.5 * new[0, i], 0.5 * new[q, i]
            gone, went = 0.5 * old[0, i], 0.5 * old[q, i]
            for j in range(i, symbols):
                lagged[i, q, j] += come * new[q, j] + came * new[0, j] - gone * old[q, j] - went * old[0, j]
        for j in range(i, symbols):
            level[i, j] += new_level[i] * new_level[j] - old_level[i] * old_level[j]
            returns[i, j] += new_return[i] * new_return[j] - old_return[i] * old_return[j]


class RollingScan:
    """What `scan_pairs` says of the last `window` bars, kept up to date bar by bar.

    Columns are symbols. A bar that a symbol lacks (NaN) makes its pairs `missing` until it has left the window; a
    symbol that joins has as many missing bars as it lacks. Before `window` bars every pair is `too_short`.
    Not safe for two threads at once.
    """

    def __init__(
        self,
        symbols: int,
        *,
        window: int,
        scale: Scale | str = Scale.LOG,
        max_lag: int | None = None,
        autolag: AutoLag | None = "aic",
    ) -> None:
        if isinstance(symbols, bool) or symbols < 0:
            raise InvalidParameter("symbols", f"must be a number of columns, got {symbols!r}")
        self._window = checked_window(window, least=MIN_BARS)
        self._scale = checked_scale(scale)
        self._rule: LagRule = LagRule.of(window, max_lag, autolag)
        self._bars = 0
        self._end = 0  # the window ends before this column of the series
        self._lay_out(symbols)

    @property
    def symbols(self) -> int:
        """Return the number of columns."""
        return self._levels.shape[0]

    @property
    def bars(self) -> int:
        """Return how many bars the window holds by now."""
        return min(self._bars, self._window)

    def append(self, prices: ArrayLike) -> None:
        """Take the next closed bar, one price a column, NaN where there is none. Raises InvalidParameter."""
        price = self._checked(prices, self.symbols)
        if self._end == self._levels.shape[1]:
            self._make_room()
        at, full = self._end, self._bars >= self._window
        known = self._bars > 0
        before = self._prices[:, at - 1] if known else np.full(self.symbols, math.nan)
        self._prices[:, at] = price
        self._levels[:, at] = self._on_scale(price)
        returns = log_returns(np.column_stack([before, price]))[:, 0]
        self._returns[:, at] = returns
        self._end, self._bars = at + 1, self._bars + 1
        if full:
            self._move(at)
        elif self._bars == self._window:
            self._anchor_all()

    def correct(self, row: int, prices: ArrayLike) -> None:
        """Put other prices into a bar of the window: row 0 is its first, -1 its last, NaN a bar withdrawn.

        Exact: the sums of the symbols that change are built anew. Raises InvalidParameter.
        """
        price = self._checked(prices, self.symbols)
        if not -self.bars <= row < self.bars:
            raise InvalidParameter("row", f"{row} is not one of the {self.bars} bars of the window")
        at = self._end - self.bars + row % self.bars
        held = self._prices[:, at]
        changed = np.flatnonzero((held != price) & ~(np.isnan(held) & np.isnan(price)))
        begin = max(at - 1, 0)
        for k in changed:
            self._prices[k, at] = price[k]
            self._levels[k, at] = self._on_scale(price[k : k + 1])[0]
            beside = slice(begin, min(at + 2, self._end))
            self._returns[k, begin + 1 : beside.stop] = log_returns(self._prices[k : k + 1, beside])[0]
            if self._bars >= self._window:
                self._anchor(int(k))

    def join(self, prices: ArrayLike = ()) -> int:
        """Add a column with its past prices, the last of them beside the last bar; return its number."""
        past = np.asarray(prices, dtype=np.float64)
        if past.ndim != 1:
            raise InvalidParameter("prices", f"must have one dimension, got {past.ndim}")
        held = self._window_prices()
        column = np.full((1, held.shape[1]), math.nan)
        known = min(past.size, held.shape[1])
        column[0, held.shape[1] - known :] = past[past.size - known :]
        self._rebuild(np.vstack([held, column]))
        return self.symbols - 1

    def leave(self, column: int) -> None:
        """Drop a column; those after it move down by one. Raises InvalidParameter."""
        if not 0 <= column < self.symbols:
            raise InvalidParameter("column", f"{column} is not one of the {self.symbols} columns")
        self._rebuild(np.delete(self._window_prices(), column, axis=0))

    def table(self, *, level: float = 0.05, progress: Progress | None = None) -> PairTable:
        """Return the pairs on the window, as `scan_pairs` of its bars."""
        level, n = checked_share("level", level), self._window
        if self._bars < n:
            return table_of(
                Findings.empty(self.symbols),
                n=self.bars,
                need=n,
                scale=self._scale,
                rule=self._rule,
                level=level,
            )
        found = Findings.empty(self.symbols)
        panel = Panel(0, self._lagged, self._centred_level(), self._correlations())
        fill(found, self._own(panel.level), panel, self._rule, progress, least_share=_LEAST_SHARE)
        return table_of(found, n=n, scale=self._scale, rule=self._rule, level=level)

    def _lay_out(self, symbols: int) -> None:
        """Make room for twice the window, so that it moves without being copied, and for the sums."""
        room, lags = 2 * self._window, self._rule.max_lag
        shape = symbols, room
        self._prices, self._levels, self._returns = (np.full(shape, math.nan) for _ in range(3))
        self._filled, self._steps, self._filled_returns = (np.zeros(shape) for _ in range(3))
        self._lagged = np.zeros((symbols, lags + 1, symbols))
        self._level_products, self._return_products = (np.zeros((symbols, symbols)) for _ in range(2))
        self._level_sum, self._return_sum = np.zeros(symbols), np.zeros(symbols)
        # The mean at the anchor is the sum of two, of which each new bar is freed in turn, as the bars there were.
        self._anchor_first, self._anchor_shift = np.zeros(symbols), np.zeros(symbols)
        self._size = np.ones(symbols)
        self._missing, self._without_return = np.zeros(symbols, np.int64), np.zeros(symbols, np.int64)
        self._highest = np.zeros((3, symbols))
        self._turn = np.arange(symbols) * self._turn_length // max(symbols, 1)

    @property
    def _turn_length(self) -> int:
        return max(self._window // _TURNS, 1)

    @property
    def _span(self) -> slice:
        return slice(self._end - self.bars, self._end)

    @staticmethod
    def _checked(prices: ArrayLike, symbols: int) -> FloatArray:
        price = np.asarray(prices, dtype=np.float64)
        if price.shape != (symbols,):
            raise InvalidParameter(
                "prices", f"must be {symbols} numbers, one a column, got shape {price.shape}"
            )
        return np.where(np.abs(price) <= LARGEST, price, math.nan)

    def _on_scale(self, prices: FloatArray) -> FloatArray:
        if self._scale is Scale.LEVEL:
            return prices
        return np.log(prices, out=np.full(prices.shape, math.nan), where=prices > 0)

    def _make_room(self) -> None:
        """Move the window to the front."""
        span = self._span
        for series in (
            self._prices, self._levels, self._returns, self._filled, self._steps, self._filled_returns,
        ):  # fmt: skip
            series[:, : self.bars] = series[:, span].copy()
        self._end = self.bars

    def _move(self, at: int) -> None:
        """Take column `at` into the sums and the oldest bar out of them."""
        gone = at - self._window
        level, returns = self._levels[:, at], self._returns[:, at]
        present = ~np.isnan(level)
        was_empty = self._missing == self._window
        self._missing += np.isnan(level).astype(np.int64) - np.isnan(self._levels[:, gone])
        self._without_return += np.isnan(returns).astype(np.int64) - np.isnan(self._returns[:, gone + 1])
        here = (level - self._anchor_first - self._anchor_shift) / self._size
        self._filled[:, at] = np.where(present, here, self._filled[:, at - 1])
        self._filled_returns[:, at] = np.where(np.isnan(returns), 0.0, returns)
        np.subtract(self._filled[:, at], self._filled[:, at - 1], out=self._steps[:, at])
        lags = self._rule.max_lag
        new = np.ascontiguousarray(self._steps[:, at - lags : at + 1].T[::-1])
        old = np.ascontiguousarray(self._steps[:, gone + 1 : gone + lags + 2].T)
        new_level, old_level = self._filled[:, at].copy(), self._filled[:, gone].copy()
        new_return, old_return = self._filled_returns[:, at].copy(), self._filled_returns[:, gone + 1].copy()
        _slide(
            self._lagged, self._level_products, self._return_products, new, old, new_level, old_level,
            new_return, old_return,
        )  # fmt: skip
        self._level_sum += new_level - old_level
        self._return_sum += new_return - old_return
        due = (self._turn == self._bars % self._turn_length) | (was_empty & present) | self._shrunk()
        for k in np.flatnonzero(due):
            self._anchor(int(k))

    def _squares(self) -> tuple[FloatArray, FloatArray]:
        """Return the sums of squares of steps, levels and returns as they are kept, and about their means."""
        kept = np.stack([
            self._lagged.diagonal(axis1=0, axis2=2)[0],
            self._level_products.diagonal(),
            self._return_products.diagonal(),
        ])  # fmt: skip
        about = kept.copy()
        about[1] -= self._level_sum**2 / self._window
        about[2] -= self._return_sum**2 / (self._window - 1)
        return kept, about

    def _shrunk(self) -> BoolArray:
        """Return which symbols' sums have been far larger than they are, and note the largest."""
        kept, about = self._squares()
        np.maximum(self._highest, kept, out=self._highest)
        shrunk: BoolArray = np.any(self._highest > _SHRUNK * about, axis=0, keepdims=True)[0]
        return shrunk

    def _anchor(self, k: int) -> None:
        """Build the sums of one symbol anew from its bars."""
        self._place(k)
        self._sum(k)

    def _anchor_all(self) -> None:
        for k in range(self.symbols):
            self._place(k)
        for k in range(self.symbols):
            self._sum(k)

    def _place(self, k: int) -> None:
        """Centre and scale one symbol's window, each missing bar standing at the one before it."""
        span = self._span
        level, returns = self._levels[k, span], self._returns[k, span]
        known = np.flatnonzero(~np.isnan(level))
        self._missing[k] = level.size - known.size
        self._without_return[k] = np.count_nonzero(np.isnan(returns[1:]))
        filled = np.zeros((1, level.size))
        if known.size:
            filled[0] = level[
                known[np.maximum(np.searchsorted(known, np.arange(level.size), "right") - 1, 0)]
            ]
        scaled, first, shift, size = centred_and_scaled(filled)
        self._filled[k, span], self._steps[k, span] = scaled[0], steps_of(scaled)[0]
        self._filled_returns[k, span] = np.where(np.isnan(returns), 0.0, returns)
        self._anchor_first[k], self._anchor_shift[k], self._size[k] = first[0], shift[0], size[0]

    def _sum(self, k: int) -> None:
        """Build the products of one symbol with all others."""
        span = self._span
        inner = slice(span.start + 1, span.stop)
        steps, lags = self._steps[:, inner], self._rule.max_lag
        half, moved = 0.5 * steps[k : k + 1], np.empty((lags + 1, steps.shape[1]))
        for lag in range(lags + 1):
            moved_both_ways(half, lag, moved[lag : lag + 1])
        lagged = moved @ steps.T
        self._lagged[k, :, k:], self._lagged[:k, :, k] = lagged[:, k:], lagged[:, :k].T
        levels, returns = self._filled[:, span], self._filled_returns[:, inner]
        for products, series in ((self._level_products, levels), (self._return_products, returns)):
            products[k, k:] = series[k:] @ series[k]
            products[:k, k] = series[:k] @ series[k]
        self._level_sum[k], self._return_sum[k] = levels[k].sum(), returns[k].sum()
        self._highest[:, k] = self._lagged[k, 0, k], self._level_products[k, k], self._return_products[k, k]

    def _centred_level(self) -> FloatArray:
        sums = self._level_sum
        return self._level_products - np.outer(sums, sums / self._window)

    def _correlations(self) -> FloatArray:
        """Return Pearson's correlations of log returns, NaN for a symbol that lacks one or stands still."""
        n, sums = self._window - 1, self._return_sum
        products = self._return_products - np.outer(sums, sums / n)
        square = products.diagonal().copy()
        rounding = np.maximum(1.0, np.abs(sums)) * 4.0 * np.finfo(float).eps
        square[(square <= n * rounding * rounding) | (self._without_return > 0)] = math.nan
        length = np.sqrt(square)
        return products / length[:, None] / length[None, :]

    def _own(self, centred: FloatArray) -> Symbols:
        """Return what each symbol brings, from the sums as they are."""
        n, span = self._window, self._span
        mean, square = self._level_sum / n, centred.diagonal().copy()
        ends = ends_of(self._filled[:, span], self._steps[:, span], self._rule.max_lag)
        ends = Ends(ends.head - mean[:, None], ends.tail - mean[:, None], ends.head_step, ends.tail_step)
        level = self._anchor_first + (self._anchor_shift + self._size * mean)
        code = self._codes(level, square * self._size**2)
        stale = mark_stale(code, lambda k: self._levels[k, span])
        return Symbols(
            n=n, code=code, stale=stale, mean=level, scale=self._size, level=square,
            lagged=np.ascontiguousarray(self._lagged.diagonal(axis1=0, axis2=2).T), ends=ends,
            series=lambda k: self._levels[k, span],
        )  # fmt: skip

    def _codes(self, level: FloatArray, squares: FloatArray) -> IntArray:
        """Return the statuses, looking at the bars themselves where a symbol hardly moves."""
        largest = np.abs(level)
        near = squares <= self._window * (1e-14 * (largest + np.sqrt(np.abs(squares)))) ** 2
        for k in np.flatnonzero(near & (self._missing == 0)):
            held = self._levels[k, self._span]
            rest, _, _, size = centred_and_scaled(held[None, :])
            squares[k], largest[k] = float(np.sum(rest * rest) * size[0] ** 2), np.abs(held).max()
        return symbol_codes(self._missing == 0, squares, largest, n=self._window)

    def _window_prices(self) -> FloatArray:
        return self._prices[:, self._span].copy()

    def _rebuild(self, prices: FloatArray) -> None:
        """Begin anew with other columns and the same bars."""
        held = prices.shape[1]
        self._lay_out(len(prices))
        self._end = held
        self._prices[:, :held] = np.where(np.abs(prices) <= LARGEST, prices, math.nan)
        self._levels[:, :held] = self._on_scale(self._prices[:, :held])
        self._returns[:, 1:held] = log_returns(self._prices[:, :held])
        if self._bars >= self._window:
            self._anchor_all()
