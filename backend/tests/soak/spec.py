"""What one run is, as a pure function of its seed: the market, what goes wrong with it, and what happens to us."""

import random
from dataclasses import dataclass, replace
from typing import Literal

from quant.clock import NS_PER_S
from quant.simulator import Fault, FaultKind, FaultPlan, random_plan
from quant.simulator.symbols import LISTINGS, NON_ASCII_LISTING

SPEED = 60.0
LEAD_S = 3.0
"""Market time in which nothing goes wrong yet."""

SPAN_S = 60.0
"""Market time after it in which faults begin and end."""

MARKETS = 4  # seeded markets; a new one costs the exchange a second
FIRST_START_S = 1_740_830_400  # 2025-03-01T12:00:00Z
HOURS = 48
MOST_TRADES_A_SECOND = 60.0  # of all symbols of a run together, so that a run costs about the same

RATES = {each.symbol: each.rate for each in LISTINGS if each.settled_day is None}
NON_ASCII = NON_ASCII_LISTING.symbol


@dataclass(frozen=True, slots=True)
class Break:
    """The platform ends `at_s` into the run, and comes back `down_s` later; in market time."""

    kind: Literal["stop", "kill"]
    at_s: float
    down_s: float


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run; the same seed gives the same one."""

    seed: int
    market_seed: int
    start_ns: int
    symbols: tuple[str, ...]
    connections: int
    plan: FaultPlan
    breaks: tuple[Break, ...] = ()
    span_s: float = LEAD_S + SPAN_S


def spec_of(seed: int) -> RunSpec:
    """Return the run of a seed."""
    dice = random.Random(seed)
    symbols = _symbols(dice)
    return RunSpec(
        seed=seed,
        market_seed=dice.randrange(MARKETS),
        start_ns=(FIRST_START_S + dice.randrange(HOURS * 3600)) * NS_PER_S,
        symbols=symbols,
        connections=dice.choice((1, 2, 2)),
        plan=_plan(seed, symbols, kinds=dice.choice((3, 3, 4, 5))),
        breaks=_breaks(dice),
    )


def _symbols(dice: random.Random) -> tuple[str, ...]:
    wanted = dice.randint(2, 6)
    chosen = [NON_ASCII] if dice.random() < 0.3 else []
    budget = MOST_TRADES_A_SECOND
    for symbol in dice.sample(sorted(RATES), len(RATES)):
        if len(chosen) < wanted and RATES[symbol] <= budget:
            chosen.append(symbol)
            budget -= RATES[symbol]
    return tuple(chosen)


def _plan(seed: int, symbols: tuple[str, ...], *, kinds: int) -> FaultPlan:
    listed = [symbol for symbol in symbols if symbol != NON_ASCII]
    made = random_plan(seed, SPAN_S, listed, kinds=kinds)
    faults = [replace(fault, start_s=round(fault.start_s + LEAD_S, 3)) for fault in made.faults]
    if NON_ASCII in symbols:
        others = [fault for fault in faults if fault.kind is not FaultKind.NON_ASCII]
        faults = [Fault(FaultKind.NON_ASCII, 0.0), *others]
    return FaultPlan(made.seed, tuple(faults))


def _breaks(dice: random.Random) -> tuple[Break, ...]:
    """Return none for half of the runs, one or two for the others."""
    count = dice.choice((0, 0, 0, 1, 1, 2))
    moments = sorted(dice.uniform(2.0, LEAD_S + SPAN_S) for _ in range(count))
    return tuple(
        Break(
            dice.choice(("stop", "kill")), round(at_s, 3), round(dice.choice((0.0, dice.uniform(0, 20))), 3)
        )
        for at_s in moments
    )
