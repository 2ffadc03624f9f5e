"""Conditions and groups of them: what a rule asks, as frozen values."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from quant.alerts.metrics import MetricKey


class Op(StrEnum):
    GT = ">"
    LT = "<"
    GE = ">="
    LE = "<="
    CROSSES_ABOVE = "crosses_above"  # from at most the value to more
    CROSSES_BELOW = "crosses_below"  # from at least the value to less

    @property
    def is_crossing(self) -> bool:
        return self in (Op.CROSSES_ABOVE, Op.CROSSES_BELOW)

    @property
    def is_rising(self) -> bool:
        """Tell whether high numbers make it true."""
        return self in (Op.GT, Op.GE, Op.CROSSES_ABOVE)


WORDS = {
    Op.GT: "above",
    Op.LT: "below",
    Op.GE: "at or above",
    Op.LE: "at or below",
    Op.CROSSES_ABOVE: "crossed above",
    Op.CROSSES_BELOW: "crossed below",
}


def lowest_high(op: Op, value: float) -> float:
    """Return the least number on the high side of `op value`: every operator asks whether a number is at least that."""
    return math.nextafter(value, math.inf) if op in (Op.GT, Op.LE, Op.CROSSES_ABOVE) else value


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; with `for_s` it has to hold through so many seconds of market time."""

    key: MetricKey
    op: Op
    value: float
    for_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """All of its members, or any of them."""

    kind: Literal["all", "any"]
    members: "tuple[Condition | Group, ...]"


def conditions(group: Group, pointer: str = "/when") -> Iterator[tuple[str, Condition]]:
    """Yield each condition with its JSON pointer, in the order in which they are written."""
    for number, member in enumerate(group.members):
        at = f"{pointer}/{group.kind}/{number}"
        match member:
            case Condition():
                yield at, member
            case Group():
                yield from conditions(member, at)
