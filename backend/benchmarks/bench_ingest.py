"""Socket to parsed trades to rings to 1s, 1m and 5m bars, on one core, through the platform's own connection.

Beside it the same frames through the steps of a usual feed (`usual_feed.py`). Figures are trades per second of this
process's own processor time; with the journal they are of the clock on the wall, up to the last commit.
"""

import asyncio
import logging
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import structlog
import uvloop

import usual_feed
from harness import Row, medians, publish
from market_frames import FIRST_MS, SYMBOLS, BlastServer, first_id, make_certificate, many_symbols, messages
from quant.clock import NS_PER_MS, SystemClock
from quant.domain import Interval, TradeBatch
from quant.feed.binance import BinanceUm
from quant.feed.link import Wiring
from quant.feed.pace import Pace
from quant.feed.runner import ConnectionRunner
from quant.market.state import MarketState
from quant.storage.journal import Journal

COUNT = 300_000
LONG_COUNT = 1_000_000
"""For comparing numbers of symbols."""
RING = 10_000
INTERVALS = [Interval.parse(name) for name in ("1s", "1m", "5m")]
SYMBOL_COUNTS = (10, 100, 500)


def empty(symbols: Sequence[str]) -> MarketState:
    """Return a state that knows its symbols, as the running market makes it before it asks for trades."""
    state = MarketState("bench", intervals=INTERVALS, tick_capacity=RING)
    for symbol in symbols:
        state.add_symbol(symbol)
    return state


def under_way(symbols: Sequence[str]) -> MarketState:
    """Return a state whose rings are full, as they are after a while: each write then finds its memory there.

    What a symbol costs once must not pass for what its trades cost.
    """
    state = empty(symbols)
    names, times = tuple(symbols), FIRST_MS * NS_PER_MS - np.arange(RING, 0, -1) * NS_PER_MS
    one, number = np.ones(RING), np.arange(RING)
    for code, symbol in enumerate(symbols):
        ids = number + first_id(code) - RING
        columns = (one, one, np.zeros(RING, np.uint8), one.astype(np.int64))
        state.apply(TradeBatch(names, np.full(RING, code, np.int32), ids, times, times, *columns))
        assert state.last_id(symbol) == first_id(code) - 1
    return state


async def platform(
    url: str,
    state: MarketState,
    *,
    symbols: Sequence[str] = SYMBOLS,
    count: int = COUNT,
    store: Callable[[TradeBatch], object] | None = None,
) -> None:
    """Take all frames in as the platform does."""
    done, taken = asyncio.Event(), 0

    def on_batch(batch: TradeBatch) -> None:
        nonlocal taken
        fresh = state.apply(batch)
        if store is not None:
            store(batch if fresh.all() else batch.at(fresh))
        taken += len(batch)
        if taken == count:
            done.set()

    wiring = Wiring(exchange=BinanceUm(), base_url=url, on_batch=on_batch, pace=Pace(SystemClock()))
    runner = ConnectionRunner("bench", wiring, rng=random.Random(1))
    runner.want(symbols)
    running = asyncio.create_task(runner.run())
    await done.wait()
    running.cancel()


def rate(work: Coroutine[Any, Any, None], *, count: int = COUNT) -> float:
    """Return trades per second of this process's own processor time."""
    started = time.process_time()
    uvloop.run(work)
    return count / (time.process_time() - started)


def journalled(url: str) -> float:
    """Return trades per second of real time, each committed with `synchronous=FULL` to a file on disk."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        journal = Journal(Path(folder) / "journal.sqlite", max_pending_rows=COUNT)
        journal.open()
        started = time.perf_counter()
        uvloop.run(platform(url, empty(SYMBOLS), store=lambda batch: journal.append("bench", batch)))
        assert journal.wait_committed(timeout_s=60)
        took = time.perf_counter() - started
        assert journal.close()
    return COUNT / took


def compare(key: str, what: str, url: str) -> Row:
    found = medians(
        {
            "platform": lambda: rate(platform(url, empty(SYMBOLS))),
            "usual": lambda: rate(usual_feed.take(url, COUNT, time.time)),
        }
    )
    return Row(
        key,
        what,
        f"**{found['platform']:,.0f} trades/s**",
        f"{found['usual']:,.0f} trades/s through cryptofeed's steps, repeated "
        f"({found['platform'] / found['usual']:.0f}×)",
    )


def with_journal(url: str) -> Row:
    figure = medians({"journal": lambda: journalled(url)})["journal"]
    return Row(
        "ingest-journal",
        "The same, each trade committed to the journal (SQLite, synchronous=FULL), by the wall clock",
        f"**{figure:,.0f} trades/s**",
        "wanted: 400,000",
    )


def by_symbols() -> Row:
    """Return how the rate depends on the number of symbols, all equally busy."""
    servers = {
        count: BlastServer(messages(LONG_COUNT, symbols=many_symbols(count), evenly=True))
        for count in SYMBOL_COUNTS
    }

    def side(count: int) -> Callable[[], float]:
        symbols = many_symbols(count)

        def once() -> float:
            state = under_way(symbols)
            work = platform(servers[count].url, state, symbols=symbols, count=LONG_COUNT)
            return rate(work, count=LONG_COUNT)

        return once

    try:
        found = medians({str(count): side(count) for count in SYMBOL_COUNTS})
    finally:
        for server in servers.values():
            server.close()
    rates = list(found.values())
    return Row(
        "ingest-symbols",
        f"Socket to bars at {', '.join(found)} equally busy symbols",
        " / ".join(f"{figure:,.0f}" for figure in rates) + " trades/s",
        f"spread {100 * (max(rates) / min(rates) - 1):.0f} %; wanted: within 20 %",
    )


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    frames = messages(COUNT)
    plain = BlastServer(frames)
    try:
        publish(compare("ingest", "Socket to 1s, 1m and 5m bars, 30 symbols, one core", plain.url))
        publish(with_journal(plain.url))
    finally:
        plain.close()
    publish(by_symbols())
    if shutil.which("openssl") is None:
        print("no openssl command: the figures over TLS stay as they are")
        return
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = make_certificate(Path(folder))
        os.environ["SSL_CERT_FILE"] = str(certificate)  # before the first connection reads whom to trust
        secure = BlastServer(frames, tls=(certificate, key))
        try:
            publish(compare("ingest-tls", "The same over TLS", secure.url))
        finally:
            secure.close()


if __name__ == "__main__":
    main()
