"""Bars of a number of trades or of a volume, from trades by id and the holes in their ids. No I/O, no clock.

- `tN`: bar k holds the trade ids kN to (k + 1)N - 1.
- `vX`: the volume is added up in the order of ids from the first trade of a UTC day; a trade belongs to the bar
  floor(volume before it / X) and is never split, so that a large one leaves out bars. The day of a trade is that of
  the latest time up to it: time may step back while ids rise, the day does not.

Both follow from which trades are held alone: the order of arrival, and how it was cut, change nothing but revisions.

- A bar is closed when a trade of a later bar is known and no open hole touches it.
- It is a gap where an open hole touches it, and by volume for the rest of the hole's day, since nobody knows how much
  was traded in the hole.
- It is partial where ids are missing that we did not listen to, by volume for the rest of that day; else backfilled
  if one of its trades was fetched; else complete.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from quant.clock import NS_PER_S
from quant.domain import BarFlag, Bars, BoolArray, ByteArray, EventInterval, FloatArray, IntArray, Quality
from quant.market.columns import QUANTUM

DAY_NS = 86_400 * NS_PER_S
UNITS = round(1 / QUANTUM)
DEPTH = 4096
"""How many bars are kept, the newest: as many as of an interval of the clock."""

BEFORE_ALL = -1

Numbers = TypeVar("Numbers", FloatArray, IntArray)


@dataclass(frozen=True, slots=True)
class EventTicks:
    """Trades of one symbol by rising id, each id once, as equal-length columns."""

    ids: IntArray
    ts_event: IntArray
    prices: FloatArray
    sizes: FloatArray
    counts: IntArray  # exchange trades behind each row

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, rows: slice | IntArray | BoolArray) -> "EventTicks":
        """Return the rows that an index, a mask or a slice picks."""
        return EventTicks(*(getattr(self, field.name)[rows] for field in fields(self)))


def join_ticks(*parts: EventTicks) -> EventTicks:
    """Return the rows of all parts by rising id, each id once."""
    names = [field.name for field in fields(EventTicks)]
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    _, rows = np.unique(columns[0], return_index=True)
    return EventTicks(*(column[rows] for column in columns))


HeldFrom = Callable[[int], EventTicks]


class IdRanges:
    """Disjoint ranges of ids, both ends included, by rising id."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        columns = np.array(sorted(ranges), np.int64).reshape(-1, 2)
        self._first, self._last = columns[:, 0], columns[:, 1]
        self._before = np.concatenate(([0], np.cumsum(self._last - self._first + 1)))

    def count(self, first: IntArray, last: IntArray) -> IntArray:
        """Return how many ids of the ranges lie in each first..last."""
        return self._up_to(last) - self._up_to(first - 1)

    def _up_to(self, ids: IntArray) -> IntArray:
        """Return how many ids of the ranges are not above each of `ids`."""
        at = np.searchsorted(self._first, ids, side="right")
        if not self._first.size:
            return np.zeros(len(ids), np.int64)
        inside = np.minimum(ids, self._last[at - 1]) - self._first[at - 1] + 1
        return np.where(at > 0, self._before[at - 1] + inside, 0)


@dataclass(frozen=True, slots=True)
class Missing:
    """What the ledger knows of ids: holes that are open, ids the exchange does not have, ids that were fetched."""

    open: IdRanges
    confirmed: IdRanges
    fetched: IdRanges


@dataclass(frozen=True, slots=True)
class _Columns:
    """Bars as they are kept: volumes in quanta, and what is needed to begin anew with each of them."""

    days: IntArray  # by volume the UTC day, by trades 0
    numbers: IntArray  # of the bar, in its day by volume
    times: IntArray
    opens: FloatArray
    highs: FloatArray
    lows: FloatArray
    closes: FloatArray
    volumes: IntArray
    quote_volumes: IntArray
    trades: IntArray
    rows: IntArray  # ids held
    first_ids: IntArray
    last_ids: IntArray
    ids_before: IntArray  # of the trade before the first one
    volumes_before: IntArray  # of the day
    latest_before: IntArray  # time up to there
    revisions: IntArray

    def __len__(self) -> int:
        return len(self.numbers)

    def at(self, rows: slice) -> "_Columns":
        return _Columns(*(getattr(self, field.name)[rows] for field in fields(self)))

    def then(self, more: "_Columns") -> "_Columns":
        pairs = ((getattr(self, field.name), getattr(more, field.name)) for field in fields(self))
        return _Columns(*(np.concatenate(pair) for pair in pairs))


CONTENT = (
    "opens",
    "highs",
    "lows",
    "closes",
    "volumes",
    "quote_volumes",
    "trades",
    "rows",
    "first_ids",
    "last_ids",
)


class EventBars:
    """The newest bars of one symbol and interval: newer trades extend them, late ones have them redone from there."""

    def __init__(self, interval: EventInterval, *, depth: int = DEPTH) -> None:
        self.interval = interval
        self._depth = depth
        self._reset()

    def _reset(self) -> None:
        self._bars = _bars_of(no_ticks(), *(np.empty(0, np.int64),) * 5)
        self._jumps = np.empty(
            (0, 3), np.int64
        )  # held ids with others missing between, and the day of the later one
        self._last_id = BEFORE_ALL
        self._latest = -1
        self._volume = 0  # of the day so far

    def __len__(self) -> int:
        return len(self._bars)

    @property
    def last_id(self) -> int:
        """Return the highest id taken in, -1 before the first."""
        return self._last_id

    def held_since(self, trade_id: int) -> int:
        """Return how many trades were taken in from `trade_id` on, the first one of a bar."""
        return int(self._bars.rows[self._bars.first_ids >= trade_id].sum())

    def begin_of(self, trade_id: int) -> int:
        """Return the first id of what changes with a trade that comes late; 0 where that is older than what is kept."""
        j = self._place_of(trade_id)
        if j < 0:
            return 0
        return min(int(self._bars.first_ids[j]), trade_id) if j < len(self) else trade_id

    def _place_of(self, trade_id: int) -> int:
        """Return the place of the bar to which a late trade belongs, or before which; -1 where none is kept."""
        if self.interval.kind == "volume":
            return int(np.searchsorted(self._bars.first_ids, trade_id, side="right")) - 1
        number = trade_id // self.interval.size
        at = int(np.searchsorted(self._bars.numbers, number))
        return at if at or (len(self) and self._bars.numbers[0] == number) else -1

    # --- writing ---

    def take(self, fresh: EventTicks, held_from: HeldFrom) -> None:
        """Take in trades that are new, by rising id; `held_from` returns all that are held from an id on, these too."""
        if len(fresh) and fresh.ids[0] <= self._last_id:
            begin = self.begin_of(int(fresh.ids[0]))
            self.redo(begin, held_from(begin))
        else:
            self.extend(fresh)

    def extend(self, ticks: EventTicks) -> None:
        """Take in the trades above `last_id`; older ones are passed over."""
        ticks = ticks.at(ticks.ids > self._last_id)
        if not len(ticks):
            return
        before = np.concatenate(([self._last_id], ticks.ids[:-1]))
        latest = np.maximum(np.maximum.accumulate(ticks.ts_event), self._latest)
        latest_before = np.concatenate(([self._latest], latest[:-1]))
        days, volumes = self._counted(ticks, latest, latest_before)
        numbers = (volumes if self.interval.kind == "volume" else ticks.ids) // self.interval.size
        self._note_jumps(before, ticks.ids, days)
        self._append(_bars_of(ticks, days, numbers, before, volumes, latest_before))
        self._last_id, self._latest = int(ticks.ids[-1]), int(latest[-1])
        self._volume = int(volumes[-1]) + _quanta(float(ticks.sizes[-1]))

    def redo(self, begin: int, ticks: EventTicks) -> None:
        """Take in all trades from `begin` on again, of which some came late; 0 begins anew with all there are.

        Finished bars that are not as they were get a new revision.
        """
        was = self._bars
        self._rewind(begin)
        self.extend(ticks)
        self._revise(was)

    def follow(self, earlier: "EventBars") -> None:
        """Count revisions on from bars of the same interval that were built before."""
        self._revise(earlier._bars)  # noqa: SLF001  of the same class

    def _revise(self, was: _Columns) -> None:
        places = {key: i for i, key in enumerate(_keys(was))}
        found = np.array([places.get(key, -1) for key in _keys(self._bars)], np.int64)
        now, then = np.flatnonzero(found >= 0), found[found >= 0]
        changed = np.zeros(len(now), np.bool_)
        for name in CONTENT:
            changed |= getattr(was, name)[then] != getattr(self._bars, name)[now]
        changed &= then < len(was) - 1  # the last one was not finished
        self._bars.revisions[now] = was.revisions[then] + changed

    def _rewind(self, begin: int) -> None:
        j = int(np.searchsorted(self._bars.last_ids, begin))
        if begin <= 0:
            self._reset()
        elif j < len(self):
            self._last_id = int(self._bars.ids_before[j])
            self._latest = int(self._bars.latest_before[j])
            self._volume = int(self._bars.volumes_before[j])
            self._bars = self._bars.at(slice(j))
            self._jumps = self._jumps[self._jumps[:, 1] <= self._last_id]

    def _counted(
        self, ticks: EventTicks, latest: IntArray, latest_before: IntArray
    ) -> tuple[IntArray, IntArray]:
        """Return each trade's day, and the volume of that day before it in quanta; nothing by trades."""
        nothing = np.zeros(len(ticks), np.int64)
        if self.interval.kind == "trades":
            return nothing, nothing
        days = latest // DAY_NS
        volumes = np.rint(ticks.sizes * UNITS).astype(np.int64)
        before = np.cumsum(volumes) - volumes
        firsts = np.flatnonzero(days != latest_before // DAY_NS)
        at_start = np.concatenate(([-self._volume], before[firsts]))
        return days, before - at_start[np.searchsorted(firsts, np.arange(len(ticks)), side="right")]

    def _note_jumps(self, before: IntArray, ids: IntArray, days: IntArray) -> None:
        if self.interval.kind == "trades":
            return  # the numbers of the bars tell
        jumps = ids > before + 1
        found = np.column_stack((before[jumps], ids[jumps], days[jumps]))
        self._jumps = np.concatenate((self._jumps, found))

    def _append(self, more: _Columns) -> None:
        held = self._bars
        if len(held) and _keys(held.at(slice(-1, None))) == _keys(more.at(slice(1))):
            more = _merged(held, more)
            held = held.at(slice(-1))
        self._bars = held.then(more).at(slice(-self._depth, None))
        self._jumps = self._jumps[self._jumps[:, 2] >= self._bars.days[0]]

    # --- reading ---

    def bars(self, missing: Missing) -> Bars:
        """Return copies of the bars by rising id; the last one is forming. Times may repeat and step back."""
        held = self._bars
        qualities, fetched, cut = self._qualities(missing)
        closed = qualities != Quality.GAP
        closed[-1:] = False
        return Bars(
            times=held.times.copy(),
            opens=held.opens.copy(),
            highs=held.highs.copy(),
            lows=held.lows.copy(),
            closes=held.closes.copy(),
            volumes=np.round(held.volumes * QUANTUM, 7),
            quote_volumes=np.round(held.quote_volumes * QUANTUM, 7),
            trades=held.trades.copy(),
            qualities=qualities,
            revisions=held.revisions.copy(),
            closed=closed,
            first_ids=held.first_ids.copy(),
            last_ids=held.last_ids.copy(),
            flags=(cut * BarFlag.CUT | fetched * BarFlag.FETCHED).astype(np.uint8),
        )

    def _qualities(self, missing: Missing) -> tuple[ByteArray, BoolArray, BoolArray]:
        """Return the qualities, which bars have fetched trades, and which lack trades that we did not listen to."""
        held = self._bars
        gap, cut = self._lacking(missing)
        fetched = missing.fetched.count(held.first_ids, held.last_ids) > 0
        names = [Quality.GAP, Quality.PARTIAL, Quality.BACKFILLED]
        qualities = np.select([gap, cut, fetched], names, Quality.COMPLETE)
        return qualities.astype(np.uint8), fetched, cut

    def _lacking(self, missing: Missing) -> tuple[BoolArray, BoolArray]:
        """Return which bars an open hole touches, and which lack trades that are in no hole."""
        held, size = self._bars, self.interval.size
        if self.interval.kind == "trades":
            first = held.numbers * size
            last = np.minimum(first + size - 1, self._last_id)
            holed = missing.open.count(first, last)
            unheard = last - first + 1 - held.rows - holed - missing.confirmed.count(first, last)
            return holed > 0, unheard > 0
        first, last = self._jumps[:, 0] + 1, self._jumps[:, 1] - 1
        holed = missing.open.count(first, last)
        unheard = last - first + 1 - holed - missing.confirmed.count(first, last)
        begins = self._jumps[:, 0] == BEFORE_ALL  # what was before is no hole of ours
        return self._touched((holed > 0) & ~begins), self._touched((unheard > 0) | begins)

    def _touched(self, which: BoolArray) -> BoolArray:
        """Return the bars by volume that jumps in the ids touch: the one before, and what follows in the day."""
        held, marks = self._bars, np.zeros(len(self) + 1, np.int64)
        before, after, days = self._jumps[which].T
        at = np.searchsorted(held.first_ids, before, side="right") - 1
        marks_of_one = np.zeros(len(self), np.bool_)
        marks_of_one[at[at >= 0]] = True
        begin = np.maximum(np.searchsorted(held.first_ids, after, side="right") - 1, 0)
        end = np.searchsorted(held.days, days, side="right")
        np.add.at(marks, begin, 1)
        np.add.at(marks, np.maximum(end, begin), -1)
        return marks_of_one | (np.cumsum(marks)[:-1] > 0)


def no_ticks() -> EventTicks:
    """Return ticks of no rows."""
    none, numbers = np.empty(0, np.int64), np.empty(0)
    return EventTicks(none, none, numbers, numbers, none)


def _quanta(size: float) -> int:
    return round(size * UNITS)


def _keys(bars: _Columns) -> list[tuple[int, int]]:
    return list(zip(bars.days.tolist(), bars.numbers.tolist(), strict=True))


def _bars_of(
    ticks: EventTicks,
    days: IntArray,
    numbers: IntArray,
    ids_before: IntArray,
    volumes_before: IntArray,
    latest_before: IntArray,
) -> _Columns:
    """Return the bars of trades by rising id, each with the day and the number of its bar."""
    news = np.ones(len(ticks), np.bool_)
    news[1:] = (days[1:] != days[:-1]) | (numbers[1:] != numbers[:-1])
    first = np.flatnonzero(news)
    last = np.append(first[1:], len(ticks))[: len(first)] - 1
    volumes = np.rint(ticks.sizes * UNITS).astype(np.int64)
    quotes = np.rint(ticks.prices * ticks.sizes * UNITS).astype(np.int64)
    return _Columns(
        days=days[first],
        numbers=numbers[first],
        times=ticks.ts_event[first],
        opens=ticks.prices[first],
        highs=_over(np.maximum, ticks.prices, first),
        lows=_over(np.minimum, ticks.prices, first),
        closes=ticks.prices[last],
        volumes=_over(np.add, volumes, first),
        quote_volumes=_over(np.add, quotes, first),
        trades=_over(np.add, ticks.counts, first),
        rows=last - first + 1,
        first_ids=ticks.ids[first],
        last_ids=ticks.ids[last],
        ids_before=ids_before[first],
        volumes_before=volumes_before[first],
        latest_before=latest_before[first],
        revisions=np.zeros(len(first), np.int64),
    )


def _over(fold: np.ufunc, values: Numbers, first: IntArray) -> Numbers:
    """Return `fold` over each stretch of values that begins at `first`."""
    folded: Numbers = fold.reduceat(values, first) if len(first) else values[:0]
    return folded


def _merged(held: _Columns, more: _Columns) -> _Columns:
    """Return `more` with the last bar of `held` in its first one, of which it is the beginning."""
    merged = replace(more, **{field.name: getattr(more, field.name).copy() for field in fields(more)})
    for name in ("times", "opens", "first_ids", "ids_before", "volumes_before", "latest_before", "revisions"):
        getattr(merged, name)[0] = getattr(held, name)[-1]
    for name in ("volumes", "quote_volumes", "trades", "rows"):
        getattr(merged, name)[0] += getattr(held, name)[-1]
    merged.highs[0] = max(held.highs[-1], more.highs[0])
    merged.lows[0] = min(held.lows[-1], more.lows[0])
    return merged
