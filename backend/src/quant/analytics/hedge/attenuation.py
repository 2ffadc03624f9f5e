"""How far errors in x pull a slope that is learned from short steps towards zero.

A close is a trade at bid or ask, and some time before the other leg's: so a leg's steps hold an error that its next
step takes back, and part of a movement shows in one leg a bar after the other. Both make the slope of steps on steps
of the same bar too small, and leave the rest of it at the bars beside. Slopes at the bar before and after, added to
it, make it whole (Scholes & Williams 1977, Dimson 1979); what they add is the pull, known as well as the data tell it.
"""

import math

import numpy as np

from quant.domain import FloatArray
from quant.kernel import jit

_LEAST_BARS = 10
_ONE_SIDED_5 = 1.6448536269514722


@jit
def _unforeseen(series: FloatArray, gain: float, out: FloatArray) -> None:
    """Fill each bar less the level that a local-level filter with this gain has of the bars before it."""
    level = series[0]
    for t in range(series.size):
        out[t] = series[t] - level
        level += gain * out[t]


def pull(y: FloatArray, x: FloatArray, noise_ratio: float) -> float:
    """Return by how much the slope of a filter with this q/R falls short of the whole one, 0 where none is seen.

    The root of the squared shortfall less its variance, where the slope is nearer to zero by more than chance explains
    (one-sided 5 %); both legs as the filter sees them, freed of the level that it foresees. 0 for fewer than ten bars,
    and for legs that move as one.
    """
    if x.size < _LEAST_BARS:
        return 0.0
    gain = 0.5 * (math.sqrt(noise_ratio * (noise_ratio + 4.0)) - noise_ratio)
    of_y, of_x = np.empty(y.size), np.empty(x.size)
    _unforeseen(y, gain, of_y)
    _unforeseen(x, gain, of_x)
    inner = slice(2, -1)  # the first bar has nothing before it to be foreseen from
    legs = np.stack([of_x[inner], of_x[1:-2], of_x[3:], of_y[inner]])
    legs -= legs.mean(axis=1, keepdims=True)
    moments = legs @ legs.T
    products, cross = moments[:3, :3], moments[:3, 3]
    if not moments[0, 0] > 0.0 or np.linalg.cond(products) > 1e10:
        return 0.0
    inverse = np.linalg.inv(products)
    slopes = inverse @ cross
    alone = cross[0] / products[0, 0]
    rest = max(float(moments[3, 3] - slopes @ cross), 0.0) / (legs.shape[1] - 4)
    short = float(slopes.sum()) - float(alone)
    variance = rest * max(float(inverse.sum()) - 1.0 / float(products[0, 0]), 0.0)
    if short * alone <= 0.0 or short**2 <= _ONE_SIDED_5**2 * variance:
        return 0.0
    return math.copysign(math.sqrt(short**2 - variance), short)
