"""Random plans for long runs: the same seed gives the same plan, and a run replays from it."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from quant.errors import InvalidParameter
from quant.simulator.faults.kinds import KINDS, FaultKind, Layer
from quant.simulator.faults.plan import Fault, FaultPlan
from quant.simulator.paths import unit_of

# What a client whose streams trade can hardly miss; every plan has one.
SURE = (FaultKind.DROP, FaultKind.DUPLICATE, FaultKind.REORDER, FaultKind.DELAY, FaultKind.STREAM_SILENT)
MIXED = tuple(FaultKind)
LOSS_BEFORE_S = 1.0

Item = TypeVar("Item")


class _Dice:
    """Seeded draws, one after the other."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._thrown = 0

    def unit(self) -> float:
        self._thrown += 1
        return unit_of(self._seed, "faults", str(self._thrown))

    def between(self, low: float, high: float) -> float:
        return round(low + (high - low) * self.unit(), 3)

    def whole(self, low: int, high: int) -> int:
        return low + int(self.unit() * (high - low + 1))

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[int(self.unit() * len(items))]


def random_plan(
    seed: int,
    span_s: float,
    symbols: Sequence[str],
    *,
    kinds: int = 3,
    among: Collection[FaultKind] = MIXED,
    faults: int | None = None,
) -> FaultPlan:
    """Return a plan over `span_s` of market time with at least `kinds` kinds, aimed at `symbols` or at all.

    Every fault starts and, where it has a duration, ends within the span. Raises InvalidParameter.
    """
    choice = [kind for kind in FaultKind if kind in among]
    if not 1 <= kinds <= len(choice):
        raise InvalidParameter("kinds", f"{kinds} is not from 1 to {len(choice)}")
    if not symbols:
        raise InvalidParameter("symbols", "at least one is needed")
    dice = _Dice(seed)
    sure = [kind for kind in choice if kind in SURE]
    picked = [dice.one_of(sure)] if sure else []
    wanted = max(kinds, dice.whole(kinds, 2 * kinds) if faults is None else faults)
    while len(picked) < wanted:
        fresh = [kind for kind in choice if kind not in picked] if len(set(picked)) < kinds else choice
        picked.append(dice.one_of(fresh))
    made = [_fault(dice, kind, span_s, symbols) for kind in picked]
    if FaultKind.CUT in choice:
        made += [_opening(fault) for fault in made if fault.spec.layer in (Layer.DOOR, Layer.SUBSCRIPTION)]
    if FaultKind.DROP in choice:
        made += [_question(fault) for fault in made if fault.spec.layer is Layer.REST]
    return FaultPlan(seed, tuple(sorted(made, key=lambda fault: fault.start_s)))


def _fault(dice: _Dice, kind: FaultKind, span_s: float, symbols: Sequence[str]) -> Fault:
    spec = KINDS[kind]
    start_s = dice.between(0.05 * span_s, 0.7 * span_s)
    duration_s = dice.between(0.05 * span_s, 0.25 * span_s)
    probability = 1.0
    count = None
    match spec.layer:
        case Layer.DOOR | Layer.CONNECTION if kind is not FaultKind.LIFE:
            count = dice.whole(1, 3)
        case Layer.MESSAGE if kind not in (FaultKind.ALL_SILENT, FaultKind.STREAM_SILENT, FaultKind.BURST):
            probability = dice.between(0.05, 0.9)
        case Layer.REST:
            probability = dice.between(0.3, 1.0)
        case Layer.MARKET if kind in (FaultKind.CONFIRMED_HOLE, FaultKind.REWIND_T):
            probability = dice.between(0.1, 1.0)
    if kind is FaultKind.HUGE_FRAME:
        count = dice.whole(1, 3)
    symbol = None
    if "symbol" in spec.targets and (
        spec.needs_symbol or kind is FaultKind.STREAM_SILENT or dice.unit() < 0.5
    ):
        symbol = dice.one_of(symbols)
    return Fault(
        kind,
        start_s,
        duration_s=None if spec.lasts_for_ever else duration_s,
        count=count,
        symbol=symbol,
        probability=probability,
        parameters=_parameters(dice, kind, span_s),
    )


def _opening(fault: Fault) -> Fault:
    """Return a cut that makes clients come back to a door that is faulty."""
    return Fault(FaultKind.CUT, fault.start_s, duration_s=fault.duration_s, count=2)


def _question(fault: Fault) -> Fault:
    """Return a loss on all connections that makes clients ask a faulty REST side."""
    return Fault(
        FaultKind.DROP,
        max(0.0, round(fault.start_s - LOSS_BEFORE_S, 3)),
        duration_s=fault.duration_s,
        symbol=fault.symbol,
        probability=0.3,
        parameters={"together": 1},
    )


def _parameters(dice: _Dice, kind: FaultKind, span_s: float) -> dict[str, float]:
    """Return parameters that fit a short span where the defaults may not."""
    match kind:
        case FaultKind.LIFE:
            return {"life_s": dice.between(0.05 * span_s, 0.3 * span_s)}
        case FaultKind.DELAY:
            return {"delay_ms": dice.whole(50, 3_000), "jitter_ms": dice.whole(0, 1_000)}
        case FaultKind.REORDER:
            return {"distance": dice.whole(1, 12)}
        case FaultKind.DUPLICATE:
            return {"copies": dice.whole(1, 3)}
        case FaultKind.REWIND_T:
            return {"by_ms": dice.whole(1, 5_000)}
        case FaultKind.SKEW:
            return {"skew_ms": dice.whole(-5_000, 5_000)}
        case FaultKind.REST_SLOW:
            return {"delay_s": dice.between(0.1, 5.0)}
        case FaultKind.REST_429 | FaultKind.REST_418:
            return {"retry_after_s": dice.whole(1, 3)}
        case FaultKind.REST_LIE:
            return {"missing": dice.between(0.1, 1.0)}
        case FaultKind.DROP | FaultKind.STREAM_SILENT:
            return {"together": dice.whole(0, 1)}
        case _:
            return {}
