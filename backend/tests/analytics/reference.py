"""Slow, obvious twins of the pair statistics: whole windows, extended precision, textbook regressions."""

import numpy as np

EXACT = np.longdouble


def line(y, x):
    """Return alpha, beta and residuals of `y = alpha + beta x`, in extended precision."""
    y, x = np.asarray(y, EXACT), np.asarray(x, EXACT)
    dy, dx = y - y.mean(), x - x.mean()
    dx, dy = dx - dx.mean(), dy - dy.mean()
    beta = (dx * dy).sum() / (dx * dx).sum()
    return y.mean() - beta * x.mean(), beta, dy - beta * dx


def rolling_ols(y, x, window):
    """Return alpha, beta, sd, z-score and largest term of every row, from the `window` bars before it."""
    out = np.full((5, y.size), np.nan)
    for t in range(window, y.size):
        rows = slice(t - window, t)
        if np.isnan(y[rows]).any() or np.isnan(x[rows]).any():
            continue
        alpha, beta, residuals = line(y[rows], x[rows])
        sd = np.sqrt((residuals**2).sum() / (window - 1))
        away_y, away_x = (leg[t] - leg[t - 1] - (EXACT(leg[rows]) - leg[t - 1]).mean() for leg in (y, x))
        now = away_y - beta * away_x
        size = np.abs(y[rows]).max() + np.abs(beta * x[rows]).max()
        out[:, t] = alpha, beta, sd, now / sd if sd > 0 else np.nan, size
    return out


def rolling_correlation(y, x, window):
    """Return Pearson's correlation of log returns over the `window` returns that end at each row."""
    ry, rx = np.diff(np.log(np.asarray(y, EXACT))), np.diff(np.log(np.asarray(x, EXACT)))
    out = np.full(y.size, np.nan)
    for t in range(window, y.size):
        a, b = ry[t - window : t], rx[t - window : t]
        a, b = a - a.mean(), b - b.mean()
        out[t] = (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())
    return out


def dickey_fuller(series, *, regression, lags):
    """Return the t-ratio of the lagged level in the textbook regression with exactly `lags` lags."""
    steps = np.diff(series)
    rows = range(lags, steps.size)
    fixed = {"n": [], "c": [1.0], "ct": [1.0, 0.0]}[regression]
    design = []
    for t in rows:
        deterministic = [1.0, float(t)][: len(fixed)]
        design.append([series[t], *deterministic, *(steps[t - j] for j in range(1, lags + 1))])
    design, dependent = np.array(design), steps[lags:]
    solution, *_ = np.linalg.lstsq(design, dependent, rcond=None)
    rest = dependent - design @ solution
    variance = rest @ rest / (dependent.size - design.shape[1])
    return solution[0] / np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0])


def half_life(series):
    """Return -ln 2 / ln(1 + phi) from an ordinary regression of the step on the level."""
    phi = np.polyfit(series[:-1], np.diff(series), 1)[0]
    return -np.log(2.0) / np.log1p(phi)


def johansen(series, *, det_order, lags):
    """Return Johansen's eigenvalues from canonical correlations, orthogonalised in extended precision."""
    levels = np.asarray(series, EXACT)
    if det_order >= 0:
        powers = np.vander(np.linspace(-1, 1, len(levels)), det_order + 1).astype(EXACT)
        levels = levels - project(levels, orthonormal(powers))
    steps = np.diff(levels, axis=0)
    lagged = [steps[lags - lag : len(steps) - lag] for lag in range(1, lags + 1)]
    fixed = [np.ones((len(steps) - lags, 1), EXACT)] * (det_order >= 0)
    known = orthonormal(np.column_stack([*fixed, *lagged])) if fixed or lagged else np.zeros((len(steps), 0))
    before, now = levels[lags:-1], steps[lags:]
    left, right = (orthonormal(part - project(part, known)) for part in (before, now))
    return np.linalg.svd((left.T @ right).astype(float), compute_uv=False) ** 2


def project(columns, basis):
    return basis @ (basis.T @ columns)


def orthonormal(columns):
    """Return an orthonormal basis of the columns by Gram and Schmidt, each column cleaned three times."""
    basis = np.zeros((len(columns), 0), EXACT)
    for column in np.asarray(columns, EXACT).T:
        for _ in range(3):
            column = column - project(column, basis)
            column = column / np.sqrt(column @ column)
        basis = np.column_stack([basis, column])
    return basis
