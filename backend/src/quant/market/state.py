"""Everything one market knows, written by one caller: trades go in, ticks, bars and holes can be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from quant.clock import NS_PER_S
from quant.domain import (
    BarFlag,
    Bars,
    BoolArray,
    ByteArray,
    FloatArray,
    IntArray,
    Interval,
    MarkPrice,
    Quality,
    Quote,
    TradeBatch,
)
from quant.market import bar_kernels, kernels, restoring
from quant.market.columns import (
    BAR,
    BAR_DEPTH,
    HEAD,
    QUANTUM,
    TICK,
    Record,
    Records,
    new_ledger,
    untouched,
)
from quant.market.ledger import Hole, HoleBook, HoleState
from quant.market.rate import RateMeter
from quant.market.seconds import SecondSeries

FIRST_ROWS = 32
REORDER_NS = NS_PER_S
"""How long a missing trade may be under way before its hole counts as one."""

MAX_TABLES = 32
"""How many producers' names are kept with their rows: more than there are connections."""
MASKED = (Quality.NONE, Quality.GAP)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Trades of one symbol, oldest first, as equal-length columns."""

    ids: IntArray
    ts_event: IntArray
    ts_recv: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: np.ndarray[tuple[int], np.dtype[np.uint8]]
    counts: IntArray  # exchange trades behind each row

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class SymbolCounters:
    """Where one symbol stands; ids and prices are None before its first trade."""

    last_id: int | None
    last_ts: int | None
    last_price: float | None
    accepted: int
    duplicates: int
    out_of_order: int
    holes: dict[HoleState, int]


class MarketState:
    """Tick rings, bars and trade-id ledger of all symbols of one market."""

    def __init__(
        self,
        market: str,
        *,
        intervals: Sequence[Interval],
        tick_capacity: int,
        bar_depth: int = BAR_DEPTH,
        reorder_ns: int = REORDER_NS,
        rows: int = FIRST_ROWS,
    ) -> None:
        """Hold nothing yet. `rows` is how many symbols to lay out for; more are made room for when they come."""
        self.market = market
        self.intervals = tuple(intervals)
        self.tick_capacity = tick_capacity
        self.bar_depth = self._depth = bar_depth
        self._reorder_ns = reorder_ns
        self._widths = np.array([interval.ns for interval in intervals], np.int64)
        self._index = {interval.name: f for f, interval in enumerate(intervals)}
        self._rows: dict[str, int] = {}
        self._ticks, self._bars, self._heads, self._ledger = self._new_records(rows)
        self._holes: list[HoleBook] = []
        self._replaced: list[int] = []  # what `ticks_written` counts beyond the ring's own count
        self._meters: dict[str, RateMeter] = {}
        self.quotes = SecondSeries(4)  # bid, bid size, ask, ask size
        self.marks = SecondSeries(4)  # mark, index, funding rate, next funding (ns)
        self._out_of_order: list[int] = []
        self._holes_changed: set[int] = set()
        self._tables: dict[int, tuple[tuple[str, ...], IntArray]] = {}

    # --- writing ---

    def add_symbol(self, symbol: str) -> int:
        """Return the symbol's row, made when it is new."""
        row = self._rows.get(symbol)
        if row is None:
            row = self._rows[symbol] = len(self._rows)
            self._holes.append(HoleBook(reorder_ns=self._reorder_ns))
            self._out_of_order.append(0)
            self._replaced.append(0)
            if row >= len(self._ledger):
                self._grow()
        return row

    def _new_records(self, rows: int) -> tuple[Records, Records, Records, Records]:
        """Return empty ticks, bars, heads and ledger; their pages are touched only as trades come in.

        Bars are read as [symbol, interval, slot] and lie the other way round, those of one moment side by side: all
        symbols trade at the same time, and with a ring apiece 500 of them missed the processor's table of pages.
        """
        heads = (rows, len(self.intervals))
        return (
            untouched((rows, self.tick_capacity), TICK),
            untouched((self._depth, len(self.intervals), rows), BAR).transpose(),
            np.zeros(heads, HEAD),
            new_ledger(rows),
        )

    def apply(self, batch: TradeBatch, *, healed: Quality = Quality.COMPLETE) -> BoolArray:
        """Take in trades in arrival order: dedupe on the id, take note of holes, fill them with late trades.

        Returns which of them were taken: not those we have, nor those from before the first.

        `healed` is the quality of a bar that lacks nothing and has one of these trades: BACKFILLED where they were
        fetched. In what order trades come does not matter to the bars, once no hole is open.
        """
        n = len(batch)
        rows = self._rows_of(batch)
        holes = np.empty((n, 6), np.int64)
        fresh = np.ones(n, np.bool_)
        columns = _columns(batch)
        at = 0
        while at < n:
            at, n_holes = kernels.take_in(
                at,
                rows,
                *columns,
                self._ticks,
                self._ledger,
                self._bars,
                self._heads,
                self._widths,
                holes,
                fresh,
                int(healed),
            )
            for s, *hole in holes[:n_holes].tolist():
                self._holes[s].add(Hole(*hole))
                self._holes_changed.add(s)
            if at < n:
                fresh[at] = self._take_late(int(rows[at]), at, batch, healed)
                at += 1
        return fresh

    def _rows_of(self, batch: TradeBatch) -> IntArray:
        """Return the row of each trade, made for symbols that are new; a producer's names are looked up once."""
        _, table = self._tables.get(id(batch.names), (None, None))
        if table is None:
            table = np.array([self._rows.get(name, -1) for name in batch.names], np.int64)
            while len(self._tables) >= MAX_TABLES:
                self._tables.pop(next(iter(self._tables)))
            self._tables[id(batch.names)] = batch.names, table  # a tuple that is kept keeps its id
        rows = table[batch.codes]
        if rows.size and rows.min() < 0:
            for code in dict.fromkeys(batch.codes[rows < 0].tolist()):
                table[code] = self.add_symbol(batch.names[code])
            rows = table[batch.codes]
        return rows

    def take_view(self, view: Quote | MarkPrice) -> None:
        """Take in a quote or a mark price."""
        match view:
            case Quote(symbol, ts, bid, bid_size, ask, ask_size):
                self.quotes.put(symbol, ts, (bid, bid_size, ask, ask_size))
            case MarkPrice(symbol, ts, mark, index, rate, next_funding):
                self.marks.put(symbol, ts, (mark, index, rate, next_funding))

    def _take_late(self, s: int, i: int, batch: TradeBatch, quality: Quality) -> bool:
        missing, ended = self._holes[s].take(int(batch.ids[i]), ts_recv=int(batch.ts_recv[i]))
        if not missing:
            self._ledger[s]["duplicates"] += 1
            return False
        self._out_of_order[s] += 1
        self._holes_changed.add(s)
        self._ledger[s]["last_ts"] = max(self._ledger[s]["last_ts"], batch.ts_event[i])
        kernels.put_late(
            s,
            int(batch.ids[i]),
            int(batch.ts_event[i]),
            int(batch.ts_recv[i]),
            float(batch.prices[i]),
            float(batch.sizes[i]),
            batch.sells[i],
            int(batch.counts[i]),
            self._ticks,
            self._ledger,
            self._bars,
            self._heads,
            self._widths,
            int(quality),
        )
        self._heal(s, [] if ended is None else [ended])
        return True

    def confirm_missing(self, symbol: str, *, first_id: int, last_id: int) -> None:
        """Take note that the exchange has no trades first..last: the bars they were missed in lack nothing.

        A trade of these that comes all the same is taken.
        """
        s = self._rows.get(symbol)
        if s is not None:
            self._holes_changed.add(s)
            self._heal(s, self._holes[s].confirm(first_id, last_id))

    def _heal(self, s: int, ended: list[Hole]) -> None:
        """Bring ledger and bars up to date with the hole book, from which `ended` are gone."""
        book = self._holes[s]
        self._ledger[s]["missing_from"], self._ledger[s]["missing_to"] = book.reach
        if not ended:
            return
        spans = [(hole.missing_since, hole.ts_after) for hole in book.open_holes]
        open_spans = np.array(spans, np.int64).reshape(-1, 2)
        for hole in ended:
            for f, width in enumerate(self._widths.tolist()):
                since, until = hole.missing_since, hole.ts_after
                bar_kernels.heal_gap(s, f, width, since, until, open_spans, self._bars, self._heads)

    def close_until(self, ts: int, *, symbols: Iterable[str]) -> set[tuple[str, str]]:
        """Close the bars of `symbols` that end at or before `ts`; return each (symbol, interval) with one."""
        closed = set()
        for symbol in symbols:
            s = self._rows.get(symbol)
            if s is None:
                continue
            for f, interval in enumerate(self.intervals):
                if bar_kernels.close_bars(s, f, interval.ns, ts, self._bars, self._heads):
                    closed.add((symbol, interval.name))
        return closed

    def load_klines(self, symbol: str, interval: str, klines: Bars) -> int:
        """Take the exchange's own bars where we hold nothing better; return how many were used."""
        s, f = self.add_symbol(symbol), self._index[interval]
        prices = np.column_stack((klines.opens, klines.highs, klines.lows, klines.closes))
        volumes = (klines.volumes, klines.quote_volumes, klines.trades)
        columns = (klines.times, prices, *volumes)
        return int(bar_kernels.load_klines(s, f, int(self._widths[f]), *columns, self._bars, self._heads))

    def restore_bars(self, symbol: str, bars: Mapping[str, Bars]) -> tuple[int, ...]:
        """Put the closed bars of an earlier run in place; return since when each interval lacks trades, 0 = ever."""
        s, widths = self.add_symbol(symbol), self._widths.tolist()
        for name, stored in bars.items():
            if len(stored):
                f = self._index[name]
                restoring.restore_bars(self._bars[s, f], self._heads[s, f], widths[f], stored)
        return tuple(restoring.compose(self._bars[s], self._heads[s], widths, f) for f in range(len(widths)))

    def restore_ticks(
        self,
        symbol: str,
        ticks: TradeBatch,
        *,
        since: Sequence[int],
        begins: bool,
        holes: Iterable[Hole],
        dropped: Iterable[Hole] = (),
        newest_ts: int = 0,
    ) -> None:
        """Go on after the trades of an earlier run, by rising id: what comes above the next id leaves a hole.

        `since` is what `restore_bars` returned; `ticks` are of this symbol alone and reach back that far. `begins`
        says that the first of them is the first trade that we have at all. `dropped` trades lack among `ticks`, but
        not in the closed bars: they are no holes, and only bars that are made of `ticks` show them as gaps.
        `newest_ts` is the latest event time of all that was stored, where a trade before `ticks` has it.
        """
        s = self._rows[symbol]
        widths = self._widths.tolist()
        columns = (ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, ticks.counts)
        for f, width in enumerate(widths):
            kernels.refill(s, f, width, *columns, since[f], begins, self._bars, self._heads)
        if len(ticks):
            self._refill_ring(s, ticks)
            self._ledger[s]["last_ts"] = max(newest_ts, self._ledger[s]["last_ts"])
        self._holes[s].restore(holes)
        for hole in (*self._holes[s].open_holes, *dropped):
            for f, width in enumerate(widths):
                since_ts = max(
                    hole.missing_since, int(self._heads["close_from"][s, f])
                )  # closed bars know already
                if since_ts <= hole.ts_after:
                    bar_kernels.mark_gap(s, f, width, since_ts, hole.ts_after, self._bars, self._heads)
        self._heal(s, [])

    def _refill_ring(self, s: int, ticks: TradeBatch) -> None:
        n = min(len(ticks), self.tick_capacity)
        for field, column in (
            ("id", ticks.ids),
            ("ts_event", ticks.ts_event),
            ("ts_recv", ticks.ts_recv),
            ("price", ticks.prices),
            ("size", ticks.sizes),
            ("sell", ticks.sells),
            ("count", ticks.counts),
        ):
            self._ticks[s, :n][field] = column[len(ticks) - n :]
        self._ticks[s, :n]["heard"] = 0
        book: Record = self._ledger[s]
        book["accepted"] = book["written"] = n
        book["last_id"], book["last_price"] = ticks.ids[-1], ticks.prices[-1]
        book["last_ts"] = ticks.ts_event.max()

    def empty(self) -> Self:
        """Return a state of the same shape with room for one symbol, that knows nothing."""
        return type(self)(
            self.market,
            intervals=self.intervals,
            tick_capacity=self.tick_capacity,
            bar_depth=self.bar_depth,
            reorder_ns=self._reorder_ns,
            rows=1,
        )

    def adopt(self, symbol: str, other: Self) -> None:
        """Put what another state of this shape knows of the symbol in the place of what this one does.

        Counters and versions go on rising, and a bar that was seen closed here gets a new revision.
        """
        s, o = self.add_symbol(symbol), other.add_symbol(symbol)
        for f in range(len(self.intervals)):
            if self._heads["newest"][s, f] or other._heads["newest"][o, f]:
                restoring.replace_bars(self._bars[s, f], self._heads[s, f], other._bars[o, f])
        versions = self._heads["version"][s].copy()
        self._heads[s] = other._heads[o]
        self._heads["version"][s] += versions + 1
        written = self.ticks_written(symbol)
        held = min(int(other._ledger["written"][o]), self.tick_capacity)
        self._ticks[s, :held] = other._ticks[o, :held]
        before = self._ledger[s].copy()
        book: Record = self._ledger[s]
        self._ledger[s] = other._ledger[o]
        book["accepted"] = max(book["accepted"], before["accepted"])
        book["duplicates"] = before["duplicates"]
        book["too_late"] += before["too_late"]
        # Who follows the ring by its count sees more than a ring of new trades, and reads it whole.
        self._replaced[s] = written + self.tick_capacity + 1
        self._holes[s] = other._holes[o]
        self._holes_changed.add(s)

    def too_late(self) -> int:
        """Return how many times a trade came for a bar that its ring no longer holds."""
        return int(self._ledger["too_late"].sum())

    def take_changed_holes(self) -> dict[str, tuple[Hole, ...]]:
        """Return the holes of each symbol whose holes have changed since the last call, oldest first."""
        if not self._holes_changed:
            return {}
        names = tuple(self._rows)
        changed, self._holes_changed = sorted(self._holes_changed), set()
        return {names[s]: self._holes[s].all_holes for s in changed}

    def take_changed(self) -> list[tuple[str, str, Bars]]:
        """Return (symbol, interval, bars) of all closed bars that are new or changed since the last call."""
        at = np.argwhere(self._heads["changed_from"])
        if not len(at):
            return []
        names = tuple(self._rows)
        changed = []
        for s, f in at.tolist():
            width = int(self._widths[f])
            times = restoring.take_changed(self._bars[s, f], self._heads[s, f], width)
            if len(times):
                changed.append((names[s], self.intervals[f].name, self._read_bars(s, f, times)))
        return changed

    def _grow(self) -> None:
        """Make room for twice as many symbols; what holds nothing yet is not copied, so that it takes no memory."""
        rows = len(self._ledger)
        ticks, bars, heads, ledger = self._new_records(2 * rows)
        heads[:rows], ledger[:rows] = self._heads, self._ledger
        for s, written in enumerate(self._ledger["written"].tolist()):
            held = min(written, self.tick_capacity)
            ticks[s, :held] = self._ticks[s, :held]
            for f in np.flatnonzero(self._heads["newest"][s]).tolist():
                at = np.flatnonzero(self._bars["time"][s, f])
                bars[s, f][at] = self._bars[s, f][at]
        self._ticks, self._bars, self._heads, self._ledger = ticks, bars, heads, ledger

    # --- reading ---

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self._rows)

    def version(self, symbol: str, interval: str) -> int:
        """Return a number that rises with every change of the symbol's bars; 0 when there are none."""
        s = self._rows.get(symbol)
        return 0 if s is None else int(self._heads["version"][s, self._index[interval]])

    def ticks_written(self, symbol: str) -> int:
        """Return how many trades the symbol's ring has taken in, overwritten ones included."""
        s = self._rows.get(symbol)
        return 0 if s is None else int(self._ledger["written"][s]) + self._replaced[s]

    def counters(self, symbol: str) -> SymbolCounters:
        """Return where the symbol stands."""
        s = self._rows.get(symbol)
        if s is None or not self._ledger["accepted"][s]:
            empty = dict.fromkeys(HoleState, 0)
            return SymbolCounters(None, None, None, 0, 0, 0, empty)
        return SymbolCounters(
            int(self._ledger["last_id"][s]),
            int(self._ledger["last_ts"][s]),
            float(self._ledger["last_price"][s]),
            int(self._ledger["accepted"][s]),
            int(self._ledger["duplicates"][s]),
            self._out_of_order[s],
            self._holes[s].counts(),
        )

    def last_id(self, symbol: str) -> int | None:
        """Return the highest trade id of the symbol, None before its first trade."""
        s = self._rows.get(symbol)
        return None if s is None or self._ledger["last_id"][s] < 0 else int(self._ledger["last_id"][s])

    def open_holes(self, symbol: str) -> tuple[Hole, ...]:
        """Return the symbol's open holes, oldest first."""
        s = self._rows.get(symbol)
        return () if s is None else self._holes[s].open_holes

    def holes(self, symbol: str) -> tuple[Hole, ...]:
        """Return the symbol's known holes, oldest first."""
        s = self._rows.get(symbol)
        return () if s is None else self._holes[s].all_holes

    def last_gap_end(self, symbol: str) -> int | None:
        """Return the time at which the newest open hole ended, None without one."""
        s = self._rows.get(symbol)
        open_holes = () if s is None else self._holes[s].open_holes
        return open_holes[-1].ts_after if open_holes else None

    def ticks(self, symbol: str, *, limit: int | None = None) -> Ticks:
        """Return copies of the newest trades in arrival order, oldest first.

        A trade that came late and is older than all of a full ring is not among them.
        """
        s = self._rows.get(symbol)
        written = 0 if s is None else int(self._ledger["written"][s])
        n = min(written, self.tick_capacity, written if limit is None else limit)
        at = np.arange(written - n, written) % self.tick_capacity
        ticks = self._ticks[s or 0, at]
        return Ticks(
            ids=ticks["id"].copy(),
            ts_event=ticks["ts_event"].copy(),
            ts_recv=ticks["ts_recv"].copy(),
            prices=ticks["price"].copy(),
            sizes=ticks["size"].copy(),
            sells=ticks["sell"].copy(),
            counts=ticks["count"].astype(np.int64),
        )

    def delays(self, symbol: str, *, limit: int, since: int = 0) -> IntArray:
        """Return how long after its event each of the newest `limit` trades was received, in arrival order (ns).

        Only of trades that a stream brought and that happened after `since`: what was fetched, or stored by an
        earlier run, was received when somebody asked for it.
        """
        s = self._rows.get(symbol)
        written = 0 if s is None else int(self._ledger["written"][s])
        n = min(written, self.tick_capacity, limit)
        ring, end = self._ticks[s or 0], written % self.tick_capacity
        parts = (ring[self.tick_capacity - max(n - end, 0) :], ring[max(end - n, 0) : end])
        kept = [(part["heard"] == 1) & (part["ts_event"] > since) for part in parts]
        return np.concatenate(
            [(part["ts_recv"] - part["ts_event"])[those] for part, those in zip(parts, kept, strict=True)]
        )

    def rate(self, symbol: str, *, now: int) -> float:
        """Return trades per second of market time over the last minute, or as far back as is known.

        Reads only what has come since it was asked for last.
        """
        s = self._rows.get(symbol)
        if s is None or now <= 0:
            return 0.0
        meter = self._meters.setdefault(symbol, RateMeter())
        written = self.ticks_written(symbol)
        fresh, meter.seen = written - meter.seen, written
        held = min(int(self._ledger["written"][s]), self.tick_capacity)
        times = self._newest_times(s, min(fresh, held))
        if fresh > self.tick_capacity and held:  # some have left the ring unread
            meter.restart(int(times.min()))
        meter.add(times)
        return meter.per_second(now)

    def _newest_times(self, s: int, n: int) -> IntArray:
        """Return the event times of the newest `n` ticks, in arrival order."""
        ring, end = self._ticks["ts_event"][s], int(self._ledger["written"][s]) % self.tick_capacity
        return np.concatenate((ring[self.tick_capacity - max(n - end, 0) :], ring[max(end - n, 0) : end]))

    def bars(
        self,
        symbol: str,
        interval: str,
        *,
        limit: int,
        start: int | None = None,
        end: int | None = None,
    ) -> Bars:
        """Return copies of the newest bars with start ≤ open time < end, oldest first.

        The last one may be forming.
        """
        f = self._index[interval]
        s = self._rows.get(symbol, 0)
        width = int(self._widths[f])
        grid = self._grid(symbol, f, end=end)
        held = self._bars["time"][s, f, grid // width % self._depth] == grid
        if start is not None:
            held &= grid >= start
        return self._read_bars(s, f, grid[held][-limit:] if limit else grid[:0])

    def _read_bars(self, s: int, f: int, times: IntArray) -> Bars:
        """Return copies of the bars that open at `times`, which are there."""
        read = self._bars[s, f, times // self._widths[f] % self._depth]
        return Bars(
            times=times,
            opens=read["open"].copy(),
            highs=read["high"].copy(),
            lows=read["low"].copy(),
            closes=read["close"].copy(),
            volumes=_whole(read["volume"] * QUANTUM),
            quote_volumes=_whole(read["quote_volume"] * QUANTUM),
            trades=read["trades"].copy(),
            qualities=read["quality"].copy(),
            revisions=read["revision"].astype(np.int64),
            closed=times < self._heads["close_from"][s, f],
            first_ids=read["first_id"].copy(),
            last_ids=read["last_id"].copy(),
            flags=read["cut"] * BarFlag.CUT | read["fetched"] * BarFlag.FETCHED,
        )

    def bar_count(self, symbol: str, interval: str) -> int:
        """Return how many bars are held."""
        f, grid = self._index[interval], self._grid(symbol, self._index[interval])
        at = grid // self._widths[f] % self._depth
        return int(np.count_nonzero(self._bars["time"][self._rows.get(symbol, 0), f, at] == grid))

    def _grid(self, symbol: str, f: int, *, end: int | None = None) -> IntArray:
        """Return the open times the bar ring can hold, oldest first, up to the newest bar."""
        s = self._rows.get(symbol)
        if s is None or not self._heads["newest"][s, f]:
            return np.empty(0, np.int64)
        width, newest = int(self._widths[f]), int(self._heads["newest"][s, f])
        if end is not None:
            newest = min(newest, (end - 1) - (end - 1) % width)
        oldest = int(self._heads["newest"][s, f]) - (self._depth - 1) * width
        # Its length is counted in floating point, where newest + 1 is lost beside long bars.
        return np.arange(oldest, newest + width, width, dtype=np.int64)

    def closed_closes(self, symbol: str, interval: str, times: IntArray) -> tuple[FloatArray, IntArray]:
        """Return closes (NaN where missing or a gap) and qualities of the closed bars at `times`."""
        s, f = self._rows[symbol], self._index[interval]
        k = times // self._widths[f] % self._depth
        bars = self._bars[s, f, k]
        known = (bars["time"] == times) & (times < self._heads["close_from"][s, f])
        quality = np.where(known, bars["quality"], Quality.NONE)
        closes = np.where(np.isin(quality, MASKED), np.nan, bars["close"])
        return closes, quality.astype(np.int64)

    def close_from(self, symbol: str, interval: str) -> int:
        """Return the open time of the oldest bar that is not closed yet; 0 when there is none."""
        s = self._rows.get(symbol)
        return 0 if s is None else int(self._heads["close_from"][s, self._index[interval]])

    def oldest_to_repair(
        self, symbol: str, interval: str, *, bars: int, since: int, gaps_until: int
    ) -> int | None:
        """Return the open time of the oldest closed bar that lacks trades; None when all are whole.

        Looks at the newest `bars` closed bars that open at or after `since`; gaps only where they end by `gaps_until`.
        """
        s, f = self._rows.get(symbol), self._index[interval]
        if s is None or not self._heads["close_from"][s, f]:
            return None
        width, end = int(self._widths[f]), int(self._heads["close_from"][s, f])
        times = np.arange(max(end - bars * width, since), end, width, dtype=np.int64)
        _, quality = self.closed_closes(symbol, interval, times)
        lacking = np.isin(quality, (Quality.NONE, Quality.PARTIAL))
        lacking |= (quality == Quality.GAP) & (times + width <= gaps_until)
        return int(times[lacking][0]) if lacking.any() else None

    def tick_count(self, symbol: str) -> int:
        """Return how many trades the symbol's ring holds."""
        s = self._rows.get(symbol)
        return 0 if s is None else min(int(self._ledger["written"][s]), self.tick_capacity)

    def tick_extent(self, symbol: str) -> tuple[int, int] | None:
        """Return the times of the earliest and the latest trade in the symbol's ring (ns), None while it is empty."""
        count = self.tick_count(symbol)
        times = self._ticks["ts_event"][self._rows.get(symbol, 0), :count]
        return (int(times.min()), int(times.max())) if count else None

    def memory_bytes(self, symbol: str) -> int:
        """Return the bytes that the symbol's tick ring takes."""
        return self.tick_count(symbol) * TICK.itemsize


def _whole(volumes: FloatArray) -> FloatArray:
    """Round to the quantum, so that 3 × 1e-7 reads 3e-07."""
    return np.round(volumes, 7)


def _columns(
    batch: TradeBatch,
) -> tuple[IntArray, IntArray, IntArray, FloatArray, FloatArray, ByteArray, IntArray]:
    """Return the batch as the kernels take it."""
    return (
        batch.ids,
        batch.ts_event,
        batch.ts_recv,
        batch.prices,
        batch.sizes,
        batch.sells,
        batch.counts,
    )
