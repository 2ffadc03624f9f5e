"""The checker of the soak finds what it looks for: each test takes a sound journal and breaks one thing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from quant.domain import Bars, Interval, Quality, TradeBatch
from quant.market.state import MarketState
from quant.storage.id_ranges import IdRange
from quant.storage.records import StoredHole, StoredTicks
from soak import accounting, batch_bars
from soak.accounting import Stored
from soak.record import Issued, Trades

SECOND = 10**9
START = 1_740_830_400 * SECOND
FIRST, STOP = 1_000, 1_040
DENIED = (1_020, 1_021)
LISTED = (1_010, 1_012)
KEPT = [i for i in range(FIRST, STOP) if i not in DENIED and not LISTED[0] <= i <= LISTED[1]]


def row(trade_id: int) -> tuple[int, int, int, float, float, int, int]:
    ts = START + (trade_id - FIRST) * SECOND // 4
    return (
        trade_id,
        ts,
        ts + 7,
        100 + trade_id % 7 / 8,
        (trade_id % 5 + 1) / 1000,
        trade_id % 2,
        1 + trade_id % 3,
    )


def ticks_of(ids: list[int]) -> StoredTicks:
    columns = zip(*(row(trade_id) for trade_id in ids), strict=True)
    kinds = (np.int64, np.int64, np.int64, np.float64, np.float64, np.uint8, np.int64)
    return StoredTicks(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))


def trades_of(ids: list[int]) -> Trades:
    ticks = ticks_of(ids)
    return Trades(ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, ticks.sells, ticks.counts)


def hole(first: int, last: int, state: str) -> StoredHole:
    return StoredHole(first, last, START, START, state)


ISSUED = Issued(FIRST - 500, STOP, np.array(DENIED, np.int64))
TRUE = trades_of([i for i in range(FIRST, STOP) if i not in DENIED])
DENIED_HOLE = hole(*DENIED, "confirmed")
SOUND = Stored(ticks_of(KEPT), (hole(*LISTED, "open"), DENIED_HOLE), (), len(KEPT))


def found(stored: Stored, *, until: int = STOP, lies: bool = False) -> str:
    return "; ".join(accounting.violations(stored, ISSUED, TRUE, until=until, lies=lies))


def test_a_sound_journal_has_no_violation() -> None:
    assert found(SOUND) == ""
    assert accounting.left_open(SOUND, TRUE).tolist() == [1_010, 1_011, 1_012]
    listed = replace(SOUND, holes=(DENIED_HOLE,), unstored=(IdRange(*LISTED),))
    assert found(listed) == ""
    assert found(replace(SOUND, holes=(hole(*LISTED, "confirmed"), hole(*DENIED, "open"))), lies=True) == ""


def holding(ids: list[int]) -> Stored:
    return replace(SOUND, ticks=ticks_of(ids), rows=len(ids))


def listing(first: int, last: int, state: str) -> Stored:
    """Return the journal with this hole beside the denied one."""
    return replace(SOUND, holes=(hole(first, last, state), DENIED_HOLE))


def with_price(stored: Stored, price: float) -> Stored:
    prices = stored.ticks.prices.copy()
    prices[3] = price
    return replace(stored, ticks=replace(stored.ticks, prices=prices))


BROKEN: list[tuple[str, Callable[[], Stored]]] = [
    ("neither stored nor listed: 1005$", lambda: holding([i for i in KEPT if i != 1_005])),
    ("neither stored nor listed: 1010, 1011, 1012$", lambda: replace(SOUND, holes=(DENIED_HOLE,))),
    ("neither stored nor listed: 1010, 1011, 1012$", lambda: listing(*LISTED, "filled")),
    ("neither stored nor listed: 1039$", lambda: holding(KEPT[:-1])),
    ("never issued: 1040", lambda: holding([*KEPT, STOP])),
    ("denies it: 1020", lambda: holding(sorted([*KEPT, 1_020]))),
    ("listed as missing: 1009$", lambda: listing(1_009, 1_012, "open")),
    ("has it: 1010", lambda: listing(*LISTED, "confirmed")),
    ("36 rows in the file for 35 ids", lambda: replace(SOUND, rows=len(KEPT) + 1)),
    ("another price than REST tells: 1003", lambda: with_price(SOUND, 1.0)),
]  # fmt: skip


@pytest.mark.parametrize(("what", "broken"), BROKEN, ids=[what for what, _ in BROKEN])
def test_a_broken_journal_is_found_out(what: str, broken: Callable[[], Stored]) -> None:
    with pytest.raises(AssertionError, match=what):
        assert found(broken()) == "", found(broken())


def live_bars(ticks: StoredTicks) -> Bars:
    second = Interval.parse("1s")
    state = MarketState("test", intervals=[second], tick_capacity=100)
    n = len(ticks)
    names = ("ids", "ts_event", "ts_recv", "prices", "sizes", "sells", "counts")
    state.apply(TradeBatch(("A",), np.zeros(n, np.int32), *(getattr(ticks, name) for name in names)))
    state.close_until(START + 60 * SECOND, symbols=["A"])
    return state.bars("A", "1s", limit=100)


def changed(bars: Bars, name: str, at: int, value: object) -> Bars:
    column = getattr(bars, name).copy()
    column[at] = value
    return replace(bars, **{name: column})


def test_bars_that_grew_live_equal_the_batch() -> None:
    ticks = ticks_of(KEPT)
    live = live_bars(ticks)
    assert list(batch_bars.differences(live, ticks, SECOND)) == []
    assert {Quality.GAP, Quality.COMPLETE, Quality.PARTIAL, Quality.QUIET} <= set(live.qualities.tolist())


@pytest.mark.parametrize("name", batch_bars.COLUMNS)
def test_a_bar_that_differs_in_its_last_bit_is_found(name: str) -> None:
    ticks = ticks_of(KEPT)
    live = live_bars(ticks)
    value = getattr(live, name)[4]
    other = value + 1 if name == "trades" else np.nextafter(value, np.inf)
    assert list(batch_bars.differences(changed(live, name, 4, other), ticks, SECOND))


def test_bars_that_say_more_than_they_know_are_found() -> None:
    ticks = ticks_of(KEPT)
    live = live_bars(ticks)
    assert list(batch_bars.differences(changed(live, "qualities", 4, Quality.QUIET), ticks, SECOND))
    assert list(batch_bars.differences(changed(live, "qualities", 20, Quality.COMPLETE), ticks, SECOND))
    assert list(batch_bars.differences(changed(live, "closes", 20, 1.0), ticks, SECOND))
    shorter = Bars(*(np.delete(getattr(live, name), 4) for name in Bars.__dataclass_fields__))
    assert list(batch_bars.differences(shorter, ticks, SECOND))

    missing = TRUE.times[np.isin(TRUE.ids, range(LISTED[0], LISTED[1] + 1))]
    assert batch_bars.silently_incomplete(live, missing, SECOND).size == 0
    gap = int(np.flatnonzero(live.qualities == Quality.GAP)[0])
    claims = changed(live, "qualities", gap, Quality.COMPLETE)
    assert batch_bars.silently_incomplete(claims, missing, SECOND).tolist() == [live.times[gap]]
