"""Binance USD-M Futures on the wire: frames to trades, commands to frames. Bytes in, bytes out, no socket.

Also decodes the `trade` stream, which recordings and spot captures have in place of `aggTrade`.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
import numpy as np

from quant.clock import NS_PER_MS
from quant.domain import TradeBatch
from quant.feed.exchange import ControlReply

TradeKind = Literal["aggTrade", "trade"]

Id = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Ms = Annotated[int, msgspec.Meta(gt=0, lt=9_000_000_000_000)]
NUMBER_CHARS = str.maketrans("", "", "0123456789.")


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
    pass


class _Kline(msgspec.Struct, tag_field="e", tag="kline", gc=False):
    pass


class _Mark(msgspec.Struct, tag_field="e", tag="markPriceUpdate", gc=False):
    pass


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

    def feed(self, payload: bytes | memoryview, *, ts_recv: int) -> None:
        """Decode one frame, combined or raw."""
        try:
            event = self._combined(payload).data
        except msgspec.DecodeError:
            self._feed_other(bytes(payload), ts_recv)
            return
        if type(event) is self._wanted:
            self._events.append(event)
            self._stamps.append(ts_recv)
        else:
            self.ignored += 1

    def _feed_other(self, payload: bytes, ts_recv: int) -> None:
        """Sort what is not a combined trade frame: raw trades, replies, kinds we do not know, rubbish."""
        try:
            event: object = self._raw(payload)
        except msgspec.DecodeError:
            self._sort_unknown(payload)
            return
        if isinstance(event, self._wanted):
            self._events.append(event)
            self._stamps.append(ts_recv)
        else:
            self.ignored += 1

    def _sort_unknown(self, payload: bytes) -> None:
        try:
            message = msgspec.json.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.quarantined[""] += 1
            return
        if not isinstance(message, dict):
            self.quarantined[""] += 1
        elif "id" in message and ("result" in message or "error" in message):
            self.replies.append(_reply(message))
        else:
            body = message.get("data", message)
            kind = body.get("e") if isinstance(body, dict) else None
            stream = str(message.get("stream", ""))
            if kind == self.kind or stream.endswith(f"@{self.kind}") or not isinstance(body, dict):
                symbol = body.get("s") if isinstance(body, dict) else None
                self.quarantined[symbol if isinstance(symbol, str) else ""] += 1
            else:
                self.ignored += 1

    def pending(self) -> int:
        return len(self._events)

    def take(self) -> TradeBatch | None:
        """Return the trades so far; rows whose price or size is not a plain positive number are quarantined."""
        events, stamps = self._events, self._stamps
        if not events:
            return None
        self._events, self._stamps = [], []
        numbers = "".join([event.p for event in events]) + "".join([event.q for event in events])
        if numbers.translate(NUMBER_CHARS):
            events, stamps = self._quarantine(events, stamps)
            if not events:
                return None
        return _batch(events, stamps)

    def _quarantine(
        self, events: list[_AggTrade | _Trade], stamps: list[int]
    ) -> tuple[list[_AggTrade | _Trade], list[int]]:
        kept: list[tuple[_AggTrade | _Trade, int]] = []
        for event, stamp in zip(events, stamps, strict=True):
            if _is_number(event):
                kept.append((event, stamp))
            else:
                self.quarantined[event.s] += 1
        return [event for event, _ in kept], [stamp for _, stamp in kept]


def _is_number(event: _AggTrade | _Trade) -> bool:
    for text in (event.p, event.q):
        if text.translate(NUMBER_CHARS):
            return False
        try:
            if not 0.0 < float(text) < 1e15:
                return False
        except ValueError:
            return False
    return not isinstance(event, _AggTrade) or event.l >= event.f


def _batch(events: list[_AggTrade | _Trade], stamps: list[int]) -> TradeBatch:
    n = len(events)
    aggregates = isinstance(events[0], _AggTrade)
    ids = (event.a for event in events) if aggregates else (event.t for event in events)  # type: ignore[union-attr]
    counts = (
        np.fromiter((event.l - event.f + 1 for event in events), np.int64, n)  # type: ignore[union-attr]
        if aggregates
        else np.ones(n, np.int64)
    )
    return TradeBatch(
        symbols=[event.s for event in events],
        ids=np.fromiter(ids, np.int64, n),
        ts_event=np.fromiter((event.T for event in events), np.int64, n) * NS_PER_MS,
        ts_recv=np.array(stamps, np.int64),
        prices=np.fromiter((float(event.p) for event in events), np.float64, n),
        sizes=np.fromiter((float(event.q) for event in events), np.float64, n),
        sells=np.fromiter((event.m for event in events), np.uint8, n),
        counts=counts,
    )


def _reply(message: dict[str, object]) -> ControlReply:
    command_id = message.get("id")
    error = message.get("error")
    text = None
    if error is not None:
        text = str(error.get("msg", error)) if isinstance(error, dict) else str(error)
    return ControlReply(command_id if isinstance(command_id, int) else None, text)


class BinanceUm:
    """Binance USD-M Futures: trades come from `aggTrade`, on the /market category."""

    name = "binance"
    category = "/market"

    def stream_path(self, symbols: Iterable[str]) -> str:
        return f"{self.category}/stream?streams={'/'.join(self._streams(symbols))}"

    def subscribe(self, symbols: Iterable[str], *, command_id: int) -> bytes:
        return self._command("SUBSCRIBE", symbols, command_id)

    def unsubscribe(self, symbols: Iterable[str], *, command_id: int) -> bytes:
        return self._command("UNSUBSCRIBE", symbols, command_id)

    def decoder(self) -> BinanceDecoder:
        return BinanceDecoder("aggTrade")

    def _command(self, method: str, symbols: Iterable[str], command_id: int) -> bytes:
        params = self._streams(symbols)
        return msgspec.json.encode({"method": method, "params": params, "id": command_id})

    def _streams(self, symbols: Iterable[str]) -> list[str]:
        return [f"{symbol.lower()}@aggTrade" for symbol in symbols]
