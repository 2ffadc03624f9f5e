"""How long a computation will take, and how much of it a request may ask for.

The figures are two to five times the seconds that `benchmarks/bench_cadence.py --costs` measures on one core, so that a
slower machine keeps the promise too.
"""

import math
from dataclasses import dataclass

from quant.domain import HedgeMethod
from quant.errors import InvalidParameter

MAX_REQUEST_S = 5.0
"""A request that would hold a core for longer is refused before it begins."""

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
    HedgeMethod.HUBER: _Cost(fit_bar_s=4e-7, row_s=5e-6, row_bar_s=1.5e-7),
    HedgeMethod.THEIL_SEN: _Cost(fit_bar_s=1.5e-6, row_s=3e-5, row_bar_s=3.5e-7),
    HedgeMethod.KALMAN: _Cost(fit_bar_s=3e-6, row_s=4e-6, row_bar_s=0.0),
    HedgeMethod.TLS: _Cost(fit_bar_s=4e-7, row_s=1e-6, row_bar_s=2.5e-8),
}
_PRODUCTS_A_S = 4e10  # multiplications and additions in the stack of matrix products
_PAIR_S = 1.2e-5  # both directions, whole window and screen
_SURVIVOR_S, _SURVIVOR_BAR_S = 1.2e-4, 5e-8  # a pair that passes the screen is tested again, alone
_SURVIVORS = 0.1  # as many pass where nothing is cointegrated


def pair_seconds(method: HedgeMethod, *, window: int, rows: int) -> float:
    """Return the expected seconds for one analysis with so many rolling rows."""
    cost = _COSTS[method]
    return _TESTS_S + window * (_TESTS_BAR_S + cost.fit_bar_s) + rows * (cost.row_s + window * cost.row_bar_s)


def scan_seconds(*, symbols: int, bars: int) -> float:
    """Return the expected seconds for one scan of all pairs with its hold-out."""
    pairs = symbols * (symbols - 1) / 2
    lags = 12.0 * math.sqrt(math.sqrt(bars / 100.0))
    stack = 3.0 * lags * symbols**2 * bars / _PRODUCTS_A_S
    return 2e-3 + stack + pairs * (_PAIR_S + _SURVIVORS * (_SURVIVOR_S + bars * _SURVIVOR_BAR_S))


def check_pair(method: HedgeMethod, *, window: int, rows: int) -> float:
    """Return the expected seconds; raise InvalidParameter where a request may not take so long."""
    seconds = pair_seconds(method, window=window, rows=rows)
    if seconds > MAX_REQUEST_S:
        _refuse("window", f"{rows} rows of {method} over {window} bars", seconds)
    return seconds


def check_scan(*, symbols: int, bars: int) -> float:
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
    return seconds


def _refuse(parameter: str, what: str, seconds: float) -> None:
    raise InvalidParameter(
        parameter,
        f"{what} would take about {math.ceil(seconds)} s of computing, at most {MAX_REQUEST_S:g} s a request",
        limit_s=MAX_REQUEST_S, estimate_s=round(seconds, 1),
    )  # fmt: skip
