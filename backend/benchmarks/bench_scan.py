"""All pairs at once, on one core: against loops over statsmodels and arch, by universe, and bar by bar."""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: one core on both sides

import itertools
import time
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
from arch.unitroot.cointegration import engle_granger as arch_engle_granger
from statsmodels.tsa.stattools import coint

from harness import Row, medians, publish
from quant.analytics import RollingScan, scan_pairs
from quant.domain import FloatArray

WINDOW, FACTORS = 1_440, 5
SIZES = (50, 100, 200, 500, 1_000)
STATSMODELS_PAIRS, ARCH_PAIRS = 24, 6


def universe(symbols: int, bars: int = WINDOW) -> FloatArray:
    """Return prices that share factors; half of the symbols' own parts revert, slowly."""
    rng = np.random.default_rng(symbols)
    common = 0.01 * rng.standard_normal((FACTORS, bars)).cumsum(axis=1)
    loads = 0.5 * rng.standard_normal((symbols, FACTORS)) + np.eye(1, FACTORS)
    own, memory = np.zeros(symbols), np.where(np.arange(symbols) % 2, rng.uniform(0.9, 1.0, symbols), 1.0)
    rows = []
    for bar in range(bars):
        own = memory * own + 0.004 * rng.standard_normal(symbols)
        rows.append(4.0 + loads @ common[:, bar] + own)
    return np.exp(np.array(rows))


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def scan_seconds(prices: FloatArray) -> float:
    return seconds(lambda: scan_pairs(prices))


def loop(test: Callable[[FloatArray, FloatArray], object], prices: FloatArray, count: int) -> float:
    """Return the seconds a directed test takes in a loop over the first `count` pairs."""
    levels = np.log(prices)
    pairs = list(itertools.islice(itertools.combinations(range(prices.shape[1]), 2), count))
    return seconds(lambda: [test(levels[:, i], levels[:, j]) for i, j in pairs]) / count


class Rolled:
    """A window of 100 symbols; each call takes one more bar and tells all pairs."""

    def __init__(self, prices: FloatArray) -> None:
        self._window = RollingScan(prices.shape[1], window=WINDOW)
        for row in prices[:WINDOW]:
            self._window.append(row)
        self._rest = itertools.cycle(prices[WINDOW:])

    def __call__(self, bars: int = 20) -> float:
        """Return the seconds a bar takes with its table; many bars, for the sums are built anew in turns."""
        began = time.perf_counter()
        for row in itertools.islice(self._rest, bars):
            self._window.append(row)
        return (time.perf_counter() - began) / bars + seconds(self._window.table)


def main() -> None:
    warnings.simplefilter("ignore")
    prices = {symbols: universe(symbols) for symbols in SIZES}
    large = prices[500]
    rolled = Rolled(universe(100, WINDOW + 400))
    found = medians(
        {
            "large": partial(scan_seconds, large),
            "small": partial(scan_seconds, prices[100]),
            "bar": rolled,
            "statsmodels": lambda: loop(lambda y, x: coint(y, x, autolag="aic"), large, STATSMODELS_PAIRS),
            "arch": lambda: loop(
                lambda y, x: arch_engle_granger(y, x, trend="c", method="aic").pvalue, large, ARCH_PAIRS
            ),
        }
    )
    directed = found["large"] / (2 * 124_750)
    scaling = medians({str(size): partial(scan_seconds, prices[size]) for size in SIZES}, repeats=3)
    sizes = "; ".join(f"{size}: {scaling[str(size)] * 1e3:,.0f} ms" for size in SIZES)
    each = "; ".join(f"{scaling[str(size)] * 2e6 / (size * (size - 1)):,.1f}" for size in SIZES)
    publish(
        Row(
            "scan-statsmodels",
            "Engle-Granger over 124,750 pairs of 1,440 bars, a directed test, p and status included",
            f"{directed * 1e6:,.2f} µs, {found['statsmodels'] / directed:,.0f}× statsmodels",
            f"`coint` in a loop: {found['statsmodels'] * 1e3:,.1f} ms; aim 4,000×",
        ),
        Row(
            "scan-arch",
            "The same against arch",
            f"{found['arch'] / directed:,.0f}×",
            f"`engle_granger` in a loop: {found['arch'] * 1e3:,.1f} ms; aim 700×",
        ),
        Row(
            "scan-small",
            "`scan_pairs`, both directions, 100 symbols, 4,950 pairs",
            f"{found['small'] * 1e3:,.0f} ms",
            "aim 45 ms",
        ),
        Row(
            "scan-large",
            "`scan_pairs`, both directions, 500 symbols, 124,750 pairs",
            f"{found['large'] * 1e3:,.0f} ms",
            "aim 1,000 ms",
        ),
        Row(
            "scan-bar",
            "A new bar for 100 symbols, all pairs",
            f"{found['bar'] * 1e3:,.1f} ms, {found['small'] / found['bar']:,.1f}× cheaper than a rescan",
            "aim 2.5×",
        ),
        Row("scan-scaling", "`scan_pairs` by symbols", sizes, f"µs a pair, both directions: {each}"),
    )


if __name__ == "__main__":
    main()
