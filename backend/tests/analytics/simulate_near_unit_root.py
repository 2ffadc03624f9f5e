"""Regenerate `quant.analytics.tables.near_unit_root`: quantiles of the AR(1) t-ratio near a unit root.

Run `python tests/analytics/simulate_near_unit_root.py > src/quant/analytics/tables/near_unit_root.py`, then
`ruff format`; it takes four minutes on one core. A series starts from its stationary law, a walk from zero.
"""

import sys

import numba
import numpy as np

BARS = 400
DRAWS = 200_000
SEED = 20260419
DISTANCES = (0, 0.5, 1, 2, 3, 4.5, 6.5, 9, 12, 16, 22, 30, 42, 60, 90, 140, 220, 340, 520)
LEVELS = (0.025, 0.5, 0.975)
HEADER = f"""Quantiles of the t-ratio (estimate - rho) / se in u_t = c + rho u_{{t-1}} + e_t, rho near one.

Rows are the 2.5 %, 50 % and 97.5 % points, columns the distance -n ln(rho) from a unit root; further
out the law nears the standard normal one. `GIVEN` is for an observed series, `RESIDUAL` for residuals
of a regression on one independent random walk.
{DRAWS:,} draws of {BARS} bars a column: simulation error about 0.01. Made by
`tests/analytics/simulate_near_unit_root.py`; the idea is that of Stock (1991) and Hansen (1999).
"""


@numba.njit
def t_ratios(rho, bars, draws, residual, seed):
    np.random.seed(seed)
    out = np.empty(draws)
    u, x = np.empty(bars), np.empty(bars)
    for draw in range(draws):
        u[0] = 0.0 if rho == 1.0 else np.random.standard_normal() / np.sqrt(1.0 - rho * rho)
        x[0] = 0.0
        for t in range(1, bars):
            u[t] = rho * u[t - 1] + np.random.standard_normal()
            x[t] = x[t - 1] + np.random.standard_normal()
        if residual:
            x -= x.mean()
            u -= u.mean()
            u -= (x @ u) / (x @ x) * x
        before, after = u[:-1] - u[:-1].mean(), u[1:] - u[1:].mean()
        square = before @ before
        estimate = (before @ after) / square
        rest = after - estimate * before
        out[draw] = (estimate - rho) / np.sqrt(rest @ rest / (bars - 3) / square)
    return out


def table(residual):
    rows = []
    for k, distance in enumerate(DISTANCES):
        draws = t_ratios(np.exp(-distance / BARS), BARS, DRAWS, residual, SEED + k)
        rows.append(np.quantile(draws, LEVELS))
    return np.round(np.array(rows).T, 3)


def main():
    sys.stdout.write(f'"""{HEADER}"""\n\nimport numpy as np\n\n')
    sys.stdout.write(f"DISTANCES = np.array({[float(distance) for distance in DISTANCES]})\n")
    for name, residual in (("GIVEN", False), ("RESIDUAL", True)):
        sys.stdout.write(f"{name} = np.array({table(residual).tolist()})\n")


if __name__ == "__main__":
    main()
