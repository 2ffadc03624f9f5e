"""Does the event loop stay free: its lag while all pairs are scanned, in a lane and on the loop itself.

Also what the figures of `engine/cost.py` are worth: seconds a pair and a scan really take, beside the estimates.
"""

import asyncio
import os
import sys
import time
from functools import partial

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from harness import Row, medians, publish
from quant.analytics import analyse_pair, scan_pairs, warm
from quant.domain import FloatArray, HedgeMethod
from quant.engine.cost import pair_seconds, scan_seconds
from quant.engine.lanes import Lane
from quant.engine.scanning import HOLDOUT

LOOK_EVERY_S = 0.002
WINDOW = 1440


def walks(symbols: int, bars: int = WINDOW) -> FloatArray:
    steps = np.random.default_rng(1).standard_normal((bars, symbols)) * 1e-3
    return 100.0 * np.exp(steps.cumsum(axis=0))


async def lag_p99_ms(prices: FloatArray, *, on_the_loop: bool, at_least_s: float = 2.0) -> float:
    """Return the 99th percentile of how late the loop comes to what is due, while scans run one after another."""
    lane, lags, until = Lane("bench"), [], time.perf_counter() + at_least_s
    work = partial(scan_pairs, prices, holdout=HOLDOUT)

    async def scan() -> None:
        while time.perf_counter() < until:
            if on_the_loop:
                work()
                await asyncio.sleep(0)
            else:
                await lane.run(work)

    scanning = asyncio.create_task(scan())
    while not scanning.done():
        due = time.perf_counter() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        lags.append(time.perf_counter() - due)
    lane.close()
    return float(np.percentile(lags, 99)) * 1000


def lag(symbols: int) -> None:
    prices = walks(symbols)
    pairs = symbols * (symbols - 1) // 2
    found = medians(
        {
            "lane": lambda: asyncio.run(lag_p99_ms(prices, on_the_loop=False)),
            "loop": lambda: asyncio.run(lag_p99_ms(prices, on_the_loop=True)),
        }
    )
    publish(
        Row(
            f"cadence-lag-{pairs}",
            f"event loop lag p99 while {pairs:,} pairs are scanned again and again",
            f"{found['lane']:.1f} ms",
            f"{found['loop']:.0f} ms with the same scan on the loop",
        )
    )


def costs() -> None:
    """Print what computations take beside what is expected of them."""
    prices = walks(2, 1500 + 2 * 4000)
    for method in HedgeMethod:
        for window, rows in ((60, 1500), (1440, 1), (1440, 1500), (4000, 90)):
            y, x = (np.ascontiguousarray(leg) for leg in prices[: rows + window + 1].T)
            begun = time.perf_counter()
            analyse_pair(y, x, window=window, method=method, series_from=window)
            took, expected = time.perf_counter() - begun, pair_seconds(method, window=window, rows=rows)
            print(
                f"{method:10} window {window:5} rows {rows:5}: {took * 1e3:8.1f} ms, expected {expected * 1e3:8.1f}"
            )
    for symbols, bars in ((16, WINDOW), (100, WINDOW), (500, WINDOW), (16, 40_000)):
        some = walks(symbols, bars)
        begun = time.perf_counter()
        scan_pairs(some, holdout=HOLDOUT)
        took, expected = time.perf_counter() - begun, scan_seconds(symbols=symbols, bars=bars)
        print(f"{symbols:5} symbols, {bars:6} bars: {took * 1e3:8.1f} ms, expected {expected * 1e3:8.1f}")
    for symbols, bars in ((16, WINDOW), (50, WINDOW), (16, 5000)):
        some = walks(symbols, bars)
        tied = symbols // 5  # as many pairs as are expected to be called
        noise = np.random.default_rng(2).standard_normal((bars, tied))
        some[:, :tied] = some[:, tied : 2 * tied] * np.exp(1e-3 * noise)
        begun = time.perf_counter()
        found = scan_pairs(some, holdout=HOLDOUT, calibrate=True)
        took = time.perf_counter() - begun
        expected = scan_seconds(symbols=symbols, bars=bars, calibrate=True)
        called = np.count_nonzero(found.q_value <= found.level)
        print(
            f"{symbols:5} symbols, {bars:6} bars, {called} called and calibrated: {took * 1e3:8.1f} ms, "
            f"expected {expected * 1e3:8.1f}"
        )


if __name__ == "__main__":
    warm()
    if "--costs" in sys.argv:
        costs()
    else:
        for count in (100, 500):
            lag(count)
