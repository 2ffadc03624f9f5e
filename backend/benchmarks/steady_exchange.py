"""An exchange that trades at a steady rate, in a process of its own: what a whole server is measured against.

Every client of the market's streams gets the same trades, whatever it subscribes to, every other one a quote a second
and symbol; REST answers what a server asks. Trades begin with the first such client and end after `total` of them.
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from market_frames import GUID, frame, many_symbols

SLICES = 50
"""How often a second trades are sent."""

MAX_BEHIND_BYTES = 64 << 20
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass(frozen=True, slots=True)
class Told:
    """What the process tells once it listens."""

    ws: str
    rest: str

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings of a server that is to use this exchange."""
        return {"SOURCE": "binance", "BINANCE_WS_URL": self.ws, "BINANCE_REST_URL": self.rest}


@contextlib.contextmanager
def steady_exchange(*, symbols: int, rate: int, total: int) -> Iterator[Told]:
    """Run the exchange until the block ends."""
    options = ("--symbols", str(symbols), "--rate", str(rate), "--total", str(total))
    with subprocess.Popen([sys.executable, __file__, *options], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Told(**json.loads(process.stdout.readline()))
        finally:
            process.kill()


class Exchange:
    """Trade `n` of the market is the trade `n // symbols + 1` of symbol `n % symbols`."""

    def __init__(self, *, symbols: int, rate: int, total: int) -> None:
        self.names = many_symbols(symbols)
        self.rate, self.total = rate, total
        self.sent = 0
        self.begun_s: float | None = None
        self._takers: set[asyncio.StreamWriter] = set()  # of trades
        self._watchers: set[asyncio.StreamWriter] = set()  # of quotes
        self._began = asyncio.Event()

    async def trade(self) -> None:
        """Send all trades, and quotes for ever."""
        await self._began.wait()
        self.begun_s = time.time()
        each, slices = self.rate // SLICES, 0
        while True:
            # Written down before its time, so that a slice is on the wire when it is due.
            upto = min(self.sent + each, self.total)
            trades = b"".join(frame(self._trade(n)) for n in range(self.sent, upto))
            await asyncio.sleep(max(0.0, self.begun_s + slices / SLICES - time.time()))
            _send(self._takers, trades)
            self.sent = upto
            if slices % SLICES == 0:
                _send(self._watchers, b"".join(frame(_quote(name, slices)) for name in self.names))
            slices += 1

    def time_ms(self, n: int) -> int:
        """Return when trade `n` of the market happens."""
        assert self.begun_s is not None
        return int(self.begun_s * 1000) + n * 1000 // self.rate

    def _trade(self, n: int) -> bytes:
        number, at = divmod(n, len(self.names))
        name, ms = self.names[at], self.time_ms(n)
        return (
            f'{{"stream":"{name.lower()}@aggTrade","data":{{"e":"aggTrade","E":{ms},"s":"{name}","a":{number + 1},'
            f'"p":"{price(number, at)}","q":"0.250","f":{number + 1},"l":{number + 1},"T":{ms},'
            f'"m":{"true" if number % 2 else "false"}}}}}'
        ).encode()

    # --- what clients ask ---

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            key = re.search(r"(?im)^sec-websocket-key: *(\S+)", request)
            if key is None:
                writer.write(self._rest(urlsplit(request.split(" ", 2)[1])))
                await writer.drain()
            else:
                clients = self._takers if " /market/" in request else self._watchers
                await self._stream(reader, writer, key[1], clients)
        self._takers.discard(writer)
        self._watchers.discard(writer)
        writer.close()

    async def _stream(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        key: str,
        clients: set[asyncio.StreamWriter],
    ) -> None:
        accept = base64.b64encode(hashlib.sha1(key.encode() + GUID, usedforsecurity=False).digest()).decode()
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        clients.add(writer)
        if self._takers:
            self._began.set()
        while True:
            opcode, payload = await _read_frame(reader)
            if opcode == PING:
                writer.write(bytes((0x80 | PONG, len(payload))) + payload)
            elif opcode == TEXT:
                writer.write(frame(json.dumps({"result": None, "id": json.loads(payload)["id"]}).encode()))
            elif opcode == CLOSE:
                return

    def _rest(self, url: object) -> bytes:
        path, query = url.path, {name: values[0] for name, values in parse_qs(url.query).items()}  # type: ignore[attr-defined]
        answers: dict[str, Callable[[], object]] = {
            "/fapi/v1/exchangeInfo": self._listing,
            "/fapi/v1/time": lambda: {"serverTime": int(time.time() * 1000)},
            "/fapi/v1/klines": list,
            "/fapi/v1/aggTrades": lambda: self._past(**query),
        }
        body = json.dumps(answers[path]()).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close"
        return f"{head}\r\n\r\n".encode() + body

    def _listing(self) -> object:
        filters = [
            {"filterType": "PRICE_FILTER", "tickSize": "0.1"},
            {"filterType": "LOT_SIZE", "stepSize": "0.001"},
        ]
        rest = {"status": "TRADING", "quoteAsset": "USDT", "filters": filters}
        return {"symbols": [{"symbol": name, "baseAsset": name[:-4], **rest} for name in self.names]}

    def _past(self, symbol: str, limit: str = "500", fromId: str | None = None) -> object:  # noqa: N803
        at, of = self.names.index(symbol), len(self.names)
        newest = (self.sent - at + of - 1) // of
        first = max(1, newest - int(limit) + 1 if fromId is None else int(fromId))
        return [
            {
                "a": number,
                "p": price(number - 1, at),
                "q": "0.250",
                "f": number,
                "l": number,
                "T": self.time_ms((number - 1) * of + at),
                "m": bool((number - 1) % 2),
            }
            for number in range(first, min(newest, first + int(limit) - 1) + 1)
        ]


def _send(clients: set[asyncio.StreamWriter], data: bytes) -> None:
    for client in tuple(clients):
        client.write(data)
        if client.transport.get_write_buffer_size() > MAX_BEHIND_BYTES:
            client.transport.abort()  # a server that cannot keep up shows it by a lost connection
            clients.discard(client)


def _quote(name: str, number: int) -> bytes:
    ms = int(time.time() * 1000)
    return (
        f'{{"stream":"{name.lower()}@bookTicker","data":{{"e":"bookTicker","u":{number + 1},"s":"{name}",'
        f'"b":"99.9","B":"1.5","a":"100.3","A":"2.5","T":{ms},"E":{ms}}}}}'
    ).encode()


def price(number: int, at: int) -> str:
    """Return the price of a trade of the symbol in place `at`: up and down by 20 in ten thousand trades, with noise."""
    wave = abs((number + 1_999 * at) % 10_007 - 5_003) * 0.004
    noise = (number // 50 * 7_919 + at * 104_729) % 997 * 0.002
    return f"{100 + wave + noise:.1f}"


async def _read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return opcode and payload of a client's frame."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size == 126:
        size = struct.unpack(">H", await reader.readexactly(2))[0]
    elif size == 127:
        size = struct.unpack(">Q", await reader.readexactly(8))[0]
    mask = await reader.readexactly(4)
    masked = await reader.readexactly(size)
    return first & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))


async def serve(exchange: Exchange) -> None:
    async with await asyncio.start_server(exchange.talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        print(json.dumps({"ws": f"ws://127.0.0.1:{port}", "rest": f"http://127.0.0.1:{port}"}), flush=True)
        await exchange.trade()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--symbols", "--rate", "--total"):
        parser.add_argument(name, type=int, required=True)
    asyncio.run(serve(Exchange(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
