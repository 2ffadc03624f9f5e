"""An exchange in this process on a clock that the test moves, and ordinary clients to talk to it."""

import asyncio
import base64
import json
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from quant.simulator import FaultPlan, Running, SimConfig, WsLimits, running

START_NS = 1_740_830_400_000_000_000  # 2025-03-01T12:00:00Z
START_MS = START_NS // 1_000_000
PATIENCE_S = 30.0  # a bound for a test that hangs, never waited for
_NO_TLS = ssl.SSLContext(
    ssl.PROTOCOL_TLS_CLIENT
)  # nothing here speaks TLS; httpx would load all roots each time


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._elapsed_ns = 0

    def advance(self, seconds: float) -> None:
        self._elapsed_ns += round(seconds * 1e9)

    def wall_ns(self) -> int:
        return START_NS + self._elapsed_ns

    def monotonic_s(self) -> float:
        return 1000.0 + self._elapsed_ns / 1e9


class Exchange:
    """A running exchange as a test sees it."""

    def __init__(self, started: Running, clock: HandClock, client: httpx.AsyncClient) -> None:
        self.ws_url = started.ws_url
        self.rest_url = started.rest_url
        self.market = started.market
        self.injector = started.injector
        self.clock = clock
        self._client = client

    def connect(self, path: str) -> connect:
        return connect(
            self.ws_url + path,
            proxy=None,
            open_timeout=PATIENCE_S,
            ping_interval=None,
            max_queue=None,
            max_size=None,
        )

    async def get(self, path: str, **params: object) -> httpx.Response:
        query = {key: str(value) for key, value in params.items()}
        return await self._client.get(self.rest_url + path, params=query)

    async def post(self, path: str, body: object) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self._client.post(self.rest_url + path, content=content)

    async def delete(self, path: str) -> httpx.Response:
        return await self._client.delete(self.rest_url + path)

    async def rows(self, path: str, **params: object) -> Any:  # JSON of any shape
        response = await self.get(path, **params)
        assert response.status_code == 200, response.text
        return response.json()


def with_exchange(
    scenario: Callable[[Exchange], Awaitable[None]],
    *,
    seed: int = 7,
    speed: float = 1.0,
    limits: WsLimits | None = None,
    plan: FaultPlan | None = None,
) -> None:
    """Run `scenario` against an exchange of its own."""

    async def run() -> None:
        clock = HandClock()
        config = SimConfig(
            seed=seed,
            speed=speed,
            start_ns=START_NS,
            limits=limits or WsLimits(),
            faults=plan or FaultPlan(),
        )
        async with (
            asyncio.timeout(4 * PATIENCE_S),
            running(config, clock=clock) as started,
            httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S, verify=_NO_TLS) as client,
        ):
            await scenario(Exchange(started, clock, client))

    asyncio.run(run())


async def ask(ws: ClientConnection, request: object) -> Any:
    """Send one control message and return its reply, passing over data."""
    await ws.send(request if isinstance(request, str) else json.dumps(request))
    while True:
        message = await receive(ws)
        if "result" in message or "error" in message:
            return message


async def receive(ws: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(ws.recv(), PATIENCE_S))


async def closed(ws: ClientConnection) -> tuple[int, str]:
    """Read until the server closes; return its code and reason."""

    async def read_on() -> None:
        while True:
            await asyncio.wait_for(ws.recv(), PATIENCE_S)

    with pytest.raises(ConnectionClosed) as end:
        await read_on()
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


async def dial(exchange: Exchange, path: str) -> socket.socket:
    """Return a bare socket that has just asked for the upgrade."""
    host, _, port = exchange.ws_url.removeprefix("ws://").rpartition(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, (host, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(raw, request.encode())
    return raw


async def handshake(exchange: Exchange, path: str) -> socket.socket:
    """Return a bare socket after the upgrade: a client that answers nothing and reads nothing by itself."""
    raw = await dial(exchange, path)
    loop = asyncio.get_running_loop()
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await asyncio.wait_for(loop.sock_recv(raw, 1), PATIENCE_S)
    assert b"101" in head.partition(b"\r\n")[0]
    return raw


async def read_frame(raw: socket.socket) -> tuple[int, bytes]:
    """Return opcode and payload of a short server frame."""
    loop = asyncio.get_running_loop()
    head = await asyncio.wait_for(loop.sock_recv(raw, 2), PATIENCE_S)
    return head[0] & 15, await asyncio.wait_for(loop.sock_recv(raw, head[1]), PATIENCE_S)
