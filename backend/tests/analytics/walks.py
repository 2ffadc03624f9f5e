"""Random legs for the tests: walks, cointegrated pairs with a known law, heavy tails."""

import numpy as np
from scipy.signal import lfilter


def walk(rng, n, *, start=100.0, step=0.1, tail=None):
    steps = rng.standard_normal(n) if tail is None else rng.standard_t(tail, n)
    return start + step * steps.cumsum()


def ar1(rng, n, *, half_life, sd=1.0):
    """Return a stationary AR(1) with this half-life in bars and this standard deviation."""
    rho = 0.5 ** (1.0 / half_life)
    noise = rng.standard_normal(n) * sd * np.sqrt(1.0 - rho * rho)
    return lfilter([1.0], [1.0, -rho], noise, zi=[rho * sd * rng.standard_normal()])[0]


def cointegrated(rng, n, *, alpha=3.0, beta=1.3, half_life=5.0, sd=0.2, start=100.0):
    x = walk(rng, n, start=start)
    return alpha + beta * x + ar1(rng, n, half_life=half_life, sd=sd), x


def fractional_walk(rng, n, exponent):
    """Return fractional Brownian motion by circulant embedding (Davies & Harte 1987)."""
    lag = np.arange(n + 1.0)
    covariance = 0.5 * (
        (lag + 1) ** (2 * exponent) - 2 * lag ** (2 * exponent) + abs(lag - 1) ** (2 * exponent)
    )
    eigenvalues = np.fft.fft(np.r_[covariance, covariance[-2:0:-1]]).real
    size = eigenvalues.size
    draws = rng.standard_normal(size) + 1j * rng.standard_normal(size)
    return np.fft.fft(np.sqrt(np.maximum(eigenvalues, 0.0) / size) * draws).real[:n].cumsum()
