"""How soon a killed server is ready again, with a day of ten million ticks on the disk.

The exchange is simulated and runs on: what is measured is our process, from `exec` to `/readyz`, and to the moment when
all symbols have their stored past again and deliver.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np

from harness import Row, medians, publish
from quant.domain import BarFlag, Bars, Quality
from quant.storage.history import History
from quant.storage.records import StoredTicks
from quant.storage.store import HISTORY_NAME

MARKET, DAY_TICKS = "binance-um", 10_000_000
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT")
DAY_NS, SECOND_NS = 86_400 * 10**9, 10**9
PATIENCE_S = 120.0


def lay_down_a_day(data: Path) -> None:
    """Store ten million trades of five symbols and their bars, all from before the last full hour."""
    history = History(data / HISTORY_NAME)
    end = time.time_ns() // (3600 * SECOND_NS) * 3600 * SECOND_NS
    each = DAY_TICKS // len(SYMBOLS)
    for seed, symbol in enumerate(SYMBOLS):
        rng = np.random.default_rng(seed)
        ids, steps = np.arange(1, each + 1), np.arange(each, dtype=np.int64)
        times = end - DAY_NS + steps * (DAY_NS // each)
        prices = 1_000 + np.cumsum(rng.integers(-3, 4, each)) / 100
        ones, sells = np.ones(each, np.int64), rng.integers(0, 2, each).astype(np.uint8)
        history.add_ticks(
            MARKET, symbol, StoredTicks(ids, times, times, prices, rng.random(each) + 0.001, sells, ones)
        )
        for name, width in (("1s", SECOND_NS), ("1m", 60 * SECOND_NS), ("5m", 300 * SECOND_NS)):
            history.add_bars(MARKET, symbol, name, bars(end, width, rng))


def bars(end: int, width: int, rng: np.random.Generator) -> Bars:
    times = np.arange(end - DAY_NS, end, width, dtype=np.int64)
    n = len(times)
    closes = 1_000 + np.cumsum(rng.integers(-3, 4, n)) / 100
    return Bars(
        times=times,
        opens=closes,
        highs=closes + 1,
        lows=closes - 1,
        closes=closes,
        volumes=np.ones(n),
        quote_volumes=closes,
        trades=np.full(n, 5),
        qualities=np.full(n, Quality.COMPLETE, np.uint8),
        revisions=np.zeros(n, np.int64),
        closed=np.ones(n, np.bool_),
        first_ids=np.arange(n) * 5,
        last_ids=np.arange(n) * 5 + 4,
        flags=np.full(n, int(BarFlag(0)), np.uint8),
    )


class Server:
    """`quant serve` against the simulated exchange that runs beside it."""

    def __init__(self, data: Path, exchange: dict[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._environment = os.environ | {
            "DATA_DIR": str(data),
            "PORT": str(self._port),
            "SOURCE": "binance",
            "BINANCE_WS_URL": exchange["ws"],
            "BINANCE_REST_URL": exchange["rest"],
            "LOG_LEVEL": "error",
            "TICK_RETENTION_DAYS": "0",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{self._port}{path}", data, {"content-type": "application/json"})
        with urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
            return json.load(answer)

    def start(self) -> float:
        """Start, and return the seconds until it is ready."""
        began = time.perf_counter()
        command = [sys.executable, "-m", "quant.cli", "serve"]
        self._process = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL)
        self._wait(lambda: bool(self.ask("/readyz")))
        return time.perf_counter() - began

    def wait_restored(self) -> None:
        """Return once every symbol delivers and has its ring back."""

        def all_there() -> bool:
            status = self.ask("/stream/status")
            lines = {line["symbol"]: line for line in status["symbols"]}
            return all(name in lines and lines[name]["ticks"] >= 10_000 for name in SYMBOLS)

        self._wait(all_there)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _wait(self, done) -> None:  # type: ignore[no-untyped-def]
        until = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < until:
            try:
                if done():
                    return
            except (URLError, OSError):
                pass
            time.sleep(0.01)
        raise TimeoutError("the server did not come up")


def main() -> None:
    command = [sys.executable, "-m", "quant.simulator", "--seed", "7", "--exit-with-parent"]
    with (
        tempfile.TemporaryDirectory() as name,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as exchange,
    ):
        data = Path(name)
        lay_down_a_day(data)
        assert exchange.stdout is not None
        server = Server(data, json.loads(exchange.stdout.readline()))
        server.start()
        server.ask("/stream/start", {"symbols": list(SYMBOLS)})
        server.wait_restored()

        whole: list[float] = []

        def again() -> float:
            server.kill()
            began = time.perf_counter()
            ready = server.start()
            server.wait_restored()
            whole.append(time.perf_counter() - began)
            return ready

        ready = medians({"ready": again})["ready"]
        restored = sorted(whole)[len(whole) // 2]
        server.kill()
        assert exchange.stdin is not None
        exchange.stdin.close()
    publish(
        Row(
            "restart",
            "Killed with a ten-million-tick day on disk: ready again; all symbols restored",
            f"**{ready:.2f} s**; {restored:.2f} s",
            "wanted: under 2 s",
        )
    )


if __name__ == "__main__":
    main()
