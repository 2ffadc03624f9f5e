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

    `in_reach` tells that it can answer for the lowest of them, since a trade before it is young enough. Where it is
    not, ids below the first row may be too old to be told: some exchanges answer with the first rows they still have.
    """
    absent = IdRanges(asked.ranges)
    for part in runs(answer.trades.ids):
        absent.remove(*part)
    for first, last in answer.unread:
        absent.remove(first, last)
    if not in_reach and absent:
        told_from = absent.ranges[-1].last_id + 1 if answer.first_id is None else answer.first_id
        absent.remove(absent.ranges[0].first_id, told_from - 1)
    return absent


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
