"""Ids that the exchange cannot answer for just now: left alone for a while, so that others are asked for meanwhile."""

from dataclasses import dataclass

from quant.storage.id_ranges import IdRange, IdRanges

FIRST_S, MOST_S = 5.0, 600.0
"""Until such ids are asked for again; doubles for a single id, after which there is nothing more to halve."""

UNTOLD_MOST_S = 30.0
"""Until ids are asked for again that an answer says nothing of; doubles up to here while none does."""

STUCK_S = 20.0
"""A wait that is reached after half a minute of failures: nobody can tell when these ids will be had."""


@dataclass(frozen=True, slots=True)
class _Part:
    ids: IdRange
    until_s: float
    wait_s: float
    answers: int


class SetAside:
    """Of one symbol. A range that fails again, while the exchange answers other questions, is halved.

    So the one id that it chokes on is found in ten steps, and its neighbours are had.
    """

    def __init__(self) -> None:
        self._parts: dict[IdRange, _Part] = {}

    def put(self, ids: IdRange, *, now_s: float, answers: int) -> None:
        """Leave these ids alone; `answers` counts the questions that the exchange has answered so far."""
        overlapping = [part for part in self._parts.values() if _overlap(part.ids, ids)]
        for part in overlapping:
            del self._parts[part.ids]
        held = next(iter(overlapping), None)
        if held is None or held.answers == answers:  # nobody is answered: it is not these ids
            self._add(ids, now_s, FIRST_S, answers)
        elif ids.size == 1:
            self._add(ids, now_s, min(2 * held.wait_s, MOST_S), answers)
        else:
            middle = (ids.first_id + ids.last_id) // 2
            self._add(IdRange(ids.first_id, middle), now_s, FIRST_S, answers)
            self._add(IdRange(middle + 1, ids.last_id), now_s, FIRST_S, answers)

    def _add(self, ids: IdRange, now_s: float, wait_s: float, answers: int) -> None:
        self._parts[ids] = _Part(ids, now_s + wait_s, wait_s, answers)

    def answered(self, ids: IdRange, *, unread: IdRanges, now_s: float, answers: int) -> None:
        """Take note that a question for `ids` was answered, all but the unread ones of them."""
        for part in [each for each in self._parts if _overlap(each, ids)]:
            if part.size > 1 or part.first_id not in unread:
                del self._parts[part]
        for part in unread.ranges:
            for each in range(max(part.first_id, ids.first_id), min(part.last_id, ids.last_id) + 1):
                self.put(IdRange(each, each), now_s=now_s, answers=answers)

    def untold(self, ids: IdRange, *, now_s: float, answers: int) -> None:
        """Leave ids alone that an answer says nothing of: it came from a copy that lags, and will know them soon."""
        overlapping = [part for part in self._parts.values() if _overlap(part.ids, ids)]
        for part in overlapping:
            del self._parts[part.ids]
        wait_s = min(2 * max((part.wait_s for part in overlapping), default=FIRST_S / 2), UNTOLD_MOST_S)
        self._add(ids, now_s, wait_s, answers)

    def due(self, now_s: float) -> IdRange | None:
        """Return the newest range whose time has come."""
        return max((part.ids for part in self._parts.values() if part.until_s <= now_s), default=None)

    def forget(self, ids: IdRange) -> None:
        """Take a range out: none of it is missing any more."""
        self._parts.pop(ids, None)

    def is_stuck(self, ids: IdRange) -> bool:
        """Tell whether some of `ids` have been asked for in vain time and again."""
        return any(part.wait_s >= STUCK_S and _overlap(part.ids, ids) for part in self._parts.values())

    def free(self, ids: IdRange) -> tuple[IdRange, ...]:
        """Return what of `ids` is not left alone, lowest first; between two of these lies what is."""
        if not self._parts:
            return (ids,)
        left = IdRanges([ids])
        for part in self._parts:
            left.remove(*part)
        return left.ranges


def _overlap(one: IdRange, other: IdRange) -> bool:
    return one.first_id <= other.last_id and other.first_id <= one.last_id
