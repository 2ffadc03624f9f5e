"""Sets of trade ids as ranges: what is committed, what was not stored, what a file holds."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from quant.domain import IntArray


class IdRange(NamedTuple):
    """The ids first..last, both included."""

    first_id: int
    last_id: int

    @property
    def size(self) -> int:
        return self.last_id - self.first_id + 1


def runs(ids: IntArray) -> Iterator[IdRange]:
    """Return the ranges that `ids`, in any order and with repeats, consist of."""
    if not ids.size:
        return
    ordered = ids if bool(np.all(ids[1:] > ids[:-1])) else np.unique(ids)
    breaks = np.flatnonzero(np.diff(ordered) != 1)
    firsts = np.concatenate((ordered[:1], ordered[breaks + 1])).tolist()
    lasts = np.concatenate((ordered[breaks], ordered[-1:])).tolist()
    for first, last in zip(firsts, lasts, strict=True):
        yield IdRange(first, last)


class IdRanges:
    """A set of ids kept as disjoint ranges, none of which touches the next."""

    def __init__(self, ranges: Iterable[IdRange] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first_id: int, last_id: int) -> None:
        """Put the ids first..last in."""
        at = bisect_left(self._lasts, first_id - 1)
        end = at
        while end < len(self._firsts) and self._firsts[end] <= last_id + 1:
            end += 1
        if end > at:
            first_id = min(first_id, self._firsts[at])
            last_id = max(last_id, self._lasts[end - 1])
        self._firsts[at:end] = [first_id]
        self._lasts[at:end] = [last_id]

    def add_ids(self, ids: IntArray) -> None:
        """Put `ids` in, in any order."""
        for first, last in runs(ids):
            self.add(first, last)

    def remove(self, first_id: int, last_id: int) -> bool:
        """Take the ids first..last out; return whether any was in."""
        at = bisect_left(self._lasts, first_id)
        end = at
        rest: list[IdRange] = []
        while end < len(self._firsts) and self._firsts[end] <= last_id:
            if self._firsts[end] < first_id:
                rest.append(IdRange(self._firsts[end], first_id - 1))
            if self._lasts[end] > last_id:
                rest.append(IdRange(last_id + 1, self._lasts[end]))
            end += 1
        self._firsts[at:end] = [first for first, _ in rest]
        self._lasts[at:end] = [last for _, last in rest]
        return end > at

    def without(self, others: "IdRanges") -> "IdRanges":
        """Return the ids that are in here and not in `others`."""
        left = IdRanges(self.ranges)
        for other in others.ranges:
            left.remove(*other)
        return left

    @property
    def ranges(self) -> tuple[IdRange, ...]:
        return tuple(IdRange(*pair) for pair in zip(self._firsts, self._lasts, strict=True))

    @property
    def count(self) -> int:
        """Return how many ids are in."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __contains__(self, trade_id: int) -> bool:
        at = bisect_left(self._lasts, trade_id)
        return at < len(self._firsts) and self._firsts[at] <= trade_id
