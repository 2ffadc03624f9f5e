"""Servers that misbehave on purpose: bytes on a real socket, one script a connection."""

import asyncio
import base64
import contextlib
import hashlib
import re
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
PATIENCE_S = 30.0  # a bound for a test that hangs, never waited for


def frame(payload: bytes, *, opcode: int = TEXT, fin: bool = True) -> bytes:
    """Return a server's frame: not masked."""
    n = len(payload)
    head = bytes([(0x80 if fin else 0) | opcode])
    if n < 126:
        return head + bytes([n]) + payload
    if n < 1 << 16:
        return head + bytes([126]) + struct.pack(">H", n) + payload
    return head + bytes([127]) + struct.pack(">Q", n) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    return frame(struct.pack(">H", code) + reason.encode(), opcode=CLOSE)


@dataclass
class Client:
    """One accepted connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    path: str = ""
    request: bytes = b""
    received: list[tuple[int, bytes]] = field(default_factory=list)

    async def read_request(self) -> None:
        self.request = await self.reader.readuntil(b"\r\n\r\n")
        self.path = self.request.split(b" ", 2)[1].decode()

    async def upgrade(self) -> None:
        """Answer the WebSocket handshake."""
        await self.read_request()
        await self.answer_upgrade()

    async def answer_upgrade(self) -> None:
        """Agree to the handshake that was asked for."""
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", self.request)
        assert key is not None
        accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())  # noqa: S324  RFC 6455
        await self.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    async def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))
        await self.writer.drain()

    async def read_frames(self) -> None:
        """Keep the client's frames until it goes away."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, second = await self.reader.readexactly(2)
                size = second & 0x7F
                if size == 126:
                    size = struct.unpack(">H", await self.reader.readexactly(2))[0]
                mask = await self.reader.readexactly(4)
                masked = await self.reader.readexactly(size)
                payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))
                self.received.append((first & 0x0F, payload))


Script = Callable[[Client], Awaitable[None]]


@dataclass
class ScriptedServer:
    """Runs the first script for the first connection and so on; the last one for all that follow."""

    port: int
    clients: list[Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def scripted(*scripts: Script) -> AsyncGenerator[ScriptedServer, None]:
    """Serve the scripts; when one returns, its connection is closed without a word."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(reader, writer)
        server.clients.append(client)
        script = scripts[min(len(server.clients), len(scripts)) - 1]
        try:
            await script(client)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    server = ScriptedServer(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await listening.wait_closed()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def eventually(look: Callable[[], object], *, what: str) -> None:
    """Return when `look` is true."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not look():  # noqa: ASYNC110  looks at what has no event
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"not within {PATIENCE_S:.0f} s: {what}") from None
