"""Bars by trades and by volume, against a twin of dicts and decimals written from the rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.clock import NS_PER_MS
from quant.domain import Bars, EventInterval, Interval, Quality, parse_interval
from quant.errors import InvalidParameter
from quant.market.event_bars import EventBars, EventTicks, IdRanges, Missing, join_ticks, no_ticks

DAY_NS = 86_400_000 * NS_PER_MS
MIDNIGHT = 20_000 * DAY_NS


@dataclass(frozen=True)
class Trade:
    id: int
    ts: int
    price: Decimal
    size: Decimal
    count: int


@dataclass(frozen=True)
class Tape:
    """All trades of a stretch of ids, and what became of each id."""

    trades: tuple[Trade, ...]
    open: frozenset[int]
    confirmed: frozenset[int]
    unheard: frozenset[int]
    fetched: frozenset[int]

    @property
    def held(self) -> list[Trade]:
        gone = self.open | self.confirmed | self.unheard
        return [trade for trade in self.trades if trade.id not in gone]

    def missing(self) -> Missing:
        held = {trade.id for trade in self.held}
        return Missing(_ranges(self.open), _ranges(self.confirmed), _ranges(self.fetched & held))


def _ranges(ids: Iterable[int]) -> IdRanges:
    ranges: list[tuple[int, int]] = []
    for each in sorted(ids):
        if ranges and ranges[-1][1] == each - 1:
            ranges[-1] = (ranges[-1][0], each)
        else:
            ranges.append((each, each))
    return IdRanges(ranges)


@dataclass
class Row:
    """A bar of the twin."""

    key: tuple[int, int]
    trades: list[Trade]
    quality: Quality
    closed: bool

    @property
    def numbers(self) -> tuple[object, ...]:
        prices = [float(trade.price) for trade in self.trades]
        volume = sum((trade.size for trade in self.trades), Decimal(0))
        quote = sum(
            ((trade.size * trade.price).quantize(Decimal("1e-7")) for trade in self.trades), Decimal(0)
        )
        return (
            self.trades[0].ts,
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            float(volume),
            float(quote),
            sum(trade.count for trade in self.trades),
            self.trades[0].id,
            self.trades[-1].id,
        )


def twin(tape: Tape, interval: EventInterval) -> list[Row]:
    """Return the bars as the rules say, one trade after another."""
    rows: dict[tuple[int, int], list[Trade]] = {}
    days: dict[int, int] = {}
    day, volume = 0, Decimal(0)
    for trade in tape.held:
        if trade.ts // DAY_NS > day:
            day, volume = trade.ts // DAY_NS, Decimal(0)
        days[trade.id] = day
        if interval.kind == "trades":
            key = (0, trade.id // interval.size)
        else:
            key = (day, int(volume // (Decimal(interval.size) / 10**7)))
            volume += trade.size
        rows.setdefault(key, []).append(trade)
    last = max(days, default=-1)
    found = []
    for key, trades in rows.items():
        touching = _touching(tape, interval, key, trades, days, last)
        if touching & tape.open:
            quality = Quality.GAP
        elif touching - tape.confirmed:
            quality = Quality.PARTIAL
        elif any(trade.id in tape.fetched for trade in trades):
            quality = Quality.BACKFILLED
        else:
            quality = Quality.COMPLETE
        found.append(Row(key, trades, quality, closed=quality is not Quality.GAP and key != list(rows)[-1]))
    return found


def _touching(
    tape: Tape,
    interval: EventInterval,
    key: tuple[int, int],
    trades: list[Trade],
    days: dict[int, int],
    last: int,
) -> set[int]:
    """Return the ids that are missing in a bar or make it uncertain."""
    if interval.kind == "trades":
        span = range(key[1] * interval.size, min((key[1] + 1) * interval.size, last + 1))
        return set(span) - days.keys()
    first = min(days)
    touching = set()
    if key[0] == days[first] and first > 0:
        touching.add(first - 1)  # the beginning of the day was not listened to
    own = {trade.id for trade in trades}
    run: list[int] = []
    before = first
    for each in range(first, last + 1):
        if each not in days:
            run.append(each)
            continue
        if run and (before in own or (days[each] == key[0] and each <= trades[-1].id)):
            touching.update(run)
        run, before = [], each
    return touching


FATES = st.sampled_from(["held"] * 12 + ["fetched", "open", "confirmed", "unheard"])


@st.composite
def tapes(draw: st.DrawFn) -> Tape:
    first = draw(st.sampled_from([0, 1, 7, 40]))
    n = draw(st.integers(1, 40))
    fates = draw(st.lists(FATES, min_size=n, max_size=n))
    at = MIDNIGHT - draw(st.integers(0, 30)) * 1000 * NS_PER_MS
    trades = []
    for k in range(n):
        at += draw(st.sampled_from([0, 1, 900, 4_000, -2_500, 86_400_000])) * NS_PER_MS
        size = Decimal(draw(st.integers(1, 30_000_000))).scaleb(-7)
        price = Decimal(draw(st.integers(1, 5000))).scaleb(-2)
        trades.append(
            Trade(first + k, at, price, size.quantize(Decimal("1e-5")) + Decimal("1e-5"), 1 + k % 3)
        )

    def those(fate: str) -> frozenset[int]:
        return frozenset(first + k for k, each in enumerate(fates) if each == fate and k > 0)

    held = [trade.id for k, trade in enumerate(trades) if fates[k] in ("held", "fetched") or not k]
    inside = range(first, max(held) + 1)  # an id above the newest is not missing, it is still to come
    kept = tuple(trade for trade in trades if trade.id in inside)
    fated = {fate: those(fate) & frozenset(inside) for fate in ("open", "confirmed", "unheard", "fetched")}
    return Tape(kept, **fated)


intervals = st.sampled_from(["t1", "t2", "t3", "t10", "t50", "v0.5", "v2", "v3.25", "v100", "v0.0000003"])


@st.composite
def arrivals(draw: st.DrawFn, trades: list[Trade]) -> list[list[Trade]]:
    """Return batches with every trade in them at least once: in order, with a few late and double, or anyhow."""
    if draw(st.booleans()):
        order = draw(st.permutations(trades))
    else:
        order = list(trades)
        for _ in range(draw(st.integers(0, 3))):
            order.insert(draw(st.integers(0, len(order))), order.pop(draw(st.integers(0, len(order) - 1))))
    order = order + draw(st.lists(st.sampled_from(trades), max_size=3))
    batches = []
    while order:
        n = draw(st.integers(1, max(1, len(order) // 2)))
        batches.append(order[:n])
        order = order[n:]
    return batches


def ticks_of(trades: Iterable[Trade]) -> EventTicks:
    rows = list(trades)
    return EventTicks(
        np.array([row.id for row in rows], np.int64),
        np.array([row.ts for row in rows], np.int64),
        np.array([float(row.price) for row in rows]),
        np.array([float(row.size) for row in rows]),
        np.array([row.count for row in rows], np.int64),
    )


def rows_of(bars: Bars) -> list[tuple[object, ...]]:
    names = ("times", "opens", "highs", "lows", "closes", "volumes", "quote_volumes", "trades")
    columns = [getattr(bars, name).tolist() for name in (*names, "first_ids", "last_ids")]
    return list(zip(*columns, strict=True))


class Feed:
    """Hands trades to bars as they come, as the engine does."""

    def __init__(self, interval: EventInterval, depth: int = 4096) -> None:
        self.bars = EventBars(interval, depth=depth)
        self.held = no_ticks()

    def take(self, trades: Iterable[Trade]) -> None:
        known = set(self.held.ids.tolist())
        fresh = join_ticks(ticks_of(trade for trade in trades if trade.id not in known))
        self.held = join_ticks(self.held, fresh)
        self.bars.take(fresh, lambda begin: self.held.at(self.held.ids >= begin))


@given(tape=tapes(), name=intervals)
def test_bars_are_what_the_rules_say(tape: Tape, name: str) -> None:
    interval = EventInterval.parse(name)
    bars = EventBars(interval)
    bars.extend(ticks_of(tape.held))

    found, rows = bars.bars(tape.missing()), twin(tape, interval)

    assert rows_of(found) == [row.numbers for row in rows]
    assert found.qualities.tolist() == [row.quality for row in rows]
    assert found.closed.tolist() == [row.closed for row in rows]
    assert not found.revisions.any()


@given(tape=tapes(), name=intervals, data=st.data())
def test_the_order_of_arrival_changes_nothing(tape: Tape, name: str, data: st.DataObject) -> None:
    """Shuffled, doubled and cut anyhow; holes are known only by what is there at the end."""
    interval = EventInterval.parse(name)
    feed = Feed(interval)
    for batch in data.draw(arrivals(tape.held)):
        feed.take(batch)
    whole = EventBars(interval)
    whole.extend(ticks_of(tape.held))

    found, wanted = feed.bars.bars(tape.missing()), whole.bars(tape.missing())

    assert rows_of(found) == rows_of(wanted)
    for name in ("qualities", "closed", "flags"):
        assert getattr(found, name).tolist() == getattr(wanted, name).tolist()


@given(tape=tapes(), name=intervals, data=st.data())
def test_a_hole_that_is_filled_heals(tape: Tape, name: str, data: st.DataObject) -> None:
    interval = EventInterval.parse(name)
    feed = Feed(interval)
    feed.take(tape.held)
    before = feed.bars.bars(tape.missing())
    late = [trade for trade in tape.trades if trade.id in tape.open]
    whole = Tape(tape.trades, frozenset(), tape.confirmed, tape.unheard, tape.fetched | tape.open)
    for trade in data.draw(st.permutations(late)):
        feed.take([trade])

    found, rows = feed.bars.bars(whole.missing()), twin(whole, interval)

    assert rows_of(found) == [row.numbers for row in rows]
    assert found.qualities.tolist() == [row.quality for row in rows]
    if interval.kind == "trades":
        was = dict(
            zip(
                (before.first_ids // interval.size).tolist(),
                zip(rows_of(before)[:-1], strict=False),
                strict=False,
            )
        )
        for number, row, revision in zip(
            (found.first_ids // interval.size).tolist(), rows_of(found), found.revisions.tolist(), strict=True
        ):
            if number in was:
                assert (revision > 0) == (was[number][0] != row)


@given(tape=tapes(), name=intervals, depth=st.integers(1, 5), data=st.data())
def test_only_the_newest_are_kept(tape: Tape, name: str, depth: int, data: st.DataObject) -> None:
    interval = EventInterval.parse(name)
    feed = Feed(interval, depth)
    for batch in data.draw(arrivals(tape.held)):
        feed.take(batch)

    found, rows = feed.bars.bars(tape.missing()), twin(tape, interval)[-depth:]

    assert rows_of(found) == [row.numbers for row in rows][-len(found) :]
    assert found.qualities.tolist() == [row.quality for row in rows][-len(found) :]
    assert len(found) == len(rows)


def test_a_large_trade_is_not_split_and_leaves_bars_out() -> None:
    bars = EventBars(EventInterval.parse("v1"))
    sizes = [Decimal("0.5"), Decimal("3.5"), Decimal("0.25"), Decimal("1")]
    bars.extend(ticks_of(Trade(k, MIDNIGHT + k, Decimal(1), size, 1) for k, size in enumerate(sizes)))
    nothing = Missing(IdRanges([]), IdRanges([]), IdRanges([]))

    assert bars.bars(nothing).volumes.tolist() == [4.0, 1.25]
    assert bars.bars(nothing).qualities.tolist() == [Quality.COMPLETE] * 2


def test_a_bar_that_came_in_parts_is_redone_from_its_true_beginning() -> None:
    feed = Feed(EventInterval.parse("v2"))
    trades = [Trade(k, MIDNIGHT, Decimal(1), Decimal(1), 1) for k in range(6)]
    for part in (trades[:3], trades[5:], trades[4:5]):
        feed.take(part)
    none = IdRanges([])

    found = feed.bars.bars(Missing(none, none, none))

    assert (found.first_ids.tolist(), found.last_ids.tolist()) == ([0, 2, 5], [1, 4, 5])


def test_what_was_missed_before_the_first_trade_makes_its_day_partial_no_gap() -> None:
    bars = EventBars(EventInterval.parse("v1"))
    times = (MIDNIGHT, MIDNIGHT, MIDNIGHT + DAY_NS, MIDNIGHT + DAY_NS)
    bars.extend(ticks_of(Trade(k, ts, Decimal(1), Decimal(1), 1) for k, ts in enumerate(times, 50)))
    older, none = IdRanges([(10, 12)]), IdRanges([])

    qualities = bars.bars(Missing(older, none, none)).qualities.tolist()

    assert qualities == [Quality.PARTIAL] * 2 + [Quality.COMPLETE] * 2


def test_a_confirmed_hole_heals_without_a_trade() -> None:
    bars = EventBars(EventInterval.parse("t4"))
    bars.extend(ticks_of(Trade(k, MIDNIGHT, Decimal(1), Decimal(1), 1) for k in (0, 1, 3, 4)))
    none, hole = IdRanges([]), IdRanges([(2, 2)])

    assert bars.bars(Missing(hole, none, none)).closed.tolist() == [False, False]
    healed = bars.bars(Missing(none, hole, none))
    assert healed.closed.tolist() == [True, False]
    assert healed.qualities.tolist() == [Quality.COMPLETE] * 2


@pytest.mark.parametrize(
    ("text", "kind", "size"),
    [("t1", "trades", 1), ("t500", "trades", 500), ("v100", "volume", 10**9), ("v0.5", "volume", 5 * 10**6)],
)
def test_an_interval_is_read(text: str, kind: str, size: int) -> None:
    interval = parse_interval(text)
    assert isinstance(interval, EventInterval)
    assert (interval.kind, interval.size, str(interval)) == (kind, size, text)


@pytest.mark.parametrize(
    "text",
    [
        "t",
        "t0",
        "t05",
        "t1.5",
        "t-1",
        "t12345678",
        "v",
        "v0",
        "v0.0",
        "v1.50",
        "v01",
        "v.5",
        "v1.",
        "v0.00000001",
        "tick",
    ],
)
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="interval"):
        parse_interval(text)


def test_lengths_of_time_are_still_read() -> None:
    assert parse_interval("5m") == Interval.parse("5m")
