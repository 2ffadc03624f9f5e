"""Measure one test of all pairs against a screen and a test of what it leaves; prints tables of docs/methods.md.

Run `PYTHONPATH=tests python tests/analytics/simulate_stages.py [PART…]` from `backend`, PART one of markets and null;
`markets=6` takes that many markets instead of all. A market takes some two seconds, a universe of the null a tenth.
"""

import math
import sys
from typing import NamedTuple

import numpy as np

from analytics.simulate_many import table
from analytics.universes import null_walks
from quant.analytics import scan_pairs
from quant.clock import NS_PER_S
from quant.domain import BoolArray, FloatArray
from quant.simulator import SimMarket
from simulated_closes import minute_closes

# The screen was chosen on markets with other random numbers.
FIRST_SEED, MARKETS = 2001, 200
START_NS = 1_756_684_800 * NS_PER_S  # 2025-09-01T00:00:00Z
DAY = 1440
LEVEL = 0.05
SEED = 20261130
STAGES = {
    "one": None,
    "two, p ≤ 0.1": {"holdout": 0.5, "screen": 0.1, "fit": 0.0},
    "two, p ≤ 0.01": {"holdout": 0.5, "screen": 0.01, "fit": 0.0},
    "two, p ≤ 0.5 and R² ≥ 0.9": {"holdout": 0.5},
}
SHARES = (0.01, 0.02, 0.05)


class Market(NamedTuple):
    """Closes in ticks, (bars, symbols), and the half-life of each pair's own relation by their columns, in bars."""

    closes: FloatArray
    half_lives: dict[frozenset[int], int]


class Calls(NamedTuple):
    """Of all pairs of all markets: half-life (0 for none), q (2 where it was not tested), passed the screen, market."""

    half_life: FloatArray
    q: FloatArray
    passed: BoolArray
    market: FloatArray

    @property
    def called(self) -> BoolArray:
        return self.q <= LEVEL


def market_of(seed: int) -> Market:
    market = SimMarket(seed)
    symbols = [spec.symbol for spec in market.symbols if spec.status == "TRADING"]
    start = START_NS + seed * 86_400 * NS_PER_S
    days = [
        np.column_stack([minute_closes(market, symbol, day, bars=DAY) for symbol in symbols])
        for day in (start, start + DAY * 60 * NS_PER_S)
    ]
    ties = {
        frozenset((symbols.index(pair.symbol_a), symbols.index(pair.symbol_b))): round(
            pair.relation.half_life_s / 60
        )
        for pair in market.pairs
        if pair.relation is not None
    }
    return Market(np.concatenate(days), ties)


def called(market: Market, number: int, options: dict[str, float] | None, *, bars: int) -> Calls:
    found = scan_pairs(market.closes[:bars], **(options or {}))
    q = found.q_value if options is None else found.holdout_q
    pairs = zip(found.i.tolist(), found.j.tolist(), strict=True)
    half_life = np.array([market.half_lives.get(frozenset(pair), 0) for pair in pairs], float)
    passed = np.isfinite(q)
    return Calls(half_life, np.where(passed, q, 2.0), passed, np.full(q.size, float(number)))


def found_at(calls: Calls, share: float) -> int:
    """Return how many true pairs the longest list by q holds of which at most this share is false."""
    true = calls.half_life[np.argsort(calls.q, kind="stable")] > 0
    right, length = np.cumsum(true), np.arange(1, true.size + 1)
    fine = (length - right <= share * length) & (np.sort(calls.q) <= 1.0)
    return int(right[fine].max(initial=0))


def per_market(calls: Calls, count: int) -> FloatArray:
    """Return the true pairs called in each market."""
    return np.bincount(calls.market[calls.called & (calls.half_life > 0)].astype(int), minlength=count)


def markets(count: int = MARKETS) -> None:
    """Found and false on simulated markets, at the level of 5 % and at one share of false ones; by half-life too."""
    parts: dict[tuple[int, str], list[Calls]] = {}
    for number in range(count):
        market = market_of(FIRST_SEED + number)
        for bars in (DAY, 2 * DAY):
            for what, options in STAGES.items():
                parts.setdefault((bars, what), []).append(called(market, number, options, bars=bars))
    every = {
        key: Calls(*(np.concatenate(each) for each in zip(*calls, strict=True)))
        for key, calls in parts.items()
    }
    show_found(every, count)
    show_half_lives(every)


def show_found(every: dict[tuple[int, str], Calls], count: int) -> None:
    rows = []
    for (bars, what), calls in every.items():
        false = calls.called & (calls.half_life == 0)
        more = per_market(calls, count) - per_market(every[bars, "one"], count)
        rows.append(
            [
                f"{bars:,}",
                what,
                str(int(per_market(calls, count).sum())),
                f"{false.sum()} in {np.unique(calls.market[false]).size}",
                f"{more.mean():+.2f} ± {more.std(ddof=1) / math.sqrt(count):.2f}" if count > 1 else "",
                *(str(found_at(calls, share)) for share in SHARES),
            ]
        )
    matched = [f"at {share:.0%} false" for share in SHARES]
    header = ["bars", "stages", "found", "false, in markets", "more a market than one stage", *matched]
    table(f"{count} markets, {8 * count} pairs with a relation", header, rows)


def show_half_lives(every: dict[tuple[int, str], Calls]) -> None:
    half_lives = sorted({int(each) for each in next(iter(every.values())).half_life} - {0})
    rows = []
    for (bars, what), calls in every.items():
        cells = []
        for half_life in half_lives:
            of = calls.half_life == half_life
            cells.append(f"{int((of & calls.called).sum())} ({int((of & ~calls.passed).sum())})")
        rows.append([f"{bars:,}", what, *cells, f"{(calls.passed & (calls.half_life == 0)).sum():,}"])
    header = ["bars", "stages", *map(str, half_lives), "other pairs tested"]
    table("Found by half-life (screened out)", header, rows)


def one_factor(rng: np.random.Generator, bars: int, symbols: int) -> FloatArray:
    """Return log prices that share a factor with 0.5 to 0.9 of their steps' sd, none cointegrated."""
    loading = 0.5 + 0.4 * rng.random(symbols)
    factor = null_walks(rng, bars, 1) - 4.0
    own: FloatArray = null_walks(rng, bars, symbols) - 4.0
    return 4.0 + loading * factor + np.sqrt(1.0 - loading**2) * own


def null(universes: int = 200) -> None:
    """Size of the second stage, and universes of 34 symbols without a relation in which it calls a pair."""

    def rows():  # type: ignore[no-untyped-def]
        for name, make in (("independent walks", null_walks), ("one factor", one_factor)):
            for bars in (300, DAY, 2 * DAY):
                p, any_called = [], []
                for universe in range(universes):
                    rng = np.random.default_rng([SEED, bars, universe])
                    found = scan_pairs(np.exp(make(rng, bars, 34)), holdout=0.5)
                    p.append(found.holdout_p[np.isfinite(found.holdout_p)])
                    any_called.append(bool((found.holdout == "survived").any()))
                each = np.concatenate(p)
                sizes = " / ".join(f"{100 * np.mean(each <= at):.1f}" for at in (0.05, 0.01, 0.001))
                yield [
                    name, f"{bars:,}", f"{each.size / universes:.1f}", sizes,
                    f"{100 * np.mean(any_called):.1f} %",
                ]  # fmt: skip

    header = ["universe", "bars", "pairs tested", "p under 5 / 1 / 0.1 %", "universes with a call"]
    table(f"{universes} universes of 34 symbols", header, rows())


if __name__ == "__main__":
    parts = {"markets": markets, "null": null}
    for part in sys.argv[1:] or parts:
        name, _, number = part.partition("=")
        parts[name](*([int(number)] if number else []))
