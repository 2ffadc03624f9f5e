"""A Kalman filter for a line whose level and slope are random walks, and the likelihood of their noise.

    v_t = a_t + b_t u_t + e_t,    (a_t, b_t) = (a_{t-1}, b_{t-1}) + N(0, Q),    e_t ~ N(0, r)

The beginning is nearly unknown. For the digits, u is counted from its first bar, so that this bar tells a alone and
nothing large has to cancel, and the covariance is updated in Joseph's form.
Durbin & Koopman (2012), "Time Series Analysis by State Space Methods".
"""

import math

import numpy as np

from quant.domain import FloatArray
from quant.kernel import jit, jit_fast

# Rows of what the filter returns: level and slope foreseen for a bar, its innovation and that one's variance.
LEVEL, SLOPE, INNOVATION, VARIANCE = 0, 1, 2, 3
DIFFUSE = 1e6  # variance of the unknown beginning, in units of r
_BURN = 2  # innovations that only find the beginning: they are no part of the likelihood
_COARSE, _FINE = 15, 1e-4  # points of the first search, and width of the last, in decades
LEAST_DECADE, MOST_DECADE = -10.0, 4.0
_GOLDEN = 0.6180339887498949


@jit
def run(v: FloatArray, u: FloatArray, q: FloatArray, r: float, state: FloatArray) -> FloatArray:
    """Filter the bars; return the four rows above, one column a bar and one for the bar to come.

    `q` holds the covariance of a step (aa, ab, bb), `state` level, slope and their covariance (aa, ab, bb) before
    the first bar and, on return, after the last one. A missing bar has no innovation and only widens the
    covariance. The column of the bar to come is valued at the last u.
    """
    n = v.size
    out = np.full((4, n + 1), np.nan)
    a, b, paa, pab, pbb = state[0], state[1], state[2], state[3], state[4]
    qaa, qab, qbb = q[0], q[1], q[2]
    last = 0.0
    for t in range(n):
        if t:
            paa += qaa
            pab += qab
            pbb += qbb
        out[LEVEL, t], out[SLOPE, t] = a, b
        h = u[t]
        if not (math.isfinite(h) and math.isfinite(v[t])):
            continue
        last = h
        ca, cb = paa + pab * h, pab + pbb * h
        s = ca + h * cb + r
        e = v[t] - a - b * h
        out[INNOVATION, t], out[VARIANCE, t] = e, s
        ka, kb = ca / s, cb / s
        a += ka * e
        b += kb * e
        # (I - k h') P (I - k h')' + r k k'
        iaa, iab, iba, ibb = 1.0 - ka, -ka * h, -kb, 1.0 - kb * h
        maa, mab = iaa * paa + iab * pab, iaa * pab + iab * pbb
        mba, mbb = iba * paa + ibb * pab, iba * pab + ibb * pbb
        paa = maa * iaa + mab * iab + r * ka * ka
        pab = maa * iba + mab * ibb + r * ka * kb
        pbb = mba * iba + mbb * ibb + r * kb * kb
    state[0], state[1], state[2], state[3], state[4] = a, b, paa, pab, pbb
    out[LEVEL, n], out[SLOPE, n] = a, b
    out[VARIANCE, n] = paa + qaa + 2.0 * (pab + qab) * last + (pbb + qbb) * last * last + r
    return out


@jit_fast
def _minus_log_likelihood(
    v: FloatArray, u: FloatArray, ratio: float, share: float, centre: float
) -> tuple[float, float]:
    """Return -2 log likelihood a bar but for a constant, and the R that makes it least."""
    a = b = pab = 0.0
    paa = pbb = DIFFUSE
    qaa, qab, qbb = ratio * (1.0 + share * centre * centre), ratio * share * centre, ratio * share
    logs = squares = 0.0
    product = 1.0
    n = v.size
    for t in range(n):
        if t:
            paa += qaa
            pab += qab
            pbb += qbb
        h = u[t]
        ca, cb = paa + pab * h, pab + pbb * h
        s = ca + h * cb + 1.0
        e = v[t] - a - b * h
        inverse = 1.0 / s
        ka, kb = ca * inverse, cb * inverse
        a += ka * e
        b += kb * e
        iaa, iab, iba, ibb = 1.0 - ka, -ka * h, -kb, 1.0 - kb * h
        maa, mab = iaa * paa + iab * pab, iaa * pab + iab * pbb
        mba, mbb = iba * paa + ibb * pab, iba * pab + ibb * pbb
        paa = maa * iaa + mab * iab + ka * ka
        pab = maa * iba + mab * ibb + ka * kb
        pbb = mba * iba + mbb * ibb + kb * kb
        if t >= _BURN:
            squares += e * e * inverse
            product *= s  # one logarithm for many factors
            if product > 1e100:
                logs += math.log(product)
                product = 1.0
    count = n - _BURN
    variance = squares / count
    return math.log(variance) + (logs + math.log(product)) / count, variance


@jit
def likeliest_ratio(v: FloatArray, u: FloatArray, share: float, centre: float) -> tuple[float, float]:
    """Return the q/R of greatest likelihood, from 1e-10 to 1e4, and its R.

    The level at u = -centre and the slope walk on their own, with variances q and share q a bar; a is the
    level at u = 0, where the first bar is.
    """
    step = (MOST_DECADE - LEAST_DECADE) / (_COARSE - 1)
    best, place = np.inf, 0
    for i in range(_COARSE):
        value, _ = _minus_log_likelihood(v, u, 10.0 ** (LEAST_DECADE + i * step), share, centre)
        if value < best:
            best, place = value, i
    low = LEAST_DECADE + max(place - 1, 0) * step
    high = LEAST_DECADE + min(place + 1, _COARSE - 1) * step
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, _ = _minus_log_likelihood(v, u, 10.0**left, share, centre)
    at_right, _ = _minus_log_likelihood(v, u, 10.0**right, share, centre)
    while high - low > _FINE:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left, _ = _minus_log_likelihood(v, u, 10.0**left, share, centre)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right, _ = _minus_log_likelihood(v, u, 10.0**right, share, centre)
    ratio = 10.0 ** (0.5 * (low + high))
    _, variance = _minus_log_likelihood(v, u, ratio, share, centre)
    return ratio, variance
