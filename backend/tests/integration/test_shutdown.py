"""SIGTERM: those who are connected are told, nothing that was heard is lost, and nobody can hold the end up."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from listening import Ear
from quant.storage.journal_reader import JournalReader
from quant.storage.store import JOURNAL_NAME
from serving import ServerProcess, free_port, is_running, quant, server_process
from waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
MOST_S = 5.0
PATIENCE_S = 60


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with server_process(tmp_path, SOURCE="sim:5") as running:
        running.client.wait_ready()
        running.client.post("/stream/start", symbols=SYMBOLS)
        running.client.wait_state("BTCUSDT", "live", "quiet")
        yield running


def hold_up(server: ServerProcess, stack: ExitStack) -> socket.socket:
    """Connect whatever might keep a server from ending; return the connection of an upload that never ends."""
    port = server.client.port
    deaf = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    head = f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    deaf.sendall(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    command = json.dumps({"op": "subscribe", "topics": [f"bars:{name}:1s" for name in SYMBOLS]}).encode()
    # A client's frame with the mask 0000; nothing is ever read.
    deaf.sendall(bytes([0x81, 0xFE, *len(command).to_bytes(2, "big"), 0, 0, 0, 0]) + command)

    slow = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    slow.sendall(b"GET /symbols HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    upload = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    upload.sendall(
        b"POST /import?name=BTCUSDT-1m.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
        b"Content-Type: application/octet-stream\r\n\r\ntime,"
    )
    idle = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    idle.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert idle.recv(12) == b"HTTP/1.1 200"
    return upload


def end(server: ServerProcess) -> tuple[dict[str, int], float]:
    """Listen, send SIGTERM, and return the last trade heard of each symbol and how long the end took."""
    children = server.children()
    with ExitStack() as stack:
        upload = hold_up(server, stack)
        ear = Ear(stack.enter_context(server.client.socket()))
        ear.say("subscribe", *(f"ticks:{symbol}" for symbol in SYMBOLS))
        for symbol in SYMBOLS:
            ear.hear_type("update", f"ticks:{symbol}")
        begun_s = time.monotonic()
        code = server.end()
        took_s = time.monotonic() - begun_s
        assert upload.recv(12) == b"HTTP/1.1 503"
        with pytest.raises(ConnectionClosed) as closed:
            ear.hear_until(lambda _: False)
    assert code == 0, server.errors.read_text()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012  # the service restarts: come again
    assert not any(is_running(child) for child in children)
    heard = {
        symbol: max(row["id"] for each in ear.data(f"ticks:{symbol}") for row in each["data"]["items"])
        for symbol in SYMBOLS
    }
    return heard, took_s


def test_what_was_heard_is_on_the_disk(server: ServerProcess, tmp_path: Path) -> None:
    market = server.client.status()["market"]
    heard, _ = end(server)

    journal = JournalReader(tmp_path / "data" / JOURNAL_NAME)
    for symbol, last in heard.items():
        ids = journal.ticks(market, symbol).ids
        assert ids[-1] >= last
        assert set(range(int(ids[0]), last + 1)) <= set(ids.tolist())
    assert not (tmp_path / "data" / "server.json").exists()
    logged = [json.loads(line) for line in server.errors.read_text().splitlines() if line.startswith("{")]
    assert not [event for event in logged if "exception" in event]
    # The port and the directory are free: a start gets as far as to what is wrong with it.
    again = quant(
        "serve", "--source", "replay:none", cwd=tmp_path, DATA_DIR=tmp_path / "data", PORT=free_port()
    )
    assert "none" in again.stderr
    assert "in use" not in again.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_of_the_simulated_exchange_at_the_same_time_changes_nothing(
    server: ServerProcess, number: signal.Signals
) -> None:
    """A terminal's Ctrl-C and a service manager's stop go to all processes at once."""
    (child,) = server.children()
    # The server finds both when it goes on, in whichever order.
    os.kill(server.pid, signal.SIGSTOP)
    os.kill(child, number)
    eventually(lambda: not is_running(child), what="the simulated exchange ends")
    server.process.send_signal(number)
    os.kill(server.pid, signal.SIGCONT)
    assert server.process.wait(PATIENCE_S) == 0
    assert not is_running(child)


@pytest.mark.soak
def test_the_end_takes_no_longer_than_it_may(server: ServerProcess) -> None:
    """A figure, so not among the tests that run on a busy machine."""
    assert end(server)[1] <= MOST_S
