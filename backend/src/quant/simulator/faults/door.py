"""What can go wrong while a connection is being made, as answers to its upgrade request."""

import base64
import hashlib
from dataclasses import dataclass

from picows import WSUpgradeRequest, WSUpgradeResponse

from quant.simulator.faults.corruption import cut_point
from quant.simulator.faults.injector import Injector
from quant.simulator.faults.kinds import FaultKind, Layer

_ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class RawResponse(WSUpgradeResponse):
    """Bytes instead of a response; with a status that is no 101 the connection closes after them."""

    __slots__ = ("raw",)
    raw: bytes

    def to_bytes(self) -> bytearray:
        return bytearray(self.raw)


@dataclass(frozen=True, slots=True)
class Obstruction:
    """How the door answers; `silent` keeps the connection open without a byte."""

    response: WSUpgradeResponse
    silent: bool = False


def obstruction(
    injector: Injector, request: WSUpgradeRequest, *, connection: int, at_ms: int
) -> Obstruction | None:
    """Return what a fault does with an upgrade request, None where no fault bites."""
    for number, fault in injector.active(Layer.DOOR, at_ms, connection=connection):
        if not injector.hits(number, connection):
            continue
        injector.bite(number)
        accepted = _accepted(request)
        match fault.kind:
            case FaultKind.UPGRADE_503:
                return Obstruction(WSUpgradeResponse.create_error_response(503, b"Service Unavailable"))
            case FaultKind.HANDSHAKE_SILENCE:
                return Obstruction(_raw(WSUpgradeResponse.create_101_response(), b""), silent=True)
            case FaultKind.HANDSHAKE_CUT:
                draw = injector.draw(number, "byte", connection)
                stop = cut_point(len(accepted), draw, fault.value("at_byte"))
                nothing = fault.value("at_byte") == 0
                return Obstruction(_raw_close(b"" if nothing else accepted[:stop]))
            case _:
                return Obstruction(_raw_close(accepted))
    return None


def _accepted(request: WSUpgradeRequest) -> bytes:
    key = request.headers.get("Sec-WebSocket-Key", "").encode()
    digest = hashlib.sha1(key + _ACCEPT_GUID, usedforsecurity=False).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


def _raw_close(raw: bytes) -> RawResponse:
    return _raw(WSUpgradeResponse.create_error_response(503), raw)


def _raw(like: WSUpgradeResponse, raw: bytes) -> RawResponse:
    made = RawResponse()
    made.version, made.status, made.headers, made.body = like.version, like.status, like.headers, None
    made.raw = raw
    return made
