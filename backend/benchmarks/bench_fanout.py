"""What a server gives to its listeners: many of them, slow ones among them, and under the trades of a busy exchange.

Clients, server and exchange are processes of their own. What a client waits is taken from when the exchange sent a
trade, or from when the first client had a message to when the last had it.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fan_clients import Fan, fan_clients
from harness import Row, publish
from market_frames import many_symbols
from server import Server
from steady_exchange import SLICES, steady_exchange

CLIENTS, STALLED = 1_000, 20
PUSH_S = 0.25
"""How often bars and trades are pushed."""

WATCH_S = 10.0
SYMBOLS = 10
HEADROOM = 20.0
"""Seconds of trades beyond what is watched: a server starts while they come."""


@contextmanager
def running(*, rate: int, seconds: float, **settings: str) -> Iterator[tuple[Server, Fan]]:
    """Run an exchange that trades at this rate for so long, a server that streams all of it, and clients."""
    names = many_symbols(SYMBOLS)
    with (
        tempfile.TemporaryDirectory() as folder,
        steady_exchange(symbols=SYMBOLS, rate=rate, total=round(rate * seconds)) as exchange,
    ):
        server = Server(Path(folder), RATE_LIMIT="0", **exchange.settings, **settings)
        server.start()
        try:
            server.ask("/stream/start", {"symbols": list(names)})
            with fan_clients(server.socket_url) as fan:
                yield server, fan
        finally:
            server.kill()


def watched(server: Server, fan: Fan, *, seconds: float = WATCH_S) -> tuple[float, dict[str, float]]:
    """Return the server's share of a core over the time, and what the clients heard."""
    fan.say("begin")
    began, used = time.perf_counter(), server.cpu_s()
    time.sleep(seconds)
    share = (server.cpu_s() - used) / (time.perf_counter() - began)
    return share, fan.say("end")


def wait_closed_bars(server: Server, count: int) -> None:
    """Return once pairs of one-second bars can be computed."""
    server.wait_until(
        lambda: (
            sum(bar["closed"] for bar in server.ask("/data/A0USDT?interval=1s&limit=200")["items"]) > count
        )
    )


def many_listeners() -> None:
    """a) 1,000 clients of one pair, pushed ten times a second; b) the same with clients that do not read."""
    topic = "pair:A0USDT-A1USDT:1s:20:ols:level"
    seconds = HEADROOM * 3 + 4 * WATCH_S
    with running(rate=1000, seconds=seconds, ANALYTICS_INTERVAL_MS="100") as (server, fan):
        wait_closed_bars(server, 25)
        fan.say("open", CLIENTS, topic)
        share, heard = watched(server, fan)
        fan.say("stall", STALLED, topic)
        _, disturbed = watched(server, fan)
    per_s = heard["messages"] / WATCH_S
    publish(
        Row(
            "fanout-clients",
            f"{CLIENTS:,} WebSocket clients of one pair, {heard['seqs'] / WATCH_S:.0f} messages a second and client",
            f"**{share:.0%}** of a core, p99 {heard['late_p99_ms']:.0f} ms after the first client",
            f"{per_s:,.0f} messages/s of {heard['bytes'] / 1000:.1f} kB, {heard['lost']:.1%} skipped; "
            "wanted: at most 40 % and 100 ms",
        ),
        Row(
            "fanout-stalled",
            f"The same with {STALLED} clients that have stopped reading",
            f"**{disturbed['lost']:.1%}** of the updates skipped, p99 {disturbed['late_p99_ms']:.0f} ms",
            f"{heard['lost']:.1%} without them; wanted: at most 2 %",
        ),
    )


def under_load(rate: int) -> None:
    """c) From the exchange's socket to the client's at a rate; d) REST answers of a pair meanwhile."""
    pair = "/analytics/pair?symbol_a=A0USDT&symbol_b=A1USDT&interval=1s&window=60"
    seconds = HEADROOM + 75 + 2 * WATCH_S
    with running(rate=rate, seconds=seconds) as (server, fan):
        wait_closed_bars(server, 65)
        fan.say("open", 1, "ticks:A0USDT")
        fan.say("open", 1, "pair:A0USDT-A1USDT:1s:60:ols:level")
        fan.say("begin")
        used, began = server.cpu_s(), time.perf_counter()
        rest: list[float] = []
        while time.perf_counter() - began < WATCH_S:
            asked = time.perf_counter()
            server.ask(pair)
            rest.append(time.perf_counter() - asked)
            time.sleep(0.02)
        share = (server.cpu_s() - used) / (time.perf_counter() - began)
        told, _ = fan.say("trades")
        newest = server.ask("/data/A0USDT/ticks?limit=1")["items"][0]
    waits = waits_of(told, newest, rate)
    p99 = percentile(waits, 99) * 1000
    publish(
        Row(
            f"fanout-latency-{rate}",
            f"Wire-in to WebSocket-out at {rate:,} trades/s over two connections each, statistics on",
            f"**p99 {p99:.0f} ms**, p50 {percentile(waits, 50) * 1000:.0f} ms, {share:.0%} of a core",
            f"pushed every {PUSH_S * 1000:.0f} ms; wanted: p99 at most {PUSH_S * 1000 + 10:.0f} ms",
        ),
        Row(
            f"fanout-rest-{rate}",
            "REST answer of a pair of 60 bars under that load",
            f"**p99 {percentile(rest, 99) * 1000:.0f} ms**, p50 {percentile(rest, 50) * 1000:.1f} ms",
            "wanted: p99 at most 50 ms",
        ),
    )


def waits_of(told: list[list[float]], newest: dict[str, float], rate: int) -> list[float]:
    """Return how long each slice of trades waited from the exchange's socket to the first message that tells of it.

    Trade `n` of the market is sent with its slice, at a time that any trade's own time and number tell.
    """
    number = (int(newest["id"]) - 1) * SYMBOLS
    begun = newest["time"] / 1000 - number / rate
    each = rate // SLICES
    waits: list[float] = []
    last = int(told[0][1]) * SYMBOLS // each
    for at, trade in told[1:]:
        upto = (int(trade) - 1) * SYMBOLS // each
        waits += [at - (begun + slice_ / SLICES) for slice_ in range(last + 1, upto + 1)]
        last = max(last, upto)
    return waits


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def starting() -> None:
    """e) From the command to the first answer, with compiled kernels and with data of an earlier run."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(6):
            server = Server(Path(folder), SOURCE="sim:7")
            took.append(server.start(path="/livez"))
            server.kill()
    publish(
        Row(
            "start",
            "Start to first answer, kernels compiled",
            f"**{statistics.median(took[1:]):.2f} s**",
            "wanted: at most 2 s",
        )
    )


def shares() -> None:
    """f) What the server takes of a core without trades, and at 10,000 a second."""
    found = {}
    for rate in (SLICES, 10_000):
        with running(rate=rate, seconds=HEADROOM + WATCH_S) as (server, fan):
            server.wait_full(many_symbols(SYMBOLS), ticks=1)
            fan.say("open", 1, "bars:A0USDT:1s")
            found[rate], _ = watched(server, fan)
    publish(
        Row(
            "cpu",
            f"Share of a core: {SLICES} trades/s / 10,000 trades/s, each over two connections, a page listening",
            f"**{found[SLICES]:.0%} / {found[10_000]:.0%}**",
            "wanted: less than 10 % / 30 %",
        )
    )


def main() -> None:
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 3 * CLIENTS)), hard))
    parts = {
        "clients": many_listeners,
        "start": starting,
        "cpu": shares,
        "50k": lambda: under_load(50_000),
        "100k": lambda: under_load(100_000),
    }
    wanted = [name for name in parts if name in sys.argv] or list(parts)
    for name in wanted:
        parts[name]()


if __name__ == "__main__":
    main()
