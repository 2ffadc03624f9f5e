"""The hedge ratio by Huber's M-estimator: least squares for ordinary bars, bounded pull for the others."""

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.covariance import errors_of_line
from quant.analytics.hedge.order import kth, median
from quant.analytics.hedge.outcome import fit_from, no_fit, too_short
from quant.analytics.inputs import checked_window, legs
from quant.analytics.regression import (
    DUPLICATE,
    FLAT,
    MISSING,
    NEAR,
    OK,
    SINGULAR,
    centred,
    fit_line,
    is_flat,
)
from quant.analytics.results import HedgeFit, HedgePath, HedgeStep
from quant.domain import FloatArray, HedgeMethod
from quant.kernel import jit, jit_fast

K = 1.345  # bends at this many scales: 95 % efficient for normal errors
MIN_BARS = 4
_NORMAL_MAD = 0.6744897501960817  # the median of |N(0, 1)|
_TOLERANCE = 1e-12  # of a scale: how far the line may still move when it is called settled
_FAR = 1e3  # times the scale: least-squares residuals larger than that have lost digits
_MOST_ROUNDS = 500
_ROUNDS_OF_NEWTON = 30  # it is quick but may cycle: after that, reweighting
_SAMPLE = 95  # residuals that the first guess of the scale is made from
_REACH = np.array([0.3, 0.08, 0.02, 0.004])  # a share of the scale: how far it may be from the round before
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
def _newton_step(dx: FloatArray, residual: FloatArray, bend: float) -> tuple[float, float, float]:
    """Return shift and turn of Newton's step at this scale, NaN where few bars are left alone, and dx's sum of squares.

    It solves for the line of the same estimating equation as the reweighted one, in a third of the rounds.
    """
    alone = sx = sxx = pull = pull_x = square = 0.0
    for i in range(dx.size):
        value = residual[i]
        inside = 1.0 if abs(value) <= bend else 0.0
        bounded = min(max(value, -bend), bend)
        alone += inside
        sx += inside * dx[i]
        sxx += inside * dx[i] * dx[i]
        pull += bounded
        pull_x += bounded * dx[i]
        square += dx[i] * dx[i]
    determinant = sxx - sx * sx / alone
    if not determinant > 1e-3 * square:
        return np.nan, np.nan, square
    turn = (pull_x - sx * pull / alone) / determinant
    return (pull - turn * sx) / alone, turn, square


@jit
def _median_between(residual: FloatArray, sizes: FloatArray, low: float, high: float) -> float:
    """Return the median of |residual| where it lies between `low` and `high`, else NaN.

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
        return np.nan
    upper = float(kth(sizes, within, k))
    if n % 2:
        return upper
    lower = float(sizes[0])
    for i in range(k):
        lower = max(lower, float(sizes[i]))
    return 0.5 * (lower + upper)


@jit
def _absolute_median(residual: FloatArray, sizes: FloatArray, guess: float, reach: float) -> float:
    """Return the median of |residual|, quickly where it is within a share `reach` of the guess."""
    n = residual.size
    if guess == 0.0:  # none yet
        few = min(n, _SAMPLE)
        for i in range(few):
            sizes[i] = abs(residual[i * n // few])
        guess = float(kth(sizes, few, few // 2))
    for share in (reach, 10.0 * reach):
        found = _median_between(residual, sizes, (1.0 - share) * guess, (1.0 + share) * guess)
        if found == found:
            return found
    for i in range(n):
        sizes[i] = abs(residual[i])
    return float(median(sizes, n))


@jit_fast
def _sum(values: FloatArray) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total


@jit_fast
def _square_about(values: FloatArray, mean: float) -> float:
    """Return the sum of squared deviations."""
    square = 0.0
    for i in range(values.size):
        square += (values[i] - mean) ** 2
    return square


@jit
def _settle(dx: FloatArray, residual: FloatArray, sizes: FloatArray, out: FloatArray) -> bool:
    """Move residuals to Huber's line; fill `out` with shift, turn, scale, rounds; return False without a scale.

    Each round solves for the step from the line before, so that what rounding did to one is mended in the next.
    """
    n = dx.size
    shift = turn = scale = 0.0
    for rounds in range(1, _MOST_ROUNDS + 1):
        if rounds <= _ROUNDS_OF_SCALE:
            reach = _REACH[min(rounds, _REACH.size) - 1]
            scale = _absolute_median(residual, sizes, scale * _NORMAL_MAD, reach) / _NORMAL_MAD
        by = more = np.nan
        square = 0.0
        if 1 < rounds <= _ROUNDS_OF_NEWTON:
            by, more, square = _newton_step(dx, residual, K * scale)
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


@jit
def _nearest(residual: FloatArray) -> int:
    """Return the bar nearest to the line."""
    near = 0
    for i in range(residual.size):
        if abs(residual[i]) < abs(residual[near]):
            near = i
    return near


@jit
def fit_huber(
    y: FloatArray, x: FloatArray, dx: FloatArray, residual: FloatArray, sizes: FloatArray, out: FloatArray
) -> int:
    """Fill `out` with alpha, beta, sd, scale, rounds, R² and a bar near the line; return a code.

    `dx` receives x's deviations, `residual` the residuals of the line found; `sizes` is a buffer.
    """
    n = y.size
    out[:] = np.nan
    code, alpha, beta, ssr, _, syy = fit_line(y, x, dx, residual)
    if code in (MISSING, FLAT):
        return code
    near = n - 1
    if code == DUPLICATE:
        out[0], out[1], out[2], out[3], out[4], out[5], out[6] = alpha, beta, 0.0, 0.0, 0.0, 1.0, near
        return code
    found = np.empty(4)
    settled = _settle(dx, residual, sizes, found)
    beta += found[1]
    if settled:
        near = _nearest(residual)
        alpha = (y[near] - beta * x[near]) - residual[near]
        if (
            ssr > n * (_FAR * found[2]) ** 2
        ):  # a bad tick took digits from least squares: begin again from here
            for i in range(n):
                residual[i] = residual[near] + (y[i] - y[near]) - beta * (x[i] - x[near])
                dx[i] = x[i] - x[near]
            settled = _settle(dx, residual, sizes, found)
            beta += found[1]
            alpha = (y[near] - beta * x[near]) - residual[near]
            centred(x, dx)
    if not settled or is_flat(found[2] ** 2, 1, abs(y[near]) + abs(beta * x[near])):
        return SINGULAR
    square = _square_about(residual, _sum(residual) / n)
    out[0], out[1], out[2] = alpha, beta, math.sqrt(square / (n - 1))
    out[3], out[4], out[5], out[6] = found[2], found[3], 1.0 - square / syy, near
    return code


@jit
def huber_windows(y: FloatArray, x: FloatArray, window: int) -> FloatArray:
    """Return rows alpha, beta, sd, residual, each one longer than the input; column t is fitted on t-window … t-1."""
    n = y.size
    rows = np.full((4, n + 1), np.nan)
    dx, residual, sizes, out = np.empty(window), np.empty(window), np.empty(window), np.empty(7)
    for t in range(window, n + 1):
        code = fit_huber(y[t - window : t], x[t - window : t], dx, residual, sizes, out)
        if code not in (OK, NEAR, DUPLICATE):
            continue
        rows[0, t], rows[1, t], rows[2, t] = out[0], out[1], out[2]
        if t < n:
            near = int(out[6])
            at = t - window + near
            rows[3, t] = residual[near] + (y[t] - y[at]) - out[1] * (x[t] - x[at])
    return rows


@overload
def huber(y: ArrayLike, x: ArrayLike, *, window: None = None) -> HedgeFit: ...
@overload
def huber(y: ArrayLike, x: ArrayLike, *, window: int) -> HedgePath: ...
def huber(y: ArrayLike, x: ArrayLike, *, window: int | None = None) -> HedgeFit | HedgePath:
    """Return Huber's line of y on x (k = 1.345, MAD scale): one fit over all bars, or a path of rolling fits.

    Found by reweighted least squares, then Newton's steps for the same equation, until alpha and beta stand still.
    Parameters: `k`, `scale` (the MAD over 0.6745, in the units of y) and `rounds`. Needs 4 bars, 10 for standard
    errors; status `singular` where more than half of the bars lie on one line exactly, so that there is no
    scale. Raises InvalidParameter for legs of different length or a window under 4.
    """
    left, right = legs(y, x)
    if window is None:
        return _fit(left, right)
    window = checked_window(window, least=MIN_BARS)
    alpha, beta, sd, residual = huber_windows(left, right, window)
    step = HedgeStep(float(alpha[-1]), float(beta[-1]), float(sd[-1]))
    return HedgePath(HedgeMethod.HUBER, window, alpha[:-1], beta[:-1], sd[:-1], residual[:-1], step, {"k": K})


@jit
def _fit_with_errors(y: FloatArray, x: FloatArray, out: FloatArray) -> tuple[int, float, float]:
    """Fill `out` as `fit_huber` does; return a code and the standard errors of alpha and beta."""
    n = y.size
    dx, residual, sizes = np.empty(n), np.empty(n), np.empty(n)
    code = fit_huber(y, x, dx, residual, sizes, out)
    if code not in (OK, NEAR):
        return code, np.nan, np.nan
    # The residuals whose least-squares line errs as Huber's does: clipped, over the share left alone.
    bend, alone = K * out[3], 0
    for i in range(n):
        alone += abs(residual[i]) <= bend
    for i in range(n):
        residual[i] = min(max(residual[i], -bend), bend) * (n / alone)
    alpha, beta = errors_of_line(dx, residual, dx, x[0] - dx[0])
    return code, alpha, beta


def _fit(y: FloatArray, x: FloatArray) -> HedgeFit:
    n = y.size
    if n < MIN_BARS:
        return too_short(HedgeMethod.HUBER, n=n, need=MIN_BARS)
    out = np.empty(7)
    code, of_alpha, of_beta = _fit_with_errors(y, x, out)
    if code in (MISSING, FLAT, SINGULAR):
        return no_fit(HedgeMethod.HUBER, code, n=n, need=MIN_BARS)
    alpha, beta, sd, scale, rounds, r_squared, _ = out.tolist()
    return fit_from(
        HedgeMethod.HUBER, code, line=(alpha, beta), errors=(of_alpha, of_beta), sd=sd, r_squared=r_squared, n=n,
        need=MIN_BARS, parameters={"k": K, "scale": scale, "rounds": rounds},
    )  # fmt: skip
