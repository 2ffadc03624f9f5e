"""The one door by which numbers enter the statistics: float64, one dimension, equal lengths."""

import numpy as np
from numpy.typing import ArrayLike

from quant.domain import FloatArray
from quant.errors import InvalidParameter
from quant.kernel import jit

# Squares of anything larger overflow within a window sum; no price is near it.
LARGEST = 1e75


@jit
def _all_usable(array: FloatArray) -> bool:
    """Return False when a value is NaN, infinite or too large: one pass, where numpy would make four."""
    unusable = 0
    for value in array:
        unusable += not abs(value) <= LARGEST
    return unusable == 0


def series(values: ArrayLike, name: str) -> FloatArray:
    """Return `values` as a contiguous, writable float64 vector, NaN where they are not usable as numbers.

    Infinite values and magnitudes over 1e75 count as missing. Raises InvalidParameter for another shape.
    """
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise InvalidParameter(name, f"must have one dimension, got {array.ndim}")
    if not array.flags.writeable:
        array = array.copy()  # a read-only array is another type to a kernel, and would compile it again
    return array if _all_usable(array) else np.where(np.abs(array) <= LARGEST, array, np.nan)


def legs(y: ArrayLike, x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return both legs as vectors of one length; raise InvalidParameter when the lengths differ."""
    left, right = series(y, "y"), series(x, "x")
    if left.size != right.size:
        raise InvalidParameter("x", f"must be as long as y: {right.size} rows against {left.size}")
    return left, right


def logs(prices: FloatArray) -> FloatArray:
    """Return natural logarithms, NaN where a price is missing or not positive."""
    return np.log(prices, out=np.full(prices.size, np.nan), where=prices > 0)


def checked_window(window: int, *, least: int) -> int:
    """Return `window`; raise InvalidParameter when it is not a whole number of at least `least` bars."""
    if isinstance(window, bool) or not isinstance(window, int | np.integer) or window < least:
        raise InvalidParameter("window", f"must be a whole number of at least {least} bars, got {window!r}")
    return int(window)
