"""Measure how often the 95 % interval of a hedge ratio holds the truth; prints the tables of docs/methods.md.

Run `PYTHONPATH=tests python tests/analytics/simulate_coverage.py [PART…]` from `backend`, PART one of errors, methods,
market; all take some ten minutes on one core.
"""

import sys

import numpy as np
from scipy.signal import lfilter

from analytics.known_betas import days_of, shares
from analytics.simulate_many import table
from analytics.walks import ar1, walk
from quant.analytics import HEDGE_METHODS, ols
from quant.domain import HedgeMethod

CASES = 2000
CELLS = [(n, life) for n in (60, 240, 1440) for life in (1, 5, 15, 30, 60, 120, 720) if life <= n // 2]
ALPHA, BETA, SD = 3.0, 1.3, 0.2
MARKETS, DAYS = range(1, 53), 5


def with_steps_correlated(rng, n, life, correlation=0.3):
    """Return legs where the innovations of the spread are correlated with x's steps."""
    steps = rng.standard_normal(n)
    rho = 0.5 ** (1.0 / life)
    noise = correlation * steps + np.sqrt(1.0 - correlation**2) * rng.standard_normal(n)
    spread = lfilter(
        [1.0], [1.0, -rho], noise * SD * np.sqrt(1.0 - rho**2), zi=[rho * SD * rng.standard_normal()]
    )[0]
    x = 100.0 + 0.1 * steps.cumsum()
    return ALPHA + BETA * x + spread, x


def with_heavy_tails(rng, n, life):
    """Return legs where the innovations of the spread have Student's law with three degrees of freedom."""
    rho = 0.5 ** (1.0 / life)
    noise = rng.standard_t(3, 200 + n) * SD * np.sqrt((1.0 - rho**2) / 3.0)
    x = walk(rng, n)
    return ALPHA + BETA * x + lfilter([1.0], [1.0, -rho], noise)[-n:], x


def legs(rng, n, life, white=0.0):
    """Return legs with an AR(1) between them, and white noise of so many times its standard deviation."""
    x = walk(rng, n)
    spread = ar1(rng, n, half_life=life, sd=SD)
    return ALPHA + BETA * x + spread + white * SD * rng.standard_normal(n), x


def plain_error(y, x, fit):
    """Return the textbook's standard error of beta, for residuals without memory."""
    dx = x - x.mean()
    residual = y - y.mean() - fit.beta * dx
    return np.sqrt(residual @ residual / (x.size - 2) / (dx @ dx))


def percent(hits, digits=1):
    return f"{100.0 * float(np.mean(hits)):.{digits}f} %"


def errors(cases=CASES):
    def rows():
        rng = np.random.default_rng(20260420)
        for n, life in CELLS:
            held = {name: [] for name in ("plain", "beta", "alpha", "correlated", "noise", "bounce", "heavy")}
            for _ in range(cases):
                y, x = legs(rng, n, life)
                fit = ols(y, x)
                held["plain"].append(abs(fit.beta - BETA) <= 1.96 * plain_error(y, x, fit))
                held["beta"].append(fit.beta_low <= BETA <= fit.beta_high)
                held["alpha"].append(abs(fit.alpha - ALPHA) <= 1.96 * fit.alpha_se)
                for name, (y, x) in (
                    ("correlated", with_steps_correlated(rng, n, life)),
                    ("noise", legs(rng, n, life, white=0.1)),
                    ("bounce", legs(rng, n, life, white=0.5)),
                    ("heavy", with_heavy_tails(rng, n, life)),
                ):
                    fit = ols(y, x)
                    held[name].append(fit.beta_low <= BETA <= fit.beta_high)
            yield (
                f"{n:,}",
                str(life),
                *(percent(hits, 0 if name == "plain" else 1) for name, hits in held.items()),
            )

    table(
        "β ± 1.96 se of OLS",
        ("bars", "half-life", "plain OLS", "this, β", "this, α", "steps of x correlated 0.3 with the spread's",
         "with white noise of 0.1 sd of the spread", "of 0.5 sd", "t(3) steps of the spread"),
        rows(),
    )  # fmt: skip


def methods(cases=CASES):
    def rows():
        rng = np.random.default_rng(20260421)
        for n, life in CELLS:
            drawn = [legs(rng, n, life) for _ in range(cases)]
            fits = ((HEDGE_METHODS[method](y, x) for y, x in drawn) for method in HedgeMethod)
            yield (
                f"{n:,}",
                str(life),
                *(percent([f.beta_low <= BETA <= f.beta_high for f in of]) for of in fits),
            )

    table("Every method", ("bars", "half-life", *HedgeMethod), rows())


def market():
    days = [day for seed in MARKETS for day in days_of(seed, days=DAYS)]

    def rows():
        for window in (240, 1440):
            found = shares(days, window=window, most=1)
            lives = sorted({life for life, _ in found[HedgeMethod.OLS]})
            yield f"{window:,}", "all", *(percent(np.concatenate([*of.values()])) for of in found.values())
            for life in lives:
                of_life = (
                    np.concatenate([hits for (each, _), hits in of.items() if each == life])
                    for of in found.values()
                )
                yield f"{window:,}", f"{life:g}", *(percent(hits) for hits in of_life)

    table("The simulated market", ("bars", "half-life", *HedgeMethod), rows())


if __name__ == "__main__":
    parts = {"errors": errors, "methods": methods, "market": market}
    for name in sys.argv[1:] or parts:
        parts[name]()
