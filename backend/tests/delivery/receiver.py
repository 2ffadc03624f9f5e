"""A webhook's receiver on loopback, over TLS with a certificate of its own, that behaves as it is told."""

import asyncio
import contextlib
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

NAME = "hooks.test"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Return a new certificate of `hooks.test` and its key, made by the `openssl` command."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj"
    names = [
        f"/CN={NAME}",
        "-addext",
        f"subjectAltName=DNS:{NAME}",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(["openssl", *words.split(), *names], check=True, capture_output=True)
    return certificate, key


def make_authority(folder: Path) -> tuple[Path, tuple[Path, Path]]:
    """Return an authority's certificate, and a certificate of 127.0.0.1 that it signed, with its key."""
    authority, authority_key = folder / "authority.pem", folder / "authority-key.pem"
    certificate, key, request = folder / "server.pem", folder / "server-key.pem", folder / "server.csr"
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj"]

    def openssl(*words: object) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    openssl(
        *new,
        "/CN=an authority of this test",
        "-x509",
        "-days",
        2,
        "-keyout",
        authority_key,
        "-out",
        authority,
    )
    openssl(*new, "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", request)
    signed = ("-CA", authority, "-CAkey", authority_key, "-CAcreateserial", "-copy_extensions", "copy")
    openssl("x509", "-req", "-days", 2, "-in", request, *signed, "-out", certificate)
    return authority, (certificate, key)


@contextlib.contextmanager
def receivers(certificate: tuple[Path, Path], *answers: bytes | str) -> Iterator[list["Receiver"]]:
    """Serve one receiver for each answer on a thread of its own, until the block ends."""
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    made: list[Receiver] = []

    async def serve() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for each in answers:
                receiver = await stack.enter_async_context(receiving(certificate, each))
                made.append(receiver)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="receivers")
    thread.start()
    try:
        assert ready.wait(60), "the receivers do not listen"
        yield made
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(60)
        loop.close()


@dataclass
class Receiver:
    """What came in; `answers` are given in turn, the last one for ever: bytes, "hang" or "drop"."""

    answers: list[bytes | str]
    port: int = 0
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.paths.append(head[0].split()[1])
        self.requests.append((headers, body))
        if answer == "hang":
            await reader.read()
        elif isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()


def answer(status: str, *headers: str) -> bytes:
    return "\r\n".join(
        (f"HTTP/1.1 {status}", *headers, "content-length: 0", "connection: close", "", "")
    ).encode()


@contextlib.asynccontextmanager
async def receiving(certificate: tuple[Path, Path] | None, *answers: bytes | str) -> AsyncIterator[Receiver]:
    """Serve on a free port until the block ends."""
    receiver, context = Receiver(list(answers) or [answer("204 No Content")]), None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
    server = await asyncio.start_server(receiver.accept, "127.0.0.1", 0, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in receiver.serving:
            task.cancel()
        await asyncio.gather(*receiver.serving, return_exceptions=True)
