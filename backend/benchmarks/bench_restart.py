"""How soon a killed server is ready again, with a day of ten million ticks on the disk.

The exchange is simulated and runs on: what is measured is our process, from `exec` to `/readyz`, and to the moment when
all symbols have their stored past again and deliver.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from harness import Row, medians, publish
from quant.domain import BarFlag, Bars, Quality
from quant.storage.history import History
from quant.storage.records import StoredTicks
from quant.storage.store import HISTORY_NAME
from server import Server

MARKET, DAY_TICKS = "binance-um", 10_000_000
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT")
DAY_NS, SECOND_NS = 86_400 * 10**9, 10**9
RING = 10_000


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


def main() -> None:
    command = [sys.executable, "-m", "quant.simulator", "--seed", "7", "--exit-with-parent"]
    with (
        tempfile.TemporaryDirectory() as name,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as exchange,
    ):
        data = Path(name)
        lay_down_a_day(data)
        assert exchange.stdout is not None
        told = json.loads(exchange.stdout.readline())
        urls = {"BINANCE_WS_URL": told["ws"], "BINANCE_REST_URL": told["rest"]}
        server = Server(data, SOURCE="binance", TICK_RETENTION_DAYS="0", **urls)
        server.start()
        server.ask("/stream/start", {"symbols": list(SYMBOLS)})
        server.wait_full(SYMBOLS, ticks=RING)

        whole: list[float] = []

        def again() -> float:
            server.kill()
            began = time.perf_counter()
            ready = server.start()
            server.wait_full(SYMBOLS, ticks=RING)
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
