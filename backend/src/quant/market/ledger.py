"""Holes in a symbol's trade ids: where they are, and what became of them."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from enum import StrEnum


class HoleState(StrEnum):
    OPEN = "open"
    FILLED = "filled"
    CONFIRMED = "confirmed"  # the exchange has no such ids


@dataclass(frozen=True, slots=True)
class Hole:
    """Missing ids first..last, both included, between trades at `ts_before` and `ts_after`."""

    first_id: int
    last_id: int
    ts_before: int
    ts_after: int
    state: HoleState = HoleState.OPEN


class HoleBook:
    """The holes of one symbol, open ones sorted by id."""

    MAX_DONE = 1000  # filled holes kept for display

    def __init__(self) -> None:
        self._open: list[Hole] = []
        self._done: list[Hole] = []
        self._filled = 0
        self._confirmed = 0

    def add(self, hole: Hole) -> None:
        """Take note of a new hole; ids only ever jump upwards, so it is the newest."""
        self._open.append(hole)

    def take(self, trade_id: int) -> tuple[bool, Hole | None]:
        """Return whether `trade_id` was missing, and the hole that it was the last missing id of."""
        at = bisect_right(self._open, trade_id, key=lambda hole: hole.first_id) - 1
        if at < 0 or trade_id > self._open[at].last_id:
            return False, None
        hole = self._open[at]
        rest = [
            replace(hole, first_id=first, last_id=last)
            for first, last in ((hole.first_id, trade_id - 1), (trade_id + 1, hole.last_id))
            if first <= last
        ]
        self._open[at : at + 1] = rest
        if rest:
            return True, None
        self._filled += 1
        self._done = [*self._done, replace(hole, state=HoleState.FILLED)][-self.MAX_DONE :]
        return True, hole

    @property
    def open_holes(self) -> tuple[Hole, ...]:
        return tuple(self._open)

    @property
    def all_holes(self) -> tuple[Hole, ...]:
        """Return the known holes, oldest first."""
        return tuple(sorted((*self._done, *self._open), key=lambda hole: hole.first_id))

    def counts(self) -> dict[HoleState, int]:
        """Return how many holes there are of each state."""
        return {
            HoleState.OPEN: len(self._open),
            HoleState.FILLED: self._filled,
            HoleState.CONFIRMED: self._confirmed,
        }
