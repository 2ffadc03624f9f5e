"""What a seeded market holds, in one line; run as a script it prints that of another process."""

import hashlib
import sys

from quant.domain import Interval
from quant.simulator import SimMarket


def digest(seed: int, end_ns: int) -> str:
    """Return a hash over the trades and bars of four symbols before `end_ns`."""
    market, parts, start_ns = SimMarket(seed), hashlib.sha256(), end_ns - 4_000 * 10**9
    for symbol in ("BTCUSDT", "ETHUSDT", "1000PEPEUSDT", "KSMUSDT"):
        parts.update(market.trades(symbol, start_ns, end_ns).rows.tobytes())
        parts.update(market.klines(symbol, Interval.parse("1m"), start_ns, end_ns).table.tobytes())
    return parts.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest(int(sys.argv[1]), int(sys.argv[2])))
