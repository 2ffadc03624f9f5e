"""The slow, obvious twin of the market state: a dict per bar, exact decimals, nothing kept that can be worked out.

Written from the rules, not from the kernels:
- a trade is taken once; an id below the newest one counts only where it was missing;
- a bar opens at its lowest id and closes at its highest, whatever the order of arrival;
- a bar that touches an open hole is a gap; one that we did not hear in full is partial; one that the watermark
  passed without a trade is quiet and repeats the close of the bar before;
- the exchange's own bar stands where we have nothing better, and then stays.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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

    def touches(self, start: int, end: int) -> bool:
        return self.earliest < end and self.latest >= start


@dataclass
class TwinBar:
    """Everything that happened to one bar."""

    trades: list[Trade] = field(default_factory=list)
    cut: bool = False
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

    def take(self, trade: Trade, *, afresh: bool) -> None:
        opened = self.floor(trade.ts)
        is_new = opened not in self.bars
        bar = self.place(opened)
        if bar is None or bar.kline is not None:
            return
        bar.cut = bar.cut or afresh or (is_new and opened < self.open_from)
        bar.trades.append(trade)
        if is_new and (not self.open_from or (afresh and self.open_from < opened)):
            self.open_from = opened

    def mark(self, hole: TwinHole) -> None:
        first, last = self.floor(hole.earliest), self.floor(hole.latest)
        for opened in range(max(first, last - (self.depth - 1) * self.width), last + 1, self.width):
            bar = self.place(opened)
            if bar is not None:
                bar.gaps_seen = True

    def close(self, ts: int) -> bool:
        end = self.floor(ts)
        if not self.open_from or end <= self.open_from:
            return False
        for opened in range(self.open_from, end, self.width):
            self.place(opened)
        self.open_from = end
        return True

    def interrupt(self) -> None:
        newest = max(self.bars, default=-1)
        if newest >= self.open_from and self.bars[newest].trades:
            self.bars[newest].cut = True

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

    def quality(self, opened: int) -> Quality:
        bar = self.bars[opened]
        if bar.kline is not None:
            return Quality.KLINE
        if bar.gaps_seen and any(hole.touches(opened, opened + self.width) for hole in self.holes):
            return Quality.GAP
        if not bar.trades:
            return Quality.QUIET
        return Quality.PARTIAL if bar.cut else Quality.COMPLETE

    def row(self, opened: int) -> Row:
        bar, quality, closed = self.bars[opened], self.quality(opened), opened < self.open_from
        if bar.kline is not None:
            own = bar.kline
            prices = (own.open, own.high, own.low, own.close)
            return Row(opened, *prices, own.volume, own.quote_volume, own.trades, quality, closed)
        if not bar.trades:
            price = math.nan if quality is Quality.GAP else self.close_of(opened - self.width)
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

    def __init__(self, widths: Mapping[str, int], depth: int) -> None:
        self.taken: list[Trade] = []
        self.holes: list[TwinHole] = []
        self.duplicates = 0
        self.out_of_order = 0
        self.filled = 0
        self.afresh = True
        self.newest_ts = 0
        self.bars = {name: TwinBars(width, depth, self.holes) for name, width in widths.items()}

    def take(self, trade: Trade) -> None:
        newest = max((each.id for each in self.taken), default=-1)
        if trade.id > newest:
            self._take_next(trade, newest)
        elif any(trade.id in hole.missing for hole in self.holes):
            self._take_late(trade)
        else:
            self.duplicates += 1

    def _take_next(self, trade: Trade, newest: int) -> None:
        afresh, self.afresh = self.afresh, False
        hole = None
        if trade.id > newest + 1 and not afresh:
            span = sorted((self.newest_ts, trade.ts))
            hole = TwinHole(list(range(newest + 1, trade.id)), *span)
        self.newest_ts = max(self.newest_ts, trade.ts)
        self.taken.append(trade)
        for bars in self.bars.values():
            bars.take(trade, afresh=afresh)
        if hole is not None:
            self.holes.append(hole)
            for bars in self.bars.values():
                bars.mark(hole)

    def _take_late(self, trade: Trade) -> None:
        self.out_of_order += 1
        self.taken.append(trade)
        at = next(i for i, hole in enumerate(self.holes) if trade.id in hole.missing)
        hole = self.holes[at]
        below = [each for each in hole.missing if each < trade.id]
        above = [each for each in hole.missing if each > trade.id]
        pieces = [TwinHole(ids, hole.earliest, hole.latest) for ids in (below, above) if ids]
        self.holes[at : at + 1] = pieces  # a hole filled in the middle is two holes
        self.filled += not pieces
        for bars in self.bars.values():
            bars.take(trade, afresh=False)


class TwinMarket:
    """What `MarketState` promises, without any of its means."""

    def __init__(self, widths: Mapping[str, int], *, depth: int = 4096) -> None:
        self._widths = widths
        self._depth = depth
        self.symbols: dict[str, TwinSymbol] = defaultdict(lambda: TwinSymbol(self._widths, self._depth))

    def apply(self, trades: Iterable[Trade]) -> None:
        for each in trades:
            self.symbols[each.symbol].take(each)

    def close_until(self, ts: int, *, symbols: Iterable[str]) -> set[tuple[str, str]]:
        return {
            (symbol, name)
            for symbol in symbols
            if symbol in self.symbols
            for name, bars in self.symbols[symbol].bars.items()
            if bars.close(ts)
        }

    def interrupt(self, symbol: str) -> None:
        if symbol in self.symbols:
            self.symbols[symbol].afresh = True
            for bars in self.symbols[symbol].bars.values():
                bars.interrupt()

    def load_klines(self, symbol: str, interval: str, klines: Sequence[Kline]) -> int:
        bars = self.symbols[symbol].bars[interval]
        return sum([bars.load(each) for each in klines])

    def rows(self, symbol: str, interval: str) -> list[Row]:
        """Return the bars that the ring still reaches, oldest first."""
        bars = self.symbols[symbol].bars[interval]
        newest = max(bars.bars, default=0)
        reach = newest - bars.depth * bars.width
        return [bars.row(opened) for opened in sorted(bars.bars) if opened > reach]
