"""Bars of trades and volume of days gone by, against a plain count over all trades."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from quant.domain import Bars, EventInterval, Interval, TradeBatch
from quant.engine import event_past
from quant.engine.event_desk import EventDesk, stored_in
from quant.engine.event_past import EventPast
from quant.engine.reading import Span
from quant.errors import TooLarge
from quant.market.state import MarketState
from quant.storage.journal import Journal
from quant.storage.store import JOURNAL_NAME, Store

MARKET, SYMBOL = "made", "BTCUSDT"
DAY_NS = 86_400 * 10**9
DAYS = 19_000 * DAY_NS
"""The start of the first day."""

A_DAY = 500
TRADES = 4 * A_DAY - 100
INTERVALS = ("t7", "t64", "t900", "v1", "v12.5", "v400")


def trades() -> TradeBatch:
    """Return some days of trades, of which a few step back in time, at midnight too."""
    ids = np.arange(1000, 1000 + TRADES)
    times = DAYS + (ids - 1000) * (DAY_NS // A_DAY) + 10**9
    times[A_DAY::A_DAY] -= 2 * 10**9  # its time is of the day before, and its id's place in the next
    times[7::50] -= 10 * 10**9
    sizes = ((ids * 7919) % 31 + 1) / 10
    prices = 100 + (ids * 104729) % 97 / 8
    n = len(ids)
    return TradeBatch(
        (SYMBOL,),
        np.zeros(n, np.int32),
        ids,
        times,
        times,
        prices,
        sizes,
        np.zeros(n, np.uint8),
        np.ones(n, np.int64),
    )


def plain(interval: EventInterval) -> list[tuple[int, ...]]:
    """Return (first id, last id, time, volume in quanta) of each bar, counted trade by trade."""
    bars: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    latest, volume = 0, 0
    every = trades()
    for trade_id, ts, size in zip(
        every.ids.tolist(), every.ts_event.tolist(), every.sizes.tolist(), strict=True
    ):
        if max(latest, ts) // DAY_NS != latest // DAY_NS:
            volume = 0
        latest = max(latest, ts)
        key = (
            (0, trade_id // interval.size)
            if interval.kind == "trades"
            else (latest // DAY_NS, volume // interval.size)
        )
        bars[key].append((trade_id, ts, round(size * 10**7)))
        volume += round(size * 10**7)
    return [
        (held[0][0], held[-1][0], held[0][1], sum(quanta for _, _, quanta in held)) for held in bars.values()
    ]


def rows(bars: Bars) -> list[tuple[int, ...]]:
    volumes = np.rint(bars.volumes * 10**7).astype(int)
    columns = (bars.first_ids, bars.last_ids, bars.times, volumes)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    journal = Journal(tmp_path / JOURNAL_NAME)
    journal.open()
    journal.append(MARKET, trades())
    assert journal.wait_committed()
    yield Store(tmp_path)
    assert journal.close()


def state_of(*, streams: bool) -> MarketState:
    state = MarketState(MARKET, intervals=[Interval.parse("1m")], tick_capacity=50)
    if streams:
        every = trades()
        state.apply(every.at(slice(len(every) - 20, None)))
    return state


async def bars_of(store: Store, interval: EventInterval, span: Span, *, streams: bool) -> Bars:
    state = state_of(streams=streams)
    live = await EventDesk(stored_in(store)).bars(state, SYMBOL, interval)
    return await EventPast(store).before(state, SYMBOL, interval, live, span)


@pytest.mark.parametrize("streams", [True, False], ids=["streaming", "only stored"])
@pytest.mark.parametrize("name", INTERVALS)
def test_past_bars_are_those_of_all_trades(store: Store, name: str, streams: bool) -> None:
    interval = EventInterval.parse(name)
    wanted = plain(interval)
    for first, last in ((0.0, 4.0), (0.3, 0.6), (0.9, 1.1), (1.0, 2.0), (1.5, 3.7), (2.0, 2.01)):
        start, end = DAYS + int(first * DAY_NS), DAYS + int(last * DAY_NS)
        span = Span(10_000, start, end)
        found = rows(asyncio.run(bars_of(store, interval, span, streams=streams)))
        inside = [bar for bar in found if start <= bar[2] < end]
        assert inside == [bar for bar in wanted if start <= bar[2] < end], (first, last)


@pytest.mark.parametrize("name", INTERVALS)
def test_a_page_back_from_a_time_has_as_many_bars_as_asked_for(store: Store, name: str) -> None:
    interval = EventInterval.parse(name)
    end = DAYS + int(2.2 * DAY_NS)
    before = [bar for bar in plain(interval) if bar[2] < end]
    for limit in (1, 40, 300):
        found = rows(asyncio.run(bars_of(store, interval, Span(limit, None, end), streams=True)))
        assert [bar for bar in found if bar[2] < end][-limit:] == before[-limit:]


def test_a_span_of_too_many_trades_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_past, "MAX_TRADES", A_DAY * 2)
    interval = EventInterval.parse("t7")
    fits = Span(100, DAYS + DAY_NS, DAYS + DAY_NS + 1)
    assert len(asyncio.run(bars_of(store, interval, fits, streams=False)))
    with pytest.raises(TooLarge, match="t7 bars of BTCUSDT in this span are made of more than 1,000 trades"):
        asyncio.run(bars_of(store, interval, Span(100, DAYS, DAYS + 4 * DAY_NS), streams=False))
