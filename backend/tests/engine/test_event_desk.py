"""Bars of trades and volume as the engine keeps them up to date: from a small ring and from what is stored."""

import asyncio
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.tape import START, Trade, batch
from quant.domain import Bars, EventInterval, Interval
from quant.engine import event_desk
from quant.engine.event_desk import EventDesk
from quant.market.event_bars import EventBars, EventTicks, IdRanges, Missing, no_ticks
from quant.market.ledger import HoleState
from quant.market.state import MarketState

SYMBOL = "AAAUSDT"
RING = 8
COLUMNS = [name for name in Bars.__dataclass_fields__ if name != "revisions"]


class Market:
    """A state with a small ring, and all trades that it took: what a store would have."""

    def __init__(self) -> None:
        intervals = [Interval.parse("1m")]
        self.state = MarketState("made", intervals=intervals, tick_capacity=RING, reorder_ns=0)
        self.held: dict[int, Trade] = {}
        self.reads = 0

    def take(self, trades: list[Trade]) -> None:
        fresh = self.state.apply(batch(trades))
        self.held |= {trade.id: trade for trade, taken in zip(trades, fresh.tolist(), strict=True) if taken}

    def read(self, market: str, symbol: str, start_ns: int) -> EventTicks:
        assert (market, symbol) == ("made", SYMBOL)
        assert start_ns <= START
        self.reads += 1
        return self.ticks()

    def ticks(self) -> EventTicks:
        if not self.held:
            return no_ticks()
        columns = batch([self.held[each] for each in sorted(self.held)])
        return EventTicks(columns.ids, columns.ts_event, columns.prices, columns.sizes, columns.counts)

    def anew(self, interval: EventInterval) -> Bars:
        """Return the bars of all trades taken, computed in one go."""
        bars = EventBars(interval)
        bars.extend(self.ticks())
        ranges: dict[HoleState, list[tuple[int, int]]] = {each: [] for each in HoleState}
        for hole in self.state.holes(SYMBOL):
            ranges[hole.state].append((hole.first_id, hole.last_id))
        none = IdRanges([])
        return bars.bars(
            Missing(IdRanges(ranges[HoleState.OPEN]), IdRanges(ranges[HoleState.CONFIRMED]), none)
        )


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[Trade]]:
    n = draw(st.integers(1, 60))
    sizes = draw(st.lists(st.integers(1, 30), min_size=n, max_size=n))
    trades = [
        Trade(SYMBOL, 100 + k, 10 * k, Decimal(100 + k % 7), Decimal(size).scaleb(-1), count=1 + k % 3)
        for k, size in enumerate(sizes)
    ]
    lost = draw(st.sets(st.integers(1, n), max_size=4))
    order = [trade for k, trade in enumerate(trades) if k not in lost]
    for _ in range(draw(st.integers(0, 4))):
        order.insert(draw(st.integers(0, len(order))), order.pop(draw(st.integers(0, len(order) - 1))))
    order += draw(st.lists(st.sampled_from(order), max_size=3))
    batches = []
    while order:
        k = draw(st.integers(1, 12))
        batches.append(order[:k])
        order = order[k:]
    return batches


def columns_of(bars: Bars) -> dict[str, Any]:
    return {name: getattr(bars, name).tolist() for name in COLUMNS if name not in ("qualities", "flags")}


@given(batches=arrivals(), name=st.sampled_from(["t1", "t4", "t25", "v1", "v2.5", "v100"]), data=st.data())
def test_bars_are_those_of_all_trades_however_small_the_ring(
    batches: list[list[Trade]], name: str, data: st.DataObject
) -> None:
    interval, market = EventInterval.parse(name), Market()
    asks = data.draw(st.lists(st.booleans(), min_size=len(batches), max_size=len(batches)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_desk, "STORED_WITHIN_S", 0.0)  # this store has a trade as soon as the state

        async def ask() -> Bars:
            desk = EventDesk(market.read)
            for trades, asked in zip(batches, asks, strict=True):
                market.take(trades)
                if asked:
                    await desk.bars(market.state, SYMBOL, interval)
            return await desk.bars(market.state, SYMBOL, interval)

        found = asyncio.run(ask())

    expected = market.anew(interval)
    assert columns_of(found) == columns_of(expected)
    filled = found.flags & 2 != 0
    assert found.qualities[~filled].tolist() == expected.qualities[~filled].tolist()


def test_a_late_trade_in_a_bar_longer_than_the_ring_has_it_read_again() -> None:
    market, interval = Market(), EventInterval.parse("t25")
    trades = [Trade(SYMBOL, k, k, Decimal(k), Decimal(1)) for k in range(100, 120)]

    async def ask() -> Bars:
        desk = EventDesk(market.read)
        market.take(trades[:16] + trades[17:])
        await desk.bars(market.state, SYMBOL, interval)
        market.take([trades[16]])
        return await desk.bars(market.state, SYMBOL, interval)

    found = asyncio.run(ask())
    assert (found.opens.tolist(), found.trades.tolist()) == ([100.0], [20])
    assert market.reads == 2


def test_reading_again_counts_revisions_on_and_makes_none() -> None:
    market, interval = Market(), EventInterval.parse("t4")
    trades = [Trade(SYMBOL, k, k, Decimal(k), Decimal(1)) for k in range(100, 140)]

    async def ask() -> Bars:
        desk = EventDesk(market.read)
        market.take(trades[:9] + trades[10:20])
        await desk.bars(market.state, SYMBOL, interval)
        market.take([trades[9]])  # too late for the ring
        market.take(trades[20:])  # more than the ring holds: all is read again
        return await desk.bars(market.state, SYMBOL, interval)

    found = asyncio.run(ask())
    assert market.reads == 2
    assert found.first_ids.tolist() == list(range(100, 140, 4))
    assert found.revisions.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_what_the_ring_has_is_not_read_from_the_store() -> None:
    market, interval = Market(), EventInterval.parse("t4")

    async def ask() -> None:
        desk = EventDesk(market.read)
        for k in range(0, 90, 3):
            market.take([Trade(SYMBOL, k + j, k + j, Decimal(1), Decimal(1)) for j in range(3)])
            await desk.bars(market.state, SYMBOL, interval)

    asyncio.run(ask())
    assert market.reads == 1


def test_only_what_is_asked_for_is_kept() -> None:
    market = Market()
    market.take([Trade(SYMBOL, k, k, Decimal(1), Decimal(1)) for k in range(20)])

    async def ask() -> None:
        desk = EventDesk(market.read)
        for n in range(1, 60):
            await desk.bars(market.state, SYMBOL, EventInterval.parse(f"t{n}"))
        desk.keep_only({(SYMBOL, "t1")})
        reads = market.reads
        await desk.bars(market.state, SYMBOL, EventInterval.parse("t1"))
        await desk.bars(market.state, SYMBOL, EventInterval.parse("t59"))
        assert market.reads == reads
        await desk.bars(market.state, SYMBOL, EventInterval.parse("t2"))
        assert market.reads == reads + 1

    asyncio.run(ask())


def test_another_market_of_the_same_symbol_begins_anew() -> None:
    one, other, interval = Market(), Market(), EventInterval.parse("t4")
    one.take([Trade(SYMBOL, k, k, Decimal(1), Decimal(1)) for k in range(8)])
    other.take([Trade(SYMBOL, k, k, Decimal(7), Decimal(1)) for k in range(8)])

    async def ask() -> tuple[Bars, Bars]:
        desk = EventDesk()
        return (
            await desk.bars(one.state, SYMBOL, interval),
            await desk.bars(other.state, SYMBOL, interval),
        )

    first, second = asyncio.run(ask())
    assert np.unique(first.closes).tolist() == [1.0]
    assert np.unique(second.closes).tolist() == [7.0]
