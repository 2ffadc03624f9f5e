"""The hedge ratio by a Kalman filter: alpha and beta are random walks, each bar is foreseen from those before it.

The filter works on the residuals of the formation window's least-squares line, in units of their sd, against x
in units of its sd there: so nothing depends on the scale or level of prices, and one number, q/R, says how fast
the line drifts: over a bar, alpha at the window's mean x, and y at one sd from it by beta's drift, move alike.
That number and R are the likeliest ones on the formation window and stay what they are: fitted on all bars
they would look ahead. Chan (2013), "Algorithmic Trading", fixes them instead, in price units: delta and V_epsilon.
"""

import math
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.hedge.attenuation import pull
from quant.analytics.hedge.outcome import fit_from, no_fit, too_short
from quant.analytics.hedge.random_walk import (
    DIFFUSE,
    INNOVATION,
    LEVEL,
    SLOPE,
    VARIANCE,
    likeliest_ratio,
    run,
)
from quant.analytics.inputs import checked_window, legs
from quant.analytics.regression import DUPLICATE, FLAT, MISSING, NEAR, OK, fit_line
from quant.analytics.results import HedgeFit, HedgePath, HedgeStep
from quant.domain import FloatArray, HedgeMethod
from quant.errors import InvalidParameter
from quant.kernel import jit

MIN_BARS = 10
_SHARE = 0.15  # of alpha's variance a bar that beta's has, times the formation window's bars
_LAGS = 10  # of the whiteness check


@dataclass(frozen=True, slots=True)
class _Model:
    """Where the formation window lies, the units the filter works in, and the noise found there.

    States are deviations from `alpha` and `beta`; their level is that at `x0`, in units `unit` of y, and their
    slope is per `unit_x` of x.
    """

    code: int
    start: int = 0
    end: int = 0  # the first bar after the formation window
    alpha: float = 0.0
    beta: float = 0.0
    x0: float = 0.0
    unit: float = 1.0
    unit_x: float = 1.0
    q: tuple[float, float, float] = (0.0, 0.0, 0.0)  # covariance of a step: level, both, slope
    r: float = 0.0
    noise_ratio: float = 0.0
    unknown: float = 0.0  # variance of the state before the first bar
    options: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """What the filter made of the bars from the formation window's first on, in price units."""

    alpha: FloatArray
    beta: FloatArray
    sd: FloatArray
    residual: FloatArray
    errors: tuple[float, float]  # standard errors of alpha and beta after the last bar
    parameters: dict[str, float]


@jit
def _residuals_along(
    y: FloatArray, x: FloatArray, beta: float, anchor: int, at_anchor: float, out: FloatArray
) -> None:
    """Fill the residuals of the line with this slope and this residual at bar `anchor`."""
    for i in range(y.size):
        out[i] = at_anchor + (y[i] - y[anchor]) - beta * (x[i] - x[anchor])


@overload
def kalman(
    y: ArrayLike, x: ArrayLike, *, window: None = None, formation: int | None = None, delta: float | None = None,
    v_epsilon: float | None = None,
) -> HedgeFit: ...  # fmt: skip
@overload
def kalman(
    y: ArrayLike, x: ArrayLike, *, window: int, formation: None = None, delta: float | None = None,
    v_epsilon: float | None = None,
) -> HedgePath: ...  # fmt: skip
def kalman(
    y: ArrayLike,
    x: ArrayLike,
    *,
    window: int | None = None,
    formation: int | None = None,
    delta: float | None = None,
    v_epsilon: float | None = None,
) -> HedgeFit | HedgePath:
    """Return alpha and beta after the last bar, or with `window` what was foreseen for each bar.

    Noise is estimated on the first `formation` bars (all, unless given) or the first `window` bars, moved on to the
    first such window without a hole or a constant leg, and frozen; rows begin after it. A bar missing later has
    no row and is filtered over. Row t is `alpha`, `beta` before bar t, `residual` its innovation and `sd` √S_t, so that
    residual / sd is the standardised innovation; `next_fit.sd` and a fit's `sd` are √S at the last x.
    With `delta` and `v_epsilon` noise is Chan's instead: qa = qb = delta / (1 - delta), R = v_epsilon, from
    alpha = beta = 0, in the units of the legs, hence not equivariant to scale.

    Parameters: `noise_ratio` q/R of alpha, `observation_variance` R in squared units of y, `beta_variance` that of
    a step of beta, `beta_pull` by how much errors in x seem to pull beta towards zero,
    `formation` in bars from bar `formation_start` on, and `whiteness_p`, Ljung and Box's p over the formation window's
    standardised innovations. The errors are the filter's own and that pull. Needs 10 bars. Raises
    InvalidParameter.
    """
    left, right = legs(y, x)
    chosen = _chosen(delta, v_epsilon)
    if window is not None:
        if formation is not None:
            raise InvalidParameter("formation", "belongs to a fit: a path's is its window")
        return _path(left, right, checked_window(window, least=MIN_BARS), chosen)
    size = left.size if formation is None else checked_window(formation, least=MIN_BARS)
    return _fit(left, right, size, chosen)


def _chosen(delta: float | None, v_epsilon: float | None) -> tuple[float, float] | None:
    if delta is None and v_epsilon is None:
        return None
    if delta is None or not 0.0 < delta < 1.0:
        raise InvalidParameter("delta", f"must lie between 0 and 1, and comes with v_epsilon; got {delta!r}")
    if v_epsilon is None or not 0.0 < v_epsilon < math.inf:
        raise InvalidParameter(
            "v_epsilon", f"must be a positive number, and comes with delta; got {v_epsilon!r}"
        )
    return float(delta), float(v_epsilon)


def _fit(y: FloatArray, x: FloatArray, size: int, chosen: tuple[float, float] | None) -> HedgeFit:
    n, need = y.size, max(size, MIN_BARS)
    if n < need:
        return too_short(HedgeMethod.KALMAN, n=n, need=need)
    model = _model(y, x, size, chosen)
    if model.code in (MISSING, FLAT):
        return no_fit(HedgeMethod.KALMAN, model.code, n=n, need=need)
    if model.code == DUPLICATE:
        return fit_from(
            HedgeMethod.KALMAN, DUPLICATE, line=(model.alpha, model.beta), errors=(math.nan, math.nan), sd=0.0,
            r_squared=1.0, n=n, need=need,
        )  # fmt: skip
    found = _filtered(y, x, model)
    share = float(np.nanmean(found.residual[2:] ** 2)) / float(np.nanvar(y[model.start :]))
    return fit_from(
        HedgeMethod.KALMAN, model.code, line=(float(found.alpha[-1]), float(found.beta[-1])), errors=found.errors,
        sd=float(found.sd[-1]), r_squared=1.0 - share, n=n, need=need, parameters=found.parameters,
    )  # fmt: skip


def _path(y: FloatArray, x: FloatArray, window: int, chosen: tuple[float, float] | None) -> HedgePath:
    rows = np.full((4, y.size + 1), np.nan)
    model = _model(y, x, window, chosen)
    parameters: dict[str, float] = {}
    if model.code in (OK, NEAR):
        found = _filtered(y, x, model)
        parameters = found.parameters
        for row, values in zip(rows, (found.alpha, found.beta, found.sd, found.residual), strict=True):
            row[model.end :] = values[model.end - model.start :]
    step = HedgeStep(float(rows[0, -1]), float(rows[1, -1]), float(rows[2, -1]))
    alpha, beta, sd, residual = rows[:, :-1]
    return HedgePath(HedgeMethod.KALMAN, window, alpha, beta, sd, residual, step, parameters)


def _model(y: FloatArray, x: FloatArray, size: int, chosen: tuple[float, float] | None) -> _Model:
    """Return the model of the first `size` bars that determine one, else what stands in the way of the last."""
    missing = np.flatnonzero(~(np.isfinite(y) & np.isfinite(x)))
    dx, residual = np.empty(size), np.empty(size)
    model, start = _Model(MISSING), 0
    while start + size <= y.size:
        holes = missing[(missing >= start) & (missing < start + size)]
        if holes.size:
            start = int(holes[-1]) + 1
            continue
        part = slice(start, start + size)
        code, alpha, beta, ssr, sxx, _ = fit_line(y[part], x[part], dx, residual)
        model = _Model(code, start, start + size, alpha, beta)
        if code in (OK, NEAR):
            if chosen is not None:
                return _chans(model, *chosen)
            unit, unit_x = math.sqrt(ssr / (size - 1)), math.sqrt(sxx / (size - 1))
            return _likeliest(replace(model, x0=float(x[start]), unit=unit, unit_x=unit_x), residual, dx)
        start += size
    return model


def _chans(model: _Model, delta: float, v_epsilon: float) -> _Model:
    q = delta / (1.0 - delta)
    options = (("delta", delta), ("v_epsilon", v_epsilon))
    return replace(
        model, alpha=0.0, beta=0.0, q=(q, 0.0, q), r=v_epsilon, noise_ratio=q / v_epsilon, options=options
    )


def _likeliest(model: _Model, residual: FloatArray, dx: FloatArray) -> _Model:
    share, centre = _SHARE / dx.size, float(dx[0]) / model.unit_x
    u = dx / model.unit_x - centre
    ratio, r = likeliest_ratio(residual / model.unit, u, share, centre)
    q = ratio * r
    step = (q * (1.0 + share * centre**2), q * share * centre, q * share)
    return replace(model, q=step, r=r, noise_ratio=ratio, unknown=DIFFUSE * r)


def _filtered(y: FloatArray, x: FloatArray, model: _Model) -> _Run:
    size = model.end - model.start
    ours_y, ours_x = y[model.start :], x[model.start :]
    v, u = ours_y, ours_x
    if not model.options:
        dx, residual, v = np.empty(size), np.empty(size), np.empty(ours_y.size)
        fit_line(ours_y[:size], ours_x[:size], dx, residual)
        _residuals_along(ours_y, ours_x, model.beta, size - 1, residual[-1], v)
        v /= model.unit
        u = (ours_x - ours_x[0]) / model.unit_x
    state = np.array([0.0, 0.0, model.unknown, 0.0, model.unknown])
    out = run(v, u, np.array(model.q), model.r, state)
    slope, away = model.unit / model.unit_x, model.x0 / model.unit_x
    _, _, paa, pab, pbb = (float(value) for value in state)
    of_alpha = max(paa - 2.0 * away * pab + away**2 * pbb, 0.0)
    pulled = pull(ours_y[:size], ours_x[:size], model.noise_ratio)  # and alpha with it, about the last x
    last_x = float(ours_x[np.isfinite(ours_x)][-1])
    scores = out[INNOVATION, 2:size] / np.sqrt(out[VARIANCE, 2:size])
    return _Run(
        alpha=(model.alpha + model.unit * out[LEVEL]) - (slope * model.x0) * out[SLOPE],
        beta=model.beta + slope * out[SLOPE],
        sd=model.unit * np.sqrt(out[VARIANCE]),
        residual=model.unit * out[INNOVATION],
        errors=(
            math.hypot(model.unit * math.sqrt(of_alpha), pulled * last_x),
            math.hypot(slope * math.sqrt(pbb), pulled),
        ),
        parameters={
            "noise_ratio": model.noise_ratio,
            "observation_variance": model.unit**2 * model.r,
            "beta_variance": slope**2 * model.q[2],
            "beta_pull": pulled,
            "formation": float(size),
            "formation_start": float(model.start),
            "whiteness_p": whiteness(scores),
            **dict(model.options),
        },
    )


def whiteness(scores: FloatArray) -> float:
    """Return Ljung and Box's p of up to ten autocorrelations; small where scores are not white noise."""
    n = scores.size
    lags = min(_LAGS, 2 * (n // 8))
    if lags == 0:
        return math.nan
    away = scores - scores.mean()
    square = float(away @ away)
    if not square > 0.0:
        return math.nan
    found = [float(away[lag:] @ away[:-lag]) / square for lag in range(1, lags + 1)]
    half = 0.5 * n * (n + 2) * sum(r * r / (n - lag) for lag, r in enumerate(found, 1))
    # the upper tail of chi-squared with an even number of degrees of freedom is a Poisson sum
    term, total = 1.0, 1.0
    for k in range(1, lags // 2):
        term *= half / k
        total += term
    return max(math.exp(-half) * total, math.ulp(0.0))
