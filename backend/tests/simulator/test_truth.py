"""What the market says of its pairs is so, measured on the closes that a client would see."""

import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from statsmodels.tsa.stattools import coint

from quant.simulator import SimMarket
from quant.simulator.instrument import EPOCH_MS
from quant.simulator.symbols import LISTINGS, Kind

DAY_MS = 86_400_000
SEEDS = range(1, 35)
_QUICK_S = 1800.0  # pairs that come back within half an hour let a day tell beta
TICKS = {item.symbol: float(item.tick) for item in LISTINGS}


def closes(market: SimMarket, symbol: str, *, day: int, days: int = 1) -> np.ndarray:
    start = EPOCH_MS + day * DAY_MS
    instrument = market.instrument(symbol)
    if instrument.listing.rate < 10:
        ticks = instrument.klines(60_000, start, start + days * DAY_MS).table[:, 3]
    else:  # its last trades: to make the whole minute would take longer
        ends = range(start + 60_000, start + days * DAY_MS + 1, 60_000)
        ticks = np.array([instrument.trades(end - 3_000, end).price_ticks[-1] for end in ends])
    return ticks * TICKS[symbol]


def measure(seed: int) -> tuple[list[float], list[float]]:
    """Return the relative error of beta of each quick pair, and p of each independent one."""
    market = SimMarket(seed)
    day = 20 + seed
    errors, p_values = [], []
    for pair in market.pairs:
        if pair.relation is not None and pair.relation.half_life_s <= _QUICK_S:
            y, x = closes(market, pair.symbol_a, day=day), closes(market, pair.symbol_b, day=day)
            assert len(y) == 1440
            beta = np.cov(y, x)[0, 1] / np.var(x, ddof=1)
            errors.append(beta / pair.relation.beta - 1)
        elif pair.kind is Kind.INDEPENDENT:
            y, x = closes(market, pair.symbol_a, day=day), closes(market, pair.symbol_b, day=day)
            p_values.append(coint(y, x, maxlag=2, autolag=None)[1])
    return errors, p_values


@cache
def measured() -> tuple[np.ndarray, np.ndarray]:
    with ThreadPoolExecutor(2) as executor:
        cases = list(executor.map(measure, SEEDS))
    return np.array([e for errors, _ in cases for e in errors]), np.array([p for _, ps in cases for p in ps])


def test_beta_is_found_within_5_percent() -> None:
    errors, _ = measured()
    assert len(errors) >= 200
    assert np.mean(np.abs(errors) <= 0.05) >= 0.95
    assert abs(np.median(errors)) < 0.005


def test_independent_pairs_are_called_cointegrated_at_the_nominal_rate() -> None:
    _, p_values = measured()
    assert len(p_values) >= 200
    # 5 % of 210: a standard deviation is 1.5 points.
    assert 0.01 <= np.mean(p_values < 0.05) <= 0.09


@pytest.mark.parametrize("pair", [p for p in SimMarket(2).pairs if p.relation], ids=lambda p: p.symbol_a)
def test_the_noise_is_as_stated(pair: object) -> None:
    market = SimMarket(2)
    relation = next(p.relation for p in market.pairs if p == pair)
    assert relation is not None
    instruments = [market.instrument(symbol) for symbol in (pair.symbol_a, pair.symbol_b)]  # type: ignore[attr-defined]
    hours = range(4_000, 4_000 + 24 * 20)
    y, x = (np.concatenate([i.grid(hour).mids[:-1:60] for hour in hours]) for i in instruments)
    noise = y - relation.alpha - relation.beta * x
    minutes = relation.half_life_s / 60
    # 20 days hold n independent spells; both estimates are within four of their standard errors.
    n = 20 * 1440 * math.log(2) / minutes / 2
    assert np.std(noise) == pytest.approx(relation.noise_sd, rel=4 / math.sqrt(2 * n))
    slope = noise[1:] @ noise[:-1] / (noise[:-1] @ noise[:-1])
    assert -math.log(2) / math.log(slope) == pytest.approx(minutes, rel=4 / math.sqrt(n))
    assert abs(np.mean(noise)) < 4 * relation.noise_sd / math.sqrt(n)


def test_the_grid_of_an_hour_meets_its_neighbours() -> None:
    for symbol in ("BTCUSDT", "ETHUSDT", "DOGEUSDT"):
        instrument = SimMarket(4).instrument(symbol)
        for hour in (0, 23, 9_999):
            assert instrument.grid(hour).mids[-1] == pytest.approx(
                instrument.grid(hour + 1).mids[0], rel=1e-12
            )


def test_volatility_is_as_stated_and_the_same_within_hours_and_across() -> None:
    market = SimMarket(6)
    for symbol in ("BNBUSDT", "ETHUSDT", "SUIUSDT"):
        listing = next(item for item in LISTINGS if item.symbol == symbol)
        instrument = market.instrument(symbol)
        path = np.concatenate([np.log(instrument.grid(hour).mids[:-1]) for hour in range(5_000, 5_720)])
        for step_s in (1, 60, 3_600):
            moves = np.diff(path[::step_s])
            daily = np.std(moves) * math.sqrt(86_400 / step_s)
            assert daily == pytest.approx(listing.daily_vol, rel=max(0.02, 4 / math.sqrt(2 * len(moves))))


def test_groups_are_correlated_as_stated_and_not_more() -> None:
    market = SimMarket(9)
    days = 15
    returns = {
        item.symbol: np.diff(np.log(closes(market, item.symbol, day=100, days=days)[::15]))
        for item in LISTINGS
        if item.loading or (item.group == "independent" and item.status == "TRADING")
    }
    stated = {(p.symbol_a, p.symbol_b): p.correlation for p in market.pairs if p.correlation is not None}
    assert len(stated) >= 12
    for (a, b), correlation in stated.items():
        if a in returns and b in returns:
            assert np.corrcoef(returns[a], returns[b])[0, 1] == pytest.approx(correlation, abs=0.11)


def test_the_truth_names_what_a_client_needs() -> None:
    truth = SimMarket(7).truth
    assert (truth["seed"], truth["market"]) == (7, "sim-7")
    pairs = truth["pairs"]
    assert isinstance(pairs, list)
    cointegrated = [pair for pair in pairs if pair["kind"] == "cointegrated"]
    assert len(cointegrated) >= 6
    assert ("BTCUSDT", "ETHUSDT") in {(pair["symbol_a"], pair["symbol_b"]) for pair in cointegrated}
    assert all(300 <= pair["half_life_s"] <= 7200 for pair in cointegrated)
    assert sum(pair["half_life_s"] <= 1800 for pair in cointegrated) >= 4
    legs = [pair["symbol_a"] for pair in cointegrated]
    assert len(set(legs)) == len(legs)
    assert {pair["kind"] for pair in pairs} == {"cointegrated", "correlated", "independent"}
    assert all(pair["beta"] is None for pair in pairs if pair["kind"] != "cointegrated")


def test_seeds_move_beta() -> None:
    betas = {pair.relation.beta for seed in range(20) for pair in SimMarket(seed).pairs[:1] if pair.relation}
    assert len(betas) == 20
