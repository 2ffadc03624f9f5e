"""How often the 95 % intervals of beta and of the half-life hold the truth on pairs of simulated markets."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from quant.analytics import HEDGE_METHODS, half_life, ols
from quant.clock import NS_PER_S
from quant.domain import FloatArray, HedgeMethod
from quant.simulator import SimMarket
from simulated_closes import minute_closes

START_NS = 1_735_689_600 * NS_PER_S  # 2025-01-01T00:00:00Z
DAY = 1_440
APART_NS = 3 * 86_400 * NS_PER_S  # between the days taken of one market


class Day(NamedTuple):
    """A day of one pair whose beta is known: minute closes of both legs."""

    symbol: str  # of the leg y
    half_life: float  # bars
    beta: float
    y: FloatArray
    x: FloatArray


def days_of(seed: int, *, days: int) -> Iterator[Day]:
    """Return a day at a time of each cointegrated pair of a market."""
    market = SimMarket(seed)
    ticks = {spec.symbol: spec.tick_size for spec in market.symbols}
    for pair in market.pairs:
        if pair.relation is None:
            continue
        for day in range(days):
            start_ns = START_NS + day * APART_NS
            y, x = (
                minute_closes(market, symbol, start_ns, bars=DAY) * ticks[symbol]
                for symbol in (pair.symbol_a, pair.symbol_b)
            )
            yield Day(pair.symbol_a, pair.relation.half_life_s / 60.0, pair.relation.beta, y, x)


def holds(day: Day, method: HedgeMethod, *, window: int, most: int) -> list[bool]:
    """Tell of up to `most` windows of a day, none of them overlapping, whether the interval holds beta."""
    found = []
    for k in range(min(DAY // window, most)):
        part = slice(k * window, (k + 1) * window)
        fit = HEDGE_METHODS[method](day.y[part], day.x[part])
        assert fit.status.usable, fit.reason
        found.append(fit.beta_low <= day.beta <= fit.beta_high)
    return found


def holds_half_life(day: Day, *, window: int, most: int) -> list[bool]:
    """Tell what `holds` does of the half-life of the residuals."""
    found = []
    for k in range(min(DAY // window, most)):
        y, x = day.y[k * window : (k + 1) * window], day.x[k * window : (k + 1) * window]
        reversion = half_life(y - y[0] - ols(y, x).beta * (x - x[0]), estimated=True)
        found.append(reversion.low <= day.half_life <= reversion.high)
    return found


def shares(
    days: Iterable[Day], *, window: int, most: int
) -> dict[HedgeMethod, dict[tuple[float, str], list[bool]]]:
    """Return what `holds` says of all days, by method and by half-life and pair."""
    table: dict[HedgeMethod, dict[tuple[float, str], list[bool]]] = {method: {} for method in HedgeMethod}
    for day in days:
        for method, of_pairs in table.items():
            of_pairs.setdefault((day.half_life, day.symbol), []).extend(
                holds(day, method, window=window, most=most)
            )
    return table


def overall(of_pairs: dict[tuple[float, str], list[bool]]) -> tuple[float, int]:
    """Return the share over all pairs, and the number of cases."""
    every = np.concatenate([np.array(each) for each in of_pairs.values()])
    return float(every.mean()), every.size
