"""One connection kept alive: connect, hand frames on, notice silence, come back. Knows no exchange."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import structlog
from picows import (
    WSCloseCode,
    WSError,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from quant.clock import NS_PER_S, Clock
from quant.feed.backoff import backoff
from quant.feed.exchange import Channel, Exchange
from quant.feed.listener import (
    MAX_FRAME_BYTES,
    FrameListener,
    OnBatch,
    OnViews,
    Tap,
    ignore_views,
)

log = structlog.get_logger()


ConnectionState = Literal["connecting", "open", "waiting", "closed"]


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient a connection is, in seconds."""

    connect_s: float = 10.0
    ping_after_s: float = 10.0  # without a message
    pong_within_s: float = 5.0
    silent_s: float = 30.0  # without data, pongs or not
    healthy_s: float = 30.0  # after which the next failure starts a new row of waits
    command_every_s: float = 0.3  # the exchange allows 10 a second
    look_every_s: float = 1.0


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


Sleep = Callable[[float], Awaitable[object]]


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
        timing: Timing | None = None,
        sleep: Sleep = asyncio.sleep,
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
        self._timing = timing or Timing()
        self._sleep = sleep
        self._changed = asyncio.Event()
        self._state: ConnectionState = "closed"
        self._since = clock.wall_ns()
        self._retry_at: int | None = None
        self._last_error: str | None = None
        self._attempt = 0
        self._connects = 0
        self._messages = 0
        self._listener: FrameListener | None = None
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
            failure: BaseException | None = None
            try:
                self._attempt += 1
                failure = await self._connect_and_listen()
            except (OSError, WSError, UnicodeError) as error:  # the last: a host name that cannot be one
                self._last_error = self._explain(error)
            if failure is not None:
                raise failure
            if not self.wanted:
                continue
            if self._attempt == 0 and self._clock.monotonic_s() - opened_s > self._timing.healthy_s:
                waits = backoff(self._rng)
            await self._wait(next(waits))

    async def _wait(self, wait_s: float) -> None:
        self._retry_at = self._clock.wall_ns() + int(wait_s * NS_PER_S)
        self._enter("waiting")
        log.warning("feed.reconnect", connection=self.name, delay_s=round(wait_s, 2), error=self._last_error)
        await self._sleep(wait_s)
        self._retry_at = None

    def _enter(self, state: ConnectionState) -> None:
        if state != self._state:
            self._state = state
            self._since = self._clock.wall_ns()

    async def _next_change(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def _connect_and_listen(self) -> BaseException | None:
        """Return when the connection has ended; with the failure of our own code that ended it, if any."""
        self._enter("connecting")
        self._changed.clear()
        carried = set(self.wanted)
        url = self._base_url + self._exchange.stream_path(sorted(carried), channel=self.channel)
        listener = FrameListener(
            self.decoder,
            on_batch=self._on_batch,
            on_views=self._on_views,
            tap=self._tap,
            clock=self._clock,
        )
        transport, made = await ws_connect(
            lambda: listener,
            url,
            websocket_handshake_timeout=self._timing.connect_s,
            max_frame_size=10 * MAX_FRAME_BYTES,
            enable_auto_pong=False,  # the listener's: a ping answered out of its sight may be the buffer's last frame
            enable_auto_ping=True,
            auto_ping_idle_timeout=self._timing.ping_after_s,
            auto_ping_reply_timeout=self._timing.pong_within_s,
        )
        if made is None:
            raise ConnectionResetError("the connection closed during the handshake")
        self._listener = listener
        self._subscribed = carried
        self._last_error = None
        self._attempt = 0
        self._connects += 1
        self._enter("open")
        log.info("feed.open", connection=self.name, streams=len(carried))
        steering = asyncio.create_task(self._steer(transport, listener))
        steering.add_done_callback(lambda _: transport.disconnect())  # nobody would notice silence any more
        try:
            await transport.wait_disconnected()
        except (WSError, OSError) as error:
            self._last_error = self._last_error or f"the connection broke: {error.args[-1]}"
        finally:
            steering.cancel()
            transport.disconnect()
            self._messages += listener.messages
            self._listener = None
        self._last_error = self._last_error or _how_it_ended(transport)
        if steering.done() and not steering.cancelled():
            return listener.failure or steering.exception()
        return listener.failure

    async def _steer(self, transport: WSTransport, listener: FrameListener) -> None:
        """Send what changes in `wanted`, and give up on a connection that has gone silent."""
        while True:
            try:
                async with asyncio.timeout(self._timing.look_every_s):
                    await self._next_change()
            except TimeoutError:
                pass
            gone, new = self._subscribed - self.wanted, self.wanted - self._subscribed
            for symbols, command in ((gone, self._exchange.unsubscribe), (new, self._exchange.subscribe)):
                if symbols:
                    self._command_id += 1
                    text = command(sorted(symbols), command_id=self._command_id, channel=self.channel)
                    transport.send(WSMsgType.TEXT, text)
                    await self._sleep(self._timing.command_every_s)
            self._subscribed = (self._subscribed - gone) | new
            for reply in self.decoder.replies:
                if reply.error is not None:
                    log.error("feed.command_refused", connection=self.name, error=reply.error)
            self.decoder.replies.clear()
            listener.hand_on()
            if not self.wanted:
                transport.send_close(WSCloseCode.OK)
                transport.disconnect()
            elif self._clock.monotonic_s() - listener.last_frame_s > self._timing.silent_s:
                self._last_error = f"no message for {self._timing.silent_s:.0f} s"
                transport.disconnect()

    def _explain(self, error: BaseException) -> str:
        host = urlsplit(self._base_url).netloc
        if isinstance(error, TimeoutError):
            return f"cannot reach {host}: no answer within {self._timing.connect_s:.0f} s"
        return f"cannot reach {host}: {str(error) or type(error).__name__}"


def _how_it_ended(transport: WSTransport) -> str:
    received = transport.close_handshake.recv if transport.close_handshake else None
    if received is None:
        return "the connection broke"
    return f"the exchange closed the connection: {received.code.value} {received.reason or ''}".rstrip()
