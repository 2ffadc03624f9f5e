"""One connection kept alive: connect, hand frames on, notice silence, come back. Knows no exchange."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import structlog
from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from quant.clock import NS_PER_S, Clock
from quant.domain import MarkPrice, Quote, TradeBatch
from quant.feed.backoff import backoff
from quant.feed.exchange import Channel, Exchange, TradeDecoder

log = structlog.get_logger()

MAX_FRAME_BYTES = 64 * 1024
BATCH_TRADES = 2048
CONNECT_TIMEOUT_S = 10.0
PING_AFTER_S = 10.0
PONG_WITHIN_S = 5.0
SILENT_S = 30.0
HEALTHY_S = 30.0
COMMAND_EVERY_S = 0.3

ConnectionState = Literal["connecting", "open", "waiting", "closed"]


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """What a person wants to know about a connection; times are wall clock, ns."""

    id: str
    state: ConnectionState
    since: int
    streams: int
    messages: int
    reconnects: int
    attempt: int
    retry_at: int | None
    last_error: str | None


OnBatch = Callable[[TradeBatch], None]
OnViews = Callable[[list[Quote | MarkPrice]], None]
Tap = Callable[[int, bytes], None]


def ignore_views(_: list[Quote | MarkPrice]) -> None:
    """Take quotes and mark prices and do nothing with them."""


class _Listener(WSListener):
    """Stamps frames and hands them to the decoder; batches leave when the socket buffer is drained."""

    def __init__(self, decoder: TradeDecoder, on_batch: OnBatch, on_views: OnViews, tap: Tap | None) -> None:
        self._decoder = decoder
        self._on_batch = on_batch
        self._on_views = on_views
        self._tap = tap
        self.messages = 0
        self.last_frame_s = time.monotonic()
        self.failure: BaseException | None = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.messages += 1
        if frame.msg_type == WSMsgType.TEXT and frame.fin and frame.payload_size <= MAX_FRAME_BYTES:
            stamp = time.time_ns()
            payload = frame.get_payload_as_memoryview()
            if self._tap is not None:
                self._tap(stamp, bytes(payload))
            self._decoder.feed(payload, ts_recv=stamp)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode(frame.get_close_code()))
            transport.disconnect()
        elif frame.msg_type not in (WSMsgType.PING, WSMsgType.PONG):
            self._decoder.quarantined[""] += 1
        if frame.last_in_buffer or self._decoder.pending() >= BATCH_TRADES:
            self.last_frame_s = time.monotonic()
            self._hand_on(transport)

    def _hand_on(self, transport: WSTransport) -> None:
        batch, views = self._decoder.take(), self._decoder.take_views()
        try:
            if batch is not None:
                self._on_batch(batch)
            if views:
                self._on_views(views)
        except BaseException as error:  # noqa: BLE001  our own bug: kept, raised by the runner's task
            self.failure = error
            transport.disconnect()


class ConnectionRunner:
    """Owns one connection and the set of symbols it should carry."""

    def __init__(
        self,
        name: str,
        *,
        exchange: Exchange,
        base_url: str,
        on_batch: OnBatch,
        clock: Clock,
        rng: random.Random,
        tap: Tap | None = None,
        channel: Channel = "trades",
        on_views: OnViews = ignore_views,
    ) -> None:
        self.name = name
        self.channel: Channel = channel
        self.wanted: set[str] = set()
        self.decoder = exchange.decoder()
        self._exchange = exchange
        self._base_url = base_url.rstrip("/")
        self._on_batch = on_batch
        self._on_views = on_views
        self._clock = clock
        self._rng = rng
        self._tap = tap
        self._changed = asyncio.Event()
        self._state: ConnectionState = "closed"
        self._since = clock.wall_ns()
        self._retry_at: int | None = None
        self._last_error: str | None = None
        self._attempt = 0
        self._connects = 0
        self._messages = 0
        self._listener: _Listener | None = None
        self._subscribed: set[str] = set()
        self._command_id = 0

    def want(self, symbols: Iterable[str]) -> None:
        """Change the set of symbols; the connection follows by itself."""
        self.wanted = set(symbols)
        self._changed.set()

    def info(self) -> ConnectionInfo:
        live = self._listener.messages if self._listener else 0
        return ConnectionInfo(
            self.name,
            self._state,
            self._since,
            len(self.wanted),
            self._messages + live,
            max(self._connects - 1, 0),
            self._attempt,
            self._retry_at,
            self._last_error,
        )

    @property
    def is_open(self) -> bool:
        return self._state == "open"

    async def run(self) -> None:
        """Keep the connection up until cancelled; only our own bugs get out as exceptions."""
        waits = backoff(self._rng)
        while True:
            if not self.wanted:
                self._enter("closed")
                await self._next_change()
                continue
            opened_s = self._clock.monotonic_s()
            try:
                self._attempt += 1
                await self._connect_and_listen()
                self._last_error = self._last_error or "the exchange closed the connection"
            except (OSError, TimeoutError, WSError) as error:
                self._last_error = _explain(error, self._base_url)
            if not self.wanted:
                continue
            if self._attempt == 0 and self._clock.monotonic_s() - opened_s > HEALTHY_S:
                waits = backoff(self._rng)
            wait_s = next(waits)
            self._retry_at = self._clock.wall_ns() + int(wait_s * NS_PER_S)
            self._enter("waiting")
            log.warning(
                "feed.reconnect", connection=self.name, delay_s=round(wait_s, 2), error=self._last_error
            )
            await asyncio.sleep(wait_s)
            self._retry_at = None

    def _enter(self, state: ConnectionState) -> None:
        if state != self._state:
            self._state = state
            self._since = self._clock.wall_ns()

    async def _next_change(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def _connect_and_listen(self) -> None:
        self._enter("connecting")
        self._changed.clear()
        carried = set(self.wanted)
        url = self._base_url + self._exchange.stream_path(sorted(carried), channel=self.channel)
        listener = _Listener(self.decoder, self._on_batch, self._on_views, self._tap)
        transport, made = await ws_connect(
            lambda: listener,
            url,
            websocket_handshake_timeout=CONNECT_TIMEOUT_S,
            max_frame_size=10 * MAX_FRAME_BYTES,
            enable_auto_ping=True,
            auto_ping_idle_timeout=PING_AFTER_S,
            auto_ping_reply_timeout=PONG_WITHIN_S,
        )
        if made is None or transport.is_disconnected:
            raise ConnectionResetError("the connection closed during the handshake")
        self._listener = listener
        self._subscribed = carried
        self._last_error = None
        self._attempt = 0
        self._connects += 1
        self._enter("open")
        log.info("feed.open", connection=self.name, streams=len(carried))
        steering = asyncio.create_task(self._steer(transport, listener))
        try:
            await transport.wait_disconnected()
        finally:
            steering.cancel()
            transport.disconnect()
            self._messages += listener.messages
            self._listener = None
        if listener.failure is not None:
            raise listener.failure

    async def _steer(self, transport: WSTransport, listener: _Listener) -> None:
        """Send what changes in `wanted`, and give up on a connection that has gone silent."""
        while True:
            try:
                async with asyncio.timeout(1.0):
                    await self._next_change()
            except TimeoutError:
                pass
            gone, new = self._subscribed - self.wanted, self.wanted - self._subscribed
            for symbols, command in ((gone, self._exchange.unsubscribe), (new, self._exchange.subscribe)):
                if symbols:
                    self._command_id += 1
                    text = command(sorted(symbols), command_id=self._command_id, channel=self.channel)
                    transport.send(WSMsgType.TEXT, text)
                    await asyncio.sleep(COMMAND_EVERY_S)
            self._subscribed = (self._subscribed - gone) | new
            for reply in self.decoder.replies:
                if reply.error is not None:
                    log.error("feed.command_refused", connection=self.name, error=reply.error)
            self.decoder.replies.clear()
            if not self.wanted:
                transport.send_close(WSCloseCode.OK)
                transport.disconnect()
            elif time.monotonic() - listener.last_frame_s > SILENT_S:
                self._last_error = f"no message for {SILENT_S:.0f} s"
                transport.disconnect()


def _explain(error: BaseException, url: str) -> str:
    host = urlsplit(url).netloc
    if isinstance(error, TimeoutError):
        return f"cannot reach {host}: no answer within {CONNECT_TIMEOUT_S:.0f} s"
    return f"cannot reach {host}: {str(error) or type(error).__name__}"
