"""Half an hour at 50,000 trades a second through a whole server: every trade is taken, and memory stays flat.

Journal, redundant connections, back-fill, statistics and a listening client are all there.
"""

import contextlib
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from serving import PATIENCE_S, Client, ServerProcess, server_process
from steady_exchange import steady_exchange

MINUTES = float(os.environ.get("QUANT_SOAK_MINUTES", "30"))
SYMBOLS, RATE = 30, 50_000
SAMPLES, FIFTHS = 50, 5
TOPICS = ["status", "ticks:A0USDT", "bars:A0USDT:1s", "pair:A0USDT-A1USDT:1s:60:ols:level"]
ALLOWED_MB = 24.0
"""Between the second fifth and the last: 1s bars of 30 symbols take 10 MB an hour until their rings are full, the
rest is what an allocator may do. A leak of one byte a trade would be 50 MB."""


@contextlib.contextmanager
def listening(api: Client) -> Iterator[None]:
    """Have a client that takes all it is sent."""
    with api.socket() as socket:
        socket.send('{"op":"subscribe","topics":["' + '","'.join(TOPICS) + '"]}')

        def read() -> None:
            with contextlib.suppress(ConnectionClosed):
                for _ in socket:
                    pass

        reader = threading.Thread(target=read)
        reader.start()
        yield
        socket.close()
        reader.join(PATIENCE_S)


def resident_mb(server: ServerProcess) -> float:
    """Return the server's own memory, without files that the machine keeps for it."""
    lines = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024


def run(folder: Path, *, rate: int, seconds: float) -> list[float]:
    """Return the server's memory at equal steps of a run, MB; every trade must have been taken."""
    total = int(rate * seconds) // SYMBOLS * SYMBOLS
    with (
        steady_exchange(symbols=SYMBOLS, rate=rate, total=total) as exchange,
        server_process(folder, **exchange.settings, AVAILABLE_SYMBOLS="") as server,
    ):
        api = server.client
        api.wait_ready()
        api.post("/stream/start", symbols=[f"A{number}USDT" for number in range(SYMBOLS)])
        with listening(api):
            memory = follow(server, total=total, patience_s=3 * seconds + PATIENCE_S)
        for symbol in api.status()["symbols"]:
            assert symbol["last_id"] == total // SYMBOLS
            assert symbol["gaps"]["open"] == 0
        journal = api.status()["journal"]
        assert journal["state"] == "ok"
    return memory


def follow(server: ServerProcess, *, total: int, patience_s: float) -> list[float]:
    """Sample the memory until the last trade of each symbol is there and no hole is open."""
    memory: list[float] = []
    deadline = time.monotonic() + patience_s
    while True:
        assert server.process.poll() is None, server.errors.read_text()[-2000:]
        try:
            symbols = server.client.status()["symbols"]
        except httpx.TransportError:  # a kept connection that the server was just closing
            continue
        taken = sum(symbol["last_id"] or 0 for symbol in symbols)
        while taken * SAMPLES >= total * (len(memory) + 1) and len(memory) < SAMPLES:
            memory.append(resident_mb(server))
        if taken == total and not any(symbol["gaps"]["open"] for symbol in symbols):
            return memory
        assert time.monotonic() < deadline, f"{taken:,} of {total:,} trades taken"
        time.sleep(0.2)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="Linux tells a process its memory"
)


@needs_proc
def test_every_trade_is_taken(tmp_path: Path) -> None:
    assert len(run(tmp_path, rate=RATE // 10, seconds=4.0)) == SAMPLES


@needs_proc
@pytest.mark.soak
def test_memory_is_flat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory = run(tmp_path, rate=RATE, seconds=60 * MINUTES)
    each = SAMPLES // FIFTHS
    fifths = [statistics.median(memory[at : at + each]) for at in range(0, SAMPLES, each)]
    grown = fifths[-1] - fifths[1]
    shown = ", ".join(f"{megabytes:.1f}" for megabytes in fifths)
    with capsys.disabled():
        sys.stdout.write(f"\nmedian MB in each fifth: {shown}; {grown:+.1f} MB after the warm-up\n")
    assert grown < ALLOWED_MB
