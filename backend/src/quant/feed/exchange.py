"""What the platform needs of an exchange. A new exchange is one file and one line in `EXCHANGES`."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from quant.domain import Bars, IntArray, Interval, MarkPrice, Quote, SymbolSpec, TradeBatch

Channel = Literal["trades", "quotes"]
"""What a connection carries: trades with mark prices, or best bids and asks."""

ViewKind = Literal["Quote", "MarkPrice"]
"""What comes beside trades, by the name of its type."""


@dataclass(frozen=True, slots=True)
class ControlReply:
    """The exchange's answer to a command; `error` is None when it agreed."""

    id: int | None
    error: str | None


MAX_FRAME_BYTES = 64 * 1024
"""A longer message is quarantined unread: no exchange sends one on the streams we take."""

OnMalformed = Callable[[str, bytes], None]
"""Takes why a message breaks the protocol, and the message."""


OnQuarantine = Callable[[str, str, bytes], None]
"""Takes a connection's name, why a message of it breaks the protocol, and the message."""


class Decoded(NamedTuple):
    """What some frames said: trades in the order of the frames, and the newest view of each symbol, kind and second."""

    trades: TradeBatch | None
    views: list[Quote | MarkPrice]


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer about trades by id: the trades, and what it leaves unsaid."""

    trades: TradeBatch
    """With rising ids."""
    first_id: int | None
    """The lowest id that the answer speaks of, be it that there is no such trade; None for an empty answer."""
    last_id: int | None
    """The highest one: up to it, an id that is left out does not exist as far as the exchange tells."""
    unread: tuple[tuple[int, int], ...] = ()
    """Ranges, both ends included, of ids whose rows break the protocol: nothing is known of them."""


class TradeDecoder(Protocol):
    """Bytes in, trades out; no socket. One decoder a connection or recording."""

    ignored: int
    """Well-formed messages of other kinds."""
    quarantined: Counter[str]
    """Frames and trades that break the protocol, by symbol ("" where it cannot be told)."""
    replies: list[ControlReply]

    def decode(self, frames: Sequence[bytes], *, ts_recv: IntArray) -> Decoded:
        """Return what frames say that came at those times, ns; what is malformed is quarantined, never raised."""
        ...

    def quarantine(self, reason: str, frame: bytes, symbol: str = "") -> None:
        """Count a frame that breaks the protocol, for the given reason."""
        ...


class Exchange(Protocol):
    """The wire protocol of one exchange."""

    name: str

    def stream_path(self, symbols: Iterable[str], *, channel: Channel = "trades") -> str:
        """Return the path of a connection that delivers `channel` of `symbols`."""
        ...

    def subscribe(
        self,
        symbols: Iterable[str],
        *,
        command_id: int,
        channel: Channel = "trades",
        only: ViewKind | None = None,
    ) -> bytes:
        """Return the command for all streams of these symbols on the channel, or for those of one kind."""
        ...

    def unsubscribe(
        self,
        symbols: Iterable[str],
        *,
        command_id: int,
        channel: Channel = "trades",
        only: ViewKind | None = None,
    ) -> bytes: ...

    def decoder(self, *, on_malformed: OnMalformed | None = None) -> TradeDecoder:
        """Return a decoder for one connection, which shows `on_malformed` what it quarantines."""
        ...


class ExchangeRest(Protocol):
    """The questions asked over REST. Each raises ExchangeUnreachable or ExchangeRejected."""

    quarantined: Counter[str]
    """Rows of trades that break the protocol, by symbol."""

    async def symbols(self) -> list[SymbolSpec]: ...

    async def server_time(self) -> int:
        """Return the exchange's clock, ns."""
        ...

    async def klines(self, symbol: str, interval: Interval, *, limit: int, start: int | None = None) -> Bars:
        """Return the exchange's own bars, oldest first; the newest may still be forming."""
        ...

    async def agg_trades(self, symbol: str, *, from_id: int, limit: int = 1000) -> Fetched:
        """Return what up to `limit` rows say, `from_id` the lowest id possible; none is past the newest trade."""
        ...

    async def last_trade_id(self, symbol: str) -> int | None:
        """Return the newest trade's id, None where nothing ever traded; asked ahead of all other questions."""
        ...

    async def close(self) -> None: ...
