"""Measure size, power and coverage of the tests; prints the tables of docs/methods.md.

Run `PYTHONPATH=tests python tests/analytics/simulate_tests.py [PART…]` from `backend`, PART one of size, power,
half-life, johansen, stability, series, ticks. Together they take some ten minutes on one core. Legs are walks with
normal steps of 0.1; a tied pair has AR(1) residuals with a standard deviation of 0.2.
"""

import sys

import numpy as np

from analytics.ticks import bars_of_ticks, trades
from analytics.walks import ar1, cointegrated, fractional_walk, walk
from quant.analytics import (
    Status,
    engle_granger,
    half_life,
    hayashi_yoshida,
    hurst,
    johansen,
    kpss,
    ols,
    stability,
    variance_ratio,
)

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


def series_tests(draws=2000):
    """Coverage of the Hurst exponent; size of the variance ratio and of KPSS."""

    def exponents():
        for n in (60, 240, 1440):
            rng = np.random.default_rng(SEED + n)
            row = [f"{n:,}"]
            for truth in (0.3, 0.5, 0.7):
                found = [hurst(fractional_walk(rng, n, truth)) for _ in range(draws)]
                mean = np.mean([one.hurst for one in found])
                row.append(f"{mean:.2f}, {percent([one.low <= truth <= one.high for one in found])}")
            yield [*row, percent([hurst(walk(rng, n, tail=3)).p_value < LEVEL for _ in range(draws)])]

    def ratios():
        for n in (60, 240, 1440):
            rng = np.random.default_rng(SEED + n)
            row = [f"{n:,}"]
            for lags in (2, 10, n // 4):
                plain = [variance_ratio(walk(rng, n), lags=lags).p_value < LEVEL for _ in range(draws)]
                paths = (
                    np.exp(0.7 * ar1(rng, n, half_life=20)) * rng.standard_normal(n) for _ in range(draws)
                )
                clustered = [variance_ratio(path.cumsum(), lags=lags).p_value < LEVEL for path in paths]
                row.append(f"{percent(plain)} / {percent(clustered)}")
            yield row

    def stationary():
        for n in (60, 240, 1440):
            rng = np.random.default_rng(SEED + n)
            made = [lambda rng=rng, n=n: rng.standard_normal(n)]
            made += [lambda rng=rng, n=n, truth=truth: ar1(rng, n, half_life=truth) for truth in (5, 20)]
            made += [lambda rng=rng, n=n: walk(rng, n)]
            yield [
                f"{n:,}",
                *(percent([kpss(make()).p_value <= LEVEL for _ in range(draws)]) for make in made),
            ]

    table(
        "Hurst, mean and coverage; size with t(3) steps",
        ["bars", "0.3", "0.5", "0.7", "t(3) walk"],
        exponents(),
    )
    table("Variance ratio, size: even / clustered volatility", ["bars", "2", "10", "n/4"], ratios())
    table("KPSS, share rejected at 5 %", ["bars", "noise", "half-life 5", "20", "walk"], stationary())


def tick_correlation(draws=100):
    """What a true correlation of 0.90 reads at two trades a second for an hour."""

    def rows():
        for bounce in (0.0, 5e-5, 1e-4):
            for kept in (0.0, 0.5, 0.8):
                if kept and not bounce:
                    continue
                rng = np.random.default_rng(SEED)
                found, bars = [], []
                for _ in range(draws):
                    y, x = trades(rng, correlation=0.9, bounce=bounce, side_kept=kept)
                    found.append(hayashi_yoshida(*y, *x, lags_ns=[]))
                    bars.append(np.corrcoef(bars_of_ticks(*y), bars_of_ticks(*x))[0, 1])
                values = [one.correlation for one in found]
                held = percent([one.low <= 0.9 <= one.high for one in found])
                yield [f"{1e4 * bounce:.1f}", f"{(1 + kept) / 2:.2f}", f"{np.mean(bars):.2f}",
                       f"{np.mean(values):.2f} ± {np.std(values):.2f}", held]  # fmt: skip

    table("Tick correlation", ["bounce, bp", "same side", "1 s bars", "ticks", "covered"], rows())


PARTS = {
    "size": size,
    "power": power,
    "half-life": coverage,
    "johansen": johansen_size,
    "stability": stability_size,
    "series": series_tests,
    "ticks": tick_correlation,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
