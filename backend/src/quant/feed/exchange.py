"""What the platform needs of an exchange. A new exchange is one file and one line in `EXCHANGES`."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from quant.domain import Bars, Interval, MarkPrice, Quote, SymbolSpec, TradeBatch

Channel = Literal["trades", "quotes"]
"""What a connection carries: trades with mark prices, or best bids and asks."""


@dataclass(frozen=True, slots=True)
class ControlReply:
    """The exchange's answer to a command; `error` is None when it agreed."""

    id: int | None
    error: str | None


class TradeDecoder(Protocol):
    """Bytes in, trades out; no socket. One decoder a connection or recording."""

    ignored: int
    """Well-formed messages of other kinds."""
    quarantined: Counter[str]
    """Frames and trades that break the protocol, by symbol ("" where it cannot be told)."""
    replies: list[ControlReply]

    def feed(self, payload: bytes | memoryview, *, ts_recv: int) -> None:
        """Decode one frame; what is not well-formed is quarantined, never raised."""
        ...

    def pending(self) -> int:
        """Return how many trades wait to be taken."""
        ...

    def take(self) -> TradeBatch | None:
        """Return the trades decoded since the last call, None when there are none."""
        ...

    def take_views(self) -> list[Quote | MarkPrice]:
        """Return quotes and mark prices since the last call: the newest of each symbol, kind and second."""
        ...


class Exchange(Protocol):
    """The wire protocol of one exchange."""

    name: str

    def stream_path(self, symbols: Iterable[str], *, channel: Channel = "trades") -> str:
        """Return the path of a connection that delivers `channel` of `symbols`."""
        ...

    def subscribe(self, symbols: Iterable[str], *, command_id: int, channel: Channel = "trades") -> bytes: ...

    def unsubscribe(
        self, symbols: Iterable[str], *, command_id: int, channel: Channel = "trades"
    ) -> bytes: ...

    def decoder(self) -> TradeDecoder: ...


class ExchangeRest(Protocol):
    """The questions asked over REST. Each raises ExchangeUnreachable or ExchangeRejected."""

    async def symbols(self) -> list[SymbolSpec]: ...

    async def server_time(self) -> int:
        """Return the exchange's clock, ns."""
        ...

    async def klines(self, symbol: str, interval: Interval, *, limit: int, start: int | None = None) -> Bars:
        """Return the exchange's own bars, oldest first; the newest may still be forming."""
        ...

    async def agg_trades(self, symbol: str, *, from_id: int, limit: int = 1000) -> TradeBatch:
        """Return up to `limit` trades with rising ids, `from_id` the lowest possible; no rows past the newest.

        An id that is left out between two rows does not exist, as far as the exchange tells.
        """
        ...

    async def last_trade_id(self, symbol: str) -> int | None:
        """Return the newest trade's id, None where nothing ever traded; asked ahead of all other questions."""
        ...

    async def close(self) -> None: ...
