"""Once no hole is open, the bars do not depend on the order in which their trades came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from market.comparing import INTERVALS, Close, Confirm, Fetched, Step, do, held, new_state
from market.tape import START, Trade, batch, histories, trade
from quant.clock import NS_PER_S
from quant.domain import Quality
from quant.market.ledger import HoleState
from quant.market.state import MarketState

SYMBOL = "AUSDT"


@dataclass(frozen=True, slots=True)
class Market:
    """What there was to hear: `trades` by rising id, of which `fetched` come by request, and ids that do not exist."""

    trades: list[Trade]
    fetched: set[int]
    absent: set[int]

    def way(self, trades: list[Trade]) -> Step:
        return Fetched(trades) if trades[0].id in self.fetched else trades


@st.composite
def markets(draw: st.DrawFn, *, backwards: bool = True) -> Market:
    history = draw(histories(SYMBOL, most=20))
    if not backwards:
        times = sorted(each.at_ms for each in history)
        history = [replace(each, at_ms=at_ms) for each, at_ms in zip(history, times, strict=True)]
    kinds = {
        each.id: draw(st.sampled_from(("heard", "heard", "fetched", "absent"))) for each in history[1:-1]
    }
    absent = {each for each, kind in kinds.items() if kind == "absent"}
    fetched = {each for each, kind in kinds.items() if kind == "fetched"}
    return Market([each for each in history if each.id not in absent], fetched, absent)


def all_bars(state: MarketState) -> list[str]:
    return [repr(held(state, SYMBOL, interval.name)) for interval in INTERVALS]


def end_all_holes(state: MarketState, market: Market) -> None:
    first, last = market.trades[0].id, market.trades[-1].id
    state.confirm_missing(SYMBOL, first_id=first, last_id=last)
    counts = state.counters(SYMBOL).holes
    assert counts[HoleState.OPEN] == 0
    confirmed = [hole for hole in state.holes(SYMBOL) if hole.state is HoleState.CONFIRMED]
    assert len(confirmed) == counts[HoleState.CONFIRMED]
    ids = [each for hole in confirmed for each in range(hole.first_id, hole.last_id + 1)]
    assert ids == sorted(market.absent)


def in_order(market: Market) -> MarketState:
    """Return a state to which the absent ids are unknown: it hears the others one by one under new ids."""
    state = new_state()
    for i, each in enumerate(market.trades):
        do(state, _renamed(market.way([each]), i))
    return state


def _renamed(step: Step, new_id: int) -> Step:
    if isinstance(step, Fetched):
        return Fetched([replace(step.trades[0], id=new_id)])
    assert isinstance(step, list)
    return [replace(step[0], id=new_id)]


def end_s(market: Market) -> float:
    return max(each.at_ms for each in market.trades) / 1000 + 2


@given(market=markets(), data=st.data())
def test_any_order_any_cut_any_closing(market: Market, data: st.DataObject):
    """The first trade comes first: what is older was not missed. All else may come at any time, also twice."""
    first, *rest = market.trades
    state = new_state()
    do(state, [first])
    ids, newest_s = [each.id for each in market.trades], 0.0
    to_come = data.draw(st.permutations(rest))
    while to_come:
        match data.draw(st.sampled_from(("trades", "trades", "trades", "again", "close", "confirm"))):
            case "close":
                newest_s = max(newest_s, data.draw(st.floats(0, end_s(market))))
                do(state, Close(newest_s, (SYMBOL,)))
            case "confirm":  # rashly: some of these do exist and come later
                one, other = sorted(data.draw(st.tuples(*[st.integers(ids[0], ids[-1])] * 2)))
                do(state, Confirm(SYMBOL, one, other))
            case "again" if len(to_come) < len(rest):
                do(state, [data.draw(st.sampled_from([each for each in rest if each not in to_come]))])
            case _:
                n = data.draw(st.integers(1, 5))
                now, to_come = to_come[:n], to_come[n:]
                for is_fetched in (False, True):
                    some = [each for each in now if (each.id in market.fetched) is is_fetched]
                    if some:
                        do(state, market.way(some))
    end_all_holes(state, market)
    whole = in_order(market)
    for closing in (newest_s, end_s(market)):
        do(state, Close(closing, (SYMBOL,)))
        do(whole, Close(closing, (SYMBOL,)))
        assert all_bars(state) == all_bars(whole)


# --- the corners by name ---


def fed(*steps: Step) -> MarketState:
    state = new_state()
    for step in steps:
        do(state, step)
    return state


def at(*seconds: float, first_id: int = 1) -> Callable[[int], list[Trade]]:
    """Return a function from an id to the one trade of that id; id `first_id` happened at the first of `seconds`."""
    return lambda each: [trade(SYMBOL, each, seconds[each - first_id])]


def shown(state: MarketState) -> list[tuple[int, str]]:
    rows = held(state, SYMBOL, "1s")
    return [((row.time - START) // NS_PER_S, row.quality.label) for row in rows]


def close(at_s: float) -> Close:
    return Close(at_s, (SYMBOL,))


def test_a_hole_makes_no_bars_from_before_listening():
    """Event time of the second trade goes back to before the first."""
    each = at(9.5, 7.5, 5.5)
    state = fed(each(1), each(3))
    assert shown(state) == [(5, "gap"), (9, "gap")]
    do(state, each(2))
    assert shown(state) == [(5, "partial"), (7, "partial"), (9, "partial")]


def test_a_lost_trade_may_lie_in_the_bar_before_its_hole():
    """Its time steps back, as that of an aggregate can, and the bar is closed and stored by then."""
    each = at(0, 1.5, 2.01, 1.99, 2.05)
    state = fed(each(1), each(2), each(3), close(2))
    state.take_changed()
    do(state, each(5))
    assert shown(state) == [(0, "partial"), (1, "gap"), (2, "gap")]
    assert _changed(state) == [(1, "gap", 1)]
    do(state, each(4))
    assert shown(state) == [(0, "partial"), (1, "complete"), (2, "complete")]
    assert _changed(state) == [(1, "complete", 3)]


def _changed(state: MarketState) -> list[tuple[int, str, int]]:
    """Return second, quality and revision of the closed bars of a second that have changed."""
    ((_, _, bars),) = [each for each in state.take_changed() if each[1] == "1s"]
    columns = (bars.times.tolist(), bars.qualities.tolist(), bars.revisions.tolist())
    return [
        ((time - START) // NS_PER_S, Quality(quality).label, revision)
        for time, quality, revision in zip(*columns, strict=True)
    ]


def test_a_gap_that_had_no_trade_is_no_bar_until_it_is_closed():
    each = at(0.5, 0.7, 3.5)
    state = fed(each(1), each(3))
    assert shown(state) == [(0, "gap"), (1, "gap"), (2, "gap"), (3, "gap")]
    do(state, each(2))
    assert shown(state) == [(0, "partial"), (3, "complete")]
    do(state, close(4))
    assert shown(state) == [(0, "partial"), (1, "quiet"), (2, "quiet"), (3, "complete")]


def test_a_gap_that_was_closed_and_had_no_trade_is_quiet():
    each = at(0.5, 0.7, 3.5)
    state = fed(each(1), each(3), close(2), each(2))
    assert shown(state) == [(0, "partial"), (1, "quiet"), (3, "complete")]


def test_a_bar_is_backfilled_if_a_trade_of_it_was_fetched():
    each = at(0.5, 1.5, 2.5, 3.5, 4.5)
    state = fed(each(1), each(2), each(5), Fetched([*each(4), *each(3)]))
    assert shown(state)[1:] == [(1, "complete"), (2, "backfilled"), (3, "backfilled"), (4, "complete")]
    do(state, close(5))
    assert shown(state)[2] == (2, "backfilled")


def test_a_trade_heard_late_leaves_a_backfilled_bar_backfilled():
    each = at(0.5, 1.2, 1.4, 1.6, 1.8)
    state = fed(each(1), each(5), Fetched(each(3)), each(2))
    assert shown(state)[1] == (1, "gap")
    do(state, each(4))
    assert shown(state)[1] == (1, "backfilled")


def test_a_bar_in_the_ring_place_of_a_backfilled_one_begins_anew():
    each = at(0.5, 1.5, 17.5)
    state = new_state(depth=16)
    for step in (each(1), Fetched(each(2)), each(3)):
        do(state, step)
    assert shown(state)[-1] == (17, "complete")


# --- holes by the exchange's word ---


def holes(state: MarketState) -> list[tuple[int, int, str]]:
    return [(hole.first_id, hole.last_id, hole.state.value) for hole in state.holes(SYMBOL)]


def test_what_the_exchange_does_not_have_is_no_gap():
    each = at(0.5, 1.0, 1.5, 2.0, 2.5)
    state = fed(each(1), each(5), close(3))
    before = state.bars(SYMBOL, "1s", limit=10)
    do(state, Confirm(SYMBOL, 3, 99))
    assert holes(state) == [(2, 2, "open"), (3, 4, "confirmed")]
    assert shown(state) == [(0, "gap"), (1, "gap"), (2, "gap")]
    do(state, Confirm(SYMBOL, -5, 2))
    assert shown(state) == [(0, "partial"), (1, "quiet"), (2, "complete")]
    assert (state.bars(SYMBOL, "1s", limit=10).revisions == before.revisions + 1).all()
    assert state.counters(SYMBOL).holes == {HoleState.OPEN: 0, HoleState.FILLED: 0, HoleState.CONFIRMED: 2}
    assert state.last_gap_end(SYMBOL) is None


def test_a_trade_is_taken_also_against_the_exchanges_word():
    each = at(0.5, 1.0, 1.5, 2.0, 2.5)
    state = fed(each(1), each(5), close(3), Confirm(SYMBOL, 2, 4), each(3), each(3))
    assert holes(state) == [(2, 2, "confirmed"), (4, 4, "confirmed")]
    assert shown(state) == [(0, "partial"), (1, "complete"), (2, "complete")]
    counters = state.counters(SYMBOL)
    assert (counters.accepted, counters.duplicates, counters.out_of_order) == (3, 1, 1)
    fed_more: Sequence[int] = (2, 4)
    for each_id in fed_more:
        do(state, each(each_id))
    assert holes(state) == [(2, 4, "filled")], "one hole by the exchange's word, one when it is filled"
    assert state.ticks(SYMBOL).ids.tolist() == [1, 5, 3, 2, 4]


def test_confirming_what_nobody_missed_changes_nothing():
    each = at(0.5, 1.5)
    state = fed(each(1), each(2))
    version = state.version(SYMBOL, "1s")
    do(state, Confirm(SYMBOL, 0, 9))
    do(state, Confirm("UNKNOWN", 0, 9))
    assert (state.version(SYMBOL, "1s"), holes(state)) == (version, [])
    state.apply(batch([trade(SYMBOL, 3, 2.5)]), healed=Quality.BACKFILLED)
    assert shown(state)[-1] == (2, "backfilled")
