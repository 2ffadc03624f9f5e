"""`aggTrade` messages of 30 symbols as the exchange sends them, and a server that sends nothing else."""

import base64
import contextlib
import hashlib
import multiprocessing
import random
import socket
import struct
from multiprocessing.connection import Connection

SYMBOLS = (
    *("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT", "ADAUSDT", "AVAXUSDT", "LINKUSDT"),
    *("LTCUSDT", "1000PEPEUSDT", "1000SHIBUSDT", "SUIUSDT", "APTUSDT", "ARBUSDT", "OPUSDT", "NEARUSDT"),
    *("ATOMUSDT", "DOTUSDT", "TRXUSDT", "FILUSDT", "INJUSDT", "TIAUSDT", "SEIUSDT", "WLDUSDT", "ORDIUSDT"),
    *("ETCUSDT", "BCHUSDT", "UNIUSDT", "AAVEUSDT"),
)
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def messages(count: int, *, seed: int = 7, per_second: int = 20_000) -> list[bytes]:
    """Return combined-stream messages, busy symbols more often, `per_second` of them to a market second."""
    rng = random.Random(seed)
    prices = {symbol: 43210.1 / (1 + 37 * i) for i, symbol in enumerate(SYMBOLS)}
    ids = {symbol: 2_900_000_000 + 10_000_000 * i for i, symbol in enumerate(SYMBOLS)}
    start, out = 1_732_277_947_000, []
    chosen = rng.choices(SYMBOLS, [1 / (i + 1) for i in range(len(SYMBOLS))], k=count)
    for i, symbol in enumerate(chosen):
        prices[symbol] *= 1 + rng.gauss(0, 2e-5)
        ids[symbol] += 1
        time, first = start + i * 1000 // per_second, 3 * ids[symbol]
        out.append(
            f'{{"stream":"{symbol.lower()}@aggTrade","data":{{"e":"aggTrade","E":{time + rng.randrange(3, 30)},'
            f'"s":"{symbol}","a":{ids[symbol]},"p":"{prices[symbol]:.4f}","q":"{rng.expovariate(2) + 0.012:.3f}",'
            f'"f":{first},"l":{first + rng.randrange(4)},"T":{time},"m":{"true" if rng.random() < 0.5 else "false"}}}}}'
        )
    return [text.encode() for text in out]


def frame(payload: bytes) -> bytes:
    """Return one unmasked text frame, as a server sends it."""
    if len(payload) < 126:
        return bytes((0x81, len(payload))) + payload
    return bytes((0x81, 126)) + struct.pack(">H", len(payload)) + payload


class BlastServer:
    """A child process that sends every client the same frames as fast as it reads them, then a close frame."""

    def __init__(self, payloads: list[bytes]) -> None:
        ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_serve, args=(payloads, theirs), daemon=True)
        self._process.start()
        self.port: int = ours.recv()

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


def _serve(payloads: list[bytes], ready: Connection) -> None:
    blob = memoryview(b"".join(frame(payload) for payload in payloads))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ready.send(listening.getsockname()[1])
        while True:
            client, _ = listening.accept()
            with client, contextlib.suppress(OSError):  # the client may have had enough
                _blast(client, blob)


def _blast(client: socket.socket, blob: memoryview) -> None:
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
    for at in range(0, len(blob), 1 << 18):
        client.sendall(blob[at : at + (1 << 18)])
    client.sendall(b"\x88\x02" + struct.pack(">H", 1000))
    client.settimeout(5)
    while client.recv(4096):
        pass
