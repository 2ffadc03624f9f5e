"""Rolling correlation of log returns: the correlation of levels is spurious for two walks."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.inputs import checked_window, legs
from quant.analytics.rolling import correlate_windows
from quant.domain import FloatArray, IntArray
from quant.errors import InvalidParameter
from quant.kernel import jit

Kind = Literal["returns", "spearman", "level"]

MIN_WINDOW = 3
_LARGE_STEP = 0.5


def log_returns(prices: FloatArray) -> FloatArray:
    """Return log returns, one a price: NaN in the first row and beside a missing or non-positive price."""
    before, now = prices[:-1], prices[1:]
    returns = np.full(prices.size, np.nan)
    # log1p of the relative step keeps the digits that the difference of two logarithms would lose, until the
    # step is so large that it is all digits: a fall to nothing would be a step of -1 exactly.
    relative = np.divide(now - before, before, out=np.full(now.size, np.nan), where=(before > 0) & (now > 0))
    far = np.abs(relative) > _LARGE_STEP
    returns[1:] = np.log1p(relative, out=np.full(now.size, np.nan), where=~far)
    returns[1:][far] = np.log(now[far]) - np.log(before[far])
    return returns


def rolling_correlation(y: ArrayLike, x: ArrayLike, *, window: int, kind: Kind = "returns") -> FloatArray:
    """Return the correlation of the legs over the last `window` bars, one row a price.

    `kind` is Pearson's of log returns ("returns"), Spearman's of log returns ("spearman"), or Pearson's of the
    prices themselves ("level"), which is spurious for walks: it passes 0.7 in one of six windows of 60
    independent bars. Row t covers the `window` returns, or prices, that end at t. NaN before that, where one of
    the prices is missing or not positive, and where a leg did not move. Raises InvalidParameter.
    """
    left, right = legs(y, x)
    window = checked_window(window, least=MIN_WINDOW)
    if left.size == 0:
        return np.empty(0)
    match kind:
        case "returns":
            return correlation_of_returns(left, right, window)
        case "spearman":
            return rank_windows(log_returns(left), log_returns(right), window)
        case "level":
            return correlate_windows(left, right, window, 0.0)
        case _:
            raise InvalidParameter("kind", f"{kind!r} is not one of returns, spearman, level")


def correlation_of_returns(y: FloatArray, x: FloatArray, window: int, begin: int = 0) -> FloatArray:
    """Return what `rolling_correlation` does from row `begin` on, for inputs already checked.

    A row is the same to the last digit from wherever rows are asked for, as sums begin at whole windows; but those
    up to `begin` + `window` may be NaN.
    """
    if y.size <= begin:
        return np.empty(0)
    whole = begin - begin % window
    before = max(whole - 1, 0)
    left, right = (log_returns(prices[before:])[whole - before :] for prices in (y, x))
    # A log return carries the rounding of a number near one, however small it is itself.
    return correlate_windows(left, right, window, 1.0)[begin - whole :]


@jit
def rank_windows(y: FloatArray, x: FloatArray, window: int) -> FloatArray:
    """Return Spearman's correlation over the `window` rows that end at each row, NaN where there is none.

    Ranks are kept, not sorted anew: a row that enters or leaves moves those beyond it by one, in whole numbers.
    """
    n = y.size
    out = np.full(n, np.nan)
    ranks_y, ranks_x = (
        np.zeros(window, np.int64),
        np.zeros(window, np.int64),
    )  # twice the rank, by row % window
    begin = 0  # first row of the run without a hole, later of the window
    for t in range(n):
        if y[t] != y[t] or x[t] != x[t]:
            begin = t + 1
            continue
        if t - begin == window:
            _forget(y, ranks_y, begin, t, window)
            _forget(x, ranks_x, begin, t, window)
            begin += 1
        _enter(y, ranks_y, begin, t, window)
        _enter(x, ranks_x, begin, t, window)
        if t - begin == window - 1:
            middle = window + 1
            yy, xx, yx = 0.0, 0.0, 0.0
            for k in range(window):
                a, b = float(ranks_y[k] - middle), float(ranks_x[k] - middle)
                yy += a * a
                xx += b * b
                yx += a * b
            if yy > 0.0 and xx > 0.0:
                out[t] = min(1.0, max(-1.0, yx / math.sqrt(yy) / math.sqrt(xx)))
    return out


@jit
def _forget(values: FloatArray, ranks: IntArray, begin: int, end: int, window: int) -> None:
    """Take row `begin` out of the doubled ranks of rows begin … end-1."""
    gone = values[begin]
    for k in range(begin + 1, end):
        if values[k] > gone:
            ranks[k % window] -= 2
        elif values[k] == gone:
            ranks[k % window] -= 1


@jit
def _enter(values: FloatArray, ranks: IntArray, begin: int, row: int, window: int) -> None:
    """Put `row` into the doubled ranks of rows begin … row-1: equal values share the mean of theirs."""
    new = values[row]
    own = 2
    for k in range(begin, row):
        if values[k] > new:
            ranks[k % window] += 2
        elif values[k] == new:
            ranks[k % window] += 1
            own += 1
        else:
            own += 2
    ranks[row % window] = own
