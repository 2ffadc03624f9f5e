"""A real wire between a page and the server that can be slow, frozen, cut, or carry garbage."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

TEXT = 0x1
HEAD_END = b"\r\n\r\n"
MOST_HEAD_BYTES = 64_000
CHUNK = 65_536

Message = str | bytes
"""What goes to the page: a text message, or bytes put on the wire as they are."""


def text_frame(message: str) -> bytes:
    """Return an unmasked text frame, as a server sends it."""
    payload = message.encode()
    size = len(payload)
    if size < 126:
        head = bytes([0x80 | TEXT, size])
    elif size < 65_536:
        head = bytes([0x80 | TEXT, 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | TEXT, 127]) + size.to_bytes(8, "big")
    return head + payload


def answer(status: str, body: str, media_type: str = "text/html") -> bytes:
    """Return a whole HTTP answer, such as a broken proxy gives."""
    content = body.encode()
    lines = [
        f"HTTP/1.1 {status}",
        f"content-type: {media_type}",
        f"content-length: {len(content)}",
        "connection: close",
    ]
    return "\r\n".join(lines).encode() + HEAD_END + content


@dataclass(eq=False)
class _Line:
    """One WebSocket of a page: what waits to be sent, and when each is due by the loop's clock."""

    writer: asyncio.StreamWriter
    waiting: asyncio.Queue[tuple[float, bytes]] = field(default_factory=asyncio.Queue)


class Relay:
    """Listens on a port of its own and passes everything on, except for what it is told to do.

    Its settings may be changed while it runs, from any thread:
    `rest` gives the answer in place of the server's to a path, or None; `messages` says what becomes of a text message
    to the page; `delay_s` is by how much everything to the page is late.
    """

    def __init__(self, server_port: int) -> None:
        self.rest: Callable[[str], bytes | None] = lambda _: None
        self.messages: Callable[[str], Iterable[Message]] = lambda message: (message,)
        self.delay_s = 0.0
        self.port = 0
        self._server_port = server_port
        self._lines: set[_Line] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, message: str) -> None:
        """Send a text message of our own to every page that is connected."""
        frame = text_frame(message)
        self._loop.call_soon_threadsafe(lambda: [self._put(line, frame) for line in self._lines])

    def freeze(self) -> None:
        """Keep everything back; connections stay open."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def thaw(self) -> None:
        """Let it go on, what was kept back first."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def cut(self) -> None:
        """End all connections, and each new one at once."""
        self._closed = True
        self._loop.call_soon_threadsafe(self._abort_all)

    def mend(self) -> None:
        self._closed = False

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _listen(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MOST_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._closed = True
        self._flowing.set()
        # Those that serve a connection end with it; asyncio takes it amiss when they are cancelled.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            self._abort_all()
            await asyncio.wait(others, timeout=0.1)
        # Last: a connection that asyncio is just taking in would be left open.
        self._server.close()

    def _abort_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if not self._closed:
                await self._exchange(reader, writer)
        except (OSError, EOFError):
            pass  # either side may go at any time
        finally:
            await self._close(writer)

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        """Close a side; until all of it is sent it counts as open, so that it can be aborted."""
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        self._open.discard(writer)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(HEAD_END)
        request, _, fields = head.partition(b"\r\n")
        path = request.split(b" ")[1].decode()
        live = b"upgrade: websocket" in fields.lower()
        await self._flowing.wait()
        await asyncio.sleep(self.delay_s)
        if (instead := self.rest(path)) is not None:
            writer.write(instead)
            await writer.drain()
            return
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._open.add(to_server)
        to_server.write(head if live else request + b"\r\nconnection: close\r\n" + without_connection(fields))
        upward = asyncio.create_task(self._pass_up(reader, to_server))
        try:
            if live:
                await self._pass_messages(from_server, writer)
            else:
                await self._pass_answer(from_server, writer)
        finally:
            upward.cancel()
            await self._close(to_server)

    async def _pass_up(self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self._flowing.wait()
            to_server.write(data)
        to_server.close()  # the page has gone

    async def _pass_answer(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await from_server.read(CHUNK):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()

    async def _pass_messages(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await from_server.readuntil(HEAD_END))
        line = _Line(writer)
        self._lines.add(line)
        sending = asyncio.create_task(self._send_when_due(line))
        try:
            while True:
                head = await from_server.readexactly(2)
                size, extended = head[1] & 0x7F, b""
                if size >= 126:
                    extended = await from_server.readexactly(2 if size == 126 else 8)
                    size = int.from_bytes(extended, "big")
                payload = await from_server.readexactly(size)
                if head[0] & 0x0F != TEXT:
                    self._put(line, head + extended + payload)
                    continue
                for message in self.messages(payload.decode()):
                    self._put(line, text_frame(message) if isinstance(message, str) else message)
        finally:
            self._lines.discard(line)
            sending.cancel()

    def _put(self, line: _Line, frame: bytes) -> None:
        line.waiting.put_nowait((self._loop.time() + self.delay_s, frame))

    async def _send_when_due(self, line: _Line) -> None:
        while True:
            due, frame = await line.waiting.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            await self._flowing.wait()
            line.writer.write(frame)
            await line.writer.drain()


def without_connection(fields: bytes) -> bytes:
    """Return header lines without the one about the connection, which ends with each answer here."""
    lines = fields.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"connection:"))
