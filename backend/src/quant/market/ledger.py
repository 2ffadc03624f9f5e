"""Holes in a symbol's trade ids: where they are, and what became of them."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from quant.market.bar_kernels import STEP_BACK_NS


class HoleState(StrEnum):
    OPEN = "open"
    FILLED = "filled"
    CONFIRMED = "confirmed"  # the exchange has no such ids


@dataclass(frozen=True, slots=True)
class Hole:
    """Missing ids first..last, both included, between trades at `ts_before` and `ts_after`.

    `found_at` is when the trade after it was received.
    """

    first_id: int
    last_id: int
    ts_before: int
    ts_after: int
    found_at: int
    state: HoleState = HoleState.OPEN
    part_of: tuple[int, int] | None = None  # the ids that were missing when it was found; None: these

    @property
    def missing_since(self) -> int:
        """Return the earliest time that one of its trades may have."""
        return self.ts_before - STEP_BACK_NS


class HoleBook:
    """The holes of one symbol: open and confirmed ones sorted by id, filled ones by when they were filled.

    A trade of a confirmed hole is taken all the same: an exchange that answers late has it after all.
    """

    MAX_FILLED = 1000  # filled holes kept; open and confirmed ones are all kept, for their ids lie nowhere

    def __init__(self, *, reorder_ns: int) -> None:
        self._reorder_ns = reorder_ns
        self._open: list[Hole] = []
        self._confirmed: list[Hole] = []
        self._filled: list[Hole] = []
        self._confirmed_count = 0
        self._filled_count = 0

    def add(self, hole: Hole) -> None:
        """Take note of a new hole; ids only ever jump upwards, so it is the newest."""
        self._open.append(hole)

    def restore(self, holes: Iterable[Hole]) -> None:
        """Begin with holes that were known before."""
        for hole in sorted(holes, key=_first_id):
            {
                HoleState.OPEN: self._open,
                HoleState.CONFIRMED: self._confirmed,
                HoleState.FILLED: self._filled,
            }[hole.state].append(hole)
        self._confirmed_count, self._filled_count = len(self._confirmed), len(self._filled)

    def take(self, trade_id: int, *, ts_recv: int) -> tuple[bool, Hole | None]:
        """Return whether `trade_id` was missing, and the open hole that it was the last missing id of.

        Trades that come within the reorder window after their hole was found were only overtaken: it is forgotten.
        """
        for holes in (self._open, self._confirmed):
            at = bisect_right(holes, trade_id, key=_first_id) - 1
            if at < 0 or trade_id > holes[at].last_id:
                continue
            hole = holes[at]
            holes[at : at + 1] = rest = _without(hole, trade_id, trade_id)
            if not rest and ts_recv - hole.found_at > self._reorder_ns:
                self._note_filled(hole, beside=holes[max(at - 1, 0) : at + 1])
            if hole.state is HoleState.CONFIRMED:
                self._confirmed_count += len(rest) - 1
                return True, None
            return True, None if rest else hole
        return False, None

    def _note_filled(self, part: Hole, *, beside: list[Hole]) -> None:
        """Note the whole hole as filled, unless a neighbour is a part of it too."""
        whole = part.part_of or (part.first_id, part.last_id)
        if any(hole.part_of == whole for hole in beside):
            return
        filled = replace(part, first_id=whole[0], last_id=whole[1], state=HoleState.FILLED, part_of=None)
        self._filled = [*self._filled, filled][-self.MAX_FILLED :]
        self._filled_count += 1

    def confirm(self, first_id: int, last_id: int) -> list[Hole]:
        """Note that the exchange has no trades first..last; return the holes of which no id is missing now.

        Only what is missing is noted; ids that we hold or never waited for are passed over.
        """
        ended, still = [], []
        for hole in self._open:
            rest = _without(hole, first_id, last_id)
            still += rest
            if rest == [hole]:
                continue
            first, last = max(first_id, hole.first_id), min(last_id, hole.last_id)
            asked = replace(hole, first_id=first, last_id=last, state=HoleState.CONFIRMED, part_of=None)
            insort(self._confirmed, asked, key=_first_id)
            self._confirmed_count += 1
            if not rest:
                ended.append(hole)
        self._open = still
        return ended

    @property
    def reach(self) -> tuple[int, int]:
        """Return the lowest and highest id that would still be taken late, (0, -1) when there is none."""
        ends = [end for holes in (self._open, self._confirmed) for end in (holes[:1], holes[-1:]) if end]
        ids = [each for (hole,) in ends for each in (hole.first_id, hole.last_id)]
        return (min(ids), max(ids)) if ids else (0, -1)

    @property
    def open_holes(self) -> tuple[Hole, ...]:
        return tuple(self._open)

    @property
    def all_holes(self) -> tuple[Hole, ...]:
        """Return the known holes, oldest first."""
        return tuple(sorted((*self._filled, *self._confirmed, *self._open), key=_first_id))

    def counts(self) -> dict[HoleState, int]:
        """Return how many holes there are of each state."""
        return {
            HoleState.OPEN: len(self._open),
            HoleState.FILLED: self._filled_count,
            HoleState.CONFIRMED: self._confirmed_count,
        }


def _first_id(hole: Hole) -> int:
    return hole.first_id


def _without(hole: Hole, first_id: int, last_id: int) -> list[Hole]:
    """Return what is left of a hole without the ids first..last."""
    if last_id < hole.first_id or first_id > hole.last_id:
        return [hole]
    ends = ((hole.first_id, first_id - 1), (last_id + 1, hole.last_id))
    whole = hole.part_of or (hole.first_id, hole.last_id)
    return [
        replace(hole, first_id=first, last_id=last, part_of=whole) for first, last in ends if first <= last
    ]
