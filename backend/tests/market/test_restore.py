"""What was stored of a state, put into a new one, goes on as if nothing had been."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given

from market.comparing import (
    INTERVALS,
    Close,
    Step,
    as_rows,
    assert_same_rows,
    do,
    held,
    klines,
    new_state,
    scenarios,
    trades_of,
)
from market.reference import Kline, Row
from market.tape import START, Trade, batch, trade
from quant.clock import NS_PER_S
from quant.domain import Bars, Quality
from quant.market.ledger import HoleState
from quant.market.state import MarketState
from quant.storage.records import join_bars

NAMES = [interval.name for interval in INTERVALS]


class Kept:
    """Keeps what a state says is new or changed, and the trades it took, as storage would."""

    def __init__(self) -> None:
        self.parts: dict[tuple[str, str], list[Bars]] = {}
        self.trades: dict[str, dict[int, Trade]] = {}

    def take(self, state: MarketState, step: Step) -> None:
        for symbol, interval, bars in state.take_changed():
            assert len(bars)
            assert bars.closed.all()
            self.parts.setdefault((symbol, interval), []).append(bars)
        for each in trades_of(step):
            ids = state.ticks(each.symbol).ids
            if each.id in ids:
                self.trades.setdefault(each.symbol, {}).setdefault(each.id, each)

    def bars(self, symbol: str, interval: str) -> Bars | None:
        parts = self.parts.get((symbol, interval))
        return join_bars(parts) if parts else None

    def into(
        self, state: MarketState, symbol: str, holes_of: MarketState, *, reach: int | None = None
    ) -> None:
        bars = {name: found for name in NAMES if (found := self.bars(symbol, name)) is not None}
        since = state.restore_bars(symbol, bars)
        known = [self.trades[symbol][each] for each in sorted(self.trades.get(symbol, {}))]
        oldest = min(since)
        ticks = [
            each for at, each in enumerate(known) if each.ts >= oldest or at >= len(known) - (reach or 5)
        ]
        begins = ticks[:1] == known[:1]
        newest_ts = max((each.ts for each in known), default=0)
        state.restore_ticks(
            symbol,
            batch(ticks),
            since=since,
            begins=begins,
            holes=holes_of.holes(symbol),
            newest_ts=newest_ts,
        )


def steps_done(steps: Sequence[Step]) -> tuple[MarketState, Kept]:
    state, kept = new_state(), Kept()
    for step in steps:
        do(state, step)
        kept.take(state, step)
    return state, kept


@given(steps=scenarios())
def test_what_is_told_to_have_changed_makes_the_closed_bars(steps: list[Step]):
    state, kept = steps_done(steps)
    for symbol in state.symbols:
        for name in NAMES:
            closed = [row for row in held(state, symbol, name) if row.closed]
            bars = kept.bars(symbol, name)
            assert_same_rows([] if bars is None else as_rows(bars), closed)
    assert state.take_changed() == []


def test_bars_that_a_kline_closes_are_told_as_well():
    """A kline after our newest bar closes all before it, though the watermark has not come so far."""
    state = new_state()
    do(state, [trade("AUSDT", 1, 0.5), trade("AUSDT", 2, 1.5), trade("AUSDT", 3, 2.5)])
    row = Kline(START + 4 * NS_PER_S, 1.0, 1.0, 1.0, 1.0, Decimal(1), Decimal(1), 1)
    assert state.load_klines("AUSDT", "1s", klines([row])) == 1

    told = {at for _, name, bars in state.take_changed() if name == "1s" for at in bars.times.tolist()}
    closed = [each.time for each in held(state, "AUSDT", "1s") if each.closed]
    assert sorted(told) == closed == [START + second * NS_PER_S for second in (0, 1, 2, 4)]


def _plain(row: Row) -> Row:
    """Return the row as if all had been heard: what was stored does not tell which trades were fetched."""
    quality = Quality.COMPLETE if row.quality is Quality.BACKFILLED else row.quality
    return Row(*(getattr(row, name) for name in Row.__slots__[:-2]), quality, row.closed)


@given(steps=scenarios(), after=scenarios(most=8))
def test_a_restored_state_goes_on_like_the_one_that_never_stopped(steps: list[Step], after: list[Step]):
    state, kept = steps_done(steps)
    again = new_state()
    for symbol in state.symbols:
        kept.into(again, symbol, state)
    for more in ([], *([step] for step in after)):
        for step in more:
            do(state, step)
            do(again, step)
        for symbol in kept.trades:
            was, now = state.counters(symbol), again.counters(symbol)
            assert (now.last_id, now.last_price) == (was.last_id, was.last_price)
            assert now.holes[HoleState.OPEN] == was.holes[HoleState.OPEN]
            assert again.holes(symbol) == state.holes(symbol)
            for name in NAMES:
                got = [_plain(row) for row in held(again, symbol, name)]
                assert_same_rows(got, [_plain(row) for row in held(state, symbol, name)])


def test_a_hole_after_a_restart_reaches_as_far_back_in_time_as_without():
    """Event times go backwards: the latest one may be of a trade that is not read again."""
    early = [trade("A", i, 0.001 if i == 1 else 0.0) for i in range(1, 9)]
    state, kept = steps_done([early, Close(60.0, ("A",))])
    again = new_state()
    kept.into(again, "A", state, reach=5)
    for each in (state, again):
        do(each, [trade("A", 10, 0.0)])
    assert again.holes("A") == state.holes("A")
    assert again.holes("A")[0].ts_after == START + NS_PER_S // 1000


def test_a_forming_bar_is_made_of_finer_ones_and_the_trades_since():
    """Of a forming minute no more trades are needed than those of its last second."""
    steps: list[Step] = [[trade("A", i, 0.5 * i, price=str(100 + i % 7))] for i in range(500)]
    state, kept = steps_done([*steps, Close(249.0, ("A",))])
    again = new_state()
    bars = {name: found for name in NAMES if (found := kept.bars("A", name)) is not None}
    since = again.restore_bars("A", bars)
    assert min(since) == START + 245 * NS_PER_S  # five seconds divide the minute, one second the five
    last = [each for each in kept.trades["A"].values() if each.ts >= min(since)]
    again.restore_ticks("A", batch(last), since=since, begins=False, holes=())
    for name in NAMES:
        assert_same_rows(held(again, "A", name), held(state, "A", name))


def test_a_trade_after_the_restart_shows_what_was_missed():
    state, kept = steps_done([[trade("A", 1, 0.2), trade("A", 2, 1.4)]])
    again = new_state()
    kept.into(again, "A", state)
    do(again, [trade("A", 6, 3.5)])
    assert [(hole.first_id, hole.last_id, hole.state.value) for hole in again.holes("A")] == [(3, 5, "open")]
    assert [row.quality.label for row in held(again, "A", "1s")] == ["partial", "gap", "gap", "gap"]


@pytest.mark.parametrize("capacity", [3, 5, 50])
def test_the_ring_holds_the_newest_after_a_restart(capacity: int):
    known = [trade("A", i, i / 10) for i in range(1, 9)]
    state = new_state(capacity=capacity)
    since = state.restore_bars("A", {})
    state.restore_ticks("A", batch(known), since=since, begins=False, holes=())
    do(state, [trade("A", 9, 0.9)])
    assert state.ticks("A").ids.tolist() == list(range(1, 10))[-capacity:]
    assert np.array_equal(state.ticks("A").prices, np.full(min(9, capacity), 100.0))


def test_nothing_stored_is_nothing_restored():
    state = new_state()
    since = state.restore_bars("A", {})
    state.restore_ticks("A", batch([]), since=since, begins=False, holes=())
    assert state.counters("A").last_id is None
    do(state, [trade("A", 7, 1.5)])
    assert [row.quality.label for row in held(state, "A", "1s")] == ["partial"]
