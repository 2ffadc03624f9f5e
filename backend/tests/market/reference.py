"""The slow, obvious twin of the market state: a dict per bar, exact decimals, nothing kept that can be worked out.

Written from the rules, not from the kernels:
- a trade is taken once; an id below the newest one counts only where it was missing, also by the exchange's word;
- a bar opens at its lowest id and closes at its highest, whatever the order of arrival;
- a bar that touches an open hole, or ends within 100 ms before it, is a gap; one that we did not hear in full is
  partial; one with a fetched trade is backfilled; one that the watermark passed without a trade is quiet and repeats
  the close of the bar before;
- a bar without a trade that is neither closed nor a gap is none, nor is one without a trade that we did not listen to;
- listening begins with the first trade of a symbol: its bar is partial, and what is older was not heard;
- a hole whose last id comes within the reorder window after it was found is forgotten, later it is a filled one;
- a full ring takes no trade that is older than the one it would lose;
- the exchange's own bar stands where we have nothing better, and then stays.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from market.tape import Trade
from quant.domain import Quality


@dataclass(frozen=True, slots=True)
class Row:
    """A bar as a reader sees it; all prices are NaN where they are not known."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: Decimal
    quote_volume: Decimal
    trades: int
    quality: Quality
    closed: bool


@dataclass(frozen=True, slots=True)
class Kline:
    """One of the exchange's own bars."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: Decimal
    quote_volume: Decimal
    trades: int


@dataclass
class TwinHole:
    """A run of missing ids, and the span of time in which their trades were."""

    missing: list[int]
    earliest: int
    latest: int
    whole: tuple[int, int] = (0, 0)  # the ids that were missing when it was found
    found: int = 0  # event time of the trade that showed it; all trades of the tape arrive equally late

    @property
    def since(self) -> int:
        return self.earliest - 100_000_000

    def touches(self, start: int, end: int) -> bool:
        return self.since < end and self.latest >= start


@dataclass
class TwinBar:
    """Everything that happened to one bar."""

    trades: list[Trade] = field(default_factory=list)
    cut: bool = False
    fetched: bool = False
    gaps_seen: bool = False
    kline: Kline | None = None


class TwinBars:
    """The bars of one symbol and interval."""

    def __init__(self, width: int, depth: int, holes: list[TwinHole]) -> None:
        self.width = width
        self.depth = depth
        self.holes = holes
        self.bars: dict[int, TwinBar] = {}
        self.places: dict[int, int] = {}  # place in the ring: open time of the bar that has it
        self.last_words: dict[int, float] = {}  # closes of bars that have left the ring
        self.open_from = 0

    def floor(self, ts: int) -> int:
        return ts - ts % self.width

    def place(self, opened: int) -> TwinBar | None:
        """Return the bar, made when it is new; None where a newer one has its place in the ring."""
        if opened in self.bars:
            return self.bars[opened]
        place = opened // self.width % self.depth
        rival = self.places.get(place)
        if rival is not None:
            if rival > opened:
                return None
            self.last_words[rival] = self.row(rival).close
            del self.bars[rival]
        self.places[place] = opened
        self.bars[opened] = TwinBar()
        return self.bars[opened]

    def take(self, trade: Trade, *, first: bool = False, fetched: bool) -> None:
        opened = self.floor(trade.ts)
        if first:
            self.close(max(self.bars, default=0))
            self.open_from = max(self.open_from, opened)
        is_new = opened not in self.bars
        bar = self.place(opened)
        if bar is None or bar.kline is not None:
            return
        bar.cut = bar.cut or first or (is_new and opened < self.open_from)
        bar.fetched = bar.fetched or fetched
        bar.trades.append(trade)

    def mark(self, hole: TwinHole) -> None:
        first, last = self.floor(hole.since), self.floor(hole.latest)
        for opened in range(max(first, last - (self.depth - 1) * self.width), last + 1, self.width):
            if opened not in self.bars and opened < self.open_from:
                continue  # not listened to
            bar = self.place(opened)
            if bar is not None:
                bar.gaps_seen = True

    def settle(self) -> None:
        """Let gaps go that touch no hole any more."""
        for opened, bar in list(self.bars.items()):
            if not bar.gaps_seen or self.in_hole(opened):
                continue
            bar.gaps_seen = False
            if not bar.trades and bar.kline is None and opened >= self.open_from:
                del self.bars[opened], self.places[opened // self.width % self.depth]

    def in_hole(self, opened: int) -> bool:
        return any(hole.touches(opened, opened + self.width) for hole in self.holes)

    def close(self, ts: int) -> bool:
        end = self.floor(ts)
        if not self.open_from or end <= self.open_from:
            return False
        for opened in range(self.open_from, end, self.width):
            self.place(opened)
        self.open_from = end
        return True

    def load(self, kline: Kline) -> bool:
        held = self.bars.get(kline.time)
        if held is not None and self.row(kline.time).quality not in (Quality.PARTIAL, Quality.GAP):
            return False
        bar = self.place(kline.time)
        if bar is None:
            return False
        self.bars[kline.time] = TwinBar(kline=kline)
        self.open_from = max(self.open_from, kline.time + self.width)
        return True

    def close_of(self, opened: int) -> float:
        while opened in self.bars and self.quality(opened) is Quality.QUIET:
            opened -= self.width
        return self.row(opened).close if opened in self.bars else self.last_words.get(opened, math.nan)

    def rows(self) -> list[Row]:
        """Return the bars that the ring still reaches, oldest first."""
        reach = max(self.bars, default=0) - self.depth * self.width
        rows: list[Row] = []
        for opened in sorted(each for each in self.bars if each > reach):
            follows = bool(rows) and rows[-1].time == opened - self.width
            rows.append(self.row(opened, before=rows[-1].close if follows else None))
        return rows

    def quality(self, opened: int) -> Quality:
        bar = self.bars[opened]
        if bar.kline is not None:
            return Quality.KLINE
        if bar.gaps_seen and self.in_hole(opened):
            return Quality.GAP
        if not bar.trades:
            return Quality.QUIET
        if bar.cut:
            return Quality.PARTIAL
        return Quality.BACKFILLED if bar.fetched else Quality.COMPLETE

    def row(self, opened: int, before: float | None = None) -> Row:
        """Return the bar; `before` is the close of the one before, where that is known already."""
        bar, quality, closed = self.bars[opened], self.quality(opened), opened < self.open_from
        if bar.kline is not None:
            own = bar.kline
            prices = (own.open, own.high, own.low, own.close)
            return Row(opened, *prices, own.volume, own.quote_volume, own.trades, quality, closed)
        if not bar.trades:
            if before is None:
                before = self.close_of(opened - self.width)
            price = math.nan if quality is Quality.GAP else before
            nothing = Decimal(0)
            return Row(opened, price, price, price, price, nothing, nothing, 0, quality, closed)
        by_id = sorted(bar.trades, key=lambda each: each.id)
        return Row(
            opened,
            float(by_id[0].price),
            float(max(each.price for each in by_id)),
            float(min(each.price for each in by_id)),
            float(by_id[-1].price),
            sum((each.size for each in by_id), Decimal(0)),
            sum((each.size * each.price for each in by_id), Decimal(0)),
            sum(each.count for each in by_id),
            quality,
            closed,
        )


class TwinSymbol:
    """One symbol: which ids were taken, which are missing, and its bars."""

    def __init__(self, widths: Mapping[str, int], depth: int, reorder_ns: int) -> None:
        self.reorder_ns = reorder_ns
        self.taken: list[Trade] = []
        self.holes: list[TwinHole] = []
        self.confirmed: list[TwinHole] = []
        self.duplicates = 0
        self.out_of_order = 0
        self.filled = 0
        self.newest_ts = 0
        self.bars = {name: TwinBars(width, depth, self.holes) for name, width in widths.items()}

    def take(self, trade: Trade, *, fetched: bool) -> None:
        newest = max((each.id for each in self.taken), default=-1)
        if trade.id > newest:
            self._take_next(trade, newest, fetched=fetched)
        elif any(trade.id in hole.missing for hole in (*self.confirmed, *self.holes)):
            self._take_late(trade, fetched=fetched)
        else:
            self.duplicates += 1

    def _take_next(self, trade: Trade, newest: int, *, fetched: bool) -> None:
        hole, first = None, newest < 0
        if trade.id > newest + 1 and not first:
            span = sorted((self.newest_ts, trade.ts))
            hole = TwinHole(
                list(range(newest + 1, trade.id)), *span, whole=(newest + 1, trade.id - 1), found=trade.ts
            )
        self.newest_ts = max(self.newest_ts, trade.ts)
        self.taken.append(trade)
        for bars in self.bars.values():
            bars.take(trade, first=first, fetched=fetched)
        if hole is not None:
            self.holes.append(hole)
            for bars in self.bars.values():
                bars.mark(hole)

    def _take_late(self, trade: Trade, *, fetched: bool) -> None:
        self.out_of_order += 1
        self.taken.append(trade)
        self.newest_ts = max(self.newest_ts, trade.ts)
        (hole,) = (each for each in (*self.confirmed, *self.holes) if trade.id in each.missing)
        self.confirmed = _left(self.confirmed, trade.id, trade.id)
        self._lose(trade.id, trade.id)
        if hole.missing == [trade.id] and trade.ts - hole.found > self.reorder_ns:
            self.filled += all(other.whole != hole.whole for other in (*self.confirmed, *self.holes))
        for bars in self.bars.values():
            bars.take(trade, fetched=fetched)
            bars.settle()

    def confirm(self, first: int, last: int) -> None:
        for hole in self.holes:
            asked = [each for each in hole.missing if first <= each <= last]
            if asked:
                self.confirmed.append(replace(hole, missing=asked, whole=(asked[0], asked[-1])))
        self._lose(first, last)
        for bars in self.bars.values():
            bars.settle()

    def _lose(self, first: int, last: int) -> None:
        """Cut ids out of the open holes; a hole cut in the middle is two holes."""
        self.holes[:] = _left(self.holes, first, last)


def _left(holes: list[TwinHole], first: int, last: int) -> list[TwinHole]:
    return [replace(hole, missing=ids) for hole in holes for ids in without(hole.missing, first, last)]


def without(ids: list[int], first: int, last: int) -> list[list[int]]:
    """Return the runs that are left of a run of ids without first..last."""
    runs = ([each for each in ids if each < first], [each for each in ids if each > last])
    return [run for run in runs if run]


class TwinMarket:
    """What `MarketState` promises, without any of its means."""

    def __init__(self, widths: Mapping[str, int], *, reorder_ns: int, depth: int = 4096) -> None:
        self._reorder_ns = reorder_ns
        self._widths = widths
        self._depth = depth
        self.symbols: dict[str, TwinSymbol] = defaultdict(
            lambda: TwinSymbol(self._widths, self._depth, self._reorder_ns)
        )

    def apply(self, trades: Iterable[Trade], *, fetched: bool = False) -> None:
        for each in trades:
            self.symbols[each.symbol].take(each, fetched=fetched)

    def confirm_missing(self, symbol: str, *, first_id: int, last_id: int) -> None:
        if symbol in self.symbols:
            self.symbols[symbol].confirm(first_id, last_id)

    def close_until(self, ts: int, *, symbols: Iterable[str]) -> set[tuple[str, str]]:
        return {
            (symbol, name)
            for symbol in symbols
            if symbol in self.symbols
            for name, bars in self.symbols[symbol].bars.items()
            if bars.close(ts)
        }

    def load_klines(self, symbol: str, interval: str, klines: Sequence[Kline]) -> int:
        bars = self.symbols[symbol].bars[interval]
        return sum([bars.load(each) for each in klines])

    def rows(self, symbol: str, interval: str) -> list[Row]:
        """Return the bars that the ring still reaches, oldest first."""
        return self.symbols[symbol].bars[interval].rows()
