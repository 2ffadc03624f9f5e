"""The WebSocket side: routes, control messages, limits and pings, on top of picows."""

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from quant.simulator.control import MAX_STREAMS, Subscriptions, reply_to
from quant.simulator.hub import Hub
from quant.simulator.streams import Category
from quant.simulator.wire import compact

_MAX_FRAME = 1 << 18  # 1,024 subscriptions in one message fit
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


@dataclass(frozen=True, slots=True)
class Route:
    """What the path of an upgrade request asks for."""

    category: Category
    combined: bool
    names: list[str]


def parse_route(target: str) -> Route | None:
    """Return the route of a target such as `/market/ws/btcusdt@aggTrade`, None where there is none."""
    parts = urlsplit(target)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    category = Category.PUBLIC  # the unrouted paths carry this category only
    if segments and segments[0] in (Category.MARKET, Category.PUBLIC):
        category = Category(segments.pop(0))
    match segments:
        case ["ws", *names]:
            return Route(category, combined=False, names=names)
        case ["stream"]:
            joined = parse_qs(parts.query).get("streams", [""])[0]
            return Route(category, combined=True, names=[name for name in joined.split("/") if name])
    return None


class Connection(WSListener):
    """One client. Every byte of data to it passes `deliver`."""

    def __init__(self, hub: Hub, limits: WsLimits, route: Route) -> None:
        self._hub = hub
        self._limits = limits
        self._transport: WSTransport | None = None
        self._asked = route.names
        self._subscriptions = Subscriptions(
            route.category,
            route.combined,
            on_add=lambda name: hub.listen(self, name, route.category),
            on_remove=lambda name: hub.unlisten(self, name),
        )
        self._arrivals: deque[float] = deque(maxlen=limits.messages_per_s + 1)
        self._fragments = bytearray()
        self._closing_s: float | None = None
        self._opened_s = self._pinged_s = self._ponged_s = hub.timeline.monotonic_s()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._hub.connections[self] = None
        self._subscriptions.add(self._asked)

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
        elif self._closing_s is not None:
            return  # what was on its way when we closed
        elif kind == WSMsgType.PONG:
            self._ponged_s = self._hub.timeline.monotonic_s()
        elif frame.payload_size + len(self._fragments) > _MAX_FRAME:
            self.shut(1009, "Message too big")
        elif self._too_fast(frame):
            self.shut(1008, "Too many requests")
        elif kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind in _DATA_FRAMES:
            self._on_data(transport, frame)

    def deliver(self, name: str, payload: bytes) -> None:
        if self._transport is None or self._closing_s is not None:
            return
        if self._subscriptions.combined:
            payload = _envelope(name) + payload + b"}"
        self._transport.send(WSMsgType.TEXT, payload)

    def check(self, now_s: float) -> None:
        if self._transport is None:
            return
        if self._transport.underlying_transport.get_write_buffer_size() > self._limits.backlog_bytes:
            self._hub.evicted += 1
            self.drop()
        elif self._closing_s is not None:
            if now_s - self._closing_s >= _CLOSE_WITHIN_S:
                self.drop()
        elif now_s - self._opened_s >= self._limits.life_s:
            self.shut(1001, "The connection is 24 hours old")
        elif now_s - self._ponged_s >= self._limits.pong_within_s:
            self.shut(1008, "Pong timeout")
        elif now_s - self._pinged_s >= self._limits.ping_every_s:
            self._pinged_s = now_s
            self._transport.send_ping(str(self._hub.timeline.now_ms()).encode())

    def shut(self, code: int, reason: str) -> None:
        if self._transport is not None and self._closing_s is None:
            # The socket stays open for the client's own close frame: closing over unread messages would
            # reset the connection, and the client would never learn the reason.
            self._closing_s = self._hub.timeline.monotonic_s()
            self._transport.send_close(WSCloseCode(code), reason.encode())

    def drop(self) -> None:
        # A close frame would only join the backlog that the client does not read.
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

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


async def open_ws(hub: Hub, limits: WsLimits, *, host: str, port: int) -> asyncio.Server:
    """Return a listening server; port 0 takes a free one. Raises OSError where it cannot bind."""

    def accept(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
        route = parse_route(request.path.decode("latin-1"))
        if route is None:
            return None
        if len(set(route.names)) > MAX_STREAMS:
            refusal = WSUpgradeResponse.create_error_response(400, b"Too many streams")
            return WSUpgradeResponseWithListener(refusal, None)
        return Connection(hub, limits, route)

    return await ws_create_server(accept, host, port, enable_auto_pong=False, max_frame_size=_MAX_FRAME)
