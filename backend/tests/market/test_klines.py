"""The exchange's own bars: history where we have none, never in place of what we heard ourselves."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.comparing import (
    INTERVALS,
    SYMBOLS,
    Close,
    Step,
    assert_same,
    do,
    held,
    klines,
    new_state,
    new_twin,
    scenarios,
)
from market.reference import Kline
from market.tape import START, batch, trade
from quant.clock import NS_PER_S
from quant.market.state import MarketState


def kline(at_s: int, close: float = 90.0) -> Kline:
    return Kline(
        START + at_s * NS_PER_S, close - 1, close + 1, close - 2, close, Decimal("7.5"), Decimal("675.25"), 12
    )


def load(state: MarketState, *rows: Kline) -> int:
    return state.load_klines("A", "1s", klines(rows))


def qualities(state: MarketState) -> list[str]:
    return [row.quality.label for row in held(state, "A", "1s")]


def listening() -> MarketState:
    """Return a state with partial, complete, quiet, gap and quiet seconds, and a hole at ids 3 to 8."""
    state = new_state()
    state.apply(batch([trade("A", 1, 0.5), trade("A", 2, 1.5), trade("A", 9, 4.5), trade("A", 10, 5.5)]))
    state.close_until(START + 8 * NS_PER_S, symbols=["A"])
    return state


def test_history_before_the_first_trade():
    state = new_state()
    assert load(state, *(kline(-i) for i in (3, 2, 1))) == 3
    bars = state.bars("A", "1s", limit=10)
    assert bars.closed.all()
    assert state.close_from("A", "1s") == START
    assert (bars.opens[0], bars.highs[0], bars.lows[0], bars.closes[0]) == (89.0, 91.0, 88.0, 90.0)
    assert (bars.volumes[0], bars.quote_volumes[0], bars.trades[0]) == (7.5, 675.25, 12)
    state.apply(batch([trade("A", 1, 0.5)]))
    assert qualities(state) == ["kline", "kline", "kline", "partial"]


def test_klines_replace_what_is_partial_or_a_gap_and_nothing_better():
    state = listening()
    assert qualities(state) == ["partial", "gap", "gap", "gap", "gap", "complete", "quiet", "quiet"]
    before = state.bars("A", "1s", limit=10)
    assert load(state, *(kline(i, 80.0 + i) for i in range(8))) == 5
    assert qualities(state) == ["kline"] * 5 + ["complete", "quiet", "quiet"]
    after = state.bars("A", "1s", limit=10)
    assert (after.revisions[:5] == before.revisions[:5] + 1).all()
    assert after.revisions[5:].tolist() == before.revisions[5:].tolist()
    assert after.closes.tolist() == [80.0, 81.0, 82.0, 83.0, 84.0, 100.0, 100.0, 100.0]


def test_loading_again_changes_nothing():
    state = listening()
    load(state, kline(0))
    version = state.version("A", "1s")
    assert load(state, kline(0, 50.0)) == 0
    assert state.version("A", "1s") == version


def test_a_trade_that_the_kline_counts_already_does_not_change_it():
    state = listening()
    load(state, kline(2))
    state.apply(batch([trade("A", 4, 2.5, "300")]))
    row = held(state, "A", "1s")[2]
    assert (row.close, row.trades, row.quality.label) == (90.0, 12, "kline")
    assert state.ticks("A").ids.tolist()[-1] == 4


def test_a_quiet_bar_after_a_kline_repeats_its_close():
    state = new_state()
    state.apply(batch([trade("A", 1, 0.5)]))
    state.close_until(START + 3 * NS_PER_S, symbols=["A"])
    load(state, kline(0, 70.0))
    assert [row.close for row in held(state, "A", "1s")] == [70.0, 70.0, 70.0]
    assert state.bars("A", "1s", limit=10).revisions.tolist() == [1, 1, 1]


def test_klines_older_than_the_ring_or_off_the_grid_are_left_out():
    state = new_state(depth=16)
    state.apply(batch([trade("A", 1, 100.5)]))
    off_grid = Kline(START + 99 * NS_PER_S + 1, 1.0, 1.0, 1.0, 1.0, Decimal(1), Decimal(1), 1)
    assert load(state, kline(84), off_grid) == 0
    assert load(state, kline(99)) == 1


@pytest.mark.parametrize("interval", [each.name for each in INTERVALS])
def test_no_klines_are_no_change(interval: str):
    state = new_state()
    assert state.load_klines("A", interval, klines([])) == 0
    assert state.version("A", interval) == 0


@given(steps=scenarios(most=15), data=st.data())
def test_with_klines_the_state_still_equals_its_twin(steps: list[Step], data: st.DataObject):
    state, twin = new_state(), new_twin()
    for step in steps:
        assert do(state, step) == do(twin, step)
        if not data.draw(st.booleans()):
            continue
        symbol, interval = data.draw(st.sampled_from(SYMBOLS)), data.draw(st.sampled_from(INTERVALS))
        first, n = data.draw(st.integers(0, 60)), data.draw(st.integers(1, 20))
        # As REST answers: bars without a hole, all of them over.
        end = min(state.close_from(symbol, interval.name) or START, START + (first + n) * interval.ns)
        rows = [
            Kline(end - i * interval.ns, 3.0, 5.0, 1.0, 4.0, Decimal(8), Decimal(2), 3)
            for i in range(n, 0, -1)
        ]
        got = state.load_klines(symbol, interval.name, klines(rows))
        assert got == twin.load_klines(symbol, interval.name, rows)
    do(state, Close(300, SYMBOLS))
    do(twin, Close(300, SYMBOLS))
    assert_same(state, twin)
