"""The other side of `bench_hedge.py`'s filter: runs in an environment of its own, which has filterpy.

`python filterpy_peer.py LEGS OUT NOISE_RATIO NOISE` reads y and x from LEGS and takes each bar through `predict` and
`update` of a filter of alpha and beta. Innovations and their variances go to OUT. Prints the seconds of the second
run, the first having warmed up.
"""

import sys
import time

import numpy as np
from filterpy.kalman import KalmanFilter


def filtered(y: np.ndarray, x: np.ndarray, ratio: float, noise: float) -> np.ndarray:
    """Return innovations and their variances, a row each."""
    peer = KalmanFilter(dim_x=2, dim_z=1)
    peer.x, peer.P, peer.F = np.zeros((2, 1)), np.eye(2) * 1e6, np.eye(2)
    peer.Q, peer.R = np.eye(2) * ratio * noise, np.array([[noise]])
    out = np.empty((2, y.size))
    for t in range(y.size):
        if t:
            peer.predict()
        peer.H = np.array([[1.0, x[t]]])
        peer.update(y[t])
        out[:, t] = peer.y[0, 0], peer.S[0, 0]
    return out


def main() -> None:
    y, x = np.load(sys.argv[1])
    ratio, noise = float(sys.argv[3]), float(sys.argv[4])
    filtered(y, x, ratio, noise)
    started = time.perf_counter()
    out = filtered(y, x, ratio, noise)
    took = time.perf_counter() - started
    np.save(sys.argv[2], out)
    print(took)


if __name__ == "__main__":
    main()
