"""What each stream says in each second: pure functions of the market, in the order of publication."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from quant.domain import Interval
from quant.simulator.instrument import Instrument
from quant.simulator.market import SimMarket
from quant.simulator.wire import aggregate_events, book_ticker_event, compact, kline_event, mark_prices

Event = tuple[int, bytes]  # when it is published, in ms of market time, and the raw payload
EventSource = Callable[[int], list[Event]]  # by the second, counted since 1970

KLINE_INTERVALS = {
    name: Interval.parse(name) for name in ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "4h", "1d")
}
_QUOTE_EVERY_MS = 250


class Category(StrEnum):
    """One connection carries the streams of one category and is silent about the rest."""

    MARKET = "market"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that has data: its name, its category and what it says."""

    name: str
    category: Category
    events: EventSource


def find_stream(market: SimMarket, name: str) -> Stream | None:
    """Return the stream called `name`, or None where the exchange would acknowledge it and stay silent."""
    lower, at, kind = name.partition("@")
    symbol = lower.upper()
    if not at or lower != lower.lower() or symbol not in market:
        return None
    instrument = market.instrument(symbol)
    if kind == "bookTicker":
        return Stream(name, Category.PUBLIC, _quotes(instrument))
    source = _market_source(instrument, kind)
    return Stream(name, Category.MARKET, source) if source else None


def _market_source(instrument: Instrument, kind: str) -> EventSource | None:
    if kind == "aggTrade":
        return lambda second: aggregate_events(
            instrument.listing, instrument.trades(1000 * second, 1000 * (second + 1))
        )
    if kind in ("markPrice", "markPrice@1s"):
        return _marks(instrument, every_s=3 if kind == "markPrice" else 1)
    if kind.startswith("kline_") and kind.removeprefix("kline_") in KLINE_INTERVALS:
        return _klines(instrument, KLINE_INTERVALS[kind.removeprefix("kline_")])
    return None


def _quotes(instrument: Instrument) -> EventSource:
    def events(second: int) -> list[Event]:
        found = []
        for at_ms in range(1000 * second, 1000 * (second + 1), _QUOTE_EVERY_MS):
            if not instrument.open_ms <= at_ms < instrument.end_ms:
                continue
            published = at_ms + instrument.latency_ms(at_ms)
            update_id = at_ms // _QUOTE_EVERY_MS
            payload = book_ticker_event(instrument, at_ms=at_ms, published_ms=published, update_id=update_id)
            found.append((published, payload))
        return found

    return events


def _marks(instrument: Instrument, *, every_s: int) -> EventSource:
    symbol = instrument.listing.symbol

    def events(second: int) -> list[Event]:
        at_ms = 1000 * second
        if second % every_s or not instrument.open_ms <= at_ms < instrument.end_ms:
            return []
        published = at_ms + instrument.latency_ms(at_ms)
        header = {"e": "markPriceUpdate", "E": published, "s": symbol}
        return [(published, compact(header | mark_prices(instrument, at_ms)))]

    return events


def _klines(instrument: Instrument, interval: Interval) -> EventSource:
    interval_ms = 1000 * interval.seconds

    def events(second: int) -> list[Event]:
        # A bar is told as it stands at the end of the second, so the last telling of each is the closed bar.
        start_ms, end_ms = 1000 * second, 1000 * (second + 1)
        bars = instrument.klines(interval_ms, start_ms - start_ms % interval_ms, end_ms)
        if not len(bars) or end_ms > instrument.end_ms:
            return []
        published = end_ms + instrument.latency_ms(end_ms)
        closed = end_ms % interval_ms == 0
        payload = kline_event(
            instrument.listing, bars, name=interval.name, published_ms=published, closed=closed
        )
        return [(published, payload)]

    return events


class Cursor:
    """Walks one stream through market time: hands out each event once, when its time has come."""

    def __init__(self, stream: Stream, now_ms: int) -> None:
        self.stream = stream
        self._pending: deque[Event] = deque()
        # The second before may still have an event on its way.
        self._next_second = now_ms // 1000 - 1
        self.due(now_ms)

    def due(self, now_ms: int) -> list[Event]:
        """Return the events published since the last call, up to and including `now_ms`."""
        while self._next_second * 1000 <= now_ms:
            self._pending.extend(self.stream.events(self._next_second))
            self._next_second += 1
        found = []
        while self._pending and self._pending[0][0] <= now_ms:
            found.append(self._pending.popleft())
        return found

    def next_ms(self) -> int:
        """Return when to ask again."""
        return self._pending[0][0] if self._pending else self._next_second * 1000
