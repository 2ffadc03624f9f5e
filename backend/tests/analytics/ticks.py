"""Made trades of two legs with a known correlation, and the bars one would make of them."""

import numpy as np

MS = 1_000_000
PER_SECOND = 200  # moments at which a trade can happen


def trades(rng, *, correlation, seconds=3600, per_second=2.0, volatility=1e-4, bounce=0.0, side_kept=0.0):
    """Return (times in ns, prices) of two legs that trade at random moments of their own.

    Log prices are walks with `volatility` a square-root second; each trade is `bounce` above or below them, on
    the side of the trade before with a probability of (1 + `side_kept`) / 2.
    """
    moments = seconds * PER_SECOND
    first, other = rng.standard_normal((2, moments)) * volatility / np.sqrt(PER_SECOND)
    legs = []
    for steps in (first, correlation * first + np.sqrt(1 - correlation**2) * other):
        path = np.log(100.0) + steps.cumsum()
        times = np.sort(rng.integers(0, moments, rng.poisson(per_second * seconds)))
        turns = np.where(rng.random(times.size) < (1 + side_kept) / 2, 1.0, -1.0)
        sides = turns.cumprod()
        legs.append((times * (1000 // PER_SECOND) * MS, np.exp(path[times] + bounce * sides)))
    return legs


def bars_of_ticks(times, prices, *, seconds=1):
    """Return log returns of the last price of each bar, over the same hour for every leg."""
    ends = np.arange(5, 3590, seconds) * 1000 * MS
    return np.diff(np.log(prices[np.searchsorted(times, ends, side="right") - 1]))
