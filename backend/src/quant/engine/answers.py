"""What the exchange's answers say about missing ids. Both ways of back-filling judge by these rules."""

from dataclasses import replace

from quant.clock import NS_PER_S
from quant.feed.exchange import Fetched
from quant.storage.id_ranges import IdRange, IdRanges, runs

BLOCK = 1000
"""Trades that one question brings."""

REACH_NS = 48 * 3600 * NS_PER_S
"""How far back the exchange answers."""

AHEAD_NS = 60 * NS_PER_S
"""A trade that is so much later than the market's newest time, at its usual speed, never happened then."""

ASK_AGAIN_S = 3.0
"""An id counts as not existing when the exchange says so twice, this long apart: some answers are early or wrong."""


def absent_ids(asked: IdRanges, answer: Fetched, *, in_reach: bool) -> IdRanges:
    """Return those of `asked` that the exchange has no trade for, as this one answer tells.

    It tells up to its highest row. What was asked for lies below a trade that there is, so that an honest answer goes
    on to it: one that is empty or ends before that comes from a copy that lags, and says nothing of the rest.

    `in_reach` tells that it can answer for the lowest of them, since a trade before it is young enough. Where it is
    not, ids below the first row may be too old to be told: some exchanges answer with the first rows they still have.
    """
    absent = IdRanges(asked.ranges)
    if absent:
        told_to = -1 if answer.last_id is None else answer.last_id
        absent.remove(told_to + 1, absent.ranges[-1].last_id)
    for part in runs(answer.trades.ids):
        absent.remove(*part)
    for first, last in answer.unread:
        absent.remove(first, last)
    if not in_reach and absent and answer.first_id is not None:
        absent.remove(absent.ranges[0].first_id, answer.first_id - 1)
    return absent


def untold_of(asked: IdRange, answer: Fetched) -> IdRange:
    """Return the last ids of `asked`, which no row of the answer reaches; empty where it reaches them all."""
    told = [last for _, last in answer.unread]
    if answer.last_id is not None:
        told.append(answer.last_id)
    return IdRange(max([asked.first_id, *(each + 1 for each in told)]), asked.last_id)


def without_future(answer: Fetched, until_ns: int) -> Fetched:
    """Return the answer as if the rows of trades after that time could not be read."""
    trades = answer.trades
    future = trades.ts_event > until_ns
    if not future.any():
        return answer
    unread = tuple((each, each) for each in trades.ids[future].tolist())
    return replace(answer, trades=trades.at(~future), unread=(*answer.unread, *unread))


class Denials:
    """Ids that the exchange did not have when it was asked once; the second time it is believed."""

    def __init__(self) -> None:
        self._once = IdRanges()

    @property
    def waiting(self) -> tuple[IdRange, ...]:
        """Return the ids that are to be asked for again."""
        return self._once.ranges

    def judge(self, asked: IdRanges, absent: IdRanges) -> tuple[IdRange, ...]:
        """Return which of the absent ids were absent before; the others of `asked` are absent once, or not at all."""
        again = IdRanges(absent.ranges)
        for part in _without(absent, self._once).ranges:
            again.remove(*part)
        for part in asked.ranges:
            self._once.remove(*part)
        for part in _without(absent, again).ranges:
            self._once.add(*part)
        return again.ranges


def _without(ids: IdRanges, others: IdRanges) -> IdRanges:
    left = IdRanges(ids.ranges)
    for part in others.ranges:
        left.remove(*part)
    return left
