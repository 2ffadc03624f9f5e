"""The platform's statistics on markets whose truth is known: is β found, and is independence left alone?

Closes are the exchange's own, taken without a server.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from quant import analytics
from quant.clock import NS_PER_S
from quant.simulator import SimMarket
from simulated_closes import minute_closes

SEEDS = range(101, 135)
BARS = 1_440
START_NS = 1_756_684_800 * NS_PER_S  # 2025-09-01T00:00:00Z
QUICK_S = 30 * 60.0


class Case(NamedTuple):
    """One pair of one market: β against the truth (NaN where there is none), and the pair's p-value."""

    kind: str
    error: float
    p_value: float


def cases_of(seed: int) -> list[Case]:
    market = SimMarket(seed)
    ticks = {spec.symbol: spec.tick_size for spec in market.symbols}
    start_ns = START_NS + seed * 86_400 * NS_PER_S

    @cache
    def prices(symbol: str) -> NDArray[np.float64]:
        return minute_closes(market, symbol, start_ns, bars=BARS) * ticks[symbol]

    found = []
    for pair in market.pairs:
        quick = pair.relation is not None and pair.relation.half_life_s <= QUICK_S
        if not quick and pair.kind != "independent":
            continue
        y, x = prices(pair.symbol_a), prices(pair.symbol_b)
        beta = analytics.ols(y, x).beta
        truth = pair.relation.beta if pair.relation else np.nan
        found.append(Case(pair.kind, beta / truth - 1, analytics.engle_granger_both(y, x).p_value))
    return found


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    with ThreadPoolExecutor(2) as executor:
        return [case for each in executor.map(cases_of, SEEDS) for case in each]


def test_beta_is_within_5_percent_of_the_truth(cases: list[Case]) -> None:
    errors = np.array([case.error for case in cases if case.kind == "cointegrated"])
    assert len(errors) >= 200
    assert np.mean(np.abs(errors) <= 0.05) >= 0.9
    assert abs(np.median(errors)) < 0.01


def test_quick_pairs_are_found(cases: list[Case]) -> None:
    """A day holds at least 48 half-lives of these: nearly every one is seen."""
    p_values = np.array([case.p_value for case in cases if case.kind == "cointegrated"])
    assert np.mean(p_values < 0.05) >= 0.9


def test_independent_pairs_are_not_called_cointegrated_more_often_than_said(cases: list[Case]) -> None:
    """At a level of 5 % more false ones than this bound come up in fewer than 1 of 1,000 runs of such a test."""
    p_values = np.array([case.p_value for case in cases if case.kind == "independent"])
    assert len(p_values) >= 200
    assert np.isfinite(p_values).all()
    assert np.sum(p_values < 0.05) <= binom.ppf(0.999, len(p_values), 0.05)
    assert np.sum(p_values < 0.20) <= binom.ppf(0.999, len(p_values), 0.20)
