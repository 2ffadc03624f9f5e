"""p-values and critical values of Dickey-Fuller statistics, from MacKinnon's response surfaces."""

import math
from collections.abc import Mapping

import numpy as np

from quant.analytics.tables.mackinnon import LEVELS, SURFACES, Surface
from quant.domain import FloatArray
from quant.kernel import jit

_NO_CRITICAL_VALUES: Mapping[str, float] = dict.fromkeys(LEVELS, math.nan)


@jit
def _p_values(
    statistics: FloatArray, least: float, split: float, most: float, left: tuple[float, float, float],
    right: tuple[float, float, float, float],
) -> FloatArray:  # fmt: skip
    out = np.empty(statistics.size)
    for i in range(statistics.size):
        t = statistics[i]
        if t > most:
            out[i] = 1.0
            continue
        if t < least:
            t = least  # the left polynomial turns round beyond it, and p must not reach 0
        power = left[0] + t * (left[1] + t * left[2])
        if t > split:
            power = right[0] + t * (right[1] + t * (right[2] + t * right[3]))
        out[i] = 0.5 * math.erfc(-power / math.sqrt(2.0))
    return out


def _surface(trend: str, n_series: int) -> Surface:
    return SURFACES[trend, n_series]


def p_values(statistics: FloatArray, *, trend: str, n_series: int) -> FloatArray:
    """Return one asymptotic p-value a statistic, NaN for NaN.

    `trend` is "n", "c" or "ct", that of the whole procedure; `n_series` is 1 for a given series, 2 for the
    residuals of an estimated pair. Left of the table's end p stays at its value there, about 1e-28.
    """
    surface = _surface(trend, n_series)
    return _p_values(statistics, surface.least, surface.split, surface.most, surface.left, surface.right)


def p_value(statistic: float, *, trend: str, n_series: int) -> float:
    """Return the p-value of one statistic, as `p_values` does."""
    return float(p_values(np.array([statistic]), trend=trend, n_series=n_series)[0])


def critical_values(*, trend: str, n_series: int, n: int) -> Mapping[str, float]:
    """Return the 1 %, 5 % and 10 % critical values for `n` observations, NaN where none are published."""
    rows = _surface(trend, n_series).critical
    if not rows:
        return _NO_CRITICAL_VALUES
    inverse = 1.0 / n
    values = [b0 + inverse * (b1 + inverse * (b2 + inverse * b3)) for b0, b1, b2, b3 in rows]
    return dict(zip(LEVELS, values, strict=True))
