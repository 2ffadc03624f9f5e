"""Many WebSocket clients in a process of their own: each hears one topic, and notes when what came.

Commands come as lines on the standard input, answers go as lines of JSON to the standard output: `open N TOPIC`,
`stall N TOPIC` (clients that stop reading), `begin`, `end` (what came in between), `trades` (when each trade was first
seen, by the newest id of each message).
"""

import asyncio
import contextlib
import json
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

SEQ = re.compile(rb'"seq":(\d+)')
LAST_ID = re.compile(rb'"id":(\d+)')
AT_ONCE = 50


class Ear(WSListener):
    """One client; notes the number of each message of its topic, when it came, and its bytes."""

    def __init__(self, topic: str, *, keep_ids: bool) -> None:
        self._topic = topic
        self._keep_ids = keep_ids
        self.is_on = False
        self.subscribed = asyncio.Event()
        self.lost = False
        self.seqs: list[int] = []
        self.times: list[float] = []
        self.ids: list[int] = []
        self.bytes = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        transport.send(WSMsgType.TEXT, json.dumps({"op": "subscribe", "topics": [self._topic]}).encode())

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002  as picows calls it
        self.lost = True
        self.subscribed.set()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        now = time.time()
        match frame.msg_type:
            case WSMsgType.TEXT:
                self._hear(frame, now)
            case WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
            case WSMsgType.CLOSE:
                transport.disconnect()

    def _hear(self, frame: WSFrame, now: float) -> None:
        text = frame.get_payload_as_bytes()
        if not self.is_on:
            if text.startswith((b'{"type":"snapshot"', b'{"type":"update"')):
                self.subscribed.set()
            return
        if not text.startswith((b'{"type":"update"', b'{"type":"snapshot"')):
            return
        found = SEQ.search(text, 0, 200)
        assert found is not None
        self.seqs.append(int(found[1]))
        self.times.append(now)
        self.bytes += len(text)
        if self._keep_ids:
            self.ids.append(max(map(int, LAST_ID.findall(text))))


class Clients:
    """All of them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.ears: list[Ear] = []
        self.stalled: list[socket.socket] = []

    async def open(self, count: int, topic: str) -> None:
        async def one() -> None:
            _, ear = await ws_connect(lambda: Ear(topic, keep_ids=topic.startswith("ticks:")), self._url)
            self.ears.append(ear)
            await ear.subscribed.wait()

        for first in range(0, count, AT_ONCE):
            await asyncio.gather(*(one() for _ in range(first, min(count, first + AT_ONCE))))

    async def stall(self, count: int, topic: str) -> None:
        """Subscribe and never read again, with the smallest buffer there is."""
        address = self._url.removeprefix("ws://").partition("/")[0]
        host, _, port = address.partition(":")
        for _ in range(count):
            link = socket.socket()
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.connect((host, int(port)))
            link.sendall(
                f"GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            link.recv(200)
            body = json.dumps({"op": "subscribe", "topics": [topic]}).encode()
            head = (
                bytes((0x81, 0x80 | len(body)))
                if len(body) < 126
                else b"\x81\xfe" + struct.pack(">H", len(body))
            )
            link.sendall(head + b"\0\0\0\0" + body)
            self.stalled.append(link)

    def begin(self) -> None:
        for ear in self.ears:
            ear.is_on = True

    def end(self) -> dict[str, Any]:
        """Return what came since `begin`.

        `late_ms` is how long after its first arrival anywhere a message came to each client; `lost` the share of the
        numbers between the first and the last that a client did not get.
        """
        for ear in self.ears:
            ear.is_on = False
        assert not any(ear.lost for ear in self.ears), "a client was let go"
        first: dict[tuple[str, int], float] = {}
        for ear in self.ears:
            for seq, at in zip(ear.seqs, ear.times, strict=True):
                key = ear._topic, seq  # noqa: SLF001
                first[key] = min(at, first.get(key, at))
        late = [
            at - first[ear._topic, seq]  # noqa: SLF001
            for ear in self.ears
            for seq, at in zip(ear.seqs, ear.times, strict=True)
        ]
        due = sum(max(ear.seqs) - min(ear.seqs) + 1 for ear in self.ears)
        got = sum(len(ear.seqs) for ear in self.ears)
        found = {
            "messages": got,
            "bytes": sum(ear.bytes for ear in self.ears) / got,
            "lost": 1 - got / due,
            "seqs": max(max(ear.seqs) - min(ear.seqs) + 1 for ear in self.ears),
            "late_p50_ms": float(np.percentile(late, 50)) * 1000,
            "late_p99_ms": float(np.percentile(late, 99)) * 1000,
            "late_max_ms": max(late) * 1000,
        }
        for ear in self.ears:
            ear.seqs, ear.times, ear.bytes = [], [], 0
        return found

    def trades(self) -> list[list[tuple[float, int]]]:
        """Return for each client when a message came and up to which trade it told."""
        # Who listens to anything but trades keeps no ids.
        told = [list(zip(ear.times, ear.ids, strict=False)) for ear in self.ears]
        for ear in self.ears:
            ear.is_on = False
            ear.seqs, ear.times, ear.ids, ear.bytes = [], [], [], 0
        return told


async def obey(url: str) -> None:
    clients, loop = Clients(url), asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, *rest = line.split()
        answer: Any = None
        match word:
            case "open":
                await clients.open(int(rest[0]), rest[1])
            case "stall":
                await clients.stall(int(rest[0]), rest[1])
            case "begin":
                clients.begin()
            case "end":
                answer = clients.end()
            case "trades":
                answer = clients.trades()
        print(json.dumps(answer), flush=True)


class Fan:
    """The process, for whoever measures."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, *words: object) -> Any:
        """Have a command done, and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the clients' process has ended"
        return json.loads(line)


@contextlib.contextmanager
def fan_clients(url: str) -> Iterator[Fan]:
    """Run the process until the block ends."""
    command = [sys.executable, __file__, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Fan(process)
        finally:
            process.kill()


if __name__ == "__main__":
    uvloop.run(obey(sys.argv[1]))
