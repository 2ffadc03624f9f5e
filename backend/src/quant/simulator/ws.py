"""The door of the WebSocket side, on top of picows."""

import asyncio

from picows import (
    WSListener,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from quant.simulator.connection import MAX_FRAME, Connection, WsLimits
from quant.simulator.control import MAX_STREAMS
from quant.simulator.faults.door import obstruction
from quant.simulator.hub import Hub
from quant.simulator.routes import parse_route


async def open_ws(hub: Hub, limits: WsLimits, *, host: str, port: int) -> asyncio.Server:
    """Return a listening server; port 0 takes a free one. Raises OSError where it cannot bind."""

    def accept(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
        hub.injector.arrivals += 1
        number = hub.injector.arrivals
        route = parse_route(request.path.decode("latin-1"))
        if route is None:
            return None
        if len(set(route.names)) > MAX_STREAMS:
            refusal = WSUpgradeResponse.create_error_response(400, b"Too many streams")
            return WSUpgradeResponseWithListener(refusal, None)
        blocked = obstruction(hub.injector, request, connection=number, at_ms=hub.timeline.now_ms())
        if blocked is None:
            return Connection(hub, limits, route, number)
        listener = Connection(hub, limits, route, number, dark=True) if blocked.silent else None
        return WSUpgradeResponseWithListener(blocked.response, listener)

    return await ws_create_server(accept, host, port, enable_auto_pong=False, max_frame_size=MAX_FRAME)
