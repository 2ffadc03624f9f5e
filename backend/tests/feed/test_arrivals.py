"""What came is told once, by symbol, however it was cut into batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quant.domain import TradeBatch
from quant.feed.arrivals import Arrival, Arrivals
from quant.feed.watchdog import Watchdog

TABLES = (("A",), ("A", "B", "C"), ("C", "A"))  # grown, then begun anew in another order


def batch(names: tuple[str, ...], rows: list[tuple[int, int]]) -> TradeBatch:
    """Return trades of (code, id)."""
    codes, ids = (
        np.array([code for code, _ in rows], np.int32),
        np.array([each for _, each in rows], np.int64),
    )
    ones = np.ones(len(rows))
    return TradeBatch(names, codes, ids, ids, ids, ones, ones, np.ones(len(rows), np.uint8), ids)


@given(st.data())
def test_tells_what_a_plain_count_tells(data: st.DataObject) -> None:
    arrivals = Arrivals()
    counted: dict[str, Arrival] = {}
    told: dict[str, Arrival] = {}

    def listen() -> None:
        for new in arrivals.take():
            told[new.symbol] = joined(told.get(new.symbol), new)

    for step in range(data.draw(st.integers(1, 8))):
        names = data.draw(st.sampled_from(TABLES))
        row = st.tuples(st.integers(0, len(names) - 1), st.integers(0, 50))
        rows = data.draw(st.lists(row, min_size=1, max_size=6))
        arrivals.add(batch(names, rows), now_s=float(step))
        for code, trade_id in rows:
            new = Arrival(names[code], 1, trade_id, float(step))
            counted[new.symbol] = joined(counted.get(new.symbol), new)
        if data.draw(st.booleans()):
            listen()
            assert told == counted
    listen()
    assert told == counted
    assert arrivals.take() == []


def joined(old: Arrival | None, new: Arrival) -> Arrival:
    if old is None:
        return new
    trades, newest_id = old.trades + new.trades, max(old.newest_id, new.newest_id)
    return Arrival(new.symbol, trades, newest_id, max(old.last_s, new.last_s))


class Line:
    """A connection that tells the watchdog of its trades only when asked."""

    def __init__(self) -> None:
        self.dog = Watchdog()
        self.waiting: list[int] = []
        self.carrier = self.dog.open("line", catch_up=self._tell)
        self.carrier.carry({"A"}, now_s=0.0)

    def _tell(self) -> None:
        while self.waiting:
            self.carrier.note("A", trades=1, newest_id=self.waiting.pop(0), now_s=99.0)


def test_a_trade_that_was_not_told_yet_counts_in_the_verdict() -> None:
    line = Line()
    line.waiting.append(7)
    assert line.dog.health("A", now_s=100.0).verdict == "live"


def test_a_trade_that_was_not_told_yet_spares_the_question() -> None:
    line = Line()
    line.waiting.append(7)
    assert line.dog.look(100.0).questions == ()
    assert Line().dog.look(100.0).questions == ("A",)


def test_a_trade_that_was_not_told_yet_refutes_the_stall() -> None:
    line = Line()
    line.dog.answer("A", 6, asked_s=10.0, now_s=11.0)
    line.waiting.append(7)
    assert not line.dog.answer("A", 7, asked_s=98.0, now_s=100.0)


def test_a_stream_asked_for_anew_has_no_trade_of_its_past() -> None:
    line = Line()
    line.waiting.append(7)
    line.carrier.drop({"A"})
    line.carrier.carry({"A"}, now_s=100.0)
    assert line.dog.health("A", now_s=101.0).verdict == "waiting"


def test_a_trade_that_was_not_told_yet_survives_its_connection() -> None:
    line = Line()
    line.waiting.append(7)
    line.dog.open("another").carry({"A"}, now_s=0.0)
    line.carrier.close()
    assert line.dog.health("A", now_s=100.0).verdict == "live"


def test_a_trade_that_was_not_told_yet_counts_when_the_exchange_is_mute() -> None:
    line = Line()
    line.waiting.append(7)
    line.dog.no_answer("A", asked_s=98.0, now_s=100.0)
    assert line.dog.health("A", now_s=100.0).verdict == "live"
