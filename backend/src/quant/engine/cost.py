"""How long a computation will take, and how much of it a request may ask for.

The figures are two to five times the seconds that `benchmarks/bench_cadence.py --costs` measures on one core, so that a
slower machine keeps the promise too.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from quant.domain import HedgeMethod
from quant.engine.formation import block_bars
from quant.errors import InvalidParameter

MAX_REQUEST_S = 5.0
"""A request that would hold a core for longer is refused before it begins."""

MAX_EXPORT_S = 300.0
"""An export, which is computed page by page beside everything else, may take this long in all."""

MATRIX_SHARE = 0.8
"""Of a core, how much all matrices that are listened to may take together."""

MATRIX_BYTES = 256 * 2**20
"""What all matrices that are listened to may hold together."""

MAX_CELLS = 20_000_000
"""Bars times symbols of one scan: some 800 MB while it runs."""


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds for a fit of the window with its errors, and for each rolling row, by bars of the window."""

    fit_bar_s: float
    row_s: float
    row_bar_s: float


_TESTS_S, _TESTS_BAR_S = 3e-4, 1.5e-7  # both directions, half-life, correlation: whatever the method
_COSTS = {
    HedgeMethod.OLS: _Cost(fit_bar_s=1e-7, row_s=1e-6, row_bar_s=0.0),
    HedgeMethod.HUBER: _Cost(
        fit_bar_s=1e-6, row_s=5e-6, row_bar_s=4e-7
    ),  # of coarse ticks: they take many rounds
    HedgeMethod.THEIL_SEN: _Cost(fit_bar_s=1.5e-6, row_s=3e-5, row_bar_s=3.5e-7),
    HedgeMethod.KALMAN: _Cost(fit_bar_s=3e-6, row_s=4e-6, row_bar_s=0.0),
    HedgeMethod.TLS: _Cost(fit_bar_s=4e-7, row_s=1e-6, row_bar_s=2.5e-8),
}
_FORMATION_BAR_S = 5e-6  # Kalman's noise, for each block of rows
_PRODUCTS_A_S = 4e10  # multiplications and additions in the stack of matrix products
_CLOSE_LAG_S = (
    5e-9  # a close fetched for one lag's products, which is what few symbols with many bars wait for
)
_LAB_S, _LAB_BAR_S = 1.5e-2, 3e-6  # Johansen, KPSS, Hurst, stability and the tests of other windows
_LAB_BARS = 4000  # of all those other windows together
_CELL_S = 6e-8  # a close that is put into its place on the grid
_PAIR_S = 1.2e-5  # both directions, whole window and screen
_SURVIVOR_S, _SURVIVOR_BAR_S = 1.2e-4, 5e-8  # a pair that passes the screen is tested again, alone
_SURVIVORS = (
    0.1  # of all pairs; where nothing is cointegrated and no factor is shared it is a fiftieth of that
)
_CALLED_S, _CALLED_BAR_S = (
    3e-2,
    1.5e-4,
)  # a pair that is held against its own null, on all bars and on the later ones
_CALLED = 0.2  # pairs a symbol: where more are called the deadline ends the scan


def pair_seconds(method: HedgeMethod, *, window: int, rows: int) -> float:
    """Return the expected seconds for one analysis with so many rolling rows."""
    cost = _COSTS[method]
    seconds = (
        _TESTS_S + window * (_TESTS_BAR_S + cost.fit_bar_s) + rows * (cost.row_s + window * cost.row_bar_s)
    )
    if method is HedgeMethod.KALMAN:
        seconds += (1 + rows / block_bars(window)) * window * _FORMATION_BAR_S
    return seconds


def lab_seconds(*, window: int, points: int) -> float:
    """Return the expected seconds for one examination of a pair with hedge ratios at so many bars."""
    # Kalman's share is what the likeliest noise takes; running the filter up to the bar is little beside it.
    fits = window * sum(cost.fit_bar_s for cost in _COSTS.values())
    tests = _TESTS_S + window * _TESTS_BAR_S
    return points * (fits + tests) + _LAB_S + (window + _LAB_BARS) * _LAB_BAR_S


def scan_seconds(*, symbols: int, bars: int, calibrate: bool = False) -> float:
    """Return the expected seconds for one scan of all pairs with its hold-out."""
    called = max(_CALLED * symbols, 1.0) if calibrate else 0.0
    pairs = symbols * (symbols - 1) / 2
    lags = 12.0 * math.sqrt(math.sqrt(bars / 100.0))
    stack = 3.0 * lags * symbols * bars * (symbols / _PRODUCTS_A_S + _CLOSE_LAG_S)
    return (
        2e-3
        + symbols * bars * _CELL_S
        + stack
        + pairs * (_PAIR_S + _SURVIVORS * (_SURVIVOR_S + bars * _SURVIVOR_BAR_S))
        + called * (_CALLED_S + bars * _CALLED_BAR_S)
    )


def matrix_bytes(*, symbols: int, bars: int) -> float:
    """Return the expected bytes that a followed table of all pairs holds: two rolling scans, closes and result."""
    lags = math.ceil(12.0 * math.sqrt(math.sqrt(bars / 100.0)))
    pairs = symbols * (symbols - 1) / 2
    return 8.0 * (2 * (symbols**2 * (lags + 4) + 14 * symbols * bars) + 60 * pairs)


def check_matrices(sizes: Iterable[tuple[int, int, int]]) -> None:
    """Raise InvalidParameter where tables of so many symbols, bars and seconds a bar, the last the one asked for,
    could not all be followed: more than one lane can compute, or more than memory is set aside for.

    One alone is always followed; where it takes longer than a bar it leaves bars out.
    """
    shares, held = [], []
    for symbols, bars, interval_s in sizes:
        shares.append(scan_seconds(symbols=symbols, bars=bars) / interval_s)
        held.append(matrix_bytes(symbols=symbols, bars=bars))
    if len(shares) < 2:
        return
    if sum(shares) > MATRIX_SHARE:
        raise InvalidParameter(
            "topic",
            f"with it {len(shares)} matrices would take about {sum(shares):.0%} of a core, at most {MATRIX_SHARE:.0%}: "
            "listen to fewer, or to longer intervals",
            limit_share=MATRIX_SHARE, estimate_share=round(sum(shares), 2),
        )  # fmt: skip
    if sum(held) > MATRIX_BYTES:
        raise InvalidParameter(
            "topic",
            f"with it {len(held)} matrices would hold about {sum(held) / 2**20:.0f} MiB, at most "
            f"{MATRIX_BYTES // 2**20} MiB: listen to fewer, or to shorter windows",
            limit_bytes=MATRIX_BYTES, estimate_bytes=round(sum(held)),
        )  # fmt: skip


def check_pair(method: HedgeMethod, *, window: int, rows: int) -> float:
    """Return the expected seconds; raise InvalidParameter where a request may not take so long."""
    seconds = pair_seconds(method, window=window, rows=rows)
    if seconds > MAX_REQUEST_S:
        _refuse("window", f"{rows} rows of {method} over {window} bars", seconds)
    return seconds


def check_lab(*, window: int, points: int) -> float:
    """Return the expected seconds; raise InvalidParameter where a request may not take so long."""
    seconds = lab_seconds(window=window, points=points)
    if seconds > MAX_REQUEST_S:
        _refuse("window", f"{points} points of every method over {window} bars", seconds)
    return seconds


def check_export(method: HedgeMethod, *, window: int, rows: int) -> None:
    """Raise InvalidParameter where so many rows of a pair may not be exported in one go."""
    seconds = pair_seconds(method, window=window, rows=rows)
    if seconds > MAX_EXPORT_S:
        raise InvalidParameter(
            "start",
            f"{rows:,} rows of {method} over {window} bars would take about {math.ceil(seconds)} s of computing, "
            f"at most {MAX_EXPORT_S:g} s an export: ask for a shorter span",
            limit_s=MAX_EXPORT_S, estimate_s=round(seconds, 1),
        )  # fmt: skip


def check_scan(*, symbols: int, bars: int, calibrate: bool = False) -> float:
    """Return the expected seconds; raise InvalidParameter where a request may not take so long."""
    if symbols * bars > MAX_CELLS:
        raise InvalidParameter(
            "window",
            f"{bars} bars of {symbols} symbols are {symbols * bars:,} prices, at most {MAX_CELLS:,} in one scan",
            limit=MAX_CELLS, have=symbols * bars,
        )  # fmt: skip
    seconds = scan_seconds(symbols=symbols, bars=bars)
    if seconds > MAX_REQUEST_S:
        _refuse("symbols", f"{symbols} symbols over {bars} bars", seconds)
    if calibrate:
        seconds = scan_seconds(symbols=symbols, bars=bars, calibrate=True)
        if seconds > MAX_REQUEST_S:
            _refuse("calibrate", f"{symbols} symbols over {bars} bars with calibration", seconds)
    return seconds


def _refuse(parameter: str, what: str, seconds: float) -> None:
    raise InvalidParameter(
        parameter,
        f"{what} would take about {math.ceil(seconds)} s of computing, at most {MAX_REQUEST_S:g} s a request",
        limit_s=MAX_REQUEST_S, estimate_s=round(seconds, 1),
    )  # fmt: skip
