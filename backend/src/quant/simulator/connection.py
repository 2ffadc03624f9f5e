"""One WebSocket connection: control messages, limits and pings; every byte of data to it passes `deliver`."""

from collections import deque
from dataclasses import dataclass
from functools import lru_cache

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from quant.simulator.control import Subscriptions, reply_to
from quant.simulator.faults.kinds import Layer
from quant.simulator.faults.outbox import Outbox
from quant.simulator.faults.strikes import Strikes
from quant.simulator.hub import Hub
from quant.simulator.routes import Route
from quant.simulator.wire import compact

MAX_FRAME = 1 << 18  # 1,024 subscriptions in one message fit
_CLOSE_WITHIN_S = 5.0
_DATA_FRAMES = (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION)


@dataclass(frozen=True, slots=True)
class WsLimits:
    """What the exchange allows a connection."""

    messages_per_s: int = 10
    ping_every_s: float = 180.0
    pong_within_s: float = 600.0
    life_s: float = 86_400.0
    backlog_bytes: int = 8 << 20  # unsent, after which a client that does not read is dropped


class Connection(WSListener):
    """One client; a dark one keeps its socket and neither reads nor sends."""

    def __init__(self, hub: Hub, limits: WsLimits, route: Route, number: int, *, dark: bool = False) -> None:
        self._hub = hub
        self._limits = limits
        self._route = route
        self._number = number
        self._transport: WSTransport | None = None
        self._subscriptions = Subscriptions(
            route.category,
            route.combined,
            on_add=self._listen,
            on_remove=lambda name: hub.unlisten(self, name),
        )
        self._arrivals: deque[float] = deque(maxlen=limits.messages_per_s + 1)
        self._fragments = bytearray()
        self._closing_s: float | None = None
        self._dark = dark
        self._opened_s = self._pinged_s = self._ponged_s = hub.timeline.monotonic_s()
        self._outbox = Outbox(hub.injector, number, self)
        self._strikes = Strikes(hub.injector, number, hub.timeline.now_ms(), self)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._hub.connections[self] = None
        if self._dark:
            self.darken()
        else:
            self._subscriptions.add(self._route.names)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows' signature
        self._hub.connections.pop(self, None)
        self._subscriptions.remove(list(self._subscriptions.names))
        self._transport = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            if not transport.is_close_frame_sent:
                transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif self._closing_s is not None or self._dark:
            return  # what was on its way when we closed
        elif kind == WSMsgType.PONG:
            self._ponged_s = self._hub.timeline.monotonic_s()
        elif frame.payload_size + len(self._fragments) > MAX_FRAME:
            self.shut(1009, "Message too big")
        elif self._too_fast(frame):
            self.shut(1008, "Too many requests")
        elif kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind in _DATA_FRAMES:
            self._on_data(transport, frame)

    def deliver(self, name: str, payload: bytes, published_ms: int) -> None:
        if self._reachable() is not None and not self._strikes.at(published_ms, payload):
            self._outbox.post(name, payload, published_ms)

    def check(self, now_s: float, now_ms: int) -> None:
        if self._transport is None:
            return
        if self._dark:
            if now_s - self._ponged_s >= self._limits.pong_within_s:
                self.drop()
        elif self._transport.underlying_transport.get_write_buffer_size() > self._limits.backlog_bytes:
            self._hub.evicted += 1
            self.drop()
        elif self._closing_s is not None:
            if now_s - self._closing_s >= _CLOSE_WITHIN_S:
                self.drop()
        elif now_s - self._opened_s >= self._limits.life_s:
            self.shut(1001, "The connection is 24 hours old")
        elif now_s - self._ponged_s >= self._limits.pong_within_s:
            self.shut(1008, "Pong timeout")
        elif not self._strikes.at(now_ms):
            self._outbox.release(now_ms)
            if now_s - self._pinged_s >= self._limits.ping_every_s:
                self._pinged_s = now_s
                self._transport.send_ping(str(self._hub.timeline.now_ms()).encode())

    def wrap(self, name: str, payload: bytes) -> bytes:
        return _envelope(name) + payload + b"}" if self._route.combined else payload

    def send_text(self, message: bytes, pieces: int) -> None:
        transport = self._reachable()
        if transport is None:
            return
        size = -(-len(message) // pieces)
        kind = WSMsgType.TEXT
        for at in range(0, len(message), size):
            transport.send(kind, message[at : at + size], fin=at + size >= len(message))
            kind = WSMsgType.CONTINUATION

    def send_binary(self, message: bytes) -> None:
        transport = self._reachable()
        if transport is not None:
            transport.send(WSMsgType.BINARY, message)

    def sever(self, raw: bytes) -> None:
        if self._transport is not None:
            self._closing_s = self._hub.timeline.monotonic_s()
            self._transport.underlying_transport.write(raw)
            self._transport.disconnect()

    def darken(self) -> None:
        if self._transport is not None:
            self._dark = True
            self._transport.underlying_transport.pause_reading()

    def shut(self, code: int, reason: str) -> None:
        if self._transport is not None and self._closing_s is None and not self._dark:
            # The socket stays open for the client's own close frame: closing over unread messages would
            # reset the connection, and the client would never learn the reason.
            self._closing_s = self._hub.timeline.monotonic_s()
            self._transport.send_close(WSCloseCode(code), reason.encode())

    def drop(self) -> None:
        # A close frame would only join the backlog that the client does not read.
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def _reachable(self) -> WSTransport | None:
        if self._transport is None or self._closing_s is not None or self._dark:
            return None
        # A client that is gone is told of once the loop turns; until then much may be due.
        return None if self._transport.underlying_transport.is_closing() else self._transport

    def _listen(self, name: str) -> None:
        if self._hub.listen(self, name, self._route.category) and self._only_acknowledged(name):
            self._hub.unlisten(self, name)

    def _only_acknowledged(self, name: str) -> bool:
        """Return whether a fault makes this subscription one that never delivers."""
        injector = self._hub.injector
        active = injector.active(
            Layer.SUBSCRIPTION,
            self._hub.timeline.now_ms(),
            symbol=name.partition("@")[0].upper(),
            stream=name,
            connection=self._number,
        )
        for number, _ in active:
            if injector.hits(number, self._number, name):
                injector.bite(number)
                return True
        return False

    def _too_fast(self, frame: WSFrame) -> bool:
        """Return whether this message is one too many within a second; a fragment is no message."""
        if frame.msg_type == WSMsgType.CONTINUATION:
            return False
        now_s = self._hub.timeline.monotonic_s()
        self._arrivals.append(now_s)
        return len(self._arrivals) == self._arrivals.maxlen and now_s - self._arrivals[0] < 1.0

    def _on_data(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.BINARY:
            self.shut(1003, "Binary messages are not supported")
            return
        self._fragments += frame.get_payload_as_bytes()
        if frame.fin:
            message = bytes(self._fragments)
            self._fragments.clear()
            transport.send(WSMsgType.TEXT, reply_to(message, self._subscriptions))


@lru_cache(maxsize=4096)
def _envelope(name: str) -> bytes:
    return b'{"stream":' + compact(name) + b',"data":'
