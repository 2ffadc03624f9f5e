"""The rounds by which residuals are moved from one line to Huber's: a scale, a step, until the line stands still."""

import math

import numpy as np

from quant.analytics.hedge.order import kth
from quant.domain import FloatArray
from quant.kernel import jit, jit_fast

K = 1.345  # bends at this many scales: 95 % efficient for normal errors
_NORMAL_MAD = 0.6744897501960817  # the median of |N(0, 1)|
_TOLERANCE = 1e-12  # of a scale: how far the line may still move when it is called settled
_MOST_ROUNDS = 500
# Line and scale together may go round between a few bars that could be the median: in the last two rounds of eight
# the scale is taken as given, which takes them elsewhere.
_TOGETHER, _TURN = 6, 8
_ROUNDS_OF_NEWTON = 30  # it is quick but may cycle: after that, reweighting
_SAMPLE = 95  # residuals that the first guess of the scale is made from
_REACH = np.array([0.3, 0.08, 0.02, 0.004])  # a share of the scale: how far it may be from what was expected
_ROUNDS_OF_SCALE = 100  # then the scale is held: with it fixed the iteration cannot cycle


@jit_fast
def _weighted_step(dx: FloatArray, residual: FloatArray, bend: float) -> tuple[float, float, float]:
    """Return shift and turn of the weighted least-squares line through the residuals, and dx's sum of squares."""
    w = wx = wr = wxx = wxr = square = 0.0
    for i in range(dx.size):
        size = abs(residual[i])
        weight = 1.0 if size <= bend else bend / size
        by_x = weight * dx[i]
        w += weight
        wx += by_x
        wr += weight * residual[i]
        wxx += by_x * dx[i]
        wxr += by_x * residual[i]
        square += dx[i] * dx[i]
    determinant = wxx - wx * wx / w
    if not determinant > 1e-12 * wxx:
        return np.nan, np.nan, square
    turn = (wxr - wx * wr / w) / determinant
    return (wr - turn * wx) / w, turn, square


@jit_fast
def _newton_step(
    dx: FloatArray, residual: FloatArray, bend: float, lower: float, upper: float
) -> tuple[float, float, float, float]:
    """Return shift and turn of Newton's step, the change of the scale that follows, and dx's sum of squares.

    It solves for the line of the same estimating equation as the reweighted one, the scale moving with the bars that
    are its median, at the distances `lower` and `upper`: once these bars stay the same, the next line is the last one.
    With NaN for `lower` and `upper` the scale is taken as given. NaN where few bars are left alone.
    """
    alone = sx = sxx = pull = pull_x = square = inner = inner_x = by_shift = by_turn = found = 0.0
    for i in range(dx.size):
        value = residual[i]
        size = abs(value)
        inside = 1.0 if size <= bend else 0.0
        bounded = min(max(value, -bend), bend)
        alone += inside
        sx += inside * dx[i]
        sxx += inside * dx[i] * dx[i]
        pull += bounded
        pull_x += bounded * dx[i]
        inner += inside * value
        inner_x += inside * value * dx[i]
        square += dx[i] * dx[i]
        median = (1.0 if size == lower else 0.0) + (1.0 if size == upper else 0.0)
        found += median
        median = median if value > 0.0 else -median
        by_shift -= median
        by_turn -= median * dx[i]
    if found != 2.0:  # several bars at one distance: which of them stays the median is not known
        by_shift = by_turn = 0.0
    half = 0.5 / _NORMAL_MAD
    # What the bars outside pull with grows with the scale.
    outer, outer_x = (pull - inner) / (bend / K), (pull_x - inner_x) / (bend / K)
    by, more, growth = _solved(
        alone, sx, sxx, pull, pull_x, outer, outer_x, by_shift * half, by_turn * half, 1e-3 * square
    )
    return by, more, growth, square


@jit
def _solved(
    alone: float, sx: float, sxx: float, pull: float, pull_x: float, outer: float, outer_x: float, by_shift: float,
    by_turn: float, least: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Return shift, turn and the scale's change from the sums of `_newton_step`, NaN without a safe solution."""
    alone_determinant = alone * sxx - sx * sx
    a, b = alone - outer * by_shift, sx - outer * by_turn
    c, d = sx - outer_x * by_shift, sxx - outer_x * by_turn
    determinant = a * d - b * c
    if not (alone_determinant > alone * least and determinant > 0.1 * alone_determinant):
        return np.nan, np.nan, 0.0
    shift, turn = (d * pull - b * pull_x) / determinant, (a * pull_x - c * pull) / determinant
    return shift, turn, by_shift * shift + by_turn * turn


@jit
def _median_between(residual: FloatArray, sizes: FloatArray, low: float, high: float) -> tuple[float, float]:
    """Return the two middle values of |residual|, the same one twice for an odd number, where both lie between
    `low` and `high`, else NaN.

    Only the sizes between these are put into order.
    """
    n = residual.size
    under = within = 0
    for i in range(n):
        size = abs(residual[i])
        under += size < low
        sizes[within] = size
        within += low <= size <= high
    k = n // 2 - under
    if k >= within or k < 1 - n % 2:
        return np.nan, np.nan
    return _middle(sizes, within, k, n)


@jit
def _middle(sizes: FloatArray, count: int, k: int, n: int) -> tuple[float, float]:
    """Return the two middle values of n sizes, of which the first `count` are at hand and place k is the middle."""
    upper = float(kth(sizes, count, k))
    if n % 2:
        return upper, upper
    lower = float(sizes[0])
    for i in range(k):
        lower = max(lower, float(sizes[i]))
    return lower, upper


@jit
def _middle_sizes(residual: FloatArray, sizes: FloatArray, guess: float, reach: float) -> tuple[float, float]:
    """Return the two middle values of |residual|, quickly where they are within a share `reach` of the guess."""
    n = residual.size
    if guess == 0.0:  # none yet
        few = min(n, _SAMPLE)
        for i in range(few):
            sizes[i] = abs(residual[i * n // few])
        guess = float(kth(sizes, few, few // 2))
    for share in (reach, 10.0 * reach):
        lower, upper = _median_between(residual, sizes, (1.0 - share) * guess, (1.0 + share) * guess)
        if lower == lower:
            return lower, upper
    for i in range(n):
        sizes[i] = abs(residual[i])
    return _middle(sizes, n, n // 2, n)


@jit
def settle(dx: FloatArray, residual: FloatArray, sizes: FloatArray, out: FloatArray) -> bool:
    """Move residuals to Huber's line; fill `out` with shift, turn, scale, rounds; return False without a scale.

    Each round solves for the step from the line before, so that what rounding did to one is mended in the next.
    """
    n = dx.size
    shift = turn = scale = growth = lower = upper = 0.0
    for rounds in range(1, _MOST_ROUNDS + 1):
        if rounds <= _ROUNDS_OF_SCALE:
            reach = _REACH[min(rounds, _REACH.size) - 1]
            guess = max(scale + growth, 0.5 * scale) * _NORMAL_MAD
            lower, upper = _middle_sizes(residual, sizes, guess, reach)
            scale = 0.5 * (lower + upper) / _NORMAL_MAD
        by = more = np.nan
        square = growth = 0.0
        if 1 < rounds <= _ROUNDS_OF_NEWTON:
            if rounds % _TURN >= _TOGETHER:
                lower = upper = np.nan
            by, more, growth, square = _newton_step(dx, residual, K * scale, lower, upper)
        if not (math.isfinite(by) and math.isfinite(more)):
            by, more, square = _weighted_step(dx, residual, K * scale)
        if not (scale > 0.0 and math.isfinite(by) and math.isfinite(more)):
            return False
        for i in range(n):
            residual[i] -= by + more * dx[i]
        shift += by
        turn += more
        out[3] = rounds
        if abs(by) + abs(more) * math.sqrt(square / n) <= _TOLERANCE * scale:
            break
    out[0], out[1], out[2] = shift, turn, scale
    return True
