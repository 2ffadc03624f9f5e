"""Binance USD-M Futures on the wire: frames to trades, commands to frames. Bytes in, bytes out, no socket.

Also decodes the `trade` stream, which recordings and spot captures have in place of `aggTrade`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import msgspec
import numpy as np

from quant.clock import NS_PER_MS
from quant.domain import MarkPrice, Quote, TradeBatch
from quant.feed.exchange import Channel, ControlReply

TradeKind = Literal["aggTrade", "trade"]

Id = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Ms = Annotated[int, msgspec.Meta(gt=0, lt=9_000_000_000_000)]
NUMBER_CHARS = str.maketrans("", "", "0123456789.")
MAX_NUMBER = 9e11
"""No price, size or product of both comes near it; a sum of bigger ones would not fit into a bar."""

NOT_READABLE = (ValueError, RecursionError)  # rubbish, wrong types, broken UTF-8; nesting without end


class _AggTrade(msgspec.Struct, tag_field="e", tag="aggTrade", gc=False):
    """a id, p price, q quantity, f/l first and last trade id, T trade time, m buyer is the maker."""

    s: str
    a: Id
    p: str
    q: str
    f: Id
    l: Id  # noqa: E741  Binance's own name
    T: Ms
    m: bool


class _Trade(msgspec.Struct, tag_field="e", tag="trade", gc=False):
    """t id, the rest as in aggTrade; X tells insurance-fund trades on USD-M."""

    s: str
    t: Id
    p: str
    q: str
    T: Ms
    m: bool


class _Depth(msgspec.Struct, tag_field="e", tag="depthUpdate", gc=False):
    pass


class _Book(msgspec.Struct, tag_field="e", tag="bookTicker", gc=False):
    """b/B best bid and its size, a/A best ask and its size."""

    s: str
    T: Ms
    b: str
    B: str
    a: str
    A: str


class _Kline(msgspec.Struct, tag_field="e", tag="kline", gc=False):
    pass


class _Mark(msgspec.Struct, tag_field="e", tag="markPriceUpdate", gc=False):
    """p mark price, i index price, r funding rate, T time of the next funding, E event time."""

    s: str
    E: Ms
    p: str
    i: str
    r: str
    T: Annotated[int, msgspec.Meta(ge=0, lt=9_000_000_000_000)]


_Event = _AggTrade | _Trade | _Depth | _Book | _Kline | _Mark


class _Combined(msgspec.Struct, gc=False):
    data: _Event


class BinanceDecoder:
    """Collects trades of one kind, `aggTrade` or `trade`, column by column."""

    def __init__(self, kind: TradeKind = "aggTrade") -> None:
        self.kind = kind
        self.ignored = 0
        self.quarantined: Counter[str] = Counter()
        self.replies: list[ControlReply] = []
        self._combined = msgspec.json.Decoder(_Combined).decode
        self._raw = msgspec.json.Decoder(_Event).decode
        self._wanted: type[_AggTrade] | type[_Trade] = _AggTrade if kind == "aggTrade" else _Trade
        self._events: list[_AggTrade | _Trade] = []
        self._stamps: list[int] = []
        self._views: dict[tuple[type, str, int], _Book | _Mark] = {}

    def feed(self, payload: bytes | memoryview, *, ts_recv: int) -> None:
        """Decode one frame, combined or raw."""
        try:
            event = self._combined(payload).data
        except NOT_READABLE:
            self._feed_other(bytes(payload), ts_recv)
            return
        if type(event) is self._wanted:
            self._events.append(event)
            self._stamps.append(ts_recv)
        else:
            self._keep(event)

    def _keep(self, event: _Event) -> None:
        """Keep the newest quote or mark price of a second; count what is of no use here."""
        if isinstance(event, _Book):
            self._views[(_Book, event.s, event.T // 1000)] = event
        elif isinstance(event, _Mark):
            self._views[(_Mark, event.s, event.E // 1000)] = event
        else:
            self.ignored += 1

    def _feed_other(self, payload: bytes, ts_recv: int) -> None:
        """Sort what is not a combined trade frame: raw trades, replies, kinds we do not know, rubbish."""
        try:
            event = self._raw(payload)
        except NOT_READABLE:
            self._sort_unknown(payload)
            return
        if isinstance(event, self._wanted):
            self._events.append(event)
            self._stamps.append(ts_recv)
        else:
            self._keep(event)

    def _sort_unknown(self, payload: bytes) -> None:
        try:
            message = msgspec.json.decode(payload)
        except NOT_READABLE:
            self.quarantined[""] += 1
            return
        if isinstance(message, dict) and "id" in message and ("result" in message or "error" in message):
            self.replies.append(_reply(message))
        elif self._is_other_kind(message):
            self.ignored += 1
        else:
            body = message.get("data", message) if isinstance(message, dict) else None
            symbol = body.get("s") if isinstance(body, dict) else None
            self.quarantined[symbol if isinstance(symbol, str) else ""] += 1

    def _is_other_kind(self, message: object) -> bool:
        """Tell whether a message that is no trade of ours was not meant to be one."""
        if isinstance(message, list):  # the form of `!…@arr` streams
            return bool(message) and all(
                isinstance(each, dict) and self._is_other_kind(each) for each in message
            )
        if not isinstance(message, dict):
            return False
        stream, body = message.get("stream"), message.get("data", message)
        if isinstance(stream, str) and stream.endswith(f"@{self.kind}"):
            return False
        if isinstance(body, list):
            return isinstance(stream, str)
        return isinstance(body, dict) and body.get("e") != self.kind

    def pending(self) -> int:
        return len(self._events)

    def take(self) -> TradeBatch | None:
        """Return the trades so far; rows whose price or size is not a plain positive number are quarantined."""
        events, stamps = self._events, self._stamps
        if not events:
            return None
        self._events, self._stamps = [], []
        batch = _plain_batch(events, stamps)
        if batch is None:
            events, stamps = self._quarantine(events, stamps)
            batch = _batch(events, stamps) if events else None
        return batch

    def take_views(self) -> list[Quote | MarkPrice]:
        """Return the newest quote and mark price of each symbol and second; malformed ones are quarantined."""
        held, self._views = self._views, {}
        views: list[Quote | MarkPrice] = []
        for event in held.values():
            try:
                views.append(_quote(event) if isinstance(event, _Book) else _mark_price(event))
            except ValueError:
                self.quarantined[event.s] += 1
        return views

    def _quarantine(
        self, events: list[_AggTrade | _Trade], stamps: list[int]
    ) -> tuple[list[_AggTrade | _Trade], list[int]]:
        kept: list[tuple[_AggTrade | _Trade, int]] = []
        for event, stamp in zip(events, stamps, strict=True):
            if _is_trade(event):
                kept.append((event, stamp))
            else:
                self.quarantined[event.s] += 1
        return [event for event, _ in kept], [stamp for _, stamp in kept]


def _plain_batch(events: list[_AggTrade | _Trade], stamps: list[int]) -> TradeBatch | None:
    """Return the batch when every row of it is fine, None when they must be looked at one by one."""
    numbers = "".join([event.p for event in events]) + "".join([event.q for event in events])
    if numbers.translate(NUMBER_CHARS):
        return None
    try:
        batch = _batch(events, stamps)
    except ValueError:  # an empty text, two dots
        return None
    values = batch.prices * batch.sizes
    low = min(batch.prices.min(), batch.sizes.min())
    high = max(batch.prices.max(), batch.sizes.max(), values.max())
    return batch if low > 0 and high < MAX_NUMBER and batch.counts.min() >= 1 else None


def _is_trade(event: _AggTrade | _Trade) -> bool:
    """Tell whether price and size are plain positive decimals and the ids behind the trade rise."""
    try:
        price, size = plain_number(event.p), plain_number(event.q)
    except ValueError:
        return False
    if not (min(price, size) > 0 and max(price, size, price * size) < MAX_NUMBER):
        return False
    return not isinstance(event, _AggTrade) or event.l >= event.f


def _batch(events: list[_AggTrade | _Trade], stamps: list[int]) -> TradeBatch:
    n = len(events)
    symbols = [event.s for event in events]
    names = tuple(dict.fromkeys(symbols))
    codes = {name: code for code, name in enumerate(names)}
    aggregates = isinstance(events[0], _AggTrade)
    ids = (event.a for event in events) if aggregates else (event.t for event in events)  # type: ignore[union-attr]
    counts = (
        np.fromiter((event.l - event.f + 1 for event in events), np.int64, n)  # type: ignore[union-attr]
        if aggregates
        else np.ones(n, np.int64)
    )
    return TradeBatch(
        names=names,
        codes=np.fromiter(map(codes.__getitem__, symbols), np.int32, n),
        ids=np.fromiter(ids, np.int64, n),
        ts_event=np.fromiter((event.T for event in events), np.int64, n) * NS_PER_MS,
        ts_recv=np.array(stamps, np.int64),
        prices=np.fromiter((float(event.p) for event in events), np.float64, n),
        sizes=np.fromiter((float(event.q) for event in events), np.float64, n),
        sells=np.fromiter((event.m for event in events), np.uint8, n),
        counts=counts,
    )


def _quote(event: _Book) -> Quote:
    bid, bid_size, ask, ask_size = (plain_number(text) for text in (event.b, event.B, event.a, event.A))
    return Quote(event.s, event.T * NS_PER_MS, bid, bid_size, ask, ask_size)


def _mark_price(event: _Mark) -> MarkPrice:
    rate = plain_number(event.r.removeprefix("-"))
    rate = -rate if event.r.startswith("-") else rate
    prices = (plain_number(event.p), plain_number(event.i))
    return MarkPrice(event.s, event.E * NS_PER_MS, *prices, rate, event.T * NS_PER_MS)


def plain_number(text: str) -> float:
    """Return a plain decimal that is not negative nor absurd; raise ValueError for anything else."""
    if not text or text.translate(NUMBER_CHARS):
        raise ValueError(text)
    number = float(text)
    if number >= MAX_NUMBER:
        raise ValueError(text)
    return number


def _reply(message: dict[str, object]) -> ControlReply:
    command_id = message.get("id")
    error = message.get("error")
    text = None
    if error is not None:
        text = str(error.get("msg", error)) if isinstance(error, dict) else str(error)
    return ControlReply(command_id if type(command_id) is int else None, text)


class BinanceUm:
    """Binance USD-M Futures. Trades come from `aggTrade`; one connection carries one category of streams."""

    name = "binance"
    _streams_of: Mapping[Channel, tuple[str, tuple[str, ...]]] = {
        "trades": ("/market", ("aggTrade", "markPrice@1s")),
        "quotes": ("/public", ("bookTicker",)),
    }

    def stream_path(self, symbols: Iterable[str], *, channel: Channel = "trades") -> str:
        category, _ = self._streams_of[channel]
        return f"{category}/stream?streams={'/'.join(self._streams(symbols, channel))}"

    def subscribe(self, symbols: Iterable[str], *, command_id: int, channel: Channel = "trades") -> bytes:
        return _command("SUBSCRIBE", self._streams(symbols, channel), command_id)

    def unsubscribe(self, symbols: Iterable[str], *, command_id: int, channel: Channel = "trades") -> bytes:
        return _command("UNSUBSCRIBE", self._streams(symbols, channel), command_id)

    def decoder(self) -> BinanceDecoder:
        return BinanceDecoder("aggTrade")

    def _streams(self, symbols: Iterable[str], channel: Channel) -> list[str]:
        _, kinds = self._streams_of[channel]
        return [f"{symbol.lower()}@{kind}" for symbol in symbols for kind in kinds]


def _command(method: str, streams: list[str], command_id: int) -> bytes:
    return msgspec.json.encode({"method": method, "params": streams, "id": command_id})
