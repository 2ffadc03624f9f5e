"""One socket of an exchange, from the handshake to its end. Knows no exchange and never comes back."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from picows import WSCloseCode, WSError, WSListener, WSMsgType, WSTransport, ws_connect

from quant.domain import MarkPrice, Quote, TradeBatch
from quant.feed.arrivals import Arrivals
from quant.feed.exchange import MAX_FRAME_BYTES, Channel, Exchange, OnQuarantine, ViewKind
from quant.feed.listener import FrameListener, OnBatch, OnViews, Tap, ignore_views
from quant.feed.pace import Pace, Turnstile
from quant.feed.view_watch import ViewWatch
from quant.feed.watchdog import Watchdog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient a connection is, in market seconds."""

    connect_s: float = 10.0
    ping_after_s: float = 10.0  # without a message
    pong_within_s: float = 5.0
    silent_s: float = 30.0  # without data, pongs or not
    healthy_s: float = 30.0  # after which the next failure starts a new row of waits
    command_every_s: float = 0.3  # over all connections; the exchange allows 10 a second on each
    connect_every_s: float = 1.0  # over all connections
    look_every_s: float = 1.0
    hand_over_after_s: float = 22.5 * 3600  # at the latest; the exchange ends a connection after 24 h
    overlap_s: float = 5.0  # both deliver at least so long
    overlap_most_s: float = 60.0  # until the successor delivers whatever its predecessor does
    renew_every_s: float = 30.0  # replacing a connection that misbehaves; doubles


LEAST_CONNECT_S, LEAST_PING_S = 3.0, 1.0
"""Real seconds: however fast a simulation runs, shaking hands and answering a ping takes the machine's time."""

LEAST_SILENCE_S = 0.5
"""Real seconds without a quote or mark price that are worth a request."""

LEAVE_WITHIN_S = 0.5  # real seconds for a handshake that nobody wants any more

_Made = tuple[WSTransport, WSListener | None]


@dataclass(frozen=True, slots=True)
class Wiring:
    """What all connections of a feed share."""

    exchange: Exchange
    base_url: str
    on_batch: OnBatch
    pace: Pace
    timing: Timing = field(default_factory=Timing)
    tap: Tap | None = None
    on_views: OnViews = ignore_views
    on_quarantine: OnQuarantine | None = None
    watchdog: Watchdog = field(default_factory=Watchdog)
    commands: Turnstile = field(init=False)
    connects: Turnstile = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        object.__setattr__(self, "commands", Turnstile(every_s=self.timing.command_every_s, pace=self.pace))
        object.__setattr__(self, "connects", Turnstile(every_s=self.timing.connect_every_s, pace=self.pace))


class Link:
    """Carries streams of one channel, tells the watchdog what arrives, and gives up when nothing does."""

    def __init__(self, owner: str, wiring: Wiring, *, channel: Channel) -> None:
        self.owner = owner
        collect = wiring.on_quarantine
        self.decoder = wiring.exchange.decoder(on_malformed=partial(collect, owner) if collect else None)
        self.last_error: str | None = None
        self.opened_s = 0.0
        self._heard_s: dict[tuple[str, str], float] = {}
        self._arrivals = Arrivals()
        self._wiring = wiring
        self._channel: Channel = channel
        self._wanted: frozenset[str] = frozenset()
        self._subscribed: frozenset[str] = frozenset()
        self._again: set[str] = set()
        self._views = ViewWatch(channel, floor_s=wiring.pace.speed * LEAST_SILENCE_S)
        self._changed = asyncio.Event()
        trades = channel == "trades"
        self._carrier = wiring.watchdog.open(owner, catch_up=self._tell) if trades else None
        self._transport: WSTransport | None = None
        self._listener: FrameListener | None = None
        self._command_id = 0

    @property
    def messages(self) -> int:
        return self._listener.messages if self._listener else 0

    @property
    def heard_s(self) -> Mapping[tuple[str, str], float]:
        """Return when each kind of each symbol's messages last came."""
        self._tell()
        return self._heard_s

    def is_view_silent(self, symbol: str) -> bool:
        """Tell whether the symbol's quotes, or mark prices, have stopped coming over this connection."""
        return self._views.is_silent(symbol, now_s=self._wiring.pace.monotonic_s())

    # --- what others ask of it ---

    def want(self, symbols: frozenset[str]) -> None:
        """Change the set of symbols; the connection follows by itself."""
        self._wanted = symbols
        self._changed.set()

    def ask_again(self, symbols: frozenset[str]) -> None:
        """Unsubscribe and subscribe these symbols: they were acknowledged and bring nothing."""
        self._again |= symbols
        self._changed.set()

    def leave(self, reason: str | None = None) -> None:
        """Close the connection."""
        self.last_error = self.last_error or reason
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    # --- its life ---

    async def open(self, symbols: frozenset[str]) -> None:
        """Connect with the streams of `symbols`; raises OSError, WSError or UnicodeError."""
        wiring, timing, pace = self._wiring, self._wiring.timing, self._wiring.pace
        url = wiring.base_url + wiring.exchange.stream_path(sorted(symbols), channel=self._channel)
        listener = FrameListener(
            self.decoder,
            on_batch=self._take,
            on_views=self._take_views,
            tap=wiring.tap,
            clock=pace,
        )
        connecting = ws_connect(
            lambda: listener,
            url,
            websocket_handshake_timeout=pace.real_s(timing.connect_s, floor_s=LEAST_CONNECT_S),
            max_frame_size=32 * MAX_FRAME_BYTES,  # what is longer ends the connection, else it is quarantined
            enable_auto_pong=False,  # the listener's: a ping answered out of its sight may be the buffer's last frame
            enable_auto_ping=True,
            auto_ping_idle_timeout=pace.real_s(timing.ping_after_s, floor_s=LEAST_PING_S),
            auto_ping_reply_timeout=pace.real_s(timing.pong_within_s, floor_s=LEAST_PING_S),
        )
        transport, made = await _whole(connecting)
        if made is None:
            raise ConnectionResetError("the connection closed during the handshake")
        self._transport, self._listener = transport, listener
        self._wanted = self._subscribed = symbols
        self.opened_s = pace.monotonic_s()
        self._views.carry(symbols, now_s=self.opened_s)
        if self._carrier is not None:
            self._carrier.carry(set(symbols), now_s=self.opened_s)

    async def run(self) -> BaseException | None:
        """Return when the connection has ended; with the failure of our own code that ended it, if any."""
        transport, listener = self._transport, self._listener
        assert transport is not None  # noqa: S101  opened first
        assert listener is not None  # noqa: S101
        steering = asyncio.create_task(self._steer(transport, listener))
        steering.add_done_callback(lambda _: transport.disconnect())  # nobody would notice silence any more
        try:
            await transport.wait_disconnected()
        except (WSError, OSError) as error:
            self.last_error = self.last_error or f"the connection broke: {error.args[-1]}"
        finally:
            steering.cancel()
            self.end()
        self.last_error = self.last_error or _how_it_ended(transport)
        if steering.done() and not steering.cancelled():
            return listener.failure or steering.exception()
        return listener.failure

    def end(self) -> None:
        """Let go of the socket and of the watchdog; harmless when done before."""
        if self._transport is not None:
            self._transport.disconnect()
        if self._carrier is not None:
            self._carrier.close()
            self._carrier = None

    # --- what comes in ---

    def _take(self, batch: TradeBatch) -> None:
        """Note which streams delivered, and hand the trades on."""
        self._arrivals.add(batch, now_s=self._wiring.pace.monotonic_s())
        self._wiring.on_batch(batch)

    def _tell(self) -> None:
        """Tell the watchdog what has come: when it looks, since telling costs a microsecond a symbol."""
        for arrival in self._arrivals.take():
            self._heard_s[arrival.symbol, "trade"] = arrival.last_s
            if self._carrier is not None:
                self._carrier.note(
                    arrival.symbol, trades=arrival.trades, newest_id=arrival.newest_id, now_s=arrival.last_s
                )

    def _take_views(self, views: list[Quote | MarkPrice]) -> None:
        now_s = self._wiring.pace.monotonic_s()
        for view in views:
            self._heard_s[view.symbol, type(view).__name__] = now_s
            self._views.heard(view.symbol, now_s=now_s)
        self._wiring.on_views(views)

    # --- what goes out ---

    async def _steer(self, transport: WSTransport, listener: FrameListener) -> None:
        """Send what changes in the wish, and give up on a connection that has gone silent."""
        pace, timing = self._wiring.pace, self._wiring.timing
        while True:
            try:
                async with asyncio.timeout(pace.real_s(timing.look_every_s)):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            await self._follow(transport)
            await self._ask_for_views(transport)
            for reply in self.decoder.replies:
                if reply.error is not None:
                    log.error("feed.command_refused", connection=self.owner, error=reply.error)
            self.decoder.replies.clear()
            listener.hand_on()
            if not self._wanted:
                self.leave()
            elif pace.monotonic_s() - listener.last_frame_s > timing.silent_s:
                self.last_error = f"no message for {timing.silent_s:.0f} s"
                transport.disconnect()

    async def _follow(self, transport: WSTransport) -> None:
        again = frozenset(self._again) & self._subscribed & self._wanted
        self._again.clear()
        gone, new = self._subscribed - self._wanted, self._wanted - self._subscribed
        exchange = self._wiring.exchange
        await self._command(transport, exchange.unsubscribe, gone | again)
        await self._command(transport, exchange.subscribe, new | again)
        self._subscribed = (self._subscribed - gone) | new
        self._views.carry(self._subscribed, now_s=self._wiring.pace.monotonic_s())
        if self._carrier is not None:
            self._carrier.drop(set(gone))
            self._carrier.carry(set(new), now_s=self._wiring.pace.monotonic_s())

    async def _ask_for_views(self, transport: WSTransport) -> None:
        """Ask again for quotes or mark prices that have stopped coming; trades are not disturbed."""
        silent = self._views.overdue(self._wiring.pace.monotonic_s()) & self._wanted
        if silent:
            kind = self._views.kind
            log.warning("feed.view_silent", connection=self.owner, kind=kind, symbols=sorted(silent))
            await self._command(transport, self._wiring.exchange.unsubscribe, silent, only=kind)
            await self._command(transport, self._wiring.exchange.subscribe, silent, only=kind)

    async def _command(
        self,
        transport: WSTransport,
        command: Callable[..., bytes],
        symbols: frozenset[str],
        *,
        only: ViewKind | None = None,
    ) -> None:
        if not symbols:
            return
        await self._wiring.commands.turn()
        self._command_id += 1
        frame = command(sorted(symbols), command_id=self._command_id, channel=self._channel, only=only)
        transport.send(WSMsgType.TEXT, frame)


async def _whole(connecting: Coroutine[Any, Any, _Made]) -> _Made:
    """Await a handshake; when we are cancelled in the middle of it, its socket is closed all the same."""
    task = asyncio.create_task(connecting)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=LEAVE_WITHIN_S)
        if task.done() and not task.cancelled() and task.exception() is None:
            task.result()[0].disconnect()
        task.cancel()
        raise


def _how_it_ended(transport: WSTransport) -> str:
    received = transport.close_handshake.recv if transport.close_handshake else None
    if received is None:
        return "the connection broke"
    return f"the exchange closed the connection: {received.code.value} {received.reason or ''}".rstrip()
