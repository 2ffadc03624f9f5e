"""Binance's messages one by one, by the strictest reading: every field by its type, every number a plain decimal."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from quant.clock import NS_PER_MS
from quant.domain import MarkPrice, Quote
from quant.feed.exchange import ControlReply

TradeKind = Literal["aggTrade", "trade"]

MAX_MS = 9_000_000_000_000
"""In the year 2255: later times do not fit into 64 bits as nanoseconds."""
MAX_AHEAD_MS = 60_000
"""A trade that happened so much later than the message says it was sent never did: its time is wrong.

The message's own time is all that is compared: it holds for recordings and at any speed, whatever our clock shows.
"""
Id = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Ms = Annotated[int, msgspec.Meta(gt=0, lt=MAX_MS)]
NUMBER_CHARS = str.maketrans("", "", "0123456789.")
MAX_NUMBER = 9e11
"""No price, size or product of both comes near it; a sum of bigger ones would not fit into a bar."""

MAX_COUNT = 2**32 - 1
"""Exchange trades behind one aggregate: a tick keeps their number in 32 bits."""

NOT_READABLE = (ValueError, RecursionError)  # rubbish, wrong types, broken UTF-8; nesting without end


class _AggTrade(msgspec.Struct, tag_field="e", tag="aggTrade", gc=False):
    """a id, p price, q quantity, f/l first and last trade id, T trade time, m buyer is the maker, E time of sending."""

    s: str
    a: Id
    p: str
    q: str
    f: Id
    l: Id  # noqa: E741  Binance's own name
    T: Ms
    m: bool
    E: object = None


class _Trade(msgspec.Struct, tag_field="e", tag="trade", gc=False):
    """t id, the rest as in aggTrade; X tells insurance-fund trades on USD-M."""

    s: str
    t: Id
    p: str
    q: str
    T: Ms
    m: bool
    E: object = None


class _Depth(msgspec.Struct, tag_field="e", tag="depthUpdate", gc=False):
    pass


class BookTicker(msgspec.Struct, tag_field="e", tag="bookTicker", gc=False):
    """b/B best bid and its size, a/A best ask and its size."""

    s: str
    T: Ms
    b: str
    B: str
    a: str
    A: str

    @property
    def ms(self) -> int:
        return self.T

    def view(self) -> Quote:
        """Return what it says; raise ValueError where a number is none."""
        bid, bid_size, ask, ask_size = (plain_number(text) for text in (self.b, self.B, self.a, self.A))
        return Quote(self.s, self.T * NS_PER_MS, bid, bid_size, ask, ask_size)


class _Kline(msgspec.Struct, tag_field="e", tag="kline", gc=False):
    pass


class MarkPriceUpdate(msgspec.Struct, tag_field="e", tag="markPriceUpdate", gc=False):
    """p mark price, i index price, r funding rate, T time of the next funding, E event time."""

    s: str
    E: Ms
    p: str
    i: str
    r: str
    T: Annotated[int, msgspec.Meta(ge=0, lt=MAX_MS)]

    @property
    def ms(self) -> int:
        return self.E

    def view(self) -> MarkPrice:
        """Return what it says; raise ValueError where a number is none."""
        rate = plain_number(self.r.removeprefix("-"))
        rate = -rate if self.r.startswith("-") else rate
        prices = (plain_number(self.p), plain_number(self.i))
        return MarkPrice(self.s, self.E * NS_PER_MS, *prices, rate, self.T * NS_PER_MS)


_Event = _AggTrade | _Trade | _Depth | BookTicker | _Kline | MarkPriceUpdate


class _Combined(msgspec.Struct, gc=False):
    data: _Event


@dataclass(frozen=True, slots=True)
class Trade:
    """One row of a batch."""

    symbol: str
    id: int
    ts_event: int
    price: float
    size: float
    sell: bool
    count: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """What broke the protocol; the symbol is "" where it cannot be told."""

    symbol: str
    reason: str


Message = Trade | BookTicker | MarkPriceUpdate | ControlReply | Malformed | None


class MessageReader:
    """Reads messages of a connection that carries one kind of trade."""

    def __init__(self, kind: TradeKind) -> None:
        self._kind = kind
        self._combined = msgspec.json.Decoder(_Combined).decode
        self._raw = msgspec.json.Decoder(_Event).decode

    def read(self, frame: bytes) -> Message:
        """Return what a frame says, combined or raw; None when it is of no use here."""
        if not is_text(frame):
            return Malformed("", "not UTF-8")
        try:
            event = self._combined(frame).data
        except NOT_READABLE as error:
            try:
                event = self._raw(frame)
            except NOT_READABLE as raw_error:
                return self._sort_unknown(frame, error, raw_error)
        if isinstance(event, BookTicker | MarkPriceUpdate):
            return event
        if isinstance(event, _AggTrade):
            return _aggregate(event) if self._kind == "aggTrade" else None
        if isinstance(event, _Trade):
            return _single(event) if self._kind == "trade" else None
        return None

    def _sort_unknown(self, frame: bytes, error: Exception, raw_error: Exception) -> Message:
        """Tell apart replies, kinds that we do not know, and what is broken."""
        try:
            message = msgspec.json.decode(frame)
        except NOT_READABLE as syntax_error:
            return Malformed("", str(syntax_error))
        if isinstance(message, dict) and "id" in message and ("result" in message or "error" in message):
            return _reply(message)
        if self._is_other_kind(message):
            return None
        body = message.get("data", message) if isinstance(message, dict) else None
        symbol = body.get("s") if isinstance(body, dict) else None
        reason = str(raw_error if body is message else error)
        return Malformed(symbol if isinstance(symbol, str) else "", reason)

    def _is_other_kind(self, message: object) -> bool:
        """Tell whether a message that is no trade of ours was not meant to be one."""
        if isinstance(message, list):  # the form of `!…@arr` streams
            return bool(message) and all(
                isinstance(each, dict) and self._is_other_kind(each) for each in message
            )
        if not isinstance(message, dict):
            return False
        stream, body = message.get("stream"), message.get("data", message)
        if isinstance(stream, str) and stream.endswith(f"@{self._kind}"):
            return False
        if isinstance(body, list):
            return isinstance(stream, str)
        return isinstance(body, dict) and body.get("e") != self._kind


def _aggregate(event: _AggTrade) -> Trade | Malformed:
    if event.l < event.f:
        return Malformed(event.s, f"the last trade id {event.l} is before the first, {event.f}")
    if event.l - event.f >= MAX_COUNT:
        return Malformed(event.s, f"no aggregate is made of the trades {event.f} to {event.l}")
    return _trade(event, event.a, event.l - event.f + 1)


def _single(event: _Trade) -> Trade | Malformed:
    return _trade(event, event.t, 1)


def _trade(event: _AggTrade | _Trade, trade_id: int, count: int) -> Trade | Malformed:
    try:
        price, size = plain_number(event.p), plain_number(event.q)
    except ValueError as error:
        return Malformed(event.s, f"{str(error)[:40]!r} is not a plain number")
    if min(price, size) <= 0 or price * size >= MAX_NUMBER:
        return Malformed(event.s, f"no trade has the price {event.p[:40]} and the size {event.q[:40]}")
    if type(event.E) is int and event.T > event.E + MAX_AHEAD_MS:
        return Malformed(event.s, f"the trade's time {event.T} is after the message's, {event.E}")
    return Trade(event.s, trade_id, event.T * NS_PER_MS, price, size, event.m, count)


def is_text(frame: bytes) -> bool:
    """Tell whether a frame is UTF-8, as text frames are; msgspec leaves unchecked what it skips.

    A broken name of a field hides what the field says: without `E`, a trade's time would be anything.
    """
    if frame.isascii():
        return True
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True


def plain_number(text: str) -> float:
    """Return a plain decimal that is not negative nor absurd; raise ValueError with the text for anything else."""
    if not text or text.translate(NUMBER_CHARS):
        raise ValueError(text)
    try:
        number = float(text)
    except ValueError:  # two dots, or a dot alone
        raise ValueError(text) from None
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
