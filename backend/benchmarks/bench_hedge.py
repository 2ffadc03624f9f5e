"""Hedge ratios beside the libraries that people use: the exact median slope, Huber's line, the Kalman filter.

Every figure is the time of one call on one core, both sides on the same legs and to the same numbers. filterpy, which
nothing else needs, is installed as `filterpy-requirements.txt` pins it into an environment that lasts as long as the
benchmark.
"""

import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import theilslopes

from harness import Row, medians, peer_environment, pinned, publish
from quant.analytics import HEDGE_METHODS, huber, theil_sen
from quant.analytics.hedge.random_walk import INNOVATION, VARIANCE, run

Floats = NDArray[np.float64]
HERE = Path(__file__).parent
REQUIREMENTS, PEER = HERE / "filterpy-requirements.txt", HERE / "filterpy_peer.py"
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


def kalman_row(y: Floats, x: Floats) -> Row | None:
    """Return the filter's row, None where filterpy could not be installed."""
    centred = x - x[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = peer_environment(folder / "environment", REQUIREMENTS)
        if python is None:
            print("filterpy could not be installed: its figure stays as it is")
            return None
        held, out = folder / "legs.npy", folder / "out.npy"
        np.save(held, np.stack([y, centred]))
        call = [str(part) for part in (python, PEER, held, out, NOISE_RATIO, NOISE)]

        def peer() -> float:
            return float(subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout)

        found = medians({"ours": timed(lambda: ours_filtered(y, centred), times=200), "peer": peer})
        for mine, truth in zip(ours_filtered(y, centred), np.load(out), strict=True):
            np.testing.assert_allclose(mine[10:], truth[10:], rtol=1e-6, atol=1e-8)
    name = f"filterpy {pinned(REQUIREMENTS, 'filterpy')}"
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
    rows = [theil_sen_row(WINDOW), theil_sen_row(LONG), huber_row(y, x), kalman_row(y, x), rolling_row()]
    publish(*(row for row in rows if row is not None))


if __name__ == "__main__":
    main()
