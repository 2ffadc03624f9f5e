"""What a whole server takes that streams 100 symbols and holds 10,000 ticks of each."""

import tempfile
from pathlib import Path

from harness import Row, medians, publish
from market_frames import many_symbols
from quant.market.columns import TICK
from server import Server
from steady_exchange import steady_exchange

SYMBOLS, TICKS, RATE = 100, 10_000, 50_000


def resident_mb() -> float:
    """Return the memory of a server whose rings are full, journal, statistics and page included."""
    names = many_symbols(SYMBOLS)
    with (
        tempfile.TemporaryDirectory() as folder,
        steady_exchange(symbols=SYMBOLS, rate=RATE, total=3 * SYMBOLS * TICKS) as exchange,
    ):
        server = Server(Path(folder), **exchange.settings)
        server.start()
        try:
            server.ask("/stream/start", {"symbols": list(names)})
            server.wait_full(names, ticks=TICKS)
            return server.resident_mb()
        finally:
            server.kill()


def main() -> None:
    found = medians({"server": resident_mb})["server"]
    publish(
        Row(
            "memory",
            "A whole server with 100 symbols × 10,000 ticks and their 1s, 1m and 5m bars",
            f"**{found:,.0f} MB** resident, {TICK.itemsize} bytes a tick",
            "wanted: at most 400 MB and 48 bytes",
        )
    )


if __name__ == "__main__":
    main()
