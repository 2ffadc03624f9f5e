"""Half an hour at 50,000 trades a second, from the socket to the bars: every trade is taken, and memory stays flat."""

import asyncio
import multiprocessing
import os
import random
import statistics
from pathlib import Path

import pytest

from quant.clock import SystemClock
from quant.domain import Interval, TradeBatch
from quant.feed.binance import BinanceUm
from quant.feed.link import Wiring
from quant.feed.pace import Pace
from quant.feed.runner import ConnectionRunner
from quant.market.state import MarketState
from soak.blast import RATE, SLICES, SYMBOLS, serve

MINUTES = float(os.environ.get("QUANT_SOAK_MINUTES", "30"))
INTERVALS = [Interval.parse(name) for name in ("1s", "1m", "5m")]
BAR_DEPTH = 64
"""Full after a minute, so that bars are not what grows."""
SAMPLES = 50
ALLOWED_MB = 8.0
"""Between the second fifth and the last: what an allocator may do, not what a leak of a byte a trade would."""
PAGE_MB = 4096 / 2**20


async def take(port: int, count: int) -> tuple[int, list[float]]:
    """Return how many trades were taken, once each, and the memory at equal steps, MB."""
    state = MarketState("soak", intervals=INTERVALS, tick_capacity=10_000, bar_depth=BAR_DEPTH)
    taken, memory, done = 0, [], asyncio.Event()

    def on_batch(batch: TradeBatch) -> None:
        nonlocal taken
        taken += int(state.apply(batch).sum())
        if taken * SAMPLES >= count * (len(memory) + 1):
            memory.append(int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_MB)
        if taken == count:
            done.set()

    wiring = Wiring(
        exchange=BinanceUm(), base_url=f"ws://127.0.0.1:{port}", on_batch=on_batch, pace=Pace(SystemClock())
    )
    runner = ConnectionRunner("soak", wiring, rng=random.Random(1))
    runner.want(SYMBOLS)
    running = asyncio.create_task(runner.run())
    await done.wait()
    running.cancel()
    return taken, memory


def run(seconds: float) -> list[float]:
    count = int(seconds * SLICES) * (RATE // SLICES)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, seconds), daemon=True)
    server.start()
    try:
        taken, memory = asyncio.run(take(ours.recv(), count))
    finally:
        server.kill()
        server.join()
    assert taken == count
    return memory


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="Linux tells a process its memory"
)


@needs_proc
def test_every_trade_is_taken() -> None:
    assert len(run(2.0)) == SAMPLES


@needs_proc
@pytest.mark.soak
def test_memory_is_flat() -> None:
    memory = run(60 * MINUTES)
    fifth = SAMPLES // 5
    grown = statistics.median(memory[-fifth:]) - statistics.median(memory[fifth : 2 * fifth])
    print(f"{memory[0]:.0f} MB at first, {memory[-1]:.0f} MB at last; {grown:+.1f} MB after the warm-up")  # noqa: T201
    assert grown < ALLOWED_MB
