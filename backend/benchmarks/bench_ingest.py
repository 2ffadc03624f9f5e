"""Socket to parsed trades to rings to 1s, 1m and 5m bars, on one core, through the platform's own connection.

Beside it the same frames through the `websockets` library, `json` and one Python bar a symbol and interval, the
way such systems are usually written.
"""

import asyncio
import json
import random
import time
from collections.abc import Coroutine
from typing import Any

import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from harness import Row, medians, publish
from market_frames import SYMBOLS, BlastServer, messages
from quant.clock import SystemClock
from quant.domain import Interval, TradeBatch
from quant.feed.binance import BinanceUm
from quant.feed.link import Wiring
from quant.feed.pace import Pace
from quant.feed.runner import ConnectionRunner
from quant.market.state import MarketState

COUNT = 300_000
INTERVALS = [Interval.parse(name) for name in ("1s", "1m", "5m")]


async def platform(port: int) -> None:
    """Take all frames in as the platform does."""
    state = MarketState("bench", intervals=INTERVALS, tick_capacity=10_000)
    done, taken = asyncio.Event(), 0

    def on_batch(batch: TradeBatch) -> None:
        nonlocal taken
        state.apply(batch)
        taken += len(batch)
        if taken == COUNT:
            done.set()

    wiring = Wiring(
        exchange=BinanceUm(),
        base_url=f"ws://127.0.0.1:{port}",
        on_batch=on_batch,
        pace=Pace(SystemClock()),
    )
    runner = ConnectionRunner("bench", wiring, rng=random.Random(1))
    runner.want(SYMBOLS)
    running = asyncio.create_task(runner.run())
    await done.wait()
    running.cancel()


async def usual(port: int) -> None:
    """Take all frames in the way it is usually written."""
    bars: dict[tuple[str, int], list[float]] = {}
    taken = 0
    async with connect(f"ws://127.0.0.1:{port}/stream", compression=None, max_queue=None) as socket:
        try:
            while taken < COUNT:
                trade = json.loads(await socket.recv())["data"]
                price, size = float(trade["p"]), float(trade["q"])
                for seconds in (1, 60, 300):
                    opened = trade["T"] // (1000 * seconds)
                    bar = bars.get((trade["s"], seconds))
                    if bar is None or bar[0] != opened:
                        bars[(trade["s"], seconds)] = [opened, price, price, price, price, size]
                    else:
                        bar[2], bar[3] = max(bar[2], price), min(bar[3], price)
                        bar[4] = price
                        bar[5] += size
                taken += 1
        except ConnectionClosed:
            pass


def rate(work: Coroutine[Any, Any, None]) -> float:
    """Return trades per second of this process's own processor time."""
    started = time.process_time()
    uvloop.run(work)
    return COUNT / (time.process_time() - started)


def main() -> None:
    server = BlastServer(messages(COUNT))
    try:
        found = medians(
            {
                "platform": lambda: rate(platform(server.port)),
                "usual": lambda: rate(usual(server.port)),
            }
        )
    finally:
        server.close()
    publish(
        Row(
            "ingest",
            "Socket to 1s, 1m and 5m bars, 30 symbols, one core",
            f"**{found['platform']:,.0f} trades/s**",
            f"{found['usual']:,.0f} trades/s with websockets, json and Python bars "
            f"({found['platform'] / found['usual']:.0f}×)",
        )
    )


if __name__ == "__main__":
    main()
