"""`aggTrade` messages as the exchange sends them, and a server that sends nothing else, plain or over TLS."""

import base64
import contextlib
import hashlib
import multiprocessing
import random
import socket
import ssl
import struct
import subprocess
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

SYMBOLS = (
    *("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT", "ADAUSDT", "AVAXUSDT", "LINKUSDT"),
    *("LTCUSDT", "1000PEPEUSDT", "1000SHIBUSDT", "SUIUSDT", "APTUSDT", "ARBUSDT", "OPUSDT", "NEARUSDT"),
    *("ATOMUSDT", "DOTUSDT", "TRXUSDT", "FILUSDT", "INJUSDT", "TIAUSDT", "SEIUSDT", "WLDUSDT", "ORDIUSDT"),
    *("ETCUSDT", "BCHUSDT", "UNIUSDT", "AAVEUSDT"),
)
FIRST_MS = 1_732_277_947_000
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def first_id(number: int) -> int:
    """Return the id of a symbol's first trade, from its place among the symbols."""
    return 2_900_000_001 + 10_000_000 * number


def many_symbols(count: int) -> tuple[str, ...]:
    """Return so many names."""
    return tuple(f"A{number}USDT" for number in range(count))


def messages(
    count: int,
    *,
    symbols: Sequence[str] = SYMBOLS,
    seed: int = 7,
    per_second: int = 20_000,
    evenly: bool = False,
) -> list[bytes]:
    """Return combined-stream messages, `per_second` of them to a market second.

    Busy symbols come more often, or all `evenly`.
    """
    rng = random.Random(seed)
    prices = {symbol: 43210.1 / (1 + 37 * i) for i, symbol in enumerate(symbols)}
    ids = {symbol: first_id(i) for i, symbol in enumerate(symbols)}
    out = []
    weights = [1.0 if evenly else 1 / (i + 1) for i in range(len(symbols))]
    for i, symbol in enumerate(rng.choices(symbols, weights, k=count)):
        prices[symbol] *= 1 + rng.gauss(0, 2e-5)
        at, first = FIRST_MS + i * 1000 // per_second, 3 * ids[symbol]
        out.append(
            f'{{"stream":"{symbol.lower()}@aggTrade","data":{{"e":"aggTrade","E":{at + rng.randrange(3, 30)},'
            f'"s":"{symbol}","a":{ids[symbol]},"p":"{prices[symbol]:.4f}","q":"{rng.expovariate(2) + 0.012:.3f}",'
            f'"f":{first},"l":{first + rng.randrange(4)},"T":{at},"m":{"true" if rng.random() < 0.5 else "false"}}}}}'
        )
        ids[symbol] += 1
    return [text.encode() for text in out]


def frame(payload: bytes) -> bytes:
    """Return one unmasked text frame, as a server sends it."""
    if len(payload) < 126:
        return bytes((0x81, len(payload))) + payload
    return bytes((0x81, 126)) + struct.pack(">H", len(payload)) + payload


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Return a new certificate of 127.0.0.1 and its key; needs the `openssl` command."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate))
    subprocess.run(
        ["openssl", *words.split(), *names],  # noqa: S607
        check=True,
        capture_output=True,
    )
    return certificate, key


class BlastServer:
    """A child process that sends every client the same frames, as fast as it reads them, then a close frame."""

    def __init__(self, payloads: list[bytes], *, tls: tuple[Path, Path] | None = None) -> None:
        ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_serve, args=(payloads, theirs, tls), daemon=True)
        self._process.start()
        self.port: int = ours.recv()
        self.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


def _serve(payloads: list[bytes], ready: Connection, tls: tuple[Path, Path] | None) -> None:
    blob = memoryview(b"".join(frame(payload) for payload in payloads))
    context = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ready.send(listening.getsockname()[1])
        while True:
            client, _ = listening.accept()
            with contextlib.suppress(OSError):  # the client may have had enough
                if context is not None:
                    client = context.wrap_socket(client, server_side=True)
                with client:
                    _blast(client, blob)


def _blast(client: socket.socket, blob: memoryview) -> None:
    answer_upgrade(client)
    for at in range(0, len(blob), 1 << 18):
        client.sendall(blob[at : at + (1 << 18)])
    client.sendall(b"\x88\x02" + struct.pack(">H", 1000))
    client.settimeout(5)
    while client.recv(4096):
        pass


def answer_upgrade(client: socket.socket) -> None:
    """Read a WebSocket handshake and agree to it."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(4096)
    key = next(
        line.split(b":", 1)[1].strip()
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key")
    )
    accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
