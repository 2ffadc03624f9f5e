"""Measure the size and power of Engle-Granger, and the coverage of the half-life; prints the tables of docs/methods.md.

Run `python tests/analytics/simulate_cointegration.py size|power|half-life|johansen|stability` from `backend`, with
`tests` on PYTHONPATH. Each takes minutes on one core. Legs are walks with normal steps; a tied pair has AR(1)
residuals whose standard deviation is twice that of a step.
"""

import sys

import numpy as np

from analytics.walks import ar1, cointegrated, walk
from quant.analytics import Status, engle_granger, half_life, johansen, ols, stability

SEED = 20260420
LEVEL = 0.05
WINDOWS = (60, 240, 1000, 1440, 5000, 10_000)
HALF_LIVES = (2, 5, 10, 20, 60, 120)
PAIRS = (1, 435, 4950)


def table(title, header, rows):
    sys.stdout.write(f"\n{title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}\n")
    for row in rows:
        sys.stdout.write(f"| {' | '.join(row)} |\n")
        sys.stdout.flush()


def percent(values):
    return f"{100 * float(np.mean(values)):.1f} %"


def both_p(y, x, **options):
    return engle_granger(y, x, **options).p_value, engle_granger(x, y, **options).p_value


def size(draws=4000):
    """Share of independent walks called cointegrated at 5 %: one direction, and the pair's p."""

    def rows():
        for n in (60, 120, 240, 300, 1000, 1440, 5000):
            row = [f"{n:,}"]
            for tail in (None, 3):
                for options in ({"max_lag": 1, "autolag": None}, {"autolag": "aic"}, {"autolag": "bic"}):
                    rng = np.random.default_rng(SEED + n)
                    count = draws if n < 5000 else draws // 4
                    p = [
                        both_p(walk(rng, n, tail=tail), walk(rng, n, tail=tail), **options)
                        for _ in range(count)
                    ]
                    directed, pair = np.array(p), np.minimum(1.0, 2.0 * np.min(p, axis=1))
                    row.append(f"{percent(directed < LEVEL)} / {percent(pair < LEVEL)}")
            yield row

    header = ["bars", *(f"{kind}, {rule}" for kind in ("normal", "t(3)") for rule in ("1 lag", "AIC", "BIC"))]
    table("Size, one direction / pair", header, rows())


def by_threshold(tests):
    """The least p that Benjamini and Yekutieli accept when it is the only one of so many."""
    return LEVEL / (tests * np.sum(1.0 / np.arange(1, tests + 1)))


def power(draws=400):
    """Share of tied pairs found, alone and as the only one of many pairs."""

    def rows():
        for n in WINDOWS:
            row = [f"{n:,}"]
            for truth in HALF_LIVES:
                rng = np.random.default_rng(SEED + n + truth)
                p = [2.0 * min(both_p(*cointegrated(rng, n, half_life=truth))) for _ in range(draws)]
                shares = [100 * np.mean(np.array(p) < by_threshold(tests)) for tests in PAIRS]
                row.append(" / ".join(f"{share:.0f}" for share in shares))
            yield row

    header = ["bars", *map(str, HALF_LIVES)]
    table("Power in percent, one pair / the only one of 435 / of 4,950", header, rows())


def coverage(draws=2000):
    """Share of half-life intervals that hold the truth, for residuals of an estimated line and given series."""

    def rows():
        for n in (60, 240, 1440):
            row = [f"{n:,}"]
            for truth in HALF_LIVES:
                rng = np.random.default_rng(SEED + n + truth)
                residual, given = [], []
                for _ in range(draws):
                    y, x = cointegrated(rng, n, half_life=truth)
                    fit = ols(y, x)
                    found = half_life(y - fit.alpha - fit.beta * x, estimated=True)
                    residual.append(found.low <= truth <= found.high)
                    found = half_life(ar1(rng, n, half_life=truth))
                    given.append(found.low <= truth <= found.high)
                row.append(f"{percent(residual)} / {percent(given)}")
            yield row

    table("Coverage of the half-life, residuals / given series", ["bars", *map(str, HALF_LIVES)], rows())


def johansen_size(draws=3000):
    """Share of systems of walks called tied by the trace and the largest eigenvalue at 5 %."""

    def rows():
        for count in (2, 3, 5):
            for n in (300, 1440):
                rng = np.random.default_rng(SEED + n + count)
                row = [str(count), f"{n:,}"]
                for drift in (0.0, 0.02):
                    found = [
                        johansen(
                            np.column_stack(
                                [walk(rng, n) + drift * (k + 1) * np.arange(n) for k in range(count)]
                            )
                        )
                        for _ in range(draws // count)
                    ]
                    row.append(percent([one.rank > 0 for one in found]))
                    row.append(percent([one.rank_by_max_eigenvalue > 0 for one in found]))
                yield row

    header = ["series", "bars", "no drift, trace", "no drift, largest", "drift, trace", "drift, largest"]
    table("Size of Johansen's tests", header, rows())


def stability_size(draws=2000):
    """Share of pairs called unstable: with one line, and with a level moved by two or four sd of the spread."""

    def rows():
        for n in (60, 240, 1440):
            for truth in (1, 5, 15, 60):
                rng = np.random.default_rng(SEED + n + truth)
                row = [f"{n:,}", str(truth)]
                for moved in (0.0, 0.4, 0.8):
                    found = []
                    for _ in range(draws if not moved else draws // 4):
                        y, x = cointegrated(rng, n, half_life=truth)
                        y[n // 2 :] += moved
                        found.append(stability(y, x))
                    row.append(percent([one.p_value < LEVEL for one in found]))
                row.append(percent([one.status is Status.NOT_REVERTING for one in found]))
                yield row

    table(
        "Stability",
        ["bars", "half-life", "one line", "moved by 2 sd", "moved by 4 sd", "no answer then"],
        rows(),
    )


PARTS = {
    "size": size,
    "power": power,
    "half-life": coverage,
    "johansen": johansen_size,
    "stability": stability_size,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
