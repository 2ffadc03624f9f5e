"""Binance USD-M Futures on the wire: frames to trades, commands to frames. Bytes in, bytes out, no socket.

Also decodes the `trade` stream, which recordings and spot captures have in place of `aggTrade`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from quant.domain import IntArray, MarkPrice, Quote, TradeBatch
from quant.feed.binance_kernel import POWERS, read_trades
from quant.feed.binance_messages import (
    MAX_AHEAD_MS,
    MAX_COUNT,
    MAX_MS,
    MAX_NUMBER,
    BookTicker,
    Malformed,
    MarkPriceUpdate,
    MessageReader,
    Trade,
    TradeKind,
    is_text,
)
from quant.feed.exchange import MAX_FRAME_BYTES, Channel, ControlReply, Decoded, OnMalformed, ViewKind
from quant.feed.symbol_table import MAX_SYMBOLS, SymbolTable

NOT_READ = -1
"""In place of a symbol's code: the compiled reader was not sure of the frame, or it is no trade."""


class BinanceDecoder:
    """Reads trades of one kind, `aggTrade` or `trade`, and the newest quotes and mark prices beside them.

    A compiled reader goes through all frames. What it is not sure of is read one by one by the strict reader, and its
    trades are put in the places that they came at: the result is the strict reader's, whoever did the work.
    """

    def __init__(self, kind: TradeKind = "aggTrade", *, on_malformed: OnMalformed | None = None) -> None:
        self.kind = kind
        self.ignored = 0
        self.quarantined: Counter[str] = Counter()
        self.replies: list[ControlReply] = []
        self._on_malformed = on_malformed
        self._reader = MessageReader(kind)
        self._kind_bytes = np.frombuffer(kind.encode(), np.uint8)
        self._symbols = SymbolTable()

    def decode(self, frames: Sequence[bytes], *, ts_recv: IntArray) -> Decoded:
        """Return the trades of the frames, in their order, and the newest views."""
        if len(self._symbols) > MAX_SYMBOLS:
            self._symbols.clear()
        rows = _Rows(frames, ts_recv)
        left = read_trades(
            rows.data,
            rows.ends,
            self._kind_bytes,
            self._symbols.slots,
            self._symbols.lines,
            POWERS,
            MAX_FRAME_BYTES,
            MAX_NUMBER,
            MAX_MS,
            MAX_COUNT,
            MAX_AHEAD_MS,
            rows.codes,
            rows.ids,
            rows.ts_event,
            rows.prices,
            rows.sizes,
            rows.sells,
            rows.counts,
        )
        if not rows.text.isascii():
            left += rows.take_back(at for at, frame in enumerate(frames) if not is_text(frame))
        views = self._read_strictly(frames, rows) if left else []
        return Decoded(rows.batch(self._symbols.names), views)

    def quarantine(self, reason: str, frame: bytes, symbol: str = "") -> None:
        """Count a frame that breaks the protocol, and show it to whoever collects them."""
        self.quarantined[symbol] += 1
        if self._on_malformed is not None:
            self._on_malformed(reason, frame)

    def _read_strictly(self, frames: Sequence[bytes], rows: "_Rows") -> list[Quote | MarkPrice]:
        """Fill the rows of trades that the compiled reader has left; return the views among the rest."""
        newest: dict[tuple[type, str, int], tuple[BookTicker | MarkPriceUpdate, bytes]] = {}
        for row in np.flatnonzero(rows.codes == NOT_READ).tolist():
            frame = frames[row]
            if len(frame) > MAX_FRAME_BYTES:
                self.quarantine(f"larger than {MAX_FRAME_BYTES // 1024} KiB", frame)
                continue
            match self._reader.read(frame):
                case Trade() as trade:
                    rows.put(row, self._symbols.code(trade.symbol), trade)
                case (BookTicker() | MarkPriceUpdate()) as update:
                    newest[(type(update), update.s, update.ms // 1000)] = update, frame
                case Malformed(symbol, reason):
                    self.quarantine(reason, frame, symbol)
                case ControlReply() as reply:
                    self.replies.append(reply)
                case None:
                    self.ignored += 1
        return self._views(newest.values())

    def _views(self, newest: Iterable[tuple[BookTicker | MarkPriceUpdate, bytes]]) -> list[Quote | MarkPrice]:
        """Return quotes and mark prices; malformed ones are quarantined."""
        views: list[Quote | MarkPrice] = []
        for update, frame in newest:
            try:
                views.append(update.view())
            except ValueError as error:
                self.quarantine(f"{str(error)[:40]!r} is not a plain number", frame, update.s)
        return views


class _Rows:
    """Frames as one piece of memory, and a row for the trade of each."""

    def __init__(self, frames: Sequence[bytes], ts_recv: IntArray) -> None:
        n = len(frames)
        sizes = np.fromiter(map(len, frames), np.int64, n)
        self.text = b"\0".join((*frames, b"\0"))
        self.data = np.frombuffer(self.text, np.uint8)
        self.ends = np.cumsum(sizes + 1) - 1
        self.codes = np.empty(n, np.int32)
        self.ids = np.empty(n, np.int64)
        self.ts_event = np.empty(n, np.int64)
        self.ts_recv = ts_recv
        self.prices = np.empty(n, np.float64)
        self.sizes = np.empty(n, np.float64)
        self.sells = np.empty(n, np.uint8)
        self.counts = np.empty(n, np.int64)

    def take_back(self, rows: Iterable[int]) -> int:
        """Mark rows as not read, and return how many: the compiled reader does not look into what it skips."""
        broken = list(rows)
        self.codes[broken] = NOT_READ
        return len(broken)

    def put(self, row: int, code: int, trade: Trade) -> None:
        """Write one row."""
        self.codes[row] = code
        self.ids[row] = trade.id
        self.ts_event[row] = trade.ts_event
        self.prices[row] = trade.price
        self.sizes[row] = trade.size
        self.sells[row] = trade.sell
        self.counts[row] = trade.count

    def batch(self, names: tuple[str, ...]) -> TradeBatch | None:
        """Return the rows that hold a trade, None when there are none."""
        batch = TradeBatch(
            names,
            self.codes,
            self.ids,
            self.ts_event,
            self.ts_recv,
            self.prices,
            self.sizes,
            self.sells,
            self.counts,
        )
        read = self.codes != NOT_READ
        if not read.all():
            batch = batch.at(read)
        return batch if len(batch) else None


class BinanceUm:
    """Binance USD-M Futures. Trades come from `aggTrade`; one connection carries one category of streams."""

    name = "binance"
    _streams_of: Mapping[Channel, tuple[str, tuple[str, ...]]] = {
        "trades": ("/market", ("aggTrade", "markPrice@1s")),
        "quotes": ("/public", ("bookTicker",)),
    }
    _views: Mapping[ViewKind, str] = {"Quote": "bookTicker", "MarkPrice": "markPrice@1s"}

    def stream_path(self, symbols: Iterable[str], *, channel: Channel = "trades") -> str:
        category, _ = self._streams_of[channel]
        return f"{category}/stream?streams={'/'.join(self._streams(symbols, channel))}"

    def subscribe(
        self,
        symbols: Iterable[str],
        *,
        command_id: int,
        channel: Channel = "trades",
        only: ViewKind | None = None,
    ) -> bytes:
        return _command("SUBSCRIBE", self._streams(symbols, channel, only), command_id)

    def unsubscribe(
        self,
        symbols: Iterable[str],
        *,
        command_id: int,
        channel: Channel = "trades",
        only: ViewKind | None = None,
    ) -> bytes:
        return _command("UNSUBSCRIBE", self._streams(symbols, channel, only), command_id)

    def decoder(self, *, on_malformed: OnMalformed | None = None) -> BinanceDecoder:
        return BinanceDecoder("aggTrade", on_malformed=on_malformed)

    def _streams(self, symbols: Iterable[str], channel: Channel, only: ViewKind | None = None) -> list[str]:
        kinds = self._streams_of[channel][1] if only is None else (self._views[only],)
        return [f"{symbol.lower()}@{kind}" for symbol in symbols for kind in kinds]


def _command(method: str, streams: list[str], command_id: int) -> bytes:
    return msgspec.json.encode({"method": method, "params": streams, "id": command_id})
