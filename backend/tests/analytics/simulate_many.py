"""Measure what is called of many pairs; prints the tables of "Many tests" and "Stale legs" in docs/methods.md.

Run `PYTHONPATH=tests python tests/analytics/simulate_many.py [PART…]` from `backend`, PART one of stale, null, price;
all take a minute on one core. One stage and two are in `simulate_stages.py`.
"""

import math
import sys
from contextlib import contextmanager

import numpy as np

from analytics.universes import cointegrated_pairs, null_walks
from quant.analytics import scan_pairs, staleness

SEED = 20260420
LEVEL = 0.05


def table(title, header, rows):
    sys.stdout.write(f"\n{title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}\n")
    for row in rows:
        sys.stdout.write(f"| {' | '.join(row)} |\n")
        sys.stdout.flush()


def percent(values):
    return f"{100 * float(np.mean(values)):.2f} %"


@contextmanager
def stale_legs_tested():
    """Lift the thresholds, to measure what they cut off."""
    held = staleness.LEAST_MOVES, staleness.MOST_OF_ONE_STEP
    staleness.LEAST_MOVES, staleness.MOST_OF_ONE_STEP = 0, 2.0
    try:
        yield
    finally:
        staleness.LEAST_MOVES, staleness.MOST_OF_ONE_STEP = held


def few_moves(rng, n, moves):
    leg = np.zeros(n)
    leg[1 + rng.choice(n - 1, moves, replace=False)] = rng.standard_normal(moves)
    return leg.cumsum()


def one_step(rng, n, share):
    steps, at = rng.standard_normal(n), 1 + int(rng.integers(n - 1))
    steps[at] = 0.0
    steps[at] = math.sqrt(share / (1.0 - share) * float(steps @ steps))
    return steps.cumsum()


def stale(times=8, legs=40):
    """Size of the pair's p for walks with a leg that hardly moves, without regard to the status."""

    def rows():
        for what, make, values in (
            ("moves", few_moves, (1, 3, 5, 8, 10, 12, 20, 50)),
            ("share of one step", one_step, (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.99)),
        ):
            for value in values:
                row = [f"{what} {value}"]
                for n in (60, 240, 1440):
                    p = []
                    for time in range(times):
                        rng = np.random.default_rng([SEED, time, n])
                        hardly = np.column_stack([make(rng, n, value) for _ in range(legs)])
                        walks = rng.standard_normal((n, legs)).cumsum(axis=0)
                        with stale_legs_tested():
                            found = scan_pairs(100.0 + np.hstack([hardly, walks]), scale="level")
                        p.append(found.p_value[(found.i < legs) & (found.j >= legs)])
                    known = np.concatenate(p)
                    row.append(" / ".join(percent(known < at) for at in (0.05, 0.01, 0.001)))
                yield row

    table(
        "Share with p under 5 / 1 / 0.1 % by the leg's movement", ["leg", "60 bars", "240", "1,440"], rows()
    )


def null(universes=200):
    """Share of universes of 100 independent walks in which BY at 5 % calls any pair."""

    def rows():
        for n, tail in ((300, None), (300, 3), (1440, 3)):
            called = []
            for universe in range(universes):
                prices = np.exp(null_walks(np.random.default_rng([SEED, n, universe]), n, 100, tail=tail))
                plain = np.nanmin(scan_pairs(prices).q_value) <= LEVEL
                called.append(
                    (plain, plain and np.nanmin(scan_pairs(prices, calibrate=True).q_value) <= LEVEL)
                )
            yield (
                [f"{n:,}", f"t({tail})" if tail else "normal"]
                + [percent(each) for each in zip(*called, strict=True)]
            )

    table("Universes with a call", ["bars", "steps", "plain", "calibrated"], rows())


def price():
    """Share of 50 cointegrated pairs among 4,950 that are found."""

    def rows():
        for n, half_life in ((300, 2), (1440, 2), (1440, 5), (1440, 10), (1440, 20)):
            prices = np.exp(cointegrated_pairs(np.random.default_rng([SEED, n]), n, 50, half_life=half_life))
            found = scan_pairs(prices, calibrate=True)
            true = (found.i % 2 == 0) & (found.j == found.i + 1)
            plain = scan_pairs(prices).q_value[true] <= LEVEL
            yield [f"{n:,}", str(half_life), percent(plain), percent(found.q_value[true] <= LEVEL)]

    table("Found of 50", ["bars", "half-life", "plain", "calibrated"], rows())


if __name__ == "__main__":
    parts = {"stale": stale, "null": null, "price": price}
    for part in sys.argv[1:] or parts:
        parts[part]()
