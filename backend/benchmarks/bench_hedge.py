"""Hedge ratios beside the libraries that people use: the exact median slope, Huber's line, the Kalman filter.

Every figure is the time of one call on one core, both sides on the same legs and to the same numbers. filterpy comes
as a source archive only, so it is no part of the lock file: where it cannot be imported, the peer is a filter with
the same matrix steps as its `predict` and `update`, and the row says so.
"""

import importlib.util
import time
import warnings
from collections.abc import Callable

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import theilslopes

from harness import Row, medians, publish
from quant.analytics import HEDGE_METHODS, huber, theil_sen
from quant.analytics.hedge.random_walk import INNOVATION, VARIANCE, run

Floats = NDArray[np.float64]
WINDOW, LONG = 1_440, 10_000
NOISE_RATIO, NOISE = 1e-4, 1e-2  # of the filter, in squared units of y
ROWS = 1_500  # rolling rows of a pair's view


def legs(n: int, *, seed: int = 1) -> tuple[Floats, Floats]:
    """Return a walk, and a multiple of it with a reverting spread of heavy tails."""
    rng = np.random.default_rng(seed)
    x = 100.0 + 0.1 * rng.standard_normal(n).cumsum()
    spread = lfilter([1.0], [1.0, -0.95], 0.05 * rng.standard_t(4, n))
    return 3.0 + 1.3 * x + spread, x


def timed(call: Callable[[], object], *, times: int = 1) -> Callable[[], float]:
    """Return a function that measures one call in seconds, the mean of `times`."""

    def side() -> float:
        started = time.perf_counter()
        for _ in range(times):
            call()
        return (time.perf_counter() - started) / times

    return side


def ours_filtered(y: Floats, x: Floats) -> tuple[Floats, Floats]:
    state = np.array([0.0, 0.0, 1e6, 0.0, 1e6])
    out = run(y, x, np.array([NOISE_RATIO * NOISE, 0.0, NOISE_RATIO * NOISE]), NOISE, state)
    return out[INNOVATION, :-1], out[VARIANCE, :-1]


class MatrixFilter:
    """The same steps as filterpy.kalman.KalmanFilter's predict and update, without its bookkeeping."""

    def __init__(self, dim_x: int, dim_z: int) -> None:
        self.x = np.zeros((dim_x, 1))
        self.P, self.Q, self.F = np.eye(dim_x), np.eye(dim_x), np.eye(dim_x)
        self.R, self.H = np.eye(dim_z), np.zeros((dim_z, dim_x))
        self.y, self.S = np.zeros((dim_z, 1)), np.zeros((dim_z, dim_z))
        self._identity = np.eye(dim_x)

    def predict(self) -> None:
        self.x = self.F @ self.x
        self.P = self.F @ self.P @ self.F.T + self.Q

    def update(self, z: float) -> None:
        self.y = z - self.H @ self.x
        by_h = self.P @ self.H.T
        self.S = self.H @ by_h + self.R
        gain = by_h @ np.linalg.inv(self.S)
        self.x = self.x + gain @ self.y
        rest = self._identity - gain @ self.H
        self.P = rest @ self.P @ rest.T + gain @ self.R @ gain.T


def peer_filter() -> tuple[type, str]:
    """Return filterpy's filter and its name, or ours with the same matrix steps."""
    if importlib.util.find_spec("filterpy") is None:
        return MatrixFilter, "a numpy filter with filterpy's matrix steps (filterpy itself is not installed)"
    from filterpy.kalman import KalmanFilter  # type: ignore[import-not-found]  # not in the lock file

    return KalmanFilter, "filterpy"


def peer_filtered(kind: type, y: Floats, x: Floats) -> tuple[Floats, Floats]:
    peer = kind(dim_x=2, dim_z=1)
    peer.x, peer.P, peer.F = np.zeros((2, 1)), np.eye(2) * 1e6, np.eye(2)
    peer.Q, peer.R = np.eye(2) * NOISE_RATIO * NOISE, np.array([[NOISE]])
    innovations, variances = np.empty(y.size), np.empty(y.size)
    for t in range(y.size):
        if t:
            peer.predict()
        peer.H = np.array([[1.0, x[t]]])
        peer.update(y[t])
        innovations[t], variances[t] = peer.y[0, 0], peer.S[0, 0]
    return innovations, variances


def kalman_row(y: Floats, x: Floats) -> Row:
    kind, name = peer_filter()
    centred = x - x[0]
    ours, theirs = ours_filtered(y, centred), peer_filtered(kind, y, centred)
    for mine, truth in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine[10:], truth[10:], rtol=1e-6, atol=1e-8)
    found = medians(
        {
            "ours": timed(lambda: ours_filtered(y, centred), times=200),
            "peer": timed(lambda: peer_filtered(kind, y, centred)),
        }
    )
    return _row("hedge-kalman", f"Kalman filter of alpha and beta, {y.size:,} bars", found, name)


def theil_sen_row(n: int) -> Row:
    y, x = legs(n)
    assert theil_sen(y, x).beta == theilslopes(y, x).slope
    found = medians(
        {
            "ours": timed(lambda: theil_sen(y, x), times=20),
            "peer": timed(lambda: theilslopes(y, x)),
        }
    )
    return _row(
        f"hedge-theil-sen-{n}", f"Theil-Sen, exact, with errors, {n:,} bars", found, "scipy's theilslopes"
    )


def huber_row(y: Floats, x: Floats) -> Row:
    design = sm.add_constant(x)

    def peer() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(sm.RLM(y, design, M=sm.robust.norms.HuberT()).fit(conv="coefs").params[1])

    assert abs(huber(y, x).beta / peer() - 1.0) < 1e-6  # the peer stops at a tolerance of 1e-8
    found = medians({"ours": timed(lambda: huber(y, x), times=50), "peer": timed(peer, times=3)})
    return _row("hedge-huber", f"Huber with errors, {y.size:,} bars", found, 'statsmodels RLM, conv="coefs"')


def rolling_row() -> Row:
    """Rolling rows of one pair's view: what a new bar would cost if all rows were computed again."""
    y, x = legs(WINDOW + ROWS)
    sides = {
        name.value: timed(lambda estimate=estimate: estimate(y, x, window=WINDOW))  # type: ignore[misc]
        for name, estimate in HEDGE_METHODS.items()
    }
    found = medians(sides)
    measured = ", ".join(f"{name} {seconds * 1e3:.1f} ms" for name, seconds in found.items())
    return Row(
        "hedge-rolling", f"{ROWS:,} rolling rows, window {WINDOW:,}", measured, "no peer rolls all five"
    )


def _row(key: str, what: str, found: dict[str, float], peer: str) -> Row:
    ours, theirs = found["ours"], found["peer"]
    return Row(
        key, what, f"**{ours * 1e6:,.0f} µs**", f"{theirs * 1e3:,.1f} ms by {peer} ({theirs / ours:,.0f}×)"
    )


def main() -> None:
    y, x = legs(WINDOW)
    publish(theil_sen_row(WINDOW), theil_sen_row(LONG), huber_row(y, x), kalman_row(y, x), rolling_row())


if __name__ == "__main__":
    main()
