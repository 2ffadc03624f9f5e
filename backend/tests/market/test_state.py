"""Trades to ledger, rings and bars: whatever the network does, the state equals its slow twin."""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.comparing import (
    INTERVALS,
    SYMBOLS,
    Close,
    Step,
    assert_same,
    assert_same_rows,
    do,
    held,
    new_state,
    new_twin,
    scenarios,
    singles,
    trades_of,
)
from market.tape import START, Trade, batch, histories, trade
from quant.clock import NS_PER_MS, NS_PER_S
from quant.domain import Quality
from quant.market import bar_kernels
from quant.market.ledger import HoleState
from quant.market.state import MAX_TABLES, MarketState


def fed(*trades: Trade, **options: int) -> MarketState:
    """Return a state that has seen the trades one by one."""
    state = new_state(**options)
    for each in trades:
        state.apply(batch([each]))
    return state


def qualities(state: MarketState, symbol: str = "A", interval: str = "1s") -> list[str]:
    return [row.quality.label for row in held(state, symbol, interval)]


def all_bars(state: MarketState) -> list[str]:
    return [repr(held(state, symbol, interval.name)) for symbol in SYMBOLS for interval in INTERVALS]


@given(steps=scenarios())
def test_state_equals_its_twin(steps: list[Step]):
    state, twin = new_state(), new_twin()
    for step in steps:
        assert do(state, step) == do(twin, step)
    assert_same(state, twin)


@given(steps=scenarios(), reorder_ms=st.sampled_from((0, 300, 1000, 60_000)))
def test_a_hole_that_ends_within_the_reorder_window_is_forgotten(steps: list[Step], reorder_ms: int):
    window = reorder_ms * NS_PER_MS
    state, twin = new_state(reorder_ns=window), new_twin(reorder_ns=window)
    for step in steps:
        do(state, step)
        do(twin, step)
    assert_same(state, twin)


@given(steps=scenarios())
def test_which_trades_were_taken_is_told(steps: list[Step]):
    """Each id once, and together what the ring has taken in."""
    state = new_state()
    taken: dict[str, list[int]] = {symbol: [] for symbol in SYMBOLS}
    for step in steps:
        if not trades_of(step):
            do(state, step)
            continue
        fresh = state.apply(batch(trades_of(step)))
        for each, is_new in zip(trades_of(step), fresh.tolist(), strict=True):
            if is_new:
                taken[each.symbol].append(each.id)
    for symbol in state.symbols:
        assert taken[symbol] == state.ticks(symbol).ids.tolist()


def test_an_overtaken_trade_leaves_no_hole_behind():
    late, far = trade("A", 2, 1.2), trade("A", 4, 9.0)
    state = MarketState("test", intervals=INTERVALS, tick_capacity=100)
    state.apply(batch([trade("A", 1, 0.1), trade("A", 3, 1.0), late, trade("A", 5, 2.0), far]))
    assert [(hole.first_id, hole.state.value) for hole in state.holes("A")] == [(4, "filled")]
    assert state.counters("A").out_of_order == 2


@given(steps=scenarios(most=15), capacity=st.integers(1, 12))
def test_ring_holds_the_newest_trades_in_order_of_arrival(steps: list[Step], capacity: int):
    state, twin = new_state(capacity=capacity), new_twin()
    for step in steps:
        do(state, step)
        do(twin, step)
    assert_same(state, twin, capacity=capacity)
    for symbol, known in twin.symbols.items():
        assert state.ticks_written(symbol) <= len(known.taken)
        assert len(state.ticks(symbol, limit=3)) == min(3, capacity, len(known.taken))
        assert state.memory_bytes(symbol) == 48 * min(capacity, len(known.taken))
        times = state.ticks(symbol).ts_event.tolist()
        assert state.tick_extent(symbol) == ((min(times), max(times)) if times else None)
    assert state.tick_extent("never heard of") is None


@given(steps=scenarios())
def test_where_a_batch_is_cut_does_not_matter(steps: list[Step]):
    whole, single = new_state(), new_state()
    for step in steps:
        do(whole, step)
        for part in singles(step):
            do(single, part)
    assert all_bars(whole) == all_bars(single)
    for symbol in SYMBOLS:
        assert whole.counters(symbol) == single.counters(symbol)
        assert whole.holes(symbol) == single.holes(symbol)
        assert whole.ticks(symbol).ids.tolist() == single.ticks(symbol).ids.tolist()
        for interval in INTERVALS:
            read = [state.bars(symbol, interval.name, limit=4096) for state in (whole, single)]
            assert read[0].revisions.tolist() == read[1].revisions.tolist()


@given(data=st.data())
def test_late_trades_may_come_in_any_order(data: st.DataObject):
    history = data.draw(histories("AUSDT", most=20))
    ends = {history[0].id, history[-1].id}
    lost = {each.id for each in history if each.id not in ends and data.draw(st.booleans())}
    heard = [each for each in history if each.id not in lost]
    late = [each for each in history if each.id in lost]
    closing = Close(max(each.at_ms for each in history) / 1000 + 2, ("AUSDT",))
    states = []
    for order in (late, data.draw(st.permutations(late))):
        state = new_state()
        for step in (heard, closing, order):
            do(state, step)
        states.append(state)
    whole = new_state()
    do(whole, history)
    do(whole, closing)
    for interval in INTERVALS:
        rows = [held(state, "AUSDT", interval.name) for state in (*states, whole)]
        assert repr(rows[0]) == repr(rows[1]) == repr(rows[2])
    assert states[0].counters("AUSDT").holes[HoleState.OPEN] == 0


@given(steps=scenarios(most=15))
def test_a_closed_bar_changes_only_with_a_higher_revision(steps: list[Step]):
    state = new_state()
    before: dict[tuple[str, str, int], tuple[str, int]] = {}
    for step in steps:
        versions = {key: state.version(*key) for key in _series()}
        for single in singles(step):
            do(state, single)
            now = _closed(state)
            for key, (shown, revision) in before.items():
                assert key in now, "a closed bar stays"
                changed = now[key][0] != shown
                assert (now[key][1] > revision) if changed else (now[key][1] == revision)
            before = now
        for key in _series():
            assert state.version(*key) >= versions[key]


def _series() -> Iterable[tuple[str, str]]:
    return [(symbol, interval.name) for symbol in SYMBOLS for interval in INTERVALS]


def _closed(state: MarketState) -> dict[tuple[str, str, int], tuple[str, int]]:
    found = {}
    for symbol, interval in _series():
        bars = state.bars(symbol, interval, limit=4096)
        for row, revision in zip(held(state, symbol, interval), bars.revisions.tolist(), strict=True):
            if row.closed:
                found[(symbol, interval, row.time)] = (repr(row), revision)
    return found


@given(steps=scenarios(most=15))
def test_version_rises_with_every_visible_change(steps: list[Step]):
    state = new_state()
    for step in steps:
        before = {key: (state.version(*key), repr(held(state, *key))) for key in _series()}
        do(state, step)
        for key, (version, shown) in before.items():
            assert state.version(*key) > version or repr(held(state, *key)) == shown


# --- bars ---


def test_bar_has_first_and_last_price_by_id_extremes_sums_and_counts():
    state = fed(
        trade("A", 1, 0.0, "100"),
        trade("A", 2, 1.1, "10.5", "0.3", count=3),
        trade("A", 4, 1.9, "11", "0.1"),
        trade("A", 3, 1.8, "9", "0.2"),
    )
    bar = held(state, "A", "1s")[1]
    assert (bar.open, bar.high, bar.low, bar.close) == (10.5, 11.0, 9.0, 11.0)
    assert (float(bar.volume), float(bar.quote_volume), bar.trades) == (0.6, 6.05, 5)


def test_tenths_add_up_to_whole_numbers():
    state = fed(*(trade("A", i, 0.5, "0.1", "0.1") for i in range(1, 31)))
    bars = state.bars("A", "1s", limit=1)
    assert bars.volumes.tolist() == [3.0]
    assert bars.quote_volumes.tolist() == [0.3]


def test_first_bar_is_partial_at_every_interval():
    state = fed(trade("A", 7, 0.5), trade("A", 8, 61.0))
    assert [qualities(state, interval=interval.name) for interval in INTERVALS] == [
        ["partial", "complete"],
        ["partial", "complete"],
        ["partial", "complete"],
    ]


def test_bar_from_before_we_listened_is_never_complete():
    state = fed(trade("A", 7, 10.5), trade("A", 8, 8.2))
    assert qualities(state) == ["partial", "partial"]


def test_start_inside_a_hole_stays_partial_when_the_hole_is_filled():
    state = fed(trade("A", 1, 0.1), trade("A", 3, 0.9))
    assert qualities(state) == ["gap"]
    state.apply(batch([trade("A", 2, 0.5)]))
    assert qualities(state) == ["partial"]


def test_ids_below_the_first_are_duplicates_since_nobody_missed_them():
    state = fed(trade("A", 7, 10.0), trade("A", 6, 9.9), trade("A", 7, 10.0))
    assert state.counters("A").duplicates == 2
    assert len(state.ticks("A")) == 1


# --- closing ---


def test_watermark_closes_and_quiet_bars_repeat_the_last_close():
    state = fed(trade("A", 1, 0.2, "100"), trade("A", 2, 1.2, "101"))
    assert state.close_until(START + 5 * NS_PER_S - 1, symbols=["A"]) == {("A", "1s")}
    rows = held(state, "A", "1s")
    assert [row.quality.label for row in rows] == ["partial", "complete", "quiet", "quiet"]
    assert [row.close for row in rows] == [100.0, 101.0, 101.0, 101.0]
    assert [row.trades for row in rows] == [1, 1, 0, 0]
    assert all(row.closed for row in rows)


def test_a_quiet_bar_knows_no_later_price():
    """The trade at 4 s comes before the closing of the seconds in which there was none."""
    state = fed(trade("A", 1, 0.2, "100"), trade("A", 2, 4.5, "200"))
    state.close_until(START + 4 * NS_PER_S, symbols=["A"])
    assert [row.close for row in held(state, "A", "1s")] == [100.0, 100.0, 100.0, 100.0, 200.0]


def test_quiet_bars_follow_a_close_that_a_late_trade_has_changed():
    """Id 2 happened in the first second; it was id 3, of the same second, that made it across first."""
    state = fed(trade("A", 0, 0.0, "99"), trade("A", 1, 1.1, "100"), trade("A", 3, 1.2, "101"))
    state.close_until(START + 4 * NS_PER_S, symbols=["A"])
    state.apply(batch([trade("A", 2, 2.5, "150")]))  # event time beyond that of id 3
    rows = held(state, "A", "1s")
    assert [row.close for row in rows] == [99.0, 101.0, 150.0, 150.0]
    assert state.bars("A", "1s", limit=1).revisions.tolist() == [1]


def test_nothing_closes_for_symbols_not_named_or_unknown():
    state = fed(trade("A", 1, 0.2), trade("B", 1, 0.2))
    assert state.close_until(START + 3 * NS_PER_S, symbols=["A", "Z"]) == {("A", "1s")}
    assert [row.closed for row in held(state, "B", "1s")] == [False]
    assert "Z" not in state.symbols


def test_a_symbol_without_trades_has_nothing_to_close():
    state = new_state()
    state.add_symbol("A")
    assert state.close_until(START, symbols=["A"]) == set()
    assert len(state.bars("A", "1s", limit=10)) == 0


def test_closing_twice_changes_nothing():
    state = fed(trade("A", 1, 0.2))
    state.close_until(START + 3 * NS_PER_S, symbols=["A"])
    version, shown = state.version("A", "1s"), all_bars(state)
    assert state.close_until(START + 3 * NS_PER_S, symbols=["A"]) == set()
    assert state.close_until(START, symbols=["A"]) == set()
    assert (state.version("A", "1s"), all_bars(state)) == (version, shown)


def test_one_symbols_trades_do_not_touch_another():
    state = fed(trade("A", 1, 0.2), trade("B", 1, 0.2))
    state.close_until(START + 2 * NS_PER_S, symbols=["A", "B"])
    version, shown = state.version("B", "1s"), repr(held(state, "B", "1s"))
    state.apply(batch([trade("A", 5, 3.0), trade("A", 3, 2.0)]))
    assert (state.version("B", "1s"), repr(held(state, "B", "1s"))) == (version, shown)


# --- gaps ---


def test_a_hole_makes_gaps_and_no_price_where_nothing_was_heard():
    state = fed(trade("A", 1, 0.0), trade("A", 2, 1.5), trade("A", 9, 4.5))
    state.close_until(START + 6 * NS_PER_S, symbols=["A"])
    rows = held(state, "A", "1s")
    assert [row.quality.label for row in rows] == ["partial", "gap", "gap", "gap", "gap", "quiet"]
    assert [np.isnan(row.close) for row in rows] == [False, False, True, True, False, False]
    assert state.last_gap_end("A") == START + 4500 * NS_PER_MS


def test_a_hole_is_marked_though_event_time_went_back():
    state = fed(trade("A", 1, 0.0), trade("A", 2, 5.5), trade("A", 4, 3.5))
    assert qualities(state)[-3:] == ["gap", "gap", "gap"]


def test_filling_the_last_missing_id_heals_every_bar():
    state = fed(trade("A", 1, 0.0), trade("A", 2, 1.5), trade("A", 5, 4.5))
    state.close_until(START + 6 * NS_PER_S, symbols=["A"])
    state.apply(batch([trade("A", 4, 3.5, "120")]))
    assert qualities(state)[1:5] == ["gap"] * 4
    state.apply(batch([trade("A", 3, 1.7, "110")]))
    rows = held(state, "A", "1s")
    assert [row.quality.label for row in rows[1:]] == ["complete", "quiet", "complete", "complete", "quiet"]
    assert [row.close for row in rows] == [100.0, 110.0, 110.0, 120.0, 100.0, 100.0]
    assert state.last_gap_end("A") is None
    counters = state.counters("A")
    assert (counters.out_of_order, counters.duplicates) == (2, 0)


def test_healing_one_hole_leaves_another_and_its_revisions_alone():
    state = fed(
        trade("A", 1, 0.0), trade("A", 2, 1.5), trade("A", 4, 2.5), trade("A", 5, 8.5), trade("A", 7, 9.5)
    )
    state.close_until(START + 11 * NS_PER_S, symbols=["A"])
    before = state.bars("A", "1s", limit=100)
    state.apply(batch([trade("A", 3, 2.1)]))
    after = state.bars("A", "1s", limit=100)
    second_hole = after.times >= START + 8 * NS_PER_S
    assert after.qualities[second_hole].tolist() == before.qualities[second_hole].tolist()
    assert after.revisions[second_hole].tolist() == before.revisions[second_hole].tolist()
    assert (after.revisions[1:3] > before.revisions[1:3]).all()


def test_holes_are_listed_with_their_state():
    state = fed(trade("A", 1, 0.0), trade("A", 3, 1.0), trade("A", 6, 2.0), trade("A", 2, 0.5))
    assert [(hole.first_id, hole.last_id, hole.state.value) for hole in state.holes("A")] == [
        (2, 2, "filled"),
        (4, 5, "open"),
    ]
    assert state.holes("Z") == ()


# --- size ---


def test_more_symbols_than_the_first_allocation():
    names = [f"S{i}" for i in range(75)]
    state = new_state(capacity=4)
    state.apply(batch([trade(name, i, 0.5, str(i + 1)) for i, name in enumerate(names)]))
    state.apply(batch([trade(name, i + 1, 1.5, str(i + 2)) for i, name in enumerate(names)]))
    assert state.symbols == tuple(names)
    for i, name in enumerate(names):
        assert state.counters(name).last_id == i + 1
        assert [row.close for row in held(state, name, "1s")] == [i + 1.0, i + 2.0]
        assert state.ticks(name).ids.tolist() == [i, i + 1]


@settings(max_examples=50)
@given(
    seconds=st.lists(st.integers(0, 12), min_size=5, max_size=60),
    depth=st.integers(16, 24),
    lost=st.sets(st.integers(1, 50), max_size=8),
)
def test_bars_and_ledger_are_right_when_the_bar_ring_has_wrapped(
    seconds: list[int], depth: int, lost: set[int]
):
    """Late trades come at the end: those too old for the ring change no bar."""
    state, twin = new_state(depth=depth), new_twin(depth=depth)
    at_s, late = 0.0, []
    for i, step_s in enumerate(seconds):
        at_s += step_s
        each = trade("AUSDT", i, at_s, str(100 + i))
        if i in lost:
            late.append(each)
            continue
        for step in ([each], Close(at_s - 0.3, ("AUSDT",))):
            assert do(state, step) == do(twin, step)
    for step in (late[::-1], Close(at_s + 3, ("AUSDT",))):
        do(state, step)
        do(twin, step)
    for interval in INTERVALS:
        got, wanted = held(state, "AUSDT", interval.name), twin.rows("AUSDT", interval.name)
        # Quiet bars at the far end may have lost the bar whose price they would repeat.
        known = next((i for i, row in enumerate(wanted) if row.trades), len(wanted))
        assert [row.time for row in got] == [row.time for row in wanted]
        assert_same_rows(got[known:], wanted[known:])
    assert state.counters("AUSDT").accepted == len(twin.symbols["AUSDT"].taken)


def test_a_silence_longer_than_the_ring_keeps_the_newest_bar_and_the_last_price():
    """The first trade after it has the ring place of a bar that closing would now write."""
    state = fed(trade("A", 1, 0.5, "100"), trade("A", 2, 100.5, "200"), depth=16)
    state.close_until(START + 100 * NS_PER_S, symbols=["A"])
    rows = held(state, "A", "1s")
    assert len(rows) == 16
    assert (rows[-1].close, rows[-1].trades, rows[-1].closed) == (200.0, 1, False)
    assert {row.close for row in rows[:-1]} == {100.0}


def test_a_trade_older_than_the_ring_of_bars_is_still_in_ledger_and_ring():
    state = fed(trade("A", 1, 0.5), trade("A", 3, 50.5), depth=16)
    state.apply(batch([trade("A", 2, 1.5)]))
    assert state.ticks("A").ids.tolist() == [1, 3, 2]
    assert min(row.time for row in held(state, "A", "1s")) > START + 34 * NS_PER_S


# --- reading ---


@given(
    steps=scenarios(most=12),
    limit=st.integers(0, 20),
    start_s=st.none() | st.integers(-10, 200),
    end_s=st.none() | st.integers(-10, 200),
)
def test_reading_a_range_equals_cutting_the_twins_rows(
    steps: list[Step], limit: int, start_s: int | None, end_s: int | None
):
    state, twin = new_state(), new_twin()
    for step in steps:
        do(state, step)
        do(twin, step)
    start = None if start_s is None else START + start_s * NS_PER_S + 1  # not on the grid
    end = None if end_s is None else START + end_s * NS_PER_S
    for symbol in twin.symbols:
        for interval in INTERVALS:
            rows = [
                row.time
                for row in twin.rows(symbol, interval.name)
                if (start is None or row.time >= start) and (end is None or row.time < end)
            ]
            bars = state.bars(symbol, interval.name, limit=limit, start=start, end=end)
            assert bars.times.tolist() == (rows[-limit:] if limit else [])


def test_what_is_read_is_a_copy():
    state = fed(trade("A", 1, 0.5))
    bars, ticks = state.bars("A", "1s", limit=1), state.ticks("A")
    bars.closes[:] = 0.0
    ticks.prices[:] = 0.0
    assert state.bars("A", "1s", limit=1).closes.tolist() == [100.0]
    assert state.ticks("A").prices.tolist() == [100.0]


def test_the_unknown_symbol_has_nothing():
    state = fed(trade("A", 1, 0.5))
    assert len(state.bars("Z", "1s", limit=5)) == len(state.ticks("Z")) == 0
    assert state.version("Z", "1s") == state.ticks_written("Z") == state.close_from("Z", "1s") == 0
    assert state.counters("Z").last_id is None
    assert state.rate("Z", now=START) == 0.0
    assert state.last_gap_end("Z") is None


def test_rate_counts_the_trades_of_the_last_minute():
    state = fed(*(trade("A", i, i) for i in range(90)))
    assert state.rate("A", now=START + 90 * NS_PER_S) == pytest.approx(60 / 60)
    assert state.rate("A", now=START + 100 * NS_PER_S + NS_PER_S // 2) == pytest.approx(50 / 60.5)
    assert state.rate("A", now=START + 200 * NS_PER_S) == 0.0
    assert state.rate("A", now=0) == 0.0


@given(st.lists(st.floats(0.0, 200.0).map(lambda at: round(at, 3)), min_size=1, max_size=60), st.data())
def test_rate_is_the_same_however_often_it_is_asked_for(times, data):
    """Trades come in any order, and none is counted twice or left out."""
    state, told = fed(trade("A", 0, times[0])), times[:1]
    for i, at in enumerate(times[1:], 1):
        state.apply(batch([trade("A", i, at)]))
        told.append(at)
        if data.draw(st.booleans()):
            state.rate("A", now=START + int(max(told) * NS_PER_S))
    now_s = data.draw(st.floats(max(told), max(told) + 80.0))
    counted = sum(math.floor(now_s) - 60 <= math.floor(at) for at in told)
    assert state.rate("A", now=START + int(now_s * NS_PER_S)) == pytest.approx(counted / (60 + now_s % 1))


def test_rate_of_a_ring_shorter_than_the_minute_is_taken_over_what_it_holds():
    state = fed(*(trade("A", i, i / 10) for i in range(50)), capacity=20)
    assert state.rate("A", now=START + 5 * NS_PER_S) == pytest.approx(20 / 2.0)
    state.apply(batch([trade("A", i, i / 10) for i in range(50, 60)]))
    assert state.rate("A", now=START + 6 * NS_PER_S) == pytest.approx(30 / 3.0), "what it held is still known"


def test_oldest_to_repair_is_the_oldest_closed_bar_without_all_its_trades():
    state = fed(trade("A", 1, 0.5), trade("A", 2, 2.5), trade("A", 4, 4.5), trade("A", 5, 8.5))
    assert state.oldest_to_repair("A", "1s", bars=100, since=START, gaps_until=2**62) is None, (
        "nothing is closed"
    )
    assert state.oldest_to_repair("A", "1s", bars=100, since=0, gaps_until=2**62) == START - 100 * NS_PER_S, (
        "no history yet"
    )
    state.close_until(START + 8 * NS_PER_S, symbols=["A"])
    assert state.oldest_to_repair("A", "1s", bars=8, since=0, gaps_until=2**62) == START
    assert (
        state.oldest_to_repair("A", "1s", bars=8, since=START + NS_PER_S, gaps_until=2**62)
        == START + 2 * NS_PER_S
    )
    assert state.oldest_to_repair("A", "1s", bars=3, since=0, gaps_until=2**62) is None


def test_kernel_codes_are_the_domains():
    for name in ("COMPLETE", "PARTIAL", "QUIET", "GAP", "BACKFILLED", "KLINE"):
        assert getattr(bar_kernels, name) == Quality[name]


def test_every_producer_has_codes_of_its_own():
    """More producers than tables are kept for, each with the symbols at other places."""
    state, names = new_state(), ("A", "B", "C")
    for round_of_ids in (1, 2):
        for producer in range(MAX_TABLES + 3):
            sent = batch([trade(name, 100 * producer + round_of_ids, producer, "5") for name in names])
            at = producer % 3
            turned = (*names[at:], *names[:at])
            codes = np.array([turned.index(name) for name in names], np.int32)
            state.apply(replace(sent, names=turned, codes=codes))
    assert state.symbols == names
    for name in names:
        assert state.counters(name).accepted == 2 * (MAX_TABLES + 3)


LATE_NS = 40 * NS_PER_MS  # how late tape.batch has every trade arrive


def test_how_late_trades_came_is_told_of_what_was_heard():
    state = new_state()
    state.apply(batch([trade("A", 1, 0.0), trade("A", 2, 1.0), trade("B", 7, 1.0)]))
    state.apply(batch([trade("A", 3, 2.0)]), healed=Quality.BACKFILLED)  # fetched: nobody was listening
    state.apply(batch([trade("A", 4, 3.0)]))
    assert state.delays("A", limit=10).tolist() == [LATE_NS] * 3
    assert state.delays("A", limit=2).tolist() == [LATE_NS]  # of the newest two
    assert state.delays("A", limit=10, since=START).tolist() == [LATE_NS] * 2
    assert state.delays("B", limit=10).tolist() == [LATE_NS]
    assert state.delays("unknown", limit=10).tolist() == []


@pytest.mark.parametrize(("healed", "heard"), [(Quality.COMPLETE, 3), (Quality.BACKFILLED, 2)])
def test_a_trade_that_fills_a_hole_was_heard_unless_it_was_fetched(healed: Quality, heard: int):
    state = fed(trade("A", 1, 0.0), trade("A", 3, 2.0))
    state.apply(batch([trade("A", 2, 1.0)]), healed=healed)
    assert state.ticks("A").ids.tolist() == [1, 3, 2]
    assert state.delays("A", limit=10).tolist() == [LATE_NS] * heard


@given(ids=st.integers(1, 40), limit=st.integers(0, 60))
def test_delays_are_read_around_the_end_of_the_ring(ids: int, limit: int):
    state = new_state()
    for n in range(1, ids + 1):
        one = batch([trade("A", n, n / 10)])
        state.apply(replace(one, ts_recv=one.ts_event + n))
    kept = min(ids, limit, state.tick_capacity)
    assert state.delays("A", limit=limit).tolist() == list(range(ids - kept + 1, ids + 1))


def test_what_was_stored_was_not_heard_now():
    state = new_state()
    since = state.restore_bars("A", {})
    stored = batch([trade("A", 1, 0.0), trade("A", 2, 1.0)])
    state.restore_ticks("A", stored, since=since, begins=True, holes=())
    state.apply(batch([trade("A", 3, 2.0)]))
    assert len(state.ticks("A")) == 3
    assert state.delays("A", limit=10).tolist() == [LATE_NS]


def test_the_rate_of_a_symbol_whose_past_has_no_trade():
    state = fed(trade("B", 1, 0.5))
    past = state.empty()
    past.add_symbol("A")
    state.adopt("A", past)
    assert state.rate("A", now=START + 5 * NS_PER_S) == 0.0
    state.apply(batch([trade("A", 1, 5.5), trade("A", 2, 5.6)]))
    assert state.rate("A", now=START + 6 * NS_PER_S) == pytest.approx(2 / 60)
