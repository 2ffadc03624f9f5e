"""Past trades played again: archive files, or a span of the stored history."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from quant.clock import NS_PER_S, Clock
from quant.domain import FloatArray, SymbolSpec, TradeBatch
from quant.engine.protocol import TruthView
from quant.engine.source import SourceSpec, StoredSpan
from quant.errors import ArchiveError, NotFound, RecordingError, StorageError
from quant.feed.archive import Archive, ArchiveKind, open_archive
from quant.feed.clock_offset import ClockOffset
from quant.feed.exchange import Channel, ExchangeRest
from quant.feed.listener import OnBatch, OnViews, ignore_views
from quant.feed.playhead import Playhead
from quant.feed.recording import KNOWN_QUOTES
from quant.feed.runner import ConnectionInfo
from quant.feed.tape import TapeFeed
from quant.feed.watchdog import StreamHealth
from quant.settings import Settings
from quant.storage.history_paths import HOUR_NS
from quant.storage.records import StoredTicks, join_ticks, no_ticks
from quant.storage.store import Store

MAX_DECIMALS = 8
EDGE_NS = 60 * NS_PER_S
COLUMNS = ("ids", "ts_event", "prices", "sizes", "sells", "counts")


class TapeMarket:
    """Trades by id of one or more symbols, played on their own clock. May be run again, from the beginning."""

    speed = 0.0
    live = False
    kept = False
    rest: ExchangeRest | None = None
    clock_offset: ClockOffset | None = None

    def __init__(self, spec: SourceSpec, settings: Settings, clock: Clock) -> None:
        self.specs: Mapping[str, SymbolSpec] = {}
        self.name = f"replay-{hashlib.sha256(spec.text.encode()).hexdigest()[:12]}"
        self.playhead: Playhead | None = None
        self._spec = spec
        self._store = Store(settings.data_dir)
        self._head = Playhead(speed=settings.speed, clock=clock)
        self._running = False

    async def open(self) -> None:
        """Read all trades once: what they are names the market. Raises RecordingError where they cannot be read."""
        if self.playhead is not None:
            return
        try:
            digest, self.specs = await asyncio.to_thread(self._probe)
        except (ArchiveError, StorageError) as error:
            raise RecordingError(error.message, source=self._spec.text) from error
        self.name = f"replay-{digest}"
        self.playhead = self._head

    async def run(self, on_batch: OnBatch, on_views: OnViews = ignore_views, **_: object) -> None:  # noqa: ARG002
        self._running = True
        tapes = [batches for _, batches in self._tapes()]
        feed = TapeFeed(tapes, on_batch=on_batch, playhead=self._head)
        try:
            await feed.run()
        except (ArchiveError, StorageError) as error:
            raise RecordingError(error.message, source=self._spec.text) from error
        self._running = False

    def want(self, symbols: Iterable[str]) -> None:
        """Do nothing: the past plays as it was; unwanted trades are left out by the session."""

    def connections(self) -> list[ConnectionInfo]:
        return []

    def is_open(self, symbol: str) -> bool:
        return self._running and symbol in self.specs

    def health(self, symbol: str) -> StreamHealth | None:  # noqa: ARG002  nobody watches
        return None

    def view_silence(self, symbol: str, channel: Channel) -> str | None:  # noqa: ARG002  nobody watches
        return None

    def quarantined(self, symbol: str) -> int:  # noqa: ARG002  a file with a bad line is not played
        return 0

    async def truth(self) -> TruthView:
        raise NotFound("only a simulated market has a known truth")

    async def close(self) -> None:
        """Nothing is held open between runs."""

    # --- what is played ---

    def _tapes(self) -> list[tuple[str, Iterator[TradeBatch]]]:
        if self._spec.span is not None:
            span = self._spec.span
            return [(symbol, _stored(self._store, span, symbol)) for symbol in span.symbols]
        return _archived(self._spec.files)

    def _probe(self) -> tuple[str, Mapping[str, SymbolSpec]]:
        whole = hashlib.sha256()
        specs: dict[str, SymbolSpec] = {}
        begin, end = 2**63 - 1, 0
        for symbol, batches in self._tapes():
            price, size, rows = 0, 0, 0
            whole.update(f"{symbol}\n".encode())
            # One hash a column: how the rows were cut into batches does not show.
            hashes = [hashlib.sha256() for _ in COLUMNS]
            for batch in batches:
                rows += len(batch)
                if len(batch):
                    begin, end = min(begin, int(batch.ts_event[0])), max(end, int(batch.ts_event.max()))
                for column, column_hash in zip(COLUMNS, hashes, strict=True):
                    column_hash.update(getattr(batch, column).tobytes())
                price, size = _decimals(batch.prices, price), _decimals(batch.sizes, size)
            for column_hash in hashes:
                whole.update(column_hash.digest())
            if not rows:
                raise RecordingError(f"{self._spec.text}: no trades of {symbol}", source=self._spec.text)
            quote = next((q for q in KNOWN_QUOTES if symbol.endswith(q) and symbol != q), "")
            base = symbol.removesuffix(quote)
            specs[symbol] = SymbolSpec(symbol, base, quote, "RECORDED", 10.0**-price, 10.0**-size)
        self._head.begin, self._head.end = begin, end
        return whole.hexdigest()[:12], specs


def _stored(store: Store, span: StoredSpan, symbol: str) -> Iterator[TradeBatch]:
    """Yield the symbol's stored trades of the span, an hour at a time."""
    held = no_ticks()
    for first in range(span.start, span.end, HOUR_NS):
        until = min(first + HOUR_NS, span.end)
        read = store.ticks(span.market, symbol, start_ns=first, end_ns=until)
        held = join_ticks([held, read])
        # Event times step back while ids rise: what may be followed by a lower id of the next hour waits for it.
        late = held.ids[held.ts_event >= until - EDGE_NS]
        n = int(np.searchsorted(held.ids, late.min())) if len(late) and until < span.end else len(held)
        yield _batch(symbol, held.at(slice(n)))
        held = held.at(slice(n, None))


def _batch(symbol: str, ticks: StoredTicks) -> TradeBatch:
    rest = (ticks.prices, ticks.sizes, ticks.sells, ticks.counts)
    # The time of the event stands in for the time of receipt: fetched trades came long after.
    codes = np.zeros(len(ticks), np.int32)
    return TradeBatch((symbol,), codes, ticks.ids, ticks.ts_event, ticks.ts_event, *rest)


def _archived(files: Sequence[Path]) -> list[tuple[str, Iterator[TradeBatch]]]:
    """Return one tape a symbol, its files in the order given."""
    archives: dict[str, list[Archive]] = {}
    kinds: set[ArchiveKind] = set()
    for path in files:
        archive = open_archive(path)
        if archive.kind is ArchiveKind.BARS:
            raise ArchiveError(path.name, "holds bars; only trades can be played")
        kinds.add(archive.kind)
        archives.setdefault(archive.symbol, []).append(archive)
    if len(kinds) > 1:
        raise ArchiveError(
            files[0].name, "aggTrades and trades have ids of different kinds: play one of them"
        )
    return [(symbol, _blocks(held)) for symbol, held in sorted(archives.items())]


def _blocks(archives: Sequence[Archive]) -> Iterator[TradeBatch]:
    for archive in archives:
        for block in archive.blocks():
            assert isinstance(block.data, TradeBatch)  # noqa: S101  bars were refused
            yield block.data


def _decimals(values: FloatArray, least: int) -> int:
    """Return how many decimals it takes to write all values, from `least` on."""
    for decimals in range(least, MAX_DECIMALS):
        scaled = np.round(values * 10**decimals) / 10**decimals
        if np.array_equal(scaled, values):
            return decimals
    return MAX_DECIMALS
