"""Clients that mean no good to a site, in a process of their own: run with the site's port and how many of each.

Prints a line once all are at it, and goes on until it is ended: whoever is let go comes again.
"""

import argparse
import asyncio
import contextlib
import json
import resource
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable

NAME = "quant.example.org"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TOPICS = [f"{kind}:{symbol}" for symbol in ("BTCUSDT", "ETHUSDT") for kind in ("ticks", "quote", "funding")]
TOPICS += [
    f"bars:{symbol}:{interval}" for symbol in ("BTCUSDT", "ETHUSDT") for interval in ("1s", "1m", "5m")
]
A_MEGABYTE = 1 << 20
PACE_S = 1.0
"""Between two bytes of one who dawdles, and before one who was let go comes again."""

Attack = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Callable[[], None]], Awaitable[None]]


class Fire:
    """Attacks on one port, from many addresses of this machine."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE
        self._waiting: set[asyncio.Event] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._address = 0

    def start(self, count: int, attack: Attack, *, tls: bool) -> None:
        for _ in range(count):
            begun = asyncio.Event()
            self._waiting.add(begun)
            self._address += 1
            source = f"127.0.{2 + self._address // 50}.{1 + self._address % 50}"
            self._tasks.add(asyncio.create_task(self._again(attack, source, begun, tls=tls)))

    async def all_begun(self) -> None:
        for each in self._waiting:
            await each.wait()

    async def burn(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _again(self, attack: Attack, source: str, begun: asyncio.Event, *, tls: bool) -> None:
        while True:
            writer = None
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1",
                    self._port,
                    local_addr=(source, 0),
                    ssl=self._tls if tls else None,
                    server_hostname=NAME if tls else None,
                )
                await attack(reader, writer, begun.set)
            if writer is not None:
                writer.transport.abort()
            await asyncio.sleep(PACE_S)

    async def idle(self, reader: asyncio.StreamReader, _: object, begun: Callable[[], None]) -> None:
        """Connect and say nothing."""
        begun()
        await reader.read()

    async def dawdle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: Callable[[], None]
    ) -> None:
        """Send a request's head, a byte at a time, that never ends."""
        writer.write(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-Slow: ".encode())
        begun()
        while not reader.at_eof() and not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(PACE_S)

    async def deaf(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: Callable[[], None]
    ) -> None:
        """Listen to everything and read nothing."""
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await self._open_socket(reader, writer)
        writer.write(_frame(json.dumps({"op": "subscribe", "topics": TOPICS}).encode()))
        await writer.drain()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        begun()
        await writer.wait_closed()

    async def shout(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: Callable[[], None]
    ) -> None:
        """Send messages of a megabyte."""
        await self._open_socket(reader, writer)
        begun()
        while True:
            writer.write(_frame(b" " * A_MEGABYTE))
            await writer.drain()
            await reader.read(1 << 16)

    async def _open_socket(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            f"GET /ws HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Bearer {self._token}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head:
            raise OSError(head)


def _frame(payload: bytes) -> bytes:
    """Return a client's text frame, masked with zeros."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, 0x80 | size)) + b"\0\0\0\0" + payload
    if size < 1 << 16:
        return struct.pack(">BBH", 0x81, 0x80 | 126, size) + b"\0\0\0\0" + payload
    return struct.pack(">BBQ", 0x81, 0x80 | 127, size) + b"\0\0\0\0" + payload


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--token", required=True)
    for name in ("--port", "--idle", "--dawdle", "--deaf", "--shout"):
        parser.add_argument(name, type=int, required=True)
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    fire = Fire(given.port, given.token)
    fire.start(given.deaf, fire.deaf, tls=True)
    fire.start(given.shout, fire.shout, tls=True)
    fire.start(given.dawdle, fire.dawdle, tls=True)
    fire.start(given.idle, fire.idle, tls=False)
    await fire.all_begun()
    print("burning", flush=True)  # noqa: T201  whoever started it waits for that
    await fire.burn()


if __name__ == "__main__":
    asyncio.run(main())
